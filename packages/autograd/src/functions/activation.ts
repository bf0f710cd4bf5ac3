import { ArgumentError } from '@flambeau/backend';
import { requireNumber, requireTensor } from '../core/arguments.ts';
import type { Operand } from '../core/graph.ts';
import { elementwise } from '../ops/elementwise.ts';
import type { Tensor } from '../tensor.ts';

/** max(x, 0) + slope·min(x, 0) */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  return elementwise('leakyRelu', x, slope);
}

/** x above 0, α(eˣ − 1) below. */
export function elu(x: Tensor, alpha = 1): Tensor {
  return elementwise('elu', x, alpha, 1, 1);
}

/** x above 0, α(e^(x/α) − 1) below. @throws {ArgumentError} α is 0. */
export function celu(x: Tensor, alpha = 1): Tensor {
  requireNumber('celu', alpha, 'alpha');
  if (alpha === 0) throw new ArgumentError('celu', 'ZeroDivisionError: alpha cannot be 0.');
  return elementwise('elu', x, alpha, 1, 1 / alpha);
}

/** λ·elu(x, α) with the constants of self-normalising networks. @source Klambauer et al. 2017, arXiv:1706.02515 */
export function selu(x: Tensor): Tensor {
  return elementwise('elu', x, 1.6732632423543772, 1.0507009873554805, 1);
}

/** How {@link gelu} is computed. */
export interface GeluOptions {
  readonly approximate?: 'none' | 'tanh';
}

/** x·Φ(x), or its tanh approximation. @source Hendrycks & Gimpel 2016, arXiv:1606.08415 */
export function gelu(x: Tensor, options?: GeluOptions): Tensor {
  const approximate = options?.approximate ?? 'none';
  if (approximate !== 'none' && approximate !== 'tanh') {
    throw new ArgumentError('gelu', `approximate argument must be either none or tanh; got '${String(approximate)}'.`);
  }
  return elementwise(approximate === 'tanh' ? 'geluTanh' : 'gelu', x);
}

/** x·σ(x) */
export function silu(x: Tensor): Tensor {
  return elementwise('silu', x);
}

/** x·tanh(softplus(x)) */
export function mish(x: Tensor): Tensor {
  return elementwise('mish', x);
}

/** log(1 + e^(βx))/β; x itself where βx exceeds the threshold. */
export function softplus(x: Tensor, beta = 1, threshold = 20): Tensor {
  return elementwise('softplus', x, beta, threshold);
}

/** log σ(x) */
export function logsigmoid(x: Tensor): Tensor {
  return elementwise('logsigmoid', x);
}

/** x limited to [min, max]; no gradient at the limits. */
export function hardtanh(x: Tensor, min = -1, max = 1): Tensor {
  requireTensor('hardtanh', x);
  return elementwise('hardtanh', x, min, max);
}

/** clamp(x + 3, 0, 6)/6 */
export function hardsigmoid(x: Tensor): Tensor {
  return elementwise('hardsigmoid', x);
}

/** x·hardsigmoid(x) */
export function hardswish(x: Tensor): Tensor {
  return elementwise('hardswish', x);
}

/** x outside [−λ, λ], 0 inside. */
export function hardshrink(x: Tensor, lambd = 0.5): Tensor {
  return elementwise('hardshrink', x, lambd);
}

/** x moved by λ towards 0. @throws {ArgumentError} λ < 0. */
export function softshrink(x: Tensor, lambd = 0.5): Tensor {
  if (!(lambd >= 0))
    throw new ArgumentError('softshrink', `lambda must be greater or equal to 0, but found to be ${lambd}.`);
  return elementwise('softshrink', x, lambd);
}

/** x above the threshold, `value` elsewhere. */
export function threshold(x: Tensor, limit: number, value: number): Tensor {
  return elementwise('threshold', x, limit, value);
}

/** ½d²/β where |d| < β, |d| − ½β elsewhere, for d = x − y. */
export function smoothL1(x: Operand, y: Operand, beta = 1): Tensor {
  return elementwise('smoothL1', x, y, beta);
}

/** ½d² where |d| < δ, δ(|d| − ½δ) elsewhere, for d = x − y. */
export function huber(x: Operand, y: Operand, delta = 1): Tensor {
  return elementwise('huber', x, y, delta);
}
