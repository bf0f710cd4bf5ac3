import type { Operand } from '../core/graph.ts';
import { TensorBase } from '../core/tensor-base.ts';
import type { AlphaOptions, CloseOptions, DivOptions, ValueOptions } from '../functions/pointwise.ts';
import * as f from '../functions/pointwise.ts';
import type { Tensor } from '../tensor.ts';

/** Element-wise methods; each is the free function of its name with the tensor as first operand. */
export abstract class PointwiseMethods extends TensorBase {
  /** @see {@link f.abs} */
  abs(this: Tensor): Tensor {
    return f.abs(this);
  }

  /** @see {@link f.neg} */
  neg(this: Tensor): Tensor {
    return f.neg(this);
  }

  /** @see {@link f.positive} */
  positive(this: Tensor): Tensor {
    return f.positive(this);
  }

  /** @see {@link f.sign} */
  sign(this: Tensor): Tensor {
    return f.sign(this);
  }

  /** @see {@link f.sgn} */
  sgn(this: Tensor): Tensor {
    return f.sgn(this);
  }

  /** @see {@link f.floor} */
  floor(this: Tensor): Tensor {
    return f.floor(this);
  }

  /** @see {@link f.ceil} */
  ceil(this: Tensor): Tensor {
    return f.ceil(this);
  }

  /** @see {@link f.trunc} */
  trunc(this: Tensor): Tensor {
    return f.trunc(this);
  }

  /** @see {@link f.frac} */
  frac(this: Tensor): Tensor {
    return f.frac(this);
  }

  /** @see {@link f.sqrt} */
  sqrt(this: Tensor): Tensor {
    return f.sqrt(this);
  }

  /** @see {@link f.rsqrt} */
  rsqrt(this: Tensor): Tensor {
    return f.rsqrt(this);
  }

  /** @see {@link f.square} */
  square(this: Tensor): Tensor {
    return f.square(this);
  }

  /** @see {@link f.reciprocal} */
  reciprocal(this: Tensor): Tensor {
    return f.reciprocal(this);
  }

  /** @see {@link f.exp} */
  exp(this: Tensor): Tensor {
    return f.exp(this);
  }

  /** @see {@link f.exp2} */
  exp2(this: Tensor): Tensor {
    return f.exp2(this);
  }

  /** @see {@link f.expm1} */
  expm1(this: Tensor): Tensor {
    return f.expm1(this);
  }

  /** @see {@link f.log} */
  log(this: Tensor): Tensor {
    return f.log(this);
  }

  /** @see {@link f.log2} */
  log2(this: Tensor): Tensor {
    return f.log2(this);
  }

  /** @see {@link f.log10} */
  log10(this: Tensor): Tensor {
    return f.log10(this);
  }

  /** @see {@link f.log1p} */
  log1p(this: Tensor): Tensor {
    return f.log1p(this);
  }

  /** @see {@link f.sin} */
  sin(this: Tensor): Tensor {
    return f.sin(this);
  }

  /** @see {@link f.cos} */
  cos(this: Tensor): Tensor {
    return f.cos(this);
  }

  /** @see {@link f.tan} */
  tan(this: Tensor): Tensor {
    return f.tan(this);
  }

  /** @see {@link f.asin} */
  asin(this: Tensor): Tensor {
    return f.asin(this);
  }

  /** @see {@link f.acos} */
  acos(this: Tensor): Tensor {
    return f.acos(this);
  }

  /** @see {@link f.atan} */
  atan(this: Tensor): Tensor {
    return f.atan(this);
  }

  /** @see {@link f.sinh} */
  sinh(this: Tensor): Tensor {
    return f.sinh(this);
  }

  /** @see {@link f.cosh} */
  cosh(this: Tensor): Tensor {
    return f.cosh(this);
  }

  /** @see {@link f.tanh} */
  tanh(this: Tensor): Tensor {
    return f.tanh(this);
  }

  /** @see {@link f.asinh} */
  asinh(this: Tensor): Tensor {
    return f.asinh(this);
  }

  /** @see {@link f.acosh} */
  acosh(this: Tensor): Tensor {
    return f.acosh(this);
  }

  /** @see {@link f.atanh} */
  atanh(this: Tensor): Tensor {
    return f.atanh(this);
  }

  /** @see {@link f.erf} */
  erf(this: Tensor): Tensor {
    return f.erf(this);
  }

  /** @see {@link f.erfc} */
  erfc(this: Tensor): Tensor {
    return f.erfc(this);
  }

  /** @see {@link f.erfinv} */
  erfinv(this: Tensor): Tensor {
    return f.erfinv(this);
  }

  /** @see {@link f.lgamma} */
  lgamma(this: Tensor): Tensor {
    return f.lgamma(this);
  }

