import { describe, expect, test } from 'vitest';
import { clone } from '../functions/clone.ts';
import { randn, tensor } from '../functions/creation.ts';
import * as inPlace from '../functions/in-place-indexing.ts';
import {
  embedding,
  gather,
  index,
  indexAdd,
  indexCopy,
  indexFill,
  indexPut,
  indexSelect,
  maskedScatter,
  maskedSelect,
  scatter,
  scatterAdd,
  scatterReduce,
  take,
} from '../functions/indexing.ts';
import { select, transpose } from '../functions/movement.ts';
import { mul } from '../functions/pointwise.ts';
import { type Checked, gradcheck, gradgradcheck } from '../gradcheck.ts';
import { Generator } from '../random/generator.ts';
import type { Tensor } from '../tensor.ts';

const int = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: 'int32' });
const generator = new Generator(3);
const leaf = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64', generator }).requiresGrad_();

const cases: Record<string, [Checked, readonly number[][]]> = {
  gather: [
    (x) =>
      gather(
        x!,
        1,
        int([
          [2, 2],
          [0, 1],
        ]),
      ),
    [[2, 3]],
  ],
  'gather of a transposed tensor': [(x) => gather(transpose(x!, 0, 1), 0, int([[2, 2]])), [[2, 3]]],
  indexSelect: [(x) => indexSelect(x!, 1, int([2, 0, 2])), [[2, 3]]],
  embedding: [
    (x) =>
      embedding(
        x!,
        int([
          [2, 0],
          [2, 2],
        ]),
      ),
    [[3, 2]],
  ],
  take: [(x) => take(x!, int([0, -1, 0])), [[2, 2]]],
  'one index tensor': [(x) => index(x!, ':', [[1, 1, -1]].flat()), [[2, 3, 2]]],
  'separated index tensors': [(x) => index(x!, [0, 1, 1], '1:', int([[0], [1]])), [[2, 3, 2]]],
  'four index tensors': [(x) => index(x!, [0, 1], [1, 1], ':', [0, 0], [1, 0]), [[2, 2, 2, 1, 2]]],
  mask: [
    (x) =>
      index(
        x!,
        tensor([
          [true, false],
          [true, true],
        ]),
      ),
    [[2, 2, 2]],
  ],
  maskedSelect: [(x) => maskedSelect(x!, tensor([true, false, true])), [[2, 3]]],
  maskedScatter: [(x, y) => maskedScatter(x!, tensor([true, false, true]), y!), [[2, 3], [5]]],
  scatter: [
    (x, y) => scatter(x!, 1, int([[2, 0]]), y!),
    [
      [2, 3],
      [2, 2],
    ],
  ],
  'scatter of a number': [(x) => scatter(x!, 1, int([[2, 0]]), 4), [[2, 3]]],
  'scatter that multiplies': [(x, y) => scatter(x!, 0, int([0, 0]), y!, { reduce: 'multiply' }), [[2], [2]]],
  scatterAdd: [
    (x, y) =>
      scatterAdd(
        x!,
        0,
        int([
          [1, 1],
          [1, 0],
        ]),
        y!,
      ),
    [
      [2, 3],
      [2, 2],
    ],
  ],
  indexAdd: [
    (x, y) => indexAdd(x!, 0, int([1, 1]), y!, { alpha: 3 }),
    [
      [2, 3],
      [2, 3],
    ],
  ],
  indexCopy: [
    (x, y) => indexCopy(x!, 1, int([0, 2]), y!),
    [
      [2, 3],
      [2, 2],
    ],
  ],
  indexFill: [(x, y) => indexFill(x!, 1, int([0, 2]), y!), [[2, 3], []]],
  'indexPut that replaces': [
    (x, y) =>
      indexPut(
        x!,
        [
          [0, 1],
          [2, 0],
        ],
        y!,
      ),
    [[2, 3], [1]],
  ],
  'indexPut that adds': [
    (x, y) =>
      indexPut(
        x!,
        [
          [0, 0],
          [2, 2],
        ],
        y!,
        { accumulate: true },
      ),
    [[2, 3], [2]],
  ],
  'indexPut of a slice': [(x, y) => indexPut(x!, [':', '1:'], y!), [[2, 3], [2]]],
  'indexPut behind a slice': [(x, y) => indexPut(x!, ['1:', [0, 2]], y!), [[2, 3], [2]]],
  'indexPut of four index tensors': [
    (x, y) => indexPut(x!, [[0, 1], [1, 1], ':', [0, 0], [1, 0]], y!),
    [[2, 2, 2, 1, 2], [2]],
  ],
};

