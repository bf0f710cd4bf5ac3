import { ArgumentError, castValue, dtypes, isFloat, type Value } from '@flambeau/backend';
import { requireNumber, requireTensor } from '../core/arguments.ts';
import { isTensor } from '../core/dispatch.ts';
import type { Operand, Scalar } from '../core/graph.ts';
import { elementwise } from '../ops/elementwise.ts';
import type { Tensor } from '../tensor.ts';

/** A function of one tensor, element by element. */
export type UnaryFunction = (x: Tensor) => Tensor;
/** A function of two operands that broadcast, at least one of them a tensor. */
export type BinaryFunction = (x: Operand, y: Operand) => Tensor;

/** |x| */
export const abs: UnaryFunction = (x) => elementwise('abs', x);
/** −x. @throws {DTypeError} On bool. */
export const neg: UnaryFunction = (x) => elementwise('neg', x);
/** x itself. */
export const positive: UnaryFunction = (x) => x;
/** −1, 0 or 1; 0 for NaN. */
export const sign: UnaryFunction = (x) => elementwise('sign', x);
/** {@link sign}, which it equals for real numbers. */
export const sgn: UnaryFunction = sign;
/** Largest integer not above x. */
export const floor: UnaryFunction = (x) => elementwise('floor', x);
/** Smallest integer not below x. */
export const ceil: UnaryFunction = (x) => elementwise('ceil', x);
/** x without its fraction. */
export const trunc: UnaryFunction = (x) => elementwise('trunc', x);
/** The fraction of x, with x's sign. */
export const frac: UnaryFunction = (x) => elementwise('frac', x);
/** √x */
export const sqrt: UnaryFunction = (x) => elementwise('sqrt', x);
/** 1/√x */
export const rsqrt: UnaryFunction = (x) => elementwise('rsqrt', x);
/** x² */
export const square: UnaryFunction = (x) =>
  isTensor(x) && x.dtype === 'bool' ? elementwise('pow', x, 2) : elementwise('square', x);
/** 1/x */
export const reciprocal: UnaryFunction = (x) => elementwise('reciprocal', x);
/** eˣ */
export const exp: UnaryFunction = (x) => elementwise('exp', x);
/** 2ˣ */
export const exp2: UnaryFunction = (x) => elementwise('exp2', x);
/** eˣ − 1, exact near 0. */
export const expm1: UnaryFunction = (x) => elementwise('expm1', x);
/** Natural logarithm. */
export const log: UnaryFunction = (x) => elementwise('log', x);
/** Logarithm to base 2. */
export const log2: UnaryFunction = (x) => elementwise('log2', x);
/** Logarithm to base 10. */
export const log10: UnaryFunction = (x) => elementwise('log10', x);
/** log(1 + x), exact near 0. */
export const log1p: UnaryFunction = (x) => elementwise('log1p', x);
/** Sine of x (radians). */
export const sin: UnaryFunction = (x) => elementwise('sin', x);
/** Cosine of x (radians). */
export const cos: UnaryFunction = (x) => elementwise('cos', x);
/** Tangent of x (radians). */
export const tan: UnaryFunction = (x) => elementwise('tan', x);
/** Arc sine (radians). */
export const asin: UnaryFunction = (x) => elementwise('asin', x);
/** Arc cosine (radians). */
export const acos: UnaryFunction = (x) => elementwise('acos', x);
/** Arc tangent (radians). */
export const atan: UnaryFunction = (x) => elementwise('atan', x);
/** Hyperbolic sine. */
export const sinh: UnaryFunction = (x) => elementwise('sinh', x);
/** Hyperbolic cosine. */
export const cosh: UnaryFunction = (x) => elementwise('cosh', x);
/** Hyperbolic tangent. */
export const tanh: UnaryFunction = (x) => elementwise('tanh', x);
/** Inverse hyperbolic sine. */
export const asinh: UnaryFunction = (x) => elementwise('asinh', x);
/** Inverse hyperbolic cosine. */
export const acosh: UnaryFunction = (x) => elementwise('acosh', x);
/** Inverse hyperbolic tangent. */
export const atanh: UnaryFunction = (x) => elementwise('atanh', x);
/** Error function. */
export const erf: UnaryFunction = (x) => elementwise('erf', x);
/** 1 − erf(x), exact for large x. */
export const erfc: UnaryFunction = (x) => elementwise('erfc', x);
/** Inverse of {@link erf}. */
export const erfinv: UnaryFunction = (x) => elementwise('erfinv', x);
/** log |Γ(x)| */
export const lgamma: UnaryFunction = (x) => elementwise('lgamma', x);
/** Derivative of {@link lgamma}. */
export const digamma: UnaryFunction = (x) => elementwise('digamma', x);
/** 1/(1 + e⁻ˣ) */
export const sigmoid: UnaryFunction = (x) => elementwise('sigmoid', x);
/** sin(πx)/(πx), 1 at 0. */
export const sinc: UnaryFunction = (x) => elementwise('sinc', x);
/** max(x, 0); NaN stays NaN. */
export const relu: UnaryFunction = (x) => elementwise('relu', x);
/** Degrees to radians. */
export const deg2rad: UnaryFunction = (x) => elementwise('mul', x, Math.PI / 180);
/** Radians to degrees. */
export const rad2deg: UnaryFunction = (x) => elementwise('mul', x, 180 / Math.PI);
/** Whether x is NaN, as bool. */
export const isnan: UnaryFunction = (x) => elementwise('isnan', x);
/** Whether x is infinite, as bool. */
export const isinf: UnaryFunction = (x) => elementwise('isinf', x);
/** Whether x is neither infinite nor NaN, as bool. */
export const isfinite: UnaryFunction = (x) => elementwise('isfinite', x);
/** Whether x is +∞, as bool. */
export const isposinf: UnaryFunction = (x) => elementwise('isposinf', x);
/** Whether x is −∞, as bool. */
export const isneginf: UnaryFunction = (x) => elementwise('isneginf', x);
/** Whether the sign bit is set, as bool. */
export const signbit: UnaryFunction = (x) => elementwise('signbit', x);
/** Whether x is zero, as bool. */
export const logicalNot: UnaryFunction = (x) => elementwise('logicalNot', x);
/** Flips every bit; logical not of bool. */
export const bitwiseNot: UnaryFunction = (x) => elementwise('bitwiseNot', x);

