import { ArgumentError, IndexError } from '@flambeau/backend';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../tensor.ts';
import { tensor, zeros } from './creation.ts';
import { transpose } from './movement.ts';
import { argsort, cumprod, cumsum, indexAlong, kthvalue, median, sort, topk } from './scan.ts';

const values = (x: Tensor): number[] => Array.from(x.toArraySync(), Number);

function expectPair(
  [first, second]: readonly [Tensor, Tensor],
  expected: readonly number[],
  positions: readonly number[],
): void {
  expect(values(first)).toEqual(expected);
  expect(values(second)).toEqual(positions);
  expect(second.dtype).toBe('int32');
  expect(second.shape).toEqual(first.shape);
}

describe('cumsum and cumprod', () => {
  test('run along a dimension of a strided tensor', () => {
    const x = transpose(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      0,
      1,
    );
    expect(values(cumsum(x, 0))).toEqual([1, 4, 3, 9, 6, 15]);
    expect(values(cumprod(x, -1))).toEqual([1, 4, 2, 10, 3, 18]);
  });

  test('choose a dtype as sums do', () => {
    const bools = tensor([true, true, false]);
    expect(cumsum(bools, 0).dtype).toBe('int32');
    expect(values(cumsum(bools, 0))).toEqual([1, 2, 2]);
    expect(cumprod(bools, 0, { dtype: 'float64' }).dtype).toBe('float64');
    expect(cumsum(tensor([1n], { dtype: 'int64' }), 0).dtype).toBe('int64');
  });

  test('accept 0-d and empty tensors', () => {
    expect(cumsum(tensor(3), 0).itemSync()).toBe(3);
    expect(cumprod(zeros([0, 2]), 1).shape).toEqual([0, 2]);
    expect(() => cumsum(zeros([2]), 1)).toThrow(IndexError);
  });
});

describe('sort', () => {
  test('is stable and puts NaN last, or first when descending', () => {
    const x = tensor([2, Number.NaN, 1, 2]);
    expectPair(sort(x), [1, 2, 2, Number.NaN], [2, 0, 3, 1]);
    expectPair(sort(x, 0, { descending: true }), [Number.NaN, 2, 2, 1], [1, 0, 3, 2]);
    expect(values(argsort(x))).toEqual([2, 0, 3, 1]);
  });

  test('sorts along an inner dimension', () => {
    expectPair(
      sort(
        tensor([
          [3, 1],
          [2, 4],
        ]),
        0,
      ),
      [2, 1, 3, 4],
      [1, 0, 0, 1],
    );
  });

  test('accepts 0-d and empty tensors', () => {
    const [value, index] = sort(tensor(3));
    expect([value.shape, value.itemSync(), index.itemSync()]).toEqual([[], 3, 0]);
    expect(sort(zeros([2, 0]))[1].shape).toEqual([2, 0]);
  });
});

describe('topk, kthvalue and median', () => {
  const x = tensor([
    [5, 1, 4],
    [2, 3, 6],
  ]);

  test('topk', () => {
    expectPair(topk(x, 2), [5, 4, 6, 3], [0, 2, 2, 1]);
    expectPair(topk(x, 1, 0, { largest: false }), [2, 1, 4], [1, 0, 0]);
    expect(topk(x, 0)[0].shape).toEqual([2, 0]);
    expect(() => topk(x, 4)).toThrow('selected index k out of range');
    expect(topk(x, 1)[0].storage.length).toBe(2);
  });

  test('kthvalue', () => {
    expectPair(kthvalue(x, 2), [4, 3], [2, 1]);
    expect(kthvalue(x, 2, 1, { keepDim: true })[0].shape).toEqual([2, 1]);
    expect(() => kthvalue(x, 0)).toThrow(ArgumentError);
  });

  test('median takes the lower middle, and NaN if there is one', () => {
    expect(median(x).itemSync()).toBe(3);
    expectPair(median(x, 0), [2, 1, 4], [1, 0, 0]);
    expectPair(
      median(
        tensor([
          [1, Number.NaN, 0],
          [1, 2, 0],
        ]),
        1,
      ),
      [Number.NaN, 1],
      [1, 0],
    );
    expect(median(tensor([3, 1, 2], { dtype: 'int32' })).itemSync()).toBe(2);
    expect(() => median(zeros([0]))).toThrow(ArgumentError);
  });
});

test('indexAlong broadcasts against the shape', () => {
  const index = indexAlong(zeros([1]), [2, 3, 4], 1);
  expect([index.dtype, index.shape, values(index)]).toEqual(['int32', [1, 3, 1], [0, 1, 2]]);
  expect(indexAlong(zeros([1]), [], 0).shape).toEqual([]);
});
