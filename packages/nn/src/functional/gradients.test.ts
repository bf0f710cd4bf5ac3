import { gradcheck, gradgradcheck, manualSeed, randn, type Tensor, tensor } from '@flambeau/autograd';
import { beforeEach, describe, expect, test } from 'vitest';
import * as F from './index.ts';

const draw = (...shape: number[]): Tensor => randn(shape, { dtype: 'float64', requiresGrad: true });
/** Values away from 0 and from the borders of piecewise functions. */
const apart = (...values: number[]): Tensor => tensor(values, { dtype: 'float64', requiresGrad: true });
const indices = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'int32' });
const probabilities = (...shape: number[]): Tensor =>
  draw(...shape)
    .sigmoid()
    .detach()
    .requiresGrad_();

type Case = readonly [name: string, fn: (...inputs: Tensor[]) => Tensor | Tensor[], inputs: () => Tensor[]];

const spread = (): Tensor[] => [apart(-4.1, -2.2, -0.7, -0.2, 0.3, 0.8, 1.7, 4.3, 7.1)];

const cases: readonly Case[] = [
  ['linear', (x, w, b) => F.linear(x, w, b), () => [draw(2, 3, 4), draw(5, 4), draw(5)]],
  ['linear of one row', (x, w, b) => F.linear(x, w, b), () => [draw(4), draw(5, 4), draw(5)]],
  ['bilinear', (x, y, w, b) => F.bilinear(x, y, w, b), () => [draw(3, 2), draw(3, 4), draw(2, 2, 4), draw(2)]],
  [
    'layerNorm',
    (x, weight, bias) => F.layerNorm(x, [2, 3], { weight, bias }),
    () => [draw(3, 2, 3), draw(2, 3), draw(2, 3)],
  ],
  ['rmsNorm', (x, weight) => F.rmsNorm(x, [3], { weight, eps: 1e-3 }), () => [draw(3, 2, 3), draw(3)]],
  ['groupNorm', (x, weight, bias) => F.groupNorm(x, 2, { weight, bias }), () => [draw(2, 4, 3), draw(4), draw(4)]],
  [
    'batchNorm in training',
    (x, weight, bias) => F.batchNorm(x, null, null, { weight, bias, training: true }),
    () => [draw(3, 2, 2), draw(2), draw(2)],
  ],
  [
    'batchNorm with running statistics',
    (x, weight, bias) => F.batchNorm(x, apart(0.1, -0.3).detach(), apart(0.5, 2).detach(), { weight, bias }),
    () => [draw(3, 2, 2), draw(2), draw(2)],
  ],
  ['normalize', (x) => F.normalize(x, { dim: 0 }), () => [draw(3, 2)]],
  ['pad by reflection', (x) => F.pad(x, [2, 1, 1, 0], { mode: 'reflect' }), () => [draw(2, 3, 4)]],
  ['pad by replication', (x) => F.pad(x, [2, 5, -1, 0], { mode: 'replicate' }), () => [draw(2, 3, 4)]],
  ['pad around', (x) => F.pad(x, [2, 4], { mode: 'circular' }), () => [draw(2, 4)]],
  [
    'embedding',
    (w) =>
      F.embedding(
        indices([
          [0, 2],
          [2, 2],
        ]),
        w,
      ),
    () => [draw(3, 2)],
  ],
  [
    'scaledDotProductAttention',
    (q, k, v) => F.scaledDotProductAttention(q, k, v, { isCausal: true }),
    () => [draw(2, 3, 4), draw(2, 3, 4), draw(2, 3, 2)],
  ],
  ['glu', (x) => F.glu(x, 0), () => [draw(4, 2)]],
  [
    'prelu',
    (x, w) => F.prelu(x, w),
    () => [apart(-1, 2, 0.5, -0.7).detach().reshape([1, 4, 1]).requiresGrad_(), draw(4)],
  ],
  ['softsign', F.softsign, spread],
  ['tanhshrink', F.tanhshrink, spread],
  ['celu', (x) => F.celu(x, 1.3), spread],
  ['selu', (x) => F.selu(x), spread],
  ['elu', (x) => F.elu(x, 0.7), spread],
  ['gelu', (x) => F.gelu(x), spread],
  ['gelu by tanh', (x) => F.gelu(x, { approximate: 'tanh' }), spread],
  ['silu', (x) => F.silu(x), spread],
  ['mish', (x) => F.mish(x), spread],
  ['softplus', (x) => F.softplus(x, 2, 3), spread],
  ['logsigmoid', F.logsigmoid, spread],
  ['hardswish', (x) => F.hardswish(x), spread],
  ['relu6', (x) => F.relu6(x), spread],
  ['softmin', (x) => F.softmin(x, 0), spread],
  ['mseLoss', (x, t) => F.mseLoss(x, t), () => [draw(2, 3), draw(2, 3)]],
  ['smoothL1Loss', (x, t) => F.smoothL1Loss(x, t, { beta: 0.6 }), () => [apart(0, 0, 1), apart(0.2, 1, -2)]],
  ['huberLoss', (x, t) => F.huberLoss(x, t, { delta: 0.6 }), () => [apart(0, 0, 1), apart(0.2, 1, -2)]],
  ['binaryCrossEntropy', (x, t) => F.binaryCrossEntropy(x, t), () => [probabilities(2, 3), probabilities(2, 3)]],
  [
    'binaryCrossEntropyWithLogits',
    (x, t, posWeight) => F.binaryCrossEntropyWithLogits(x, t, { posWeight }),
    () => [draw(2, 3), probabilities(2, 3), draw(3)],
  ],
  ['klDiv', (x, t) => F.klDiv(x, t, { reduction: 'batchmean' }), () => [draw(2, 3), probabilities(2, 3)]],
  [
    'klDiv of logarithms',
    (x, t) => F.klDiv(x, t, { reduction: 'sum', logTarget: true }),
    () => [draw(2, 3), draw(2, 3)],
  ],
  [
    'crossEntropy of indices',
    (x, weight) =>
      F.crossEntropy(
        x,
        indices([
          [1, 0],
          [2, -100],
        ]),
        { weight, labelSmoothing: 0.2 },
      ),
    () => [draw(2, 3, 2), probabilities(3)],
  ],
  [
    'crossEntropy of probabilities',
    (x, t) => F.crossEntropy(x, t, { labelSmoothing: 0.1 }),
    () => [draw(2, 3), probabilities(2, 3)],
  ],
];

