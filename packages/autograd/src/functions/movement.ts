import {
  ArgumentError,
  broadcastShapes,
  expandView,
  IndexError,
  permuteView,
  reshapeView,
  type Shape,
  ShapeError,
  sameShape,
  sliceView,
} from '@flambeau/backend';
import { describe, inferShape, normalizeDim, requireInteger, requireShape, requireTensor } from '../core/arguments.ts';
import { named, viewOf } from '../core/dispatch.ts';
import type { Tensor } from '../tensor.ts';
import { clone } from './clone.ts';

/**
 * The same elements in another shape; a view where memory allows it, else a copy. One size may be -1.
 *
 * @throws {ShapeError} The number of elements differs.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  requireTensor('reshape', x);
  const sizes = inferShape('reshape', shape, x.numel());
  const layout = reshapeView(x.layout, sizes);
  return layout ? viewOf('view', { shape: sizes }, x, layout) : view(clone(x), sizes);
}

/** As {@link reshape}, but never copies. @throws {ShapeError} Memory does not allow it. */
export function view(x: Tensor, shape: Shape): Tensor {
  requireTensor('view', x);
  const sizes = inferShape('view', shape, x.numel());
  const layout = reshapeView(x.layout, sizes);
  if (!layout) {
    throw new ShapeError(
      'view',
      `view size [${sizes.join(', ')}] is not compatible with strides [${x.stride().join(', ')}] of shape [${x.shape.join(', ')}]. Use reshape().`,
      { shape: sizes },
    );
  }
  return viewOf('view', { shape: sizes }, x, layout);
}

/** `view` in the shape of another tensor. */
export function viewAs(x: Tensor, other: Tensor): Tensor {
  requireTensor('viewAs', other, 'the other');
  return view(x, other.shape);
}

/** `reshape` in the shape of another tensor. */
export function reshapeAs(x: Tensor, other: Tensor): Tensor {
  requireTensor('reshapeAs', other, 'the other');
  return reshape(x, other.shape);
}

/** Reorders the axes: axis `i` of the result is axis `dims[i]`. */
export function permute(x: Tensor, dims: readonly number[]): Tensor {
  requireTensor('permute', x);
  if (!Array.isArray(dims) || dims.length !== x.ndim) {
    throw new ShapeError('permute', `needs one dimension per axis of [${x.shape.join(', ')}]; got ${describe(dims)}.`);
  }
  const order = dims.map((dim) => normalizeDim('permute', dim, x.ndim));
  if (new Set(order).size !== order.length)
    throw new ArgumentError('permute', `a dimension appears twice in [${dims.join(', ')}].`);
  return viewOf('permute', { order }, x, permuteView(x.layout, order));
}

/** Swaps two axes. */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  requireTensor('transpose', x);
  const order = x.shape.map((_, axis) => axis);
  const [a, b] = [normalizeDim('transpose', dim0, x.ndim), normalizeDim('transpose', dim1, x.ndim)];
  if (order.length) [order[a], order[b]] = [b, a];
  return named(viewOf('permute', { order }, x, permuteView(x.layout, order)), 'transpose');
}

/** Transposes a matrix; 0-d and 1-d tensors stay as they are. */
export function t(x: Tensor): Tensor {
  requireTensor('t', x);
  if (x.ndim > 2)
    throw new ShapeError('t', `expects a tensor with at most 2 dimensions; got ${x.ndim}.`, { shape: x.shape });
  const flipped =
    x.ndim === 2 ? transpose(x, 0, 1) : viewOf('permute', { order: x.shape.map((_, i) => i) }, x, x.layout);
  return named(flipped, 't');
}

/** Moves axes to other positions, the rest staying in order. */
export function movedim(
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  requireTensor('movedim', x);
  const normalize = (dims: number | readonly number[]): number[] =>
    [dims].flat().map((dim) => normalizeDim('movedim', dim, x.ndim));
  const [from, target] = [normalize(source), normalize(destination)];
  if (from.length !== target.length || new Set(from).size !== from.length || new Set(target).size !== target.length) {
    throw new ArgumentError(
      'movedim',
      `source and destination must be equally many different dimensions; got [${from}] and [${target}].`,
    );
  }
  const rest = x.shape.map((_, axis) => axis).filter((axis) => !from.includes(axis));
  const order = x.shape.map((_, axis) => {
    const found = target.indexOf(axis);
    return found >= 0 ? (from[found] as number) : (rest.shift() as number);
  });
  return permute(x, order);
}

/** Removes axes of size 1: all of them, or the given ones where they have size 1. */
export function squeeze(x: Tensor, dim?: number | readonly number[]): Tensor {
  requireTensor('squeeze', x);
  const dims =
    dim === undefined ? x.shape.map((_, axis) => axis) : [dim].flat().map((d) => normalizeDim('squeeze', d, x.ndim));
  return named(
    view1(
      x,
      x.shape.filter((size, axis) => size !== 1 || !dims.includes(axis)),
      (axis) => x.shape[axis] === 1 && dims.includes(axis),
    ),
    'squeeze',
  );
}

