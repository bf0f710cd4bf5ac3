import { broadcastShapes, expandView, numel, type Shape, ShapeError } from '@flambeau/backend';
import { normalizeDim, requireTensor } from '../core/arguments.ts';
import { KEEP, record, requireSameDevice } from '../core/dispatch.ts';
import { type IndexOperand, runGather, runLinearIndex } from '../kernels/gather.ts';
import type { Tensor } from '../tensor.ts';
import { atLeast1d, indexTensor, requireIndexShape, requireInside, withShape } from './index-arguments.ts';
import { expand, movedim, permute } from './movement.ts';

/** {@link gather} of checked operands of rank 1 or more. */
export function gatherElements(x: Tensor, dim: number, index: Tensor): Tensor {
  const operand = { tensor: index, strides: index.layout.strides, ...axisOf(x, dim) };
  const out = runGather(x, index.shape, x.layout.strides.with(dim, 0), [operand]);
  record('gather', { dim }, [x, index], [out], KEEP.y);
  return out;
}

/** {@link indexSelect} of checked operands: `x` of rank 1 or more, a vector as index. */
export function selectIndices(x: Tensor, dim: number, index: Tensor): Tensor {
  const shape = x.shape.with(dim, index.numel());
  const strides = shape.map((_, axis) => (axis === dim ? (index.layout.strides[0] as number) : 0));
  const out = runGather(x, shape, x.layout.strides.with(dim, 0), [{ tensor: index, strides, ...axisOf(x, dim) }]);
  record('indexSelect', { dim }, [x, index], [out], KEEP.y);
  return out;
}

function axisOf(x: Tensor, dim: number): { size: number; stride: number } {
  return { size: x.shape[dim] as number, stride: x.layout.strides[dim] as number };
}

/** What indexing some axes by tensors makes of a shape. */
export interface AdvancedShape {
  /** Shape that the index tensors broadcast to. */
  readonly indexed: Shape;
  /** Where its axes go: at the indexed axes if those are neighbours, else in front. */
  readonly lead: number;
  /** The axes that are not indexed. */
  readonly rest: readonly number[];
  /** Shape of the result. */
  readonly shape: Shape;
}

/** The shape of `x` at index tensors. @throws {ShapeError} The index tensors do not broadcast. */
export function advancedShape(
  op: string,
  input: Shape,
  axes: readonly number[],
  indices: readonly Tensor[],
): AdvancedShape {
  const indexed = broadcastShapes(...indices.map((index) => index.shape));
  if (!indexed) {
    const shapes = indices.map((index) => `[${index.shape.join(', ')}]`).join(', ');
    throw new ShapeError(op, `shape mismatch: indexing tensors could not be broadcast together with shapes ${shapes}.`);
  }
  const lead = axes.every((axis, i) => axis === (axes[0] as number) + i) ? (axes[0] as number) : 0;
  const rest = input.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const shape = rest.map((axis) => input[axis] as number).toSpliced(lead, 0, ...indexed);
  return { indexed, lead, rest, shape };
}

/** The index tensors over the axes of a result of {@link advancedShape}, pointing into axes of the given strides. */
export function indexOperands(
  input: { readonly shape: Shape; readonly strides: readonly number[] },
  axes: readonly number[],
  indices: readonly Tensor[],
  { indexed, lead, shape }: AdvancedShape,
): IndexOperand[] {
  return indices.map((tensor, i) => {
    const spread = expandView(tensor.layout, indexed).strides;
    const strides = new Array<number>(shape.length).fill(0).toSpliced(lead, indexed.length, ...spread);
    const axis = axes[i] as number;
    return { tensor, strides, size: input.shape[axis] as number, stride: input.strides[axis] as number };
  });
}

/** Steps of the axes that are not indexed, over a result of {@link advancedShape}. */
export function restStrides(strides: readonly number[], { indexed, lead, rest }: AdvancedShape): number[] {
  return rest.map((axis) => strides[axis] as number).toSpliced(lead, 0, ...indexed.map(() => 0));
}

/** How many index tensors an op can keep for its derivative. */
export const MOST_INDICES = 3;

/** Bits of `Keep` for `count` index tensors that follow the first operand. */
export function keepIndices(count: number): number {
  return (1 << (count + 1)) - 2;
}

/** Elements of `x` at index tensors on some of its axes (ascending); the index tensors are checked. */
export function pickElements(x: Tensor, axes: readonly number[], indices: readonly Tensor[]): Tensor {
  const plan = advancedShape('index', x.shape, axes, indices);
  if (axes.length > MOST_INDICES) {
    const { front, linear } = mergeAxes(x, axes, indices, plan);
    const picked = pickElements(front, [0], [linear]);
    const from = plan.indexed.map((_, axis) => axis);
    return plan.lead === 0
      ? picked
      : movedim(
          picked,
          from,
          from.map((axis) => axis + plan.lead),
        );
  }
  const operands = indexOperands({ shape: x.shape, strides: x.layout.strides }, axes, indices, plan);
  const out = runGather(x, plan.shape, restStrides(x.layout.strides, plan), operands);
  record('indexTensors', { axes }, [x, ...indices], [out], keepIndices(axes.length));
  return out;
}

