import { cast, type DType, type Expr, isFloat, op, type ScalarOpName } from '@flambeau/backend';
import { KEEP, type Keep } from '../core/dispatch.ts';
import { c, type ElementwiseRow } from '../kernels/elementwise.ts';
import type { ElementwiseName } from './signatures.ts';

/** One element-wise op: how it computes and what its derivative needs to see again. */
export interface ElementwiseOp extends ElementwiseRow {
  readonly keep: Keep;
}

type Formula = (args: readonly Expr[], dtype: DType) => Expr;
type Unary = (x: Expr, dtype: DType) => Expr;
type Binary = (x: Expr, y: Expr, dtype: DType) => Expr;
type Ternary = (x: Expr, y: Expr, z: Expr, dtype: DType) => Expr;

const { nothing, x: X, y: Y, z: Z, w: W, out: OUT } = KEEP;
const XY = X | Y;

const row = (arity: number, keep: Keep, expr: Formula, rest: Partial<ElementwiseRow> = {}): ElementwiseOp => ({
  arity,
  keep,
  expr,
  compute: 'promote',
  result: 'same',
  ...rest,
});

const unary = (keep: Keep, f: Unary, rest: Partial<ElementwiseRow> = {}): ElementwiseOp =>
  row(1, keep, ([x], t) => f(x as Expr, t), rest);
const float = (keep: Keep, f: Unary): ElementwiseOp => unary(keep, f, { compute: 'float' });
const binary = (keep: Keep, f: Binary, rest: Partial<ElementwiseRow> = {}): ElementwiseOp =>
  row(2, keep, ([x, y], t) => f(x as Expr, y as Expr, t), rest);
const ternary = (keep: Keep, f: Ternary, rest: Partial<ElementwiseRow> = {}): ElementwiseOp =>
  row(3, keep, ([x, y, z], t) => f(x as Expr, y as Expr, z as Expr, t), rest);

/** A scalar op of the same name that works on floats. */
const math = (name: ScalarOpName, keep: Keep): ElementwiseOp => float(keep, (x) => op(name, x));
const test = (f: Unary): ElementwiseOp => unary(nothing, f, { result: 'bool' });
const compare = (name: ScalarOpName): ElementwiseOp => binary(nothing, (x, y) => op(name, x, y), { result: 'bool' });
const logical = (name: ScalarOpName): ElementwiseOp =>
  binary(nothing, (x, y) => op(name, cast(x, 'bool'), cast(y, 'bool')), { result: 'bool' });
/** Rounding leaves integers as they are. */
const rounding = (name: ScalarOpName): ElementwiseOp => unary(nothing, (x, t) => (isFloat(t) ? op(name, x) : x));

const { add, sub, mul, div, neg, exp, where, lt, gt, le, ge, max, min, abs } = Object.fromEntries(
  (['add', 'sub', 'mul', 'div', 'neg', 'exp', 'where', 'lt', 'gt', 'le', 'ge', 'max', 'min', 'abs'] as const).map(
    (name) => [name, (...args: readonly Expr[]): Expr => op(name, ...args)],
  ),
) as Record<
  'add' | 'sub' | 'mul' | 'div' | 'neg' | 'exp' | 'where' | 'lt' | 'gt' | 'le' | 'ge' | 'max' | 'min' | 'abs',
  (...args: Expr[]) => Expr
>;

const isBool = (t: DType): boolean => t === 'bool';
const infinite = (x: Expr, t: DType): Expr =>
  isFloat(t) ? op('eq', abs(x), c(Number.POSITIVE_INFINITY, t)) : op('ne', x, x);

/** log(1 + e^x) without overflow: max(x, 0) + log1p(e^-|x|). */
const softplusOf = (x: Expr, t: DType): Expr => add(max(x, c(0, t)), op('log1p', exp(neg(abs(x)))));
const sigmoidOf = (x: Expr): Expr => op('sigmoid', x);
/** Φ(x), the normal distribution function. */
const normalCdf = (x: Expr, t: DType): Expr => mul(c(0.5, t), add(c(1, t), op('erf', mul(x, c(Math.SQRT1_2, t)))));
const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
/** tanh(√(2/π)·(x + 0.044715·x³)). */
const geluTanhOf = (x: Expr, t: DType): Expr =>
  op('tanh', mul(c(SQRT_2_OVER_PI, t), add(x, mul(c(0.044715, t), mul(x, mul(x, x))))));

