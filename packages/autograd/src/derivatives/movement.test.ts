import { describe, expect, test } from 'vitest';
import { grad } from '../core/engine.ts';
import { clone } from '../functions/clone.ts';
import { copy_, fill_, to } from '../functions/conversion.ts';
import { fromArray, randn, tensor, zeros } from '../functions/creation.ts';
import { cat, flip, meshgrid, repeat, repeatInterleave, roll, stack } from '../functions/joining.ts';
import { expand, narrow, permute, reshape, slice, squeeze, transpose } from '../functions/movement.ts';
import { constantPad, diag, diagEmbed, tril, triu } from '../functions/padding.ts';
import { mul, square } from '../functions/pointwise.ts';
import { prod, sum } from '../functions/reduction.ts';
import { cumprod, cumsum, kthvalue, median, sort, topk } from '../functions/scan.ts';
import { asStrided, diagonal, unfold } from '../functions/strided-views.ts';
import { type Checked, gradcheck, gradgradcheck } from '../gradcheck.ts';
import { Generator } from '../random/generator.ts';
import type { Tensor } from '../tensor.ts';

const values = (x: Tensor | null | undefined): number[] => Array.from(x?.toArraySync() ?? [], Number);

function leaf(shape: readonly number[], seed = 7): Tensor {
  return randn(shape, { dtype: 'float64', generator: new Generator(seed), requiresGrad: true });
}

type Case = readonly [name: string, fn: Checked, ...shapes: readonly (readonly number[])[]];

// Squared where the op is linear, so that second derivatives are not trivially zero.
const cases: readonly Case[] = [
  ['clone', (x) => square(clone(x!)), [2, 2]],
  ['reshape', (x) => square(reshape(x!, [3, 2])), [2, 3]],
  ['permute', (x) => square(permute(x!, [2, 0, 1])), [2, 3, 2]],
  ['expand', (x) => square(expand(x!, [2, 2, 3])), [2, 1]],
  ['squeeze', (x) => square(squeeze(x!)), [2, 1, 2]],
  ['slice', (x) => square(slice(x!, 1, 1, 4)), [2, 5]],
  ['slice with a step', (x) => square(slice(x!, 1, 1, null, 2)), [2, 5]],
  ['diagonal', (x) => square(diagonal(x!, 1, 2, 0)), [3, 2, 3]],
  ['unfold', (x) => square(unfold(x!, 1, 3, 2)), [2, 7]],
  ['unfold with overlap', (x) => square(unfold(x!, 0, 2, 1)), [4, 2]],
  ['asStrided', (x) => square(asStrided(x!, [2, 3], [3, 1], 1)), [8]],
  ['asStrided with overlap', (x) => square(asStrided(x!, [3, 2], [1, 1], 0)), [2, 3]],
  ['asStrided of a transposed base', (x) => square(asStrided(transpose(x!, 0, 1), [2, 2], [2, 1], 1)), [2, 3]],
  ['asStrided of an expanded base', (x) => square(asStrided(expand(x!, [3, 2]), [2], [1], 0)), [1, 2]],
  ['cat', (x, y) => square(cat([x!, y!, x!], 1)), [2, 2], [2, 1]],
  ['stack', (x, y) => square(stack([x!, y!], 1)), [2, 2], [2, 2]],
  ['flip', (x) => square(flip(x!, [0, 1])), [2, 3]],
  ['roll', (x) => square(roll(x!, [1, -1], [0, 1])), [2, 3]],
  ['roll without dimensions', (x) => square(roll(x!, 2)), [2, 3]],
  ['repeat', (x) => square(repeat(x!, [2, 1, 3])), [2, 2]],
  ['repeatInterleave', (x) => square(repeatInterleave(x!, 2, 0)), [2, 2]],
  [
    'repeatInterleave by element',
    (x) => square(repeatInterleave(x!, tensor([2, 0, 1], { dtype: 'int32' }), 0)),
    [3, 2],
  ],
  ['pad', (x) => square(constantPad(x!, [1, 2, -1, 1], 2)), [3, 2]],
  ['tril', (x) => square(tril(x!)), [2, 3, 3]],
  ['triu', (x) => square(triu(x!, 1)), [3, 3]],
  ['diag', (x) => square(diag(x!)), [3, 3]],
  ['diagEmbed', (x) => square(diagEmbed(x!, -1)), [2, 2]],
  ['meshgrid', (x, y) => meshgrid([square(x!), square(y!)]), [2], [3]],
  ['cumsum', (x) => square(cumsum(x!, 1)), [2, 3]],
  ['cumprod', (x) => cumprod(x!, 0), [4, 2]],
  ['sort', (x) => square(sort(x!, 0, { descending: true })[0]), [4, 2]],
  ['topk', (x) => square(topk(x!, 2)[0]), [2, 4]],
  ['kthvalue', (x) => square(kthvalue(x!, 2)[0]), [2, 4]],
  ['median', (x) => square(median(x!)), [5]],
  ['prod', (x) => prod(x!, 1), [2, 3]],
];

