import { ArgumentError, castValue, DTypeError, dtypes, type Shape, ShapeError } from '@flambeau/backend';
import { describe, normalizeDim, requireTensor } from '../core/arguments.ts';
import { isTensor, KEEP, record, requireSameDevice } from '../core/dispatch.ts';
import type { Operand, Scalar } from '../core/graph.ts';
import { contiguousCopy, filled } from '../kernels/copy.ts';
import { placed, placedScalar, runScatter, type ScatterReduce } from '../kernels/scatter.ts';
import type { Tensor } from '../tensor.ts';
import { to } from './conversion.ts';
import { requireVector } from './gather.ts';
import { atLeast1d, indexTensor, requireIndexShape, requireInside, withShape } from './index-arguments.ts';
import { expand, sliceAxis } from './movement.ts';
import { clampMin, div, mul } from './pointwise.ts';

/** What a scatter-like op needs, checked: everything has a rank of 1 or more, the source has the index's shape. */
export interface ScatterOperands {
  readonly dim: number;
  readonly index: Tensor;
  readonly source: Tensor | Scalar;
}

/** Writes or folds the source into `target`'s memory; unrecorded. */
export function scatterRaw(target: Tensor, { dim, index, source }: ScatterOperands, reduce: ScatterReduce): void {
  const from = isTensor(source) ? placed(source) : placedScalar(target, index.shape, source);
  runScatter(placed(target), dim, placed(index), from, reduce);
}

/** `x` with elements replaced; checked operands. */
export function scatterElements(x: Tensor, operands: ScatterOperands): Tensor {
  const out = contiguousCopy(x);
  scatterRaw(out, operands, 'set');
  record('scatter', { dim: operands.dim }, [x, operands.index, operands.source], [out], KEEP.y);
  return out;
}

/** `x` with elements added. @param fresh - `x` is a new tensor without history that may be written to. */
export function scatterAddElements(
  x: Tensor,
  operands: ScatterOperands & { readonly source: Tensor },
  fresh = false,
): Tensor {
  const out = fresh ? x : contiguousCopy(x);
  scatterRaw(out, operands, 'sum');
  record('scatterAdd', { dim: operands.dim }, [x, operands.index, operands.source], [out], KEEP.y);
  return out;
}

/** `x` with elements multiplied by others, or replaced by larger or smaller ones. */
export function scatterReduceElements(x: Tensor, operands: ScatterOperands, reduce: 'prod' | 'max' | 'min'): Tensor {
  const out = contiguousCopy(x);
  scatterRaw(out, operands, reduce);
  record(
    'scatterReduce',
    { dim: operands.dim, reduce },
    [x, operands.index, operands.source],
    [out],
    KEEP.x | KEEP.y | KEEP.z | KEEP.out,
  );
  return out;
}

/** A vector of positions as an index over a source that has them along `dim`. */
export function spreadVector(index: Tensor, dim: number, shape: Shape): Tensor {
  const strides = shape.map((_, axis) => (axis === dim ? (index.layout.strides[0] as number) : 0));
  return index.create(index.storage, { shape, strides, offset: index.layout.offset }, index.versionCounter);
}

/** Adds slices of `src` to the slices of `x` that a vector lists; checked operands. */
export function indexAddSlices(x: Tensor, dim: number, index: Tensor, src: Tensor, fresh = false): Tensor {
  const out = fresh ? x : contiguousCopy(x);
  scatterRaw(out, { dim, index: spreadVector(index, dim, src.shape), source: src }, 'sum');
  record('indexAdd', { dim, alpha: 1 }, [x, index, src], [out], KEEP.y);
  return out;
}

/** Checks the operands of a scatter, and brings all to a rank of at least 1 and the source to the index's shape. */
export function scatterOperands(
  op: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Operand,
): ScatterOperands & { readonly empty: boolean } {
  requireTensor(op, x);
  const axis = normalizeDim(op, dim, x.ndim);
  const at = indexTensor(op, index);
  requireSameDevice(op, isTensor(source) ? [x, at, source] : [x, at]);
  const [input, wanted] = [atLeast1d(x.shape), atLeast1d(at.shape)];
  if (at.numel() === 0) return { dim: axis, index: at, source, empty: true };
  requireIndexShape(op, wanted, input, axis);
  requireInside(op, at, axis, input[axis] as number, false);
  const operands = { dim: axis, index: withShape(at, wanted), empty: false };
  if (!isTensor(source)) return { ...operands, source: requireScalar(op, source, x) };
  requireSameDType(op, x, source);
  const from = withShape(source, atLeast1d(source.shape));
  requireIndexShape(op, wanted, from.shape, null, 'src');
  return {
    ...operands,
    source: wanted.reduce((part, size, a) => (part.shape[a] === size ? part : sliceAxis(part, a, 0, size, 1)), from),
  };
}

/** @throws {DTypeError} The dtypes differ. */
export function requireSameDType(op: string, x: Tensor, source: Tensor): void {
  if (x.dtype === source.dtype) return;
  throw new DTypeError(
    op,
    `Expected self.dtype to be equal to src.dtype; got ${x.dtype} and ${source.dtype}. Convert with to().`,
  );
}

