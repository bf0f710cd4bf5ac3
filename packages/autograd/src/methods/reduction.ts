import type { AddProductOptions } from '../functions/matmul.ts';
import * as matmul from '../functions/matmul.ts';
import type { NormOrder } from '../functions/norm.ts';
import * as norms from '../functions/norm.ts';
import type { Dims, ReduceOptions, TypedReduceOptions, VarianceOptions } from '../functions/reduction.ts';
import * as reduction from '../functions/reduction.ts';
import type { SoftmaxOptions } from '../functions/softmax.ts';
import * as softmax from '../functions/softmax.ts';
import type { Tensor } from '../tensor.ts';
import { PointwiseMethods } from './pointwise.ts';

/** Methods that reduce or contract; each is the free function of its name. */
export abstract class ReductionMethods extends PointwiseMethods {
  /** @see {@link reduction.sum} */
  sum(this: Tensor, dim?: Dims, options?: TypedReduceOptions): Tensor {
    return reduction.sum(this, dim, options);
  }

  /** @see {@link reduction.mean} */
  mean(this: Tensor, dim?: Dims, options?: TypedReduceOptions): Tensor {
    return reduction.mean(this, dim, options);
  }

  /** @see {@link reduction.prod} */
  prod(this: Tensor, dim?: number | null, options?: TypedReduceOptions): Tensor {
    return reduction.prod(this, dim, options);
  }

  /** @see {@link reduction.amax} */
  amax(this: Tensor, dim?: Dims, options?: ReduceOptions): Tensor {
    return reduction.amax(this, dim, options);
  }

  /** @see {@link reduction.amin} */
  amin(this: Tensor, dim?: Dims, options?: ReduceOptions): Tensor {
    return reduction.amin(this, dim, options);
  }

  /** @see {@link reduction.argmax} */
  argmax(this: Tensor, dim?: number | null, options?: ReduceOptions): Tensor {
    return reduction.argmax(this, dim, options);
  }

  /** @see {@link reduction.argmin} */
  argmin(this: Tensor, dim?: number | null, options?: ReduceOptions): Tensor {
    return reduction.argmin(this, dim, options);
  }

  /** @see {@link reduction.all} */
  all(this: Tensor, dim?: Dims, options?: ReduceOptions): Tensor {
    return reduction.all(this, dim, options);
  }

  /** @see {@link reduction.any} */
  any(this: Tensor, dim?: Dims, options?: ReduceOptions): Tensor {
    return reduction.any(this, dim, options);
  }

  /** @see {@link reduction.countNonzero} */
  countNonzero(this: Tensor, dim?: Dims): Tensor {
    return reduction.countNonzero(this, dim);
  }

  /** @see {@link reduction.std} */
  std(this: Tensor, dim?: Dims, options?: VarianceOptions): Tensor {
    return reduction.std(this, dim, options);
  }

  /** @see {@link norms.norm} */
  norm(this: Tensor, p?: NormOrder, dim?: Dims, options?: TypedReduceOptions): Tensor {
    return norms.norm(this, p, dim, options);
  }

  /** @see {@link norms.logsumexp} */
  logsumexp(this: Tensor, dim: Dims, options?: ReduceOptions): Tensor {
    return norms.logsumexp(this, dim, options);
  }

  /** @see {@link softmax.softmax} */
  softmax(this: Tensor, dim: number, options?: SoftmaxOptions): Tensor {
    return softmax.softmax(this, dim, options);
  }

  /** @see {@link softmax.logSoftmax} */
  logSoftmax(this: Tensor, dim: number, options?: SoftmaxOptions): Tensor {
    return softmax.logSoftmax(this, dim, options);
  }

  /** @see {@link matmul.matmul} */
  matmul(this: Tensor, other: Tensor): Tensor {
    return matmul.matmul(this, other);
  }

  /** @see {@link matmul.mm} */
  mm(this: Tensor, other: Tensor): Tensor {
    return matmul.mm(this, other);
  }

  /** @see {@link matmul.bmm} */
  bmm(this: Tensor, other: Tensor): Tensor {
    return matmul.bmm(this, other);
  }

  /** @see {@link matmul.mv} */
  mv(this: Tensor, vector: Tensor): Tensor {
    return matmul.mv(this, vector);
  }

  /** @see {@link matmul.dot} */
  dot(this: Tensor, other: Tensor): Tensor {
    return matmul.dot(this, other);
  }

  /** @see {@link matmul.inner} */
  inner(this: Tensor, other: Tensor): Tensor {
    return matmul.inner(this, other);
  }

  /** @see {@link matmul.outer} */
  outer(this: Tensor, other: Tensor): Tensor {
    return matmul.outer(this, other);
  }

  /** @see {@link matmul.addmm} */
  addmm(this: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions): Tensor {
    return matmul.addmm(this, a, b, options);
  }

  /** @see {@link matmul.addmv} */
  addmv(this: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions): Tensor {
    return matmul.addmv(this, a, b, options);
  }

  /** @see {@link matmul.baddbmm} */
  baddbmm(this: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions): Tensor {
    return matmul.baddbmm(this, a, b, options);
  }

  /** @see {@link reduction.variance} */
  var(this: Tensor, dim?: Dims, options?: VarianceOptions): Tensor {
    return reduction.variance(this, dim, options);
  }

  /** @see {@link reduction.aminmax} */
  aminmax(this: Tensor, options?: ReduceOptions & { readonly dim?: number }): [min: Tensor, max: Tensor] {
    return reduction.aminmax(this, options);
  }

  /** @see {@link reduction.max} */
  max(this: Tensor): Tensor;
  max(this: Tensor, other: Tensor): Tensor;
  max(this: Tensor, dim: number, options?: ReduceOptions): [values: Tensor, indices: Tensor];
  max(this: Tensor, second?: Tensor | number, options?: ReduceOptions): Tensor | [values: Tensor, indices: Tensor] {
    return reduction.max(this, second as number, options);
  }

  /** @see {@link reduction.min} */
  min(this: Tensor): Tensor;
  min(this: Tensor, other: Tensor): Tensor;
  min(this: Tensor, dim: number, options?: ReduceOptions): [values: Tensor, indices: Tensor];
  min(this: Tensor, second?: Tensor | number, options?: ReduceOptions): Tensor | [values: Tensor, indices: Tensor] {
    return reduction.min(this, second as number, options);
  }
}
