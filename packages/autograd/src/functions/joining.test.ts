import { ArgumentError, IndexError, ShapeError } from '@flambeau/backend';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../tensor.ts';
import { arange, tensor, zeros } from './creation.ts';
import {
  cat,
  flip,
  fliplr,
  flipud,
  hstack,
  meshgrid,
  repeat,
  repeatInterleave,
  roll,
  stack,
  tile,
  vstack,
} from './joining.ts';
import { reshape, transpose } from './movement.ts';
import { constantPad, diag, diagEmbed, pad, tril, triu } from './padding.ts';

const values = (x: Tensor): number[] => Array.from(x.toArraySync(), Number);
/** 0, 1, … in a shape. */
const counting = (...shape: number[]): Tensor => reshape(arange(shape.reduce((a, b) => a * b, 1)), shape);

function expectTensor(x: Tensor, shape: readonly number[], expected: readonly number[]): void {
  expect(x.shape).toEqual(shape);
  expect(values(x)).toEqual(expected);
}

describe('cat', () => {
  test('joins strided pieces along any dimension', () => {
    const a = counting(2, 2);
    const b = transpose(counting(3, 2), 0, 1);
    expectTensor(cat([a, b], 1), [2, 5], [0, 1, 0, 2, 4, 2, 3, 1, 3, 5]);
    expectTensor(cat([a, a], -2), [4, 2], [0, 1, 2, 3, 0, 1, 2, 3]);
  });

  test('promotes dtypes', () => {
    const joined = cat([tensor([1, 2], { dtype: 'int32' }), tensor([0.5])]);
    expect(joined.dtype).toBe('float32');
    expect(values(joined)).toEqual([1, 2, 0.5]);
  });

  test('skips tensors of shape [0], and only those', () => {
    expectTensor(cat([zeros([0]), counting(1, 2)]), [1, 2], [0, 1]);
    expectTensor(cat([zeros([0]), zeros([0])]), [0], []);
    expect(() => cat([zeros([0, 3]), counting(1, 2)])).toThrow(ShapeError);
  });

  test('says what does not fit', () => {
    expect(() => cat([])).toThrow('expected a non-empty list of Tensors');
    expect(() => cat([tensor(1)])).toThrow('zero-dimensional tensor (at position 0) cannot be concatenated');
    expect(() => cat([zeros([2, 3]), zeros([2, 4])])).toThrow(
      'Sizes of tensors must match except in dimension 0. Expected size 3 but got size 4 for tensor number 1 in the list.',
    );
    expect(() => cat([zeros([2]), zeros([2, 4])])).toThrow('Tensors must have same number of dimensions: got 1 and 2');
    expect(() => cat([zeros([2])], 1)).toThrow(IndexError);
    expect(() => cat([1 as unknown as Tensor])).toThrow(ArgumentError);
  });
});

describe('stack and its kin', () => {
  test('stack adds a dimension anywhere', () => {
    const [a, b] = [tensor([1, 2]), tensor([3, 4])];
    expectTensor(stack([a, b]), [2, 2], [1, 2, 3, 4]);
    expectTensor(stack([a, b], -1), [2, 2], [1, 3, 2, 4]);
    expectTensor(stack([tensor(1), tensor(2)]), [2], [1, 2]);
    expect(() => stack([a, tensor([1])])).toThrow('stack expects each tensor to be equal size');
  });

  test('hstack and vstack', () => {
    expectTensor(hstack([tensor(0), tensor([1, 2])]), [3], [0, 1, 2]);
    expectTensor(hstack([counting(2, 1), counting(2, 1)]), [2, 2], [0, 0, 1, 1]);
    expectTensor(vstack([tensor([1, 2]), counting(1, 2)]), [2, 2], [1, 2, 0, 1]);
  });
});

describe('flip and roll', () => {
  test('flip reverses strided tensors too', () => {
    expectTensor(flip(counting(2, 3), [0, 1]), [2, 3], [5, 4, 3, 2, 1, 0]);
    expectTensor(flip(transpose(counting(2, 3), 0, 1), -1), [3, 2], [3, 0, 4, 1, 5, 2]);
    expectTensor(flip(counting(2), []), [2], [0, 1]);
    expectTensor(flip(zeros([0, 2]), 0), [0, 2], []);
    expect(() => flip(counting(2), [0, 0])).toThrow(ArgumentError);
    expectTensor(fliplr(counting(2, 2)), [2, 2], [1, 0, 3, 2]);
    expectTensor(flipud(counting(2, 2)), [2, 2], [2, 3, 0, 1]);
  });

  test('roll along dimensions, several, repeated and none', () => {
    expectTensor(roll(counting(4), 1), [4], [3, 0, 1, 2]);
    expectTensor(roll(counting(4), -5, 0), [4], [1, 2, 3, 0]);
    expectTensor(roll(counting(2, 3), [1, 1], [0, 1]), [2, 3], [5, 3, 4, 2, 0, 1]);
    expectTensor(roll(counting(3), [1, 1], [0, 0]), [3], [1, 2, 0]);
    expectTensor(roll(counting(2, 2), 1), [2, 2], [3, 0, 1, 2]);
    expect(() => roll(counting(2, 2), [1, 1], [0])).toThrow('shifts and dimensions must align');
  });
});

