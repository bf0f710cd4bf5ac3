import {
  broadcastShapes,
  cast,
  castValue,
  computeDType,
  constant,
  type DeviceBuffer,
  type DType,
  DTypeError,
  dtypeNames,
  type Executable,
  type Expr,
  expandView,
  inputAccess,
  isContiguous,
  isFloat,
  KernelError,
  type LoopKernel,
  load,
  numel,
  outputAccess,
  type Shape,
  ShapeError,
  sameShape,
  scalar,
  type Value,
  type View,
  verifyKernel,
} from '@flambeau/backend';
import { emptyLike, isTensor, requireSameDevice } from '../core/dispatch.ts';
import type { Operand } from '../core/graph.ts';
import { getDefaultDType, resultType } from '../core/promotion.ts';
import type { Tensor } from '../tensor.ts';
import { collapse } from './collapse.ts';

/** How an element-wise op computes: the dtype it works in, what it gives, and its formula. */
export interface ElementwiseRow {
  /** Number of operands. */
  readonly arity: number;
  /** Operands that meet in one dtype are those from here on; the ones before keep theirs (the condition of `where`). */
  readonly first?: number;
  /** Operands from here on are plain factors that never promote (alpha, value). */
  readonly factors?: number;
  /** `'float'`: integers are computed as the default float. */
  readonly compute: 'promote' | 'float';
  /** Dtype of the result. */
  readonly result: 'same' | 'bool';
  /** The formula on operands that already have the compute dtype. */
  readonly expr: (operands: readonly Expr[], dtype: DType) => Expr;
}

const SCALAR = 15;
const codes = Object.fromEntries(dtypeNames.map((dtype, code) => [dtype, code])) as Record<DType, number>;
const STEP_CODES = { zero: 0, unit: 1, strided: 2 } as const;

/** The dtype in which a row computes on these operands. */
export function computeType(row: ElementwiseRow, operands: readonly Operand[]): DType {
  const dtype = resultType(row.first || row.factors ? operands.slice(row.first, row.factors) : operands);
  return row.compute === 'float' && !isFloat(dtype) ? getDefaultDType() : dtype;
}

function scalarValue(value: number | bigint | boolean, dtype: DType): Value {
  return castValue(typeof value === 'boolean' ? Number(value) : value, dtype);
}

/** The shape operands broadcast to. @throws {ShapeError} They do not. */
export function broadcastOperands(op: string, operands: readonly Operand[]): Shape {
  let shape: Shape | null = null;
  for (const operand of operands) {
    if (!isTensor(operand) || (shape && sameShape(shape, operand.shape))) continue;
    const merged: Shape | null = shape ? broadcastShapes(shape, operand.shape) : operand.shape;
    if (!merged) {
      const shapes = operands.filter(isTensor).map((tensor) => `[${tensor.shape.join(', ')}]`);
      throw new ShapeError(
        op,
        `shapes must be equal or broadcast (sizes match or are 1); got ${shapes.join(' and ')}.`,
        {
          shapes: operands.filter(isTensor).map((tensor) => tensor.shape),
        },
      );
    }
    shape = merged;
  }
  return shape ?? [];
}

/**
 * Runs one element-wise op: broadcasts, promotes, and writes into a new tensor or into `out`.
 *
 * @param code - Number of the row; with dtypes and steps it names the kernel without building a string.
 * @param out - Written in place; must have the broadcast shape.
 */
export function runElementwise(
  op: string,
  code: number,
  row: ElementwiseRow,
  operands: readonly Operand[],
  out?: Tensor,
): Tensor {
  const tensors = operands.filter(isTensor);
  if (out) tensors.push(out);
  const like = tensors[0] as Tensor;
  if (tensors.length > 1) requireSameDevice(op, tensors);
  const compute = computeType(row, operands);
  const shape = out ? out.shape : broadcastOperands(op, operands);
  const target = out ?? emptyLike(like, shape, row.result === 'bool' ? 'bool' : compute);
  if (numel(shape) === 0) return target;

  const views: View[] = [];
  const buffers: DeviceBuffer[] = [];
  const scalars: Value[] = [];
  // All bits of the key: row, dtypes of operands, compute and result dtype, rank, steps of the innermost axis.
  let key = code * 16 + (codes[compute] as number);
  let flat = isContiguous(target.layout);
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i] as Operand;
    if (isTensor(operand)) {
      key = key * 16 + (codes[operand.dtype] as number);
      flat &&= sameShape(operand.shape, shape) && isContiguous(operand.layout);
      views.push(operand.layout);
      buffers.push(operand.buffer);
    } else {
      key = key * 16 + SCALAR;
      scalars.push(scalarValue(operand, compute));
    }
  }
  key = key * 16 + (codes[target.dtype] as number);
  views.push(target.layout);
  buffers.push(target.buffer);

  let extents: readonly number[];
  let launched: View[];
  if (flat) {
    extents = [numel(shape)];
    launched = views.map((view) => ({ shape: extents, strides: UNIT, offset: view.offset }));
  } else {
    const expanded = views.map((view) => expandView(view, shape));
    const collapsed = collapse(
      shape,
      expanded.map((view) => view.strides),
    );
    extents = collapsed.extents;
    launched = expanded.map((view, i) => ({
      shape: extents,
      strides: collapsed.strides[i] as number[],
      offset: view.offset,
    }));
  }
  const rank = extents.length;
  key = key * 8 + rank;
  for (const view of launched) key = key * 4 + innerStep(view);
  const executable = target.runtime.prepare(key, () => buildKernel(op, row, operands, compute, target.dtype, launched));
  target.runtime.realize(executable, buffers, { extents, views: launched, scalars });
  return target;
}

