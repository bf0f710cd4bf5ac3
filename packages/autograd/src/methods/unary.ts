import { TensorBase } from '../core/tensor-base.ts';
import * as f from '../functions/pointwise.ts';
import type { Tensor } from '../tensor.ts';

/** Methods of one operand, element by element; each is the free function of its name. */
export abstract class UnaryMethods extends TensorBase {
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
}
