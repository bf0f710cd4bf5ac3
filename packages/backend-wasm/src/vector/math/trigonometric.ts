import { halfPiParts } from '@flambeau/backend';
import {
  f32,
  f32x4,
  f32x4Const,
  f64,
  f64x2,
  f64x2Const,
  i32,
  i32x4,
  i32x4Const,
  i64,
  shuffle,
  type V128,
  v128,
} from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import {
  choose,
  joined,
  madd,
  madd64,
  magnitude,
  nmadd,
  nmadd64,
  polynomial,
  signBit,
  upperHalf,
} from './arithmetic.ts';
import { turns } from './turns.ts';

/** sin r = r + r·w·P(w), w = r², |r| ≤ π/4, to 3.7e-9. @source fitted by tooling/polynomials (row `sin`). */
const SIN: readonly number[] = [-0.166666552, 0.00833219104, -0.000195186061];
/** cos r = 1 - w/2 + w²·P(w), to 1.2e-10. @source fitted by tooling/polynomials (row `cos`). */
const COS: readonly number[] = [1, -0.5, 0.0416666456, -0.00138873095, 0.0000244323273];
/** tan r = r + r·w·P(w), to 1.8e-8. @source fitted by tooling/polynomials (row `tan`). */
const TAN: readonly number[] = [0.333331555, 0.13338834, 0.053408429, 0.0244403016, 0.00310357707, 0.00939512067];

/** Up to here, parts of π/2 of 14 bits have exact products with the number of quarter turns. */
const SMALL = 1600;
/** Up to here, parts of 33 bits do in float64. */
const MEDIUM = 2 ** 20;
const ROUNDING = 1.5 * 2 ** 23;
const ROUNDING64 = 1.5 * 2 ** 52;

const PARTS = halfPiParts(14, 4);
const PARTS64 = halfPiParts(33, 2);

/** An angle as a number of quarter turns, whose two lowest bits count, and the rest, at most π/4 and a little. */
interface Reduced {
  readonly quarters: V128;
  readonly rest: V128;
}

/** Reduces magnitudes of angles, a local. */
function reduce(e: Emitter, a: V128): Reduced {
  const { f } = e;
  const rounding = f32x4Const(ROUNDING);
  const quarters = f.local('v128', madd(e, a, f32x4Const(2 / Math.PI), rounding));
  const n = f.let(f32x4.sub(quarters, rounding));
  const rest = f.local(
    'v128',
    PARTS.reduce((r, part) => nmadd(e, n, f32x4Const(part), r), a),
  );
  f.if(v128.any_true(f32x4.gt(a, f32x4Const(SMALL))), () => {
    const medium = reduceMedium(e, a);
    f.set(quarters, medium.quarters);
    f.set(rest, medium.rest);
    f.if(v128.any_true(f32x4.gt(a, f32x4Const(MEDIUM))), () => {
      for (let lane = 0; lane < 4; lane++) {
        f.if(f32.gt(f32x4.extract_lane(a, lane), f32.const(MEDIUM)), () => {
          const turned = f.let(turns(e.module, i32x4.extract_lane(a, lane)));
          const nearest = i64.shr_u(i64.add(turned, i64.const(1n << 61n)), i64.const(62n));
          f.set(quarters, i32x4.replace_lane(quarters, lane, i32.wrap(nearest)));
          const signed = i64.shr_s(i64.shl(turned, i64.const(2n)), i64.const(2n));
          const angle = f64.mul(f64.convert_i64_s(signed), f64.const((Math.PI / 2) * 2 ** -62));
          f.set(rest, f32x4.replace_lane(rest, lane, f32.demote(angle)));
        });
      }
      // Infinite angles give NaN.
      f.set(rest, f32x4.add(rest, f32x4.sub(a, a)));
    });
  });
  return { quarters, rest };
}

function reduceMedium(e: Emitter, a: V128): Reduced {
  const { f } = e;
  const rounding = f64x2Const(ROUNDING64);
  const reduced = (half: V128): Reduced => {
    const x = f.let(f64x2.promote_low_f32x4(half));
    const quarters = f.let(madd64(e, x, f64x2Const(2 / Math.PI), rounding));
    const n = f.let(f64x2.sub(quarters, rounding));
    const rest = PARTS64.reduce((r, part) => nmadd64(e, n, f64x2Const(part), r), x as V128);
    return { quarters, rest: f32x4.demote_f64x2_zero(rest) };
  };
  const low = reduced(a);
  const high = reduced(upperHalf(a));
  return {
    quarters: shuffle(low.quarters, high.quarters, [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]),
    rest: joined(low.rest, high.rest),
  };
}

/** All ones where the number of quarter turns is odd. */
function oddMask(e: Emitter, quarters: V128): V128 {
  return e.f.let(i32x4.shr_s(i32x4.shl(quarters, i32.const(31)), i32.const(31)));
}

/** The sine of reduced angles; `sign` holds bits to flip the sign with. */
function sine(e: Emitter, { quarters, rest }: Reduced, sign?: V128): V128 {
  const { f } = e;
  const square = f.let(f32x4.mul(rest, rest));
  const odd = madd(e, f32x4.mul(rest, square), polynomial(e, square, SIN), rest);
  const result = choose(e, oddMask(e, quarters), polynomial(e, square, COS), odd);
  const turned = i32x4.shl(quarters, i32.const(30));
  return f.let(v128.xor(result, signBit(sign ? v128.xor(turned, sign) : turned)));
}

/** Good to 2 ulp for every angle. */
export function sin(e: Emitter, x: V128): V128 {
  return sine(e, reduce(e, e.f.let(magnitude(x))), x);
}

/** Good to 3 ulp for every angle: the sine of a quarter turn more. */
export function cos(e: Emitter, x: V128): V128 {
  const { quarters, rest } = reduce(e, e.f.let(magnitude(x)));
  return sine(e, { quarters: e.f.let(i32x4.add(quarters, i32x4Const(1))), rest });
}

/** Good to 3 ulp for every angle. */
export function tan(e: Emitter, x: V128): V128 {
  const { f } = e;
  const { quarters, rest } = reduce(e, f.let(magnitude(x)));
  const square = f.let(f32x4.mul(rest, rest));
  const tangent = f.let(madd(e, f32x4.mul(rest, square), polynomial(e, square, TAN), rest));
  const result = choose(e, oddMask(e, quarters), f32x4.div(f32x4Const(-1), tangent), tangent);
  return f.let(v128.xor(result, signBit(x)));
}