  /** @see {@link f.digamma} */
  digamma(this: Tensor): Tensor {
    return f.digamma(this);
  }

  /** @see {@link f.sigmoid} */
  sigmoid(this: Tensor): Tensor {
    return f.sigmoid(this);
  }

  /** @see {@link f.sinc} */
  sinc(this: Tensor): Tensor {
    return f.sinc(this);
  }

  /** @see {@link f.relu} */
  relu(this: Tensor): Tensor {
    return f.relu(this);
  }

  /** @see {@link f.deg2rad} */
  deg2rad(this: Tensor): Tensor {
    return f.deg2rad(this);
  }

  /** @see {@link f.rad2deg} */
  rad2deg(this: Tensor): Tensor {
    return f.rad2deg(this);
  }

  /** @see {@link f.isnan} */
  isnan(this: Tensor): Tensor {
    return f.isnan(this);
  }

  /** @see {@link f.isinf} */
  isinf(this: Tensor): Tensor {
    return f.isinf(this);
  }

  /** @see {@link f.isfinite} */
  isfinite(this: Tensor): Tensor {
    return f.isfinite(this);
  }

  /** @see {@link f.isposinf} */
  isposinf(this: Tensor): Tensor {
    return f.isposinf(this);
  }

  /** @see {@link f.isneginf} */
  isneginf(this: Tensor): Tensor {
    return f.isneginf(this);
  }

  /** @see {@link f.signbit} */
  signbit(this: Tensor): Tensor {
    return f.signbit(this);
  }

  /** @see {@link f.logicalNot} */
  logicalNot(this: Tensor): Tensor {
    return f.logicalNot(this);
  }

  /** @see {@link f.bitwiseNot} */
  bitwiseNot(this: Tensor): Tensor {
    return f.bitwiseNot(this);
  }

  /** @see {@link f.mul} */
  mul(this: Tensor, other: Operand): Tensor {
    return f.mul(this, other);
  }

  /** @see {@link f.trueDivide} */
  trueDivide(this: Tensor, other: Operand): Tensor {
    return f.trueDivide(this, other);
  }

  /** @see {@link f.floorDivide} */
  floorDivide(this: Tensor, other: Operand): Tensor {
    return f.floorDivide(this, other);
  }

  /** @see {@link f.remainder} */
  remainder(this: Tensor, other: Operand): Tensor {
    return f.remainder(this, other);
  }

  /** @see {@link f.fmod} */
  fmod(this: Tensor, other: Operand): Tensor {
    return f.fmod(this, other);
  }

  /** @see {@link f.pow} */
  pow(this: Tensor, other: Operand): Tensor {
    return f.pow(this, other);
  }

  /** @see {@link f.atan2} */
  atan2(this: Tensor, other: Operand): Tensor {
    return f.atan2(this, other);
  }

  /** @see {@link f.maximum} */
  maximum(this: Tensor, other: Operand): Tensor {
    return f.maximum(this, other);
  }

  /** @see {@link f.minimum} */
  minimum(this: Tensor, other: Operand): Tensor {
    return f.minimum(this, other);
  }

  /** @see {@link f.fmax} */
  fmax(this: Tensor, other: Operand): Tensor {
    return f.fmax(this, other);
  }

  /** @see {@link f.fmin} */
  fmin(this: Tensor, other: Operand): Tensor {
    return f.fmin(this, other);
  }

  /** @see {@link f.copysign} */
  copysign(this: Tensor, other: Operand): Tensor {
    return f.copysign(this, other);
  }

  /** @see {@link f.hypot} */
  hypot(this: Tensor, other: Operand): Tensor {
    return f.hypot(this, other);
  }

  /** @see {@link f.logaddexp} */
  logaddexp(this: Tensor, other: Operand): Tensor {
    return f.logaddexp(this, other);
  }

  /** @see {@link f.logaddexp2} */
  logaddexp2(this: Tensor, other: Operand): Tensor {
    return f.logaddexp2(this, other);
  }

  /** @see {@link f.xlogy} */
  xlogy(this: Tensor, other: Operand): Tensor {
    return f.xlogy(this, other);
  }

  /** @see {@link f.heaviside} */
  heaviside(this: Tensor, other: Operand): Tensor {
    return f.heaviside(this, other);
  }

  /** @see {@link f.ldexp} */
  ldexp(this: Tensor, other: Operand): Tensor {
    return f.ldexp(this, other);
  }

  /** @see {@link f.eq} */
  eq(this: Tensor, other: Operand): Tensor {
    return f.eq(this, other);
  }

  /** @see {@link f.ne} */
  ne(this: Tensor, other: Operand): Tensor {
    return f.ne(this, other);
  }