/** Every element-wise op; see each row's derivative in `derivatives`. Operands are x, y, z, w. */
export const elementwiseRows: Readonly<Record<ElementwiseName, ElementwiseOp>> = {
  add: binary(nothing, (x, y, t) => op(isBool(t) ? 'or' : 'add', x, y)),
  addScaled: ternary(Z, (x, y, z) => add(x, mul(y, z)), { factors: 2 }),
  sub: binary(nothing, (x, y) => sub(x, y)),
  mul: binary(XY, (x, y, t) => op(isBool(t) ? 'and' : 'mul', x, y)),
  div: binary(XY, (x, y) => div(x, y), { compute: 'float' }),
  divTrunc: binary(nothing, (x, y) => op('truncDiv', x, y)),
  divFloor: binary(nothing, (x, y) => op('floorDiv', x, y)),
  remainder: binary(XY, (x, y) => op('remainder', x, y)),
  fmod: binary(XY, (x, y) => op('fmod', x, y)),
  pow: binary(XY | OUT, (x, y) => op('pow', x, y)),
  atan2: binary(XY, (x, y) => op('atan2', x, y), { compute: 'float' }),
  maximum: binary(XY, (x, y) => max(x, y)),
  minimum: binary(XY, (x, y) => min(x, y)),
  fmax: binary(XY, (x, y, t) =>
    isFloat(t) ? where(op('isnan', x), y, where(op('isnan', y), x, max(x, y))) : max(x, y),
  ),
  fmin: binary(XY, (x, y, t) =>
    isFloat(t) ? where(op('isnan', x), y, where(op('isnan', y), x, min(x, y))) : min(x, y),
  ),
  copysign: binary(XY, (x, y) => where(op('eq', op('signbit', x), op('signbit', y)), x, neg(x)), { compute: 'float' }),
  // Scaled by the larger side, so that squares neither overflow nor vanish.
  hypot: binary(XY | OUT, (x, y, t) => {
    const big = max(abs(x), abs(y));
    const ratio = div(min(abs(x), abs(y)), big);
    const plain = mul(big, op('sqrt', add(c(1, t), mul(ratio, ratio))));
    const anyInfinite = op('or', infinite(x, t), infinite(y, t));
    return where(anyInfinite, c(Number.POSITIVE_INFINITY, t), where(op('eq', big, c(0, t)), big, plain));
  }),
  logaddexp: binary(XY, (x, y, t) => logAddExp(x, y, t, (d) => op('log1p', exp(d)))),
  logaddexp2: binary(XY, (x, y, t) => logAddExp(x, y, t, (d) => mul(op('log1p', op('exp2', d)), c(Math.LOG2E, t)))),
  xlogy: binary(XY, (x, y, t) => where(op('isnan', y), y, where(op('eq', x, c(0, t)), c(0, t), mul(x, op('log', y)))), {
    compute: 'float',
  }),
  heaviside: binary(nothing, (x, y, t) => where(op('eq', x, c(0, t)), y, cast(gt(x, c(0, t)), t))),
  ldexp: binary(XY, (x, y) => mul(x, op('exp2', y)), { compute: 'float' }),

  eq: compare('eq'),
  ne: compare('ne'),
  lt: compare('lt'),
  le: compare('le'),
  gt: compare('gt'),
  ge: compare('ge'),
  logicalAnd: logical('and'),
  logicalOr: logical('or'),
  logicalXor: logical('xor'),
  bitwiseAnd: binary(nothing, (x, y) => op('and', x, y)),
  bitwiseOr: binary(nothing, (x, y) => op('or', x, y)),
  bitwiseXor: binary(nothing, (x, y) => op('xor', x, y)),
  bitwiseLeftShift: binary(nothing, (x, y) => op('shiftLeft', x, y)),
  bitwiseRightShift: binary(nothing, (x, y) => op('shiftRight', x, y)),

  where: ternary(X, (x, y, z) => where(cast(x, 'bool'), y, z), { first: 1 }),
  // Two forms, so that weight 0 gives x and weight 1 gives y exactly.
  lerp: ternary(X | Y | Z, (x, y, z, t) => {
    const span = sub(y, x);
    return where(lt(abs(z), c(0.5, t)), add(x, mul(z, span)), sub(y, mul(span, sub(c(1, t), z))));
  }),
  addcmul: row(4, Y | Z | W, ([x, y, z, w]) => add(x as Expr, mul(w as Expr, mul(y as Expr, z as Expr))), {
    factors: 3,
  }),
  addcdiv: row(4, Y | Z | W, ([x, y, z, w]) => add(x as Expr, mul(w as Expr, div(y as Expr, z as Expr))), {
    factors: 3,
  }),
  clamp: ternary(X | Y | Z, (x, y, z) => min(max(x, y), z)),
  clampMin: binary(XY, (x, y) => max(x, y)),
  clampMax: binary(XY, (x, y) => min(x, y)),
  nanToNum: row(
    4,
    X,
    ([x, y, z, w], t) => {
      const value = x as Expr;
      if (!isFloat(t)) return value;
      const high = where(op('eq', value, c(Number.POSITIVE_INFINITY, t)), z as Expr, value);
      return where(
        op('isnan', value),
        y as Expr,
        where(op('eq', value, c(Number.NEGATIVE_INFINITY, t)), w as Expr, high),
      );
    },
    { factors: 1 },
  ),

  neg: unary(nothing, (x) => neg(x)),
  abs: unary(X, (x) => abs(x)),
  sign: unary(nothing, (x, t) => (isBool(t) ? x : op('sign', x))),
  floor: rounding('floor'),
  ceil: rounding('ceil'),
  round: rounding('round'),
  // y is 10^decimals, or 10^-decimals with the division on the other side, as PyTorch rounds.
  roundDecimals: ternary(nothing, (x, y, z, t) => {
    const up = div(op('round', mul(x, y)), y);
    const down = mul(op('round', div(x, y)), y);
    return where(gt(z, c(0, t)), up, down);
  }),
  trunc: rounding('trunc'),
  frac: unary(nothing, (x) => sub(x, op('trunc', x))),
  sqrt: math('sqrt', OUT),
  rsqrt: math('rsqrt', OUT),
  square: unary(X, (x, t) => op(isBool(t) ? 'and' : 'mul', x, x)),
  reciprocal: math('reciprocal', OUT),
  exp: math('exp', OUT),
  exp2: math('exp2', OUT),
  expm1: math('expm1', OUT),
  log: math('log', X),
  log2: math('log2', X),
  log10: math('log10', X),
  log1p: math('log1p', X),
  sin: math('sin', X),
  cos: math('cos', X),
  tan: math('tan', OUT),
  asin: math('asin', X),
  acos: math('acos', X),
  atan: math('atan', X),
  sinh: math('sinh', X),
  cosh: math('cosh', X),
  tanh: math('tanh', OUT),
  asinh: math('asinh', X),
  acosh: math('acosh', X),
  atanh: math('atanh', X),
  erf: math('erf', X),
  erfc: math('erfc', X),
  erfinv: math('erfinv', OUT),
  lgamma: math('lgamma', X),
  digamma: math('digamma', X),
  /** y is the order, 1 or more. */
  polygamma: binary(XY, (x, y) => op('polygamma', y, x), { compute: 'float' }),
  sigmoid: math('sigmoid', OUT),
  logit: float(X, (x, t) => op('log', div(x, sub(c(1, t), x)))),
  sinc: float(X, (x, t) => {
    const turn = mul(c(Math.PI, t), x);
    return where(op('eq', x, c(0, t)), c(1, t), div(op('sin', turn), turn));
  }),

  isnan: test((x, t) => (isFloat(t) ? op('isnan', x) : op('ne', x, x))),
  isinf: test(infinite),
  isfinite: test((x, t) => (isFloat(t) ? lt(abs(x), c(Number.POSITIVE_INFINITY, t)) : op('eq', x, x))),
  isposinf: test((x, t) => (isFloat(t) ? op('eq', x, c(Number.POSITIVE_INFINITY, t)) : op('ne', x, x))),
  isneginf: test((x, t) => (isFloat(t) ? op('eq', x, c(Number.NEGATIVE_INFINITY, t)) : op('ne', x, x))),
  signbit: test((x, t) => (isBool(t) ? op('ne', x, x) : op('signbit', x))),
  logicalNot: test((x) => op('not', cast(x, 'bool'))),
  bitwiseNot: unary(nothing, (x) => op('not', x)),

  // NaN is not ≤ 0, so it passes through, and so does its gradient.
  relu: unary(OUT, (x, t) => where(le(x, c(0, t)), c(0, t), x)),
  /** y where x > 0, else 0: the gradient of `relu`. */
  positivePart: binary(X, (x, y, t) => where(le(x, c(0, t)), c(0, t), y)),
  /** x is the gradient, y the sigmoid. */
  sigmoidGrad: binary(XY, (x, y, t) => mul(x, mul(y, sub(c(1, t), y)))),
  tanhGrad: binary(XY, (x, y, t) => mul(x, sub(c(1, t), mul(y, y)))),
  leakyRelu: binary(XY, (x, y, t) => where(gt(x, c(0, t)), x, mul(x, y))),
  /** x is the gradient, y the input, z the slope. */
  leakyReluGrad: ternary(X | Y | Z, (x, y, z, t) => where(gt(y, c(0, t)), x, mul(x, z))),
  /** y = α, z = scale, w = the scale inside the exponential. */
  elu: row(4, X | Y | Z | W, ([x, y, z, w], t) => {
    const [value, alpha, scale, inner] = [x, y, z, w] as [Expr, Expr, Expr, Expr];
    const below = mul(mul(alpha, scale), op('expm1', mul(value, inner)));
    return where(gt(value, c(0, t)), mul(value, scale), below);
  }),
  /** The slope of `elu` at x. */
  eluGrad: row(4, X | Y | Z | W, ([x, y, z, w], t) => {
    const [value, alpha, scale, inner] = [x, y, z, w] as [Expr, Expr, Expr, Expr];
    return where(gt(value, c(0, t)), scale, mul(mul(alpha, mul(scale, inner)), exp(mul(value, inner))));
  }),
  gelu: unary(X, (x, t) => mul(x, normalCdf(x, t))),
  /** The slope of `gelu` at x: Φ(x) + x·φ(x). */
  geluGrad: unary(X, (x, t) => {
    const density = mul(c(1 / Math.sqrt(2 * Math.PI), t), exp(mul(c(-0.5, t), mul(x, x))));
    return add(normalCdf(x, t), mul(x, density));
  }),
  geluTanh: unary(X, (x, t) => mul(mul(c(0.5, t), x), add(c(1, t), geluTanhOf(x, t)))),
  /** The slope of `geluTanh` at x. */
  geluTanhGrad: unary(X, (x, t) => {
    const u = geluTanhOf(x, t);
    const inner = mul(c(SQRT_2_OVER_PI, t), add(c(1, t), mul(c(3 * 0.044715, t), mul(x, x))));
    const bend = mul(mul(c(0.5, t), x), mul(sub(c(1, t), mul(u, u)), inner));
    return add(mul(c(0.5, t), add(c(1, t), u)), bend);
  }),
  silu: unary(X, (x) => mul(x, sigmoidOf(x))),
  /** The slope of `silu` at x: σ(x)·(1 + x·(1 − σ(x))). */
  siluGrad: unary(X, (x, t) => {
    const s = sigmoidOf(x);
    return mul(s, add(c(1, t), mul(x, sub(c(1, t), s))));
  }),
  mish: unary(X, (x, t) => mul(x, op('tanh', softplusOf(x, t)))),
  /** y = β, z = threshold: linear where β·x exceeds it. */
  softplus: ternary(X | Y | Z, (x, y, z) => where(gt(mul(x, y), z), x, div(op('log1p', exp(mul(x, y))), y))),
  /** x is the gradient, y the input, z = β, w = threshold. */
  softplusGrad: row(4, X | Y | Z | W, ([x, y, z, w]) => {
    const [grad, value, beta, threshold] = [x, y, z, w] as [Expr, Expr, Expr, Expr];
    return where(gt(mul(value, beta), threshold), grad, mul(grad, sigmoidOf(mul(value, beta))));
  }),
  logsigmoid: unary(X, (x, t) => sub(min(x, c(0, t)), op('log1p', exp(neg(abs(x)))))),
  hardtanh: ternary(X | Y | Z, (x, y, z) => min(max(x, y), z)),
  /** x is the gradient, y the input, z and w the limits; nothing passes at the limits. */
  hardtanhGrad: row(4, Y | Z | W, ([x, y, z, w], t) => {
    const [grad, value, low, high] = [x, y, z, w] as [Expr, Expr, Expr, Expr];
    return where(op('or', le(value, low), ge(value, high)), c(0, t), grad);
  }),
  hardsigmoid: unary(X, (x, t) => div(min(max(add(x, c(3, t)), c(0, t)), c(6, t)), c(6, t))),
  hardswish: unary(X, (x, t) => div(mul(x, min(max(add(x, c(3, t)), c(0, t)), c(6, t))), c(6, t))),
  hardshrink: binary(XY, (x, y, t) => where(op('and', ge(x, neg(y)), le(x, y)), c(0, t), x)),
  softshrink: binary(XY, (x, y, t) => where(gt(x, y), sub(x, y), where(lt(x, neg(y)), add(x, y), mul(x, c(0, t))))),
  /** y = threshold, z = the value below it. */
  threshold: ternary(X | Y, (x, y, z) => where(le(x, y), z, x)),
  /** z = β. */
  smoothL1: ternary(X | Y | Z, (x, y, z, t) => {
    const d = abs(sub(x, y));
    return where(lt(d, z), div(mul(c(0.5, t), mul(d, d)), z), sub(d, mul(c(0.5, t), z)));
  }),
  /** z = δ. */
  huber: ternary(X | Y | Z, (x, y, z, t) => {
    const d = abs(sub(x, y));
    return where(lt(d, z), mul(c(0.5, t), mul(d, d)), mul(z, sub(d, mul(c(0.5, t), z))));
  }),
};

/** max + log(1 + e^(min − max)), where equal infinities stay what they are. */
function logAddExp(x: Expr, y: Expr, t: DType, log1pExp: (difference: Expr) => Expr): Expr {
  const high = max(x, y);
  const same = op('and', infinite(x, t), op('eq', x, y));
  return where(same, x, add(high, log1pExp(neg(abs(sub(x, y))))));
}
