import {
  contiguousView,
  isContiguous,
  numel,
  padView,
  type Shape,
  sameShape,
  sliceView,
  type View,
  viewRange,
} from '@flambeau/backend';
import { KEEP, record, viewOf } from '../core/dispatch.ts';
import { filled } from '../kernels/copy.ts';
import { fillStorage } from '../kernels/elementwise.ts';
import { boundedCopy, place, through } from '../kernels/place.ts';
import type { OpAttributes } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import { contiguous } from './clone.ts';
import { narrow, reshape } from './movement.ts';
import { div, where } from './pointwise.ts';
import { indexAlong } from './scan.ts';
import { scatterAdd } from './scatter.ts';
import { diagonalView } from './strided-views.ts';

/** Zeros of a shape with `x` placed at a slice of one dimension: the gradient of `slice`. */
export function sliceScatter(x: Tensor, attributes: OpAttributes['sliceScatter']): Tensor {
  const { dim, start, step, shape } = attributes;
  const size = x.shape[dim] as number;
  let out: Tensor;
  if (step === 1) {
    const before = shape.map((_, axis) => (axis === dim ? start : 0));
    const after = shape.map((total, axis) => (axis === dim ? total - start - size : 0));
    out = boundedCopy(x, padView(x.layout, before, after));
  } else {
    out = filled(x, shape);
    place(out, sliceView(out.layout, dim, start, size, step), x);
  }
  record('sliceScatter', attributes, [x], [out], KEEP.nothing);
  return out;
}

/** Zeros of a shape with the last dimension of `x` placed along a diagonal: the gradient of `diagonal`. */
export function diagonalScatter(x: Tensor, attributes: OpAttributes['diagonalScatter']): Tensor {
  const { offset, dim0, dim1, shape } = attributes;
  const out = filled(x, shape);
  place(out, diagonalView(out.layout, offset, dim0, dim1), x);
  record('diagonalScatter', attributes, [x], [out], KEEP.nothing);
  return out;
}

/** Whether no two indices of a view can meet: each axis steps over all that the finer ones reach. May miss exotic cases. */
function isDisjoint({ shape, strides }: View): boolean {
  const axes = shape
    .map((size, axis) => ({ size, step: Math.abs(strides[axis] as number) }))
    .filter(({ size }) => size > 1);
  let reach = 0;
  for (const { size, step } of axes.sort((a, b) => a.step - b.step)) {
    if (step <= reach) return false;
    reach += step * (size - 1);
  }
  return true;
}

function shifted(view: View, by: number): View {
  return { ...view, offset: view.offset + by };
}

/** A strided view of a contiguous tensor, given as if that started at element 0. */
function stridedOf(flat: Tensor, layout: View): Tensor {
  const absolute = shifted(layout, flat.layout.offset);
  return viewOf('asStrided', { layout: absolute, base: flat.layout }, flat, absolute);
}

/** Zeros `[length]` with `x` added at the elements of a view. */
function spread(x: Tensor, layout: View, length: number): Tensor {
  const out = filled(x, [length]);
  if (isDisjoint(layout)) {
    place(out, layout, x);
    record('asStridedScatter', { layout, base: contiguousView([length]) }, [out, x], [out], KEEP.nothing);
    return out;
  }
  const positions = reshape(through(indexAlong(x, [length], 0), layout), [-1]);
  return scatterAdd(out, 0, positions, reshape(x, [-1]));
}

/** The part of a storage that views touch: its first element and its length. */
function span(...views: readonly View[]): { readonly low: number; readonly length: number } {
  const ranges = views.map(viewRange).filter((range) => range !== null);
  const low = Math.min(...ranges.map((range) => range[0]));
  return { low, length: Math.max(...ranges.map((range) => range[1])) - low + 1 };
}

/**
 * The gradient of a strided view by its base: each element of the base gets the sum of the gradients of the view's elements that lie on it.
 *
 * @param grad - In the shape of `layout`.
 * @param layout - The view, over the base's storage.
 * @param base - Where the base's elements lie; where several share memory, they share the gradient evenly.
 * @source PyTorch `as_strided_backward`
 */
export function asStridedGrad(grad: Tensor, layout: View, base: View): Tensor {
  if (numel(base.shape) === 0 || numel(layout.shape) === 0) return filled(grad, base.shape);
  const { low, length } = span(base, layout);
  const memory = spread(grad, shifted(layout, -low), length);
  if (isContiguous(base)) return reshape(narrow(memory, 0, base.offset - low, numel(base.shape)), base.shape);
  const origin = shifted(base, -low);
  if (isDisjoint(base)) return stridedOf(memory, origin);
  const sharers = spread(filled(grad, base.shape, 1), origin, length);
  return div(stridedOf(memory, origin), stridedOf(sharers, origin));
}

/** The gradient of a base with one strided piece replaced, by the old base and by the piece; only those that are wanted. */
export function asStridedScatterGrads(
  grad: Tensor,
  { layout, base }: OpAttributes['asStridedScatter'],
  wanted: readonly [boolean, boolean],
): [old: Tensor | null, piece: Tensor | null] {
  if (numel(layout.shape) === 0) return [wanted[0] ? grad : null, wanted[1] ? filled(grad, layout.shape) : null];
  const { low, length } = span(base, layout);
  const inside = isContiguous(base) && low === base.offset && length === numel(base.shape);
  const origin = shifted(base, -low);
  const memory = inside ? reshape(contiguous(grad), [length]) : spread(grad, origin, length);
  const piece = shifted(layout, -low);
  return [
    wanted[0] ? back(without(memory, piece), base.shape, inside, origin) : null,
    wanted[1] ? stridedOf(memory, piece) : null,
  ];
}

function without(memory: Tensor, piece: View): Tensor {
  const mask = filled(memory, memory.shape, 0, 'bool');
  fillStorage(through(mask, piece), 1);
  return where(mask, 0, memory);
}

function back(memory: Tensor, shape: Shape, inside: boolean, origin: View): Tensor {
  if (inside) return sameShape(memory.shape, shape) ? memory : reshape(memory, shape);
  return stridedOf(memory, origin);
}
