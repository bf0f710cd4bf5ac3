import { f32x4, f32x4Const, i32, i32x4, i32x4Const, type V128, v128 } from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import { madd, polynomial } from './arithmetic.ts';

/** 2 atanh(s) = 2s + s·w·P(w), w = s², for s ≤ 0.1716, to 8e-10. @source fitted by tooling/polynomials (row `log`). */
const LOG: readonly number[] = [0.666667759, 0.399775803, 0.298709184];

/** Bits of √½, where mantissas begin, so that a logarithm near 1 needs no exponent. */
const SQRT_HALF = 0x3f3504f3;
const MIN_NORMAL = 0x00800000;
const INFINITE = 0x7f800000;

/** A positive normal number as 2^k·(1 + fraction), k as a float. */
export function split(e: Emitter, x: V128): { readonly exponent: V128; readonly fraction: V128 } {
  const { f } = e;
  const offset = f.let(i32x4.sub(x, i32x4Const(SQRT_HALF)));
  const exponent = f.let(f32x4.convert_i32x4_s(i32x4.shr_s(offset, i32.const(23))));
  const mantissa = i32x4.add(v128.and(offset, i32x4Const(0x007fffff)), i32x4Const(SQRT_HALF));
  return { exponent, fraction: f.let(f32x4.sub(mantissa, f32x4Const(1))) };
}

/** log(1 + f) for √½ ≤ 1 + f ≤ √2, f a local: with s = f / (2 + f), it is 2 atanh(s) = f - s·(f - w·P(w)). */
export function logOfFraction(e: Emitter, f: V128): V128 {
  const s = e.f.let(f32x4.div(f, f32x4.add(f, f32x4Const(2))));
  const w = e.f.let(f32x4.mul(s, s));
  return f32x4.sub(f, f32x4.mul(s, f32x4.sub(f, f32x4.mul(w, polynomial(e, w, LOG)))));
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

/** log x, good to 2 ulp. */
export function log(e: Emitter, x: V128): V128 {
  return logarithm(e, x, (exponent, fraction) => madd(e, exponent, f32x4Const(Math.LN2), logOfFraction(e, fraction)));
}