/** Nearest integer, ties to even; or nearest multiple of 10^−decimals. @throws {DTypeError} `decimals` on integers. */
export function round(x: Tensor, options?: { readonly decimals?: number }): Tensor {
  const decimals = options?.decimals ?? 0;
  if (decimals === 0) return elementwise('round', x);
  return elementwise('roundDecimals', x, 10 ** Math.abs(decimals), decimals);
}

/** log(x / (1 − x)); x is clamped to [eps, 1 − eps] when `eps` is given. */
export function logit(x: Tensor, eps?: number | null): Tensor {
  if (eps === undefined || eps === null) return elementwise('logit', x);
  requireNumber('logit', eps, 'eps');
  return elementwise('logit', clamp(x, eps, 1 - eps));
}

/** Replaces NaN and infinities; by 0 and the dtype's extremes when not told otherwise. */
export function nanToNum(x: Tensor, nan = 0, posinf?: number | null, neginf?: number | null): Tensor {
  const { min, max } = isTensor(x) ? dtypes[x.dtype] : dtypes.float32;
  return elementwise('nanToNum', x, nan, posinf ?? max, neginf ?? min);
}

/** Scales the second operand of {@link add} and {@link sub}. */
export interface AlphaOptions {
  readonly alpha?: number;
}

/** x + alpha·y */
export function add(x: Operand, y: Operand, options?: AlphaOptions): Tensor {
  const alpha = options?.alpha ?? 1;
  return alpha === 1 ? elementwise('add', x, y) : elementwise('addScaled', x, y, alpha);
}

/** x − alpha·y. @throws {DTypeError} On bool. */
export function sub(x: Operand, y: Operand, options?: AlphaOptions): Tensor {
  const alpha = options?.alpha ?? 1;
  return alpha === 1 ? elementwise('sub', x, y) : elementwise('addScaled', x, y, -alpha);
}

/** alpha of the reversed {@link sub}: y − alpha·x. */
export const rsub = (x: Operand, y: Operand, options?: AlphaOptions): Tensor => sub(y, x, options);

