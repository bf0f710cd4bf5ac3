import { memoryStats, ones, scope, type Tensor, tensor, zeros } from '@flambeau/autograd';
import { ArgumentError, DeviceError, StateDictError } from '@flambeau/backend';
import { describe, expect, test } from 'vitest';
import * as nn from './index.ts';

const device = 'asynchronous';
const cpu = 'cpu';
const F = nn.functional;

/** A model with a buffer, made on the CPU. */
class Counting extends nn.Module {
  fc: nn.Linear = new nn.Linear(2, 2, { device: cpu });
  declare seen: Tensor;

  constructor(seen: Tensor) {
    super();
    this.registerBuffer('seen', seen);
  }

  override forward(x: Tensor): Tensor {
    return this.fc(x);
  }
}

describe('a module on its way', () => {
  test('is awaited in both directions and comes back as it was', async () => {
    const model = new Counting(tensor([3], { dtype: 'int32', device: cpu }));
    const before = await model.fc.weight.tolist();
    const { weight } = model.fc;
    expect(await model.to(device)).toBe(model);
    expect([weight.device, model.seen.device, model.seen.dtype]).toEqual([device, device, 'int32']);
    expect(model.fc.weight).toBe(weight);
    await model.to({ device: cpu });
    expect([weight.device, model.seen.device]).toEqual([cpu, cpu]);
    expect(await weight.tolist()).toEqual(before);
    await model.to(ones([1], { device }));
    expect(weight.device).toBe(device);
    await model.cpu();
    expect(weight.device).toBe(cpu);
  });

  test('is moved as one: what arrives is the state of the moment of the call', async () => {
    const model = new Counting(tensor([3], { dtype: 'int32', device: cpu }));
    await model.to(device);
    const before = await model.fc.weight.tolist();
    const moving = model.to(cpu);
    expect(model.fc.weight.device).toBe(device);
    await moving;
    expect(await model.fc.weight.tolist()).toEqual(before);
  });

  test('says which tensors cannot come along', async () => {
    const counting = new Counting(tensor([3n], { device: cpu }));
    await expect(counting.to(device)).rejects.toThrow(DeviceError);
    await expect(counting.to(device)).rejects.toThrow("[to] device 'asynchronous' cannot hold seen (int64). Replace");
    expect(counting.fc.weight.device).toBe(cpu);
    const wide = new Counting(zeros([1], { device: cpu })).double();
    await expect(wide.to(device)).rejects.toThrow('fc.weight (float64), fc.bias (float64), seen (float64). Convert on');
    await wide.to({ device, dtype: 'float32' });
    expect([wide.fc.weight.device, wide.fc.weight.dtype]).toEqual([device, 'float32']);
    expect(() => wide.double()).toThrow("[to] device 'asynchronous' cannot hold float64");
    await wide.to({ device: cpu, dtype: 'float64' });
    expect([wide.fc.weight.device, wide.fc.weight.dtype]).toEqual([cpu, 'float64']);
  });
});

describe('a state dict', () => {
  test('of int64 counters becomes int32, if they fit', () => {
    const norm = new nn.BatchNorm1d(2, { device });
    const state = { ...Object.fromEntries(norm.stateDict()), num_batches_tracked: tensor(7n, { device: cpu }) };
    norm.loadStateDict(state);
    expect([norm.numBatchesTracked?.dtype, norm.numBatchesTracked?.device]).toEqual(['int32', device]);
    const large = { ...state, num_batches_tracked: tensor(2n ** 40n, { device: cpu }) };
    expect(() => norm.loadStateDict(large)).toThrow(StateDictError);
    expect(() => norm.loadStateDict(large)).toThrow('1099511627776 of an int64 tensor does not fit into int32');
  });

  test('of float64 tensors is converted on the way', async () => {
    const linear = new nn.Linear(1, 1, { device });
    const weight = tensor([[0.5]], { device: cpu, dtype: 'float64' });
    linear.loadStateDict({ weight, bias: tensor([0.25], { device: cpu, dtype: 'float64' }) });
    expect(await linear.weight.tolist()).toEqual([[0.5]]);
  });

  test('of another device is waited for', async () => {
    const [from, to] = [new nn.Linear(2, 2, { device }), new nn.Linear(2, 2, { device: cpu })];
    expect(() => to.loadStateDict(from.stateDict())).toThrow('Use await loadStateDictAsync()');
    const keys = await to.loadStateDictAsync(from.stateDict());
    expect(keys.missingKeys).toEqual([]);
    expect(await to.weight.tolist()).toEqual(await from.weight.tolist());
    await from.loadStateDictAsync(to.stateDict());
    await expect(to.loadStateDictAsync({ weight: from.weight })).rejects.toThrow(
      'Missing key(s) in state_dict: "bias"',
    );
    await expect(to.loadStateDictAsync(3 as never)).rejects.toThrow(StateDictError);
    await expect(to.loadStateDictAsync(from.weight as never)).rejects.toThrow(StateDictError);
  });
});

test('a copy of a module stays on its device', async () => {
  const linear = new nn.Linear(2, 2, { device });
  const copy = nn.deepcopy(linear);
  expect(copy.weight.device).toBe(device);
  expect(await copy.weight.tolist()).toEqual(await linear.weight.tolist());
});

