import type { Generator } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import { type Dataset, Subset } from './dataset.ts';
import { permutation } from './permutation.ts';

/** Options of {@link randomSplit}. */
export interface RandomSplitOptions {
  /** Where the shuffling comes from; default: the global generator. */
  generator?: Generator;
}

/** Sizes for fractions that add up to 1: each rounded down, then one more to each in turn until none is left. */
function sizesOf(fractions: readonly number[], length: number): number[] {
  const sizes = fractions.map((fraction, index) => {
    if (fraction < 0 || fraction > 1) {
      throw new ArgumentError('randomSplit', `Fraction at index ${index} is not between 0 and 1`);
    }
    return Math.floor(length * fraction);
  });
  const rest = length - total(sizes);
  for (let i = 0; i < rest; i++) sizes[i % sizes.length]! += 1;
  sizes.forEach((size, index) => {
    if (size > 0) return;
    console.warn(`Length of split at index ${index} is 0. This might result in an empty dataset.`);
  });
  return sizes;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function areFractions(lengths: readonly number[]): boolean {
  const sum = total(lengths);
  return sum <= 1 && Math.abs(sum - 1) <= 1e-9;
}

/**
 * Splits a data set at random into parts that do not overlap.
 *
 * @param lengths - Sizes that add up to the data set's, or fractions that add up to 1.
 * @throws {ArgumentError} They do not add up, or one is negative.
 * @source PyTorch `torch.utils.data.random_split`.
 * @example
 * const [train, valid] = randomSplit(dataset, [0.9, 0.1], { generator });
 */
export function randomSplit<Item, Batch>(
  dataset: Dataset<Item, Batch>,
  lengths: readonly number[],
  { generator }: RandomSplitOptions = {},
): Subset<Item, Batch>[] {
  const sizes = areFractions(lengths) ? sizesOf(lengths, dataset.length) : lengths;
  if (sizes.some((size) => !Number.isInteger(size) || size < 0) || total(sizes) !== dataset.length) {
    throw new ArgumentError(
      'randomSplit',
      `Sum of input lengths does not equal the length of the input dataset! Got [${lengths.join(', ')}] for ${dataset.length} items.`,
    );
  }
  const order = permutation(dataset.length, generator);
  let start = 0;
  return sizes.map((size) => {
    const subset = new Subset(dataset, order.subarray(start, start + size));
    start += size;
    return subset;
  });
}