  /** @see {@link f.lt} */
  lt(this: Tensor, other: Operand): Tensor {
    return f.lt(this, other);
  }

  /** @see {@link f.le} */
  le(this: Tensor, other: Operand): Tensor {
    return f.le(this, other);
  }

  /** @see {@link f.gt} */
  gt(this: Tensor, other: Operand): Tensor {
    return f.gt(this, other);
  }

  /** @see {@link f.ge} */
  ge(this: Tensor, other: Operand): Tensor {
    return f.ge(this, other);
  }

  /** @see {@link f.logicalAnd} */
  logicalAnd(this: Tensor, other: Operand): Tensor {
    return f.logicalAnd(this, other);
  }

  /** @see {@link f.logicalOr} */
  logicalOr(this: Tensor, other: Operand): Tensor {
    return f.logicalOr(this, other);
  }

  /** @see {@link f.logicalXor} */
  logicalXor(this: Tensor, other: Operand): Tensor {
    return f.logicalXor(this, other);
  }

  /** @see {@link f.bitwiseAnd} */
  bitwiseAnd(this: Tensor, other: Operand): Tensor {
    return f.bitwiseAnd(this, other);
  }

  /** @see {@link f.bitwiseOr} */
  bitwiseOr(this: Tensor, other: Operand): Tensor {
    return f.bitwiseOr(this, other);
  }

  /** @see {@link f.bitwiseXor} */
  bitwiseXor(this: Tensor, other: Operand): Tensor {
    return f.bitwiseXor(this, other);
  }

  /** @see {@link f.bitwiseLeftShift} */
  bitwiseLeftShift(this: Tensor, other: Operand): Tensor {
    return f.bitwiseLeftShift(this, other);
  }

  /** @see {@link f.bitwiseRightShift} */
  bitwiseRightShift(this: Tensor, other: Operand): Tensor {
    return f.bitwiseRightShift(this, other);
  }

  /** @see {@link f.clampMin} */
  clampMin(this: Tensor, other: Operand): Tensor {
    return f.clampMin(this, other);
  }

  /** @see {@link f.clampMax} */
  clampMax(this: Tensor, other: Operand): Tensor {
    return f.clampMax(this, other);
  }

  /** @see {@link f.round} */
  round(this: Tensor, options?: { readonly decimals?: number }): Tensor {
    return f.round(this, options);
  }

  /** @see {@link f.logit} */
  logit(this: Tensor, eps?: number | null): Tensor {
    return f.logit(this, eps);
  }

  /** @see {@link f.nanToNum} */
  nanToNum(this: Tensor, nan?: number, posinf?: number | null, neginf?: number | null): Tensor {
    return f.nanToNum(this, nan, posinf, neginf);
  }

  /** @see {@link f.add} */
  add(this: Tensor, other: Operand, options?: AlphaOptions): Tensor {
    return f.add(this, other, options);
  }

  /** @see {@link f.sub} */
  sub(this: Tensor, other: Operand, options?: AlphaOptions): Tensor {
    return f.sub(this, other, options);
  }

  /** @see {@link f.rsub} */
  rsub(this: Tensor, other: Operand, options?: AlphaOptions): Tensor {
    return f.rsub(this, other, options);
  }

  /** @see {@link f.div} */
  div(this: Tensor, other: Operand, options?: DivOptions): Tensor {
    return f.div(this, other, options);
  }

  /** @see {@link f.isclose} */
  isclose(this: Tensor, other: Tensor, options?: CloseOptions): Tensor {
    return f.isclose(this, other, options);
  }

  /** @see {@link f.clamp} */
  clamp(this: Tensor, min?: Operand | null, max?: Operand | null): Tensor {
    return f.clamp(this, min, max);
  }

  /** @see {@link f.lerp} */
  lerp(this: Tensor, end: Operand, weight: Operand): Tensor {
    return f.lerp(this, end, weight);
  }

  /** @see {@link f.addcmul} */
  addcmul(this: Tensor, a: Operand, b: Operand, options?: ValueOptions): Tensor {
    return f.addcmul(this, a, b, options);
  }

  /** @see {@link f.addcdiv} */
  addcdiv(this: Tensor, a: Operand, b: Operand, options?: ValueOptions): Tensor {
    return f.addcdiv(this, a, b, options);
  }

  /** @see {@link f.maskedFill} */
  maskedFill(this: Tensor, mask: Tensor, value: Operand): Tensor {
    return f.maskedFill(this, mask, value);
  }

  /** `this` where the condition holds, `other` elsewhere. */
  where(this: Tensor, condition: Tensor, other: Operand): Tensor {
    return f.where(condition, this, other);
  }
}
