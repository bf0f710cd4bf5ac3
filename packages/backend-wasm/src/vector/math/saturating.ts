import { f32x4, f32x4Const, i32, i32x4, type V128, v128 } from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import { choose, madd, magnitude, nmadd, polynomial, signBit } from './arithmetic.ts';
import { ROUNDING } from './exponential.ts';

/** tanh x = x + x·w·P(w), w = x² < 0.33, to 5.3e-8. @source fitted by tooling/polynomials (row `tanhSmall`). */
const TANH_SMALL: readonly number[] = [-0.333328158, 0.13317652, -0.0524735488, 0.0160606466];
const TANH_LIMIT = 0.57;
/** From here on, tanh is 1 in float32. */
const TANH_ONE = 9.02;

/** e^(2r) = 1 + 2r·P(2r), 2|r| ≤ ln 2 / 2, to 1.1e-7. @source fitted by tooling/polynomials (row `expShort`). */
const EXP_TWICE: readonly number[] = [1, 1, 0.499992311, 0.166671112, 0.0418901742, 0.00831281487].map(
  (c, i) => c * 2 ** i,
);

/** erf x = x + x·P(x²) for |x| ≤ 1, to 4.1e-8. @source fitted by tooling/polynomials (row `erfSmall`). */
const ERF_SMALL: readonly number[] = [
  0.128379121, -0.37612322, 0.112801462, -0.0267103538, 0.00491645047, -0.000562700327,
];
const ERF_LIMIT = 1;
/** From here on, erf is 1 in float32. */
const ERF_ONE = 3.95;
/**
 * erfc x = P(x)^-8 for 1 ≤ x ≤ 3.95, with an error of at most 1.2e-8.
 *
 * @source after 7.1.28 of Abramowitz and Stegun's Handbook; fitted by tooling/polynomials (row `erfLarge`).
 */
const ERF_LARGE: readonly number[] = [
  0.996377945, 0.159718841, 0.0484197959, 0.0748031139, -0.0337025821, 0.0179993063, -0.00405222597, 0.000547898584,
];

/** An odd function that goes to ±1, from its branches for the magnitude. */
function saturating(
  e: Emitter,
  x: V128,
  limit: number,
  one: number,
  small: (a: V128, square: V128) => V128,
  large: (a: V128) => V128,
): V128 {
  const { f } = e;
  const a = f.let(magnitude(x));
  const below = small(a, f.let(f32x4.mul(a, a)));
  const above = large(f.let(f32x4.pmin(a, f32x4Const(one))));
  const result = choose(e, f32x4.lt(a, f32x4Const(limit)), below, above);
  return f.let(v128.or(result, signBit(x)));
}

/** Near 0 a polynomial, beyond 1 - 2 / (e^2x + 1): what is left of 1 needs few correct digits. Good to 2 ulp. */
export function tanh(e: Emitter, x: V128): V128 {
  const { f } = e;
  return saturating(
    e,
    x,
    TANH_LIMIT,
    TANH_ONE,
    (a, square) => madd(e, f32x4.mul(a, square), polynomial(e, square, TANH_SMALL), a),
    (a) => {
      const shifted = f.let(madd(e, a, f32x4Const(2 / Math.LN2), f32x4Const(ROUNDING)));
      const n = f32x4.sub(shifted, f32x4Const(ROUNDING));
      const r = f.let(nmadd(e, n, f32x4Const(Math.LN2 / 2), a));
      const power = i32x4.shl(shifted, i32.const(23));
      const denominator = madd(e, polynomial(e, r, EXP_TWICE), power, f32x4Const(1));
      return f32x4.sub(f32x4Const(1), f32x4.div(f32x4Const(2), denominator));
    },
  );
}

/** Near 0 a polynomial, beyond 1 - 1 / (polynomial)^8. Good to 3 ulp. */
export function erf(e: Emitter, x: V128): V128 {
  const { f } = e;
  const square = (value: V128): V128 => {
    const root = f.let(value);
    return f32x4.mul(root, root);
  };
  return saturating(
    e,
    x,
    ERF_LIMIT,
    ERF_ONE,
    (a, w) => madd(e, a, polynomial(e, w, ERF_SMALL), a),
    (a) => {
      const eighth = square(square(square(polynomial(e, a, ERF_LARGE))));
      return f32x4.sub(f32x4Const(1), f32x4.div(f32x4Const(1), eighth));
    },
  );
}