describe('derivatives agree with differences', () => {
  beforeEach(() => {
    manualSeed(7);
  });

  test.each(cases)('%s', (_, fn, inputs) => {
    expect(gradcheck(fn, inputs())).toBe(true);
  });
});

describe('second derivatives agree with differences', () => {
  beforeEach(() => {
    manualSeed(8);
  });

  test.each(cases)('%s', (_, fn, inputs) => {
    expect(gradgradcheck(fn, inputs())).toBe(true);
  });
});

test('BCE keeps a finite gradient at 0 and 1', () => {
  const x = apart(0, 1, 0, 1);
  const loss = F.binaryCrossEntropy(x, apart(0, 1, 1, 0).detach(), { reduction: 'sum' });
  expect(loss.itemSync()).toBe(200);
  loss.backward();
  expect(Array.from((x.grad as Tensor).toArraySync() as Float64Array)).toEqual([0, 0, -1e12, 1e12]);
});

test('embedding divides gradients by frequency and leaves the padding row out', () => {
  const weight = draw(4, 1);
  F.embedding(indices([0, 2, 2, 1, 2, 2]), weight, { paddingIdx: 1, scaleGradByFreq: true })
    .pow(3)
    .sum()
    .backward();
  const w = Array.from(weight.toArraySync() as Float64Array);
  const slope = (row: number): number => 3 * (w[row] as number) ** 2;
  const expected = [slope(0), 0, slope(2), 0].map((value) => expect.closeTo(value, 10));
  expect(Array.from((weight.grad as Tensor).toArraySync() as Float64Array)).toEqual(expected);
});
