import { ones, type Tensor } from '@flambeau/autograd';
import { expect, test, vi } from 'vitest';
import { deepcopy, type Kwargs, Module, registerModuleForwardHook, registerModuleForwardPreHook } from '../index.ts';
import { Pair, Same, Scale } from './testing.ts';

const x = (): Tensor => ones([2]);

/** Adds `bias`, which is given where PyTorch has a keyword argument. */
class Shift extends Module {
  forward(input: Tensor, { bias = 0 }: { bias?: number } = {}): Tensor {
    return input.add(bias);
  }
}

class Failing extends Module {
  forward(_input: Tensor): Tensor {
    throw new Error('forward failed');
  }
}

test('53. Pre-hooks run in registration order, before forward; hooks after it; prepend puts one first.', () => {
  const order: string[] = [];
  class Net extends Module {
    forward(input: Tensor): Tensor {
      order.push('forward');
      return input;
    }
  }
  const net = new Net();
  const note = (what: string) => () => void order.push(what);
  net.registerForwardPreHook(note('pre 1'));
  net.registerForwardPreHook(note('pre 2'));
  net.registerForwardPreHook(note('pre 0'), { prepend: true });
  net.registerForwardHook(note('hook 1'));
  net.registerForwardHook(note('hook 2'));
  net.registerForwardHook(note('hook 0'), { prepend: true });
  net(x());
  expect(order).toEqual(['pre 0', 'pre 1', 'pre 2', 'forward', 'hook 0', 'hook 1', 'hook 2']);
});

test('54. Global hooks run before own ones, in both places.', () => {
  const order: string[] = [];
  const net = new Same();
  net.registerForwardPreHook(() => void order.push('own pre'), { prepend: true });
  net.registerForwardHook(() => void order.push('own'), { prepend: true });
  {
    using _pre = registerModuleForwardPreHook(() => void order.push('global pre'));
    using _hook = registerModuleForwardHook(() => void order.push('global'));
    net(x());
  }
  expect(order).toEqual(['global pre', 'own pre', 'global', 'own']);
  net(x());
  expect(order.slice(4)).toEqual(['own pre', 'own']);
});

test("55. A pre-hook's single return value is wrapped into the argument list; null leaves the arguments.", () => {
  const net = new Same();
  const other = ones([3]);
  const handle = net.registerForwardPreHook(() => other);
  expect(net(x())).toBe(other);
  handle.remove();
  const list = net.registerForwardPreHook(() => [other]);
  expect(net(x())).toBe(other);
  list.remove();
  net.registerForwardPreHook(() => null);
  const input = x();
  expect(net(input)).toBe(input);
});

test("56. A hook's non-null return value replaces the output and is what the next hook sees.", () => {
  const net = new Same();
  const [first, second] = [ones([3]), ones([4])];
  const seen: Tensor[] = [];
  net.registerForwardHook(() => first);
  net.registerForwardHook((_module, _input, output) => {
    seen.push(output);
    return second;
  });
  net.registerForwardHook((_module, _input, output) => void seen.push(output));
  expect(net(x())).toBe(second);
  expect(seen).toEqual([first, second]);
});

test('57. With with_kwargs a pre-hook gets and returns (args, kwargs); any other shape raises.', () => {
  const net = new Shift();
  const seen: Kwargs[] = [];
  const handle = net.registerForwardPreHook(
    (_module, args, kwargs) => {
      seen.push(kwargs);
      return [args, { bias: 5 }];
    },
    { withKwargs: true },
  );
  expect(net(x(), { bias: 2 }).tolistSync()).toEqual([6, 6]);
  expect(net(x()).tolistSync()).toEqual([6, 6]);
  expect(seen).toEqual([{ bias: 2 }, {}]);
  handle.remove();
  net.registerForwardPreHook((() => [x()]) as never, { withKwargs: true });
  expect(() => net(x())).toThrow('forward pre-hook must return null or a pair of [newArgs, newKwargs], but got Array.');
});

test('58. With with_kwargs a forward hook gets the keyword arguments as the forward received them.', () => {
  const net = new Shift();
  const seen: unknown[] = [];
  net.registerForwardPreHook((_module, args) => [args, { bias: 7 }], { withKwargs: true });
  net.registerForwardHook((_module, args, kwargs, output) => void seen.push(args.length, kwargs, output.tolistSync()), {
    withKwargs: true,
  });
  net(x(), { bias: 1 });
  expect(seen).toEqual([1, { bias: 7 }, [8, 8]]);
});