/** x·y */
export const mul: BinaryFunction = (x, y) => elementwise('mul', x, y);

/** Rounds the quotient towards zero or down. */
export interface DivOptions {
  readonly roundingMode?: 'trunc' | 'floor' | null;
}

/** x/y in floating point; or rounded, then in the operands' dtype. */
export function div(x: Operand, y: Operand, options?: DivOptions): Tensor {
  const mode = options?.roundingMode ?? null;
  if (mode === null) return elementwise('div', x, y);
  if (mode === 'trunc') return elementwise('divTrunc', x, y);
  if (mode === 'floor') return elementwise('divFloor', x, y);
  throw new ArgumentError('div', `roundingMode must be 'trunc', 'floor' or null; got '${String(mode)}'.`);
}

/** x/y in floating point. */
export const trueDivide: BinaryFunction = (x, y) => elementwise('div', x, y);
/** ⌊x/y⌋ in the operands' dtype; 0 for integers divided by 0. */
export const floorDivide: BinaryFunction = (x, y) => elementwise('divFloor', x, y);
/** x modulo y with y's sign. */
export const remainder: BinaryFunction = (x, y) => elementwise('remainder', x, y);
/** x modulo y with x's sign. */
export const fmod: BinaryFunction = (x, y) => elementwise('fmod', x, y);
/** x to the power y. */
export function pow(x: Operand, y: Operand): Tensor {
  return y === 2 && isTensor(x) && isFloat(x.dtype) ? elementwise('square', x) : elementwise('pow', x, y);
}
/** Angle of the point (y = first, x = second operand), in radians. */
export const atan2: BinaryFunction = (x, y) => elementwise('atan2', x, y);
/** The larger; NaN if either is. */
export const maximum: BinaryFunction = (x, y) => elementwise('maximum', x, y);
/** The smaller; NaN if either is. */
export const minimum: BinaryFunction = (x, y) => elementwise('minimum', x, y);
/** The larger; the other where one is NaN. */
export const fmax: BinaryFunction = (x, y) => elementwise('fmax', x, y);
/** The smaller; the other where one is NaN. */
export const fmin: BinaryFunction = (x, y) => elementwise('fmin', x, y);
/** |x| with y's sign. */
export const copysign: BinaryFunction = (x, y) => elementwise('copysign', x, y);
/** √(x² + y²) without overflow. */
export const hypot: BinaryFunction = (x, y) => elementwise('hypot', x, y);
/** log(eˣ + eʸ) */
export const logaddexp: BinaryFunction = (x, y) => elementwise('logaddexp', x, y);
/** log₂(2ˣ + 2ʸ) */
export const logaddexp2: BinaryFunction = (x, y) => elementwise('logaddexp2', x, y);
/** x·log(y), 0 where x is 0. */
export const xlogy: BinaryFunction = (x, y) => elementwise('xlogy', x, y);
/** 0 below 0, 1 above, y at 0. */
export const heaviside: BinaryFunction = (x, y) => elementwise('heaviside', x, y);
/** x·2ʸ */
export const ldexp: BinaryFunction = (x, y) => elementwise('ldexp', x, y);
/** x = y, as bool. */
export const eq: BinaryFunction = (x, y) => elementwise('eq', x, y);
/** x ≠ y, as bool. */
export const ne: BinaryFunction = (x, y) => elementwise('ne', x, y);
/** x < y, as bool. */
export const lt: BinaryFunction = (x, y) => elementwise('lt', x, y);
/** x ≤ y, as bool. */
export const le: BinaryFunction = (x, y) => elementwise('le', x, y);
/** x > y, as bool. */
export const gt: BinaryFunction = (x, y) => elementwise('gt', x, y);
/** x ≥ y, as bool. */
export const ge: BinaryFunction = (x, y) => elementwise('ge', x, y);
/** Whether both are non-zero, as bool. */
export const logicalAnd: BinaryFunction = (x, y) => elementwise('logicalAnd', x, y);
/** Whether either is non-zero, as bool. */
export const logicalOr: BinaryFunction = (x, y) => elementwise('logicalOr', x, y);
/** Whether exactly one is non-zero, as bool. */
export const logicalXor: BinaryFunction = (x, y) => elementwise('logicalXor', x, y);
/** Bits set in both. @throws {DTypeError} On floats. */
export const bitwiseAnd: BinaryFunction = (x, y) => elementwise('bitwiseAnd', x, y);
/** Bits set in either. @throws {DTypeError} On floats. */
export const bitwiseOr: BinaryFunction = (x, y) => elementwise('bitwiseOr', x, y);
/** Bits set in one. @throws {DTypeError} On floats. */
export const bitwiseXor: BinaryFunction = (x, y) => elementwise('bitwiseXor', x, y);
/** x·2ʸ by shifting. @throws {DTypeError} On floats. */
export const bitwiseLeftShift: BinaryFunction = (x, y) => elementwise('bitwiseLeftShift', x, y);
/** x/2ʸ by arithmetic shifting. @throws {DTypeError} On floats. */
export const bitwiseRightShift: BinaryFunction = (x, y) => elementwise('bitwiseRightShift', x, y);

