import { Generator, manualSeed, rand, type Tensor, zeros } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import * as init from './index.ts';

const values = (x: Tensor): number[] => Array.from(x.toArraySync() as Float32Array);

const random: Readonly<Record<string, (x: Tensor, generator?: Generator) => Tensor>> = {
  uniform_: (x, generator) => init.uniform_(x, -1, 1, { generator }),
  normal_: (x, generator) => init.normal_(x, 0, 1, { generator }),
  truncNormal_: (x, generator) => init.truncNormal_(x, 0, 1, -2, 2, { generator }),
  xavierUniform_: (x, generator) => init.xavierUniform_(x, 1, { generator }),
  xavierNormal_: (x, generator) => init.xavierNormal_(x, 1, { generator }),
  kaimingUniform_: (x, generator) => init.kaimingUniform_(x, { generator }),
  kaimingNormal_: (x, generator) => init.kaimingNormal_(x, { generator }),
  orthogonal_: (x, generator) => init.orthogonal_(x, 1, { generator }),
  sparse_: (x, generator) => init.sparse_(x, 0.5, 1, { generator }),
};

test.each(Object.entries(random))('%s draws from the given generator, and leaves the global one alone', (_, fill) => {
  manualSeed(3);
  const [next] = values(rand([1]));
  manualSeed(3);
  const own = values(fill(zeros([4, 6]), new Generator(11)));
  expect(values(rand([1]))).toEqual([next]);
  expect(values(fill(zeros([4, 6]), new Generator(11)))).toEqual(own);
  manualSeed(11);
  expect(values(fill(zeros([4, 6])))).toEqual(own);
});

test('initialisers work on tensors that train, keep their dtype and return them', () => {
  const weight = zeros([3, 3], { dtype: 'float64', requiresGrad: true });
  for (const fill of [...Object.values(random), init.eye_, init.ones_]) {
    expect(fill(weight)).toBe(weight);
    expect(weight.dtype).toBe('float64');
    expect(weight.isLeaf && weight.requiresGrad).toBe(true);
  }
});
