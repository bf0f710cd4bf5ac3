import {
  f32x4,
  f32x4Const,
  f64x2,
  f64x2Const,
  i32,
  i32x4,
  i32x4Const,
  i64x2,
  i64x2Const,
  type V128,
  v128,
} from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import { choose, type Doubles, doubles, madd, madd64, nmadd, polynomial, polynomial64, signBit } from './arithmetic.ts';

/** 2 atanh(s) = 2s + s·w·P(w), w = s², for s ≤ 0.1716, to 8e-10. @source fitted by tooling/polynomials (row `log`). */
const LOG: readonly number[] = [0.666667759, 0.399775803, 0.298709184];

/** The same to 4.8e-12. @source fitted by tooling/polynomials (row `logLong`). */
const LOG_LONG: readonly number[] = [0.666666656450501, 0.40000335289955047, 0.2853730182367437, 0.2358228636784143];

/** Bits of √½, where mantissas begin, so that a logarithm near 1 needs no exponent. */
const SQRT_HALF = 0x3f3504f3;
const SQRT_HALF64 = 0x3fe6a09e667f3bcdn;
const MIN_NORMAL = 0x00800000;
const INFINITE = 0x7f800000;

/** A positive normal number as 2^k·(1 + fraction), k as a float. */
function split(e: Emitter, x: V128): { readonly exponent: V128; readonly fraction: V128 } {
  const { f } = e;
  const offset = f.let(i32x4.sub(x, i32x4Const(SQRT_HALF)));
  const exponent = f.let(f32x4.convert_i32x4_s(i32x4.shr_s(offset, i32.const(23))));
  const mantissa = i32x4.add(v128.and(offset, i32x4Const(0x007fffff)), i32x4Const(SQRT_HALF));
  return { exponent, fraction: f.let(f32x4.sub(mantissa, f32x4Const(1))) };
}

/** log(1 + f) for √½ ≤ 1 + f ≤ √2, f a local: with s = f / (2 + f), it is 2 atanh(s) = f - s·(f - w·P(w)). */
function logOfFraction(e: Emitter, f: V128): V128 {
  const s = e.f.let(f32x4.div(f, f32x4.add(f, f32x4Const(2))));
  const w = e.f.let(f32x4.mul(s, s));
  return nmadd(e, s, nmadd(e, w, polynomial(e, w, LOG), f), f);
}

/** A logarithm from the exponent and the fraction of a positive normal number; other numbers on a rare path. */
function logarithm(e: Emitter, x: V128, combine: (exponent: V128, fraction: V128) => V128): V128 {
  const { f } = e;
  const flip = -0x80000000;
  // Unsigned: bits - MIN_NORMAL >= INFINITE - MIN_NORMAL; flipping the top bit makes the comparison signed.
  const distance = i32x4.add(x, i32x4Const((flip - MIN_NORMAL) | 0));
  const special = f.let(i32x4.gt_s(distance, i32x4Const((flip ^ (INFINITE - MIN_NORMAL)) - 1)));
  const rare = f.let(v128.any_true(special));
  const scaled = f.local('v128', x);
  const shift = f.local('v128', f32x4Const(0));
  f.if(rare, () => {
    const small = f.let(f32x4.lt(x, f32x4Const(2 ** -126)));
    f.set(scaled, v128.bitselect(f32x4.mul(x, f32x4Const(2 ** 23)), x, small));
    f.set(shift, v128.and(small, f32x4Const(23)));
  });
  const { exponent, fraction } = split(e, scaled);
  const result = f.local('v128', combine(f.let(f32x4.sub(exponent, shift)), fraction));
  f.if(rare, () => {
    // +inf and NaN stay what they are; below 0, NaN.
    const beyond = f32x4.lt(x, f32x4Const(Number.POSITIVE_INFINITY));
    f.set(result, v128.bitselect(result, f32x4.add(x, x), beyond));
    f.set(result, v128.bitselect(f32x4Const(Number.NaN), result, f32x4.lt(x, f32x4Const(0))));
    f.set(result, v128.bitselect(f32x4Const(Number.NEGATIVE_INFINITY), result, f32x4.eq(x, f32x4Const(0))));
  });
  return result;
}

/** A logarithm of any base, good to 2 ulp. */
function logarithmOf(base: number): (e: Emitter, x: V128) => V128 {
  const scale = 1 / Math.log(base);
  return (e, x) =>
    logarithm(e, x, (exponent, fraction) => {
      const natural = logOfFraction(e, fraction);
      const scaled = scale === 1 ? natural : f32x4.mul(natural, f32x4Const(scale));
      return base === 2 ? f32x4.add(exponent, scaled) : madd(e, exponent, f32x4Const(Math.LN2 * scale), scaled);
    });
}

export const log: (e: Emitter, x: V128) => V128 = logarithmOf(Math.E);
export const log2: (e: Emitter, x: V128) => V128 = logarithmOf(2);
export const log10: (e: Emitter, x: V128) => V128 = logarithmOf(10);

/** log(1 + x), good to 2 ulp: near 0 the fraction is x itself, elsewhere the rounding of 1 + x does no harm. */
export function log1p(e: Emitter, x: V128): V128 {
  const { f } = e;
  const sum = f.let(f32x4.add(x, f32x4Const(1)));
  const result = logarithm(e, sum, (exponent, fraction) => {
    const near = f32x4.eq(exponent, f32x4Const(0));
    const exact = f.let(choose(e, near, x, fraction));
    return madd(e, exponent, f32x4Const(Math.LN2), logOfFraction(e, exact));
  });
  return f.let(v128.or(result, signBit(x)));
}

/** A logarithm in float64 of positive numbers in the range of float32, or about; good to 5e-12. */
export function logarithm64(e: Emitter, x: Doubles, base: number): Doubles {
  const scale = 1 / Math.log(base);
  const offset = doubles(e, [x], (y) => i64x2.sub(y, i64x2Const(SQRT_HALF64)));
  const mantissaBits = i64x2Const((1n << 52n) - 1n);
  const fraction = doubles(e, [offset], (o) =>
    f64x2.sub(i64x2.add(v128.and(o, mantissaBits), i64x2Const(SQRT_HALF64)), f64x2Const(1)),
  );
  const s = doubles(e, [fraction], (f) => f64x2.div(f, f64x2.add(f, f64x2Const(2))));
  const w = doubles(e, [s], (t) => f64x2.mul(t, t));
  // As an unsigned number behind that of 2^52, and so a float64.
  const exponent = doubles(e, [offset], (o) => {
    const biased = i64x2.shr_u(i64x2.add(o, i64x2Const(1023n << 52n)), i32.const(52));
    return f64x2.sub(v128.or(biased, f64x2Const(2 ** 52)), f64x2Const(2 ** 52 + 1023));
  });
  const series = polynomial64(
    e,
    w,
    [2, ...LOG_LONG].map((c) => c * scale),
  );
  return doubles(e, [exponent, series, s], (k, p, t) => madd64(e, k, f64x2Const(Math.LN2 * scale), f64x2.mul(p, t)));
}
