import {
  f32x4,
  f32x4Const,
  f64x2,
  f64x2Const,
  i32x4,
  i32x4Const,
  shuffle,
  type V128,
  v128,
} from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';

/** `a·b + c`, fused where the engine can. */
export function madd(e: Emitter, a: V128, b: V128, c: V128): V128 {
  return e.features.relaxed ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** `c - a·b`, fused where the engine can. */
export function nmadd(e: Emitter, a: V128, b: V128, c: V128): V128 {
  return e.features.relaxed ? f32x4.relaxed_nmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
}

/** `a·b + c` on float64. */
export function madd64(e: Emitter, a: V128, b: V128, c: V128): V128 {
  return e.features.relaxed ? f64x2.relaxed_madd(a, b, c) : f64x2.add(f64x2.mul(a, b), c);
}

/** `c - a·b` on float64. */
export function nmadd64(e: Emitter, a: V128, b: V128, c: V128): V128 {
  return e.features.relaxed ? f64x2.relaxed_nmadd(a, b, c) : f64x2.sub(c, f64x2.mul(a, b));
}

/** A polynomial by Horner's rule, lowest power first; `x` is a local. */
export function polynomial(e: Emitter, x: V128, coefficients: readonly number[]): V128 {
  return coefficients
    .slice(0, -1)
    .reduceRight((sum, c) => madd(e, sum, x, f32x4Const(c)), f32x4Const(coefficients.at(-1) as number));
}

/** `x` between two bounds; NaN stays. */
export function clamp(x: V128, low: number, high: number): V128 {
  return f32x4.pmax(f32x4.pmin(x, f32x4Const(high)), f32x4Const(low));
}

/** The magnitude; cheaper than the instruction, whose mask is made anew each time. */
export function magnitude(x: V128): V128 {
  return v128.and(x, i32x4Const(0x7fffffff));
}

/** The sign bit alone. */
export function signBit(x: V128): V128 {
  return v128.and(x, i32x4Const(-0x80000000));
}

/** Lanes of `a` where the mask has all ones, of `b` where it has all zeros. */
export function choose(e: Emitter, mask: V128, a: V128, b: V128): V128 {
  return e.features.relaxed ? i32x4.relaxed_laneselect(a, b, mask) : v128.bitselect(a, b, mask);
}

/** Four float64: lanes 0 and 1, lanes 2 and 3. Both are locals. */
export type Doubles = readonly [V128, V128];

/** Writes the same instructions for both halves, one after the other: they are independent and share constants. */
export function doubles(e: Emitter, operands: readonly Doubles[], op: (...halves: V128[]) => V128): Doubles {
  const half = (i: 0 | 1): V128 => e.f.let(op(...operands.map((operand) => operand[i])));
  return [half(0), half(1)];
}

/** A float32x4 in float64. */
export function promote(e: Emitter, x: V128): Doubles {
  return [e.f.let(f64x2.promote_low_f32x4(x)), e.f.let(f64x2.promote_low_f32x4(upperHalf(x)))];
}

/** Four float64 rounded to float32x4. */
export function demote(e: Emitter, [low, high]: Doubles): V128 {
  return e.f.let(joined(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high)));
}

/** {@link polynomial} on float64, both halves step by step. */
export function polynomial64(e: Emitter, x: Doubles, coefficients: readonly number[]): Doubles {
  const last = f64x2Const(coefficients.at(-1) as number);
  return coefficients
    .slice(0, -1)
    .reduceRight<Doubles>((sum, c) => doubles(e, [sum, x], (s, y) => madd64(e, s, y, f64x2Const(c))), [last, last]);
}

/** Lanes 2 and 3 as lanes 0 and 1. */
export function upperHalf(x: V128): V128 {
  return shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
}

/** Lanes 0 and 1 of two vectors, one after the other. */
export function joined(low: V128, high: V128): V128 {
  return shuffle(low, high, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
}