const UNIT: readonly number[] = [1];

function innerStep(view: View): number {
  const stride = view.strides[view.strides.length - 1];
  return stride === 0 || stride === undefined ? STEP_CODES.zero : stride === 1 ? STEP_CODES.unit : STEP_CODES.strided;
}

/** A view whose outer axes are all "strided": the key tells only the innermost axis apart. */
function generalize(view: View): View {
  const { length } = view.strides;
  return {
    ...view,
    shape: view.shape.map(() => 2),
    strides: view.strides.map((s, axis) => (axis === length - 1 ? s : 2)),
  };
}

function buildKernel(
  op: string,
  row: ElementwiseRow,
  operands: readonly Operand[],
  compute: DType,
  result: DType,
  views: readonly View[],
): LoopKernel {
  const inputs: DType[] = [];
  const scalars: DType[] = [];
  const work = computeDType(compute);
  const args = operands.map((operand, i): Expr => {
    if (!isTensor(operand)) return scalar(scalars.push(compute) - 1);
    const access = inputs.push(operand.dtype) - 1;
    const own = row.first !== undefined && i < row.first;
    return own || computeDType(operand.dtype) === work ? load(access) : cast(load(access), compute);
  });
  const value = formulaOf(op, row, args, work);
  const kernel: LoopKernel = {
    kind: 'loop',
    outer: views[0]?.shape.length ?? 0,
    inputs,
    outputs: [result],
    scalars,
    accesses: [
      ...inputs.map((_, i) => inputAccess(i, generalize(views[i] as View))),
      outputAccess(0, generalize(views[inputs.length] as View)),
    ],
    stages: [{ kind: 'store', access: inputs.length, inner: 0, expr: storable(value, row, work, result) }],
  };
  try {
    verifyKernel(kernel);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    throw new DTypeError(op, `is not defined for ${compute}.`, { dtype: compute });
  }
  return kernel;
}

/** The row's formula. @throws {DTypeError} It has constants that the dtype cannot hold. */
function formulaOf(op: string, row: ElementwiseRow, args: readonly Expr[], dtype: DType): Expr {
  try {
    return row.expr(args, dtype);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DTypeError(op, `is not defined for ${dtype}.`, { dtype });
  }
}

function storable(value: Expr, row: ElementwiseRow, work: DType, result: DType): Expr {
  const has = row.result === 'bool' ? 'bool' : work;
  return has === computeDType(result) ? value : cast(value, result);
}

/** A constant of the compute dtype; for formulas. */
export function c(value: number, dtype: DType): Expr {
  return constant(value, dtype);
}

/** Fills a tensor's elements with one value, in place and unrecorded. */
export function fillStorage(target: Tensor, value: Value): void {
  const n = target.numel();
  if (n === 0) return;
  const { dtype } = target;
  const flat = isContiguous(target.layout);
  const { extents, strides } = flat
    ? { extents: [n], strides: [[1]] }
    : collapse(target.shape, [target.layout.strides]);
  const view: View = { shape: extents, strides: strides[0] as number[], offset: target.layout.offset };
  const executable: Executable = target.runtime.prepare(`fill|${dtype}|${extents.length}|${innerStep(view)}`, () => ({
    kind: 'loop',
    outer: extents.length,
    inputs: [],
    outputs: [dtype],
    scalars: [dtype],
    accesses: [outputAccess(0, generalize(view))],
    stages: [{ kind: 'store', access: 0, inner: 0, expr: scalar(0) }],
  }));
  target.runtime.realize(executable, [target.buffer], { extents, views: [view], scalars: [value] });
}
