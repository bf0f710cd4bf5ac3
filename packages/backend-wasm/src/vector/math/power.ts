import { f32x4, f32x4Const, f64x2, f64x2Const, i32, i32x4, type V128, v128 } from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import { demote, doubles, magnitude, promote, signBit } from './arithmetic.ts';
import { exponential64 } from './exponential.ts';
import { logarithm64 } from './logarithm.ts';

const INFINITY: V128 = f32x4Const(Number.POSITIVE_INFINITY);

/** a^b as 2^(b·log2 |a|) in float64, good to 1 ulp; all but finite powers of positive numbers on a rarer path. */
export function pow(e: Emitter, a: V128, b: V128): V128 {
  const { f } = e;
  const size = f.let(magnitude(a));
  const logarithm = logarithm64(e, promote(e, size), 2);
  const exponent = doubles(e, [logarithm, promote(e, b)], (l, y) =>
    f64x2.pmax(f64x2.pmin(f64x2.mul(l, y), f64x2Const(200)), f64x2Const(-200)),
  );
  const result = f.local('v128', demote(e, exponential64(e, exponent, 2)));
  const positive = v128.and(f32x4.gt(a, f32x4Const(0)), f32x4.lt(a, INFINITY));
  const ordinary = v128.and(positive, f32x4.lt(magnitude(b), INFINITY));
  f.if(i32.eqz(i32x4.all_true(ordinary)), () => special(e, a, b, size, (x) => f.set(result, x), result));
  return result;
}

/** What the C standard says of zeros, infinities, NaN and negative bases. `result` is that of finite magnitudes. */
function special(e: Emitter, a: V128, b: V128, size: V128, set: (x: V128) => void, result: V128): void {
  const one = f32x4Const(1);
  const zero = f32x4Const(0);
  const where = (mask: V128, value: V128): void => set(v128.bitselect(value, result, mask));
  const falling = e.f.let(f32x4.lt(b, zero));
  where(f32x4.eq(a, zero), v128.and(falling, INFINITY));
  where(f32x4.eq(size, INFINITY), v128.andnot(INFINITY, falling));
  where(f32x4.eq(size, one), one);
  const half = e.f.let(f32x4.mul(b, f32x4Const(0.5)));
  const whole = e.f.let(f32x4.eq(f32x4.trunc(b), b));
  const odd = v128.and(whole, f32x4.ne(f32x4.trunc(half), half));
  set(v128.or(result, v128.and(odd, signBit(a))));
  const negative = v128.and(f32x4.lt(a, zero), f32x4.lt(size, INFINITY));
  where(v128.andnot(negative, whole), f32x4Const(Number.NaN));
  const sum = e.f.let(f32x4.add(a, b));
  where(v128.or(f32x4.ne(a, a), f32x4.ne(b, b)), sum);
  where(v128.or(f32x4.eq(a, one), f32x4.eq(b, zero)), one);
}
