import {
  ArgumentError,
  broadcastShapes,
  castValue,
  contiguousStrides,
  numel,
  type Shape,
  ShapeError,
  sameShape,
} from '@flambeau/backend';
import { describe, requireTensor } from '../core/arguments.ts';
import { isTensor, record, recordInPlace, requireSameDevice, requireWritable, snapshot } from '../core/dispatch.ts';
import { isGradEnabled, withGradMode } from '../core/grad-mode.ts';
import type { Operand } from '../core/graph.ts';
import { contiguousCopy, copyInto, filled } from '../kernels/copy.ts';
import { runLinearIndex } from '../kernels/gather.ts';
import { placed, runScatter } from '../kernels/scatter.ts';
import { writeElementwise } from '../ops/elementwise.ts';
import type { Tensor } from '../tensor.ts';
import { clone } from './clone.ts';
import { copy_, to } from './conversion.ts';
import {
  type AdvancedShape,
  advancedShape,
  indexOperands,
  keepIndices,
  MOST_INDICES,
  mergeAxes,
  pickElements,
  restStrides,
} from './gather.ts';
import { withShape } from './index-arguments.ts';
import {
  awaitMasks,
  type IndexItem,
  type KnownMasks,
  type ParsedIndex,
  parseItems,
  singleMask,
} from './index-items.ts';
import { expand, movedim, permute } from './movement.ts';
import { add } from './pointwise.ts';

/**
 * Part of a tensor, as `x[...]` gives it in Python. Positions, slices, `'...'` and `null` give a view; index tensors and masks a copy.
 *
 * @shape Index tensors broadcast to one shape, which takes the place of the indexed axes if those are neighbours, else comes first.
 * @throws {IndexError} Too many items, a position outside its axis, or a mask of another shape.
 * @throws {ShapeError} The index tensors do not broadcast.
 * @throws {ArgumentError} An item is of no known kind.
 * @throws {DeviceError} A mask on a device that cannot be read at once: use {@link indexAsync}.
 * @source PyTorch `torch.Tensor.__getitem__`
 */
export function index(x: Tensor, ...items: readonly IndexItem[]): Tensor {
  requireTensor('index', x);
  return pickItems(parseItems('index', x, items));
}

/** {@link index}, waiting for the numbers of true elements of masks; for every device. */
export async function indexAsync(x: Tensor, ...items: readonly IndexItem[]): Promise<Tensor> {
  requireTensor('indexAsync', x);
  const recording = isGradEnabled();
  const found = await awaitMasks('indexAsync', x, items);
  return withGradMode(recording, () => pickItems(parseItems('indexAsync', x, found.items, found.known)));
}

function pickItems({ view, axes, indices }: ParsedIndex): Tensor {
  return axes.length ? pickElements(view, axes, indices) : view;
}

/** Options of {@link indexPut}. */
export interface IndexPutOptions {
  /** Add instead of replacing; repeated indices add up. */
  readonly accumulate?: boolean;
}

/** Writes values into `target`'s memory at index tensors; unrecorded. @param values - Of the plan's shape. */
function putRaw(
  target: Tensor,
  axes: readonly number[],
  indices: readonly Tensor[],
  values: Tensor,
  plan: AdvancedShape,
  accumulate: boolean,
): void {
  if (numel(plan.shape) === 0) return;
  const reduce = accumulate ? 'sum' : 'set';
  const first = axes[0] as number;
  if (axes.length === 1) {
    const unit = { shape: target.shape, strides: target.shape.map(() => 1) };
    const flat = { ...plan, lead: 0, rest: [], shape: plan.indexed };
    const linear = runLinearIndex(
      plan.indexed,
      plan.indexed.map(() => 0),
      indexOperands(unit, axes, indices, flat),
    );
    const shape = target.shape.with(first, numel(plan.indexed));
    const layout = { shape, strides: shape.map((_, axis) => Number(axis === first)), offset: 0 };
    const source = values.isContiguous() ? values : contiguousCopy(values);
    const merged = source.create(source.storage, {
      shape,
      strides: contiguousStrides(shape),
      offset: source.layout.offset,
    });
    runScatter(placed(target), first, { tensor: linear, layout }, placed(merged), reduce);
    return;
  }
  // Several axes: one position in the flattened target per value.
  const whole = target.isContiguous() ? target : contiguousCopy(target);
  const strides = contiguousStrides(target.shape);
  const linear = runLinearIndex(
    plan.shape,
    restStrides(strides, plan),
    indexOperands({ shape: target.shape, strides }, axes, indices, plan),
  );
  const row = (tensor: Tensor): Tensor =>
    tensor.create(tensor.storage, { shape: [tensor.numel()], strides: [1], offset: tensor.layout.offset });
  const source = values.isContiguous() ? values : contiguousCopy(values);
  runScatter(placed(row(whole)), 0, placed(row(linear)), placed(row(source)), reduce);
  if (whole !== target) copyInto(target, whole);
}

