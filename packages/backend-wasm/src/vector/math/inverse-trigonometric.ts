import { f32x4, f32x4Const, i32, i32x4, type V128, v128 } from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import { choose, madd, magnitude, polynomial, signBit } from './arithmetic.ts';

/** asin x = x + x·w·P(w), w = x² ≤ 1/4, to 5e-9. @source fitted by tooling/polynomials (row `asin`). */
const ASIN: readonly number[] = [0.166667536, 0.0749525204, 0.0454760417, 0.0241520926, 0.0422117971];
/** atan x = x + x·w·P(w), w = x² ≤ 1, to 1.5e-8. @source fitted by tooling/polynomials (row `atan`). */
const ATAN: readonly number[] = [
  -0.333331674, 0.199941471, -0.142142847, 0.106792226, -0.0758115426, 0.0435600914, -0.0165850837, 0.00297553698,
];

const HALF_PI_LOW = Math.PI / 2 - Math.fround(Math.PI / 2);

/** π/2 - x, with π/2 in two parts. */
function complement(x: V128): V128 {
  return f32x4.sub(f32x4Const(Math.PI / 2), f32x4.sub(x, f32x4Const(HALF_PI_LOW)));
}

/** x + x·w·P(w) for locals `x` and `w`. */
function odd(e: Emitter, x: V128, w: V128, coefficients: readonly number[]): V128 {
  return e.f.let(madd(e, f32x4.mul(x, w), polynomial(e, w, coefficients), x));
}

/** asin of |x|, as it is up to ½; beyond, what π/2 is more than twice a smaller angle. NaN beyond 1. */
function halvedAsin(e: Emitter, a: V128): { readonly beyond: V128; readonly angle: V128 } {
  const { f } = e;
  const beyond = f.let(f32x4.gt(a, f32x4Const(0.5)));
  const halved = f32x4.mul(f32x4.sub(f32x4Const(1), a), f32x4Const(0.5));
  const square = f.let(choose(e, beyond, halved, f32x4.mul(a, a)));
  const root = f.let(choose(e, beyond, f32x4.sqrt(square), a));
  return { beyond, angle: odd(e, root, square, ASIN) };
}

/** Good to 3 ulp. */
export function asin(e: Emitter, x: V128): V128 {
  const { beyond, angle } = halvedAsin(e, e.f.let(magnitude(x)));
  const result = choose(e, beyond, complement(f32x4.add(angle, angle)), angle);
  return e.f.let(v128.or(result, signBit(x)));
}

/** Good to 2 ulp. */
export function acos(e: Emitter, x: V128): V128 {
  const { f } = e;
  const { beyond, angle } = halvedAsin(e, f.let(magnitude(x)));
  const twice = f.let(f32x4.add(angle, angle));
  const negative = f32x4.lt(x, f32x4Const(0));
  const outer = f.let(choose(e, negative, f32x4.sub(f32x4Const(Math.PI), twice), twice));
  const inner = complement(v128.or(angle, signBit(x)));
  return f.let(choose(e, beyond, outer, inner));
}

/** Good to 3 ulp: angles of more than 45° through their complement. */
export function atan(e: Emitter, x: V128): V128 {
  const { f } = e;
  const a = f.let(magnitude(x));
  const steep = f.let(f32x4.gt(a, f32x4Const(1)));
  const slope = f.let(choose(e, steep, f32x4.div(f32x4Const(1), a), a));
  const angle = odd(e, slope, f.let(f32x4.mul(slope, slope)), ATAN);
  return f.let(v128.or(choose(e, steep, complement(angle), angle), signBit(x)));
}

/** The angle of (x, y), good to 3 ulp. */
export function atan2(e: Emitter, y: V128, x: V128): V128 {
  const { f } = e;
  const [width, height] = [f.let(magnitude(x)), f.let(magnitude(y))];
  const steep = f.let(f32x4.gt(height, width));
  const shorter = f.let(choose(e, steep, width, height));
  const longer = f.let(choose(e, steep, height, width));
  // Both 0 make slope 0, both infinite slope 1.
  const even = v128.and(f32x4.gt(shorter, f32x4Const(0)), f32x4Const(1));
  const slope = f.let(choose(e, f32x4.eq(shorter, longer), even, f32x4.div(shorter, longer)));
  const angle = odd(e, slope, f.let(f32x4.mul(slope, slope)), ATAN);
  const right = f.let(choose(e, steep, complement(angle), angle));
  const leftwards = i32x4.shr_s(x, i32.const(31));
  const result = choose(e, leftwards, f32x4.sub(f32x4Const(Math.PI), right), right);
  return f.let(v128.or(result, signBit(y)));
}
