import {
  constant,
  type DType,
  DTypeError,
  type Expr,
  IndexError,
  isFloat,
  numel,
  op,
  reshapeView,
  ShapeError,
} from '@flambeau/backend';
import { normalizeDim, normalizeDims, reducedShape, requireTensor } from '../core/arguments.ts';
import { isTensor, KEEP, named, record } from '../core/dispatch.ts';
import { runStaged, type StagedProgram, type StageRow, type StageScope } from '../kernels/staged.ts';
import type { ReduceAttributes } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import { div, isnan, logicalNot, maskedFill, maximum, minimum } from './pointwise.ts';
import { diagonal } from './strided-views.ts';

/** One dimension, several, or (absent) all. */
export type Dims = number | readonly number[] | null | undefined;

/** Options of reductions. */
export interface ReduceOptions {
  /** Keep reduced dimensions with size 1. */
  readonly keepDim?: boolean;
}

/** Options of reductions that can convert first. */
export interface TypedReduceOptions extends ReduceOptions {
  readonly dtype?: DType;
}

interface Reduction {
  readonly attributes: ReduceAttributes;
  /** Number of elements that make one result. */
  readonly count: number;
}

export function prepare(op: string, x: Tensor, dim: Dims, options: ReduceOptions | undefined): Reduction {
  requireTensor(op, x);
  const dims = normalizeDims(op, dim, x.ndim);
  return {
    attributes: { dims, keepDim: options?.keepDim ?? false },
    count: dims.reduce((product, d) => product * (x.shape[d] as number), 1),
  };
}

/** Runs a program whose outputs are reduced ones, and puts kept dimensions back. */
export function runReduction(program: StagedProgram, x: Tensor, { dims, keepDim }: ReduceAttributes): Tensor[] {
  const outputs = runStaged(program, [x], [x.layout], dims);
  if (!keepDim) return outputs;
  const shape = reducedShape(x.shape, dims, true);
  return outputs.map((out) => out.create(out.storage, reshapeView(out.layout, shape)!));
}

/** The dtype in which integers are summed and multiplied: the widest that every device has, or int64 itself. */
function accumulated(dtype: DType): DType {
  return isFloat(dtype) || dtype === 'int64' ? dtype : 'int32';
}

/** @throws {DTypeError} Not a float. */
export function requireFloat(name: string, x: Tensor): void {
  if (isFloat(x.dtype)) return;
  throw new DTypeError(
    name,
    `could not infer output dtype. Input dtype must be a floating point dtype; got ${x.dtype}. Convert with float().`,
  );
}

function requireElements(name: string, x: Tensor, { attributes, count }: Reduction): void {
  if (count > 0 || numel(reducedShape(x.shape, attributes.dims, false)) === 0) return;
  throw new IndexError(
    name,
    `Expected reduction dim to be specified for input.numel() == 0 and to have non-zero size; got shape [${x.shape.join(', ')}].`,
  );
}

export const reduceOnce = (
  name: string,
  reduce: 'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'argmin',
  dtype: DType,
  expr: StageRow['expr'],
  finish: StageRow['expr'] = (s) => s.result(0),
): StagedProgram => ({
  name,
  stages: [
    { reduce, expr },
    { store: 'reduced', dtype, expr: finish },
  ],
});

/**
 * Sum over dimensions. Integers and bool are summed as int32, int64 as itself.
 *
 * @shape `x` any → without the dimensions (or with them as 1)
 * @source PyTorch `torch.sum`
 */
export function sum(x: Tensor, dim?: Dims, options?: TypedReduceOptions): Tensor {
  const { attributes } = prepare('sum', x, dim, options);
  const dtype = options?.dtype ?? accumulated(x.dtype);
  const [out] = runReduction(
    reduceOnce('sum', 'sum', dtype, (s) => s.load(0, dtype)),
    x,
    attributes,
  ) as [Tensor];
  record('sum', { ...attributes, dtype }, [x], [out], KEEP.nothing);
  return out;
}

/** Mean over dimensions. @throws {DTypeError} Not a float. @source PyTorch `torch.mean` */
export function mean(x: Tensor, dim?: Dims, options?: TypedReduceOptions): Tensor {
  const { attributes, count } = prepare('mean', x, dim, options);
  const dtype = options?.dtype ?? x.dtype;
  if (!isFloat(dtype)) requireFloat('mean', x);
  const program: StagedProgram = {
    ...reduceOnce(
      'mean',
      'sum',
      dtype,
      (s) => s.load(0, dtype),
      (s) => op('div', s.result(0), s.scalar(0)),
    ),
    scalars: [{ dtype, value: count }],
  };
  const [out] = runReduction(program, x, attributes) as [Tensor];
  record('mean', { ...attributes, dtype }, [x], [out], KEEP.nothing);
  return out;
}

