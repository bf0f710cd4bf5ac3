import { castValue } from '@flambeau/backend';
import { requireTensor } from '../core/arguments.ts';
import { isTensor, KEEP, mustRecord, recordInPlace, requireWritable, snapshot } from '../core/dispatch.ts';
import type { Operand } from '../core/graph.ts';
import { writeElementwise } from '../ops/elementwise.ts';
import type { Tensor } from '../tensor.ts';
import { clone } from './clone.ts';
import { copy_ } from './conversion.ts';
import { atLeast1d } from './index-arguments.ts';
import type { IndexItem } from './index-items.ts';
import { type IndexPutOptions, putItems, putItemsAsync } from './indexing.ts';
import { maskedOperands, maskedScatter, requireMask } from './masked.ts';
import { view } from './movement.ts';
import {
  fillOperands,
  type IndexAddOptions,
  type ScatterOperands,
  type ScatterOptions,
  type ScatterReduceOptions,
  type ScatterReduction,
  scaledSource,
  scatterMode,
  scatterOperands,
  scatterRaw,
  scatterReduce,
  sliceOperands,
  sourceTensor,
  spreadVector,
} from './scatter.ts';

/** In place `x[items] = values`. @see indexPut */
export function indexPut_<T extends Tensor>(
  target: T,
  items: readonly IndexItem[],
  values: Operand,
  options?: IndexPutOptions,
): T {
  return putItems('indexPut_', target, items, values, options);
}

/** In place {@link indexPutAsync}. */
export function indexPutAsync_<T extends Tensor>(
  target: T,
  items: readonly IndexItem[],
  values: Operand,
  options?: IndexPutOptions,
): Promise<T> {
  return putItemsAsync('indexPutAsync_', target, items, values, options);
}

/** The target, or a view of a 0-d one with an axis. */
function withAxis(target: Tensor): Tensor {
  return target.ndim ? target : view(target, atLeast1d(target.shape));
}

/** Replaces or adds elements of a target of rank 1 or more and records that. */
function writeScatter(target: Tensor, operands: ScatterOperands, mode: 'set' | 'sum'): void {
  const { dim, index, source } = operands;
  scatterRaw(target, operands, mode);
  recordInPlace(mode === 'set' ? 'scatter' : 'scatterAdd', { dim }, [snapshot(target), index, source], target, KEEP.y);
}

/** In place {@link scatter}. */
export function scatter_<T extends Tensor>(
  target: T,
  dim: number,
  index: Tensor,
  src: Operand,
  options?: ScatterOptions,
): T {
  requireTensor('scatter_', target);
  requireWritable('scatter_', target);
  const operands = scatterOperands('scatter_', target, dim, index, src);
  const mode = scatterMode('scatter_', options);
  if (operands.empty) return target;
  const piece = withAxis(target);
  if (mode === 'set') writeScatter(piece, operands, 'set');
  else if (mode === 'sum') writeScatter(piece, { ...operands, source: sourceTensor(operands, target) }, 'sum');
  else {
    const source = sourceTensor(operands, target);
    copy_(piece, scatterReduce(before(piece, source), operands.dim, operands.index, source, 'prod'));
  }
  return target;
}

/** The target, or a copy if the derivative will read it as it was. */
function before(target: Tensor, source: Tensor): Tensor {
  return mustRecord([target, source]) ? clone(target) : target;
}

/** In place {@link scatterAdd}. */
export function scatterAdd_<T extends Tensor>(target: T, dim: number, index: Tensor, src: Tensor): T {
  requireTensor('scatterAdd_', target);
  requireTensor('scatterAdd_', src, 'the source');
  requireWritable('scatterAdd_', target);
  const operands = scatterOperands('scatterAdd_', target, dim, index, src);
  if (!operands.empty) writeScatter(withAxis(target), operands, 'sum');
  return target;
}

/** In place {@link scatterReduce}. */
export function scatterReduce_<T extends Tensor>(
  target: T,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: ScatterReduction,
  options?: ScatterReduceOptions,
): T {
  requireTensor('scatterReduce_', target);
  requireTensor('scatterReduce_', src, 'the source');
  requireWritable('scatterReduce_', target);
  return copy_(target, scatterReduce(before(target, src), dim, index, src, reduce, options));
}

/** In place {@link indexAdd}. */
export function indexAdd_<T extends Tensor>(
  target: T,
  dim: number,
  index: Tensor,
  src: Tensor,
  options?: IndexAddOptions,
): T {
  const { dim: axis, index: at, source } = sliceOperands('indexAdd_', target, dim, index, src);
  requireWritable('indexAdd_', target);
  const scaled = scaledSource(source, options);
  const piece = withAxis(target);
  scatterRaw(piece, { dim: axis, index: spreadVector(at, axis, scaled.shape), source: scaled }, 'sum');
  recordInPlace('indexAdd', { dim: axis, alpha: 1 }, [snapshot(piece), at, scaled], piece, KEEP.y);
  return target;
}

/** In place {@link indexCopy}. */
export function indexCopy_<T extends Tensor>(target: T, dim: number, index: Tensor, src: Tensor): T {
  const { dim: axis, index: at, source } = sliceOperands('indexCopy_', target, dim, index, src);
  requireWritable('indexCopy_', target);
  writeScatter(withAxis(target), { dim: axis, index: spreadVector(at, axis, source.shape), source }, 'set');
  return target;
}

/** In place {@link indexFill}. */
export function indexFill_<T extends Tensor>(target: T, dim: number, index: Tensor, value: Operand): T {
  const operands = fillOperands('indexFill_', target, dim, index, value);
  requireWritable('indexFill_', target);
  writeScatter(withAxis(target), operands, 'set');
  return target;
}

/** Sets the elements where a mask is true to one value; the mask broadcasts. @throws {DTypeError} The mask is not bool. */
export function maskedFill_<T extends Tensor>(target: T, mask: Tensor, value: Operand): T {
  requireTensor('maskedFill_', target);
  requireMask('maskedFill_', mask);
  const plain = typeof value === 'boolean' ? Number(value) : value;
  const filler = isTensor(plain) ? plain : castValue(plain, target.dtype);
  return writeElementwise('where', target, [
    mask,
    target.dtype === 'bool' && !isTensor(filler) ? filler !== 0 : filler,
    target,
  ]);
}

/** In place {@link maskedScatter}; the mask broadcasts to the target. */
export function maskedScatter_<T extends Tensor>(target: T, mask: Tensor, source: Tensor): T {
  requireTensor('maskedScatter_', target);
  requireWritable('maskedScatter_', target);
  if (!target.isContiguous() || !target.runtime.backend.readSync) {
    return copy_(target, maskedScatter(target, mask, source));
  }
  const operands = maskedOperands('maskedScatter_', target, mask, source);
  writeScatter(target.ndim === 1 ? target : view(target, [target.numel()]), { dim: 0, ...operands }, 'set');
  return target;
}
