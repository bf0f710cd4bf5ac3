import { ArgumentError, contiguousView, type DType, isFloat, type RoutineKernel, type Shape } from '@flambeau/backend';
import { normalizeDim, requireInteger, requireTensor } from '../core/arguments.ts';
import { emptyLike, KEEP, record } from '../core/dispatch.ts';
import { contiguousCopy } from '../kernels/copy.ts';
import { indexCopy } from '../kernels/place.ts';
import type { Tensor } from '../tensor.ts';
import { clone } from './clone.ts';
import { narrow, reshape, squeeze } from './movement.ts';
import { isnan, where } from './pointwise.ts';

/** Options of {@link cumsum} and {@link cumprod}. */
export interface CumulateOptions {
  /** Converts before adding or multiplying. */
  readonly dtype?: DType;
}

function cumulate(name: 'cumsum' | 'cumprod', x: Tensor, dim: number, options: CumulateOptions | undefined): Tensor {
  requireTensor(name, x);
  const axis = normalizeDim(name, dim, x.ndim);
  const dtype = options?.dtype ?? (isFloat(x.dtype) || x.dtype === 'int64' ? x.dtype : 'int32');
  const source = x.dtype === dtype ? x : contiguousCopy(x, dtype);
  const out = emptyLike(x, x.shape, dtype);
  if (x.numel() > 0) {
    const kind = name === 'cumsum' ? 'sum' : 'prod';
    const executable = x.runtime.prepare(
      `${name}|${dtype}|${axis}`,
      (): RoutineKernel => ({
        kind: 'routine',
        name: 'cumulate',
        attributes: { dim: axis, op: kind },
        inputs: [dtype],
        outputs: [dtype],
        scalars: [],
      }),
    );
    // The routine needs an axis; a 0-d tensor is one element along it.
    const views = x.ndim ? [source.layout, out.layout] : [source, out].map((t) => contiguousView([1], t.layout.offset));
    x.runtime.realize(executable, [source.buffer, out.buffer], { extents: [], views, scalars: [] });
  }
  record(name, { dim: axis, dtype }, [x], [out], name === 'cumsum' ? KEEP.nothing : KEEP.x);
  return out;
}

/**
 * Sums of all elements up to each one along a dimension. Bool and small integers are summed as int32.
 *
 * @shape `x` any → same
 * @throws {IndexError} The dimension is out of range.
 * @source PyTorch `torch.cumsum`
 */
export function cumsum(x: Tensor, dim: number, options?: CumulateOptions): Tensor {
  return cumulate('cumsum', x, dim, options);
}

/**
 * Products of all elements up to each one along a dimension. Bool and small integers are multiplied as int32.
 *
 * @shape `x` any → same
 * @throws {IndexError} The dimension is out of range.
 * @source PyTorch `torch.cumprod`
 */
export function cumprod(x: Tensor, dim: number, options?: CumulateOptions): Tensor {
  return cumulate('cumprod', x, dim, options);
}

/** An int32 tensor that broadcasts against `shape` and holds the index along `dim`; on the device of `like`. */
export function indexAlong(like: Tensor, shape: Shape, dim: number): Tensor {
  return indexCopy(like, shape.length, dim, shape[dim] ?? 1);
}

/** Options of {@link sort} and {@link argsort}. */
export interface SortOptions {
  /** Largest first. */
  readonly descending?: boolean;
  /** Sorting is always stable; taken for PyTorch's sake. */
  readonly stable?: boolean;
}

/** What sorting gives: values, and where they were (int32). */
export type Sorted = [values: Tensor, indices: Tensor];

/**
 * Values in order along a dimension, and where they were (int32); stable, NaN counts as largest.
 *
 * @shape `x` any → two of the same
 * @throws {IndexError} The dimension is out of range.
 * @source PyTorch `torch.sort`
 */
export function sort(x: Tensor, dim = -1, options?: SortOptions): Sorted {
  requireTensor('sort', x);
  const axis = normalizeDim('sort', dim, x.ndim);
  const descending = options?.descending ?? false;
  if (x.ndim === 0) {
    const [values, indices] = sort(reshape(x, [1]), 0);
    return [reshape(values, []), reshape(indices, [])];
  }
  const { dtype } = x;
  const values = emptyLike(x, x.shape, dtype);
  const indices = emptyLike(x, x.shape, 'int32');
  if (x.numel() > 0) {
    const executable = x.runtime.prepare(
      `sort|${dtype}|${axis}|${descending}`,
      (): RoutineKernel => ({
        kind: 'routine',
        name: 'sort',
        attributes: { dim: axis, descending },
        inputs: [dtype],
        outputs: [dtype, 'int32'],
        scalars: [],
      }),
    );
    x.runtime.realize(executable, [x.buffer, values.buffer, indices.buffer], {
      extents: [],
      views: [x.layout, values.layout, indices.layout],
      scalars: [],
    });
  }
  record('sort', { dim: axis, descending }, [x], [values, indices], KEEP.out1);
  return [values, indices];
}

