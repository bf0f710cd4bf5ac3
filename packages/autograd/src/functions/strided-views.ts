import { ArgumentError, type Shape, ShapeError, type View } from '@flambeau/backend';
import { describe, normalizeDim, requireInteger, requireShape, requireTensor } from '../core/arguments.ts';
import { viewOf } from '../core/dispatch.ts';
import type { Tensor } from '../tensor.ts';

/** The diagonal of two axes, which become the last one; a view. */
export function diagonal(x: Tensor, offset = 0, dim1 = 0, dim2 = 1): Tensor {
  requireTensor('diagonal', x);
  requireInteger('diagonal', offset, 'offset');
  const [a, b] = [normalizeDim('diagonal', dim1, x.ndim), normalizeDim('diagonal', dim2, x.ndim)];
  if (a === b) throw new ArgumentError('diagonal', `dimensions cannot be identical; got ${dim1} and ${dim2}.`);
  return viewOf('diagonal', { offset, dim0: a, dim1: b }, x, diagonalView(x.layout, offset, a, b));
}

/** The view along a diagonal of two axes. */
export function diagonalView(layout: View, offset: number, a: number, b: number): View {
  const [rows, columns] = [layout.shape[a] as number, layout.shape[b] as number];
  const size = Math.max(0, offset >= 0 ? Math.min(rows, columns - offset) : Math.min(rows + offset, columns));
  const [down, right] = [layout.strides[a] as number, layout.strides[b] as number];
  const rest = (values: readonly number[]): number[] => values.filter((_, axis) => axis !== a && axis !== b);
  return {
    shape: [...rest(layout.shape), size],
    strides: [...rest(layout.strides), down + right],
    offset: size === 0 ? layout.offset : layout.offset + (offset >= 0 ? right * offset : -down * offset),
  };
}

/** All windows of `size` elements along an axis, `step` apart, as a new last axis; a view. */
export function unfold(x: Tensor, dim: number, size: number, step: number): Tensor {
  requireTensor('unfold', x);
  const axis = normalizeDim('unfold', dim, x.ndim);
  requireInteger('unfold', size, 'size');
  requireInteger('unfold', step, 'step');
  const total = x.shape[axis] ?? 1;
  if (size < 0 || size > total)
    throw new ShapeError('unfold', `maximum size for dimension ${dim} is ${total}; got ${size}.`);
  if (step <= 0) throw new ArgumentError('unfold', `step must be positive; got ${step}.`);
  const stride = x.layout.strides[axis] ?? 1;
  const shape = [...(x.ndim ? x.shape.with(axis, Math.floor((total - size) / step) + 1) : []), size];
  const strides = [...(x.ndim ? x.layout.strides.with(axis, stride * step) : []), stride];
  return viewOf('unfold', { dim: axis, size, step }, x, { shape, strides, offset: x.layout.offset });
}

/** A view with any shape, strides and offset over the tensor's storage (elements). @throws {ShapeError} It leaves the storage. */
export function asStrided(x: Tensor, shape: Shape, strides: readonly number[], storageOffset?: number): Tensor {
  requireTensor('asStrided', x);
  const offset = storageOffset ?? x.storageOffset();
  const sizes = requireShape('asStrided', shape);
  if (!Array.isArray(strides) || !strides.every(Number.isInteger) || strides.length !== sizes.length)
    throw new ShapeError(
      'asStrided',
      `needs as many strides as sizes; got ${describe(strides)} and [${sizes.join(', ')}].`,
    );
  requireInteger('asStrided', offset, 'the offset');
  const layout: View = { shape: sizes, strides: [...strides], offset };
  const last = sizes.reduce((sum, size, axis) => sum + Math.max(0, size - 1) * (strides[axis] as number), offset);
  if (offset < 0 || strides.some((s) => s < 0) || (!sizes.includes(0) && last >= x.storage.length)) {
    const layoutText = `shape [${sizes.join(', ')}], strides [${strides.join(', ')}] and offset ${offset}`;
    throw new ShapeError('asStrided', `${layoutText} leave a storage of ${x.storage.length} elements.`);
  }
  return viewOf('asStrided', { layout, base: x.layout }, x, layout);
}
