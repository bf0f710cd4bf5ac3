import { ArgumentError, DTypeError, IndexError, ShapeError } from '@flambeau/backend';
import { describe, expect, test } from 'vitest';
import { counting, expectTensor, int, values } from '../testing/tensors.ts';
import { tensor, zeros } from './creation.ts';
import {
  indexAdd_,
  indexCopy_,
  indexFill_,
  maskedFill_,
  maskedScatter_,
  scatter_,
  scatterAdd_,
  scatterReduce_,
} from './in-place-indexing.ts';
import { transpose } from './movement.ts';
import { indexAdd, indexCopy, indexFill, scatter, scatterAdd, scatterReduce } from './scatter.ts';

describe('scatter', () => {
  test('replaces, adds, multiplies', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const at = int([[2, 0]]);
    expectTensor(
      scatter(
        x,
        1,
        at,
        tensor([
          [8, 9, 0],
          [7, 7, 7],
        ]),
      ),
      [2, 3],
      [9, 2, 8, 4, 5, 6],
    );
    expectTensor(scatter(x, 1, at, -1), [2, 3], [-1, 2, -1, 4, 5, 6]);
    expectTensor(scatter(x, 1, at, 2, { reduce: 'multiply' }), [2, 3], [2, 2, 6, 4, 5, 6]);
    expectTensor(scatter(x, 1, int([[0, 0]]), 2, { reduce: 'add' }), [2, 3], [5, 2, 3, 4, 5, 6]);
    expectTensor(x, [2, 3], [1, 2, 3, 4, 5, 6]);
  });

  test('scatterAdd adds repeated positions; scatterReduce combines', () => {
    expectTensor(scatterAdd(zeros([3]), 0, int([1, 1, 0]), tensor([1, 2, 3])), [3], [3, 3, 0]);
    const [x, at, src] = [tensor([1, 2, 3]), int([0, 0, 1]), tensor([4, 0.5, -1])];
    const reduced = (how: Parameters<typeof scatterReduce>[4], includeSelf: boolean): number[] =>
      values(scatterReduce(x, 0, at, src, how, { includeSelf }));
    expect(reduced('sum', true)).toEqual([5.5, 1, 3]);
    expect(reduced('sum', false)).toEqual([4.5, -1, 3]);
    expect(reduced('prod', true)).toEqual([2, -2, 3]);
    expect(reduced('prod', false)).toEqual([2, -1, 3]);
    expect(reduced('mean', true)).toEqual([5.5 / 3, 0.5, 3].map(Math.fround));
    expect(reduced('mean', false)).toEqual([2.25, -1, 3]);
    expect(reduced('amax', true)).toEqual([4, 2, 3]);
    expect(reduced('amin', false)).toEqual([0.5, -1, 3]);
    expectTensor(scatterReduce(int([5, 5]), 0, int([0]), int([-7]), 'amax', { includeSelf: false }), [2], [-7, 5]);
  });

  test('sums of bool are "or", products "and"', () => {
    const [x, at, src] = [tensor([true, false, true]), int([0, 1, 2]), tensor([true, true, false])];
    expect(values(scatterAdd(x, 0, at, src))).toEqual([1, 1, 1]);
    expect(values(scatterReduce(x, 0, at, src, 'prod'))).toEqual([1, 0, 0]);
  });

  test('takes 0-d tensors and empty indices', () => {
    expectTensor(scatter(tensor(1), 0, int(0), tensor(5)), [], [5]);
    expectTensor(scatter(tensor([1, 2]), 0, zeros([0], { dtype: 'int32' }), 5), [2], [1, 2]);
  });

  test('says what does not fit', () => {
    const x = counting(2, 3);
    expect(() => scatter(x, 1, int([[3]]), 1)).toThrow(
      '[scatter] index 3 is out of bounds for dimension 1 with size 3',
    );
    expect(() => scatter(x, 1, int([[0, 1]]), tensor([[1]]))).toThrow('to be no larger than src');
    expect(() => scatter(x, 1, int([[0]]), int([[1]]))).toThrow(DTypeError);
    expect(() => scatter(x, 1, int([[0]]), 'a' as unknown as number)).toThrow(ArgumentError);
    expect(() => scatter(x, 1, int([[0]]), 1, { reduce: 'max' as 'add' })).toThrow(
      'reduce argument must be either add or multiply',
    );
    expect(() => scatterReduce(x, 1, int([[0]]), x, 'max' as 'amax')).toThrow(ArgumentError);
  });
});

