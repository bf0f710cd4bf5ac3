import type { DType } from '@flambeau/backend';
import { emptyLike } from '../core/dispatch.ts';
import type { Tensor } from '../tensor.ts';
import { type ElementwiseRow, fillStorage, runElementwise } from './elementwise.ts';

/** Passes its operand on; the element-wise machinery converts and lays out. */
const identity: ElementwiseRow = { arity: 1, compute: 'promote', result: 'same', expr: ([x]) => x! };
/** Outside the range of the table's rows. */
const IDENTITY_CODE = 255;

/** Writes `source`, broadcast and converted, into `target`'s elements; unrecorded. */
export function copyInto(target: Tensor, source: Tensor): void {
  runElementwise('copy', IDENTITY_CODE, identity, [source], target);
}

/** A row-major copy in fresh memory; unrecorded. */
export function contiguousCopy(x: Tensor, dtype: DType = x.dtype): Tensor {
  const target = emptyLike(x, x.shape, dtype);
  copyInto(target, x);
  return target;
}

/** Zeros in the shape and dtype of a tensor; unrecorded. */
export function zeroLike(x: Tensor): Tensor {
  const target = emptyLike(x, x.shape, x.dtype);
  fillStorage(target, x.dtype === 'int64' ? 0n : 0);
  return target;
}
