import * as ops from '@flambeau/autograd';
import { type Tensor, where } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import { requireNumber, requireTensor } from '../utils/check.ts';

/** What activations accept that can change their input. */
export interface InplaceOptions {
  /** Write the result into the input, and return that. */
  readonly inplace?: boolean;
}

/** Applies `fn` to `input`, or to a copy of it whose result replaces its content. */
function activate(input: Tensor, options: InplaceOptions | undefined, fn: (x: Tensor) => Tensor): Tensor {
  // The derivative needs the values from before the change, hence the copy.
  return options?.inplace ? input.copy_(fn(input.clone())) : fn(input);
}

/**
 * `max(x, 0)`.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.relu`.
 * @example
 * relu(tensor([-1, 2])) // => [0, 2]
 */
export function relu(input: Tensor, options?: InplaceOptions): Tensor {
  requireTensor('relu', 'input', input);
  return options?.inplace ? input.relu_() : ops.relu(input);
}

/**
 * `min(max(x, 0), 6)`.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.relu6`; Krizhevsky 2010.
 * @example
 * relu6(tensor([-1, 2, 9])) // => [0, 2, 6]
 */
export function relu6(input: Tensor, options?: InplaceOptions): Tensor {
  requireTensor('relu6', 'input', input);
  return activate(input, options, (x) => ops.hardtanh(x, 0, 6));
}

/**
 * `x` where positive, `slope · x` elsewhere.
 *
 * @shape input `[...]` → `[...]`
 * @param negativeSlope - Factor of negative values.
 * @source PyTorch `nn.functional.leaky_relu`.
 * @example
 * leakyRelu(tensor([-1, 2]), 0.1) // => [-0.1, 2]
 */
export function leakyRelu(input: Tensor, negativeSlope = 0.01, options?: InplaceOptions): Tensor {
  requireTensor('leakyRelu', 'input', input);
  requireNumber('leakyRelu', 'negativeSlope', negativeSlope);
  return activate(input, options, (x) => ops.leakyRelu(x, negativeSlope));
}

/** What {@link rrelu} accepts. */
export interface RReluOptions extends InplaceOptions {
  /** Smallest slope; 1/8 when absent. */
  readonly lower?: number;
  /** Largest slope; 1/3 when absent. */
  readonly upper?: number;
  /** Draw a slope per element; otherwise all have the middle one. */
  readonly training?: boolean;
  /** Source of randomness; the global one when absent. */
  readonly generator?: ops.Generator;
}

/**
 * `x` where positive, `slope · x` elsewhere, with a random slope per element in training.
 *
 * @shape input `[...]` → `[...]`
 * @throws {ArgumentError} `lower` is larger than `upper`.
 * @source PyTorch `nn.functional.rrelu`; Xu et al. 2015, arXiv:1505.00853.
 * @example
 * rrelu(tensor([-1, 2]), { lower: 0.1, upper: 0.3 }) // => [-0.2, 2]
 */
export function rrelu(input: Tensor, options: RReluOptions = {}): Tensor {
  const { lower = 1 / 8, upper = 1 / 3, training = false, generator } = options;
  requireTensor('rrelu', 'input', input);
  requireSlopes('rrelu', lower, upper);
  if (!training) return leakyRelu(input, (lower + upper) / 2, options);
  const noise = ops.emptyLike(input).uniform_(lower, upper, generator ? { generator } : {});
  return activate(input, options, (x) => where(x.gt(0), x, x.mul(noise)));
}

/** @throws {ArgumentError} Not numbers, or not in order. */
export function requireSlopes(op: string, lower: number, upper: number): void {
  requireNumber(op, 'lower', lower);
  requireNumber(op, 'upper', upper);
  if (lower <= upper) return;
  throw new ArgumentError(
    op,
    `Lower bound should be less than or equal to the upper bound; got ${lower} and ${upper}.`,
    { lower, upper },
  );
}

/**
 * `x` where positive, `α (eˣ - 1)` elsewhere.
 *
 * @shape input `[...]` → `[...]`
 * @param alpha - Negated limit for very negative values.
 * @source PyTorch `nn.functional.elu`; Clevert et al. 2015, arXiv:1511.07289.
 * @example
 * elu(tensor([0, 2])) // => [0, 2]
 */
export function elu(input: Tensor, alpha = 1, options?: InplaceOptions): Tensor {
  requireTensor('elu', 'input', input);
  requireNumber('elu', 'alpha', alpha);
  return activate(input, options, (x) => ops.elu(x, alpha));
}

