import { noGrad, ones, type Tensor, tensor } from '@flambeau/autograd';
import { expect, test, vi } from 'vitest';
import {
  type Gradients,
  Module,
  registerModuleBackwardHook,
  registerModuleFullBackwardHook,
  registerModuleFullBackwardPreHook,
} from '../index.ts';
import { Pair, Same, Scale } from './testing.ts';

const input = (...values: number[]): Tensor => tensor(values, { requiresGrad: true });
const lists = (gradients: Gradients): unknown[] => gradients.map((gradient) => gradient?.tolistSync() ?? null);

/** `(a · b, a + b)` and something that is no tensor. */
class Two extends Module {
  forward(a: Tensor, b: Tensor, _times?: number): [Tensor, string, Tensor] {
    return [a.mul(b), 'text', a.add(b)];
  }
}

test('65. A full backward hook gets one gradient per positional input and per output, with null for non-tensors.', () => {
  const net = new Two();
  const seen: unknown[] = [];
  net.registerFullBackwardHook((module, gradInput, gradOutput) => {
    seen.push(module, lists(gradInput), lists(gradOutput));
  });
  const [product, , sum] = net(input(2, 3), input(5, 7), 4);
  product.add(sum.mul(10)).sum().backward();
  expect(seen).toEqual([net, [[15, 17], [12, 13], null], [[1, 1], null, [10, 10]]]);
});

test('An output that did not take part gives null, and an input that only it used gets zeros.', () => {
  class Apart extends Module {
    forward(a: Tensor, b: Tensor): [Tensor, Tensor] {
      return [a.mul(2), b.mul(3)];
    }
  }
  const net = new Apart();
  const seen: unknown[] = [];
  net.registerFullBackwardHook((_module, gradInput, gradOutput) => void seen.push(lists(gradInput), lists(gradOutput)));
  net(input(1), input(1))[0].sum().backward();
  expect(seen).toEqual([
    [[2], [0]],
    [[1], null],
  ]);
});

test('66. Keyword tensor arguments do not appear among the input gradients.', () => {
  class Options extends Module {
    forward(x: Tensor, { bias }: { bias: Tensor }): Tensor {
      return x.add(bias);
    }
  }
  const net = new Options();
  const seen: unknown[] = [];
  net.registerFullBackwardHook((_module, gradInput) => void seen.push(lists(gradInput)));
  const bias = input(1);
  net(input(1), { bias }).sum().backward();
  expect(seen).toEqual([[[1]]]);
  expect(bias.grad?.tolistSync()).toEqual([1]);
});

test('67. Its return value replaces the input gradients; parameter gradients stay.', () => {
  const net = new Scale();
  const seen: unknown[] = [];
  net.registerFullBackwardHook((_module, gradInput) => [gradInput[0]?.mul(100) ?? null]);
  net.registerFullBackwardHook((_module, gradInput) => {
    seen.push(lists(gradInput));
    return gradInput[0]?.add(1);
  });
  const x = input(2, 3);
  net(x).sum().backward();
  expect(seen).toEqual([[[100, 100]]]);
  expect(x.grad?.tolistSync()).toEqual([101, 101]);
  expect(net.w.grad?.tolistSync()).toEqual([2, 3]);
});

test('68. A wrong number of returned gradients raises with both numbers in the message.', () => {
  const net = new Same();
  const handle = net.registerFullBackwardHook((_module, gradInput) => [...gradInput, ...gradInput]);
  expect(() => net(input(1)).sum().backward()).toThrow(
    'Backward hook returned an invalid number of grad_input, got 2, but expected 1',
  );
  handle.remove();
  net.registerFullBackwardPreHook(() => []);
  expect(() => net(input(1)).sum().backward()).toThrow(
    'Backward pre hook returned an invalid number of grad_output, got 0, but expected 1',
  );
});

test('69. Pre-hooks run before, may replace the output gradients, and so change parameter gradients too.', () => {
  const net = new Scale();
  const order: unknown[] = [];
  net.registerFullBackwardPreHook((_module, gradOutput) => {
    order.push('second', lists(gradOutput));
    return [gradOutput[0]?.mul(5) ?? null];
  });
  net.registerFullBackwardPreHook(() => void order.push('first'), { prepend: true });
  net.registerFullBackwardHook((_module, _gradInput, gradOutput) => void order.push('hook', lists(gradOutput)));
  const x = input(2, 3);
  net(x).sum().backward();
  expect(order).toEqual(['first', 'second', [[1, 1]], 'hook', [[5, 5]]]);
  expect([x.grad?.tolistSync(), net.w.grad?.tolistSync()]).toEqual([
    [5, 5],
    [10, 15],
  ]);
});

test("70. Order in a nested model: parent's pre-hook, children from last to first (pre-hook, hook), parent's hook.", () => {
  const net = new Pair();
  const order: string[] = [];
  for (const [name, module] of net.namedModules({ prefix: 'net' })) {
    module.registerFullBackwardPreHook(() => void order.push(`pre ${name}`));
    module.registerFullBackwardHook(() => void order.push(`hook ${name}`));
  }
  net(input(1, 1)).sum().backward();
  expect(order).toEqual([
    'pre net',
    'pre net.second',
    'hook net.second',
    'pre net.first',
    'hook net.first',
    'hook net',
  ]);
});

