/*
 * How networks are built, looked into and trained, from the smallest module on. Read it from top to bottom: each test
 * is one step, and uses only what came before.
 */
import { beforeEach, expect, test } from 'vitest';
import * as fb from './index.ts';
import { nn, optim, type Tensor } from './index.ts';

beforeEach(() => {
  fb.manualSeed(0);
});

/** A module is a class with a `forward`. This one has something to learn: the factor `W` of its input. */
class Function1 extends nn.Module {
  W: nn.Parameter;

  constructor(features: number) {
    super();
    this.W = new nn.Parameter(fb.randn([features]));
  }

  forward(x: Tensor): Tensor {
    return x.mul(this.W);
  }
}

/** A second one, with two inputs and a second parameter. */
class Function2 extends nn.Module {
  W: nn.Parameter;
  W1: nn.Parameter;

  constructor(features: number) {
    super();
    this.W = new nn.Parameter(fb.randn([features]));
    this.W1 = new nn.Parameter(fb.randn([features]));
  }

  forward(x: Tensor, y: Tensor): Tensor {
    return x.mul(this.W).add(y.mul(this.W1));
  }
}

/** Modules are made of modules: a field that is a module is a child, and its parameters are found through it. */
class Branches extends nn.Module {
  a = new Function1(3);
  b = new Function2(3);

  forward(x: Tensor): Tensor {
    return this.b(x, this.a(x));
  }
}

class Net extends nn.Module {
  ab = new Branches();
  head = new nn.Linear(3, 1);

  forward(x: Tensor): Tensor {
    return this.head(this.ab(x));
  }
}

test('a module is called like a function, and then runs its forward', async () => {
  const scale = new Function1(2);
  const x = fb.tensor([1, 10]);
  expect(await scale(x).tolist()).toEqual(await scale.forward(x).tolist());
  const [first, second] = (await scale.W.tolist()) as [number, number];
  expect(await scale(x).tolist()).toEqual([first, Math.fround(10 * second)]);
});

test('a Parameter is trained, a plain Tensor in a field is not', async () => {
  class Line extends nn.Module {
    slope = new nn.Parameter(fb.zeros([1]));
    offset = fb.zeros([1], { requiresGrad: true });

    forward(x: Tensor): Tensor {
      return x.mul(this.slope).add(this.offset);
    }
  }
  const line = new Line();
  expect([...line.namedParameters()].map(([name]) => name)).toEqual(['slope']);

  const optimizer = new optim.SGD(line.parameters(), { lr: 0.5 });
  const loss = line(fb.tensor([2]))
    .sub(4)
    .square()
    .sum();
  loss.backward();
  optimizer.step();

  // Both have a gradient, but only the parameter was given to the optimizer.
  expect(await line.slope.grad?.item()).toBe(-16);
  expect(await line.offset.grad?.item()).toBe(-8);
  expect(await line.slope.item()).toBe(8);
  expect(await line.offset.item()).toBe(0);
});

test('Sequential runs its children one after the other', () => {
  const net = new nn.Sequential(new nn.Linear(8, 6), new nn.MaxPool1d(2), new nn.Linear(3, 2));
  const x = fb.randn([4, 1, 8]);
  expect(net(x).shape).toEqual([4, 1, 2]);
  expect(net[1]).toBeInstanceOf(nn.MaxPool1d);
  expect(net.at(-1)).toBe(net[2]);
  expect(String(net)).toBe(`Sequential(
  (0): Linear(in_features=8, out_features=6, bias=True)
  (1): MaxPool1d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
  (2): Linear(in_features=3, out_features=2, bias=True)
)`);

  const named = new nn.Sequential({ linear: new nn.Linear(8, 6), pool: new nn.MaxPool1d(2) });
  expect([...named.namedChildren()].map(([name]) => name)).toEqual(['linear', 'pool']);
  expect(named(x).shape).toEqual([4, 1, 3]);
});

test('ModuleList keeps modules in order, and a plain array hides them', () => {
  class Listed extends nn.Module {
    layers = new nn.ModuleList([new nn.Linear(8, 8), new nn.MaxPool1d(2), new nn.Linear(4, 4)]);
    hidden = [new nn.Linear(8, 8)];

    forward(x: Tensor): Tensor {
      let y = x;
      for (const layer of this.layers) y = layer(y);
      return y;
    }
  }
  const net = new Listed();
  expect(net(fb.randn([2, 1, 8])).shape).toEqual([2, 1, 4]);
  expect([...net.namedParameters()].map(([name]) => name)).toEqual([
    'layers.0.weight',
    'layers.0.bias',
    'layers.2.weight',
    'layers.2.bias',
  ]);
});

test('ModuleDict keeps modules by name', () => {
  class Choice extends nn.Module {
    choices = new nn.ModuleDict({ linear: new nn.Linear(8, 4), pool: new nn.MaxPool1d(2) });

    forward(x: Tensor, choice: 'linear' | 'pool'): Tensor {
      return this.choices[choice](x);
    }
  }
  const net = new Choice();
  const x = fb.randn([2, 1, 8]);
  expect(net(x, 'linear').shape).toEqual([2, 1, 4]);
  expect(net(x, 'pool').shape).toEqual([2, 1, 4]);
  expect(net.choices.pool(x).shape).toEqual([2, 1, 4]);
  expect(net.choices.keys()).toEqual(['linear', 'pool']);
});

