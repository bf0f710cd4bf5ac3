import { inspect } from 'node:util';
import { isGradEnabled, memoryStats, scope, type Tensor, tensor } from '@flambeau/autograd';
import { StateDictError } from '@flambeau/backend';
import { LazyLinear, Linear } from '@flambeau/nn';
import { describe, expect, test } from 'vitest';
import { Adam, AdamW, Optimizer, type OptimizerStateDict, type ParamGroup, SGD, type SGDOptions } from './index.ts';

const leaf = (...values: number[]): Tensor => tensor(values, { requiresGrad: true });
const values = (x: Tensor): number[] => Array.from(x.toArraySync() as Float32Array);

describe('zeroGrad', () => {
  const buffers = (): number => memoryStats().buffers;
  const backward = (x: Tensor): void => x.mul(x).sum().backward();

  test.each([SGD, Adam, AdamW])('gives back the memory of gradients that nobody can hold (%o)', (Kind) => {
    const x = leaf(1, 2, 3);
    const optimizer = new Kind([x], { lr: 0.1 });
    backward(x);
    optimizer.step();
    const before = buffers();
    optimizer.zeroGrad();
    expect(buffers()).toBe(before - 1);
    expect(x.grad).toBeNull();
  });

  test('leaves a gradient alone that was read, or set', () => {
    const x = leaf(1, 2);
    const optimizer = new SGD([x], { lr: 0.1 });
    backward(x);
    const read = x.grad as Tensor;
    optimizer.zeroGrad();
    expect(values(read)).toEqual([2, 4]);
    const own = tensor([5, 6]);
    x.grad = own;
    optimizer.zeroGrad();
    expect(values(own)).toEqual([5, 6]);
  });

  test("leaves a gradient alone that somebody's own optimizer has seen", () => {
    class Curious extends SGD {
      seen: Tensor[] = [];
      protected override update(param: Tensor, grad: Tensor, group: ParamGroup<SGDOptions>): void {
        this.seen.push(grad);
        super.update(param, grad, group);
      }
    }
    const x = leaf(1, 2);
    const optimizer = new Curious([x], { lr: 0.1 });
    backward(x);
    optimizer.step();
    optimizer.zeroGrad();
    expect(values(optimizer.seen[0] as Tensor)).toEqual([2, 4]);
  });
});

