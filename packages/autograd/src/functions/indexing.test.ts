import { ArgumentError, DTypeError, IndexError, ShapeError } from '@flambeau/backend';
import { describe, expect, test } from 'vitest';
import { counting, expectTensor, int, values } from '../testing/tensors.ts';
import { tensor } from './creation.ts';
import { indexPut_ } from './in-place-indexing.ts';
import {
  type IndexItem,
  index,
  indexPut,
  maskedScatter,
  maskedSelect,
  nonzero,
  nonzeroAsync,
  oneHot,
} from './indexing.ts';
import { transpose } from './movement.ts';

describe('index', () => {
  const x = counting(2, 3, 4);

  test('basic items give views', () => {
    const cases: [IndexItem[], number[], number[]][] = [
      [[1, -1], [4], [20, 21, 22, 23]],
      [
        [':', '1:', '::3'],
        [2, 2, 2],
        [4, 7, 8, 11, 16, 19, 20, 23],
      ],
      [
        ['...', 0],
        [2, 3],
        [0, 4, 8, 12, 16, 20],
      ],
      [
        [0, null, '-1:', ' 1 : 3 '],
        [1, 1, 2],
        [9, 10],
      ],
      [[0, '2:1', 0], [0], []],
    ];
    for (const [items, shape, expected] of cases) {
      const piece = index(x, ...items);
      expectTensor(piece, shape, expected);
      expect(piece.storage).toBe(x.storage);
    }
  });

  test('index tensors broadcast; neighbours stay in place, others come first', () => {
    expectTensor(index(x, 0, int([[2], [0]]), int([1, 3])), [2, 2], [9, 11, 1, 3]);
    expect(index(x, ':', int([0, 1]), int([0, 1])).shape).toEqual([2, 2]);
    expectTensor(index(x, ':', [0, 1], [0, 1]), [2, 2], [0, 5, 12, 17]);
    expectTensor(index(x, [0, 1], ':', [0, 1]), [2, 3], [0, 4, 8, 13, 17, 21]);
    expectTensor(index(x, [1, -1], '0:1', [[0], [-1]].flat()), [2, 1], [12, 15]);
    expectTensor(index(counting(3), [2, 0]), [2], [2, 0]);
    expect(index(x, '...', [[0, 1]].flat()).shape).toEqual([2, 3, 2]);
  });

  test('a position before separated index tensors is taken first', () => {
    expect(index(x, 0, ':', [0, 1, 2]).shape).toEqual([3, 3]);
    expect(index(x, int(0), ':', [0, 1, 2]).shape).toEqual([3, 3]);
  });

  test('masks stand for the positions of their true elements', () => {
    expectTensor(
      index(
        counting(2, 2),
        tensor([
          [true, false],
          [false, true],
        ]),
      ),
      [2],
      [0, 3],
    );
    expectTensor(index(counting(2, 3), ':', [true, false, true]), [2, 2], [0, 2, 3, 5]);
    expectTensor(index(counting(2), true), [1, 2], [0, 1]);
    expectTensor(index(counting(2), false), [0, 2], []);
    expectTensor(index(tensor(3), tensor(true)), [1], [3]);
    expectTensor(index(counting(2, 2), tensor([false, false])), [0, 2], []);
  });

  test('more index tensors than an op keeps', () => {
    const y = counting(2, 2, 2, 2, 2);
    expectTensor(index(y, ':', [0, 1], [1, 1], [0, 1], [1, -2]), [2, 2], [5, 14, 21, 30]);
    expectTensor(index(y, [0, 1], [1, 1], ':', [0, 1], [1, 0]), [2, 2], [9, 13, 26, 30]);
  });

  test('says what does not fit', () => {
    expect(() => index(x, 0, 0, 0, 0)).toThrow('too many indices for tensor of dimension 3');
    expect(() => index(x, 2)).toThrow('[index] index 2 is out of bounds for dimension 0 with size 2');
    expect(() => index(x, [0, -3])).toThrow('index -3 is out of bounds for dimension 0 with size 2');
    expect(() => index(x, '...', '...')).toThrow(IndexError);
    expect(() => index(x, '1:2:-1')).toThrow('step must be greater than zero');
    expect(() => index(x, 'one')).toThrow(ArgumentError);
    expect(() => index(x, 0.5)).toThrow(ArgumentError);
    expect(() => index(x, undefined as unknown as null)).toThrow(ArgumentError);
    expect(() => index(x, tensor([0.5]))).toThrow(DTypeError);
    expect(() => index(x, [0, 1], [0, 1, 2])).toThrow(
      'indexing tensors could not be broadcast together with shapes [2], [3]',
    );
    expect(() => index(x, [true, false, true])).toThrow(
      'The shape of the mask [3] at index 0 does not match the shape of the indexed tensor [2, 3, 4] at index 0',
    );
  });
});

