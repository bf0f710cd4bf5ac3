import type { Operand } from '../core/graph.ts';
import type { AlphaOptions, CloseOptions, DivOptions, ValueOptions } from '../functions/pointwise.ts';
import * as f from '../functions/pointwise.ts';
import type { Tensor } from '../tensor.ts';
import { UnaryMethods } from './unary.ts';

/** Element-wise methods; each is the free function of its name with the tensor as first operand. */
export abstract class PointwiseMethods extends UnaryMethods {
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