describe('gradients of indexing', () => {
  for (const [name, [fn, shapes]] of Object.entries(cases)) {
    test(name, () => {
      const inputs = shapes.map((shape) => leaf(...shape));
      expect(gradcheck(fn, inputs)).toBe(true);
      // The square makes second derivatives that are not zero.
      expect(gradgradcheck((...all) => mul(fn(...all) as Tensor, fn(...all) as Tensor), inputs)).toBe(true);
    });
  }

  for (const reduce of ['sum', 'prod', 'mean', 'amax', 'amin'] as const) {
    for (const includeSelf of [true, false]) {
      test(`scatterReduce ${reduce}${includeSelf ? '' : ' without the target'}`, () => {
        const fn: Checked = (x, y) =>
          scatterReduce(
            x!,
            1,
            int([
              [2, 0, 2],
              [1, 1, 1],
            ]),
            y!,
            reduce,
            { includeSelf },
          );
        const inputs = [leaf(2, 3), leaf(2, 3)];
        expect(gradcheck(fn, inputs)).toBe(true);
        expect(gradgradcheck((...all) => mul(fn(...all) as Tensor, fn(...all) as Tensor), inputs)).toBe(true);
      });
    }
  }

  test('products with zero factors', () => {
    const fn: Checked = (x, y) => scatterReduce(x!, 0, int([0, 0, 1, 1, 1, 2]), y!, 'prod');
    const x = tensor([2, 3, 0], { dtype: 'float64', requiresGrad: true });
    const y = tensor([0, 5, 0, 0, 7, 4], { dtype: 'float64', requiresGrad: true });
    expect(gradcheck(fn, [x, y])).toBe(true);
  });

  test('extremes that tie share the gradient', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = tensor([1, 1, 0], { requiresGrad: true });
    scatterReduce(x, 0, int([0, 0, 1]), y, 'amax').backward(tensor([3, 1]));
    expect([...(x.grad as Tensor).toArraySync()]).toEqual([1, 1]);
    expect([...(y.grad as Tensor).toArraySync()]).toEqual([1, 1, 0]);
  });
});

describe('gradients of changes in place', () => {
  const changes: Record<string, [(target: Tensor, y: Tensor) => Tensor, number[]]> = {
    scatter_: [(t, y) => inPlace.scatter_(t, 1, int([[2, 0]]), y), [1, 2]],
    'scatter_ that multiplies': [(t, y) => inPlace.scatter_(t, 1, int([[2, 0]]), y, { reduce: 'multiply' }), [1, 2]],
    scatterAdd_: [(t, y) => inPlace.scatterAdd_(t, 1, int([[2, 2]]), y), [1, 2]],
    scatterReduce_: [(t, y) => inPlace.scatterReduce_(t, 1, int([[2, 2]]), y, 'prod'), [1, 2]],
    indexAdd_: [(t, y) => inPlace.indexAdd_(t, 1, int([1, 1]), y), [2, 2]],
    indexCopy_: [(t, y) => inPlace.indexCopy_(t, 1, int([1, 0]), y), [2, 2]],
    indexFill_: [(t, y) => inPlace.indexFill_(t, 0, int([1]), y), []],
    maskedFill_: [(t, y) => inPlace.maskedFill_(t, tensor([true, false, true]), y), []],
    maskedScatter_: [(t, y) => inPlace.maskedScatter_(t, tensor([true, false, true]), y), [4]],
    'indexPut_ that replaces': [
      (t, y) =>
        inPlace.indexPut_(
          t,
          [
            [0, 1],
            [1, 1],
          ],
          y,
        ),
      [2],
    ],
    'indexPut_ of part': [(t, y) => inPlace.indexPut_(t, [0, [2, 0]], y), [2]],
    'indexPut_ of a view': [(t, y) => inPlace.indexPut_(select(t, 0, 1), ['1:'], y, { accumulate: true }), [2]],
  };
  for (const [name, [change, shape]] of Object.entries(changes)) {
    test(name, () => {
      const fn: Checked = (x, y) => {
        const target = mul(clone(x!), 2);
        change(target, y!);
        return mul(target, target);
      };
      expect(gradcheck(fn, [leaf(2, 3), leaf(...shape)])).toBe(true);
    });
  }

  test('a target changed after it was kept is noticed', () => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    const y = mul(x, 2);
    const product = mul(y, y);
    inPlace.indexFill_(y, 0, int([0]), 0);
    expect(() => product.backward(tensor([1, 1, 1]))).toThrow('modified by an inplace operation');
  });
});