describe('indexPut', () => {
  test('out of place', () => {
    const x = counting(2, 3);
    expectTensor(
      indexPut(
        x,
        [
          [1, 1],
          [0, 0],
        ],
        tensor([1, 2]),
        { accumulate: true },
      ),
      [2, 3],
      [0, 1, 2, 6, 4, 5],
    );
    expectTensor(indexPut(x, [[true, false]], 9), [2, 3], [9, 9, 9, 3, 4, 5]);
    expectTensor(indexPut(x, [1, '1:'], tensor([[7, 8]])), [2, 3], [0, 1, 2, 3, 7, 8]);
    expectTensor(x, [2, 3], [0, 1, 2, 3, 4, 5]);
  });

  test('in place, through views of any layout', () => {
    const x = counting(2, 3);
    const turned = transpose(x, 0, 1);
    expect(
      indexPut_(
        turned,
        [
          [-1, 0],
          [0, 1],
        ],
        tensor([8, 9]),
      ),
    ).toBe(turned);
    expect(values(x)).toEqual([0, 1, 8, 9, 4, 5]);
    indexPut_(turned, [[1]], tensor([[5, 6]]));
    expect(values(x)).toEqual([0, 5, 8, 9, 6, 5]);
    indexPut_(turned, [':', [1, 1]], 1, { accumulate: true });
    expect(values(x)).toEqual([0, 5, 8, 11, 8, 7]);
    indexPut_(x, ['...'], 0);
    indexPut_(x, [0], tensor(1, { dtype: 'int32' }), { accumulate: true });
    expect(values(x)).toEqual([1, 1, 1, 0, 0, 0]);
    const flags = tensor([false, false]);
    indexPut_(flags, [[1]], true);
    expect(values(flags)).toEqual([0, 1]);
  });

  test('more index tensors than an op keeps', () => {
    const y = counting(2, 1, 2, 1, 2);
    indexPut_(
      y,
      [[1, 0], [0, 0], ':', [0, 0], [1, 0]],
      tensor([
        [-1, -2],
        [-3, -4],
      ]),
    );
    expect(values(y)).toEqual([-3, 1, -4, 3, 4, -1, 6, -2]);
    const z = counting(2, 2, 2, 1, 1);
    indexPut_(z, [':', [1, 0], [0, 1], 0, 0], 0);
    indexPut_(z, [':', [1], [1], [0], [-1]], tensor([[10], [20]]), { accumulate: true });
    expect(values(z)).toEqual([0, 0, 0, 13, 4, 0, 0, 27]);
  });

  test('says what does not fit', () => {
    const x = counting(2, 3);
    expect(() => indexPut_(x, [[0]], tensor([1, 2]))).toThrow(
      'shape mismatch: value tensor of shape [2] cannot be broadcast to indexing result of shape [1, 3]',
    );
    expect(() => indexPut_(x, [0], tensor([1, 2]))).toThrow(ShapeError);
    expect(() => indexPut_(x, 0 as unknown as [], 1)).toThrow(ArgumentError);
    expect(() => indexPut_(tensor([1], { requiresGrad: true }), [0], 1)).toThrow('a leaf Variable that requires grad');
  });
});

describe('masks and classes', () => {
  test('nonzero', async () => {
    const x = tensor([
      [0, 2],
      [3, 0],
    ]);
    expectTensor(nonzero(x), [2, 2], [0, 1, 1, 0]);
    expect(nonzero(x).dtype).toBe('int32');
    expectTensor(await nonzeroAsync(x), [2, 2], [0, 1, 1, 0]);
    expectTensor(nonzero(tensor(1)), [1, 0], []);
    expectTensor(nonzero(tensor([0])), [0, 1], []);
    expect(nonzero(x, { asTuple: true }).map(values)).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(nonzero(tensor(5), { asTuple: true }).map(values)).toEqual([[0]]);
  });

  test('maskedSelect and maskedScatter', () => {
    expectTensor(maskedSelect(counting(2, 3), tensor([true, false, true])), [4], [0, 2, 3, 5]);
    expectTensor(
      maskedSelect(
        tensor([1, 2]),
        tensor([
          [true, false],
          [true, true],
        ]),
      ),
      [3],
      [1, 1, 2],
    );
    expectTensor(maskedScatter(counting(2, 2), tensor([true, false]), tensor([7, 8, 9])), [2, 2], [7, 1, 8, 3]);
    expect(() => maskedSelect(counting(2), tensor([1, 0]))).toThrow('expected a bool tensor for mask');
    expect(() => maskedScatter(counting(2), tensor([true, true]), tensor([1]))).toThrow('Number of elements of source');
  });

  test('oneHot', () => {
    expectTensor(oneHot(int([[1], [2]])), [2, 1, 3], [0, 1, 0, 0, 0, 1]);
    expectTensor(oneHot(int(0), 2), [2], [1, 0]);
    expect(() => oneHot(int([3]), 3)).toThrow('Class values must be smaller than num_classes');
    expect(() => oneHot(int([-1]))).toThrow('Class values must be non-negative');
    expect(() => oneHot(tensor([0.5]))).toThrow(DTypeError);
  });
});