/** Drops axes of size 1 without asking whether memory allows the shape: it always does. */
function view1(x: Tensor, shape: number[], drop: (axis: number) => boolean): Tensor {
  const strides = x.layout.strides.filter((_, axis) => !drop(axis));
  return viewOf('view', { shape }, x, { shape, strides, offset: x.layout.offset });
}

/** Inserts an axis of size 1 before `dim`. */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  requireTensor('unsqueeze', x);
  const axis = normalizeDim('unsqueeze', dim, x.ndim + 1);
  const shape = x.shape.toSpliced(axis, 0, 1);
  const strides = x.layout.strides.toSpliced(
    axis,
    0,
    axis < x.ndim ? (x.shape[axis] as number) * (x.layout.strides[axis] as number) : 1,
  );
  return named(viewOf('view', { shape }, x, { shape, strides, offset: x.layout.offset }), 'unsqueeze');
}

/** Repeats axes of size 1 without copying; -1 keeps a size, leading axes may be added. */
export function expand(x: Tensor, shape: Shape): Tensor {
  requireTensor('expand', x);
  if (!Array.isArray(shape))
    throw new ShapeError('expand', `a shape must be an array of integers; got ${describe(shape)}.`);
  if (sameShape(x.shape, shape)) return x;
  const lead = shape.length - x.ndim;
  const sizes = requireShape(
    'expand',
    shape.map((size, axis) => (size === -1 && axis >= lead ? (x.shape[axis - lead] as number) : size)),
  );
  return viewOf('expand', { shape: sizes }, x, expandView(x.layout, sizes));
}

/** `expand` to the shape of another tensor. */
export function expandAs(x: Tensor, other: Tensor): Tensor {
  requireTensor('expandAs', other, 'the other');
  return expand(x, other.shape);
}

/** `expand` by its other name. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  return expand(x, shape);
}

/** Expands tensors to the shape they broadcast to. */
export function broadcastTensors(...tensors: readonly Tensor[]): Tensor[] {
  for (const tensor of tensors) requireTensor('broadcastTensors', tensor);
  const shape = broadcastShapes(...tensors.map((tensor) => tensor.shape));
  const list = tensors.map((x) => `[${x.shape.join(', ')}]`).join(', ');
  if (!shape) throw new ShapeError('broadcastTensors', `shapes do not broadcast: ${list}.`);
  return tensors.map((tensor) => expand(tensor, shape));
}

/** Merges the axes from `startDim` to `endDim` into one; a 0-d tensor becomes 1-d. */
export function flatten(x: Tensor, startDim = 0, endDim = -1): Tensor {
  requireTensor('flatten', x);
  const [start, end] = [normalizeDim('flatten', startDim, x.ndim), normalizeDim('flatten', endDim, x.ndim)];
  if (start > end)
    throw new ArgumentError('flatten', `startDim cannot come after endDim; got ${startDim} and ${endDim}.`);
  if (x.ndim === 0) return reshape(x, [1]);
  const merged = x.shape.slice(start, end + 1).reduce((a, b) => a * b, 1);
  return start === end ? x : reshape(x, [...x.shape.slice(0, start), merged, ...x.shape.slice(end + 1)]);
}

/** `flatten` of everything. */
export function ravel(x: Tensor): Tensor {
  return flatten(x);
}

/** Splits one axis into several; one of their sizes may be -1. */
export function unflatten(x: Tensor, dim: number, sizes: Shape): Tensor {
  requireTensor('unflatten', x);
  const axis = normalizeDim('unflatten', dim, x.ndim);
  const inner = inferShape('unflatten', sizes, x.shape[axis] as number);
  return reshape(x, x.shape.toSpliced(axis, 1, ...inner));
}

/** `length` elements of an axis from `start`, as a view. */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  requireTensor('narrow', x);
  const axis = normalizeDim('narrow', dim, x.ndim);
  requireInteger('narrow', start, 'start');
  requireInteger('narrow', length, 'length');
  if (x.ndim === 0) throw new ShapeError('narrow', 'cannot be applied to a 0-dim tensor.');
  const size = x.shape[axis] as number;
  const from = start < 0 ? start + size : start;
  if (from < 0 || from > size || length < 0 || from + length > size) {
    throw new IndexError('narrow', `start (${start}) + length (${length}) exceeds dimension size (${size}).`, {
      shape: x.shape,
    });
  }
  return sliceAxis(x, axis, from, length, 1);
}

/** Part of an axis that is known to be inside, as a view. */
export function sliceAxis(x: Tensor, dim: number, start: number, size: number, step: number): Tensor {
  return viewOf('slice', { dim, start, size, step }, x, sliceView(x.layout, dim, start, size, step));
}

