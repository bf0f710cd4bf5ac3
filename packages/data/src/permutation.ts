import { defaultGenerator, Generator } from '@flambeau/autograd';

// Orders are drawn on the host: a sampler yields numbers, whatever device the tensors are on.

/** Moves a generator by one 64-bit draw, as PyTorch's loaders and samplers do for a seed, and gives its lower half. */
export function drawSeed(generator: Generator = defaultGenerator()): number {
  generator.random32();
  return generator.random32();
}

/** A generator with a seed from the global one. */
export function seededGenerator(): Generator {
  return new Generator().manualSeed(drawSeed());
}

/** The numbers from 0 to `n - 1` in random order, equal to PyTorch's `randperm` under the same generator. */
export function permutation(n: number, generator: Generator = defaultGenerator()): Int32Array {
  return generator.permutation(n);
}