/**
 * `x` where positive, `α (e^(x/α) - 1)` elsewhere; smooth for every `α`.
 *
 * @shape input `[...]` → `[...]`
 * @param alpha - Negated limit for very negative values.
 * @throws {ArgumentError} `alpha` is zero.
 * @source PyTorch `nn.functional.celu`; Barron 2017, arXiv:1704.07483.
 * @example
 * celu(tensor([0, 2]), 1.5) // => [0, 2]
 */
export function celu(input: Tensor, alpha = 1, options?: InplaceOptions): Tensor {
  requireTensor('celu', 'input', input);
  requireNumber('celu', 'alpha', alpha);
  if (alpha === 0) throw new ArgumentError('celu', 'ZeroDivisionError: alpha cannot be 0 for CELU; got 0.', { alpha });
  return activate(input, options, (x) => ops.celu(x, alpha));
}

/**
 * `scale · elu(x, α)` with the constants that keep mean 0 and variance 1.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.selu`; Klambauer et al. 2017, arXiv:1706.02515.
 * @example
 * selu(tensor([1])) // => [1.0507]
 */
export function selu(input: Tensor, options?: InplaceOptions): Tensor {
  requireTensor('selu', 'input', input);
  return activate(input, options, ops.selu);
}

/**
 * `x σ(x)`.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.silu`.
 * @example
 * silu(tensor([0])) // => [0]
 */
export function silu(input: Tensor, options?: InplaceOptions): Tensor {
  requireTensor('silu', 'input', input);
  return activate(input, options, ops.silu);
}

/**
 * `x tanh(log(1 + eˣ))`.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.mish`; Misra 2019, arXiv:1908.08681.
 * @example
 * mish(tensor([0])) // => [0]
 */
export function mish(input: Tensor, options?: InplaceOptions): Tensor {
  requireTensor('mish', 'input', input);
  return activate(input, options, ops.mish);
}

/**
 * `x` cut off below `min` and above `max`.
 *
 * @shape input `[...]` → `[...]`
 * @param min - Smallest result.
 * @param max - Largest result.
 * @throws {ArgumentError} `min` is larger than `max`.
 * @source PyTorch `nn.functional.hardtanh`.
 * @example
 * hardtanh(tensor([-3, 0.5, 3])) // => [-1, 0.5, 1]
 */
export function hardtanh(input: Tensor, min = -1, max = 1, options?: InplaceOptions): Tensor {
  requireTensor('hardtanh', 'input', input);
  requireInterval('hardtanh', min, max);
  return activate(input, options, (x) => ops.hardtanh(x, min, max));
}

/** @throws {ArgumentError} Not numbers, or not in order. */
export function requireInterval(op: string, min: number, max: number): void {
  requireNumber(op, 'min', min);
  requireNumber(op, 'max', max);
  if (min <= max) return;
  throw new ArgumentError(op, `min_val cannot be greater than max_val; got ${min} and ${max}.`, { min, max });
}

/**
 * `min(max(x + 3, 0), 6) / 6`.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.hardsigmoid`.
 * @example
 * hardsigmoid(tensor([-3, 0, 3])) // => [0, 0.5, 1]
 */
export function hardsigmoid(input: Tensor, options?: InplaceOptions): Tensor {
  requireTensor('hardsigmoid', 'input', input);
  return activate(input, options, ops.hardsigmoid);
}

/**
 * `x · hardsigmoid(x)`.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.hardswish`; Howard et al. 2019, arXiv:1905.02244.
 * @example
 * hardswish(tensor([-3, 0, 3])) // => [0, 0, 3]
 */
export function hardswish(input: Tensor, options?: InplaceOptions): Tensor {
  requireTensor('hardswish', 'input', input);
  return activate(input, options, ops.hardswish);
}

/**
 * `x` above a threshold, `value` elsewhere.
 *
 * @shape input `[...]` → `[...]`
 * @param limit - Largest value that is replaced.
 * @param value - What replaces it.
 * @source PyTorch `nn.functional.threshold`.
 * @example
 * threshold(tensor([0, 1]), 0.1, 20) // => [20, 1]
 */
export function threshold(input: Tensor, limit: number, value: number, options?: InplaceOptions): Tensor {
  requireTensor('threshold', 'input', input);
  requireNumber('threshold', 'threshold', limit);
  requireNumber('threshold', 'value', value);
  return activate(input, options, (x) => ops.threshold(x, limit, value));
}