test('71. With no input requiring grad the hook still fires, with null input gradients, and must return null.', () => {
  const net = new Scale();
  const seen: unknown[] = [];
  net.registerFullBackwardHook((_module, gradInput, gradOutput) => void seen.push(lists(gradInput), lists(gradOutput)));
  net(ones([2]))
    .sum()
    .backward();
  expect(seen).toEqual([[null], [[1, 1]]]);
  expect(net.w.grad?.tolistSync()).toEqual([1, 1]);
  const allowed = net.registerFullBackwardHook(() => [null]);
  net(ones([2]))
    .sum()
    .backward();
  allowed.remove();
  net.registerFullBackwardHook(() => ones([2]));
  expect(() =>
    net(ones([2]))
      .sum()
      .backward(),
  ).toThrow(
    'Backward hook for Modules where no input requires gradient should always return None or None for all gradients.',
  );
});

test('72. Inputs that need no gradient get null in that position only.', () => {
  const net = new Two();
  const seen: unknown[] = [];
  net.registerFullBackwardHook((_module, gradInput) => void seen.push(lists(gradInput)));
  net(ones([1]), input(4))[0]
    .sum()
    .backward();
  net(input(4), ones([1]))[0]
    .sum()
    .backward();
  expect(seen).toEqual([
    [null, [1]],
    [[1], null],
  ]);
});

test('73. Using the module twice fires the hook twice.', () => {
  const net = new Scale();
  const hook = vi.fn();
  net.registerFullBackwardHook(hook);
  net(net(input(1, 1)))
    .sum()
    .backward();
  expect(hook).toHaveBeenCalledTimes(2);
});

test('74. An output that is neither tensor nor tuple warns and the hook does not fire.', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  class Table extends Module {
    forward(x: Tensor): { out: Tensor } {
      return { out: x.mul(2) };
    }
  }
  const net = new Table();
  const hook = vi.fn();
  net.registerFullBackwardHook(hook);
  const x = input(1);
  net(x).out.sum().backward();
  expect(warn).toHaveBeenCalledWith(
    'For backward hooks to be called, module output should be a Tensor or an array of Tensors but received Object',
  );
  expect(hook).not.toHaveBeenCalled();
  expect(x.grad?.tolistSync()).toEqual([2]);
  warn.mockRestore();
});

test('75. Old-style and full hooks cannot be mixed on one module, nor globally.', () => {
  const net = new Scale();
  const full = net.registerFullBackwardHook(() => {});
  expect(() => net.registerBackwardHook(() => {})).toThrow(
    'Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only one of them.',
  );
  full.remove();
  const old = net.registerBackwardHook(() => {});
  expect(() => net.registerFullBackwardHook(() => {})).toThrow('on a single Module. Please use only one of them.');
  old.remove();
  {
    using _full = registerModuleFullBackwardHook(() => {});
    expect(() => registerModuleBackwardHook(() => {})).toThrow('as a global Module hook');
  }
  using _old = registerModuleBackwardHook(() => {});
  expect(() => registerModuleFullBackwardHook(() => {})).toThrow('as a global Module hook');
});

test("An old-style hook sees the gradients of the output's last operation, and may replace those of its inputs.", () => {
  class Net extends Module {
    forward(a: Tensor, b: Tensor): Tensor {
      return a.mul(2).mul(b);
    }
  }
  const net = new Net();
  const seen: unknown[] = [];
  const handle = net.registerBackwardHook((module, gradInput, gradOutput) => {
    seen.push(module, lists(gradInput), lists(gradOutput));
    return gradInput.map((gradient) => gradient?.mul(10) ?? null);
  });
  const [a, b] = [input(3), input(5)];
  net(a, b).sum().backward();
  expect(seen).toEqual([net, [[5], [6]], [[1]]]);
  expect([a.grad?.tolistSync(), b.grad?.tolistSync()]).toEqual([[100], [60]]);
  handle.remove();
  net(a, b).sum().backward();
  expect(seen).toHaveLength(3);
});

test('76. Under no_grad nothing fires.', () => {
  const net = new Scale();
  const hook = vi.fn();
  net.registerFullBackwardHook(hook);
  net.registerFullBackwardPreHook(hook);
  const output = noGrad(() => net(input(1, 1)));
  expect([output.requiresGrad, hook.mock.calls.length]).toEqual([false, 0]);
});

test('77. In-place change of an input or output of a hooked module raises.', () => {
  class Changes extends Module {
    forward(x: Tensor): Tensor {
      return x.mul_(2);
    }
  }
  const changes = new Changes();
  changes.registerFullBackwardHook(() => {});
  expect(() => changes(input(1).clone())).toThrow('is a view and is being modified inplace');
  const net = new Same();
  net.registerFullBackwardHook(() => {});
  expect(() => net(input(1).clone()).add_(1)).toThrow('is a view and is being modified inplace');
});

test('Global backward hooks run before own ones and see every module.', () => {
  const net = new Pair();
  const order: string[] = [];
  net.first.registerFullBackwardPreHook(() => void order.push('own pre'), { prepend: true });
  net.first.registerFullBackwardHook(() => void order.push('own'), { prepend: true });
  {
    using _pre = registerModuleFullBackwardPreHook(
      (module) => void order.push(`global pre ${module.constructor.name}`),
    );
    using _hook = registerModuleFullBackwardHook((module) => void order.push(`global ${module.constructor.name}`));
    net(input(1, 1)).sum().backward();
  }
  expect(order).toEqual([
    'global pre Pair',
    'global pre Scale',
    'global Scale',
    'global pre Scale',
    'own pre',
    'global Scale',
    'own',
    'global Pair',
  ]);
  order.length = 0;
  net(input(1, 1)).sum().backward();
  expect(order).toEqual(['own pre', 'own']);
});

test('A hook that is removed fires no more, and the graph goes without it.', () => {
  const net = new Scale();
  const hook = vi.fn();
  const handle = net.registerFullBackwardHook(hook);
  net(input(1, 1)).sum().backward();
  handle.remove();
  net(input(1, 1)).sum().backward();
  expect(hook).toHaveBeenCalledTimes(1);
});
