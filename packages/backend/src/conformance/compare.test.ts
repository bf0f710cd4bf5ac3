import { describe, expect, it } from 'vitest';
import { type DType, dtypes, isFloat } from '../dtype.ts';
import { difference, isClose, type Numerics, smallestNormal, ulp } from './compare.ts';

const full: Numerics = { signedZeros: true, subnormals: true, nonFinite: true };
const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;

describe('ulp', () => {
  it.each(['float16', 'bfloat16', 'float32', 'float64'] as DType[])('is the step between neighbours: %s', (dtype) => {
    const { epsilon } = dtypes[dtype];
    expect([ulp(dtype, 1), ulp(dtype, -1.5), ulp(dtype, 2)]).toEqual([epsilon, epsilon, 2 * epsilon]);
    expect(ulp(dtype, 1 - epsilon / 2)).toBe(epsilon / 2);
    expect(ulp(dtype, 0)).toBe(smallestNormal(dtype) * epsilon);
    expect(ulp(dtype, smallestNormal(dtype) / 8)).toBe(smallestNormal(dtype) * epsilon);
  });

  it('is right just below powers of two, where a logarithm rounds up', () => {
    for (let exponent = -1000; exponent < 1000; exponent += 37) {
      const below = 2 ** exponent * (1 - 2 ** -53);
      expect(ulp('float64', below)).toBe(2 ** (exponent - 53));
    }
  });
});

describe('isClose', () => {
  it.each([
    ['float32', 1, 1, {}, true],
    ['float32', 1, 1 + 2 ** -23, {}, false],
    ['float32', 1, 1 + 2 ** -23, { ulps: 1 }, true],
    ['float32', 1, 1 + 2 ** -22, { ulps: 1 }, false],
    ['float32', 100, 101, { relative: 0.01 }, true],
    ['float32', 100, 102, { relative: 0.01 }, false],
    ['float32', 0, 0.5, { absolute: 0.5 }, true],
    ['float32', 0, -0, {}, false],
    ['float32', 0, -0, { ulps: 1 }, true],
    ['float32', nan, nan, {}, true],
    ['float32', nan, 1, { ulps: 1e9 }, false],
    ['float32', 1, nan, { absolute: infinity }, false],
    ['float32', infinity, infinity, {}, true],
    ['float32', infinity, -infinity, { ulps: 4 }, false],
    ['float32', infinity, dtypes.float32.max, { ulps: 4 }, true],
    ['float32', infinity, dtypes.float32.max, {}, false],
    ['float32', infinity, 1e38, { ulps: 4 }, false],
    ['float32', dtypes.float32.max, infinity, { ulps: 4 }, true],
    ['float32', 1e38, infinity, { ulps: 4 }, false],
    ['int32', 3, 4, { absolute: 5 }, false],
    ['int64', 3n, 3n, {}, true],
    ['bool', 1, 0, { ulps: 9 }, false],
  ] as const)('%s: %d for %d within %j is %s', (dtype, got, want, tolerance, result) => {
    expect(isClose(dtype, got, want, tolerance, full)).toBe(result);
  });

  it('forgives what a device does not do', () => {
    const poor: Numerics = { signedZeros: false, subnormals: false, nonFinite: false };
    expect(isClose('float32', 0, -0, {}, poor)).toBe(true);
    expect(isClose('float32', 0, 1e-40, {}, poor)).toBe(true);
    expect(isClose('float32', 1, 1e-40, {}, poor)).toBe(false);
    expect(isClose('float32', 5, nan, {}, poor)).toBe(true);
    expect(isClose('float32', 0, 1e-40, {}, full)).toBe(false);
  });
});

describe('difference', () => {
  it('says nothing of equal memory', () => {
    expect(difference('float32', Float32Array.of(1, nan), Float32Array.of(1, nan), {}, full)).toBeNull();
  });

  it('names the first elements and how far they are', () => {
    const report = difference('float32', Float32Array.of(1, 2, 5), Float32Array.of(1, -0, 4), {}, full);
    expect(report).toContain('differs in 2 of 3 elements');
    expect(report).toContain('element 1: got 2, expected -0');
    expect(report).toContain('element 2: got 5, expected 4 (off by 2.10e+6 ulp)');
  });

  it('reads 16-bit floats, and allows each element its own error', () => {
    const [one, more] = [Uint16Array.of(0x3c00, 0x3c00), Uint16Array.of(0x3c00, 0x3c01)];
    expect(difference('float16', more, one, {}, full)).toContain('element 1: got 1.0009765625, expected 1');
    expect(difference('float16', more, one, { each: [0, 0.001] }, full)).toBeNull();
    expect(difference('float16', more, one, { each: [0.001, 0] }, full)).not.toBeNull();
    expect(isFloat('float16')).toBe(true);
  });

  it('refuses memory of another length', () => {
    expect(difference('int8', new Int8Array(2), new Int8Array(3), {}, full)).toBe('has 2 elements instead of 3');
  });
});