/** Product over one dimension, or all. @source PyTorch `torch.prod` */
export function prod(x: Tensor, dim?: number | null, options?: TypedReduceOptions): Tensor {
  const { attributes } = prepare('prod', x, dim, options);
  const dtype = options?.dtype ?? accumulated(x.dtype);
  const [out] = runReduction(
    reduceOnce('prod', 'prod', dtype, (s) => s.load(0, dtype)),
    x,
    attributes,
  ) as [Tensor];
  record('prod', { ...attributes, dtype }, [x], [out], KEEP.x | KEEP.out);
  return out;
}

function extreme(name: 'amax' | 'amin', x: Tensor, dim: Dims, options?: ReduceOptions): Tensor {
  const reduction = prepare(name, x, dim, options);
  requireElements(name, x, reduction);
  const reduce = name === 'amax' ? 'max' : 'min';
  const [out] = runReduction(
    reduceOnce(name, reduce, x.dtype, (s) => s.load(0)),
    x,
    reduction.attributes,
  ) as [Tensor];
  record(name, reduction.attributes, [x], [out], KEEP.x | KEEP.out);
  return out;
}

/** Largest value over dimensions; NaN wins; the gradient is shared evenly among equal ones. @source PyTorch `torch.amax` */
export function amax(x: Tensor, dim?: Dims, options?: ReduceOptions): Tensor {
  return extreme('amax', x, dim, options);
}

/** Smallest value over dimensions. @see amax */
export function amin(x: Tensor, dim?: Dims, options?: ReduceOptions): Tensor {
  return extreme('amin', x, dim, options);
}

/** Smallest and largest value, over one dimension or all. */
export function aminmax(x: Tensor, options?: ReduceOptions & { readonly dim?: number }): [min: Tensor, max: Tensor] {
  return [amin(x, options?.dim, options), amax(x, options?.dim, options)];
}

function extremeAlong(
  name: 'max' | 'min',
  x: Tensor,
  dim: number,
  options?: ReduceOptions,
): [values: Tensor, indices: Tensor] {
  const keepDim = options?.keepDim ?? false;
  const axis = normalizeDim(name, dim, x.ndim);
  const reduction = prepare(name, x, axis, options);
  requireElements(name, x, reduction);
  const program: StagedProgram = {
    name: `${name}Dim`,
    stages: [
      { reduce: name, expr: (s) => s.load(0) },
      { reduce: name === 'max' ? 'argmax' : 'argmin', expr: (s) => s.load(0) },
      { store: 'reduced', dtype: x.dtype, expr: (s) => s.result(0) },
      { store: 'reduced', dtype: 'int32', expr: (s) => s.result(1) },
    ],
  };
  const [values, indices] = runReduction(program, x, reduction.attributes) as [Tensor, Tensor];
  record(name === 'max' ? 'maxDim' : 'minDim', { dim: axis, keepDim }, [x], [values, indices], KEEP.out1);
  return [values, indices];
}

/** Largest value of all; or values and first positions along a dimension; or the element-wise maximum of two tensors. */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, other: Tensor): Tensor;
export function max(x: Tensor, dim: number, options?: ReduceOptions): [values: Tensor, indices: Tensor];
export function max(
  x: Tensor,
  second?: Tensor | number,
  options?: ReduceOptions,
): Tensor | [values: Tensor, indices: Tensor] {
  requireTensor('max', x);
  if (second === undefined) return named(amax(x), 'max');
  return isTensor(second) ? maximum(x, second) : extremeAlong('max', x, second, options);
}

/** The smallest; see {@link max}. */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, other: Tensor): Tensor;
export function min(x: Tensor, dim: number, options?: ReduceOptions): [values: Tensor, indices: Tensor];
export function min(
  x: Tensor,
  second?: Tensor | number,
  options?: ReduceOptions,
): Tensor | [values: Tensor, indices: Tensor] {
  requireTensor('min', x);
  if (second === undefined) return named(amin(x), 'min');
  return isTensor(second) ? minimum(x, second) : extremeAlong('min', x, second, options);
}

function position(
  name: 'argmax' | 'argmin',
  x: Tensor,
  dim: number | null | undefined,
  options?: ReduceOptions,
): Tensor {
  const reduction = prepare(name, x, dim, options);
  requireElements(name, x, reduction);
  if (x.numel() === 0 && reduction.count === 0)
    throw new IndexError(name, `Expected ${name} to have elements; got shape [${x.shape.join(', ')}].`);
  return runReduction(
    reduceOnce(name, name, 'int32', (s) => s.load(0)),
    x,
    reduction.attributes,
  )[0] as Tensor;
}

/** First position of the largest value, as int32, in a dimension or in the flattened tensor. @source PyTorch `torch.argmax` */
export function argmax(x: Tensor, dim?: number | null, options?: ReduceOptions): Tensor {
  return position('argmax', x, dim, options);
}

