import {
  constant,
  contiguousStrides,
  type DType,
  type Expr,
  gather,
  index,
  inputAccess,
  type LoopKernel,
  load,
  numel,
  op,
  outputAccess,
  type Shape,
  scalar,
  stepsOf,
  type View,
} from '@flambeau/backend';
import { emptyLike } from '../core/dispatch.ts';
import type { Tensor } from '../tensor.ts';
import { collapse } from './collapse.ts';

/** An int32 tensor that gives positions, laid out over the axes of a result. */
export interface IndexOperand {
  readonly tensor: Tensor;
  /** Over the result's axes; 0 where the index does not vary (elements). */
  readonly strides: readonly number[];
  /** Size of the axis that it points into; negative values count from there. */
  readonly size: number;
  /** Step between neighbours along that axis (elements). */
  readonly stride: number;
}

const ZERO: Expr = constant(0, 'int32');

/** An index as it was given, or counted from the front if it is negative. */
function wrapped(value: Expr, size: Expr): Expr {
  return op('where', op('lt', value, ZERO), op('add', value, size), value);
}

function stepKey(views: readonly View[]): string {
  return views
    .map((view) =>
      stepsOf(view)
        .map((step) => step.charAt(0))
        .join(''),
    )
    .join();
}

/**
 * Fills a new tensor with elements of `x` at computed places: element `i` is
 * `x[offset + Σ strides·i + Σ_k index_k(i)·stride_k]`. Positions outside an axis give 0. Unrecorded.
 *
 * @param shape - Shape of the result.
 * @param strides - How the result's axes move in `x`, apart from the indices.
 */
export function runGather(
  x: Tensor,
  shape: Shape,
  strides: readonly number[],
  indices: readonly IndexOperand[],
): Tensor {
  const out = emptyLike(x, shape, x.dtype);
  if (numel(shape) === 0) return out;
  const walkers = [strides, ...indices.map((operand) => operand.strides), contiguousStrides(shape)];
  const merged = collapse(shape, walkers);
  const { extents } = merged;
  const over = (walker: number, offset: number): View => ({
    shape: extents,
    strides: merged.strides[walker] as number[],
    offset,
  });
  const source: View = {
    shape: [...extents, ...indices.map(({ size }) => size)],
    strides: [...(merged.strides[0] as number[]), ...indices.map(({ stride }) => stride)],
    offset: x.layout.offset,
  };
  const views = [
    source,
    ...indices.map(({ tensor }, i) => over(i + 1, tensor.layout.offset)),
    over(walkers.length - 1, 0),
  ];
  const key = `gather|${x.dtype}|${extents.length}|${indices.length}|${stepKey(views)}`;
  const executable = out.runtime.prepare(key, () => gatherKernel(x.dtype, views, extents.length));
  const buffers = [x, ...indices.map(({ tensor }) => tensor), out].map((tensor) => tensor.buffer);
  out.runtime.realize(executable, buffers, { extents, views, scalars: indices.map(({ size }) => size) });
  return out;
}

function gatherKernel(dtype: DType, views: readonly View[], outer: number): LoopKernel {
  const count = views.length - 2;
  const slots = Array.from({ length: count }, (_, i) => i);
  const zero = dtype === 'int64' ? 0n : 0;
  return {
    kind: 'loop',
    outer,
    inputs: [dtype, ...slots.map((): DType => 'int32')],
    outputs: [dtype],
    scalars: slots.map((): DType => 'int32'),
    accesses: [
      ...views.slice(0, -1).map((view, buffer) => inputAccess(buffer, view, buffer === 0 ? zero : 0)),
      outputAccess(0, views[count + 1] as View),
    ],
    stages: [
      {
        kind: 'store',
        access: count + 1,
        inner: 0,
        expr: gather(
          0,
          slots.map((slot) => wrapped(load(slot + 1), scalar(slot))),
        ),
      },
    ],
  };
}

/**
 * One position per element of `shape` (int32): `Σ axisStrides·i + Σ_k index_k(i)·stride_k`, negative indices counted from
 * the end, and −1 where an index is outside its axis. Unrecorded.
 *
 * @param axisStrides - Weight of each axis of `shape`; all 0 for positions that come from the indices only.
 */
