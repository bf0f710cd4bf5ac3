import { contiguousView, type Shape, type View } from '@flambeau/backend';
import { moveBack, to } from '../functions/conversion.ts';
import { cat, flip, roll } from '../functions/joining.ts';
import { narrow, permute, reshape, sliceAxis } from '../functions/movement.ts';
import { padAxes, tril, triu } from '../functions/padding.ts';
import { add, mul } from '../functions/pointwise.ts';
import { sum } from '../functions/reduction.ts';
import { cumprod, cumsum } from '../functions/scan.ts';
import { scatterAdd } from '../functions/scatter.ts';
import { asStridedGrad, asStridedScatterGrads, diagonalScatter, sliceScatter } from '../functions/scatter-views.ts';
import { diagonal } from '../functions/strided-views.ts';
import { filled } from '../kernels/copy.ts';
import type { StructuralAttributes } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import type { Derivative, RuleContext } from './rule.ts';

function negated(values: readonly number[]): number[] {
  return values.map((value) => -value);
}

/** Where the windows of an unfolded row-major tensor lie. */
function windowsOf(shape: Shape, dim: number, size: number, step: number): View {
  const { strides } = contiguousView(shape);
  const stride = strides[dim] ?? 1;
  if (shape.length === 0) return { shape: [size], strides: [stride], offset: 0 };
  const count = Math.floor(((shape[dim] as number) - size) / step) + 1;
  return {
    shape: [...shape.with(dim, count), size],
    strides: [...strides.with(dim, stride * step), stride],
    offset: 0,
  };
}

/** Sums over the copies that `repeat` made. */
function foldRepeats(grad: Tensor, shape: Shape, sizes: readonly number[]): Tensor {
  const lead = sizes.length - shape.length;
  const pairs = sizes.flatMap((r, axis) => [r, shape[axis - lead] ?? 1]);
  if (sizes.length === 0) return grad;
  const dims = sizes.map((_, axis) => 2 * axis);
  return reshape(sum(reshape(grad, pairs), dims), shape);
}

/** Splits the gradient of a joined tensor into those of its parts. */
function parts(ctx: RuleContext<'cat'>): (Tensor | null)[] {
  const { dim } = ctx.attributes;
  let start = 0;
  return Array.from({ length: ctx.count }, (_, i) => {
    const shape = ctx.shape(i);
    const skipped = shape.length === 1 && shape[0] === 0;
    const length = skipped ? 0 : (shape[dim] as number);
    start += length;
    if (!ctx.needs(i)) return null;
    return skipped ? ctx.fit(filled(ctx.grad, [0]), i) : ctx.fit(narrow(ctx.grad, dim, start - length, length), i);
  });
}

/**
 * The gradient of a running product, without division, so exact where elements are zero: with P the product of the elements before k,
 * it is P·S with S = g + (next x)·(next S), from the end.
 */
function runningProduct(ctx: RuleContext<'cumprod'>): Tensor[] {
  const { dim, dtype } = ctx.attributes;
  const { grad } = ctx;
  const x = to(ctx.x, dtype);
  if (x.numel() === 0 || x.ndim === 0) return [ctx.fit(grad, 0)];
  const size = x.shape[dim] as number;
  const before = cumprod(cat([filled(x, x.shape.with(dim, 1), 1, dtype), narrow(x, dim, 0, size - 1)], dim), dim);
  let tail = narrow(grad, dim, size - 1, 1);
  const tails = [tail];
  for (let k = size - 2; k >= 0; k--) {
    tail = add(narrow(grad, dim, k, 1), mul(narrow(x, dim, k + 1, 1), tail));
    tails.push(tail);
  }
  return [ctx.fit(mul(before, cat(tails.reverse(), dim)), 0)];
}

/** Gradients of the ops that move elements, and of running sums, running products and sorting. */
export const movementDerivatives: {
  readonly [K in keyof Pick<
    StructuralAttributes,
    | 'cast'
    | 'fill'
    | 'copy'
    | 'view'
    | 'permute'
    | 'expand'
    | 'slice'
    | 'sliceScatter'
    | 'diagonal'
    | 'diagonalScatter'
    | 'unfold'
    | 'asStrided'
    | 'asStridedScatter'
    | 'cat'
    | 'flip'
    | 'roll'
    | 'repeat'
    | 'pad'
    | 'triangle'
    | 'cumsum'
    | 'cumprod'
    | 'sort'
  >]: Derivative<K>;
} = {
  cast: (ctx) => [ctx.fit(ctx.grad, 0)],
  fill: ({ grad }) => [filled(grad, grad.shape)],
  copy: (ctx) => [moveBack(ctx.grad, ctx.device(0))],
  view: (ctx) => [reshape(ctx.grad, ctx.shape(0))],
  permute: ({ attributes, grad }) => {
    const inverse = new Array<number>(attributes.order.length);
    attributes.order.forEach((axis, position) => {
      inverse[axis] = position;
    });
    return [permute(grad, inverse)];
  },
  expand: (ctx) => [ctx.fit(ctx.grad, 0)],
  slice: (ctx) => {
    const { dim, start, step } = ctx.attributes;
    return [sliceScatter(ctx.grad, { dim, start, step, shape: ctx.shape(0) })];
  },
  sliceScatter: (ctx) => {
    const { dim, start, step } = ctx.attributes;
    return [sliceAxis(ctx.grad, dim, start, ctx.shape(0)[dim] as number, step)];
  },
  diagonal: (ctx) => [diagonalScatter(ctx.grad, { ...ctx.attributes, shape: ctx.shape(0) })],
  diagonalScatter: ({ attributes, grad }) => [diagonal(grad, attributes.offset, attributes.dim0, attributes.dim1)],
  unfold: (ctx) => {
    const shape = ctx.shape(0);
    const { dim, size, step } = ctx.attributes;
    return [asStridedGrad(ctx.grad, windowsOf(shape, dim, size, step), contiguousView(shape))];
  },
  asStrided: ({ attributes, grad }) => [asStridedGrad(grad, attributes.layout, attributes.base)],
  asStridedScatter: (ctx) => asStridedScatterGrads(ctx.grad, ctx.attributes, [ctx.needs(0), ctx.needs(1)]),
  cat: parts,
  flip: ({ attributes, grad }) => [flip(grad, attributes.dims)],
  roll: ({ attributes, grad }) => [roll(grad, negated(attributes.shifts), attributes.dims)],
  repeat: (ctx) => [foldRepeats(ctx.grad, ctx.shape(0), ctx.attributes.sizes)],
  pad: ({ attributes, grad }) => [padAxes(grad, negated(attributes.before), negated(attributes.after), 0)],
  triangle: ({ attributes, grad }) => [(attributes.keep === 'lower' ? tril : triu)(grad, attributes.diagonal)],
  cumsum: (ctx) => {
    const { dim } = ctx.attributes;
    if (ctx.shape(0).length === 0) return [ctx.fit(ctx.grad, 0)];
    return [ctx.fit(flip(cumsum(flip(ctx.grad, dim), dim), dim), 0)];
  },
  cumprod: runningProduct,
  sort: (ctx) => [scatterAdd(filled(ctx.grad, ctx.shape(0)), ctx.attributes.dim, ctx.output(1), ctx.grad)],
};
