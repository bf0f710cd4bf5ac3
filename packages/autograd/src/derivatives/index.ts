import type { OpName } from '../ops/signatures.ts';
import { elementwiseDerivatives } from './elementwise.ts';
import { indexingDerivatives } from './indexing.ts';
import { matmulDerivatives } from './matmul.ts';
import { movementDerivatives } from './movement.ts';
import { reductionDerivatives } from './reduction.ts';
import type { Derivative } from './rule.ts';
import { windowDerivatives } from './window.ts';

/** The derivative of every primitive op; a missing row does not compile. */
export const derivatives: { readonly [K in OpName]: Derivative<K> } = {
  ...elementwiseDerivatives,
  ...reductionDerivatives,
  ...movementDerivatives,
  ...indexingDerivatives,
  ...matmulDerivatives,
  ...windowDerivatives,
};
