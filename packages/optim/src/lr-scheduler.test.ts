import { type Tensor, tensor } from '@flambeau/autograd';
import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { CosineAnnealingLR, LRScheduler, SGD, StepLR } from './index.ts';

const leaf = (): Tensor => tensor([1], { requiresGrad: true });
let warn: MockInstance;

beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => vi.restoreAllMocks());

test('construction stores initial_lr and takes the first step', () => {
  const optimizer = new SGD([leaf()], { lr: 0.5 });
  const scheduler = new StepLR(optimizer, 2);
  expect(optimizer.paramGroups[0]!.initialLr).toBe(0.5);
  expect([scheduler.lastEpoch, scheduler.getLastLr(), scheduler.baseLrs]).toEqual([0, [0.5], [0.5]]);
  expect(scheduler.stateDict()).toEqual({
    step_size: 2,
    gamma: 0.1,
    base_lrs: [0.5],
    last_epoch: 0,
    _step_count: 1,
    _get_lr_called_within_step: false,
    _last_lr: [0.5],
  });
});

test('resuming demands initial_lr', () => {
  expect(() => new StepLR(new SGD([leaf()]), 2, { lastEpoch: 3 })).toThrow(
    "param 'initial_lr' is not specified in param_groups[0] when resuming an optimizer",
  );
  const optimizer = new SGD([{ params: [leaf()], initialLr: 1 }] as never, { lr: 0.25 });
  const scheduler = new CosineAnnealingLR(optimizer, 4, { lastEpoch: 1 });
  expect(scheduler.lastEpoch).toBe(2);
  expect(scheduler.getLastLr()[0]).toBeCloseTo(0.5, 12);
});

test('a change of the learning rate from outside lasts', () => {
  const optimizer = new SGD([leaf()], { lr: 1 });
  const scheduler = new StepLR(optimizer, 1, { gamma: 0.5 });
  optimizer.paramGroups[0]!.lr = 8;
  optimizer.step();
  scheduler.step();
  expect(scheduler.getLastLr()).toEqual([4]);
});

test('CosineAnnealingLR rises again after its lowest point', () => {
  const optimizer = new SGD([leaf()], { lr: 1 });
  const scheduler = new CosineAnnealingLR(optimizer, 2, { etaMin: 0.2 });
  const rates = Array.from({ length: 8 }, () => {
    optimizer.step();
    scheduler.step();
    return scheduler.getLastLr()[0]!;
  });
  [0.6, 0.2, 0.6, 1, 0.6, 0.2, 0.6, 1].forEach((rate, i) => {
    expect(rates[i]).toBeCloseTo(rate, 12);
  });
});

describe('warnings', () => {
  test('an epoch given to step jumps by the closed form', () => {
    const optimizer = new SGD([leaf()], { lr: 1 });
    const scheduler = new StepLR(optimizer, 2, { gamma: 0.5 });
    optimizer.step();
    scheduler.step(7);
    expect(scheduler.getLastLr()).toEqual([0.125]);
    expect(warn).toHaveBeenCalledWith(
      expect.stringContaining('The epoch parameter in `scheduler.step()` was not necessary'),
    );
  });

  test('only steps after the construction of the scheduler count', () => {
    const optimizer = new SGD([leaf()]);
    optimizer.step();
    const scheduler = new StepLR(optimizer, 2);
    scheduler.step();
    scheduler.step();
    expect(warn).toHaveBeenCalledTimes(1);
  });

  test('a step that is replaced later is noticed', () => {
    const optimizer = new SGD([leaf()]);
    const scheduler = new StepLR(optimizer, 2);
    optimizer.step = (() => undefined) as typeof optimizer.step;
    scheduler.step();
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('`optimizer.step()` has been overridden'));
  });
});

test('wrong arguments are refused', () => {
  const optimizer = new SGD([leaf()]);
  expect(() => new StepLR({} as never, 1)).toThrow('Object is not an Optimizer');
  expect(() => new StepLR(optimizer, 0)).toThrow('stepSize must be a positive integer; got 0');
  expect(() => new CosineAnnealingLR(optimizer, 0)).toThrow('tMax must be a positive number of epochs; got 0');
  expect(() => new StepLR(optimizer, 1, { lastEpoch: 1.5 })).toThrow('lastEpoch must be an integer; got 1.5');
});

test('a saved scheduler that does not fit changes nothing', () => {
  const scheduler = new StepLR(new SGD([leaf()]), 3);
  const before = scheduler.stateDict();
  expect(() => scheduler.loadStateDict({ last_epoch: 5, base_lrs: 'all' })).toThrow(
    "entry 'base_lrs' must be like [0.001]",
  );
  expect(() => scheduler.loadStateDict(null as never)).toThrow('a state dict is an object; got null');
  expect(scheduler.stateDict()).toEqual(before);
  scheduler.loadStateDict({ ...before, step_size: 9, verbose: false });
  expect(scheduler.stepSize).toBe(9);
});

test("a scheduler of one's own computes rates and calls start", () => {
  class Halving extends LRScheduler {
    constructor(optimizer: SGD) {
      super(optimizer);
      this.start();
    }
    protected override getLr(): number[] {
      return this.perGroup((_, base) => base / 2 ** this.lastEpoch);
    }
    protected override options(): Record<string, unknown> {
      return {};
    }
  }
  const optimizer = new SGD([{ params: [leaf()] }, { params: [leaf()], lr: 2 }], { lr: 1 });
  const scheduler = new Halving(optimizer);
  optimizer.step();
  scheduler.step();
  expect(optimizer.paramGroups.map((group) => group.lr)).toEqual([0.5, 1]);
});