/** A number as a dtype holds it. @throws {ArgumentError} Not a number. */
function requireScalar(op: string, value: unknown, x: Tensor): Scalar {
  if (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'bigint') {
    throw new ArgumentError(op, `the source must be a Tensor or a number; got ${describe(value)}.`);
  }
  return castValue(typeof value === 'boolean' ? Number(value) : value, x.dtype);
}

/** Options of {@link scatter}. */
export interface ScatterOptions {
  /** Combine with what is there instead of replacing it. */
  readonly reduce?: 'add' | 'multiply' | null;
}

/** How a scatter with options combines. @throws {ArgumentError} Unknown. */
export function scatterMode(op: string, options: ScatterOptions | undefined): 'set' | 'sum' | 'prod' {
  const reduce = options?.reduce ?? null;
  if (reduce === null) return 'set';
  if (reduce === 'add') return 'sum';
  if (reduce === 'multiply') return 'prod';
  throw new ArgumentError(op, `reduce argument must be either add or multiply; got ${describe(reduce)}.`);
}

/** A source number as a tensor of the index's shape. */
export function sourceTensor({ index, source }: ScatterOperands, x: Tensor): Tensor {
  return isTensor(source) ? source : expand(filled(x, [], source), index.shape);
}

/**
 * `x` with elements along one axis replaced: `out[index[i][j]][j] = src[i][j]` for `dim` 0. The last of several wins.
 *
 * @shape `index` has the rank of `x` and is no larger than `src`, nor than `x` but along `dim`; the result has `x`'s shape
 * @throws {ShapeError} Ranks or sizes do not fit.
 * @throws {DTypeError} `src` has another dtype, or the index holds floats.
 * @throws {IndexError} An index is outside (where the device can be read at once).
 * @source PyTorch `torch.scatter`
 */
export function scatter(x: Tensor, dim: number, index: Tensor, src: Operand, options?: ScatterOptions): Tensor {
  const operands = scatterOperands('scatter', x, dim, index, src);
  const mode = scatterMode('scatter', options);
  if (operands.empty) return withShape(scatterNothing(x), x.shape);
  const input = withShape(x, atLeast1d(x.shape));
  if (mode === 'set') return withShape(scatterElements(input, operands), x.shape);
  const source = sourceTensor(operands, x);
  const out =
    mode === 'sum'
      ? scatterAddElements(input, { ...operands, source })
      : scatterReduceElements(input, { ...operands, source }, 'prod');
  return withShape(out, x.shape);
}

/** What a scatter without indices gives: a copy. */
function scatterNothing(x: Tensor): Tensor {
  const out = contiguousCopy(x);
  record('copy', {}, [x], [out], KEEP.nothing);
  return out;
}

/** `x` with elements added along one axis: `out[index[i][j]][j] += src[i][j]` for `dim` 0. @see scatter @source PyTorch `torch.scatter_add` */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  requireTensor('scatterAdd', src, 'the source');
  const operands = scatterOperands('scatterAdd', x, dim, index, src);
  if (operands.empty) return scatterNothing(x);
  const source = operands.source as Tensor;
  return withShape(scatterAddElements(withShape(x, atLeast1d(x.shape)), { ...operands, source }), x.shape);
}

/** Reductions of {@link scatterReduce}. */
export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';

/** Options of {@link scatterReduce}. */
export interface ScatterReduceOptions {
  /** Whether the elements of `x` take part; true by default. */
  readonly includeSelf?: boolean;
}

const IDENTITIES = { sum: 0, mean: 0, prod: 1, amax: Number.NEGATIVE_INFINITY, amin: Number.POSITIVE_INFINITY };
const FOLDS = { prod: 'prod', amax: 'max', amin: 'min' } as const;

/** The value that changes no reduction of a dtype; integers and bool saturate infinities. */
function identity(reduce: ScatterReduction, x: Tensor): Scalar {
  const value = IDENTITIES[reduce];
  if (Number.isFinite(value) || dtypes[x.dtype].kind === 'float') return castValue(value, x.dtype);
  return x.dtype === 'bool' ? Number(reduce === 'amin') : reduce === 'amax' ? dtypes[x.dtype].min : dtypes[x.dtype].max;
}

/**
 * `x` with elements along one axis combined with those of `src` that an index sends there.
 *
 * @shape as {@link scatter}
 * @throws {ArgumentError} Unknown reduction.
 * @source PyTorch `torch.scatter_reduce`
 */