describe('repeat', () => {
  test('repeats along given and new dimensions', () => {
    expectTensor(repeat(counting(2), [2, 2]), [2, 4], [0, 1, 0, 1, 0, 1, 0, 1]);
    expectTensor(repeat(transpose(counting(2, 2), 0, 1), [1, 2]), [2, 4], [0, 2, 0, 2, 1, 3, 1, 3]);
    expectTensor(repeat(counting(2), [0]), [0], []);
    expectTensor(repeat(tensor(3), []), [], [3]);
    expect(() => repeat(counting(2, 2), [2])).toThrow('Number of dimensions of repeat dims');
  });

  test('tile fills in leading ones', () => {
    expectTensor(tile(counting(2, 1), [2]), [2, 2], [0, 0, 1, 1]);
  });

  test('repeatInterleave by a number or by element', () => {
    expectTensor(repeatInterleave(counting(2, 2), 2), [8], [0, 0, 1, 1, 2, 2, 3, 3]);
    expectTensor(repeatInterleave(counting(2, 2), 2, 1), [2, 4], [0, 0, 1, 1, 2, 2, 3, 3]);
    expectTensor(repeatInterleave(counting(3), tensor([2, 0, 1], { dtype: 'int64' })), [3], [0, 0, 2]);
    expectTensor(repeatInterleave(counting(2, 2), tensor([1, 2], { dtype: 'int32' }), 0), [3, 2], [0, 1, 2, 3, 2, 3]);
    expectTensor(repeatInterleave(counting(2), tensor([2], { dtype: 'int32' })), [4], [0, 0, 1, 1]);
    expect(() => repeatInterleave(counting(2), -1)).toThrow('Repeats must be non-negative');
    expect(() => repeatInterleave(counting(2), tensor([1, 2, 3], { dtype: 'int32' }))).toThrow('same size as input');
  });

  test('never shares memory with its input', () => {
    const x = counting(2);
    expect(repeatInterleave(x, 1).storage).not.toBe(x.storage);
  });
});

describe('padding', () => {
  test.each([0, 7])('with %d grows and crops, the last dimension first', (value) => {
    const x = counting(2, 2);
    expectTensor(constantPad(x, [1, 0], value), [2, 3], [value, 0, 1, value, 2, 3]);
    expectTensor(constantPad(x, [-1, 1, 0, 1], value), [3, 2], [1, value, 3, value, value, value]);
    expectTensor(constantPad(transpose(x, 0, 1), [0, 1], value), [2, 3], [0, 2, value, 1, 3, value]);
    expectTensor(constantPad(zeros([0]), [1, 1], value), [2], [value, value]);
    expect(() => constantPad(x, [-2, -1], value)).toThrow('negative output size');
  });

  test('keeps the dtype and checks its arguments', () => {
    expect(constantPad(tensor([1n], { dtype: 'int64' }), [0, 1], 2).toArraySync()).toEqual(new BigInt64Array([1n, 2n]));
    expect(constantPad(tensor([1n], { dtype: 'int64' }), [0, 1]).toArraySync()).toEqual(new BigInt64Array([1n, 0n]));
    expect(() => constantPad(zeros([2]), [1])).toThrow(ShapeError);
    expect(() => constantPad(zeros([2]), [1, 1, 1, 1])).toThrow(ShapeError);
    expect(() => pad(zeros([2]), [1, 1], { mode: 'bogus' as 'constant' })).toThrow("mode must be 'constant'");
    expectTensor(pad(counting(1), [1, 0], { value: 2 }), [2], [2, 0]);
  });
});

describe('triangles and diagonals', () => {
  test('tril and triu of batches, with offsets', () => {
    const x = constantPad(counting(2, 2, 3), [], 0).add(1);
    expectTensor(tril(x), [2, 2, 3], [1, 0, 0, 4, 5, 0, 7, 0, 0, 10, 11, 0]);
    expectTensor(triu(x, 1), [2, 2, 3], [0, 2, 3, 0, 0, 6, 0, 8, 9, 0, 0, 12]);
    expectTensor(tril(transpose(counting(2, 2), 0, 1), -1), [2, 2], [0, 0, 1, 0]);
    expect(tril(tensor([[true, true]])).dtype).toBe('bool');
    expect(() => tril(counting(2))).toThrow('at least 2 dimensions');
  });

  test('diag takes and makes a diagonal', () => {
    expectTensor(diag(counting(2, 2)), [2], [0, 3]);
    expectTensor(diag(tensor([1, 2]), -1), [3, 3], [0, 0, 0, 1, 0, 0, 0, 2, 0]);
    expect(() => diag(zeros([1, 1, 1]))).toThrow(ShapeError);
  });

  test('diagEmbed puts its dimensions where they are wanted', () => {
    expectTensor(
      diagEmbed(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
      [2, 2, 2],
      [1, 0, 0, 2, 3, 0, 0, 4],
    );
    const x = diagEmbed(
      tensor([
        [1, 2],
        [3, 4],
      ]),
      1,
      0,
      2,
    );
    expectTensor(x, [3, 2, 3], [0, 1, 0, 0, 3, 0, 0, 0, 2, 0, 0, 4, 0, 0, 0, 0, 0, 0]);
  });
});

test('meshgrid indexes by ij or xy', () => {
  const [a, b] = [counting(2), counting(3)];
  const [i, j] = meshgrid([a, b]) as [Tensor, Tensor];
  expectTensor(i, [2, 3], [0, 0, 0, 1, 1, 1]);
  expectTensor(j, [2, 3], [0, 1, 2, 0, 1, 2]);
  const [x, y] = meshgrid([a, b], { indexing: 'xy' }) as [Tensor, Tensor];
  expectTensor(x, [3, 2], [0, 1, 0, 1, 0, 1]);
  expectTensor(y, [3, 2], [0, 0, 1, 1, 2, 2]);
  expect(() => meshgrid([zeros([1, 1])])).toThrow('Expected 0D or 1D tensor');
});
