import type { DType } from '@flambeau/backend';
import { afterEach, describe, expect, test } from 'vitest';
import { getDefaultDType, ones, resultType, setDefaultDType, tensor } from '../index.ts';

afterEach(() => setDefaultDType('float32'));

const vector = (dtype: DType) => ones([2], { dtype });
const single = (dtype: DType) => ones([], { dtype });

describe('operands meet', () => {
  test.each<[DType, DType, DType]>([
    ['float32', 'float64', 'float64'],
    ['float16', 'bfloat16', 'float32'],
    ['int64', 'float16', 'float16'],
    ['int32', 'int64', 'int64'],
    ['bool', 'uint8', 'uint8'],
    ['int8', 'int32', 'int32'],
  ])('tensors with axes: %s and %s in %s', (a, b, expected) => {
    expect(vector(a).add(vector(b)).dtype).toBe(expected);
    expect(resultType([vector(b), vector(a)])).toBe(expected);
  });

  test('a 0-d tensor raises only the kind', () => {
    expect(vector('float32').add(single('float64')).dtype).toBe('float32');
    expect(vector('int8').add(single('int64')).dtype).toBe('int8');
    expect(vector('int32').add(single('float64')).dtype).toBe('float64');
    expect(vector('bool').add(single('int8')).dtype).toBe('int8');
  });

  test('a number raises only the kind', () => {
    expect(vector('float16').mul(1.5).dtype).toBe('float16');
    expect(vector('int8').add(300).dtype).toBe('int8');
    expect(single('int64').add(true).dtype).toBe('int64');
    expect(single('float64').add(2).dtype).toBe('float64');
  });

  test('a bool and an integer make int32, the default integer', () => {
    expect(vector('bool').add(1).dtype).toBe('int32');
    expect(vector('bool').add(1n).dtype).toBe('int64');
    expect(vector('bool').add(true).dtype).toBe('bool');
  });

  test('an integer and a fraction make the default float', () => {
    expect(vector('int64').add(0.5).dtype).toBe('float32');
    setDefaultDType('float64');
    expect(vector('int32').add(0.5).dtype).toBe('float64');
  });
});

describe('results', () => {
  test('of division and transcendental functions of integers are the default float', () => {
    expect(vector('int32').div(2).dtype).toBe('float32');
    expect(vector('bool').exp().dtype).toBe('float32');
    setDefaultDType('float64');
    expect(vector('int64').sqrt().dtype).toBe('float64');
  });

  test('of comparisons are bool', () => {
    expect(vector('float64').lt(vector('int8')).dtype).toBe('bool');
  });

  test('of sums of small integers, and positions, are int32', () => {
    expect(vector('bool').sum().dtype).toBe('int32');
    expect(vector('int8').cumsum(0).dtype).toBe('int32');
    expect(vector('int64').sum().dtype).toBe('int64');
    expect(vector('float16').sum().dtype).toBe('float16');
    expect(vector('float32').argmax().dtype).toBe('int32');
  });
});

test('the default float is a float', () => {
  expect(getDefaultDType()).toBe('float32');
  expect(() => setDefaultDType('int32')).toThrow(/only floating-point/);
  setDefaultDType('float64');
  expect([tensor([1]).dtype, ones([1]).dtype]).toEqual(['float64', 'float64']);
});