/** Every `step`-th element of an axis from `start` to before `end`, as a view; out of range is clipped, negative counts from the end. */
export function slice(
  x: Tensor,
  dim: number,
  start: number | null = null,
  end: number | null = null,
  step = 1,
): Tensor {
  requireTensor('slice', x);
  const axis = normalizeDim('slice', dim, x.ndim);
  if (x.ndim === 0) throw new ShapeError('slice', 'cannot be applied to a 0-dim tensor.');
  if (start !== null) requireInteger('slice', start, 'start');
  if (end !== null) requireInteger('slice', end, 'end');
  requireInteger('slice', step, 'step');
  if (step <= 0) throw new ArgumentError('slice', `step must be positive; got ${step}. Use flip() to reverse.`);
  const size = x.shape[axis] as number;
  const clip = (value: number): number => Math.min(size, Math.max(0, value < 0 ? value + size : value));
  const from = clip(start ?? 0);
  const until = Math.max(from, clip(end ?? size));
  return sliceAxis(x, axis, from, Math.ceil((until - from) / step), step);
}

/** One index of an axis, which disappears; a view. @throws {IndexError} Out of range. */
export function select(x: Tensor, dim: number, index: number): Tensor {
  requireTensor('select', x);
  if (x.ndim === 0) throw new IndexError('select', 'cannot be applied to a 0-dim tensor.');
  const axis = normalizeDim('select', dim, x.ndim);
  requireInteger('select', index, 'the index');
  const size = x.shape[axis] as number;
  if (index < -size || index >= size) {
    throw new IndexError('select', `index ${index} is out of bounds for dimension ${dim} with size ${size}.`, {
      index,
      size,
    });
  }
  const piece = sliceAxis(x, axis, index < 0 ? index + size : index, 1, 1);
  return named(
    view1(piece, x.shape.toSpliced(axis, 1), (a) => a === axis),
    'select',
  );
}

/** The parts of an axis: `size` elements each, the last maybe fewer, or as many as `size` lists. Views. */
export function split(x: Tensor, size: number | readonly number[], dim = 0): Tensor[] {
  requireTensor('split', x);
  const axis = normalizeDim('split', dim, x.ndim);
  const total = x.shape[axis] ?? 1;
  const sizes = Array.isArray(size) ? requireShape('split', size) : evenSizes(total, size as number);
  if (sizes.reduce((a, b) => a + b, 0) !== total) {
    throw new ShapeError(
      'split',
      `sizes must sum to ${total} (the size of dimension ${dim}); got [${sizes.join(', ')}].`,
      {
        sizes,
      },
    );
  }
  let start = 0;
  return sizes.map((length) => {
    const piece = narrow(x, axis, start, length);
    start += length;
    return piece;
  });
}

function evenSizes(total: number, size: number): number[] {
  requireInteger('split', size, 'the split size');
  if (size < 0 || (size === 0 && total !== 0))
    throw new ArgumentError('split', `the split size must be positive; got ${size}.`);
  const count = size === 0 ? 1 : Math.max(1, Math.ceil(total / size));
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? total - size * (count - 1) : size));
}

/** At most `chunks` equal parts of an axis; the last may be smaller. Views. */
export function chunk(x: Tensor, chunks: number, dim = 0): Tensor[] {
  requireTensor('chunk', x);
  requireInteger('chunk', chunks, 'chunks');
  if (chunks <= 0) throw new ArgumentError('chunk', `expects chunks to be greater than 0; got ${chunks}.`);
  const axis = normalizeDim('chunk', dim, x.ndim);
  const total = x.shape[axis] ?? 1;
  return total === 0 ? split(x, new Array<number>(chunks).fill(0), axis) : split(x, Math.ceil(total / chunks), axis);
}

/** Parts of an axis of nearly equal size, or cut at the given indices. Views. */
export function tensorSplit(x: Tensor, sections: number | readonly number[], dim = 0): Tensor[] {
  requireTensor('tensorSplit', x);
  const axis = normalizeDim('tensorSplit', dim, x.ndim);
  const total = x.shape[axis] ?? 1;
  if (typeof sections === 'number') {
    requireInteger('tensorSplit', sections, 'sections');
    if (sections <= 0) throw new ArgumentError('tensorSplit', `sections must be greater than 0; got ${sections}.`);
    const base = Math.floor(total / sections);
    return split(
      x,
      Array.from({ length: sections }, (_, i) => base + (i < total % sections ? 1 : 0)),
      axis,
    );
  }
  if (!Array.isArray(sections) || !sections.every(Number.isInteger)) {
    throw new ArgumentError(
      'tensorSplit',
      `needs a number of sections or a list of indices; got ${describe(sections)}.`,
    );
  }
  const cuts = [...sections, total];
  let start = 0;
  return cuts.map((cut, i) => {
    const piece = slice(x, axis, start, i === sections.length ? null : cut);
    start = cut;
    return piece;
  });
}

/** The slices along an axis, without it. Views. */
export function unbind(x: Tensor, dim = 0): Tensor[] {
  requireTensor('unbind', x);
  if (x.ndim === 0) throw new ShapeError('unbind', 'cannot be applied to a 0-dim tensor.');
  const axis = normalizeDim('unbind', dim, x.ndim);
  return Array.from({ length: x.shape[axis] as number }, (_, i) => select(x, axis, i));
}
