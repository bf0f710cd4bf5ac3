import { fromArray, noGrad, type Tensor, tensor } from '@flambeau/autograd';
import { afterEach, expect, test, vi } from 'vitest';
import {
  Adam,
  AdamW,
  CosineAnnealingLR,
  type LRScheduler,
  type Optimizer,
  registerOptimizerStepPostHook,
  registerOptimizerStepPreHook,
  SGD,
  type SGDOptions,
  StepLR,
} from './index.ts';

const leaf = (...values: number[]): Tensor => tensor(values, { requiresGrad: true });
const values = (x: Tensor): number[] => Array.from(x.toArraySync() as Float32Array);

/** A few deterministic steps on the given parameters. */
function run(optimizer: Optimizer, params: readonly Tensor[], from: number, to: number): void {
  for (let i = from; i < to; i++) {
    params.forEach((param, j) => {
      param.grad = fromArray(
        Float32Array.from({ length: param.numel() }, (_, k) => Math.sin(1 + i * 7 + j * 3 + k)),
        param.shape,
      );
    });
    optimizer.step();
  }
}

const everyKind: readonly [name: string, make: (params: Tensor[]) => Optimizer][] = [
  ['SGD', (params) => new SGD(params, { lr: 0.1 })],
  ['SGD with momentum', (params) => new SGD(params, { lr: 0.1, momentum: 0.9, weightDecay: 0.1 })],
  ['Adam', (params) => new Adam(params, { lr: 0.1, weightDecay: 0.1 })],
  ['Adam with amsgrad', (params) => new Adam(params, { lr: 0.1, amsgrad: true })],
  ['AdamW', (params) => new AdamW(params, { lr: 0.1 })],
];

afterEach(() => vi.restoreAllMocks());

test('122. Constructor checks: empty list, non-leaf, non-tensor, set, overlap between groups, duplicate within a group (warning), bad hyper-parameters.', () => {
  const x = leaf(1);
  const refused = (params: unknown, options: Partial<SGDOptions> = {}) =>
    expect(() => new SGD(params as Tensor[], options));
  refused([]).toThrow('optimizer got an empty parameter list');
  refused([x.mul(2)]).toThrow("can't optimize a non-leaf Tensor");
  refused([3]).toThrow('optimizer can only optimize Tensors, but one of the params is number');
  refused(x).toThrow(
    'params argument given to the optimizer should be an iterable of Tensors or dicts, but got Tensor',
  );
  refused(new Set([x])).toThrow('optimizer parameters need to be organized in ordered collections');
  refused([{ params: new Set([x]) }]).toThrow('Please use a list instead.');
  refused([{ params: [x] }, { params: [x] }]).toThrow('some parameters appear in more than one parameter group');
  refused([{ params: [x] }, [x]]).toThrow('param_group must be a dict, but got Array');
  refused([['x', x], leaf(2)]).toThrow(
    'all optimizer params should be with/without names. Some param names are missing',
  );
  refused([x], { lr: -1 }).toThrow('Invalid learning rate: -1');
  refused([x], { momentum: -1 }).toThrow('Invalid momentum value: -1');
  refused([x], { weightDecay: -1 }).toThrow('Invalid weight_decay value: -1');
  refused([x], { nesterov: true }).toThrow('Nesterov momentum requires a momentum and zero dampening');
  refused([x], { nesterov: true, momentum: 0.9, dampening: 0.1 }).toThrow('Nesterov momentum requires');
  refused([x], { learningRate: 1 } as Partial<SGDOptions>).toThrow("got an unexpected option 'learningRate'");
  expect(() => new Adam([x], { betas: [1, 0.9] })).toThrow('Invalid beta parameter at index 0: 1');
  expect(() => new Adam([x], { betas: [0.9, -1] })).toThrow('Invalid beta parameter at index 1: -1');
  expect(() => new AdamW([x], { eps: -1 })).toThrow('Invalid epsilon value: -1');
  expect(() => new AdamW([x], { weightDecay: -1 })).toThrow('Invalid weight_decay value: -1');
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  new SGD([x, x]);
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('duplicate parameters'));
});

