import { f32x4, f32x4Const, f64x2, f64x2Const, i32, i32x4, i64x2, type V128, v128 } from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import {
  choose,
  clamp,
  type Doubles,
  doubles,
  madd,
  madd64,
  magnitude,
  nmadd,
  nmadd64,
  polynomial,
  polynomial64,
  signBit,
} from './arithmetic.ts';

/** e^r = 1 + r·P(r) for |r| ≤ ln 2 / 2, to 3.2e-9. @source fitted by tooling/polynomials (row `exp`). */
const EXP: readonly number[] = [1, 0.49999994, 0.166665226, 0.0416682921, 0.00836853217, 0.00138182985];

/** The same to 5.2e-11. @source fitted by tooling/polynomials (row `expLong`). */
const EXP_LONG: readonly number[] = [
  1, 0.5000000067642806, 0.16666665869415045, 0.041666295092706924, 0.00833349700859422, 0.0013944648651373673,
  0.00019790352299209175,
];

/** sinh x = x + x·w·P(w), w = x² ≤ 1, to 2.6e-8. @source fitted by tooling/polynomials (row `sinhSmall`). */
const SINH_SMALL: readonly number[] = [0.166667178, 0.00833022315, 0.000203766336];

/** Added to |n| < 2²² and taken away again, rounds n to an integer; the low bits of the sum are n + 127. */
export const ROUNDING: number = 1.5 * 2 ** 23 + 127;
/** The same in float64, with the low bits n + 1023. */
const ROUNDING64 = 1.5 * 2 ** 52 + 1023;

/** Rounded to 16 bits, so that its product with n is exact. */
const LN2_HIGH = Math.round(Math.LN2 * 2 ** 16) / 2 ** 16;
const LN2_LOW = Math.LN2 - LN2_HIGH;

/** P of e^(k·r) = 1 + k·r·P(k·r), with all in one polynomial. */
function scaled(k: number, coefficients: readonly number[] = EXP): readonly number[] {
  return [1, ...coefficients.map((c, i) => c * k ** (i + 1))];
}

/** e^(scale·x)·2^bias for a local `x`: with scale·x = n·ln 2 + scale·r, it is e^(scale·r)·2^(n + bias). */
function exponential(e: Emitter, x: V128, scale: number, bias: number): V128 {
  const { f } = e;
  const rounding = f32x4Const(ROUNDING + bias);
  const shifted = f.let(madd(e, x, f32x4Const(scale / Math.LN2), rounding));
  const n = f.let(f32x4.sub(shifted, rounding));
  const r = f.let(nmadd(e, n, f32x4Const(LN2_LOW / scale), nmadd(e, n, f32x4Const(LN2_HIGH / scale), x)));
  const power = i32x4.shl(shifted, i32.const(23));
  return f.let(f32x4.mul(polynomial(e, r, scaled(scale)), power));
}

/** Below it e^x rounds to 0. */
const EXP_ZERO = -103.98;

/** A factor of a result that is 0 below some x: there machines take a hundred times as long for a product that underflows. */
function unlessBelow(x: V128, limit: number, factor: V128): V128 {
  return v128.andnot(factor, f32x4.lt(x, f32x4Const(limit)));
}

/** e^x, good to 3 ulp: the square of e^(x/2), which is never subnormal or infinite. */
export function exp(e: Emitter, x: V128): V128 {
  const root = exponential(e, e.f.let(clamp(x, -105, 89)), 0.5, 0);
  const kept = e.f.let(unlessBelow(x, EXP_ZERO, root));
  return e.f.let(f32x4.mul(kept, kept));
}

/** 1 / (1 + e^-x) as e^x / (1 + e^x), both times 2^24 lest e^x be subnormal; good to 2 ulp. */
export function sigmoid(e: Emitter, x: V128): V128 {
  const power = e.f.let(unlessBelow(x, EXP_ZERO, exponential(e, e.f.let(clamp(x, -103, 60)), 1, 24)));
  return e.f.let(f32x4.div(power, f32x4.add(power, f32x4Const(2 ** 24))));
}

