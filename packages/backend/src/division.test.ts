import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floorDivide, remainder } from './division.ts';

const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;

/** A float64 as the exact fraction `mantissa / 2^1074`. */
function exact(x: number): bigint {
  const bits = new BigInt64Array(new Float64Array([x]).buffer)[0] as bigint;
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & ((1n << 52n) - 1n);
  const magnitude = exponent ? (fraction | (1n << 52n)) << (exponent - 1n) : fraction;
  return bits < 0n ? -magnitude : magnitude;
}

function floorOf(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

const numbers = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
  fc.integer({ min: -50, max: 50 }),
  fc.integer({ min: -50, max: 50 }).map((n) => n / 8),
);
const divisors = numbers.filter((y) => Math.abs(y) > 1e-6);

describe('floorDivide', () => {
  it('is the floor of the exact quotient', () => {
    fc.assert(
      fc.property(numbers, divisors, (x, y) => {
        expect(floorDivide(x, y) + 0).toBe(Number(floorOf(exact(x), exact(y))) + 0);
      }),
      { numRuns: 2000 },
    );
  });

  // Each as Python 3 and PyTorch give it.
  it.each([
    [7, 2, 3],
    [-7, 2, -4],
    [7, -2, -4],
    [-7, -2, 3],
    [1, 0.1, 9],
    [6, 0.1, 59],
    [0.5, 2, 0],
    [-0.5, -2, 0],
    [0, -5, -0],
    [-0, 5, -0],
    [-0, -5, 0],
    [0.3, 0.1, 2],
    [5, infinity, 0],
    [-5, infinity, -1],
    [5, 0, infinity],
    [-5, 0, -infinity],
    [0, 0, nan],
    [infinity, 3, nan],
    [nan, 3, nan],
  ])('%d // %d is %d', (x, y, result) => {
    expect(floorDivide(x, y)).toBe(result);
  });
});

describe('remainder', () => {
  it('is what the exact floor leaves, with the sign of the divisor', () => {
    fc.assert(
      fc.property(numbers, divisors, (x, y) => {
        const rest = remainder(x, y);
        const [a, b] = [exact(x), exact(y)];
        const left = a - b * floorOf(a, b);
        // Rounding may bring a rest just below the divisor up to it.
        const off = exact(rest) - left;
        expect(off < 0n ? -off : off).toBeLessThanOrEqual(exact(Math.abs(y)) >> 53n);
        if (exact(rest) !== left) expect(rest).toBe((x % y) + y);
        expect(rest === 0 || rest < 0 === y < 0).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [7, 3, 1],
    [-7, 3, 2],
    [7, -3, -2],
    [-7, -3, -1],
    [5, infinity, 5],
    [-5, infinity, infinity],
    [5, 0, nan],
    [infinity, 2, nan],
    [-6, 3, -0],
  ])('%d mod %d is %d', (x, y, result) => {
    expect(remainder(x, y)).toBe(result);
  });
});
