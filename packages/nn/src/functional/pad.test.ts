import { randn, tensor } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import { type PadMode, pad } from './pad.ts';

const row = (mode: PadMode, padding: number[]): number[] =>
  Array.from(pad(tensor([1, 2, 3, 4]), padding, { mode }).toArraySync() as Float32Array);

test('each mode continues an axis in its own way, and negative amounts crop', () => {
  expect(row('constant', [1, 2])).toEqual([0, 1, 2, 3, 4, 0, 0]);
  expect(row('reflect', [3, 2])).toEqual([4, 3, 2, 1, 2, 3, 4, 3, 2]);
  expect(row('replicate', [1, 2])).toEqual([1, 1, 2, 3, 4, 4, 4]);
  expect(row('circular', [4, 1])).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 1]);
  expect(row('reflect', [-1, 2])).toEqual([2, 3, 4, 3, 2]);
  expect(row('replicate', [-2, 1])).toEqual([3, 4, 4]);
  expect(row('circular', [-1, 2])).toEqual([2, 3, 4, 2, 3]);
  expect(row('circular', [2, -1])).toEqual([2, 3, 1, 2, 3]);
});

test('pairs name dimensions from the last one on', () => {
  const x = randn([2, 3, 4]);
  expect(pad(x, [1, 1, 0, 2], { mode: 'replicate' }).shape).toEqual([2, 5, 6]);
  expect(pad(x, [0, 0, 1, 1], { mode: 'reflect' }).shape).toEqual([2, 5, 4]);
  expect(pad(x, [], { mode: 'circular' })).toBe(x);
});
