import { castTo } from '../functions/conversion.ts';
import { gatherElements, pickElements, selectIndices } from '../functions/gather.ts';
import { putElements } from '../functions/indexing.ts';
import { div, eq, logicalAnd, logicalNot, maskedFill, mul, where } from '../functions/pointwise.ts';
import { indexAddSlices, scatterAddElements, scatterElements, scatterReduceElements } from '../functions/scatter.ts';
import { filled } from '../kernels/copy.ts';
import type { StructuralAttributes } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import type { Derivative, Gradients, RuleContext } from './rule.ts';

/** The index tensors that follow the first operand. */
function indicesOf(ctx: RuleContext<'indexTensors' | 'indexPut'>): Tensor[] {
  return ctx.attributes.axes.map((_, i) => ctx.operand(i + 1) as Tensor);
}

/** A source that equals the result shares the gradient evenly with everything else that does. */
function extremeGradients(ctx: RuleContext<'scatterReduce'>): Gradients {
  const { x, y: index, z: source, out, grad, attributes } = ctx;
  const { dim } = attributes;
  const selfWins = castTo(eq(x, out), grad.dtype);
  const sourceWins = castTo(eq(source, gatherElements(out, dim, index)), grad.dtype);
  const winners = scatterAddElements(selfWins, { dim, index, source: sourceWins });
  const shared = div(grad, winners);
  return [
    ctx.needs(0) ? mul(selfWins, shared) : null,
    null,
    ctx.needs(2) ? mul(sourceWins, gatherElements(shared, dim, index)) : null,
  ];
}

/** The product of everything else: by division, and where a factor is zero by leaving it out. */
function productGradients(ctx: RuleContext<'scatterReduce'>): Gradients {
  const { x, y: index, z: source, out, grad, attributes } = ctx;
  const { dim } = attributes;
  const ones = filled(x, x.shape, 1);
  const first = ctx.needs(0) ? mul(grad, scatterReduceElements(ones, { dim, index, source }, 'prod')) : null;
  if (!ctx.needs(2)) return [first];
  const zero = eq(source, 0);
  const zeros = scatterAddElements(filled(x, x.shape, 0), { dim, index, source: castTo(zero, x.dtype) }, true);
  const single = logicalAnd(zero, eq(gatherElements(zeros, dim, index), 1));
  const others = scatterReduceElements(x, { dim, index, source: maskedFill(source, single, 1) }, 'prod');
  const divided = div(gatherElements(mul(grad, out), dim, index), maskedFill(source, zero, 1));
  const rest = maskedFill(divided, logicalAnd(zero, logicalNot(single)), 0);
  return [first, null, where(single, gatherElements(mul(grad, others), dim, index), rest)];
}

/** Gradients of gathers, scatters and advanced indexing. */
export const indexingDerivatives: {
  readonly [K in keyof Pick<
    StructuralAttributes,
    'gather' | 'indexSelect' | 'indexTensors' | 'indexPut' | 'scatter' | 'scatterAdd' | 'scatterReduce' | 'indexAdd'
  >]: Derivative<K>;
} = {
  gather: (ctx) => {
    const zeros = filled(ctx.grad, ctx.shape(0), 0);
    return [scatterAddElements(zeros, { dim: ctx.attributes.dim, index: ctx.y, source: ctx.grad }, true)];
  },
  indexSelect: (ctx) => [indexAddSlices(filled(ctx.grad, ctx.shape(0), 0), ctx.attributes.dim, ctx.y, ctx.grad, true)],
  indexTensors: (ctx) => [
    putElements(filled(ctx.grad, ctx.shape(0), 0), ctx.attributes.axes, indicesOf(ctx), ctx.grad, true, true),
  ],
  indexPut: (ctx) => {
    const { axes, accumulate } = ctx.attributes;
    const indices = indicesOf(ctx);
    const values = axes.length + 1;
    const overwritten = (): Tensor =>
      putElements(ctx.grad, axes, indices, filled(ctx.grad, ctx.shape(values), 0), false);
    const gradients: (Tensor | null)[] = new Array<null>(values + 1).fill(null);
    if (ctx.needs(0)) gradients[0] = accumulate ? ctx.grad : overwritten();
    if (ctx.needs(values)) gradients[values] = pickElements(ctx.grad, axes, indices);
    return gradients;
  },
  scatter: (ctx) => {
    const { dim } = ctx.attributes;
    return [
      ctx.needs(0) ? scatterElements(ctx.grad, { dim, index: ctx.y, source: 0 }) : null,
      null,
      ctx.needs(2) ? gatherElements(ctx.grad, dim, ctx.y) : null,
    ];
  },
  scatterAdd: (ctx) => [ctx.grad, null, ctx.needs(2) ? gatherElements(ctx.grad, ctx.attributes.dim, ctx.y) : null],
  scatterReduce: (ctx) => (ctx.attributes.reduce === 'prod' ? productGradients(ctx) : extremeGradients(ctx)),
  indexAdd: (ctx) => [
    ctx.grad,
    null,
    ctx.needs(2) ? mul(selectIndices(ctx.grad, ctx.attributes.dim, ctx.y), ctx.attributes.alpha) : null,
  ],
};
