import { f64x2, type V128 } from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import { clamp, inDoubles, polynomial64 } from './arithmetic.ts';

/** x·P(x²)/Q(x²) with `x` clamped to where the function has become ±1. */
interface OddRatio {
  readonly bound: number;
  readonly top: readonly number[];
  readonly bottom: readonly number[];
}

/** To 2.7e-8. @source fitted by tooling/polynomials (row `tanh`). */
const TANH: OddRatio = {
  bound: 9.02,
  top: [1, 0.133803964, 0.00349467993, 0.0000205876113, 1.33122189e-8],
  bottom: [1, 0.467137188, 0.0258739423, 0.000328387017, 7.76189609e-7],
};

/** To 5.6e-8. @source fitted by tooling/polynomials (row `erf`). */
const ERF: OddRatio = {
  bound: 3.925,
  top: [1.12837911, 0.190569252, 0.0529701971, 0.00382556277, 0.000295055361, 0.00000216369926],
  bottom: [1, 0.502219439, 0.114356875, 0.015084777, 0.00119345868, 0.000039805378],
};

/** In float64: a quotient of float32 polynomials gathers 6 ulp of roundings. */
function oddRatio(e: Emitter, argument: V128, { bound, top, bottom }: OddRatio): V128 {
  const { f } = e;
  const clamped = f.let(clamp(argument, -bound, bound));
  return inDoubles(e, [clamped], (x) => {
    const square = f.let(f64x2.mul(x, x));
    return f64x2.div(f64x2.mul(polynomial64(e, square, top), x), polynomial64(e, square, bottom));
  });
}

export function tanh(e: Emitter, x: V128): V128 {
  return oddRatio(e, x, TANH);
}

export function erf(e: Emitter, x: V128): V128 {
  return oddRatio(e, x, ERF);
}
