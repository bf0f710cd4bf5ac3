import { ArgumentError, DTypeError, isInteger, type Shape, ShapeError, sameShape, sliceView } from '@flambeau/backend';
import {
  describe,
  normalizeDim,
  normalizeDims,
  requireInteger,
  requireShape,
  requireTensor,
} from '../core/arguments.ts';
import { emptyLike, isTensor, KEEP, named, record, requireSameDevice } from '../core/dispatch.ts';
import { isGradEnabled, withGradMode } from '../core/grad-mode.ts';
import { resultType } from '../core/promotion.ts';
import { contiguousCopy, copyInto } from '../kernels/copy.ts';
import { place, through } from '../kernels/place.ts';
import type { Tensor } from '../tensor.ts';
import { clone } from './clone.ts';
import { indexSelect } from './gather.ts';
import { readNow } from './index-arguments.ts';
import { expand, flatten, reshape, transpose, unsqueeze } from './movement.ts';

export { constantPad, diag, diagEmbed, type PadOptions, pad, tril, triu } from './padding.ts';

function requireTensors(op: string, tensors: unknown): asserts tensors is readonly Tensor[] {
  if (!Array.isArray(tensors)) throw new ArgumentError(op, `expects an array of Tensors; got ${describe(tensors)}.`);
  if (tensors.length === 0) throw new ArgumentError(op, 'expected a non-empty list of Tensors.');
  for (const [i, tensor] of tensors.entries()) requireTensor(op, tensor, `element ${i}`);
}

/** A tensor that `cat` skips whatever the others' shape, as PyTorch always did. */
function isSkipped(shape: Shape): boolean {
  return shape.length === 1 && shape[0] === 0;
}

function requireFit(shape: Shape, like: Shape, dim: number, position: number): void {
  if (shape.length !== like.length) {
    throw new ShapeError(
      'cat',
      `Tensors must have same number of dimensions: got ${like.length} and ${shape.length}.`,
      { shapes: [like, shape] },
    );
  }
  const differing = shape.findIndex((size, axis) => axis !== dim && size !== like[axis]);
  if (differing < 0) return;
  throw new ShapeError(
    'cat',
    `Sizes of tensors must match except in dimension ${dim}. Expected size ${like[differing]} but got size ${shape[differing]} for tensor number ${position} in the list.`,
    { shapes: [like, shape] },
  );
}

/**
 * Joins tensors along a dimension they have; dtypes are promoted. Tensors of shape [0] are skipped whatever the others' shapes.
 *
 * @shape `[…, nᵢ, …]` each → `[…, Σ nᵢ, …]`
 * @throws {ShapeError} Other sizes differ, or a tensor has no dimension.
 * @source PyTorch `torch.cat`
 */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  requireTensors('cat', tensors);
  requireSameDevice('cat', tensors);
  const first = tensors[0] as Tensor;
  tensors.forEach((tensor, i) => {
    if (tensor.ndim === 0)
      throw new ShapeError('cat', `zero-dimensional tensor (at position ${i}) cannot be concatenated. Use stack().`);
  });
  const like = tensors.find((tensor) => !isSkipped(tensor.shape)) ?? first;
  const axis = normalizeDim('cat', dim, like.ndim);
  const dtype = resultType(tensors);
  let size = 0;
  tensors.forEach((tensor, i) => {
    if (isSkipped(tensor.shape)) return;
    requireFit(tensor.shape, like.shape, axis, i);
    size += tensor.shape[axis] as number;
  });
  const out = emptyLike(first, like.shape.with(axis, size), dtype);
  let start = 0;
  for (const tensor of tensors) {
    if (isSkipped(tensor.shape)) continue;
    const length = tensor.shape[axis] as number;
    if (tensor.numel() > 0) place(out, sliceView(out.layout, axis, start, length), tensor);
    start += length;
  }
  record('cat', { dim: axis }, tensors, [out], KEEP.nothing);
  return out;
}

/** {@link cat} by its other name. */
export const concat: typeof cat = cat;

