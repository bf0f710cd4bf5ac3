import { defaultDevice, manualSeed, ones, randn, type Tensor } from '@flambeau/autograd';
import { describe, expect, test, vi } from 'vitest';
import {
  type AnyModule,
  BatchNorm1d,
  BatchNorm2d,
  Conv1d,
  Conv2d,
  deepcopy,
  LazyBatchNorm1d,
  LazyBatchNorm2d,
  LazyConv1d,
  LazyConv2d,
  LazyLinear,
  Linear,
  Module,
  makeLazy,
  Parameter,
  Sequential,
  UninitializedBuffer,
  UninitializedParameter,
} from '../index.ts';
import { loose, Same } from './testing.ts';

interface Case {
  readonly lazy: () => AnyModule;
  readonly plain: () => AnyModule;
  readonly input: () => Tensor;
  readonly wrong: () => Tensor;
  readonly before: string;
  readonly after: string;
}

const cases: Readonly<Record<string, Case>> = {
  LazyLinear: {
    lazy: () => new LazyLinear(3),
    plain: () => new Linear(5, 3),
    input: () => ones([2, 5]),
    wrong: () => ones([2, 4]),
    before: 'LazyLinear(in_features=0, out_features=3, bias=True)',
    after: 'Linear(in_features=5, out_features=3, bias=True)',
  },
  LazyConv1d: {
    lazy: () => new LazyConv1d(4, 3, { groups: 2 }),
    plain: () => new Conv1d(2, 4, 3, { groups: 2 }),
    input: () => ones([1, 2, 6]),
    wrong: () => ones([2]),
    before: 'LazyConv1d(0, 4, kernel_size=(3,), stride=(1,), groups=2)',
    after: 'Conv1d(2, 4, kernel_size=(3,), stride=(1,), groups=2)',
  },
  LazyConv2d: {
    lazy: () => new LazyConv2d(4, 3, { stride: 2 }),
    plain: () => new Conv2d(2, 4, 3, { stride: 2 }),
    input: () => ones([2, 6, 6]),
    wrong: () => ones([2]),
    before: 'LazyConv2d(0, 4, kernel_size=(3, 3), stride=(2, 2))',
    after: 'Conv2d(2, 4, kernel_size=(3, 3), stride=(2, 2))',
  },
  LazyBatchNorm1d: {
    lazy: () => new LazyBatchNorm1d(),
    plain: () => new BatchNorm1d(5),
    input: () => ones([2, 5]),
    wrong: () => ones([5]),
    before: 'LazyBatchNorm1d(0, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)',
    after: 'BatchNorm1d(5, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)',
  },
  LazyBatchNorm2d: {
    lazy: () => new LazyBatchNorm2d({ momentum: 0.5 }),
    plain: () => new BatchNorm2d(5, { momentum: 0.5 }),
    input: () => ones([2, 5, 3, 3]),
    wrong: () => ones([2, 5]),
    before: 'LazyBatchNorm2d(0, eps=1e-05, momentum=0.5, affine=True, track_running_stats=True)',
    after: 'BatchNorm2d(5, eps=1e-05, momentum=0.5, affine=True, track_running_stats=True)',
  },
};

const shapes = (module: AnyModule): (readonly number[])[] => [...module.stateDict().values()].map(({ shape }) => shape);

test("98. A lazy layer's parameters are uninitialised: reading a shape or computing with them raises.", () => {
  const { weight, bias } = new LazyLinear(3);
  expect(weight).toBeInstanceOf(UninitializedParameter);
  expect(bias).toBeInstanceOf(UninitializedParameter);
  expect(() => weight.shape).toThrow("Can't access the shape of an uninitialized parameter or buffer.");
  const uses = [
    () => weight.add(1),
    () => ones([2]).mul(weight),
    () => weight.tolistSync(),
    () => weight.numel(),
    () => weight.detach(),
    () => weight.data,
    () => weight.clone(),
  ];
  for (const use of uses) expect(use).toThrow(/uninitialized parameter/);
  expect([weight.dtype, weight.device, weight.requiresGrad, weight.grad]).toEqual([
    'float32',
    defaultDevice(),
    true,
    null,
  ]);
  expect(String(weight)).toBe('<UninitializedParameter>');
  const { runningMean } = new LazyBatchNorm1d();
  expect(runningMean).toBeInstanceOf(UninitializedBuffer);
  expect(() => runningMean?.shape).toThrow("Can't access the shape");
  expect(String(runningMean)).toBe('<UninitializedBuffer>');
});

