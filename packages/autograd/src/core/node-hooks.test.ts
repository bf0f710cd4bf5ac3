import { expect, test } from 'vitest';
import { customFunction, noGrad, type Tensor, tensor } from '../index.ts';

const leaf = (...values: number[]): Tensor => tensor(values, { requiresGrad: true });
const identity = customFunction({
  name: 'Identity',
  forward: (_ctx, x: Tensor) => x.view(x.shape),
  backward: (_ctx, grad) => grad ?? null,
});

test('A hook on a node sees the gradients of its inputs and outputs, and may replace those of the inputs.', () => {
  const [a, b] = [leaf(3), leaf(5)];
  const product = a.mul(b);
  const seen: unknown[] = [];
  const handle = product.gradFn?.registerHook((gradInputs, gradOutputs) => {
    seen.push(...[...gradInputs, ...gradOutputs].map((grad) => grad?.tolistSync()));
    return gradInputs.map((grad) => grad?.mul(10) ?? null);
  });
  product.sum().backward(undefined, { retainGraph: true });
  expect(seen).toEqual([[5], [3], [1]]);
  expect([a.grad?.tolistSync(), b.grad?.tolistSync()]).toEqual([[50], [30]]);
  handle?.remove();
  product.sum().backward();
  expect(seen).toHaveLength(3);
  expect(a.grad?.tolistSync()).toEqual([55]);
});

test('A hook on a node must return one gradient per input.', () => {
  const product = leaf(3).mul(2);
  product.gradFn?.registerHook(() => []);
  expect(() => product.sum().backward()).toThrow('returned an invalid number of grad_input, got 0, but expected');
});

test('What a custom function made as a view of its input cannot be changed in place.', () => {
  const view = identity(leaf(1).clone());
  const message = 'Output 0 of IdentityBackward is a view and is being modified inplace.';
  expect(() => view.mul_(2)).toThrow(message);
  expect(() => view.view([1, 1]).mul_(2)).toThrow(message);
  expect(view.clone().mul_(2).tolistSync()).toEqual([2]);
  expect(noGrad(() => view.mul_(2)).tolistSync()).toEqual([2]);
});
