import { describe, expect, it } from 'vitest';
import { pythonBool, pythonFloat, pythonSize, pythonTuple, torchSize } from './python.ts';

describe('pythonFloat', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-2.5, '-2.5'],
    [10, '10.0'],
    [1234.5, '1234.5'],
    [0.1, '0.1'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.5e-7, '1.5e-07'],
    [1 / 3, '0.3333333333333333'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.25e120, '1.25e+120'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NEGATIVE_INFINITY, '-inf'],
    [Number.NaN, 'nan'],
  ])('writes %d as %s', (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });
});

describe('tuples, sizes and booleans', () => {
  it('writes them as Python does', () => {
    expect(pythonTuple([])).toBe('()');
    expect(pythonTuple([3])).toBe('(3,)');
    expect(pythonTuple([3, null])).toBe('(3, None)');
    expect(pythonSize(3)).toBe('3');
    expect(pythonSize(null)).toBe('None');
    expect(pythonSize([1, 2])).toBe('(1, 2)');
    expect(pythonBool(true)).toBe('True');
    expect(torchSize([1, 3])).toBe('torch.Size([1, 3])');
    expect(torchSize([])).toBe('torch.Size([])');
  });
});
