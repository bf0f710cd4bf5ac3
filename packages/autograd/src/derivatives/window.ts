import { numel } from '@flambeau/backend';
import { emptyLike } from '../core/dispatch.ts';
import { convGradInput, convGradWeight, convolve } from '../functions/convolution.ts';
import { reshape } from '../functions/movement.ts';
import { clampMin, lt, maskedFill } from '../functions/pointwise.ts';
import { adaptivePool, averagePool, averagePoolGrad } from '../functions/pooling.ts';
import { sum } from '../functions/reduction.ts';
import { scatterAddElements } from '../functions/scatter.ts';
import { fillStorage } from '../kernels/elementwise.ts';
import type { StructuralAttributes } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import type { Derivative } from './rule.ts';

/** The axes of a tensor but the channels. */
function allButChannels(x: Tensor): number[] {
  return x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
}

/** Gradients of convolutions, each in terms of the other two, and of pooling. */
export const windowDerivatives: {
  readonly [K in keyof Pick<
    StructuralAttributes,
    'conv' | 'convGradInput' | 'convGradWeight' | 'maxPool' | 'avgPool' | 'avgPoolGrad' | 'adaptiveAvgPool'
  >]: Derivative<K>;
} = {
  conv: (ctx) => {
    const { attributes, grad } = ctx;
    return [
      ctx.needs(0) ? convGradInput(grad, ctx.y, { ...attributes, shape: ctx.shape(0) }) : null,
      ctx.needs(1) ? convGradWeight(grad, ctx.x, { ...attributes, shape: ctx.shape(1) }) : null,
      ctx.needs(2) ? sum(grad, allButChannels(grad)) : null,
    ];
  },
  // Operands: the result's gradient and the weight.
  convGradInput: (ctx) => {
    const { attributes, grad } = ctx;
    return [
      ctx.needs(0) ? convolve(grad, ctx.y, null, attributes) : null,
      ctx.needs(1) ? convGradWeight(ctx.x, grad, { ...attributes, shape: ctx.shape(1) }) : null,
    ];
  },
  // Operands: the result's gradient and the input.
  convGradWeight: (ctx) => {
    const { attributes, grad } = ctx;
    return [
      ctx.needs(0) ? convolve(ctx.y, grad, null, attributes) : null,
      ctx.needs(1) ? convGradInput(ctx.x, grad, { ...attributes, shape: ctx.shape(1) }) : null,
    ];
  },
  maxPool: (ctx) => {
    const grad = ctx.grads[0];
    if (!grad) return [null];
    const shape = ctx.shape(0);
    const { windows } = ctx.attributes;
    const lead = shape.length - windows.length;
    const planes = numel(shape.slice(0, lead));
    const flat = (x: Tensor): Tensor => reshape(x, [planes, numel(x.shape.slice(lead))]);
    const zeros = emptyLike(grad, [planes, numel(shape.slice(lead))], grad.dtype);
    fillStorage(zeros, 0);
    const indices = flat(ctx.output(1));
    // Only a dilated window can lie between elements, in padding alone: its index is -1, and no gradient flows.
    const hollow = windows.some(({ dilation, padding }) => dilation > 1 && padding > 0);
    const source = hollow ? maskedFill(flat(grad), lt(indices, 0), 0) : flat(grad);
    const index = hollow ? clampMin(indices, 0) : indices;
    return [reshape(scatterAddElements(zeros, { dim: 1, index, source }, true), shape)];
  },
  avgPool: (ctx) => [averagePoolGrad(ctx.grad, { ...ctx.attributes, shape: ctx.shape(0) })],
  avgPoolGrad: (ctx) => [averagePool(ctx.grad, ctx.attributes)],
  adaptiveAvgPool: (ctx) => {
    const { size, divide } = ctx.attributes;
    const shape = ctx.shape(0);
    return [
      adaptivePool(ctx.grad, {
        size: shape.slice(shape.length - size.length),
        divide: divide === 'after' ? 'before' : 'after',
      }),
    ];
  },
};