/**
 * `x` with elements at index tensors replaced or added to; checked operands, values of the result's shape.
 *
 * @param fresh - `x` is a new tensor without history that may be written to.
 */
export function putElements(
  x: Tensor,
  axes: readonly number[],
  indices: readonly Tensor[],
  values: Tensor,
  accumulate: boolean,
  fresh = false,
): Tensor {
  const plan = advancedShape('indexPut', x.shape, axes, indices);
  if (axes.length > MOST_INDICES) return putMerged(x, axes, indices, values, accumulate, plan);
  const out = fresh ? x : contiguousCopy(x);
  putRaw(out, axes, indices, values, plan, accumulate);
  record('indexPut', { axes, accumulate }, [x, ...indices, values], [out], keepIndices(axes.length));
  return out;
}

/** {@link putElements} with more index tensors than an op can keep: merged into one. */
function putMerged(
  x: Tensor,
  axes: readonly number[],
  indices: readonly Tensor[],
  values: Tensor,
  accumulate: boolean,
  plan: AdvancedShape,
): Tensor {
  const { front, linear } = mergeAxes(x, axes, indices, plan);
  const to0 = plan.indexed.map((_, axis) => axis);
  const moved =
    plan.lead === 0
      ? values
      : movedim(
          values,
          to0.map((axis) => axis + plan.lead),
          to0,
        );
  const put = putElements(front, [0], [linear], moved, accumulate);
  const order = [...axes, ...plan.rest];
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return permute(
    withShape(
      put,
      order.map((axis) => x.shape[axis] as number),
    ),
    inverse,
  );
}

/** Values as a tensor of the target's dtype and the given shape. @throws {ShapeError} They do not broadcast to it. */
function valuesFor(op: string, target: Tensor, values: Operand, shape: Shape): Tensor {
  if (!isTensor(values)) {
    if (typeof values !== 'number' && typeof values !== 'boolean' && typeof values !== 'bigint') {
      throw new ArgumentError(op, `the values must be a Tensor or a number; got ${describe(values)}.`);
    }
    return expand(filled(target, [], castValue(Number(values), target.dtype)), shape);
  }
  requireSameDevice(op, [target, values]);
  // Leading axes of size 1 may be too many.
  let sizes = values.shape;
  while (sizes.length > shape.length && sizes[0] === 1) sizes = sizes.slice(1);
  const merged = broadcastShapes(sizes, shape);
  if (!merged || !sameShape(merged, shape)) {
    throw new ShapeError(
      op,
      `shape mismatch: value tensor of shape [${values.shape.join(', ')}] cannot be broadcast to indexing result of shape [${shape.join(', ')}].`,
      {
        shapes: [values.shape, shape],
      },
    );
  }
  return expand(withShape(to(values, target.dtype), sizes), shape);
}

/**
 * A copy of a tensor with the part that items name replaced or added to: out of place `x[items] = values`.
 *
 * @param values - A number, or a tensor that broadcasts to the part; converted to `x`'s dtype.
 * @throws {ShapeError} The values do not broadcast. Otherwise as {@link index}; a mask is no problem where a value, or a row of
 *   values, is the same for all its true elements, else use {@link indexPutAsync}.
 * @source PyTorch `torch.index_put`
 */
export function indexPut(x: Tensor, items: readonly IndexItem[], values: Operand, options?: IndexPutOptions): Tensor {
  requireTensor('indexPut', x);
  return putItems('indexPut', clone(x), items, values, options);
}

