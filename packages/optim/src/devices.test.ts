import {
  type CompanionHolder,
  companionsOf,
  defaultDevice,
  deviceOf,
  manualSeed,
  randint,
  randn,
  registerCompanions,
  type Tensor,
  tensor,
  toDevice,
  zeros,
} from '@flambeau/autograd';
import { type Backend, backendNames, DeviceError } from '@flambeau/backend';
import * as nn from '@flambeau/nn';
import { describe, expect, test } from 'vitest';
import { Adam, AdamW, CosineAnnealingLR, type Optimizer, SGD } from './index.ts';

const there = 'asynchronous';

const kinds: Readonly<Record<string, (model: nn.Module) => Optimizer>> = {
  'SGD with momentum': (model) => new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 }) as unknown as Optimizer,
  Adam: (model) => new Adam(model.parameters(), { lr: 0.01 }) as unknown as Optimizer,
  'Adam with amsgrad': (model) => new Adam(model.parameters(), { lr: 0.01, amsgrad: true }) as unknown as Optimizer,
  AdamW: (model) => new AdamW(model.parameters(), { lr: 0.01 }) as unknown as Optimizer,
};

const convolutional = (): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Dropout(0.1),
    new nn.Flatten(),
    new nn.LayerNorm([64]),
    new nn.Linear(64, 3),
  );

interface Run {
  readonly model: nn.Module;
  readonly optimizer: Optimizer;
  readonly x: Tensor;
  readonly y: Tensor;
}

function start(make: (model: nn.Module) => Optimizer): Run {
  manualSeed(7);
  const model = convolutional();
  return { model, optimizer: make(model), x: randn([16, 1, 8, 8]), y: randint(3, [16]) };
}

/** Some steps; the loss after each. */
async function train({ model, optimizer, x, y }: Run, steps: number): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    optimizer.zeroGrad();
    const loss = nn.functional.crossEntropy(model(x) as Tensor, y);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  return losses;
}

const home = defaultDevice();
const journey = [there, ...['cpu', 'wasm'].filter((name) => name !== home && backendNames().includes(name)), home];

describe('a model that moves in mid-training goes on as one that stays', () => {
  test.each(Object.entries(kinds))('%s', async (_, make) => {
    const staying = await train(start(make), 4 * (journey.length + 1));
    const run = start(make);
    const parameters = [...run.model.parameters()];
    const losses = await train(run, 4);
    for (const device of journey) {
      await run.model.to(device);
      expect([...run.model.parameters()]).toEqual(parameters);
      expect(new Set([...run.model.parameters(), ...run.model.buffers()].map((t) => t.device))).toEqual(
        new Set([device]),
      );
      const [x, y] = await Promise.all([toDevice(run.x, device), toDevice(run.y, device)]);
      losses.push(...(await train({ ...run, x, y }, 4)));
    }
    expect(losses).toHaveLength(staying.length);
    for (const [i, loss] of losses.entries()) {
      expect(Math.abs(loss - (staying[i] as number)), `step ${i}`).toBeLessThan(1e-3);
    }
    expect(losses.at(-1)).toBeLessThan(losses[0] as number);
  });

  test('gradients that are there move too', async () => {
    const run = start(kinds.Adam as never);
    const loss = nn.functional.crossEntropy(run.model(run.x) as Tensor, run.y);
    loss.backward();
    const [parameter] = [...run.model.parameters()];
    const before = await parameter?.grad?.tolist();
    await run.model.to(there);
    expect(parameter?.grad?.device).toBe(there);
    expect(await parameter?.grad?.tolist()).toEqual(before);
    run.optimizer.step();
    expect(run.optimizer.state.size).toBeGreaterThan(0);
  });

  test('what an optimizer keeps is known by its parameter, and no longer than the optimizer lives', () => {
    const x = zeros([1], { requiresGrad: true });
    const kept = zeros([1]);
    const holder: CompanionHolder = { companionsOf: () => [kept] };
    registerCompanions(x, holder);
    registerCompanions(x, holder);
    expect(companionsOf(x)).toEqual([kept]);
    expect(companionsOf(kept)).toEqual([]);
  });
});

test('a saved state comes back from a device that cannot be read at once', async () => {
  const far = start(kinds.Adam as never);
  await far.model.to(there);
  const [x, y] = [await toDevice(far.x, there), await toDevice(far.y, there)];
  await train({ ...far, x, y }, 2);
  const near = start(kinds.Adam as never);
  await near.model.to('cpu');
  expect(() => near.optimizer.loadStateDict(far.optimizer.stateDict())).toThrow('Use await loadStateDictAsync()');
  expect(() => near.model.loadStateDict(far.model.stateDict())).toThrow('Use await loadStateDictAsync()');
  await near.optimizer.loadStateDictAsync(far.optimizer.stateDict());
  await near.model.loadStateDictAsync(far.model.stateDict());
  manualSeed(1);
  const expected = await train({ ...far, x, y }, 3);
  manualSeed(1);
  const [images, labels] = [await toDevice(near.x, 'cpu'), await toDevice(near.y, 'cpu')];
  const got = await train({ ...near, x: images, y: labels }, 3);
  for (const [i, loss] of got.entries()) expect(loss).toBeCloseTo(expected[i] as number, 4);
});

test('a training step reads nothing', async () => {
  const backend = deviceOf(there).backend as Backend & { readonly reads: number };
  for (const make of Object.values(kinds)) {
    const run = start(make);
    await run.model.to(there);
    const [x, y] = [await toDevice(run.x, there), await toDevice(run.y, there)];
    const scheduler = new CosineAnnealingLR(run.optimizer, 10);
    const before = backend.reads;
    let loss: Tensor | null = null;
    for (let i = 0; i < 3; i++) {
      run.optimizer.zeroGrad();
      loss = nn.functional.crossEntropy(run.model(x) as Tensor, y);
      loss.backward();
      nn.utils.clipGradNorm_(run.model.parameters(), 1);
      nn.utils.clipGradValue_(run.model.parameters(), 0.5);
      run.optimizer.step();
      scheduler.step();
    }
    expect(backend.reads - before).toBe(0);
    expect(await loss?.item()).toBeGreaterThan(0);
    expect(backend.reads - before).toBe(1);
  }
});

describe('a step whose tensors are on two devices names both', () => {
  test('a state that stayed behind', () => {
    const x = zeros([2], { device: 'cpu', requiresGrad: true });
    const optimizer = new Adam([x]);
    x.grad = zeros([2], { device: 'cpu' });
    optimizer.step();
    x.data = zeros([2], { device: there });
    x.grad = zeros([2], { device: there });
    expect(() => optimizer.step()).toThrow(DeviceError);
    expect(() => optimizer.step()).toThrow(
      "the param is on device 'asynchronous', but its average on 'cpu'. Move the whole module with await module.to('asynchronous')",
    );
  });

  test('plain SGD', () => {
    const x = zeros([2], { device: 'cpu', requiresGrad: true });
    const optimizer = new SGD([x]);
    x.grad = tensor([1, 1], { device: 'cpu' });
    x.data = zeros([2], { device: there });
    expect(() => optimizer.step()).toThrow(DeviceError);
  });
});
