import { castValue, type DType, type Shape } from '@flambeau/backend';
import { emptyLike } from '../core/dispatch.ts';
import type { Scalar } from '../core/graph.ts';
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

/** A new tensor with one value everywhere; unrecorded. */
export function filled(like: Tensor, shape: Shape, value: Scalar = 0, dtype: DType = like.dtype): Tensor {
  const out = emptyLike(like, shape, dtype);
  fillStorage(out, castValue(typeof value === 'boolean' ? Number(value) : value, dtype));
  return out;
}