test('A hook without with_kwargs does not see the options, and they reach forward all the same.', () => {
  const net = new Shift();
  const seen: number[] = [];
  net.registerForwardPreHook((_module, args) => {
    seen.push(args.length);
    return args[0].mul(10);
  });
  expect(net(x(), { bias: 1 }).tolistSync()).toEqual([11, 11]);
  expect(seen).toEqual([1]);
});

test("An object that is a call's only argument is an ordinary argument.", () => {
  class Batch extends Module {
    forward(batch: { input: Tensor }): Tensor {
      return batch.input;
    }
  }
  const net = new Batch();
  const seen: unknown[] = [];
  net.registerForwardPreHook((_module, args) => void seen.push(...args));
  const batch = { input: x() };
  expect(net(batch)).toBe(batch.input);
  expect(seen).toEqual([batch]);
});

test("59. Removing a handle removes the hook and its marks; removing twice is harmless; leaving the handle's context removes it.", () => {
  const net = new Same();
  const hook = vi.fn();
  const handle = net.registerForwardHook(hook, { alwaysCall: true });
  net(x());
  handle.remove();
  handle.remove();
  net(x());
  expect(hook).toHaveBeenCalledTimes(1);
  {
    using _handle = net.registerForwardPreHook(hook);
    net(x());
  }
  net(x());
  expect(hook).toHaveBeenCalledTimes(2);
  const [first, second] = [net.registerForwardHook(hook), net.registerForwardPreHook(hook)];
  expect(second.id).toBeGreaterThan(first.id);
});

test('A hook may remove itself and others during a call.', () => {
  const net = new Same();
  const order: string[] = [];
  const first = net.registerForwardHook(() => {
    order.push('first');
    first.remove();
    second.remove();
  });
  const second = net.registerForwardHook(() => void order.push('second'));
  net(x());
  net(x());
  expect(order).toEqual(['first', 'second']);
});

test('60. An always_call hook runs when forward throws, with a null output, and the error still reaches the caller.', () => {
  const net = new Failing();
  const seen: unknown[] = [];
  net.registerForwardHook((_module, _input, output) => void seen.push(output), { alwaysCall: true });
  const ordinary = vi.fn();
  net.registerForwardHook(ordinary);
  expect(() => net(x())).toThrow('forward failed');
  expect(seen).toEqual([null]);
  expect(ordinary).not.toHaveBeenCalled();
});

test('61. An always_call hook runs once even if another hook throws afterwards; its own failure during that is a warning.', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const net = new Same();
  const [before, after] = [vi.fn(), vi.fn()];
  net.registerForwardHook(before, { alwaysCall: true });
  net.registerForwardHook(() => {
    throw new Error('hook failed');
  });
  net.registerForwardHook(after, { alwaysCall: true });
  net.registerForwardHook(
    () => {
      throw new Error('this one too');
    },
    { alwaysCall: true },
  );
  expect(() => net(x())).toThrow('hook failed');
  expect([before.mock.calls.length, after.mock.calls.length]).toEqual([1, 1]);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]?.[0]).toContain(
    'raised an exception that was silenced as another error was raised in forward: Error: this one too',
  );
  warn.mockRestore();
});

test("An always_call hook's own error reaches the caller where nothing else failed.", () => {
  const net = new Same();
  net.registerForwardHook(
    () => {
      throw new Error('hook failed');
    },
    { alwaysCall: true },
  );
  expect(() => net(x())).toThrow('hook failed');
});

test("62. Parent pre-hooks run before the child's, parent hooks after the child's.", () => {
  const net = new Pair();
  const order: string[] = [];
  for (const [name, module] of net.namedModules()) {
    module.registerForwardPreHook(() => void order.push(`pre ${name}`));
    module.registerForwardHook(() => void order.push(`hook ${name}`));
  }
  net(x());
  expect(order).toEqual(['pre ', 'pre first', 'hook first', 'pre second', 'hook second', 'hook ']);
});

test('63. Calling forward directly runs no hooks.', () => {
  const net = new Scale();
  const hook = vi.fn();
  net.registerForwardPreHook(hook);
  net.registerForwardHook(hook);
  net.forward(x());
  expect(hook).not.toHaveBeenCalled();
});

test('64. Hooks registered on a copy (deep copy) do not affect the original.', () => {
  const net = new Pair();
  const [shared, own] = [vi.fn(), vi.fn()];
  net.first.registerForwardHook(shared);
  const copy = deepcopy(net);
  copy.first.registerForwardHook(own);
  net(x());
  expect([shared.mock.calls.length, own.mock.calls.length]).toEqual([1, 0]);
  copy(x());
  expect([shared.mock.calls.length, own.mock.calls.length]).toEqual([2, 1]);
  expect(shared.mock.calls[1]?.[0]).toBe(copy.first);
});