test('123. Group options override defaults; add_param_group extends; a learning rate can differ per group.', () => {
  const [a, b, c] = [leaf(1), leaf(1), leaf(1)];
  const optimizer = new SGD([{ params: [a] }, { params: b, lr: 0.01, weightDecay: 0.5 }], { lr: 0.1 });
  optimizer.addParamGroup({ params: [c], lr: 1, momentum: undefined as unknown as number });
  expect(optimizer.paramGroups.map((group) => group.lr)).toEqual([0.1, 0.01, 1]);
  expect(optimizer.paramGroups.map((group) => group.weightDecay)).toEqual([0, 0.5, 0]);
  expect(optimizer.paramGroups[2]!.momentum).toBe(0);
  for (const param of [a, b, c]) param.grad = tensor([1]);
  optimizer.step();
  expect([a, b, c].map((param) => param.itemSync())).toEqual([0.9, 1 - 0.01 * 1.5, 0].map(Math.fround));
  expect(() => optimizer.addParamGroup({ params: [a] })).toThrow(
    'some parameters appear in more than one parameter group',
  );
  expect(() => optimizer.addParamGroup({ params: [['d', leaf(1)]] })).toThrow('cannot add param group with names');
});

test.each(everyKind)(
  '124. step skips parameters whose gradient is null, without creating state, and never changes gradients in place. (%s)',
  (_, make) => {
    const [a, b] = [leaf(1, 2), leaf(3)];
    const optimizer = make([a, b]);
    a.grad = tensor([0.5, -0.5]);
    optimizer.step();
    optimizer.step();
    expect(values(b)).toEqual([3]);
    expect(optimizer.state.has(b)).toBe(false);
    expect(b.grad).toBeNull();
    expect(values(a.grad)).toEqual([0.5, -0.5]);
    expect(values(a)).not.toEqual([1, 2]);
  },
);

test('125. A step with zero gradients and no decay leaves parameters of plain SGD unchanged.', () => {
  const a = leaf(1.5, -2);
  a.grad = tensor([0, 0]);
  new SGD([a], { lr: 10 }).step();
  expect(values(a)).toEqual([1.5, -2]);
});

test.each(everyKind)(
  '126. state_dict round-trips to an identical trajectory; loading refuses other group counts or sizes. (%s)',
  (_, make) => {
    const first = [leaf(1, 2), leaf(3)];
    const original = make(first);
    run(original, first, 0, 3);
    const second = first.map((param) => param.detach().clone().requiresGrad_());
    const copy = make(second);
    const saved = original.stateDict();
    copy.loadStateDict(saved);
    copy.paramGroups[0]!.lr = original.paramGroups[0]!.lr;
    run(original, first, 3, 6);
    run(copy, second, 3, 6);
    expect(second.map(values)).toEqual(first.map(values));

    const before = String(copy);
    const two = { state: {}, param_groups: [...saved.param_groups, { params: [] }] };
    expect(() => copy.loadStateDict(two)).toThrow('loaded state dict has a different number of parameter groups');
    const short = { state: {}, param_groups: [{ ...saved.param_groups[0], params: [0], lr: 7 }] };
    expect(() => copy.loadStateDict(short)).toThrow(
      "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
    );
    expect(String(copy)).toBe(before);
  },
);

test('126. (older files) options that a saved group lacks keep their defaults', () => {
  const a = leaf(1);
  const optimizer = new SGD([a], { lr: 0.1, maximize: true });
  optimizer.loadStateDict({ state: {}, param_groups: [{ lr: 0.5, momentum: 0.9, foreach: null, params: [0] }] });
  expect(optimizer.paramGroups[0]).toMatchObject({ lr: 0.5, momentum: 0.9, maximize: true, weightDecay: 0 });
  expect(optimizer.paramGroups[0]!.params[0]).toBe(a);
});

test('127. step pre-hooks may replace the arguments, post-hooks follow; global ones wrap own ones.', () => {
  const a = leaf(1);
  a.grad = tensor([1]);
  const optimizer = new SGD([a], { lr: 1 });
  const order: string[] = [];
  const handles = [
    optimizer.registerStepPreHook(() => {
      order.push('own pre');
      return [() => 'replaced'];
    }),
    optimizer.registerStepPostHook((_, args) => {
      order.push(`own post ${args.length}`);
    }),
    registerOptimizerStepPreHook(() => {
      order.push('global pre');
    }),
    registerOptimizerStepPostHook(() => {
      order.push(`global post, parameter ${a.itemSync()}`);
    }),
  ];
  expect(optimizer.step(() => 'given')).toBe('replaced');
  expect(order).toEqual(['global pre', 'own pre', 'own post 1', 'global post, parameter 0']);
  for (const handle of handles) handle.remove();
  expect(optimizer.step(() => 'given')).toBe('given');
  expect(optimizer.step()).toBeUndefined();
  expect(order).toHaveLength(4);
  optimizer.registerStepPreHook((() => 3) as never);
  expect(() => optimizer.step()).toThrow('a step pre-hook must return nothing or the list of new arguments, but got 3');
});

