import { f32x4, f32x4Const, f64x2, f64x2Const, type V128, v128 } from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import { choose, demote, doubles, magnitude, polynomial64, promote, signBit } from './arithmetic.ts';
import { logarithm64 } from './logarithm.ts';

/**
 * erfinv x = x·P(w)/Q(w), w = -log(1 - x²) < 16.8, to 2e-8.
 *
 * @source after Giles, Approximating the erfinv function; fitted by tooling/polynomials (row `erfinv`).
 */
const TOP: readonly number[] = [
  0.8862269430646601, 0.3078769262161751, 0.05994371807400924, 0.007815142694314917, 0.0006474847587980018,
  0.000023709439659321404,
];
const BOTTOM: readonly number[] = [
  1, 0.08560306515044822, 0.03219403245590187, 0.0019131258417037793, 0.00017729471916069428, 0.000001245276735365699,
];

/** Below it, asinh x and atanh x are x in float32. */
const TINY = 2 ** -13;

/** Good to 1 ulp. */
export function asinh(e: Emitter, x: V128): V128 {
  const { f } = e;
  const a = f.let(magnitude(x));
  const sum = doubles(e, [promote(e, a)], (z) => f64x2.add(f64x2.sqrt(f64x2.add(f64x2.mul(z, z), f64x2Const(1))), z));
  const result = demote(e, logarithm64(e, sum, Math.E));
  const inside = v128.and(f32x4.ge(a, f32x4Const(TINY)), f32x4.lt(a, f32x4Const(Number.POSITIVE_INFINITY)));
  return f.let(v128.or(choose(e, inside, result, a), signBit(x)));
}

/** Good to 1 ulp. */
export function acosh(e: Emitter, x: V128): V128 {
  const { f } = e;
  const sum = doubles(e, [promote(e, x)], (z) => f64x2.add(f64x2.sqrt(f64x2.sub(f64x2.mul(z, z), f64x2Const(1))), z));
  const result = demote(e, logarithm64(e, sum, Math.E));
  const inside = v128.and(f32x4.ge(x, f32x4Const(1)), f32x4.lt(x, f32x4Const(Number.POSITIVE_INFINITY)));
  // Infinity stays, what is below 1 becomes NaN.
  const outside = f32x4.mul(x, f32x4.sqrt(f32x4.sub(x, f32x4Const(1))));
  return f.let(choose(e, inside, result, outside));
}

/** Infinite where a magnitude is 1, NaN beyond. */
function poles(a: V128): V128 {
  return f32x4.div(f32x4Const(1), f32x4.sqrt(f32x4.sub(f32x4Const(1), a)));
}

/** Good to 1 ulp. */
export function atanh(e: Emitter, x: V128): V128 {
  const { f } = e;
  const a = f.let(magnitude(x));
  const one = f64x2Const(1);
  const ratio = doubles(e, [promote(e, a)], (z) => f64x2.div(f64x2.add(one, z), f64x2.sub(one, z)));
  // Half the natural logarithm.
  const result = demote(e, logarithm64(e, ratio, Math.E ** 2));
  const inside = choose(e, f32x4.lt(a, f32x4Const(TINY)), a, result);
  return f.let(v128.or(choose(e, f32x4.lt(a, f32x4Const(1)), inside, poles(a)), signBit(x)));
}

/** Good to 1 ulp. */
export function erfinv(e: Emitter, x: V128): V128 {
  const { f } = e;
  const a = f.let(magnitude(x));
  const wide = promote(e, a);
  const logarithm = logarithm64(
    e,
    doubles(e, [wide], (z) => f64x2.sub(f64x2Const(1), f64x2.mul(z, z))),
    Math.E,
  );
  const w = doubles(e, [logarithm], f64x2.neg);
  const quotient = [wide, polynomial64(e, w, TOP), polynomial64(e, w, BOTTOM)];
  const result = demote(
    e,
    doubles(e, quotient, (z, top, bottom) => f64x2.div(f64x2.mul(z, top), bottom)),
  );
  return f.let(v128.or(choose(e, f32x4.lt(a, f32x4Const(1)), result, poles(a)), signBit(x)));
}