/** {@link indexPut}, waiting for the numbers of true elements of masks; for every device. */
export async function indexPutAsync(
  x: Tensor,
  items: readonly IndexItem[],
  values: Operand,
  options?: IndexPutOptions,
): Promise<Tensor> {
  requireTensor('indexPutAsync', x);
  requireItems('indexPutAsync', items);
  const recording = isGradEnabled();
  const found = await awaitMasks('indexPutAsync', x, items);
  return withGradMode(recording, () => putItems('indexPutAsync', clone(x), found.items, values, options, found.known));
}

function requireItems(op: string, items: unknown): void {
  if (!Array.isArray(items)) throw new ArgumentError(op, `the items must be an array; got ${describe(items)}.`);
}

/** In place `x[items] = values`, waiting for masks. */
export async function putItemsAsync<T extends Tensor>(
  op: string,
  target: T,
  items: readonly IndexItem[],
  values: Operand,
  options?: IndexPutOptions,
): Promise<T> {
  requireTensor(op, target);
  requireItems(op, items);
  const recording = isGradEnabled();
  const found = await awaitMasks(op, target, items);
  return withGradMode(recording, () => putItems(op, target, found.items, values, options, found.known));
}

/** Puts values at a mask's true elements by choosing between old and new everywhere; whether that could be done. */
function putEverywhere(
  op: string,
  target: Tensor,
  items: readonly IndexItem[],
  values: Operand,
  accumulate: boolean,
): boolean {
  const found = singleMask(op, target, items);
  if (!found) return false;
  const { view, mask, rest } = found;
  // An axis before the rest would count the true elements.
  if (isTensor(values) && values.numel() !== 1 && values.ndim > rest) return false;
  requireSameDevice(op, isTensor(values) ? [target, mask, values] : [target, mask]);
  const value = isTensor(values)
    ? withShape(to(values, target.dtype), values.numel() === 1 ? [] : values.shape)
    : values;
  const fresh = valuesFor(op, view, value, view.shape);
  writeElementwise('where', view, [mask, accumulate ? add(view, fresh) : fresh, view]);
  return true;
}

/** In place `x[items] = values`, for {@link indexPut} and `indexPut_`. */
export function putItems<T extends Tensor>(
  op: string,
  target: T,
  items: readonly IndexItem[],
  values: Operand,
  options?: IndexPutOptions,
  known?: KnownMasks,
): T {
  requireTensor(op, target);
  requireItems(op, items);
  requireWritable(op, target);
  const accumulate = options?.accumulate ?? false;
  if (!known && !target.runtime.backend.readSync && putEverywhere(op, target, items, values, accumulate)) return target;
  const { view, axes, indices } = parseItems(op, target, items, known);
  if (axes.length === 0) {
    const source = isTensor(values) ? valuesFor(op, view, values, view.shape) : values;
    if (accumulate) writeElementwise('add', view, [view, source]);
    else copy_(view, source);
    return target;
  }
  const plan = advancedShape(op, view.shape, axes, indices);
  const source = valuesFor(op, view, values, plan.shape);
  if (axes.length > MOST_INDICES) {
    copy_(view, putMerged(view, axes, indices, source, accumulate, plan));
    return target;
  }
  putRaw(view, axes, indices, source, plan, accumulate);
  recordInPlace('indexPut', { axes, accumulate }, [snapshot(view), ...indices, source], view, keepIndices(axes.length));
  return target;
}

export { embedding, gather, indexSelect, take, takeAlongDim } from './gather.ts';
export type { IndexItem } from './index-items.ts';
export {
  maskedScatter,
  maskedSelect,
  maskedSelectAsync,
  type NonzeroOptions,
  nonzero,
  nonzeroAsync,
  oneHot,
  oneHotAsync,
} from './masked.ts';
export {
  type IndexAddOptions,
  indexAdd,
  indexCopy,
  indexFill,
  type ScatterOptions,
  type ScatterReduceOptions,
  type ScatterReduction,
  scatter,
  scatterAdd,
  scatterReduce,
} from './scatter.ts';
