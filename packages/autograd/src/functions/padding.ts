import { ArgumentError, castValue, padView, ShapeError, sliceView } from '@flambeau/backend';
import { describe, normalizeDim, requireInteger, requireTensor } from '../core/arguments.ts';
import { emptyLike, KEEP, record } from '../core/dispatch.ts';
import { fillStorage } from '../kernels/elementwise.ts';
import { boundedCopy, place, through, triangleCopy } from '../kernels/place.ts';
import type { Tensor } from '../tensor.ts';
import { clone } from './clone.ts';
import { diagonalScatter } from './scatter-views.ts';
import { diagonal } from './strided-views.ts';

/**
 * Adds elements of one value around dimensions, or crops where an amount is negative.
 *
 * @param padding - Pairs (before, after), the last dimension first.
 * @throws {ShapeError} The amounts are odd in number, too many, or crop more than there is.
 * @source PyTorch `torch.constant_pad_nd`
 */
export function constantPad(x: Tensor, padding: readonly number[], value = 0): Tensor {
  requireTensor('pad', x);
  if (!Array.isArray(padding))
    throw new ArgumentError('pad', `padding must be an array of integers; got ${describe(padding)}.`);
  for (const amount of padding) requireInteger('pad', amount, 'an amount of padding');
  if (padding.length % 2 || padding.length > 2 * x.ndim) {
    throw new ShapeError(
      'pad',
      `Length of pad must be even and at most twice the number of dimensions of the input; got ${padding.length} for [${x.shape.join(', ')}].`,
    );
  }
  const amounts = (which: 0 | 1): number[] => x.shape.map((_, axis) => padding[2 * (x.ndim - 1 - axis) + which] ?? 0);
  return padAxes(x, amounts(0), amounts(1), value);
}

/** Pads (or, with negative amounts, crops) every axis; amounts are in the order of the axes. */
export function padAxes(x: Tensor, before: readonly number[], after: readonly number[], value: number): Tensor {
  const cropped = x.shape.map(
    (size, axis) => size + Math.min(0, before[axis] as number) + Math.min(0, after[axis] as number),
  );
  if (cropped.some((size) => size < 0)) {
    throw new ShapeError(
      'pad',
      `The input size [${x.shape.join(', ')}], plus negative padding [${before}] and [${after}], resulted in a negative output size.`,
      { shape: x.shape },
    );
  }
  let out: Tensor;
  if (value === 0) {
    out = boundedCopy(x, padView(x.layout, before, after));
  } else {
    out = emptyLike(
      x,
      x.shape.map((size, axis) => size + (before[axis] as number) + (after[axis] as number)),
      x.dtype,
    );
    fillStorage(out, castValue(value, x.dtype));
    let [into, outOf] = [out.layout, x.layout];
    cropped.forEach((size, axis) => {
      into = sliceView(into, axis, Math.max(0, before[axis] as number), size);
      outOf = sliceView(outOf, axis, Math.max(0, -(before[axis] as number)), size);
    });
    place(out, into, through(x, outOf));
  }
  record('pad', { before, after, value }, [x], [out], KEEP.nothing);
  return out;
}

/** Options of {@link pad}. */
export interface PadOptions {
  /** How padding is filled. */
  readonly mode?: 'constant';
  /** What it is filled with; 0 when absent. */
  readonly value?: number | null;
}

/** {@link constantPad} with options. @throws {ArgumentError} Another mode. @source PyTorch `torch.nn.functional.pad` */
export function pad(x: Tensor, padding: readonly number[], options?: PadOptions): Tensor {
  const mode: string = options?.mode ?? 'constant';
  if (mode !== 'constant') throw new ArgumentError('pad', `mode must be 'constant'; got '${mode}'.`);
  return constantPad(x, padding, options?.value ?? 0);
}

function triangle(name: string, x: Tensor, offset: number, keep: 'lower' | 'upper'): Tensor {
  requireTensor(name, x);
  requireInteger(name, offset, 'diagonal');
  if (x.ndim < 2)
    throw new ShapeError(name, `input tensor must have at least 2 dimensions; got shape [${x.shape.join(', ')}].`, {
      shape: x.shape,
    });
  const out = triangleCopy(x, offset, keep);
  record('triangle', { diagonal: offset, keep }, [x], [out], KEEP.nothing);
  return out;
}

/**
 * The part at or below a diagonal of the last two dimensions, zeros above.
 *
 * @param diagonal - 0 is the main one, positive is above it.
 * @throws {ShapeError} Fewer than two dimensions.
 * @source PyTorch `torch.tril`
 */
export function tril(x: Tensor, diagonal = 0): Tensor {
  return triangle('tril', x, diagonal, 'lower');
}

/** The part at or above a diagonal of the last two dimensions, zeros below. @see tril */
export function triu(x: Tensor, diagonal = 0): Tensor {
  return triangle('triu', x, diagonal, 'upper');
}

/**
 * A copy of a diagonal of a matrix; or, of a vector, the matrix that has it there and zeros elsewhere.
 *
 * @throws {ShapeError} Neither a vector nor a matrix.
 * @source PyTorch `torch.diag`
 */
export function diag(x: Tensor, offset = 0): Tensor {
  requireTensor('diag', x);
  if (x.ndim === 1) return diagEmbed(x, offset);
  if (x.ndim === 2) return clone(diagonal(x, offset));
  throw new ShapeError('diag', `Supports 1D or 2D tensors; got shape [${x.shape.join(', ')}].`, { shape: x.shape });
}

/**
 * Zeros with the last dimension of `x` along a diagonal of two new ones.
 *
 * @shape `[…, n]` → `[…, n + |offset|, n + |offset|]`
 * @throws {ArgumentError} The two dimensions are the same.
 * @source PyTorch `torch.diag_embed`
 */
export function diagEmbed(x: Tensor, offset = 0, dim1 = -2, dim2 = -1): Tensor {
  requireTensor('diagEmbed', x);
  requireInteger('diagEmbed', offset, 'offset');
  if (x.ndim === 0) throw new ShapeError('diagEmbed', 'cannot be applied to a 0-dim tensor.');
  const [a, b] = [normalizeDim('diagEmbed', dim1, x.ndim + 1), normalizeDim('diagEmbed', dim2, x.ndim + 1)];
  if (a === b) throw new ArgumentError('diagEmbed', `dimensions cannot be identical; got ${dim1} and ${dim2}.`);
  const size = (x.shape.at(-1) as number) + Math.abs(offset);
  const shape = x.shape.slice(0, -1);
  for (const axis of [a, b].sort((p, q) => p - q)) shape.splice(axis, 0, size);
  return diagonalScatter(x, { offset, dim0: a, dim1: b, shape });
}
