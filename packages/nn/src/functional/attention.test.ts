import { manualSeed, ones, randn, type Tensor, tensor } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import { MultiheadAttention } from '../layers/index.ts';
import { scaledDotProductAttention } from './attention.ts';

const values = (x: Tensor | null): number[] => Array.from((x as Tensor).toArraySync() as Float32Array);
const near = (x: Tensor): unknown[] => values(x).map((value) => expect.closeTo(value, 5));

test('a query that may see no key gives zeros, and zero gradients', () => {
  const [q, k, v] = [randn([2, 4]), randn([3, 4]), randn([3, 4])].map((x) => x.requiresGrad_()) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const visible = tensor([
    [true, true, false],
    [false, false, false],
  ]);
  const output = scaledDotProductAttention(q, k, v, { attnMask: visible });
  expect(values(output.select(0, 1))).toEqual([0, 0, 0, 0]);
  output.sum().backward();
  expect(values(q.grad).slice(4)).toEqual([0, 0, 0, 0]);
  for (const x of [q, k, v]) expect(values(x.grad).every(Number.isFinite)).toBe(true);
});

test('isCausal is the lower triangle, and the scale can be chosen', () => {
  manualSeed(1);
  const x = randn([2, 3, 4]);
  const lower = ones([3, 3], { dtype: 'bool' }).tril();
  const causal = scaledDotProductAttention(x, x, x, { isCausal: true });
  expect(values(scaledDotProductAttention(x, x, x, { attnMask: lower }))).toEqual(near(causal));
  const wide = scaledDotProductAttention(x, x, x, { scale: 1 });
  expect(values(scaledDotProductAttention(x.mul(2), x, x))).toEqual(near(wide));
});

test('batchFirst only turns the axes', () => {
  manualSeed(2);
  const first = new MultiheadAttention(4, 2, { batchFirst: true });
  const second = new MultiheadAttention(4, 2);
  second.loadStateDict(first.stateDict());
  const [q, k] = [randn([2, 3, 4]), randn([2, 5, 4])];
  const [output, weights] = first(q, k, k);
  const turned = k.transpose(0, 1);
  const [expected, same] = second(q.transpose(0, 1), turned, turned);
  expect(values(output)).toEqual(near(expected.transpose(0, 1)));
  expect(values(weights)).toEqual(near(same as Tensor));
});

test('attention without weights agrees with attention with weights, masks and added keys included', () => {
  manualSeed(3);
  const attention = new MultiheadAttention(4, 2, { addBiasKv: true, addZeroAttn: true, dropout: 0.3 }).eval();
  const x = randn([3, 2, 4]);
  const options = {
    attnMask: ones([3, 3], { dtype: 'bool' }).triu(1),
    keyPaddingMask: tensor([
      [0, -1, 2],
      [0.5, 0, -3],
    ]),
  };
  const [withWeights] = attention(x, x, x, options);
  const [without] = attention(x, x, x, { ...options, needWeights: false });
  expect(values(without)).toEqual(near(withWeights));
});
