import { requireTensor } from '../core/arguments.ts';
import { KEEP, record } from '../core/dispatch.ts';
import { contiguousCopy } from '../kernels/copy.ts';
import type { Tensor } from '../tensor.ts';

/** A copy in fresh, row-major memory; gradients flow through it. */
export function clone(x: Tensor): Tensor {
  requireTensor('clone', x);
  const out = contiguousCopy(x);
  record('copy', {}, [x], [out], KEEP.nothing);
  return out;
}

/** The tensor itself when it is row-major, else a row-major copy. */
export function contiguous(x: Tensor): Tensor {
  requireTensor('contiguous', x);
  return x.isContiguous() ? x : clone(x);
}
