import { castValue, type DType, dtypes, isFloat, type Value } from '../dtype.ts';
import { type Numerics, smallestNormal } from './compare.ts';
import type { Draw } from './draw.ts';

/** A plain random value of a dtype: floats of ordinary size, integers of the whole range with many small ones. */
export function sampleValue(dtype: DType, draw: Draw, samples?: readonly [number, number]): Value {
  if (dtype === 'bool') return draw.int(0, 1);
  if (samples) {
    const x = draw.real(samples[0], samples[1]);
    return castValue(isFloat(dtype) ? x : Math.round(x), dtype);
  }
  if (isFloat(dtype)) return castValue(draw.pick([draw.real(-10, 10), draw.int(-20, 20), draw.real(-1, 1)]), dtype);
  if (draw.int(0, 2) > 0) return castValue(draw.int(-20, 20), dtype);
  if (dtype === 'int64') return (BigInt(draw.int(-(2 ** 31), 2 ** 31 - 1)) << 32n) + BigInt(draw.int(0, 2 ** 32 - 1));
  return castValue(draw.int(-(2 ** 31), 2 ** 31 - 1), dtype);
}

/** Random values of ordinary size. */
export function sampleValues(dtype: DType, count: number, draw: Draw, samples?: readonly [number, number]): Value[] {
  return Array.from({ length: count }, () => sampleValue(dtype, draw, samples));
}

/** Small whole numbers, so that sums of products are exact in any order. */
export function wholeValues(dtype: DType, count: number, draw: Draw, limit = 4): Value[] {
  if (dtype === 'bool') return sampleValues(dtype, count, draw);
  return Array.from({ length: count }, () => castValue(draw.int(dtype === 'uint8' ? 0 : -limit, limit), dtype));
}

/** Values with ties, and for floats with NaN, infinities and both zeros, as far as a device handles them. */
export function tiedValues(dtype: DType, count: number, draw: Draw, numerics: Numerics): Value[] {
  const edges = specialValues(dtype, numerics);
  return wholeValues(dtype, count, draw, 3).map((value) => (draw.int(0, 3) ? value : draw.pick(edges)));
}

/** The value, or 0 for -0. */
export function withoutMinusZero(value: Value): Value {
  return Object.is(value, -0) ? 0 : value;
}

/** Values at the edges of a dtype, as far as a device handles them. */
export function specialValues(dtype: DType, numerics: Numerics): Value[] {
  const { min, max, epsilon } = dtypes[dtype];
  if (dtype === 'bool') return [0, 1];
  if (!isFloat(dtype)) {
    const narrow = [0, 1, 2, 3, 7, 31, 32, 63, 64, -1, -2, -3, -7, -32].map((x) => castValue(x, dtype));
    const middle =
      dtype === 'int32' ? [65535, -65536, 46341] : dtype === 'int64' ? [2n ** 32n, 2n ** 53n + 1n, -(2n ** 31n)] : [];
    return [...new Set([...narrow, ...middle, min, max, castValue(BigInt(max) - 1n, dtype)])];
  }
  const normal = smallestNormal(dtype);
  const plain = [0, 1, 2, 3, 0.5, 1.5, 2.5, 0.1, 10, 88.5, normal, (max as number) / 2, max as number, 1 + epsilon];
  const big = dtype === 'float16' ? 2000 : 2 ** 24 + 2;
  const found = [...plain, big].flatMap((x) => [x, -x]);
  if (numerics.subnormals) found.push(normal * epsilon, -normal * epsilon, normal / 2);
  if (numerics.nonFinite) found.push(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  return found.map((x) => castValue(x, dtype));
}