/**
 * Joins tensors of one shape along a new dimension.
 *
 * @shape n times `[…]` → `[…, n, …]`
 * @throws {ShapeError} Shapes differ.
 * @source PyTorch `torch.stack`
 */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  requireTensors('stack', tensors);
  const first = tensors[0] as Tensor;
  const axis = normalizeDim('stack', dim, first.ndim + 1);
  tensors.forEach((tensor, i) => {
    if (sameShape(tensor.shape, first.shape)) return;
    throw new ShapeError(
      'stack',
      `stack expects each tensor to be equal size, but got [${first.shape.join(', ')}] at entry 0 and [${tensor.shape.join(', ')}] at entry ${i}.`,
      {
        shapes: tensors.map((t) => t.shape),
      },
    );
  });
  const slices = tensors.map((tensor) => unsqueeze(tensor, axis));
  return named(cat(slices, axis), 'stack');
}

/** Joins tensors side by side: along dimension 1, or 0 if they are 1-d. @source PyTorch `torch.hstack` */
export function hstack(tensors: readonly Tensor[]): Tensor {
  requireTensors('hstack', tensors);
  const rows = tensors.map((tensor) => (tensor.ndim === 0 ? reshape(tensor, [1]) : tensor));
  return cat(rows, rows[0]?.ndim === 1 ? 0 : 1);
}

/** Joins tensors on top of each other along dimension 0; 1-d tensors are rows. @source PyTorch `torch.vstack` */
export function vstack(tensors: readonly Tensor[]): Tensor {
  requireTensors('vstack', tensors);
  return cat(tensors.map((tensor) => (tensor.ndim < 2 ? reshape(tensor, [1, tensor.numel()]) : tensor)));
}

/**
 * Reverses dimensions; a copy.
 *
 * @shape `x` any → same
 * @source PyTorch `torch.flip`
 */
export function flip(x: Tensor, dims: number | readonly number[]): Tensor {
  requireTensor('flip', x);
  // No dimension means none here, not all.
  const axes = Array.isArray(dims) && dims.length === 0 ? [] : normalizeDims('flip', dims, x.ndim);
  let { layout } = x;
  for (const axis of axes) {
    const size = x.shape[axis] as number;
    if (size > 0) layout = sliceView(layout, axis, size - 1, size, -1);
  }
  const out = contiguousCopy(through(x, layout));
  record('flip', { dims: axes }, [x], [out], KEEP.nothing);
  return out;
}

/** Reverses dimension 1. @throws {ShapeError} There is none. */
export function fliplr(x: Tensor): Tensor {
  requireTensor('fliplr', x);
  if (x.ndim < 2) throw new ShapeError('fliplr', `Input must be >= 2-d; got shape [${x.shape.join(', ')}].`);
  return flip(x, 1);
}

/** Reverses dimension 0. @throws {ShapeError} There is none. */
export function flipud(x: Tensor): Tensor {
  requireTensor('flipud', x);
  if (x.ndim < 1) throw new ShapeError('flipud', 'Input must be >= 1-d.');
  return flip(x, 0);
}

/**
 * Shifts elements along dimensions; what leaves at one end enters at the other. Without dimensions, shifts the flattened tensor.
 *
 * @shape `x` any → same
 * @throws {ArgumentError} There are not as many shifts as dimensions.
 * @source PyTorch `torch.roll`
 */
export function roll(x: Tensor, shifts: number | readonly number[], dims?: number | readonly number[] | null): Tensor {
  requireTensor('roll', x);
  const amounts = [shifts].flat();
  for (const shift of amounts) requireInteger('roll', shift, 'a shift');
  const list = [dims ?? []].flat();
  if (list.length === 0) {
    if (amounts.length !== 1)
      throw new ArgumentError('roll', `shifts and dimensions must align; got ${amounts.length} shifts and no dims.`);
    return reshape(roll(reshape(x, [-1]), amounts, [0]), x.shape);
  }
  if (amounts.length !== list.length) {
    throw new ArgumentError(
      'roll',
      `shifts and dimensions must align; got ${amounts.length} shifts and ${list.length} dims.`,
    );
  }
  const total = new Map<number, number>();
  list.forEach((dim, i) => {
    const axis = normalizeDim('roll', dim, x.ndim);
    total.set(axis, (total.get(axis) ?? 0) + (amounts[i] as number));
  });
  if (x.ndim === 0) return clone(x);
  const out = emptyLike(x, x.shape, x.dtype);
  if (x.numel() > 0) rollRegions(out, x, [...total]);
  record('roll', { shifts: [...total.values()], dims: [...total.keys()] }, [x], [out], KEEP.nothing);
  return out;
}