describe('closures', () => {
  test('run with gradients enabled before the update, and their loss is returned', () => {
    const x = leaf(3);
    const optimizer = new SGD([x], { lr: 0.5 });
    const loss = optimizer.step(() => {
      expect(isGradEnabled()).toBe(true);
      optimizer.zeroGrad();
      const y = x.mul(x).sum();
      y.backward();
      return y;
    });
    expect([loss.itemSync(), x.itemSync()]).toEqual([9, 0]);
  });

  test('may be asynchronous; the update waits for them', async () => {
    const x = leaf(3);
    const optimizer = new SGD([x], { lr: 0.5 });
    const order: string[] = [];
    optimizer.registerStepPostHook(() => {
      order.push('post');
    });
    const pending = optimizer.step(async () => {
      await Promise.resolve();
      x.grad = tensor([2]);
      order.push('closure');
      return 'loss';
    });
    expect(x.itemSync()).toBe(3);
    expect(await pending).toBe('loss');
    expect([x.itemSync(), order]).toEqual([2, ['closure', 'post']]);
    await expect(optimizer.step(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(x.itemSync()).toBe(2);
  });

  test('are functions', () => {
    expect(() => new SGD([leaf(1)]).step(3 as never)).toThrow(
      'step takes a function that recomputes the loss; got number',
    );
  });
});

test('zeroGrad drops gradients, or fills them with zeros', () => {
  const x = leaf(1, 2);
  const optimizer = new SGD([x]);
  x.mul(3).sum().backward();
  const { grad } = x;
  optimizer.zeroGrad({ setToNone: false });
  expect(x.grad).toBe(grad);
  expect(values(x.grad as Tensor)).toEqual([0, 0]);
  optimizer.zeroGrad();
  expect(x.grad).toBeNull();
  optimizer.zeroGrad({ setToNone: false });
  expect(x.grad).toBeNull();
});

describe('named parameters', () => {
  test('keep their names in the group, in the state dict and in print', () => {
    const model = new Linear(1, 1);
    const optimizer = new SGD(model.namedParameters());
    expect(optimizer.paramGroups[0]!.paramNames).toEqual(['weight', 'bias']);
    expect(optimizer.stateDict().param_groups[0]).toMatchObject({ param_names: ['weight', 'bias'], params: [0, 1] });
    expect(String(optimizer)).toContain("    param_names: ['weight', 'bias']\n");
    optimizer.loadStateDict(new SGD(new Linear(1, 1).parameters()).stateDict());
    expect(optimizer.paramGroups[0]!.paramNames).toEqual(['weight', 'bias']);
  });

  test('are given to all groups or none', () => {
    const optimizer = new SGD([leaf(1)]);
    expect(() => optimizer.addParamGroup({ params: [['x', leaf(1)]] })).toThrow(
      'all optimizer param groups should be with/without names. cannot add param group with names to the optimizer',
    );
  });
});

describe('state dict', () => {
  test("has PyTorch's layout and names", () => {
    const [a, b] = [leaf(1), leaf(2)];
    const optimizer = new AdamW([{ params: [a] }, { params: [b], lr: 1 }], { amsgrad: true });
    b.grad = tensor([1]);
    optimizer.step();
    const { state, param_groups } = optimizer.stateDict();
    expect(Object.keys(state)).toEqual(['1']);
    expect(Object.keys(state[1]!)).toEqual(['step', 'exp_avg', 'exp_avg_sq', 'max_exp_avg_sq']);
    expect(state[1]!.step).toBe(1);
    expect(param_groups[1]).toEqual({
      lr: 1,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weight_decay: 0.01,
      amsgrad: true,
      maximize: false,
      decoupled_weight_decay: true,
      params: [1],
    });
  });

  test('is not changed by steps after loading it, nor the groups by changing it', () => {
    const source = new SGD([leaf(1)], { momentum: 0.9 });
    source.paramGroups[0]!.params[0]!.grad = tensor([1]);
    source.step();
    const saved = source.stateDict();
    const x = leaf(1);
    const copy = new SGD([x], { momentum: 0.9 });
    copy.loadStateDict(saved);
    x.grad = tensor([1]);
    copy.step();
    expect(values(saved.state[0]!.momentum_buffer as Tensor)).toEqual([1]);
    expect(values(copy.state.get(x)!.momentumBuffer!)).toEqual([Math.fround(1.9)]);
  });

  test("takes PyTorch's `step` tensor, and casts state to the parameter's dtype", () => {
    const x = tensor([1], { dtype: 'float64', requiresGrad: true });
    const optimizer = new Adam([x]);
    const { param_groups } = optimizer.stateDict();
    const state = { 0: { step: tensor(7), exp_avg: tensor([0.5]), exp_avg_sq: tensor([0.25]) } };
    optimizer.loadStateDict({ state, param_groups });
    const entry = optimizer.state.get(x)!;
    expect([entry.step, entry.expAvg.dtype, values(entry.expAvgSq)]).toEqual([7, 'float64', [0.25]]);
  });

  test('of an Adam leaves the decay of an AdamW decoupled', () => {
    const [adam, adamW] = [new Adam([leaf(1)]), new AdamW([leaf(1)])];
    adamW.loadStateDict(adam.stateDict());
    expect(adamW.paramGroups[0]).toMatchObject({ weightDecay: 0, decoupledWeightDecay: true });
  });

  test.each([null, 3, {}, { state: {}, param_groups: {} }, { state: {}, param_groups: [{}] }, { param_groups: [] }])(
    'cannot be %j',
    (dict) => {
      const load = (): void => new SGD([leaf(1)]).loadStateDict(dict as unknown as OptimizerStateDict);
      expect(load).toThrow(StateDictError);
      expect(load).toThrow("an optimizer's state dict needs 'state' and a list 'param_groups'");
    },
  );

  test('with state that is no object is refused before anything changes', () => {
    const optimizer = new SGD([leaf(1)], { lr: 3 });
    const { param_groups } = new SGD([leaf(1)], { lr: 1 }).stateDict();
    expect(() => optimizer.loadStateDict({ state: { 0: 5 as never }, param_groups })).toThrow(StateDictError);
    expect(optimizer.paramGroups[0]!.lr).toBe(3);
  });

  test('passes through hooks, which may replace it', () => {
    const optimizer = new SGD([leaf(1)], { lr: 1 });
    const order: string[] = [];
    optimizer.registerStateDictPreHook(() => {
      order.push('pre');
    });
    optimizer.registerStateDictPreHook(() => void order.push('first'), { prepend: true });
    optimizer.registerStateDictPostHook((_, dict) => ({ ...dict, note: 'saved' }) as OptimizerStateDict);
    expect(optimizer.stateDict()).toMatchObject({ note: 'saved' });
    expect(order).toEqual(['first', 'pre']);
    const handle = optimizer.registerLoadStateDictPreHook((_, dict) => ({
      ...dict,
      param_groups: dict.param_groups.map((group) => ({ ...group, lr: 5 })),
    }));
    optimizer.registerLoadStateDictPostHook(({ paramGroups }) => void order.push(`lr ${paramGroups[0]!.lr}`));
    optimizer.loadStateDict(optimizer.stateDict());
    handle.remove();
    optimizer.loadStateDict(new SGD([leaf(1)], { lr: 2 }).stateDict());
    expect(order.slice(4)).toEqual(['lr 5', 'lr 2']);
  });
});

test('a state dict that is none is refused by both ways of loading', async () => {
  const optimizer = new Adam(new Linear(2, 1).parameters());
  for (const param_groups of [[null], [{ params: 3 }]]) {
    const none = { state: {}, param_groups } as never;
    expect(() => optimizer.loadStateDict(none)).toThrow(StateDictError);
    await expect(optimizer.loadStateDictAsync(none)).rejects.toThrow(StateDictError);
  }
});

describe('scopes', () => {
  const step = (layer: Linear, optimizer: Adam | SGD): void =>
    scope(() => {
      optimizer.zeroGrad();
      layer(tensor([[1, 2]]))
        .sum()
        .backward();
      optimizer.step();
    });

  test.for([
    (params: Tensor[]) => new Adam(params, { amsgrad: true }),
    (params: Tensor[]) => new SGD(params, { lr: 0.1, momentum: 0.9 }),
  ])('state made inside one outlives it', (make) => {
    const layer = new Linear(2, 1);
    const optimizer = make([...layer.parameters()]);
    step(layer, optimizer);
    const { buffers } = memoryStats();
    step(layer, optimizer);
    step(layer, optimizer);
    expect(memoryStats().buffers).toBe(buffers);
    scope(() => optimizer.loadStateDict(optimizer.stateDict()));
    step(layer, optimizer);
    expect(optimizer.stepsTaken).toBe(4);
  });
});

describe('lazy parameters', () => {
  test('are refused by a step that comes before the first call, in the words of PyTorch', () => {
    const optimizer = new SGD(new LazyLinear(2).parameters());
    expect(() => optimizer.step()).toThrow('Attempted to use an uninitialized parameter');
  });

  test('are trained by an optimizer that was made before the first call', () => {
    const model = new LazyLinear(2);
    const optimizer = new SGD(model.parameters(), { lr: 1, momentum: 0.9 });
    model(tensor([[1, 2, 3]]))
      .sum()
      .backward();
    const before = values(model.weight as Tensor);
    optimizer.step();
    const after = values(model.weight as Tensor);
    after.forEach((value, i) => {
      expect(value).toBeCloseTo(before[i]! - ((i % 3) + 1), 5);
    });
  });
});

test("an optimizer of one's own needs an update rule and its defaults", () => {
  interface SignOptions {
    lr: number;
    scale: number;
  }
  class SignDescent extends Optimizer<SignOptions> {
    constructor(params: Iterable<Tensor>) {
      super(params, { lr: 0.5, scale: 2 });
    }
    protected override update(param: Tensor, grad: Tensor, group: ParamGroup<SignOptions>): void {
      param.sub_(grad.sign(), { alpha: group.lr * group.scale });
    }
  }
  const x = leaf(1, 1);
  x.grad = tensor([-3, 0.1]);
  const optimizer = new SignDescent([x]);
  optimizer.step();
  expect(values(x)).toEqual([2, 0]);
  expect(inspect(optimizer)).toBe('SignDescent (\nParameter Group 0\n    lr: 0.5\n    scale: 2\n)');
});
