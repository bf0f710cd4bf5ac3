import { Generator, manualSeed, rand } from '@flambeau/autograd';
import { describe, expect, test } from 'vitest';
import { BatchSampler, RandomSampler, SequentialSampler, SubsetRandomSampler } from './index.ts';

const five = { length: 5 };
const seeded = (seed: number): Generator => new Generator().manualSeed(seed);

test('SequentialSampler goes through the items in order', () => {
  const sampler = new SequentialSampler(five);
  expect([...sampler]).toEqual([0, 1, 2, 3, 4]);
  expect(sampler.length).toBe(5);
});

describe('RandomSampler', () => {
  test("draws PyTorch's permutations from the global seed", () => {
    manualSeed(3);
    expect([...new RandomSampler(five)]).toEqual([2, 1, 0, 4, 3]);
    expect([...new RandomSampler(five, { replacement: true, numSamples: 40 })]).toEqual([
      1, 3, 3, 2, 2, 1, 3, 0, 2, 4, 3, 4, 0, 3, 2, 3, 2, 0, 3, 0, 4, 2, 0, 4, 3, 3, 3, 1, 0, 1, 3, 0, 4, 3, 1, 0, 4, 1,
      4, 1,
    ]);
  });

  test("draws PyTorch's permutations from a generator, which moves on from pass to pass", () => {
    const sampler = new RandomSampler(five, { numSamples: 12, generator: seeded(7) });
    expect(sampler.length).toBe(12);
    expect([...sampler]).toEqual([0, 1, 3, 2, 4, 3, 4, 1, 2, 0, 3, 2]);
    expect([...sampler]).toEqual([3, 2, 4, 0, 1, 1, 0, 2, 3, 4, 1, 0]);
    const replacing = new RandomSampler(five, { replacement: true, numSamples: 35, generator: seeded(7) });
    expect([...replacing]).toEqual([
      0, 2, 1, 1, 3, 2, 2, 4, 3, 1, 3, 1, 3, 2, 2, 0, 1, 2, 3, 3, 1, 0, 0, 1, 3, 3, 3, 2, 0, 3, 1, 0, 1, 3, 0,
    ]);
  });

  test.each([0, -1, 2.5])('refuses %d samples', (numSamples) => {
    expect(() => new RandomSampler(five, { numSamples })).toThrow(
      `num_samples should be a positive integer value, but got num_samples=${numSamples}`,
    );
  });
});

test('SubsetRandomSampler orders its items as PyTorch does', () => {
  manualSeed(1);
  const sampler = new SubsetRandomSampler([10, 20, 30, 40, 50]);
  expect([...sampler]).toEqual([10, 50, 30, 40, 20]);
  expect(sampler.length).toBe(5);
});

test('a seed drawn for workers moves the global generator as far as in PyTorch', async () => {
  const { drawSeed } = await import('./permutation.ts');
  manualSeed(1);
  drawSeed();
  expect(await rand([2]).tolist()).toEqual([0.40306925773620605, 0.7346844673156738]);
});

test('BatchSampler groups items, with or without a last group that is not full', () => {
  const sampler = new SequentialSampler(five);
  expect([...new BatchSampler(sampler, 2)]).toEqual([[0, 1], [2, 3], [4]]);
  expect([...new BatchSampler(sampler, 2, { dropLast: true })]).toEqual([
    [0, 1],
    [2, 3],
  ]);
  expect([new BatchSampler(sampler, 2).length, new BatchSampler(sampler, 2, { dropLast: true }).length]).toEqual([
    3, 2,
  ]);
  expect(() => new BatchSampler(sampler, 0)).toThrow(
    'batch_size should be a positive integer value, but got batch_size=0',
  );
});
