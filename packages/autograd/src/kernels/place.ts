import {
  computeDType,
  constant,
  index,
  inputAccess,
  type LoopKernel,
  load,
  numel,
  op,
  outputAccess,
  scalar,
  stepsOf,
  type View,
} from '@flambeau/backend';
import { emptyLike } from '../core/dispatch.ts';
import type { Tensor } from '../tensor.ts';
import { collapse } from './collapse.ts';
import { copyInto } from './copy.ts';

/** A tensor that reads and writes the memory of another one through a view; without history, for kernels. */
export function through(x: Tensor, layout: View): Tensor {
  return x.create(x.storage, layout);
}

/** Copies `source` into the part of `target` that a view selects. */
export function place(target: Tensor, layout: View, source: Tensor): void {
  copyInto(through(target, layout), source);
}

function steps(view: View): string {
  return `${stepsOf(view)
    .map((step) => step.charAt(0))
    .join('')}${view.bounds?.length ?? 0}`;
}

/** Copies what a view reads, zero outside its bounds, into a fresh tensor of its shape. */
export function boundedCopy(x: Tensor, source: View): Tensor {
  const out = emptyLike(x, source.shape, x.dtype);
  if (numel(source.shape) === 0) return out;
  const rank = source.shape.length;
  const zero = x.dtype === 'int64' ? 0n : 0;
  const key = `bounded|${x.dtype}|${steps(source)}|${steps(out.layout)}`;
  const executable = x.runtime.prepare(key, () => ({
    kind: 'loop',
    outer: rank,
    inputs: [x.dtype],
    outputs: [x.dtype],
    scalars: [],
    accesses: [inputAccess(0, source, zero), outputAccess(0, out.layout)],
    stages: [{ kind: 'store', access: 1, inner: 0, expr: load(0) }],
  }));
  x.runtime.realize(executable, [x.buffer, out.buffer], {
    extents: source.shape,
    views: [source, out.layout],
    scalars: [],
  });
  return out;
}

/** Copies the elements at or below (`lower`), or at or above, a diagonal of the last two axes; zeros elsewhere. */
export function triangleCopy(x: Tensor, diagonal: number, keep: 'lower' | 'upper'): Tensor {
  const out = emptyLike(x, x.shape, x.dtype);
  if (x.numel() === 0) return out;
  const batch = x.ndim - 2;
  const strides = [x.layout.strides, out.layout.strides];
  const outer = collapse(
    x.shape.slice(0, batch),
    strides.map((s) => s.slice(0, batch)),
  );
  const extents = [...outer.extents, ...x.shape.slice(batch)];
  const views = [x, out].map(
    (tensor, i): View => ({
      shape: extents,
      strides: [...(outer.strides[i] as number[]), ...tensor.layout.strides.slice(batch)],
      offset: tensor.layout.offset,
    }),
  ) as [View, View];
  const rank = extents.length;
  const executable = x.runtime.prepare(`triangle|${keep}|${x.dtype}|${views.map(steps).join()}`, (): LoopKernel => {
    const ahead = op('sub', index(rank - 1), index(rank - 2));
    const kept = op(keep === 'lower' ? 'le' : 'ge', ahead, scalar(0));
    return {
      kind: 'loop',
      outer: rank,
      inputs: [x.dtype],
      outputs: [x.dtype],
      scalars: ['int32'],
      accesses: [inputAccess(0, views[0]), outputAccess(0, views[1])],
      stages: [
        { kind: 'store', access: 1, inner: 0, expr: op('where', kept, load(0), constant(0, computeDType(x.dtype))) },
      ],
    };
  });
  x.runtime.realize(executable, [x.buffer, out.buffer], { extents, views, scalars: [diagonal] });
  return out;
}

/** Counts 0, 1, … along an axis of a fresh int32 tensor whose other axes have size 1. */
export function indexCopy(like: Tensor, rank: number, dim: number, size: number): Tensor {
  const shape = new Array<number>(rank).fill(1);
  if (rank) shape[dim] = size;
  const out = emptyLike(like, shape, 'int32');
  const n = out.numel();
  if (n === 0) return out;
  const view: View = { shape: [n], strides: [1], offset: 0 };
  const executable = like.runtime.prepare(
    'indexAlong',
    (): LoopKernel => ({
      kind: 'loop',
      outer: 1,
      inputs: [],
      outputs: ['int32'],
      scalars: [],
      accesses: [outputAccess(0, { ...view, shape: [2] })],
      stages: [{ kind: 'store', access: 0, inner: 0, expr: index(0) }],
    }),
  );
  like.runtime.realize(executable, [out.buffer], { extents: [n], views: [view], scalars: [] });
  return out;
}
