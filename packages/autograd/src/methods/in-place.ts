import { dtypes } from '@flambeau/backend';
import type { Operand, Scalar } from '../core/graph.ts';
import { copy_, fill_ } from '../functions/conversion.ts';
import { maskedFill_ } from '../functions/in-place-indexing.ts';
import type { AlphaOptions, DivOptions, ValueOptions } from '../functions/pointwise.ts';
import { elementwiseInPlace as run } from '../ops/elementwise.ts';
import type { Tensor } from '../tensor.ts';
import { ShapeMethods } from './shape.ts';

/** Element-wise changes in place: each overwrites the tensor's elements and returns the tensor. */
export abstract class InPlaceMethods extends ShapeMethods {
  /** In-place `abs`. */
  abs_(this: Tensor): Tensor {
    return run('abs', this);
  }

  /** In-place `neg`. */
  neg_(this: Tensor): Tensor {
    return run('neg', this);
  }

  /** In-place `sign`. */
  sign_(this: Tensor): Tensor {
    return run('sign', this);
  }

  /** In-place `floor`. */
  floor_(this: Tensor): Tensor {
    return run('floor', this);
  }

  /** In-place `ceil`. */
  ceil_(this: Tensor): Tensor {
    return run('ceil', this);
  }

  /** In-place `trunc`. */
  trunc_(this: Tensor): Tensor {
    return run('trunc', this);
  }

  /** In-place `frac`. */
  frac_(this: Tensor): Tensor {
    return run('frac', this);
  }

  /** In-place `sqrt`. */
  sqrt_(this: Tensor): Tensor {
    return run('sqrt', this);
  }

  /** In-place `rsqrt`. */
  rsqrt_(this: Tensor): Tensor {
    return run('rsqrt', this);
  }

  /** In-place `square`. */
  square_(this: Tensor): Tensor {
    return run('square', this);
  }

  /** In-place `reciprocal`. */
  reciprocal_(this: Tensor): Tensor {
    return run('reciprocal', this);
  }

  /** In-place `exp`. */
  exp_(this: Tensor): Tensor {
    return run('exp', this);
  }

  /** In-place `exp2`. */
  exp2_(this: Tensor): Tensor {
    return run('exp2', this);
  }

  /** In-place `expm1`. */
  expm1_(this: Tensor): Tensor {
    return run('expm1', this);
  }

  /** In-place `log`. */
  log_(this: Tensor): Tensor {
    return run('log', this);
  }

  /** In-place `log2`. */
  log2_(this: Tensor): Tensor {
    return run('log2', this);
  }

  /** In-place `log10`. */
  log10_(this: Tensor): Tensor {
    return run('log10', this);
  }

  /** In-place `log1p`. */
  log1p_(this: Tensor): Tensor {
    return run('log1p', this);
  }

  /** In-place `sin`. */
  sin_(this: Tensor): Tensor {
    return run('sin', this);
  }

  /** In-place `cos`. */
  cos_(this: Tensor): Tensor {
    return run('cos', this);
  }

  /** In-place `tan`. */
  tan_(this: Tensor): Tensor {
    return run('tan', this);
  }

  /** In-place `asin`. */
  asin_(this: Tensor): Tensor {
    return run('asin', this);
  }

  /** In-place `acos`. */
  acos_(this: Tensor): Tensor {
    return run('acos', this);
  }

  /** In-place `atan`. */
  atan_(this: Tensor): Tensor {
    return run('atan', this);
  }

  /** In-place `sinh`. */
  sinh_(this: Tensor): Tensor {
    return run('sinh', this);
  }

  /** In-place `cosh`. */
  cosh_(this: Tensor): Tensor {
    return run('cosh', this);
  }

  /** In-place `tanh`. */
  tanh_(this: Tensor): Tensor {
    return run('tanh', this);
  }

  /** In-place `asinh`. */
  asinh_(this: Tensor): Tensor {
    return run('asinh', this);
  }

  /** In-place `acosh`. */
  acosh_(this: Tensor): Tensor {
    return run('acosh', this);
  }

  /** In-place `atanh`. */
  atanh_(this: Tensor): Tensor {
    return run('atanh', this);
  }

  /** In-place `erf`. */
  erf_(this: Tensor): Tensor {
    return run('erf', this);
  }

  /** In-place `erfc`. */
  erfc_(this: Tensor): Tensor {
    return run('erfc', this);
  }

  /** In-place `erfinv`. */
  erfinv_(this: Tensor): Tensor {
    return run('erfinv', this);
  }

  /** In-place `lgamma`. */
  lgamma_(this: Tensor): Tensor {
    return run('lgamma', this);
  }

  /** In-place `digamma`. */
  digamma_(this: Tensor): Tensor {
    return run('digamma', this);
  }

  /** In-place `sigmoid`. */
  sigmoid_(this: Tensor): Tensor {
    return run('sigmoid', this);
  }

  /** In-place `relu`. */
  relu_(this: Tensor): Tensor {
    return run('relu', this);
  }

  /** In-place `logicalNot`. */
  logicalNot_(this: Tensor): Tensor {
    return run('logicalNot', this);
  }

  /** In-place `bitwiseNot`. */
  bitwiseNot_(this: Tensor): Tensor {
    return run('bitwiseNot', this);
  }

  /** In-place `mul`. */
  mul_(this: Tensor, other: Operand): Tensor {
    return run('mul', this, other);
  }

  /** In-place `floorDivide`. */
  floorDivide_(this: Tensor, other: Operand): Tensor {
    return run('divFloor', this, other);
  }

  /** In-place `remainder`. */
  remainder_(this: Tensor, other: Operand): Tensor {
    return run('remainder', this, other);
  }

