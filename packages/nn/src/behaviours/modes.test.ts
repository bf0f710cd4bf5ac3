import { arange, noGrad, ones, scope, type Tensor, zeros } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import { LazyLinear, Module, Parameter, Sequential } from '../index.ts';
import { loose, Pair, Scale } from './testing.ts';

test("30. train(false)/eval() reach every descendant; train() with a non-boolean raises. Changing a child afterwards leaves the parent's flag.", () => {
  const net = new Sequential(new Pair());
  const flags = (): boolean[] => Array.from(net.modules(), ({ training }) => training);
  expect(flags()).toEqual([true, true, true, true]);
  expect(net.eval()).toBe(net);
  expect(flags()).toEqual([false, false, false, false]);
  expect(net.train()).toBe(net);
  expect(net.train(false).training).toBe(false);
  (net[0] as Pair).first.train();
  expect(flags()).toEqual([false, false, true, false]);
  expect(() => net.train(1 as unknown as boolean)).toThrow('training mode is expected to be boolean');
});

test('31. zero_grad() sets gradients to null by default; with setToNone=false it zeroes and detaches them; parameters without gradients stay so.', () => {
  const net = new Pair();
  net
    .first(ones([2]))
    .sum()
    .backward();
  const { grad } = net.first.w;
  expect(grad?.tolistSync()).toEqual([1, 1]);
  net.zeroGrad({ setToNone: false });
  expect(net.first.w.grad).toBe(grad);
  expect(grad?.tolistSync()).toEqual([0, 0]);
  expect(net.second.w.grad).toBeNull();
  net.zeroGrad();
  expect(net.first.w.grad).toBeNull();
});

test('zero_grad with setToNone=false detaches a gradient that has a history.', () => {
  const net = new Scale();
  net(ones([2]))
    .square()
    .sum()
    .backward(undefined, { createGraph: true });
  expect(net.w.grad?.requiresGrad).toBe(true);
  net.zeroGrad({ setToNone: false });
  expect(net.w.grad?.requiresGrad).toBe(false);
  expect(net.w.grad?.tolistSync()).toEqual([0, 0]);
});

test('32. requires_grad_(false) freezes all parameters and returns the module.', () => {
  const net = new Pair();
  expect(net.requiresGrad_(false)).toBe(net);
  expect(Array.from(net.parameters(), ({ requiresGrad }) => requiresGrad)).toEqual([false, false]);
  net.requiresGrad_();
  expect(Array.from(net.parameters(), ({ requiresGrad }) => requiresGrad)).toEqual([true, true]);
});

test('33. to(dtype) casts floating parameters, gradients and buffers, leaves integer buffers alone, keeps parameter identity, and refuses integer dtypes.', () => {
  const net = new Scale();
  net.registerBuffer('mean', ones([2]));
  net.registerBuffer('count', arange(3));
  net(ones([2]))
    .sum()
    .backward();
  const { w } = net;
  expect(net.to('float64')).toBe(net);
  expect(net.w).toBe(w);
  expect([w.dtype, w.grad?.dtype, net.getBuffer('mean').dtype, net.getBuffer('count').dtype]).toEqual([
    'float64',
    'float64',
    'float64',
    'int32',
  ]);
  expect([w.requiresGrad, w.isLeaf]).toEqual([true, true]);
  expect(() => net.to('int32')).toThrow(
    'nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=int32',
  );
  net.zeroGrad();
  net(ones([2], { dtype: 'float64' }))
    .sum()
    .backward();
  expect(w.grad?.dtype).toBe('float64');
});

test('to(dtype) keeps tied parameters and shared buffers tied.', () => {
  const net = new Pair();
  const shared = ones([1]);
  net.second.w = net.first.w;
  net.first.registerBuffer('b', shared);
  net.second.registerBuffer('b', shared);
  net.double();
  expect(net.second.w).toBe(net.first.w);
  expect(net.second.getBuffer('b')).toBe(net.first.getBuffer('b'));
});