describe('gradients equal differences, twice', () => {
  for (const [name, fn, ...shapes] of cases) {
    test(name, () => {
      const inputs = shapes.map((shape, i) => leaf(shape, i + 1));
      expect(gradcheck(fn, inputs)).toBe(true);
      expect(gradgradcheck(fn, inputs)).toBe(true);
    });
  }
});

describe('running products with zeros', () => {
  const lines: readonly (readonly number[])[] = [
    [2, 0, 3, 4],
    [0, 2, 0, 3],
    [0, 0, 0, 0],
    [1, 2, 3, 0],
  ];
  test.each(lines)('of %d %d %d %d', (...line) => {
    const x = fromArray(Float64Array.from(line), [4]).requiresGrad_();
    const fn: Checked = (t) => cumprod(t!, 0);
    expect(gradcheck(fn, [x])).toBe(true);
    expect(gradgradcheck(fn, [x])).toBe(true);
  });
});

describe('changes in place through views', () => {
  test('a piece that is overwritten takes the gradient from its base', () => {
    const x = leaf([2, 3]);
    const piece = leaf([2]);
    const fn: Checked = (a, p) => {
      const base = clone(a!);
      copy_(slice(reshape(base, [6]), 0, 1, null, 3), p!);
      return square(base);
    };
    expect(gradcheck(fn, [x, piece])).toBe(true);
    expect(gradgradcheck(fn, [x, piece])).toBe(true);
  });

  test('a filled piece has no gradient', () => {
    const x = leaf([2, 2]);
    const base = clone(x);
    fill_(diagonal(base), 5);
    const [g] = grad([sum(base)], [x]) as [Tensor];
    expect(values(g)).toEqual([0, 1, 1, 0]);
  });

  test('an older view sees the change of its base', () => {
    const fn: Checked = (a) => {
      const base = clone(a!);
      const view = narrow(base, 0, 1, 2);
      base.add_(square(a!));
      return mul(view, 3);
    };
    expect(gradcheck(fn, [leaf([3, 2])])).toBe(true);
  });

  test('a base in another memory order', () => {
    const fn: Checked = (shift, piece) => {
      const base = transpose(fromArray(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]), 0, 1).detach();
      base.add_(shift!);
      copy_(narrow(base, 0, 1, 1), piece!);
      return square(base);
    };
    const inputs = [leaf([3, 2]), leaf([1, 2], 8)];
    expect(gradcheck(fn, inputs)).toBe(true);
    expect(gradgradcheck(fn, inputs)).toBe(true);
  });
});

describe('details', () => {
  test('a cast sends its gradient back in the dtype it came from', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const [g] = grad([sum(square(to(x, 'float64')))], [x]) as [Tensor];
    expect([g.dtype, values(g)]).toEqual(['float32', [2, 4]]);
  });

  test('cat gives each operand its own dtype and shape back', () => {
    const parts = [
      tensor([1], { requiresGrad: true }),
      fromArray(Float64Array.of(2, 3), [2]).requiresGrad_(),
      zeros([0], { requiresGrad: true }),
    ];
    const gradients = grad([sum(square(cat(parts)))], parts) as Tensor[];
    expect(gradients.map((g) => [g.dtype, values(g)])).toEqual([
      ['float32', [2]],
      ['float64', [4, 6]],
      ['float32', []],
    ]);
  });

  test('gradients of empty pieces can be read', () => {
    const parts = [zeros([0, 2], { requiresGrad: true }), zeros([0, 2], { requiresGrad: true })];
    const gradients = grad([sum(stack(parts, 1))], parts) as Tensor[];
    expect(gradients.map((g) => [g.shape, values(g)])).toEqual([
      [[0, 2], []],
      [[0, 2], []],
    ]);
  });

  test('sorting keeps only positions: the input may change afterwards', () => {
    const x = leaf([3]);
    const copy = clone(x);
    const [sorted] = sort(copy);
    copy.mul_(0);
    const [g] = grad([sum(mul(sorted, tensor([1, 2, 3], { dtype: 'float64' })))], [x]) as [Tensor];
    const order = values(sort(x.detach())[1]);
    expect(order.map((position) => values(g)[position])).toEqual([1, 2, 3]);
  });
});
