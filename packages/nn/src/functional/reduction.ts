import type { Tensor } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';

/** How a loss combines its values: not at all, by their mean, or by their sum. */
export type Reduction = 'none' | 'mean' | 'sum';

/**
 * The reduction that was asked for; `'mean'` when none was.
 *
 * @throws {ArgumentError} It is unknown.
 */
export function checkReduction(op: string, reduction: string = 'mean'): Reduction {
  if (reduction === 'none' || reduction === 'mean' || reduction === 'sum') return reduction;
  throw new ArgumentError(op, `${String(reduction)} is not a valid value for reduction`, { reduction });
}

/**
 * Combines a loss's values.
 *
 * @throws {ArgumentError} The reduction is unknown.
 */
export function reduceLoss(op: string, loss: Tensor, reduction?: string): Tensor {
  switch (checkReduction(op, reduction)) {
    case 'none':
      return loss;
    case 'sum':
      return loss.sum();
    case 'mean':
      return loss.mean();
  }
}
