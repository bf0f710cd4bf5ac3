import { type DType, dtypes, type HostArray, isFloat, loadValue, type Value } from '../dtype.ts';

/**
 * How far a float may lie from its reference: the sum of the parts. Without any, it must be equal. Integers and bools
 * must always be equal.
 */
export interface Tolerance {
  /** In units of the last place of the reference, in the output's dtype. */
  readonly ulps?: number;
  /** As a fraction of the reference. */
  readonly relative?: number;
  readonly absolute?: number;
  /** As `absolute`, one number per element of the host array. */
  readonly each?: ArrayLike<number>;
}

/** What a device does with the floats at the edge of IEEE 754. Reference arithmetic has all three. */
export interface Numerics {
  /** -0 is told from 0. */
  readonly signedZeros: boolean;
  /** Subnormal numbers are not flushed to zero. */
  readonly subnormals: boolean;
  /** Infinities and NaN are produced and kept. */
  readonly nonFinite: boolean;
}

const DIGITS: Readonly<Partial<Record<DType, number>>> = { float16: 11, bfloat16: 8, float32: 24, float64: 53 };
const SMALLEST_EXPONENT: Readonly<Partial<Record<DType, number>>> = {
  float16: -14,
  bfloat16: -126,
  float32: -126,
  float64: -1022,
};

/** The smallest normal number of a float dtype. */
export function smallestNormal(dtype: DType): number {
  return 2 ** (SMALLEST_EXPONENT[dtype] as number);
}

/** The unit of the last place of a float dtype at `x`. */
export function ulp(dtype: DType, x: number): number {
  const magnitude = Math.abs(x);
  const smallest = SMALLEST_EXPONENT[dtype] as number;
  let exponent = magnitude > 0 && magnitude < Number.POSITIVE_INFINITY ? Math.floor(Math.log2(magnitude)) : smallest;
  // log2 rounds to the next integer just below a power of two.
  if (magnitude > 0 && 2 ** exponent > magnitude) exponent--;
  return 2 ** (Math.max(smallest, exponent) - (DIGITS[dtype] as number) + 1);
}

/** Whether a value stands where another was expected. `signedZero` tells whether the signs of zeros count. */
export function isClose(
  dtype: DType,
  got: Value,
  want: Value,
  tolerance: Tolerance,
  numerics: Numerics,
  each = 0,
): boolean {
  if (!isFloat(dtype)) return got === want;
  const [x, y] = [got as number, want as number];
  if (!numerics.nonFinite && !Number.isFinite(y)) return true;
  if (y !== y || x !== x) return y !== y && x !== x;
  const limits = dtypes[dtype];
  const allowed =
    (tolerance.ulps ?? 0) * ulp(dtype, y) +
    (tolerance.relative ? tolerance.relative * Math.abs(y) : 0) +
    (tolerance.absolute ?? 0) +
    each;
  if (x === y) return allowed > 0 || y !== 0 || !numerics.signedZeros || Object.is(x, y);
  if (!numerics.subnormals && Math.abs(y) < smallestNormal(dtype)) return Math.abs(x) <= smallestNormal(dtype);
  if (allowed === 0) return false;
  // Near the largest number, a small error may overflow, or fail to.
  const max = limits.max as number;
  if (Math.abs(y) > max)
    return Math.sign(x) === Math.sign(y) && Math.abs(x) >= max * (1 - (tolerance.ulps ?? 0) * limits.epsilon);
  if (Math.abs(x) > max) return Math.sign(x) === Math.sign(y) && Math.abs(y) + allowed >= max;
  return Math.abs(x - y) <= allowed;
}

/** Compares host memory element by element; null when it agrees, else a text with the first differences. */
export function difference(
  dtype: DType,
  got: HostArray,
  want: HostArray,
  tolerance: Tolerance,
  numerics: Numerics,
): string | null {
  if (got.length !== want.length) return `has ${got.length} elements instead of ${want.length}`;
  const lines: string[] = [];
  let count = 0;
  for (let i = 0; i < want.length; i++) {
    const [x, y] = [loadValue(got, dtype, i), loadValue(want, dtype, i)];
    if (isClose(dtype, x, y, tolerance, numerics, tolerance.each?.[i])) continue;
    count++;
    if (lines.length < 5) lines.push(`element ${i}: got ${text(x)}, expected ${text(y)}${distance(dtype, x, y)}`);
  }
  return count ? `differs in ${count} of ${want.length} elements\n    ${lines.join('\n    ')}` : null;
}

function distance(dtype: DType, got: Value, want: Value): string {
  if (!isFloat(dtype) || !Number.isFinite(Number(got) - Number(want))) return '';
  return ` (off by ${((Number(got) - Number(want)) / ulp(dtype, Number(want))).toPrecision(3)} ulp)`;
}

function text(value: Value): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