/** 2^x, exact for integers: 2^r times 2^n in two factors, lest one be subnormal or infinite. */
export function exp2(e: Emitter, argument: V128): V128 {
  const { f } = e;
  const rounding = f32x4Const(ROUNDING);
  const x = f.let(clamp(argument, -151, 129));
  const n = f.let(f32x4.nearest(x));
  const r = f.let(f32x4.sub(x, n));
  const half = f.let(madd(e, n, f32x4Const(0.5), rounding));
  const rest = f32x4.add(f32x4.sub(n, f32x4.sub(half, rounding)), rounding);
  const [first, second] = [half, rest].map((biased) => i32x4.shl(biased, i32.const(23))) as [V128, V128];
  const scaledOnce = f32x4.mul(polynomial(e, r, scaled(Math.LN2)), first);
  return f.let(f32x4.mul(unlessBelow(x, -150, scaledOnce), second));
}

/** e^x - 1 as 2^n·(e^r - 1) + (2^n - 1), in halves lest 2^n overflow; good to 2 ulp. */
export function expm1(e: Emitter, argument: V128): V128 {
  const { f } = e;
  const rounding = f32x4Const(ROUNDING - 1);
  const x = f.let(clamp(argument, -18, 89));
  const shifted = f.let(madd(e, x, f32x4Const(1 / Math.LN2), rounding));
  const n = f.let(f32x4.sub(shifted, rounding));
  const r = f.let(nmadd(e, n, f32x4Const(LN2_LOW), nmadd(e, n, f32x4Const(LN2_HIGH), x)));
  const power = f.let(i32x4.shl(shifted, i32.const(23)));
  const fraction = f32x4.mul(polynomial(e, r, EXP), r);
  const half = f.let(madd(e, fraction, power, f32x4.sub(power, f32x4Const(0.5))));
  return f.let(v128.or(f32x4.add(half, half), signBit(argument)));
}

/** e^|x| / 4, finite wherever sinh and cosh are. */
function quarterExponential(e: Emitter, a: V128): V128 {
  return exponential(e, e.f.let(f32x4.pmin(a, f32x4Const(89.5))), 1, -2);
}

/** Good to 3 ulp. */
export function cosh(e: Emitter, x: V128): V128 {
  const quarter = quarterExponential(e, magnitude(x));
  const half = e.f.let(f32x4.add(quarter, f32x4.div(f32x4Const(1 / 16), quarter)));
  return e.f.let(f32x4.add(half, half));
}

/** Good to 3 ulp. */
export function sinh(e: Emitter, x: V128): V128 {
  const { f } = e;
  const a = f.let(magnitude(x));
  const square = f.let(f32x4.mul(a, a));
  const quarter = quarterExponential(e, a);
  const half = f.let(f32x4.sub(quarter, f32x4.div(f32x4Const(1 / 16), quarter)));
  const small = madd(e, f32x4.mul(a, square), polynomial(e, square, SINH_SMALL), a);
  const result = choose(e, f32x4.lt(a, f32x4Const(1)), small, f32x4.add(half, half));
  return f.let(v128.or(result, signBit(x)));
}

/** base^x in float64, base e or 2, for |x| < 700; good to 1e-10. */
export function exponential64(e: Emitter, x: Doubles, base: number): Doubles {
  const scale = Math.log(base);
  const rounding = f64x2Const(ROUNDING64);
  const shifted = doubles(e, [x], (y) => madd64(e, y, f64x2Const(scale / Math.LN2), rounding));
  const r = doubles(e, [shifted, x], (s, y) => nmadd64(e, f64x2.sub(s, rounding), f64x2Const(Math.LN2 / scale), y));
  const fraction = polynomial64(e, r, scaled(scale, EXP_LONG));
  return doubles(e, [fraction, shifted], (p, s) => f64x2.mul(p, i64x2.shl(s, i32.const(52))));
}