export function runLinearIndex(shape: Shape, axisStrides: readonly number[], indices: readonly IndexOperand[]): Tensor {
  let begun: Tensor | null = null;
  for (let start = MOST_AT_ONCE; start < indices.length; start += MOST_AT_ONCE) {
    const still = axisStrides.map(() => 0);
    begun = addToIndex(shape, still, indices.slice(start, start + MOST_AT_ONCE), begun);
  }
  return addToIndex(shape, axisStrides, indices.slice(0, MOST_AT_ONCE), begun);
}

/** Index tensors that one kernel reads: with what was begun and the result they are the eight buffers that every GPU can bind. */
const MOST_AT_ONCE = 6;

/** Positions by some of the indices, added to those by others; −1 where either is outside. */
function addToIndex(
  shape: Shape,
  axisStrides: readonly number[],
  indices: readonly IndexOperand[],
  begun: Tensor | null,
): Tensor {
  const like = (indices[0] as IndexOperand).tensor;
  const out = emptyLike(like, shape, 'int32');
  if (numel(shape) === 0) return out;
  const views: View[] = [
    ...indices.map(({ tensor, strides }) => ({ shape, strides, offset: tensor.layout.offset })),
    ...(begun ? [begun.layout] : []),
    out.layout,
  ];
  const moving = axisStrides.map((_, axis) => axis).filter((axis) => axisStrides[axis] !== 0);
  const key = `linear index|${indices.length}|${begun !== null}|${moving.join()}|${stepKey(views)}`;
  const executable = out.runtime.prepare(key, () => linearKernel(views, moving, begun !== null));
  const scalars = [
    ...indices.flatMap(({ size, stride }) => [size, stride]),
    ...moving.map((axis) => axisStrides[axis] as number),
  ];
  const read = begun ? [...indices.map(({ tensor }) => tensor), begun] : indices.map(({ tensor }) => tensor);
  out.runtime.realize(executable, [...read.map(({ buffer }) => buffer), out.buffer], {
    extents: shape,
    views,
    scalars,
  });
  return out;
}

function linearKernel(views: readonly View[], moving: readonly number[], begun: boolean): LoopKernel {
  const reads = views.length - 1;
  const count = begun ? reads - 1 : reads;
  const slots = Array.from({ length: reads }, (_, i) => i);
  const terms: Expr[] = begun ? [load(count)] : [];
  const conditions: Expr[] = begun ? [op('ge', load(count), ZERO)] : [];
  for (const slot of slots.slice(0, count)) {
    const size = scalar(2 * slot);
    const position = wrapped(load(slot), size);
    terms.push(op('mul', position, scalar(2 * slot + 1)));
    conditions.push(op('ge', position, ZERO), op('lt', position, size));
  }
  moving.forEach((axis, i) => {
    terms.push(op('mul', index(axis), scalar(2 * count + i)));
  });
  const total = terms.reduce((a, b) => op('add', a, b));
  const inside = conditions.reduce((a, b) => op('and', a, b));
  return {
    kind: 'loop',
    outer: (views[reads] as View).shape.length,
    inputs: slots.map((): DType => 'int32'),
    outputs: ['int32'],
    scalars: new Array<DType>(2 * count + moving.length).fill('int32'),
    accesses: [...slots.map((slot) => inputAccess(slot, views[slot] as View)), outputAccess(0, views[reads] as View)],
    stages: [{ kind: 'store', access: reads, inner: 0, expr: op('where', inside, total, constant(-1, 'int32')) }],
  };
}

/** 1 where the last axis of the result equals the value of `x`, else 0. Unrecorded. @param x - int32. */
export function runOneHot(x: Tensor, classes: number, dtype: DType): Tensor {
  const shape = [...x.shape, classes];
  const out = emptyLike(x, shape, dtype);
  if (numel(shape) === 0) return out;
  const views: View[] = [{ shape, strides: [...x.layout.strides, 0], offset: x.layout.offset }, out.layout];
  const executable = out.runtime.prepare(`oneHot|${dtype}|${stepKey(views)}`, () => ({
    kind: 'loop',
    outer: shape.length,
    inputs: ['int32'],
    outputs: [dtype],
    scalars: [],
    accesses: [inputAccess(0, views[0] as View), outputAccess(0, views[1] as View)],
    stages: [
      {
        kind: 'store',
        access: 1,
        inner: 0,
        expr: op('where', op('eq', load(0), index(x.ndim)), constant(1, dtype), constant(0, dtype)),
      },
    ],
  }));
  out.runtime.realize(executable, [x.buffer, out.buffer], { extents: shape, views, scalars: [] });
  return out;
}
