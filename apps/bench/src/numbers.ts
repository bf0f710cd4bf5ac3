import type { Input } from './workloads/workload.ts';

/** Numbers in the range of an input (between -2 and 2 if it says nothing), the same in every run. */
export function numbers({ shape, scale = 2, offset = 0, classes }: Input, seed: number): Float32Array {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  const length = shape.reduce((size, extent) => size * extent, 1);
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const share = state / 2 ** 32;
    return classes === undefined ? offset + (2 * share - 1) * scale : Math.floor(share * classes);
  });
}

/** The middle one of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}

/** Largest difference between two results, relative to the largest value expected. */
export function difference(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < found.length; i++) {
    const off = Math.abs((found[i] as number) - (expected[i] as number));
    if (off > worst || off !== off) worst = off === off ? off : Number.POSITIVE_INFINITY;
    largest = Math.max(largest, Math.abs(expected[i] as number));
  }
  return worst / (largest || 1);
}
