import type { DType, Tensor } from '@flambeau/autograd';
import { dimOf, requireTensor } from '../utils/check.ts';
import { warnOnce } from '../utils/warn.ts';

/** What the softmax family accepts. */
export interface SoftmaxOptions {
  /** Convert to this dtype first, so that narrow floats do not overflow. */
  readonly dtype?: DType;
}

/** The dimension that PyTorch takes when none is given, with its warning. */
function implicitDim(op: string, input: Tensor): number {
  warnOnce(`Implicit dimension choice for ${op} has been deprecated. Change the call to include dim=X as an argument.`);
  return input.ndim === 0 || input.ndim === 1 || input.ndim === 3 ? 0 : 1;
}

function prepare(op: string, input: Tensor, dim: number | null | undefined): number {
  requireTensor(op, 'input', input);
  return dimOf(op, input, dim ?? implicitDim(op, input));
}

/**
 * `eˣ / Σ eˣ` along a dimension.
 *
 * @shape input `[...]` → `[...]`
 * @param dim - The dimension whose values then sum to 1.
 * @throws {IndexError} There is no such dimension.
 * @source PyTorch `nn.functional.softmax`.
 * @example
 * softmax(tensor([[0, 0]]), 1) // => [[0.5, 0.5]]
 */
export function softmax(input: Tensor, dim?: number | null, options: SoftmaxOptions = {}): Tensor {
  return input.softmax(prepare('softmax', input, dim), options);
}

/**
 * Softmax of the negated input.
 *
 * @shape input `[...]` → `[...]`
 * @throws {IndexError} There is no such dimension.
 * @source PyTorch `nn.functional.softmin`.
 * @example
 * softmin(tensor([[0, 0]]), 1) // => [[0.5, 0.5]]
 */
export function softmin(input: Tensor, dim?: number | null, options: SoftmaxOptions = {}): Tensor {
  const axis = prepare('softmin', input, dim);
  return input.neg().softmax(axis, options);
}

/**
 * Logarithm of the softmax, computed in one pass without overflow.
 *
 * @shape input `[...]` → `[...]`
 * @throws {IndexError} There is no such dimension.
 * @source PyTorch `nn.functional.log_softmax`.
 * @example
 * logSoftmax(tensor([[0, 0]]), 1) // => [[-0.6931, -0.6931]]
 */
export function logSoftmax(input: Tensor, dim?: number | null, options: SoftmaxOptions = {}): Tensor {
  return input.logSoftmax(prepare('logSoftmax', input, dim), options);
}
