import { expandView, numel, type Shape, type View } from '@flambeau/backend';
import { emptyLike } from '../core/dispatch.ts';
import type { Scalar } from '../core/graph.ts';
import type { Tensor } from '../tensor.ts';
import { contiguousCopy, filled } from './copy.ts';

/** How `scatter` combines what is there with what comes. */
export type ScatterReduce = 'set' | 'sum' | 'prod' | 'max' | 'min';

/** Sums and products of bool saturate: they are "or" and "and". */
const BOOL_FOLDS: Readonly<Record<ScatterReduce, ScatterReduce>> = {
  set: 'set',
  sum: 'max',
  prod: 'min',
  max: 'max',
  min: 'min',
};

/** A tensor and how to look at it. */
export interface Placed {
  readonly tensor: Tensor;
  readonly layout: View;
}

/** A tensor as it is. */
export function placed(tensor: Tensor): Placed {
  return { tensor, layout: tensor.layout };
}

/** The view with one axis if it has none, as routines need one to work along. */
function lifted({ tensor, layout }: Placed): Placed {
  return layout.shape.length
    ? { tensor, layout }
    : { tensor, layout: { shape: [1], strides: [1], offset: layout.offset } };
}

/**
 * Scatters `source` along one axis of `target`, in place and unrecorded. Positions outside the axis are ignored.
 *
 * @param index - int32, of the source's shape.
 */
export function runScatter(target: Placed, dim: number, index: Placed, source: Placed, reduce: ScatterReduce): void {
  if (numel(index.layout.shape) === 0) return;
  const { dtype } = target.tensor;
  const fold = dtype === 'bool' ? BOOL_FOLDS[reduce] : reduce;
  const operands = [index, apart(source, target), target].map(lifted);
  const executable = target.tensor.runtime.prepare(`scatter|${dtype}|${dim}|${fold}`, () => ({
    kind: 'routine',
    name: 'scatter',
    inputs: ['int32', dtype],
    outputs: [dtype],
    scalars: [],
    attributes: { dim, reduce: fold },
  }));
  const buffers = operands.map(({ tensor }) => tensor.buffer);
  target.tensor.runtime.realize(executable, buffers, {
    extents: [],
    views: operands.map(({ layout }) => layout),
    scalars: [],
  });
}

/** The source, copied if it shares memory with the target. */
function apart(source: Placed, target: Placed): Placed {
  if (source.tensor.storage !== target.tensor.storage) return source;
  const { tensor, layout } = source;
  return placed(contiguousCopy(tensor.create(tensor.storage, layout)));
}

/** One value, seen as a tensor of any shape. */
export function placedScalar(like: Tensor, shape: Shape, value: Scalar): Placed {
  const tensor = filled(like, [], value);
  return { tensor, layout: expandView(tensor.layout, shape) };
}

/** Lists the positions of the non-zero elements of `x`, which are `count`; unrecorded. @returns int32 `[count, rank]` */
export function runNonzero(x: Tensor, count: number): Tensor {
  const out = emptyLike(x, [count, x.ndim], 'int32');
  if (count === 0 || x.ndim === 0) return out;
  const found = emptyLike(x, [1], 'int32');
  const executable = x.runtime.prepare(`nonzero|${x.dtype}`, () => ({
    kind: 'routine',
    name: 'nonzero',
    inputs: [x.dtype],
    outputs: ['int32', 'int32'],
    scalars: [],
    attributes: {},
  }));
  const views = [x.layout, out.layout, found.layout];
  x.runtime.realize(executable, [x.buffer, out.buffer, found.buffer], { extents: [], views, scalars: [] });
  return out;
}