  /** In-place `fmod`. */
  fmod_(this: Tensor, other: Operand): Tensor {
    return run('fmod', this, other);
  }

  /** In-place `pow`. */
  pow_(this: Tensor, other: Operand): Tensor {
    return run('pow', this, other);
  }

  /** In-place `atan2`. */
  atan2_(this: Tensor, other: Operand): Tensor {
    return run('atan2', this, other);
  }

  /** In-place `copysign`. */
  copysign_(this: Tensor, other: Operand): Tensor {
    return run('copysign', this, other);
  }

  /** In-place `hypot`. */
  hypot_(this: Tensor, other: Operand): Tensor {
    return run('hypot', this, other);
  }

  /** In-place `xlogy`. */
  xlogy_(this: Tensor, other: Operand): Tensor {
    return run('xlogy', this, other);
  }

  /** In-place `clampMin`. */
  clampMin_(this: Tensor, other: Operand): Tensor {
    return run('clampMin', this, other);
  }

  /** In-place `clampMax`. */
  clampMax_(this: Tensor, other: Operand): Tensor {
    return run('clampMax', this, other);
  }

  /** In-place `eq`. */
  eq_(this: Tensor, other: Operand): Tensor {
    return run('eq', this, other);
  }

  /** In-place `ne`. */
  ne_(this: Tensor, other: Operand): Tensor {
    return run('ne', this, other);
  }

  /** In-place `lt`. */
  lt_(this: Tensor, other: Operand): Tensor {
    return run('lt', this, other);
  }

  /** In-place `le`. */
  le_(this: Tensor, other: Operand): Tensor {
    return run('le', this, other);
  }

  /** In-place `gt`. */
  gt_(this: Tensor, other: Operand): Tensor {
    return run('gt', this, other);
  }

  /** In-place `ge`. */
  ge_(this: Tensor, other: Operand): Tensor {
    return run('ge', this, other);
  }

  /** In-place `logicalAnd`. */
  logicalAnd_(this: Tensor, other: Operand): Tensor {
    return run('logicalAnd', this, other);
  }

  /** In-place `logicalOr`. */
  logicalOr_(this: Tensor, other: Operand): Tensor {
    return run('logicalOr', this, other);
  }

  /** In-place `logicalXor`. */
  logicalXor_(this: Tensor, other: Operand): Tensor {
    return run('logicalXor', this, other);
  }

  /** In-place `bitwiseAnd`. */
  bitwiseAnd_(this: Tensor, other: Operand): Tensor {
    return run('bitwiseAnd', this, other);
  }

  /** In-place `bitwiseOr`. */
  bitwiseOr_(this: Tensor, other: Operand): Tensor {
    return run('bitwiseOr', this, other);
  }

  /** In-place `bitwiseXor`. */
  bitwiseXor_(this: Tensor, other: Operand): Tensor {
    return run('bitwiseXor', this, other);
  }

  /** In-place `add`. */
  add_(this: Tensor, other: Operand, options?: AlphaOptions): Tensor {
    const alpha = options?.alpha ?? 1;
    return alpha === 1 ? run('add', this, other) : run('addScaled', this, other, alpha);
  }

  /** In-place `sub`. */
  sub_(this: Tensor, other: Operand, options?: AlphaOptions): Tensor {
    const alpha = options?.alpha ?? 1;
    return alpha === 1 ? run('sub', this, other) : run('addScaled', this, other, -alpha);
  }

  /** In-place `div`. */
  div_(this: Tensor, other: Operand, options?: DivOptions): Tensor {
    const mode = options?.roundingMode ?? null;
    return run(mode === null ? 'div' : mode === 'floor' ? 'divFloor' : 'divTrunc', this, other);
  }

  /** In-place `clamp`. */
  clamp_(this: Tensor, min?: Operand | null, max?: Operand | null): Tensor {
    if (min === undefined || min === null) return run('clampMax', this, max ?? Number.POSITIVE_INFINITY);
    return max === undefined || max === null ? run('clampMin', this, min) : run('clamp', this, min, max);
  }

  /** In-place `lerp`. */
  lerp_(this: Tensor, end: Operand, weight: Operand): Tensor {
    return run('lerp', this, end, weight);
  }

  /** In-place `addcmul`. */
  addcmul_(this: Tensor, a: Operand, b: Operand, options?: ValueOptions): Tensor {
    return run('addcmul', this, a, b, options?.value ?? 1);
  }

  /** In-place `addcdiv`. */
  addcdiv_(this: Tensor, a: Operand, b: Operand, options?: ValueOptions): Tensor {
    return run('addcdiv', this, a, b, options?.value ?? 1);
  }

  /** Overwrites the elements where the mask is true. */
  maskedFill_(this: Tensor, mask: Tensor, value: Operand): Tensor {
    return maskedFill_(this, mask, value);
  }

  /** In-place `nanToNum`. */
  nanToNum_(this: Tensor, nan = 0, posinf?: number | null, neginf?: number | null): Tensor {
    const { min, max } = dtypes[this.dtype];
    return run('nanToNum', this, nan, posinf ?? max, neginf ?? min);
  }

  /** Overwrites every element with those of another tensor, broadcast and converted. */
  copy_(this: Tensor, source: Tensor | Scalar): Tensor {
    return copy_(this, source);
  }

  /** Sets every element to one value. */
  fill_(this: Tensor, value: Scalar | Tensor): Tensor {
    return fill_(this, value);
  }

  /** Sets every element to zero. */
  zero_(this: Tensor): Tensor {
    return fill_(this, 0);
  }
}
