import { ArgumentError, DTypeError, IndexError, ShapeError } from '@flambeau/backend';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../tensor.ts';
import { arange, tensor, zeros } from './creation.ts';
import { embedding, gather, indexSelect, take, takeAlongDim } from './gather.ts';
import { reshape, transpose } from './movement.ts';

const values = (x: Tensor): number[] => Array.from(x.toArraySync(), Number);
const counting = (...shape: number[]): Tensor => reshape(arange(shape.reduce((a, b) => a * b, 1)), shape);
const int = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: 'int32' });

function expectTensor(x: Tensor, shape: readonly number[], expected: readonly number[]): void {
  expect(x.shape).toEqual(shape);
  expect(values(x)).toEqual(expected);
}

describe('gather', () => {
  test('picks along a dimension, from strided tensors too', () => {
    expectTensor(
      gather(
        counting(2, 3),
        1,
        int([
          [2, 0],
          [1, 1],
        ]),
      ),
      [2, 2],
      [2, 0, 4, 4],
    );
    expectTensor(gather(counting(2, 3), 0, int([[1, 0, 1]])), [1, 3], [3, 1, 5]);
    expectTensor(
      gather(
        transpose(counting(2, 3), 0, 1),
        -2,
        transpose(
          int([
            [2, 0],
            [1, 1],
          ]),
          0,
          1,
        ),
      ),
      [2, 2],
      [2, 4, 0, 4],
    );
  });

  test('takes 0-d tensors and other integer dtypes', () => {
    expectTensor(gather(tensor(7), 0, int(0)), [], [7]);
    expectTensor(gather(counting(3), 0, tensor([2], { dtype: 'int64' })), [1], [2]);
    expectTensor(gather(counting(2, 2), 0, zeros([0, 2], { dtype: 'int32' })), [0, 2], []);
    expectTensor(gather(tensor([1n, 2n], { dtype: 'int64' }), 0, int([1])), [1], [2]);
  });

  test('says what does not fit', () => {
    const x = counting(3, 2);
    expect(() => gather(x, 0, int([[3, 0]]))).toThrow('[gather] index 3 is out of bounds for dimension 0 with size 3');
    expect(() => gather(x, 0, int([[-1, 0]]))).toThrow(IndexError);
    expect(() => gather(x, 0, tensor([[0.5]]))).toThrow('[gather] expects an int32 or int64 index; got float32');
    expect(() => gather(x, 0, tensor([[true]]))).toThrow(DTypeError);
    expect(() => gather(x, 0, int([0]))).toThrow(
      'Index tensor must have the same number of dimensions as input tensor',
    );
    expect(() => gather(x, 0, int([[0, 0, 0]]))).toThrow('Size does not match at dimension 1');
    expect(() => gather(x, 2, int([[0]]))).toThrow(IndexError);
    expect(() => gather(x, 0, [0] as unknown as Tensor)).toThrow(ArgumentError);
  });
});

describe('indexSelect, embedding', () => {
  test('pick slices', () => {
    expectTensor(indexSelect(counting(2, 3), 1, int([2, 2, 0])), [2, 3], [2, 2, 0, 5, 5, 3]);
    expectTensor(indexSelect(counting(2, 3), 0, int(1)), [1, 3], [3, 4, 5]);
    expectTensor(indexSelect(tensor(4), 0, int([0])), [], [4]);
    expectTensor(
      embedding(
        counting(3, 2),
        int([
          [2, 0],
          [1, 1],
        ]),
      ),
      [2, 2, 2],
      [4, 5, 0, 1, 2, 3, 2, 3],
    );
    expectTensor(embedding(counting(3, 2), int(1)), [2], [2, 3]);
  });

  test('say what does not fit', () => {
    expect(() => indexSelect(counting(3), 0, int([[0]]))).toThrow('Index is supposed to be a vector');
    expect(() => indexSelect(counting(3), 0, int([-1]))).toThrow(
      'index -1 is out of bounds for dimension 0 with size 3',
    );
    expect(() => embedding(counting(3, 2), int([5]))).toThrow(
      '[embedding] index 5 is out of bounds for dimension 0 with size 3',
    );
    expect(() => embedding(tensor(1), int([0]))).toThrow(ShapeError);
  });
});

describe('take, takeAlongDim', () => {
  test('take flattens and counts negatives from the end', () => {
    expectTensor(take(transpose(counting(2, 3), 0, 1), int([[1, -1]])), [1, 2], [3, 5]);
    expect(() => take(counting(3), int([-4]))).toThrow('index -4 is out of bounds');
  });

  test('takeAlongDim broadcasts', () => {
    expectTensor(takeAlongDim(counting(2, 3), int([[2]]), 1), [2, 1], [2, 5]);
    expectTensor(takeAlongDim(counting(2, 3), int([[5, 0]])), [2], [5, 0]);
    expect(() => takeAlongDim(counting(2, 3), int([0]), 1)).toThrow(ShapeError);
  });
});
