import type { Shape } from '@flambeau/backend';
import { to } from '../functions/conversion.ts';
import { cat, flip } from '../functions/joining.ts';
import { expand, narrow, reshape } from '../functions/movement.ts';
import { abs, add, div, eq, exp, maskedFill, mul, neg, pow, sign, sub, where } from '../functions/pointwise.ts';
import { mean, sum } from '../functions/reduction.ts';
import { cumprod, indexAlong } from '../functions/scan.ts';
import { softmaxGrad } from '../functions/softmax.ts';
import { standardizeGrad } from '../functions/standardize.ts';
import type { ReduceAttributes, StructuralAttributes } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import type { Derivative, RuleContext } from './rule.ts';

/** Gives a reduced tensor its reduced dimensions back, with size 1. */
function restore(reduced: Tensor, shape: Shape, { dims, keepDim }: ReduceAttributes): Tensor {
  return keepDim
    ? reduced
    : reshape(
        reduced,
        shape.map((size, axis) => (dims.includes(axis) ? 1 : size)),
      );
}

function spread(reduced: Tensor, shape: Shape, attributes: ReduceAttributes): Tensor {
  return expand(restore(reduced, shape, attributes), shape);
}

function countOf(shape: Shape, dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * (shape[dim] as number), 1);
}

/** Shares the gradient evenly among the elements that equal the extreme. */
function extreme<K extends 'amax' | 'amin'>(ctx: RuleContext<K>): Tensor[] {
  const { attributes, x, grad, out } = ctx;
  const wins = to(eq(x, restore(out, x.shape, attributes)), grad.dtype);
  const ties = sum(wins, attributes.dims, { keepDim: true });
  return [div(mul(restore(grad, x.shape, attributes), wins), ties)];
}

/** Sends the gradient to the position that was chosen. */
function chosen<K extends 'maxDim' | 'minDim'>(ctx: RuleContext<K>): (Tensor | null)[] {
  const grad = ctx.grads[0];
  if (!grad) return [null];
  const { dim, keepDim } = ctx.attributes;
  const shape = ctx.shape(0);
  if (shape.length === 0) return [grad];
  const attributes = { dims: [dim], keepDim };
  const here = eq(restore(ctx.output(1), shape, attributes), indexAlong(grad, shape, dim));
  return [where(here, restore(grad, shape, attributes), 0)];
}

/** Products of all elements of a dimension but one, from the left and from the right: exact where some are zero. */
function productOfOthers(x: Tensor, dim: number): Tensor {
  const size = x.shape[dim] as number;
  const one = add(mul(narrow(x, dim, 0, 1), 0), 1);
  const left = cumprod(cat([one, narrow(x, dim, 0, size - 1)], dim), dim);
  const right = flip(cumprod(cat([one, flip(narrow(x, dim, 1, size - 1), [dim])], dim), dim), [dim]);
  return mul(left, right);
}