test('an epoch is forward, loss, backward, step', async () => {
  const xs = fb.linspace(-1, 1, 32).reshape([32, 1]);
  const ys = xs.mul(3).add(1);
  const net = new nn.Linear(1, 1);
  const criterion = new nn.MSELoss();
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.5 });
  const losses: number[] = [];

  for (let epoch = 0; epoch < 40; epoch++) {
    optimizer.zeroGrad();
    const loss = criterion(net(xs), ys);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }

  expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 1000);
  expect(await net.weight.item()).toBeCloseTo(3, 3);
  expect(await net.bias?.item()).toBeCloseTo(1, 3);
});

test('namedModules, namedChildren and namedParameters look inside', () => {
  const net = new Net();
  expect([...net.namedModules()].map(([name, module]) => [name, module.constructor.name])).toEqual([
    ['', 'Net'],
    ['ab', 'Branches'],
    ['ab.a', 'Function1'],
    ['ab.b', 'Function2'],
    ['head', 'Linear'],
  ]);
  expect([...net.namedChildren()].map(([name]) => name)).toEqual(['ab', 'head']);
  expect([...net.namedParameters()].map(([name, { shape }]) => [name, shape])).toEqual([
    ['ab.a.W', [3]],
    ['ab.b.W', [3]],
    ['ab.b.W1', [3]],
    ['head.weight', [1, 3]],
    ['head.bias', [1]],
  ]);
});

test('getSubmodule and getParameter find by path', () => {
  const net = new Net();
  expect(net.getSubmodule('ab.a')).toBe(net.ab.a);
  expect(net.getParameter('ab.b.W1')).toBe(net.ab.b.W1);
  expect(() => net.getSubmodule('ab.c')).toThrow('Branches has no attribute `c`');
});

test('extraRepr says more when a module is printed', () => {
  class Described extends Function1 {
    override extraRepr(): string {
      return `features=${this.W.shape[0]}`;
    }
  }
  expect(String(new Function1(3))).toBe('Function1()');
  expect(String(new Described(3))).toBe('Described(features=3)');
  expect(String(new Net())).toBe(`Net(
  (ab): Branches(
    (a): Function1()
    (b): Function2()
  )
  (head): Linear(in_features=3, out_features=1, bias=True)
)`);
});

test('hooks see and change what goes in, what comes out, and the gradients', async () => {
  const net = new Function1(2);
  fb.noGrad(() => net.W.fill_(3));
  const seen: unknown[] = [];

  const before = net.registerForwardPreHook((module, [x]) => {
    seen.push(module === net, x.tolistSync());
    return x.add(1);
  });
  const after = net.registerForwardHook((_module, [x], output) => {
    seen.push(x.tolistSync(), output.tolistSync());
    return output.mul(10);
  });
  const backward = net.registerFullBackwardHook((_module, [gradInput], [gradOutput]) => {
    seen.push(gradInput?.tolistSync(), gradOutput?.tolistSync());
  });

  const x = fb.tensor([1, 2], { requiresGrad: true });
  const output = net(x);
  expect(await output.tolist()).toEqual([60, 90]);
  output.sum().backward();
  // The module's output is what the hooks made of it, so its gradient is 1, and that of the input 10 · W.
  expect(seen).toEqual([true, [1, 2], [2, 3], [6, 9], [30, 30], [1, 1]]);

  for (const handle of [before, after, backward]) handle.remove();
  expect(await net(x).tolist()).toEqual([3, 6]);
  expect(seen).toHaveLength(6);
});

test('apply calls a function with every module, children first', async () => {
  const net = new Net();
  const order: string[] = [];

  function fillWithOnes(module: nn.AnyModule): void {
    const name = module.constructor.name;
    order.push(name);
    if (name.startsWith('Function')) module.getParameter('W').data.fill_(1);
  }

  net.apply(fillWithOnes);
  expect(order).toEqual(['Function1', 'Function2', 'Branches', 'Linear', 'Net']);
  expect(await net.ab.a.W.tolist()).toEqual([1, 1, 1]);
  expect(await net.ab.b.W.tolist()).toEqual([1, 1, 1]);
  expect(await net.ab.b.W1.tolist()).not.toEqual([1, 1, 1]);
  expect(net.ab.a.W.requiresGrad).toBe(true);
});

test('Linear knows its sizes, LazyLinear learns one from its first input', () => {
  const linear = new nn.Linear(20, 30);
  expect(linear(fb.randn([128, 20])).shape).toEqual([128, 30]);
  expect(linear.weight.shape).toEqual([30, 20]);

  const lazy = new nn.LazyLinear(30);
  expect(String(lazy)).toBe('LazyLinear(in_features=0, out_features=30, bias=True)');
  expect(() => lazy.weight.shape).toThrow("Can't access the shape of an uninitialized parameter");
  const optimizer = new optim.SGD(lazy.parameters(), { lr: 0.1 });

  expect(lazy(fb.randn([128, 20])).shape).toEqual([128, 30]);
  expect(lazy.constructor).toBe(nn.Linear);
  expect(String(lazy)).toBe('Linear(in_features=20, out_features=30, bias=True)');
  expect(optimizer.paramGroups[0]?.params).toEqual([...lazy.parameters()]);
});