test('34. type()/float()/double() return the module itself.', () => {
  const net = new Scale();
  net.registerBuffer('count', arange(3));
  for (const convert of [() => net.double(), () => net.half(), () => net.bfloat16(), () => net.float()]) {
    expect(convert()).toBe(net);
  }
  expect(net.type('float64')).toBe(net);
  expect(net.getBuffer('count').dtype).toBe('float64');
});

test('to(device) is awaited, and gives the module itself.', async () => {
  const net = new Pair();
  const { w } = net.first;
  expect(await net.to('cpu')).toBe(net);
  expect(await net.cpu()).toBe(net);
  expect(await net.to(ones([1], { dtype: 'float64' }))).toBe(net);
  expect([net.first.w === w, w.dtype]).toEqual([true, 'float64']);
  await expect(net.to({ device: 'nowhere', dtype: 'float32' })).rejects.toThrow('nowhere');
  expect(w.dtype).toBe('float64');
  await expect(net.to({ dtype: 'int32' })).rejects.toThrow('only accepts floating point');
});

test('toEmpty gives fresh memory of the same shape and keeps parameter identity.', () => {
  const net = new Pair();
  const { w } = net.first;
  const storage = w.data;
  expect(net.toEmpty({ device: 'cpu' })).toBe(net);
  expect([net.first.w === w, w.shape]).toEqual([true, [2]]);
  noGrad(() => w.fill_(7));
  expect(storage.tolistSync()).toEqual([1, 1]);
});

test('35. A forward that builds no graph under no_grad gives outputs without grad, and parameters keep requires_grad.', () => {
  const net = new Pair();
  const output = noGrad(() => net(ones([2])));
  expect([output.requiresGrad, output.gradFn]).toEqual([false, null]);
  expect(net.first.w.requiresGrad).toBe(true);
});

test('36. A module whose output is a mapping or list works as long as no backward hook needs tensors.', () => {
  class Named extends Module {
    inner = new Scale();
    forward(input: Tensor): { doubled: Tensor; list: Tensor[] } {
      return { doubled: this.inner(input).mul(2), list: [input] };
    }
  }
  const net = new Named();
  const seen: unknown[] = [];
  net.registerForwardHook((_module, _input, output) => void seen.push(output));
  const output = net(ones([2]));
  expect(output.doubled.tolistSync()).toEqual([2, 2]);
  expect(seen).toEqual([output]);
});

test('Training changes a Parameter and leaves a plain Tensor alone.', () => {
  class Net extends Module {
    trained = new Parameter(zeros([1]));
    plain = zeros([1]);
    forward(input: Tensor): Tensor {
      return input.mul(this.trained).add(this.plain);
    }
  }
  const net = new Net();
  net(ones([1]))
    .sum()
    .backward();
  noGrad(() => {
    for (const parameter of net.parameters()) parameter.sub_(parameter.grad as Tensor);
  });
  expect([net.trained.itemSync(), net.plain.itemSync()]).toEqual([-1, 0]);
  expect(loose(net).plain).toBe(net.plain);
});

test('Where to a module goes must be a dtype, a device, a tensor or both.', () => {
  const net = new Scale();
  expect(() => net.to(3 as never)).toThrow('[to] needs a dtype, a device, a Tensor or { device, dtype }; got number.');
  expect(() => net.to(null as never)).toThrow('[to] needs a dtype');
  expect(() => net.type('text' as never)).toThrow('[type] needs a dtype; got text.');
});

test('A module that is made, or made from lazy to plain, in a scope outlives it.', () => {
  const lazy = new LazyLinear(2);
  const net = scope(() => {
    const made = new Scale();
    made.registerBuffer('b', ones([2]));
    lazy(ones([1, 3]));
    made.double();
    return { made: () => made };
  }).made();
  expect([net.w.tolistSync(), net.getBuffer('b').tolistSync()]).toEqual([
    [1, 1],
    [1, 1],
  ]);
  expect(lazy(ones([1, 3])).shape).toEqual([1, 2]);
});