/** Copies the two parts that a rolled dimension falls into, each rolled along the remaining dimensions. */
function rollRegions(target: Tensor, source: Tensor, rolls: readonly (readonly [dim: number, shift: number])[]): void {
  const [next, ...rest] = rolls;
  if (!next) {
    copyInto(target, source);
    return;
  }
  const [dim, amount] = next;
  const size = source.shape[dim] as number;
  const shift = ((amount % size) + size) % size;
  const move = (from: number, to: number, length: number): void => {
    if (length === 0) return;
    const [into, outOf] = [sliceView(target.layout, dim, to, length), sliceView(source.layout, dim, from, length)];
    rollRegions(through(target, into), through(source, outOf), rest);
  };
  move(0, shift, size - shift);
  move(size - shift, 0, shift);
}

/**
 * Repeats the whole tensor along its dimensions, and along new leading ones if there are more sizes than dimensions.
 *
 * @shape `[n…]`, sizes `[r…]` → `[r·n…]`
 * @throws {ShapeError} Fewer sizes than dimensions, or a negative one.
 * @source PyTorch `Tensor.repeat`
 */
export function repeat(x: Tensor, sizes: Shape): Tensor {
  requireTensor('repeat', x);
  const repeats = requireShape('repeat', sizes);
  const lead = repeats.length - x.ndim;
  if (lead < 0) {
    throw new ShapeError(
      'repeat',
      `Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor; got [${repeats}] for [${x.shape.join(', ')}].`,
    );
  }
  const own = [...new Array<number>(lead).fill(1), ...x.shape];
  const out = emptyLike(
    x,
    repeats.map((r, axis) => r * (own[axis] as number)),
    x.dtype,
  );
  const pairs = repeats.flatMap((r, axis) => [r, own[axis] as number]);
  const strides = repeats.flatMap((_, axis) => [0, axis < lead ? 0 : (x.layout.strides[axis - lead] as number)]);
  if (out.numel() > 0) {
    const split = out.layout.strides.flatMap((stride, axis) => [stride * (own[axis] as number), stride]);
    place(
      out,
      { shape: pairs, strides: split, offset: 0 },
      through(x, { shape: pairs, strides, offset: x.layout.offset }),
    );
  }
  record('repeat', { sizes: repeats }, [x], [out], KEEP.nothing);
  return out;
}

/** {@link repeat}, with missing leading sizes taken as 1. @source PyTorch `torch.tile` */
export function tile(x: Tensor, sizes: Shape): Tensor {
  requireTensor('tile', x);
  const repeats = requireShape('tile', sizes);
  return repeat(x, [...new Array<number>(Math.max(0, x.ndim - repeats.length)).fill(1), ...repeats]);
}

/**
 * Repeats each element along a dimension (of the flattened tensor when none is given), all equally often or each as often as a 1-d integer
 * tensor says. That tensor, which may be on another device, is read at once.
 *
 * @throws {ArgumentError} A number of repeats is negative, or their count does not fit.
 * @throws {DeviceError} The device of the repeats cannot be read at once: use {@link repeatInterleaveAsync}.
 * @source PyTorch `torch.repeat_interleave`
 */
export function repeatInterleave(x: Tensor, repeats: number | Tensor, dim?: number | null): Tensor {
  requireTensor('repeatInterleave', x);
  if (dim === undefined || dim === null || x.ndim === 0) return repeatAlong(reshape(x, [-1]), repeats, 0);
  return repeatAlong(x, repeats, normalizeDim('repeatInterleave', dim, x.ndim));
}

/** {@link repeatInterleave}, waiting for the repeats; for every device. */
export async function repeatInterleaveAsync(x: Tensor, repeats: number | Tensor, dim?: number | null): Promise<Tensor> {
  requireTensor('repeatInterleaveAsync', x);
  if (!isTensor(repeats)) return repeatInterleave(x, repeats, dim);
  requireRepeats(repeats);
  const recording = isGradEnabled();
  const counts = Array.from(await repeats.toArray(), Number);
  return withGradMode(recording, () => {
    if (dim === undefined || dim === null || x.ndim === 0) return repeatCounted(reshape(x, [-1]), counts, 0);
    return repeatCounted(x, counts, normalizeDim('repeatInterleave', dim, x.ndim));
  });
}

