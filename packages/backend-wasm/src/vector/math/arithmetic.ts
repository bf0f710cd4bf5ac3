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

/** {@link polynomial} on float64. */
export function polynomial64(e: Emitter, x: V128, coefficients: readonly number[]): V128 {
  return coefficients
    .slice(0, -1)
    .reduceRight((sum, c) => madd64(e, sum, x, f64x2Const(c)), f64x2Const(coefficients.at(-1) as number));
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

/** Applies a function of float64x2 to the two halves of a float32x4, and rounds the results to float32. */
export function inDoubles(e: Emitter, args: readonly V128[], compute: (...halves: V128[]) => V128): V128 {
  const half = (high: boolean): V128 => {
    const wide = args.map((x) => e.f.let(f64x2.promote_low_f32x4(high ? upperHalf(x) : x)));
    return e.f.let(f32x4.demote_f64x2_zero(compute(...wide)));
  };
  const low = half(false);
  return joined(low, half(true));
}

/** Lanes 2 and 3 as lanes 0 and 1. */
export function upperHalf(x: V128): V128 {
  return shuffle(x, x, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]);
}

/** Lanes 0 and 1 of two vectors, one after the other. */
export function joined(low: V128, high: V128): V128 {
  return shuffle(low, high, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
}
