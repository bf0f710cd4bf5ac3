import type { OpSample } from './cases.ts';
import type { ReadTensor } from './compare.ts';
import { type GoldenTensor, toNumbers } from './tensor.ts';
import { translateOp } from './translate-op.ts';
import { isKind } from './values.ts';

/**
 * Ops whose index output PyTorch picks among equal values by the course of a partial sort; any of them is right.
 *
 * The number is the position of `dim` among Flambeau's arguments.
 */
const openTies: Readonly<Record<string, number>> = { topk: 2, kthvalue: 2, median: 1, nanmedian: 1, mode: 1 };

/** The elements that indices along one dimension point at. */
function pointedAt(input: GoldenTensor, dim: number, indices: readonly number[]): (number | undefined)[] {
  const axis = dim < 0 ? dim + input.shape.length : dim;
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
  const size = input.shape[axis] ?? 1;
  const inner = product(input.shape.slice(axis + 1));
  const picked = indices.length / (product(input.shape.slice(0, axis)) * inner);
  const values = toNumbers(input.dtype, input.data);
  return indices.map((index, at) => {
    const outer = Math.floor(at / (picked * inner));
    return index >= 0 && index < size ? values[(outer * size + index) * inner + (at % inner)] : undefined;
  });
}

/**
 * The result, with the reference's indices where its own point at equal values.
 *
 * Only for ops of the table, and only when every index points at a value equal to the one the reference points at.
 */
export function tiesResolved(
  op: string,
  path: string,
  sample: OpSample,
  got: ReadTensor,
  expected: GoldenTensor,
): ReadTensor {
  const position = openTies[op];
  if (position === undefined || path !== '1' || !isKind(sample.input, 'tensor')) return got;
  const dim = translateOp(op, sample).positional[position];
  const along = typeof dim === 'number' ? dim : -1;
  const mine = pointedAt(sample.input, along, toNumbers(got.dtype, got.data));
  const theirs = pointedAt(sample.input, along, toNumbers(expected.dtype, expected.data));
  const equal = mine.length === theirs.length && mine.every((value, i) => Object.is(value, theirs[i]));
  return equal ? { ...got, data: toNumbers(expected.dtype, expected.data) } : got;
}