/** First position of the smallest value. @see argmax */
export function argmin(x: Tensor, dim?: number | null, options?: ReduceOptions): Tensor {
  return position('argmin', x, dim, options);
}

/** Whether all elements are non-zero, as bool. */
export function all(x: Tensor, dim?: Dims, options?: ReduceOptions): Tensor {
  const { attributes } = prepare('all', x, dim, options);
  return runReduction(
    reduceOnce('all', 'min', 'bool', (s) => s.load(0, 'bool')),
    x,
    attributes,
  )[0] as Tensor;
}

/** Whether any element is non-zero, as bool. */
export function any(x: Tensor, dim?: Dims, options?: ReduceOptions): Tensor {
  const { attributes } = prepare('any', x, dim, options);
  return runReduction(
    reduceOnce('any', 'max', 'bool', (s) => s.load(0, 'bool')),
    x,
    attributes,
  )[0] as Tensor;
}

/** Number of non-zero elements, as int32. */
export function countNonzero(x: Tensor, dim?: Dims): Tensor {
  const { attributes } = prepare('countNonzero', x, dim, undefined);
  const nonzero = (s: StageScope): Expr => op('where', s.load(0, 'bool'), constant(1, 'int32'), constant(0, 'int32'));
  return runReduction(reduceOnce('countNonzero', 'sum', 'int32', nonzero), x, attributes)[0] as Tensor;
}

/** Options of variance and standard deviation. */
export interface VarianceOptions extends ReduceOptions {
  /** Subtracted from the number of elements in the denominator; 1 by default. */
  readonly correction?: number;
  /** `false` is `correction: 0`. */
  readonly unbiased?: boolean;
}

function spread(name: 'var' | 'std', x: Tensor, dim: Dims, options?: VarianceOptions): Tensor {
  const { attributes, count } = prepare(name, x, dim, options);
  requireFloat(name, x);
  const correction = options?.correction ?? (options?.unbiased === false ? 0 : 1);
  const root = name === 'std';
  const deviation = (s: StageScope): Expr => op('sub', s.load(0), op('div', s.result(0), s.scalar(0)));
  const variance = (s: StageScope): Expr => op('div', s.result(1), s.scalar(1));
  const program: StagedProgram = {
    name,
    stages: [
      { reduce: 'sum', expr: (s) => s.load(0) },
      { reduce: 'sum', expr: (s) => op('mul', deviation(s), deviation(s)) },
      { store: 'reduced', dtype: x.dtype, expr: (s) => (root ? op('sqrt', variance(s)) : variance(s)) },
    ],
    scalars: [count, Math.max(0, count - correction)].map((value) => ({ dtype: x.dtype, value })),
  };
  const [out] = runReduction(program, x, attributes) as [Tensor];
  record('variance', { ...attributes, correction, root }, [x], [out], root ? KEEP.x | KEEP.out : KEEP.x);
  return out;
}

/** Variance over dimensions, with Bessel's correction unless told otherwise. Exported as `var`. @source PyTorch `torch.var` */
export function variance(x: Tensor, dim?: Dims, options?: VarianceOptions): Tensor {
  return spread('var', x, dim, options);
}

/** Standard deviation over dimensions. @see variance */
export function std(x: Tensor, dim?: Dims, options?: VarianceOptions): Tensor {
  return spread('std', x, dim, options);
}

/** Variance and mean. */
export function varMean(x: Tensor, dim?: Dims, options?: VarianceOptions): [variance: Tensor, mean: Tensor] {
  return [variance(x, dim, options), mean(x, dim, options)];
}

/** Standard deviation and mean. */
export function stdMean(x: Tensor, dim?: Dims, options?: VarianceOptions): [std: Tensor, mean: Tensor] {
  return [std(x, dim, options), mean(x, dim, options)];
}

/** Sum over dimensions with NaN counted as 0. @source PyTorch `torch.nansum` */
export function nansum(x: Tensor, dim?: Dims, options?: TypedReduceOptions): Tensor {
  requireTensor('nansum', x);
  return sum(isFloat(x.dtype) ? maskedFill(x, isnan(x), 0) : x, dim, options);
}

/** Mean over dimensions of what is not NaN. @source PyTorch `torch.nanmean` */
export function nanmean(x: Tensor, dim?: Dims, options?: TypedReduceOptions): Tensor {
  requireTensor('nanmean', x);
  requireFloat('nanmean', x);
  return div(nansum(x, dim, options), sum(logicalNot(isnan(x)), dim, options && { keepDim: options.keepDim ?? false }));
}

/** Sum of a matrix's diagonal. @throws {ShapeError} Not a matrix. */
export function trace(x: Tensor): Tensor {
  requireTensor('trace', x);
  if (x.ndim !== 2)
    throw new ShapeError('trace', `expected a matrix, but got tensor with dim ${x.ndim}.`, { shape: x.shape });
  return sum(diagonal(x));
}