describe('indexAdd, indexCopy, indexFill', () => {
  test('change slices', () => {
    const x = counting(3, 2);
    expectTensor(
      indexAdd(
        x,
        0,
        int([2, 2]),
        tensor([
          [1, 1],
          [2, 3],
        ]),
        { alpha: 2 },
      ),
      [3, 2],
      [0, 1, 2, 3, 10, 13],
    );
    expectTensor(indexCopy(x, 1, int([0]), tensor([[9], [8], [7]])), [3, 2], [9, 1, 8, 3, 7, 5]);
    expectTensor(indexFill(x, 0, int([0, 2]), -1), [3, 2], [-1, -1, 2, 3, -1, -1]);
    expectTensor(indexFill(x, 1, int([1]), tensor(4)), [3, 2], [0, 4, 2, 4, 4, 4]);
    expectTensor(indexAdd(tensor(1), 0, int([0, 0]), tensor([2, 3])), [], [6]);
  });

  test('say what does not fit', () => {
    const x = counting(3, 2);
    expect(() => indexAdd(x, 0, int([0]), counting(2, 2))).toThrow(ShapeError);
    expect(() => indexCopy(x, 0, int([3]), counting(1, 2))).toThrow(IndexError);
    expect(() => indexFill(x, 0, int([0]), tensor([1]))).toThrow('only supports a 0-dimensional value tensor');
  });
});

describe('in place', () => {
  test('writes through strided targets and gives the target back', () => {
    const x = counting(2, 3);
    const turned = transpose(x, 0, 1);
    expect(scatter_(turned, 0, int([[2, 0]]), tensor([[8, 9]]))).toBe(turned);
    expect(values(x)).toEqual([0, 1, 8, 9, 4, 5]);
    scatterAdd_(turned, 0, int([[2, 2]]), tensor([[1, 1]]));
    indexAdd_(turned, 0, int([0]), tensor([[10, 10]]));
    expect(values(x)).toEqual([10, 1, 9, 19, 4, 6]);
    indexCopy_(turned, 0, int([1]), tensor([[-1, -2]]));
    indexFill_(turned, 1, int([0]), 0);
    expect(values(x)).toEqual([0, 0, 0, 19, -2, 6]);
    maskedScatter_(
      turned,
      tensor([
        [false, true],
        [true, false],
        [false, true],
      ]),
      tensor([1, 2, 3]),
    );
    expect(values(x)).toEqual([0, 2, 0, 1, -2, 3]);
    maskedFill_(x, tensor([true, false, false]), 7);
    expect(values(x)).toEqual([7, 2, 0, 7, -2, 3]);
    scatterReduce_(x, 1, int([[0], [0]]), tensor([[8], [1]]), 'amax');
    expect(values(x)).toEqual([8, 2, 0, 7, -2, 3]);
    scatter_(x, 1, int([[0], [1]]), 2, { reduce: 'multiply' });
    expect(values(x)).toEqual([16, 2, 0, 7, -4, 3]);
  });

  test('reads a source in the same memory first', () => {
    const x = tensor([1, 2, 3]);
    scatter_(x, 0, int([2, 1, 0]), x);
    expect(values(x)).toEqual([3, 2, 1]);
  });

  test('leaves that require gradients refuse', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(() => indexFill_(x, 0, int([0]), 1)).toThrow('a leaf Variable that requires grad');
    expect(() => maskedFill_(x, tensor([true, false]), 1)).toThrow('a leaf Variable that requires grad');
  });
});