/** The indices (int32) that {@link sort} gives. @source PyTorch `torch.argsort` */
export function argsort(x: Tensor, dim = -1, options?: SortOptions): Tensor {
  return sort(x, dim, options)[1];
}

/** Options of {@link topk}. */
export interface TopkOptions {
  /** The largest elements (default), or the smallest. */
  readonly largest?: boolean;
  /** They always come in order; taken for PyTorch's sake. */
  readonly sorted?: boolean;
}

/**
 * The `k` largest elements along a dimension in order, and where they were (int32); NaN counts as largest.
 *
 * @shape `x` any → two of the same but for size `k` at `dim`
 * @throws {ArgumentError} `k` is not between 0 and the size of the dimension.
 * @source PyTorch `torch.topk`
 */
export function topk(x: Tensor, k: number, dim = -1, options?: TopkOptions): Sorted {
  requireTensor('topk', x);
  const axis = normalizeDim('topk', dim, x.ndim);
  requireInteger('topk', k, 'k');
  const size = x.shape[axis] ?? 1;
  if (k < 0 || k > size)
    throw new ArgumentError('topk', `selected index k out of range; got ${k} for a dimension of size ${size}.`);
  const [values, indices] = sort(x, axis, { descending: options?.largest ?? true });
  if (x.ndim === 0 && k === 1) return [values, indices];
  if (x.ndim === 0) return [narrow(reshape(values, [1]), 0, 0, 0), narrow(reshape(indices, [1]), 0, 0, 0)];
  // Copies, so that a few elements do not keep all of them in memory.
  return [clone(narrow(values, axis, 0, k)), clone(narrow(indices, axis, 0, k))];
}

/** Options of {@link kthvalue} and {@link median}. */
export interface KeepDimOptions {
  /** Keep the dimension with size 1. */
  readonly keepDim?: boolean;
}

/** One position of a sorted dimension. */
function pick([values, indices]: Sorted, axis: number, position: number): Sorted {
  return [narrow(values, axis, position, 1), narrow(indices, axis, position, 1)];
}

/** Drops the picked dimension unless it is to be kept, and the memory of the rest. */
function finish([values, indices]: Sorted, axis: number, keepDim: boolean): Sorted {
  return keepDim ? [clone(values), clone(indices)] : [clone(squeeze(values, axis)), clone(squeeze(indices, axis))];
}

/**
 * The `k`-th smallest element (counted from 1) along a dimension, and where it was (int32).
 *
 * @throws {ArgumentError} `k` is not between 1 and the size of the dimension.
 * @source PyTorch `torch.kthvalue`
 */
export function kthvalue(x: Tensor, k: number, dim = -1, options?: KeepDimOptions): Sorted {
  requireTensor('kthvalue', x);
  const axis = normalizeDim('kthvalue', dim, x.ndim);
  requireInteger('kthvalue', k, 'k');
  const size = x.shape[axis] ?? 1;
  if (k < 1 || k > size)
    throw new ArgumentError('kthvalue', `selected number k out of range for dimension ${dim}; got ${k} of ${size}.`);
  const sorted = sort(x, axis);
  return x.ndim === 0 ? sorted : finish(pick(sorted, axis, k - 1), axis, options?.keepDim ?? false);
}

/**
 * The median: of all elements when no dimension is given, else along it with where it was (int32). The lower of two middle elements; NaN if
 * there is one.
 *
 * @throws {ArgumentError} The dimension is empty.
 * @source PyTorch `torch.median`
 */
export function median(x: Tensor): Tensor;
export function median(x: Tensor, dim: number, options?: KeepDimOptions): Sorted;
export function median(x: Tensor, dim?: number, options?: KeepDimOptions): Tensor | Sorted {
  requireTensor('median', x);
  if (dim === undefined) return median(reshape(x, [-1]), 0)[0];
  const axis = normalizeDim('median', dim, x.ndim);
  const size = x.shape[axis] ?? 1;
  if (size === 0)
    throw new ArgumentError(
      'median',
      `Expected reduction dim ${dim} to have non-zero size; got shape [${x.shape.join(', ')}].`,
    );
  const sorted = sort(x, axis);
  if (x.ndim === 0) return sorted;
  const middle = pick(sorted, axis, (size - 1) >> 1);
  const keepDim = options?.keepDim ?? false;
  if (!isFloat(x.dtype)) return finish(middle, axis, keepDim);
  const last = pick(sorted, axis, size - 1);
  const undefinedHere = isnan(last[0]);
  return finish([where(undefinedHere, last[0], middle[0]), where(undefinedHere, last[1], middle[1])], axis, keepDim);
}
