import { inspect } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { arange, full, setDefaultDevice, setPrintOptions, tensor, zeros } from '../index.ts';

// A tensor elsewhere names its device.
setDefaultDevice('cpu');

afterEach(() => setPrintOptions({ precision: 4, threshold: 1000, edgeItems: 3, lineWidth: 80, sciMode: null }));

test('numbers, bools and integers', () => {
  expect(String(tensor([1, 2.5]))).toBe('tensor([1.0000, 2.5000])');
  expect(String(tensor([1, -2]))).toBe('tensor([ 1., -2.])');
  expect(String(tensor([true, false]))).toBe('tensor([ True, False])');
  expect(String(tensor(7n))).toBe('tensor(7)');
  expect(String(tensor([1], { dtype: 'int32' }))).toBe('tensor([1], dtype=torch.int32)');
});

test('rows line up', () => {
  expect(
    String(
      tensor([
        [1, -10],
        [100, 0.5],
      ]),
    ),
  ).toBe('tensor([[  1.0000, -10.0000],\n        [100.0000,   0.5000]])');
});

test('wide ranges are scientific', () => {
  expect(String(tensor([1, 1e-5]))).toBe('tensor([1.0000e+00, 1.0000e-05])');
});

test('special values', () => {
  expect(String(tensor([Number.NaN, Number.POSITIVE_INFINITY, 1]))).toBe('tensor([nan, inf, 1.])');
});

test('many elements are summarised', () => {
  expect(String(arange(0, 2000, 1, { dtype: 'float32' }))).toBe(
    'tensor([0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 1.9970e+03, 1.9980e+03,\n        1.9990e+03])',
  );
});

test('what has no elements shows its size', () => {
  expect(String(zeros([0]))).toBe('tensor([])');
  expect(String(zeros([2, 0]))).toBe('tensor([], size=(2, 0))');
});

test('history and flags', () => {
  const x = tensor([1], { requiresGrad: true });
  expect(String(x)).toBe('tensor([1.], requires_grad=True)');
  expect(String(x.exp().detach())).toBe('tensor([2.7183])');
  expect(String(x.mul(2))).toBe('tensor([2.], grad_fn=<MulBackward0>)');
});

test('options change digits, notation and ellipses', () => {
  setPrintOptions({ precision: 2 });
  expect(String(tensor([1.23456]))).toBe('tensor([1.23])');
  setPrintOptions({ sciMode: true });
  expect(String(tensor([1.5]))).toBe('tensor([1.50e+00])');
  setPrintOptions({ sciMode: false, threshold: 2, edgeItems: 1 });
  expect(String(full([4], 1))).toBe('tensor([1.,  ..., 1.])');
});

test('console.log shows the same text', () => {
  expect(inspect(tensor([1.5]))).toBe('tensor([1.5000])');
});