describe('99. The first forward materialises shapes from the input, initialises, and turns the object into the ordinary class.', () => {
  test.each(Object.entries(cases))('%s', (_name, { lazy, plain, input }) => {
    manualSeed(3);
    const [module, like] = [lazy(), plain()];
    manualSeed(3);
    module(input());
    manualSeed(3);
    const fresh = plain();
    fresh(input());
    expect(module.constructor).toBe(like.constructor);
    expect(Object.getPrototypeOf(module)).toBe(Object.getPrototypeOf(like));
    expect(shapes(module)).toEqual(shapes(like));
    expect([...module.stateDict().values()].map((t) => t.tolistSync())).toEqual(
      [...fresh.stateDict().values()].map((t) => t.tolistSync()),
    );
  });
});

test('100. The parameter objects survive materialisation, so an optimizer built before works (Adagrad excepted).', () => {
  const net = new LazyLinear(3);
  const before = [...net.parameters()];
  net(ones([2, 5]))
    .sum()
    .backward();
  expect([...net.parameters()]).toEqual(before);
  expect(before.map((parameter) => parameter.constructor)).toEqual([Parameter, Parameter]);
  expect(before.map((parameter) => parameter.grad?.shape)).toEqual([[3, 5], [3]]);
});

test('101. Saving before materialisation and loading real weights into a lazy layer materialises it; lazy weights into an ordinary layer raise.', () => {
  const [lazy, plain] = [new LazyLinear(3), new Linear(5, 3)];
  const state = lazy.stateDict();
  expect([...state.keys()]).toEqual(['weight', 'bias']);
  expect(state.get('weight')).toBe(lazy.weight);
  expect(() => plain.loadStateDict(state)).toThrow("Can't access the shape of an uninitialized parameter");
  expect(String(new LazyLinear(3).loadStateDict(state))).toBe('<All keys matched successfully>');
  lazy.loadStateDict(plain.stateDict());
  expect(lazy.weight.tolistSync()).toEqual(plain.weight.tolistSync());
  expect([lazy.constructor, lazy.weight.constructor]).toEqual([LazyLinear, Parameter]);
  const input = randn([2, 5]);
  expect(lazy(input).tolistSync()).toEqual(plain(input).tolistSync());
  expect([lazy.constructor, lazy.inFeatures]).toEqual([Linear, 5]);
});

test('Weights that were loaded for another size are refused at the first call.', () => {
  const lazy = new LazyLinear(3);
  lazy.loadStateDict(new Linear(5, 3).stateDict());
  expect(() => lazy(ones([2, 4]))).toThrow('The in_features inferred from input: 4 is not equal');
});

test('A failed load leaves a lazy layer lazy.', () => {
  const lazy = new LazyLinear(3);
  lazy.registerLoadStateDictPostHook(() => {});
  expect(() => lazy.loadStateDict({ weight: ones([3, 5]) })).toThrow('Missing key(s) in state_dict: "bias". ');
  expect(lazy.weight).toBeInstanceOf(UninitializedParameter);
  expect(() => lazy.weight.shape).toThrow("Can't access the shape");
});

test('102. Lazy layers chained in Sequential materialise in one dry run.', () => {
  const net = new Sequential(new LazyConv2d(4, 3), new LazyBatchNorm2d(), new LazyConv2d(2, 3));
  net(ones([1, 3, 8, 8]));
  expect(Array.from(net, (module) => module.constructor)).toEqual([Conv2d, BatchNorm2d, Conv2d]);
  expect(net(ones([1, 3, 8, 8])).shape).toEqual([1, 2, 4, 4]);
});

