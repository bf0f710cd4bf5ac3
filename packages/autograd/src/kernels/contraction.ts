import {
  type ContractionAxes,
  type ContractionKernel,
  cast,
  computeDType,
  inputAccess,
  load,
  numel,
  op,
  outputAccess,
  type Shape,
  stage,
  type View,
} from '@flambeau/backend';
import type { Tensor } from '../tensor.ts';
import { collapse } from './collapse.ts';
import { fillStorage } from './elementwise.ts';

/** The operands of `out[b, m, n] = Σ_k a[b, m, k]·b[b, n, k]`, each with its axes grouped. */
export interface Contraction {
  /** Extents of each group of axes. */
  readonly batch: Shape;
  readonly m: Shape;
  readonly n: Shape;
  readonly k: Shape;
  /** A over (batch, m, k). */
  readonly a: View;
  /** B over (batch, n, k). */
  readonly b: View;
  /** The result over (batch, m, n). */
  readonly out: View;
}

/** A tensor added to the result, with a view of it over (batch, m, n). */
export interface Addend {
  readonly tensor: Tensor;
  readonly view: View;
}

/** One group of axes, with the strides of the two views that have it. */
interface Group {
  readonly extents: number[];
  readonly strides: number[][];
}

/** Merges the axes of one group that its views walk as one. Views with bounds keep their axes. */
function group(extents: Shape, parts: readonly (readonly number[])[], mergeable: boolean): Group {
  return mergeable ? collapse(extents, parts) : { extents: [...extents], strides: parts.map((part) => [...part]) };
}

/**
 * Runs a contraction into `out`'s memory; unrecorded. Axes are merged where memory allows, so that plain matmuls look plain.
 *
 * @param addend - Added in the epilogue; of the operands' dtype. Not for an empty `k`.
 */
export function runContraction(shape: Contraction, a: Tensor, b: Tensor, out: Tensor, addend?: Addend): void {
  const { batch, m, n, k } = shape;
  if (numel(batch) * numel(m) * numel(n) === 0) return;
  if (numel(k) === 0) {
    fillStorage(out, out.dtype === 'int64' ? 0n : 0);
    return;
  }
  const [nb, nm, nn] = [batch.length, m.length, n.length];
  const plainA = !shape.a.bounds?.length;
  const plainB = !shape.b.bounds?.length;
  const cut = (view: View, start: number, length: number): readonly number[] =>
    view.strides.slice(start, start + length);
  const results = addend ? [shape.out, addend.view] : [shape.out];
  const along = (start: number, length: number): (readonly number[])[] =>
    results.map((view) => cut(view, start, length));
  const batches = group(batch, [cut(shape.a, 0, nb), cut(shape.b, 0, nb), ...along(0, nb)], plainA && plainB);
  const rows = group(m, [cut(shape.a, nb, nm), ...along(nb, nm)], plainA);
  const columns = group(n, [cut(shape.b, nb, nn), ...along(nb + nm, nn)], plainB);
  const depth = group(k, [cut(shape.a, nb + nm, k.length), cut(shape.b, nb + nn, k.length)], plainA && plainB);

  const build = (view: View, ...groups: readonly [Group, number][]): View => {
    const shape: number[] = [];
    const strides: number[] = [];
    for (const [{ extents, strides: all }, index] of groups) {
      for (const extent of extents) shape.push(extent);
      for (const stride of all[index] as number[]) strides.push(stride);
    }
    const { offset, bounds } = view;
    return bounds?.length ? { shape, strides, offset, bounds } : { shape, strides, offset };
  };
  const views = [
    build(shape.a, [batches, 0], [rows, 0], [depth, 0]),
    build(shape.b, [batches, 1], [columns, 0], [depth, 1]),
    ...results.map((view, i) => build(view, [batches, 2 + i], [rows, 1 + i], [columns, 1 + i])),
  ];
  const axes: ContractionAxes = {
    batch: batches.extents.length,
    m: rows.extents.length,
    n: columns.extents.length,
    k: depth.extents.length,
  };
  const kernel = (): ContractionKernel => contractionKernel(axes, views, a, b, out, addend?.tensor);
  let key = `mm|${a.dtype}|${out.dtype}|${axes.batch}${axes.m}${axes.n}${axes.k}`;
  for (const { shape: sizes, strides, bounds } of views) {
    key += ',';
    for (let i = 0; i < strides.length; i++) key += stepCode(strides[i] as number, sizes[i]);
    key += bounds?.length ?? 0;
  }
  const executable = a.runtime.prepare(key, kernel);
  const extents = [...batches.extents, ...rows.extents, ...columns.extents, ...depth.extents];
  const buffers = addend ? [a.buffer, b.buffer, addend.tensor.buffer, out.buffer] : [a.buffer, b.buffer, out.buffer];
  a.runtime.realize(executable, buffers, { extents, views, scalars: [] });
}

function stepCode(stride: number, size: number | undefined): string {
  return stride === 0 || size === 1 ? '0' : stride === 1 ? '1' : 'n';
}

function contractionKernel(
  axes: ContractionAxes,
  views: readonly View[],
  a: Tensor,
  b: Tensor,
  out: Tensor,
  addend?: Tensor,
): ContractionKernel {
  const accumulator = computeDType(a.dtype);
  const [left, right, target, added] = views as [View, View, View, View?];
  const zero = a.dtype === 'int64' ? 0n : 0;
  const sum = added ? op('add', stage(0), load(3)) : stage(0);
  return {
    kind: 'contraction',
    axes,
    inputs: addend ? [a.dtype, b.dtype, addend.dtype] : [a.dtype, b.dtype],
    outputs: [out.dtype],
    scalars: [],
    accesses: [
      inputAccess(0, left, zero),
      inputAccess(1, right, zero),
      outputAccess(0, target),
      ...(added ? [inputAccess(2, added)] : []),
    ],
    epilogue: accumulator === computeDType(out.dtype) ? sum : cast(sum, out.dtype),
  };
}