/** Gradients of the reductions, of softmax and its kin, and of normalisation. */
export const reductionDerivatives: {
  readonly [K in keyof Pick<
    StructuralAttributes,
    | 'sum'
    | 'mean'
    | 'prod'
    | 'amax'
    | 'amin'
    | 'maxDim'
    | 'minDim'
    | 'variance'
    | 'norm'
    | 'logsumexp'
    | 'softmax'
    | 'softmaxGrad'
    | 'logSoftmax'
    | 'logSoftmaxGrad'
    | 'standardize'
    | 'standardizeGrad'
  >]: Derivative<K>;
} = {
  sum: (ctx) => [ctx.fit(spread(ctx.grad, ctx.shape(0), ctx.attributes), 0)],
  mean: (ctx) => {
    const shape = ctx.shape(0);
    return [ctx.fit(spread(div(ctx.grad, countOf(shape, ctx.attributes.dims)), shape, ctx.attributes), 0)];
  },
  prod: (ctx) => {
    const { attributes, x, grad } = ctx;
    if (x.numel() === 0) return [spread(grad, x.shape, attributes)];
    const source = to(x, attributes.dtype);
    const all = attributes.dims.length !== 1;
    const others = all
      ? reshape(productOfOthers(reshape(source, [-1]), 0), x.shape)
      : productOfOthers(source, attributes.dims[0] as number);
    return [ctx.fit(mul(restore(grad, x.shape, attributes), others), 0)];
  },
  amax: extreme,
  amin: extreme,
  maxDim: chosen,
  minDim: chosen,
  // 2·g·(x − mean)/(n − correction); for the root, g/(2·out) and 0 where out is 0.
  variance: (ctx) => {
    const { attributes, x, grad } = ctx;
    const { dims, correction, root } = attributes;
    const incoming = root ? maskedFill(div(grad, mul(ctx.out, 2)), eq(ctx.out, 0), 0) : grad;
    const freedom = countOf(x.shape, dims) - correction;
    const centered = sub(x, mean(x, dims, { keepDim: true }));
    return [mul(mul(restore(incoming, x.shape, attributes), 2 / freedom), centered)];
  },
  norm: ({ attributes, x, grad, out }) => {
    const { p } = attributes;
    const [g, n] = [restore(grad, x.shape, attributes), restore(out, x.shape, attributes)];
    if (p === 0) return [null];
    if (p === 1) return [mul(g, sign(x))];
    if (p === 2) return [maskedFill(mul(g, div(x, n)), eq(n, 0), 0)];
    if (!Number.isFinite(p)) {
      const wins = to(eq(abs(x), n), x.dtype);
      return [mul(mul(div(g, sum(wins, attributes.dims, { keepDim: true })), wins), sign(x))];
    }
    // sign(x)·(|x|/n)^(p−1), which is 0 at 0 for p > 1.
    const zero = p > 1 ? eq(n, 0) : eq(x, 0);
    return [maskedFill(mul(mul(g, sign(x)), pow(div(abs(x), n), p - 1)), zero, 0)];
  },
  logsumexp: ({ attributes, x, grad, out }) => {
    const total = restore(out, x.shape, attributes);
    return [
      mul(restore(grad, x.shape, attributes), exp(sub(x, maskedFill(total, eq(total, Number.NEGATIVE_INFINITY), 0)))),
    ];
  },
  softmax: ({ attributes, grad, out }) => [softmaxGrad('softmaxGrad', grad, out, attributes.dim)],
  // out = y·(x − Σ x·y) for gradient x and softmax y.
  softmaxGrad: (ctx) => {
    const { attributes, x, y, grad } = ctx;
    const along = (value: Tensor): Tensor => (x.ndim ? sum(value, attributes.dim, { keepDim: true }) : value);
    const first = ctx.needs(0) ? softmaxGrad('softmaxGrad', grad, y, attributes.dim) : null;
    const second = ctx.needs(1) ? sub(mul(grad, sub(x, along(mul(x, y)))), mul(x, along(mul(grad, y)))) : null;
    return [first, second];
  },
  logSoftmax: ({ attributes, grad, out }) => [softmaxGrad('logSoftmaxGrad', grad, out, attributes.dim)],
  // out = x − e^y·Σ x for gradient x and log-softmax y.
  logSoftmaxGrad: (ctx) => {
    const { attributes, x, y, grad } = ctx;
    const along = (value: Tensor): Tensor => (x.ndim ? sum(value, attributes.dim, { keepDim: true }) : value);
    const p = exp(y);
    return [
      ctx.needs(0) ? sub(grad, along(mul(grad, p))) : null,
      ctx.needs(1) ? neg(mul(mul(grad, p), along(x))) : null,
    ];
  },
  // Outputs y = (x − mean)·r and r: dx = r·(g − mean g − y·mean(g·y)) − g_r·r²·y/n.
  standardize: (ctx) => {
    const { dims } = ctx.attributes;
    const [y, r] = [ctx.output(0), ctx.output(1)];
    const [gradY, gradR] = ctx.grads;
    const first = gradY ? standardizeGrad(gradY, y, r, dims) : null;
    const second = gradR ? neg(mul(mul(gradR, div(mul(r, r), countOf(ctx.shape(0), dims))), y)) : null;
    return [first && second ? add(first, second) : (first ?? second)];
  },
  // out = r·(x − mean x − y·mean(x·y)) for gradient x, standardised y and r.
  standardizeGrad: (ctx) => {
    const { attributes, x, y, z, grad } = ctx;
    const average = (value: Tensor): Tensor => mean(value, attributes.dims, { keepDim: true });
    const first = ctx.needs(0) ? standardizeGrad(grad, y, z, attributes.dims) : null;
    const second = ctx.needs(1) ? neg(mul(z, add(mul(grad, average(mul(x, y))), mul(x, average(mul(grad, y)))))) : null;
    const inner = (): Tensor => sub(sub(x, average(x)), mul(y, average(mul(x, y))));
    const third = ctx.needs(2) ? sum(mul(grad, inner()), attributes.dims, { keepDim: true }) : null;
    return [first, second, third];
  },
};
