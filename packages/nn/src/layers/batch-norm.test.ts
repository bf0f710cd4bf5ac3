import { manualSeed, noGrad, ones, randn, type Tensor, tensor, zeros } from '@flambeau/autograd';
import { StateDictError } from '@flambeau/backend';
import { expect, test } from 'vitest';
import { BatchNorm1d, BatchNorm2d } from './batch-norm.ts';

const values = (x: Tensor | null): number[] => Array.from((x as Tensor).toArraySync() as Float32Array);

test('a state from before batches were counted loads, and keeps the count', () => {
  const norm = new BatchNorm1d(2);
  norm(randn([4, 2]));
  const old = { weight: ones([2]), bias: zeros([2]), running_mean: tensor([1, 2]), running_var: tensor([3, 4]) };
  norm.loadStateDict(old);
  expect(values(norm.runningMean)).toEqual([1, 2]);
  expect(values(norm.numBatchesTracked)).toEqual([1]);
  const current = norm.stateDict();
  expect(current.metadata['']?.version).toBe(2);
  current.delete('num_batches_tracked');
  expect(() => norm.loadStateDict(current)).toThrow(StateDictError);
});

test('evaluation uses the running statistics, and changes nothing', () => {
  manualSeed(0);
  const norm = new BatchNorm2d(1, { eps: 0 });
  noGrad(() => {
    norm.runningMean?.fill_(2);
    norm.runningVar?.fill_(4);
    norm.weight?.fill_(3);
    norm.bias?.fill_(1);
  });
  norm.eval();
  expect(values(norm(tensor([[[[2, 4]]]])))).toEqual([1, 4]);
  expect(values(norm.runningMean)).toEqual([2]);
  expect(values(norm.numBatchesTracked)).toEqual([0]);
});

test('an empty batch counts, but leaves the running statistics', () => {
  const norm = new BatchNorm1d(2);
  expect(norm(zeros([0, 2])).shape).toEqual([0, 2]);
  expect(values(norm.runningVar)).toEqual([1, 1]);
  expect(values(norm.numBatchesTracked)).toEqual([1]);
});

test('momentum null keeps the plain average of all batches', () => {
  const norm = new BatchNorm1d(1, { momentum: null });
  for (const base of [0, 3, 9]) norm(tensor([[base], [base + 2]]));
  expect(values(norm.runningMean)).toEqual([expect.closeTo(5, 5)]);
});

test('resetParameters goes back to the start', () => {
  const norm = new BatchNorm1d(1);
  norm(tensor([[0], [8]]));
  norm.resetParameters();
  expect(values(norm.runningMean)).toEqual([0]);
  expect(values(norm.runningVar)).toEqual([1]);
  expect(values(norm.numBatchesTracked)).toEqual([0]);
});