test('103. Moving or casting a lazy module first decides dtype and device of what is materialised.', async () => {
  const net = new LazyLinear(3).double();
  expect(await net.to(defaultDevice())).toBe(net);
  expect(net.weight.dtype).toBe('float64');
  net(ones([2, 5], { dtype: 'float64' }));
  expect([net.weight.dtype, net.weight.device, net.bias?.dtype]).toEqual(['float64', defaultDevice(), 'float64']);
});

test("104. A user's pre-hook and hook on a lazy module run on the first call too.", () => {
  const net = new LazyLinear(3);
  const shapes: (readonly number[])[] = [];
  net.registerForwardPreHook((module) => void shapes.push(module.weight.shape));
  const hook = vi.fn();
  net.registerForwardHook(hook);
  net(ones([2, 5]));
  net(ones([2, 5]));
  expect(shapes).toEqual([
    [3, 5],
    [3, 5],
  ]);
  expect(hook).toHaveBeenCalledTimes(2);
});

describe('105. Inputs of the wrong rank raise and leave the module lazy.', () => {
  const { LazyLinear: _any, ...ranked } = cases;
  test.each(Object.entries(ranked))('%s', (_name, { lazy, input, wrong, before }) => {
    const module = lazy();
    expect(() => module(wrong())).toThrow(/expected .*D.* input/i);
    expect(String(module)).toBe(before);
    expect(() => shapes(module)).toThrow("Can't access the shape");
    module(input());
  });
  test('The message names the lazy class.', () => {
    expect(() => new LazyConv2d(4, 3)(ones([2]))).toThrow(
      'Expected 3D (unbatched) or 4D (batched) input to LazyConv2d, but got input of size: torch.Size([2])',
    );
  });
});

describe('106. repr before shows zero features and the lazy class name, after it the ordinary one.', () => {
  test.each(Object.entries(cases))('%s', (_name, { lazy, input, before, after }) => {
    const module = lazy();
    expect(String(module)).toBe(before);
    module(input());
    expect(String(module)).toBe(after);
  });
});

test('Options without bias or statistics have nothing to materialise for them.', () => {
  const linear = new LazyLinear(3, { bias: false });
  linear(ones([2, 5]));
  expect([...linear.stateDict().keys()]).toEqual(['weight']);
  const norm = new LazyBatchNorm1d({ affine: false, trackRunningStats: false });
  norm(ones([2, 5]));
  expect([norm.constructor, norm.numFeatures, [...norm.stateDict().keys()]]).toEqual([BatchNorm1d, 5, []]);
});

test('A copy of a lazy module is lazy on its own.', () => {
  const net = new LazyLinear(3);
  const copy = deepcopy(net);
  copy(ones([2, 4]));
  expect([copy.constructor, net.constructor]).toEqual([Linear, LazyLinear]);
  net(ones([2, 5]));
  expect([copy.inFeatures, net.inFeatures]).toEqual([4, 5]);
});

test('A lazy class without initializeParameters, or one that leaves something out, says so.', () => {
  class Bare extends Same {
    p = new UninitializedParameter();
    constructor() {
      super();
      makeLazy(this);
    }
  }
  expect(() => new Bare()(ones([1]))).toThrow('initializeParameters is not implemented for Bare');
  class Half extends Bare {
    initializeParameters(): void {}
  }
  expect(() => new Half()(ones([1]))).toThrow('module Half has not been fully initialized');
});

test('A lazy class of the user gets the arguments of the first call, options included.', () => {
  class Wide extends Module {
    p = new Parameter(ones([1]));
    forward(input: Tensor, { times = 1 }: { times?: number } = {}): Tensor {
      return input.mul(this.p).mul(times);
    }
  }
  class LazyWide extends Wide {
    seen: unknown[] = [];
    constructor() {
      super();
      this.p = new UninitializedParameter();
      makeLazy(this, Wide);
    }
    initializeParameters(input: Tensor, options: { times: number }): void {
      this.seen.push(options.times);
      (this.p as UninitializedParameter).materialize([input.shape[0] as number]);
      this.p.data.fill_(2);
    }
  }
  const net = new LazyWide();
  expect(net(ones([3]), { times: 5 }).tolistSync()).toEqual([10, 10, 10]);
  expect([net.seen, net.constructor, loose(net).initializeParameters]).toEqual([[5], Wide, undefined]);
});