function repeatCounted(x: Tensor, counts: readonly number[], axis: number): Tensor {
  if (counts.length !== 1) return indexSelect(x, axis, repeatedPositions(x, counts, axis));
  return repeatAlong(x, counts[0] as number, axis);
}

function repeatAlong(x: Tensor, repeats: number | Tensor, axis: number): Tensor {
  if (isTensor(repeats)) return repeatCounted(x, repeatCounts(repeats), axis);
  requireInteger('repeatInterleave', repeats, 'repeats');
  if (repeats < 0) throw new ArgumentError('repeatInterleave', `Repeats must be non-negative; got ${repeats}.`);
  const wide = expand(unsqueeze(x, axis + 1), x.shape.toSpliced(axis + 1, 0, repeats));
  const size = x.shape[axis] as number;
  const out = reshape(wide, x.shape.with(axis, size * repeats));
  return out.storage === x.storage ? clone(out) : out;
}

function requireRepeats(repeats: Tensor): void {
  if (!isInteger(repeats.dtype))
    throw new DTypeError('repeatInterleave', `repeats has to be Long or Int tensor; got ${repeats.dtype}.`);
  if (repeats.ndim > 1)
    throw new ArgumentError(
      'repeatInterleave',
      `repeats must be 0-dim or 1-dim tensor; got shape [${repeats.shape.join(', ')}].`,
    );
}

function repeatCounts(repeats: Tensor): number[] {
  requireRepeats(repeats);
  const instead = "Use await repeatInterleaveAsync(), or keep the repeats on 'cpu'.";
  return Array.from(readNow('repeatInterleave', repeats, instead), Number);
}

function repeatedPositions(x: Tensor, counts: readonly number[], axis: number): Tensor {
  if (counts.length !== x.shape[axis]) {
    throw new ArgumentError(
      'repeatInterleave',
      `repeats must have the same size as input along dim; got ${counts.length} and ${x.shape[axis]}.`,
    );
  }
  if (counts.some((count) => count < 0))
    throw new ArgumentError('repeatInterleave', `repeats can not be negative; got [${counts}].`);
  const positions = Int32Array.from(counts.flatMap((count, i) => new Array<number>(count).fill(i)));
  const out = emptyLike(x, [positions.length], 'int32');
  x.runtime.backend.write(out.buffer, positions);
  return out;
}

/** Options of {@link meshgrid}. */
export interface MeshgridOptions {
  /** `'ij'`: the first tensor runs along dimension 0; `'xy'`: along dimension 1. */
  readonly indexing?: 'ij' | 'xy';
}

/**
 * Coordinates of a grid: each 1-d tensor expanded along the dimensions of the others. Views.
 *
 * @shape `[nᵢ]` each → `[n₀, n₁, …]` each
 * @throws {ShapeError} A tensor has more than one dimension.
 * @source PyTorch `torch.meshgrid`
 */
export function meshgrid(tensors: readonly Tensor[], options?: MeshgridOptions): Tensor[] {
  requireTensors('meshgrid', tensors);
  const indexing: string = options?.indexing ?? 'ij';
  if (indexing !== 'ij' && indexing !== 'xy')
    throw new ArgumentError('meshgrid', `indexing must be one of 'xy' or 'ij'; got '${indexing}'.`);
  for (const tensor of tensors) {
    if (tensor.ndim > 1)
      throw new ShapeError(
        'meshgrid',
        `Expected 0D or 1D tensor in the tensor list but got shape [${tensor.shape.join(', ')}].`,
        {
          shape: tensor.shape,
        },
      );
  }
  const shape = tensors.map((tensor) => tensor.numel());
  const grids = tensors.map((tensor, axis) =>
    expand(
      reshape(
        flatten(tensor),
        shape.map((size, a) => (a === axis ? size : 1)),
      ),
      shape,
    ),
  );
  return indexing === 'xy' && tensors.length > 1 ? grids.map((grid) => transpose(grid, 0, 1)) : grids;
}
