import { matmul } from '../functions/matmul.ts';
import { transpose } from '../functions/movement.ts';
import type { Tensor } from '../tensor.ts';
import type { Derivative } from './rule.ts';

/** A·B; where the result shall lie column by column, computed as (Bᵀ·Aᵀ)ᵀ. */
function product(a: Tensor, b: Tensor, columnMajor: boolean): Tensor {
  return columnMajor ? flipped(matmul(flipped(b), flipped(a))) : matmul(a, b);
}

function flipped(x: Tensor): Tensor {
  return transpose(x, -2, -1);
}

/** C = A·B: dA = G·Bᵀ and dB = Aᵀ·G, summed over broadcast batch axes; with an addend Z, dZ = G. */
export const matmulDerivatives: { readonly [K in 'matmul' | 'addmm']: Derivative<K> } = {
  matmul: (ctx) => {
    const [left, right] = ctx.attributes.columnMajor;
    return [
      ctx.needs(0) ? ctx.fit(product(ctx.grad, flipped(ctx.y), left), 0) : null,
      ctx.needs(1) ? ctx.fit(product(flipped(ctx.x), ctx.grad, right), 1) : null,
    ];
  },
  addmm: (ctx) => {
    const [left, right] = ctx.attributes.columnMajor;
    return [
      ctx.needs(0) ? ctx.fit(ctx.grad, 0) : null,
      ctx.needs(1) ? ctx.fit(product(ctx.grad, flipped(ctx.z), left), 1) : null,
      ctx.needs(2) ? ctx.fit(product(flipped(ctx.y), ctx.grad, right), 2) : null,
    ];
  },
};
