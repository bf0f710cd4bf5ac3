import { f32x4, f32x4Const, f64x2, type V128 } from '../../assembler/index.ts';
import type { Emitter } from '../emitter.ts';
import { choose, demote, doubles, magnitude, polynomial64, promote } from './arithmetic.ts';
import { exponential64 } from './exponential.ts';

/** erfc x = e^(-x²)·P(x)/Q(x) for 0 ≤ x ≤ 10.2, to 5.9e-9. @source fitted by tooling/polynomials (row `erfc`). */
const TOP: readonly number[] = [
  1.0000000058557807, 1.2392564384450306, 0.7324908551690402, 0.22964170980822035, 0.03288538506536865,
];
const BOTTOM: readonly number[] = [
  1, 2.3676361950034193, 2.4040727106262265, 1.327023950321694, 0.4070553284872099, 0.05828714279306402,
];

/** Good to 1 ulp. */
export function erfc(e: Emitter, x: V128): V128 {
  const { f } = e;
  const a = f.let(f32x4.pmin(magnitude(x), f32x4Const(10.2)));
  const negative = f.let(f32x4.lt(x, f32x4Const(0)));
  const wide = promote(e, a);
  const power = exponential64(
    e,
    doubles(e, [wide], (z) => f64x2.mul(f64x2.neg(z), z)),
    Math.E,
  );
  const quotient = [power, polynomial64(e, wide, TOP), polynomial64(e, wide, BOTTOM)];
  const tail = demote(
    e,
    doubles(e, quotient, (p, top, bottom) => f64x2.div(f64x2.mul(p, top), bottom)),
  );
  return f.let(choose(e, negative, f32x4.sub(f32x4Const(2), tail), tail));
}