test.each(everyKind)('128. maximize=true equals minimising the negated objective. (%s)', (_, make) => {
  const [up, down] = [leaf(1, 2), leaf(1, 2)];
  const ascend = make([up]);
  (ascend.paramGroups[0] as unknown as SGDOptions).maximize = true;
  const descend = make([down]);
  for (let i = 0; i < 5; i++) {
    const grad = [Math.sin(i + 1), Math.cos(i)];
    up.grad = tensor(grad);
    down.grad = tensor(grad.map((g) => -g));
    ascend.step();
    descend.step();
  }
  expect(values(up)).toEqual(values(down));
});

test('129. repr lists every group with options sorted by name.', () => {
  const optimizer = new Adam([{ params: [leaf(1)] }, { params: [leaf(2)], lr: 5e-5 }], { weightDecay: 0.5 });
  new StepLR(optimizer, 3);
  expect(String(optimizer)).toBe(`Adam (
Parameter Group 0
    amsgrad: False
    betas: (0.9, 0.999)
    decoupled_weight_decay: False
    eps: 1e-08
    initial_lr: 0.001
    lr: 0.001
    maximize: False
    weight_decay: 0.5

Parameter Group 1
    amsgrad: False
    betas: (0.9, 0.999)
    decoupled_weight_decay: False
    eps: 1e-08
    initial_lr: 5e-05
    lr: 5e-05
    maximize: False
    weight_decay: 0.5
)`);
});

const closedForms: readonly [string, (optimizer: Optimizer) => LRScheduler, (epoch: number) => number][] = [
  ['StepLR', (optimizer) => new StepLR(optimizer, 3, { gamma: 0.5 }), (epoch) => 0.5 ** Math.floor(epoch / 3)],
  [
    'CosineAnnealingLR',
    (optimizer) => new CosineAnnealingLR(optimizer, 8),
    (epoch) => (1 + Math.cos((Math.PI * epoch) / 8)) / 2,
  ],
];

test('130. Schedulers reproduce their closed forms and can be chained in any order.', () => {
  for (const [, make, formula] of closedForms) {
    const optimizer = new SGD([leaf(1)], { lr: 2 });
    const scheduler = make(optimizer);
    for (let epoch = 0; epoch < 8; epoch++) {
      expect(scheduler.getLastLr()[0]).toBeCloseTo(2 * formula(epoch), 12);
      optimizer.step();
      scheduler.step();
    }
  }
  const trajectories = [closedForms, [...closedForms].reverse()].map((order) => {
    const optimizer = new SGD([leaf(1)], { lr: 2 });
    const schedulers = order.map(([, make]) => make(optimizer));
    return Array.from({ length: 7 }, () => {
      optimizer.step();
      for (const scheduler of schedulers) scheduler.step();
      return optimizer.paramGroups[0]!.lr;
    });
  });
  trajectories[0]!.forEach((lr, i) => {
    expect(lr).toBeCloseTo(trajectories[1]![i]!, 12);
    expect(lr).toBeCloseTo(2 * closedForms[0]![2](i + 1) * closedForms[1]![2](i + 1), 12);
  });
});

test('134. Stepping the scheduler before the optimizer warns; a saved scheduler resumes at its epoch.', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const make = (): [Optimizer, StepLR] => {
    const optimizer = new SGD([leaf(1)], { lr: 1 });
    return [optimizer, new StepLR(optimizer, 2, { gamma: 0.5 })];
  };
  const [, early] = make();
  early.step();
  expect(warn).toHaveBeenCalledWith(
    expect.stringContaining('Detected call of `lr_scheduler.step()` before `optimizer.step()`'),
  );
  warn.mockClear();

  const [optimizer, scheduler] = make();
  for (let i = 0; i < 3; i++) {
    optimizer.step();
    scheduler.step();
  }
  const [resumed, continued] = make();
  resumed.loadStateDict(optimizer.stateDict());
  continued.loadStateDict(scheduler.stateDict());
  expect(continued.lastEpoch).toBe(3);
  for (const [one, two] of [
    [optimizer, scheduler],
    [resumed, continued],
  ] as const) {
    one.step();
    two.step();
  }
  expect(continued.getLastLr()).toEqual(scheduler.getLastLr());
  expect(continued.getLastLr()).toEqual([0.25]);
  expect(continued.stateDict()).toEqual(scheduler.stateDict());
  expect(warn).not.toHaveBeenCalled();
});

test('an optimizer changes leaf parameters without leaving a history', () => {
  const a = leaf(1, 2);
  noGrad(() => a.detach());
  a.grad = tensor([1, 1]);
  new Adam([a]).step();
  expect(a.isLeaf).toBe(true);
  expect(a.requiresGrad).toBe(true);
});