test('clipping waits for the norm only where its value is asked for', async () => {
  const x = ones([2], { device, requiresGrad: true });
  x.grad = tensor([3, 4], { device });
  expect(() => nn.utils.clipGradNorm_([x], 1, { errorIfNonfinite: true })).toThrow('Use await clipGradNormAsync_()');
  expect(await x.grad?.tolist()).toEqual([3, 4]);
  expect(await (await nn.utils.clipGradNormAsync_([x], 1, { errorIfNonfinite: true })).item()).toBe(5);
  expect(await x.grad?.norm().item()).toBeCloseTo(1, 5);
  x.grad = tensor([Number.NaN, 4], { device });
  await expect(nn.utils.clipGradNormAsync_([x], 1, { errorIfNonfinite: true })).rejects.toThrow(ArgumentError);
  expect(await (await nn.utils.clipGradNormAsync_([], 1, { errorIfNonfinite: true })).item()).toBe(0);
  const near = ones([1], { device: cpu, requiresGrad: true });
  near.grad = tensor([4], { device: cpu });
  x.grad = tensor([3, 0], { device });
  expect(await (await nn.utils.clipGradNormAsync_([near, x], 1)).item()).toBe(5);
  expect(await near.grad.item()).toBeCloseTo(0.8, 5);
  expect(await x.grad.tolist()).toEqual([expect.closeTo(0.6, 5), 0]);
});

describe('modules and losses on two devices name both', () => {
  const near = (...shape: number[]): Tensor => ones(shape, { device: cpu });
  const far = (...shape: number[]): Tensor => ones(shape, { device });
  const classes = zeros([2], { dtype: 'int32', device });
  const calls: Record<string, () => unknown> = {
    crossEntropy: () => F.crossEntropy(near(2, 2), classes),
    'crossEntropy with weights': () => F.crossEntropy(far(2, 2), classes, { weight: near(2) }),
    'crossEntropy of probabilities': () => F.crossEntropy(near(2, 2), far(2, 2)),
    nllLoss: () => F.nllLoss(near(2, 2), classes),
    mseLoss: () => F.mseLoss(near(2), far(2)),
    l1Loss: () => F.l1Loss(near(2), far(2)),
    huberLoss: () => F.huberLoss(near(2), far(2)),
    smoothL1Loss: () => F.smoothL1Loss(near(2), far(2)),
    klDiv: () => F.klDiv(near(2), far(2)),
    binaryCrossEntropy: () => F.binaryCrossEntropy(near(2), far(2)),
    binaryCrossEntropyWithLogits: () => F.binaryCrossEntropyWithLogits(near(2), far(2)),
    linear: () => F.linear(near(2, 2), far(2, 2)),
    'linear with a bias': () => F.linear(near(2, 2), near(2, 2), far(2)),
    bilinear: () => F.bilinear(near(2, 2), near(2, 2), far(1, 2, 2)),
    conv1d: () => F.conv1d(near(1, 1, 4), far(1, 1, 2)),
    'conv2d with a bias': () => F.conv2d(near(1, 1, 4, 4), near(1, 1, 2, 2), far(1)),
    embedding: () => F.embedding(classes, near(2, 2)),
    prelu: () => F.prelu(near(2, 2), far(1)),
    batchNorm: () => F.batchNorm(near(2, 2), far(2), far(2)),
    'batchNorm in training': () => F.batchNorm(near(2, 2), far(2), far(2), { training: true }),
    layerNorm: () => F.layerNorm(near(2, 2), [2], { weight: far(2), bias: far(2) }),
    groupNorm: () => F.groupNorm(near(2, 2), 1, { weight: far(2), bias: far(2) }),
    attention: () => F.scaledDotProductAttention(near(1, 2, 2), far(1, 2, 2), far(1, 2, 2)),
    'an attention layer': () => {
      const attention = new nn.MultiheadAttention(2, 1, { device });
      return attention(near(2, 1, 2), near(2, 1, 2), near(2, 1, 2));
    },
    'a recipe': () => new nn.Sequential(new nn.Linear(2, 2, { device }), new nn.ReLU())(near(1, 2)),
  };

  test.each(Object.entries(calls))('%s', (_, call) => {
    expect(call).toThrow(DeviceError);
    expect(call).toThrow(/'cpu'.*'asynchronous'|'asynchronous'.*'cpu'/);
  });
});

test('a thousand models come and go, and leave the pool within its bound', { timeout: 120_000 }, async () => {
  const input = ones([4, 32]);
  const live = (): void => {
    const model = new nn.Sequential(new nn.Linear(32, 64), new nn.ReLU(), new nn.Linear(64, 8));
    scope(() => model(input).sum().backward());
    for (const parameter of model.parameters()) {
      parameter.grad?.dispose();
      parameter.dispose();
    }
  };
  live();
  const { buffers, bytes, pooledBytes } = memoryStats();
  for (let i = 0; i < 1000; i++) live();
  const after = memoryStats();
  // Read in one turn with the first: between turns the collector may free what earlier tests left.
  expect([after.buffers, after.bytes]).toEqual([buffers, bytes]);
  await input.toArray();
  // Devices that keep freed memory for reuse need no more of it for the thousandth than for the first.
  expect(memoryStats().pooledBytes).toBeLessThanOrEqual(pooledBytes + 2 ** 20);
});