/** The indexed axes moved to the front and merged into one, and the one index into it. */
export function mergeAxes(
  x: Tensor,
  axes: readonly number[],
  indices: readonly Tensor[],
  plan: AdvancedShape,
): { front: Tensor; linear: Tensor } {
  const sizes = axes.map((axis) => x.shape[axis] as number);
  const strides = sizes.map((_, i) => numel(sizes.slice(i + 1)));
  const order = sizes.map((_, i) => i);
  const flat = { indexed: plan.indexed, lead: 0, rest: [], shape: plan.indexed };
  const linear = runLinearIndex(
    plan.indexed,
    plan.indexed.map(() => 0),
    indexOperands({ shape: sizes, strides }, order, indices, flat),
  );
  const moved = permute(x, [...axes, ...plan.rest]);
  return { front: withShape(moved, [numel(sizes), ...plan.rest.map((axis) => x.shape[axis] as number)]), linear };
}

/**
 * Elements along one axis, chosen separately at each position: `out[i][j] = x[index[i][j]][j]` for `dim` 0.
 *
 * @shape `index` has the rank of `x` and is no larger than it but along `dim`; the result has its shape
 * @throws {ShapeError} Ranks differ, or the index is too large.
 * @throws {DTypeError} The index holds floats.
 * @throws {IndexError} An index is outside (where the device can be read at once).
 * @source PyTorch `torch.gather`
 */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  requireTensor('gather', x);
  const axis = normalizeDim('gather', dim, x.ndim);
  const at = indexTensor('gather', index);
  requireSameDevice('gather', [x, at]);
  const [input, wanted] = [atLeast1d(x.shape), atLeast1d(at.shape)];
  if (at.numel() > 0) requireIndexShape('gather', wanted, input, axis);
  else if (wanted.length !== input.length)
    return withShape(selectIndices(withShape(x, [-1]), 0, withShape(at, [0])), at.shape);
  requireInside('gather', at, axis, input[axis] as number, false);
  return withShape(gatherElements(withShape(x, input), axis, withShape(at, wanted)), at.shape);
}

/**
 * The slices of an axis that an index lists.
 *
 * @shape `index` `[n]` or `[]` → the shape of `x` with `n` along `dim`
 * @throws {IndexError} The index is not a vector, or an element is outside.
 * @source PyTorch `torch.index_select`
 */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  requireTensor('indexSelect', x);
  const axis = normalizeDim('indexSelect', dim, x.ndim);
  const at = requireVector('indexSelect', index);
  requireSameDevice('indexSelect', [x, at]);
  requireInside('indexSelect', at, axis, x.shape[axis] ?? 1, false);
  const out = selectIndices(withShape(x, atLeast1d(x.shape)), axis, at);
  return x.ndim ? out : withShape(out, []);
}

/** An index of rank 0 or 1, as a vector. @throws {ShapeError} Another rank. */
export function requireVector(op: string, index: Tensor): Tensor {
  const at = indexTensor(op, index);
  if (at.ndim > 1)
    throw new ShapeError(op, `Index is supposed to be a vector; got shape [${at.shape.join(', ')}].`, {
      shape: at.shape,
    });
  return at.ndim ? at : withShape(at, [1]);
}

/**
 * Elements of the flattened tensor; negative indices count from the end.
 *
 * @shape the result has the shape of `index`
 * @source PyTorch `torch.take`
 */
export function take(x: Tensor, index: Tensor): Tensor {
  requireTensor('take', x);
  const at = indexTensor('take', index);
  requireSameDevice('take', [x, at]);
  requireInside('take', at, 0, x.numel(), true);
  return pickElements(withShape(x, [-1]), [0], [at]);
}

/**
 * {@link gather} with both operands broadcast against each other but along `dim`; without `dim`, of the flattened tensors.
 *
 * @source PyTorch `torch.take_along_dim`
 */
export function takeAlongDim(x: Tensor, index: Tensor, dim: number | null = null): Tensor {
  requireTensor('takeAlongDim', x);
  const at = indexTensor('takeAlongDim', index);
  if (dim === null) return gather(withShape(x, [-1]), 0, withShape(at, [-1]));
  const axis = normalizeDim('takeAlongDim', dim, x.ndim);
  if (x.ndim !== at.ndim) {
    throw new ShapeError(
      'takeAlongDim',
      `input and indices should have the same number of dimensions; got [${x.shape.join(', ')}] and [${at.shape.join(', ')}].`,
    );
  }
  if (x.ndim === 0) return gather(x, 0, at);
  const shape = broadcastShapes(x.shape.with(axis, 1), at.shape.with(axis, 1));
  if (!shape)
    throw new ShapeError(
      'takeAlongDim',
      `shapes do not broadcast but along dimension ${axis}: [${x.shape.join(', ')}] and [${at.shape.join(', ')}].`,
    );
  const spread = (tensor: Tensor): Tensor => expand(tensor, shape.with(axis, tensor.shape[axis] as number));
  return gather(spread(x), axis, spread(at));
}

/**
 * The rows of a table that an index of any shape lists.
 *
 * @shape `weight` `[n, ...]`, `index` any → `[...index, ...weight.shape[1:]]`
 * @source PyTorch `torch.nn.functional.embedding`
 */
export function embedding(weight: Tensor, index: Tensor): Tensor {
  requireTensor('embedding', weight, 'the weight');
  if (weight.ndim === 0)
    throw new ShapeError('embedding', "'weight' must have at least one dimension; got a 0-d tensor.");
  const at = indexTensor('embedding', index);
  requireSameDevice('embedding', [weight, at]);
  requireInside('embedding', at, 0, weight.shape[0] as number, false);
  return withShape(selectIndices(weight, 0, withShape(at, [-1])), [...at.shape, ...weight.shape.slice(1)]);
}