/** Tolerances of {@link isclose}. */
export interface CloseOptions {
  readonly rtol?: number;
  readonly atol?: number;
  readonly equalNan?: boolean;
}

/** Whether |x − y| ≤ atol + rtol·|y|, or x = y, as bool. */
export function isclose(x: Tensor, y: Tensor, options?: CloseOptions): Tensor {
  requireTensor('isclose', x);
  requireTensor('isclose', y, 'the other');
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options ?? {};
  const same = eq(x, y);
  if (x.dtype === 'bool') return same;
  if (!isFloat(x.dtype)) {
    return logicalOr(same, le(abs(sub(x, y)), add(mul(abs(y), rtol), atol)));
  }
  const close = logicalAnd(isfinite(y), le(abs(sub(x, y)), add(mul(abs(y), rtol), atol)));
  const result = logicalOr(same, close);
  return equalNan ? logicalOr(result, logicalAnd(isnan(x), isnan(y))) : result;
}

/** `x` where the condition holds, `y` elsewhere; all three broadcast. */
export function where(condition: Tensor, x: Operand, y: Operand): Tensor {
  return elementwise('where', condition, x, y);
}

/** x limited to [min, max]; either limit may be absent, but not both. */
export function clamp(x: Tensor, min?: Operand | null, max?: Operand | null): Tensor {
  const [low, high] = [min ?? null, max ?? null];
  if (low !== null && high !== null) return elementwise('clamp', x, low, high);
  if (low !== null) return elementwise('clampMin', x, low);
  if (high !== null) return elementwise('clampMax', x, high);
  throw new ArgumentError('clamp', "At least one of 'min' or 'max' must not be null.");
}

/** x limited from below. */
export const clampMin: BinaryFunction = (x, min) => elementwise('clampMin', x, min);
/** x limited from above. */
export const clampMax: BinaryFunction = (x, max) => elementwise('clampMax', x, max);

/** x + weight·(end − x) */
export function lerp(x: Tensor, end: Operand, weight: Operand): Tensor {
  return elementwise('lerp', x, end, weight);
}

/** Scales the product or quotient of {@link addcmul} and {@link addcdiv}. */
export interface ValueOptions {
  readonly value?: number;
}

/** x + value·a·b */
export function addcmul(x: Tensor, a: Operand, b: Operand, options?: ValueOptions): Tensor {
  return elementwise('addcmul', x, a, b, options?.value ?? 1);
}

/** x + value·a/b. @throws {DTypeError} On integers. */
export function addcdiv(x: Tensor, a: Operand, b: Operand, options?: ValueOptions): Tensor {
  return elementwise('addcdiv', x, a, b, options?.value ?? 1);
}

/** `value` where the mask is true. */
export function maskedFill(x: Tensor, mask: Tensor, value: Operand): Tensor {
  requireTensor('maskedFill', x);
  const filler = isTensor(value) ? value : scalarOf(x, value);
  return elementwise('where', mask, filler, x);
}

/** A plain number as the tensor's dtype holds it, so that it does not promote. */
function scalarOf(x: Tensor, value: Scalar): Scalar {
  const cast: Value = castValue(typeof value === 'boolean' ? Number(value) : value, x.dtype);
  return x.dtype === 'bool' ? cast !== 0 : cast;
}
