import { isTensor } from '../core/dispatch.ts';
import type { Operand } from '../core/graph.ts';
import {
  abs,
  add,
  cos,
  cosh,
  digamma,
  div,
  eq,
  exp,
  ge,
  gt,
  isfinite,
  le,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  lt,
  maskedFill,
  mul,
  ne,
  neg,
  pow,
  rsqrt,
  sigmoid,
  sign,
  signbit,
  sin,
  sinh,
  square,
  sub,
  tanh,
  trunc,
  where,
} from '../functions/pointwise.ts';
import { filled } from '../kernels/copy.ts';
import { elementwise } from '../ops/elementwise.ts';
import type { ElementwiseName } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import { type Derivative, flat, pointwise, type RuleContext } from './rule.ts';

/** What element-wise rules see: all element-wise ops look alike to them. */
type Context = RuleContext<ElementwiseName>;
type Row = Derivative<ElementwiseName>;

const rule = (...formulas: readonly (((ctx: Context) => Operand) | null)[]): Row => pointwise(...formulas);
const constant: Row = flat;
/** Steps have the derivative 0, and PyTorch sends it. */
const zero = ({ grad }: Context): Tensor => filled(grad, grad.shape);
const step: Row = rule(zero, zero);

/** g where the mask holds, 0 elsewhere. */
const keep = (grad: Tensor, mask: Tensor): Tensor => where(mask, grad, 0);
/** The gradient of a choice between x and y, halved where they are equal. */
const chosen = (grad: Tensor, wins: Tensor, ties: Tensor): Tensor => where(ties, mul(grad, 0.5), keep(grad, wins));
const passing = ({ grad }: Context): Tensor => grad;
/** 1 − x² */
const oneMinusSquare = (x: Operand): Tensor => sub(1, mul(x, x));
/** x², of a tensor or a number. */
const squareOf = (x: Operand): Operand => (isTensor(x) ? mul(x, x) : Number(x) ** 2);
const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
const isZero = (x: Operand): boolean => !isTensor(x) && Number(x) === 0;

/** The slope of x·tanh(softplus(x)): t + x·(1 − t²)·σ(x). */
function mishSlope(x: Tensor): Tensor {
  const t = tanh(elementwise('softplus', x, 1, 20));
  return add(t, mul(mul(x, oneMinusSquare(t)), sigmoid(x)));
}

/** The slope of `elu`, whose derivative is again one of its kind: above 0 it is constant. */
const eluSlope = (ctx: Context): Tensor => elementwise('eluGrad', ctx.x, ctx.y, ctx.z, ctx.w);