export function scatterReduce(
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor,
  reduce: ScatterReduction,
  options?: ScatterReduceOptions,
): Tensor {
  requireTensor('scatterReduce', src, 'the source');
  if (!Object.hasOwn(IDENTITIES, reduce)) {
    throw new ArgumentError(
      'scatterReduce',
      `reduce argument must be either sum, prod, mean, amax or amin, got ${String(reduce)}.`,
    );
  }
  const operands = scatterOperands('scatterReduce', x, dim, index, src);
  if (operands.empty) return scatterNothing(x);
  const source = operands.source as Tensor;
  const includeSelf = options?.includeSelf ?? true;
  const input = withShape(x, atLeast1d(x.shape));
  const start = includeSelf ? input : scatterElements(input, { ...operands, source: identity(reduce, x) });
  if (reduce !== 'sum' && reduce !== 'mean')
    return withShape(scatterReduceElements(start, { ...operands, source }, FOLDS[reduce]), x.shape);
  const total = scatterAddElements(start, { ...operands, source });
  if (reduce === 'sum') return withShape(total, x.shape);
  const counts = filled(x, input.shape, includeSelf ? 1 : 0);
  scatterRaw(counts, { ...operands, source: 1 }, 'sum');
  const divisor = includeSelf ? counts : clampMin(counts, 1);
  return withShape(div(total, divisor, { roundingMode: dtypes[x.dtype].kind === 'float' ? null : 'floor' }), x.shape);
}

/** The operands of `indexAdd` and its kin: a vector index, and a source with as many slices. */
export interface SliceOperands {
  readonly dim: number;
  readonly index: Tensor;
  readonly source: Tensor;
}

/** Checks a vector of positions and the slices for them. */
export function sliceOperands(op: string, x: Tensor, dim: number, index: Tensor, src: Tensor): SliceOperands {
  requireTensor(op, x);
  requireTensor(op, src, 'the source');
  const axis = normalizeDim(op, dim, x.ndim);
  const at = requireVector(op, index);
  requireSameDevice(op, [x, at, src]);
  requireSameDType(op, x, src);
  const input = atLeast1d(x.shape);
  const wanted = input.with(axis, at.numel());
  const from = atLeast1d(src.shape);
  if (from.length !== wanted.length || from.some((size, a) => size !== wanted[a])) {
    throw new ShapeError(
      op,
      `the source must have shape [${wanted}], one slice per index; got [${src.shape.join(', ')}].`,
      {
        shape: src.shape,
      },
    );
  }
  requireInside(op, at, axis, input[axis] as number, false);
  return { dim: axis, index: at, source: withShape(src, from) };
}

/** Options of {@link indexAdd}. */
export interface IndexAddOptions {
  /** Multiplies the source; 1 by default. */
  readonly alpha?: number;
}

/** The source times alpha. */
export function scaledSource(source: Tensor, options: IndexAddOptions | undefined): Tensor {
  const alpha = options?.alpha ?? 1;
  return alpha === 1 ? source : mul(source, alpha);
}

/**
 * `x` with slices of `src` added to the slices that an index lists; repeated ones add up.
 *
 * @shape `index` `[n]`, `src` the shape of `x` with `n` along `dim`
 * @throws {ShapeError} The source does not fit.
 * @throws {IndexError} An index is outside (where the device can be read at once).
 * @source PyTorch `torch.index_add`
 */
export function indexAdd(x: Tensor, dim: number, index: Tensor, src: Tensor, options?: IndexAddOptions): Tensor {
  const operands = sliceOperands('indexAdd', x, dim, index, src);
  const source = scaledSource(operands.source, options);
  return withShape(indexAddSlices(withShape(x, atLeast1d(x.shape)), operands.dim, operands.index, source), x.shape);
}

/** `x` with the slices that an index lists replaced by those of `src`. @shape as {@link indexAdd} @source PyTorch `torch.index_copy` */
export function indexCopy(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  const { dim: axis, index: at, source } = sliceOperands('indexCopy', x, dim, index, src);
  const input = withShape(x, atLeast1d(x.shape));
  return withShape(scatterElements(input, { dim: axis, index: spreadVector(at, axis, source.shape), source }), x.shape);
}

/** Checks the operands of `indexFill`; the source is a number, or a 0-d tensor spread over the slices. */
export function fillOperands(op: string, x: Tensor, dim: number, index: Tensor, value: Operand): ScatterOperands {
  requireTensor(op, x);
  const axis = normalizeDim(op, dim, x.ndim);
  const at = requireVector(op, index);
  requireSameDevice(op, isTensor(value) ? [x, at, value] : [x, at]);
  const input = atLeast1d(x.shape);
  requireInside(op, at, axis, input[axis] as number, false);
  const shape = input.with(axis, at.numel());
  const operands = { dim: axis, index: spreadVector(at, axis, shape) };
  if (!isTensor(value)) return { ...operands, source: requireScalar(op, value, x) };
  if (value.ndim > 0)
    throw new ShapeError(
      op,
      `only supports a 0-dimensional value tensor, but got tensor with ${value.ndim} dimension(s).`,
    );
  return { ...operands, source: expand(to(value, x.dtype), shape) };
}

/** `x` with the slices that an index lists filled with one value. @source PyTorch `torch.index_fill` */
export function indexFill(x: Tensor, dim: number, index: Tensor, value: Operand): Tensor {
  const operands = fillOperands('indexFill', x, dim, index, value);
  return withShape(scatterElements(withShape(x, atLeast1d(x.shape)), operands), x.shape);
}
