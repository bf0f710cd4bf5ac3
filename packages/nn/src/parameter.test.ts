import { arange, ones, randn, Tensor, tensor } from '@flambeau/autograd';
import { expect, test } from 'vitest';
import { Buffer, Parameter, UninitializedBuffer, UninitializedParameter } from './index.ts';

test('A Parameter is a Tensor that requires gradients and shares memory with what it was made from.', () => {
  const data = ones([2]);
  const parameter = new Parameter(data);
  expect(parameter).toBeInstanceOf(Tensor);
  expect([parameter.requiresGrad, parameter.isLeaf, data.requiresGrad]).toEqual([true, true, false]);
  data.fill_(3);
  expect(parameter.tolistSync()).toEqual([3, 3]);
  expect(new Parameter(data, { requiresGrad: false }).requiresGrad).toBe(false);
});

test('A Parameter made from a computed tensor is a leaf without its history.', () => {
  const computed = randn([2], { requiresGrad: true }).mul(2);
  const parameter = new Parameter(computed);
  expect([parameter.isLeaf, parameter.gradFn]).toEqual([true, null]);
});

test('What is computed from a Parameter is a plain Tensor.', () => {
  const parameter = new Parameter(ones([2]));
  for (const result of [parameter.mul(2), parameter.detach(), parameter.data, parameter.view([1, 2])]) {
    expect([result instanceof Tensor, result instanceof Parameter]).toEqual([true, false]);
  }
});

test('Integers cannot be trained.', () => {
  expect(() => new Parameter(arange(3))).toThrow('floating point');
  expect(new Parameter(arange(3), { requiresGrad: false }).dtype).toBe('int32');
});

test('Parameters and buffers print as what they are.', () => {
  expect(String(new Parameter(tensor([1, 2], { device: 'cpu' })))).toBe(
    'Parameter containing:\ntensor([1., 2.], requires_grad=True)',
  );
  expect(String(new Buffer(tensor([1], { device: 'cpu' })))).toBe('tensor([1.])');
});

test('An uninitialised parameter becomes an ordinary one with the dtype it was announced with.', () => {
  const parameter = new UninitializedParameter({ dtype: 'float64' });
  expect([parameter.isUninitialized, parameter.isLeaf, parameter.requiresGrad]).toEqual([true, true, true]);
  parameter.materialize([2, 3]);
  expect([parameter.constructor, parameter.shape, parameter.dtype, parameter.requiresGrad]).toEqual([
    Parameter,
    [2, 3],
    'float64',
    true,
  ]);
  expect(parameter.isUninitialized).toBeUndefined();
  parameter.mul(2).sum().backward();
  expect(parameter.grad?.tolistSync()).toEqual([
    [2, 2, 2],
    [2, 2, 2],
  ]);
});

test('An uninitialised buffer becomes an ordinary one.', () => {
  const buffer = new UninitializedBuffer({ persistent: false });
  buffer.materialize([2], { dtype: 'float64' });
  expect([buffer.constructor, buffer.shape, buffer.dtype, buffer.persistent]).toEqual([Buffer, [2], 'float64', false]);
});
