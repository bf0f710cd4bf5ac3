import { matmul } from '../functions/matmul.ts';
import { transpose } from '../functions/movement.ts';
import type { Derivative } from './rule.ts';

/** C = A·B: dA = G·Bᵀ and dB = Aᵀ·G, summed over broadcast batch axes. */
export const matmulDerivatives: { readonly matmul: Derivative<'matmul'> } = {
  matmul: (ctx) => [
    ctx.needs(0) ? ctx.fit(matmul(ctx.grad, transpose(ctx.y, -2, -1)), 0) : null,
    ctx.needs(1) ? ctx.fit(matmul(transpose(ctx.x, -2, -1), ctx.grad), 1) : null,
  ],
};