/** Gradients of the element-wise ops; formulas are in terms of the operands x, y, z, w and the result out. */
export const elementwiseDerivatives: Readonly<Record<ElementwiseName, Row>> = {
  add: rule(passing, passing),
  addScaled: rule(passing, ({ grad, z }) => mul(grad, z)),
  sub: rule(passing, ({ grad }) => neg(grad)),
  mul: rule(
    ({ grad, y }) => mul(grad, y),
    ({ grad, x }) => mul(grad, x),
  ),
  div: rule(
    ({ grad, y }) => div(grad, y),
    ({ grad, x, y }) => neg(mul(grad, div(div(x, y), y))),
  ),
  divTrunc: step,
  divFloor: step,
  remainder: rule(passing, ({ grad, x, y }) => neg(mul(grad, elementwise('divFloor', x, y)))),
  fmod: rule(passing, ({ grad, x, y }) => neg(mul(grad, trunc(div(x, y))))),
  // y·x^(y−1), and 0 where y is 0 (x = 0 would give NaN); out·log x, and 0 where x is 0 and y ≥ 0.
  pow: rule(
    ({ grad, x, y }) => {
      if (!isTensor(y)) return isZero(y) ? mul(grad, 0) : mul(grad, mul(pow(x, (y as unknown as number) - 1), y));
      return where(eq(y, 0), 0, mul(grad, mul(y, pow(x, sub(y, 1)))));
    },
    ({ grad, x, y, out }) => {
      const settled = isTensor(x) ? logicalAnd(eq(x, 0), ge(y, 0)) : isZero(x) ? ge(y, 0) : null;
      const slope = mul(grad, mul(out, isTensor(x) ? log(x) : Math.log(Number(x))));
      return settled ? where(settled, 0, slope) : slope;
    },
  ),
  // y is the first operand: d atan2(y, x) = (x·dy − y·dx)/(x² + y²).
  atan2: rule(
    ({ grad, x, y }) => mul(grad, div(y, add(squareOf(x), squareOf(y)))),
    ({ grad, x, y }) => neg(mul(grad, div(x, add(squareOf(x), squareOf(y))))),
  ),
  maximum: rule(
    ({ grad, x, y }) => chosen(grad, gt(x, y), eq(x, y)),
    ({ grad, x, y }) => chosen(grad, lt(x, y), eq(x, y)),
  ),
  minimum: rule(
    ({ grad, x, y }) => chosen(grad, lt(x, y), eq(x, y)),
    ({ grad, x, y }) => chosen(grad, gt(x, y), eq(x, y)),
  ),
  fmax: rule(
    ({ grad, x, y }) => keep(grad, firstWins(ge(x, y), y)),
    ({ grad, x, y }) => keep(grad, logicalNot(firstWins(ge(x, y), y))),
  ),
  fmin: rule(
    ({ grad, x, y }) => keep(grad, firstWins(le(x, y), y)),
    ({ grad, x, y }) => keep(grad, logicalNot(firstWins(le(x, y), y))),
  ),
  copysign: rule(({ grad, x, y }) => mul(grad, mul(sign(x), where(signbitOf(y, x), -1, 1))), zero),
  hypot: rule(
    ({ grad, x, out }) => mul(grad, div(x, out)),
    ({ grad, y, out }) => mul(grad, div(y, out)),
  ),
  logaddexp: rule(
    ({ grad, x, y }) => mul(grad, sigmoid(sub(x, y))),
    ({ grad, x, y }) => mul(grad, sigmoid(sub(y, x))),
  ),
  logaddexp2: rule(
    ({ grad, x, y }) => mul(grad, sigmoid(mul(sub(x, y), Math.LN2))),
    ({ grad, x, y }) => mul(grad, sigmoid(mul(sub(y, x), Math.LN2))),
  ),
  xlogy: rule(
    ({ grad, x, y }) => {
      const slope = elementwise('xlogy', grad, y);
      const infinite = isTensor(y) ? le(y, 0) : Number(y) <= 0;
      return isTensor(x) ? where(logicalAnd(eq(x, 0), infinite), 0, slope) : slope;
    },
    ({ grad, x, y }) => mul(grad, div(x, y)),
  ),
  heaviside: constant,
  ldexp: rule(
    ({ grad, y }) => mul(grad, isTensor(y) ? pow(2, y) : 2 ** Number(y)),
    ({ grad, x, y }) => mul(mul(grad, x), mul(pow(2, y), Math.LN2)),
  ),
  eq: constant,
  ne: constant,
  lt: constant,
  le: constant,
  gt: constant,
  ge: constant,
  logicalAnd: constant,
  logicalOr: constant,
  logicalXor: constant,
  bitwiseAnd: constant,
  bitwiseOr: constant,
  bitwiseXor: constant,
  bitwiseLeftShift: constant,
  bitwiseRightShift: constant,
  where: rule(
    null,
    ({ grad, x }) => where(x, grad, 0),
    ({ grad, x }) => where(x, 0, grad),
  ),
  lerp: rule(
    ({ grad, z }) => sub(grad, mul(grad, z)),
    ({ grad, z }) => mul(grad, z),
    ({ grad, x, y }) => mul(grad, sub(y, x)),
  ),
  addcmul: rule(
    passing,
    ({ grad, z, w }) => mul(grad, mul(z, w)),
    ({ grad, y, w }) => mul(grad, mul(y, w)),
  ),
  addcdiv: rule(
    passing,
    ({ grad, z, w }) => mul(grad, div(w, z)),
    ({ grad, y, z, w }) => neg(mul(grad, div(mul(div(y, z), w), z))),
  ),
  // A limit that is reached takes the gradient only where x lies outside; ties belong to x, and max beats min.
  clamp: rule(
    ({ grad, x, y, z }) => keep(grad, logicalAnd(ge(x, y), le(x, z))),
    ({ grad, x, y, z }) => keep(grad, logicalAnd(lt(x, y), lt(y, z))),
    ({ grad, x, y, z }) => keep(grad, logicalOr(gt(x, z), gt(y, z))),
  ),
  clampMin: rule(
    ({ grad, x, y }) => keep(grad, ge(x, y)),
    ({ grad, x, y }) => keep(grad, lt(x, y)),
  ),
  clampMax: rule(
    ({ grad, x, y }) => keep(grad, le(x, y)),
    ({ grad, x, y }) => keep(grad, gt(x, y)),
  ),
  nanToNum: rule(({ grad, x }) => keep(grad, isfinite(x))),
  neg: rule(({ grad }) => neg(grad)),
  abs: rule(({ grad, x }) => mul(grad, sign(x))),
  sign: step,
  floor: step,
  ceil: step,
  round: step,
  roundDecimals: step,
  trunc: step,
  frac: rule(passing),
  sqrt: rule(({ grad, out }) => div(grad, mul(out, 2))),
  rsqrt: rule(({ grad, out }) => mul(mul(grad, -0.5), mul(out, mul(out, out)))),
  square: rule(({ grad, x }) => mul(grad, mul(x, 2))),
  reciprocal: rule(({ grad, out }) => neg(mul(grad, mul(out, out)))),
  exp: rule(({ grad, out }) => mul(grad, out)),
  exp2: rule(({ grad, out }) => mul(grad, mul(out, Math.LN2))),
  expm1: rule(({ grad, out }) => mul(grad, add(out, 1))),
  log: rule(({ grad, x }) => div(grad, x)),
  log2: rule(({ grad, x }) => div(grad, mul(x, Math.LN2))),
  log10: rule(({ grad, x }) => div(grad, mul(x, Math.LN10))),
  log1p: rule(({ grad, x }) => div(grad, add(x, 1))),
  sin: rule(({ grad, x }) => mul(grad, cos(x))),
  cos: rule(({ grad, x }) => neg(mul(grad, sin(x)))),
  tan: rule(({ grad, out }) => mul(grad, add(mul(out, out), 1))),
  asin: rule(({ grad, x }) => mul(grad, rsqrt(oneMinusSquare(x)))),
  acos: rule(({ grad, x }) => neg(mul(grad, rsqrt(oneMinusSquare(x))))),
  atan: rule(({ grad, x }) => div(grad, add(mul(x, x), 1))),
  sinh: rule(({ grad, x }) => mul(grad, cosh(x))),
  cosh: rule(({ grad, x }) => mul(grad, sinh(x))),
  tanh: rule(({ grad, out }) => elementwise('tanhGrad', grad, out)),
  asinh: rule(({ grad, x }) => mul(grad, rsqrt(add(mul(x, x), 1)))),
  acosh: rule(({ grad, x }) => mul(grad, rsqrt(sub(mul(x, x), 1)))),
  atanh: rule(({ grad, x }) => div(grad, oneMinusSquare(x))),
  erf: rule(({ grad, x }) => mul(mul(grad, TWO_OVER_SQRT_PI), exp(neg(mul(x, x))))),
  erfc: rule(({ grad, x }) => mul(mul(grad, -TWO_OVER_SQRT_PI), exp(neg(mul(x, x))))),
  erfinv: rule(({ grad, out }) => mul(mul(grad, 1 / TWO_OVER_SQRT_PI), exp(mul(out, out)))),
  lgamma: rule(({ grad, x }) => mul(grad, digamma(x))),
  digamma: rule(({ grad, x }) => mul(grad, elementwise('polygamma', x, 1))),
  polygamma: rule(({ grad, x, y }) => mul(grad, elementwise('polygamma', x, add1(y)))),
  sigmoid: rule(({ grad, out }) => elementwise('sigmoidGrad', grad, out)),
  logit: rule(({ grad, x }) => div(grad, mul(x, sub(1, x)))),
  // (cos πx − sinc x)/x, 0 at 0.
  sinc: rule(({ grad, x }) => {
    const slope = div(sub(cos(mul(x, Math.PI)), elementwise('sinc', x)), maskedFill(x, eq(x, 0), 1));
    return where(eq(x, 0), 0, mul(grad, slope));
  }),
  isnan: constant,
  isinf: constant,
  isfinite: constant,
  isposinf: constant,
  isneginf: constant,
  signbit: constant,
  logicalNot: constant,
  bitwiseNot: constant,
  relu: rule(({ grad, out }) => elementwise('positivePart', out, grad)),
  positivePart: rule(null, ({ grad, x }) => elementwise('positivePart', x, grad)),
  // out = g·y·(1 − y)
  sigmoidGrad: rule(
    ({ grad, y }) => elementwise('sigmoidGrad', grad, y),
    ({ grad, x, y }) => mul(mul(grad, x), sub(1, mul(y, 2))),
  ),
  // out = g·(1 − y²)
  tanhGrad: rule(
    ({ grad, y }) => elementwise('tanhGrad', grad, y),
    ({ grad, x, y }) => mul(mul(mul(grad, x), y), -2),
  ),
  leakyRelu: rule(
    ({ grad, x, y }) => elementwise('leakyReluGrad', grad, x, y),
    ({ grad, x }) => where(gt(x, 0), 0, mul(grad, x)),
  ),
  leakyReluGrad: rule(
    ({ grad, y, z }) => elementwise('leakyReluGrad', grad, y, z),
    null,
    ({ grad, x, y }) => where(gt(y, 0), 0, mul(grad, x)),
  ),
  elu: rule((ctx) => mul(ctx.grad, eluSlope(ctx))),
  eluGrad: rule((ctx) => mul(ctx.grad, where(gt(ctx.x, 0), 0, mul(eluSlope(ctx), ctx.w)))),
  gelu: rule(({ grad, x }) => mul(grad, elementwise('geluGrad', x))),
  // 2φ(x) − x²φ(x)
  geluGrad: rule(({ grad, x }) => {
    const density = mul(exp(mul(mul(x, x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    return mul(grad, mul(density, sub(2, mul(x, x))));
  }),
  geluTanh: rule(({ grad, x }) => mul(grad, elementwise('geluTanhGrad', x))),
  // With u(x) = √(2/π)(x + 0.044715x³) and T = tanh u: T'·(1 + x·u''/(2u') − x·T·u') where T' = (1 − T²)u'.
  geluTanhGrad: rule(({ grad, x }) => {
    const c = Math.sqrt(2 / Math.PI);
    const t = tanh(mul(add(x, mul(mul(x, mul(x, x)), 0.044715)), c));
    const du = mul(add(mul(mul(x, x), 3 * 0.044715), 1), c);
    const ddu = mul(x, 6 * 0.044715 * c);
    const slope = oneMinusSquare(t);
    const bend = sub(mul(x, mul(ddu, 0.5)), mul(mul(x, t), square(du)));
    return mul(grad, mul(slope, add(du, bend)));
  }),
  silu: rule(({ grad, x }) => mul(grad, elementwise('siluGrad', x))),
  // σ'·(2 + x·(1 − 2σ))
  siluGrad: rule(({ grad, x }) => {
    const s = sigmoid(x);
    return mul(grad, mul(mul(s, sub(1, s)), add(mul(x, sub(1, mul(s, 2))), 2)));
  }),
  mish: rule(({ grad, x }) => mul(grad, mishSlope(x))),
  softplus: rule(({ grad, x, y, z }) => elementwise('softplusGrad', grad, x, y, z)),
  softplusGrad: rule(
    ({ grad, y, z, w }) => elementwise('softplusGrad', grad, y, z, w),
    ({ grad, x, y, z, w }) => {
      const s = sigmoid(mul(y, z));
      return where(gt(mul(y, z), w), 0, mul(mul(grad, x), mul(mul(s, sub(1, s)), z)));
    },
  ),
  logsigmoid: rule(({ grad, x }) => mul(grad, sigmoid(neg(x)))),
  hardtanh: rule(({ grad, x, y, z }) => elementwise('hardtanhGrad', grad, x, y, z)),
  hardtanhGrad: rule(({ grad, y, z, w }) => elementwise('hardtanhGrad', grad, y, z, w)),
  hardsigmoid: rule(({ grad, x }) => keep(mul(grad, 1 / 6), logicalAnd(gt(x, -3), lt(x, 3)))),
  hardswish: rule(({ grad, x }) => mul(grad, where(lt(x, -3), 0, where(le(x, 3), add(div(x, 3), 0.5), 1)))),
  hardshrink: rule(({ grad, x, y }) => keep(grad, gt(abs(x), y))),
  softshrink: rule(({ grad, x, y }) => keep(grad, gt(abs(x), y))),
  threshold: rule(({ grad, x, y }) => keep(grad, gt(x, y))),
  smoothL1: rule(
    ({ grad, x, y, z }) => mul(grad, huberSlope(x, y, z, true)),
    ({ grad, x, y, z }) => neg(mul(grad, huberSlope(x, y, z, true))),
  ),
  huber: rule(
    ({ grad, x, y, z }) => mul(grad, huberSlope(x, y, z, false)),
    ({ grad, x, y, z }) => neg(mul(grad, huberSlope(x, y, z, false))),
  ),
};

/** The slope in x − y: linear up to the width, then its sign; `smoothL1` divides by the width. */
function huberSlope(x: Operand, y: Operand, width: Operand, normalized: boolean): Tensor {
  const d = sub(x, y);
  if (normalized) return isZero(width) ? sign(d) : where(lt(abs(d), width), div(d, width), sign(d));
  return where(lt(abs(d), width), d, mul(sign(d), width));
}

function firstWins(notLess: Tensor, y: Operand): Tensor {
  return isTensor(y) ? logicalOr(notLess, ne(y, y)) : Number.isNaN(Number(y)) ? logicalOr(notLess, true) : notLess;
}

/** The sign bit of an operand, as a bool tensor. */
function signbitOf(y: Operand, like: Tensor): Tensor {
  return isTensor(y) ? signbit(y) : signbit(add(mul(like, 0), y));
}

/** The next order of a `polygamma`, whose order is a plain number. */
function add1(order: Operand): number {
  return Number(order as unknown as number) + 1;
}
