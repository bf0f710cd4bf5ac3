import { f32x4, f32x4Const, i32, i32x4, type V128 } from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import { clamp, madd, nmadd, polynomial } from './arithmetic.ts';

/** e^r = 1 + r·P(r) for |r| ≤ ln 2 / 2, to 3.2e-9. @source fitted by tooling/polynomials (row `exp`). */
const EXP: readonly number[] = [1, 0.49999994, 0.166665226, 0.0416682921, 0.00836853217, 0.00138182985];

/** Added to |n| < 2²² and taken away again, rounds n to an integer; the sum's low bits are n + 127. */
const ROUNDING = 1.5 * 2 ** 23 + 127;

/** Rounded to 16 bits, so that its product with n is exact. */
const TWO_LN2_HIGH = Math.round(2 * Math.LN2 * 2 ** 15) / 2 ** 15;
const TWO_LN2_LOW = 2 * Math.LN2 - TWO_LN2_HIGH;

/** Above it, e^x is infinite in float32; below the other, zero. */
const OVERFLOW = 89;
const UNDERFLOW = -105;

/** Coefficients of e^(k·r) = 1 + k·r·P(k·r). */
function scaled(k: number): readonly number[] {
  return [1, ...EXP.map((c, i) => c * k ** (i + 1))];
}

/**
 * e^(x/2) of clamped `x`, a local: the square is e^x without overflow or loss on the way. With x/2 = n·ln 2 + r, it is
 * 2^n·e^r.
 */
export function exponentialOfHalf(e: Emitter, x: V128): V128 {
  const { f } = e;
  const shifted = f.let(madd(e, x, f32x4Const(0.5 / Math.LN2), f32x4Const(ROUNDING)));
  const n = f.let(f32x4.sub(shifted, f32x4Const(ROUNDING)));
  const r = f.let(nmadd(e, n, f32x4Const(TWO_LN2_LOW), nmadd(e, n, f32x4Const(TWO_LN2_HIGH), x)));
  const power = i32x4.shl(shifted, i32.const(23));
  return f.let(f32x4.mul(polynomial(e, r, scaled(0.5)), power));
}

/** e^x; `high` bounds the argument from above. */
function exponential(e: Emitter, x: V128, high = OVERFLOW): V128 {
  const root = exponentialOfHalf(e, e.f.let(clamp(x, UNDERFLOW, high)));
  return e.f.let(f32x4.mul(root, root));
}

/** e^x, good to 3 ulp. */
export function exp(e: Emitter, x: V128): V128 {
  return exponential(e, x);
}

/** 1 / (1 + e^-x) as e^x / (1 + e^x), where e^x is kept finite. */
export function sigmoid(e: Emitter, x: V128): V128 {
  const power = exponential(e, x, 88);
  return e.f.let(f32x4.div(power, f32x4.add(power, f32x4Const(1))));
}
