import * as ops from '@flambeau/autograd';
import { type Tensor, where } from '@flambeau/autograd';
import { ArgumentError, ShapeError } from '@flambeau/backend';
import { dimOf, requireInteger, requireNumber, requireTensor, shapeText } from '../utils/check.ts';

/** What activations accept that can change their input. */
export interface InplaceOptions {
  /** Write the result into the input, and return that. */
  readonly inplace?: boolean;
}

/** Applies `fn` to `input`, or to a copy of it whose result replaces its content. */
export function activate(input: Tensor, options: InplaceOptions | undefined, fn: (x: Tensor) => Tensor): Tensor {
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
 */
export function relu6(input: Tensor, options?: InplaceOptions): Tensor {
  requireTensor('relu6', 'input', input);
  return activate(input, options, (x) => ops.hardtanh(x, 0, 6));
}

/**
 * `x` where positive, `slope · x` elsewhere.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.leaky_relu`.
 */
export function leakyRelu(input: Tensor, negativeSlope = 0.01, options?: InplaceOptions): Tensor {
  requireTensor('leakyRelu', 'input', input);
  requireNumber('leakyRelu', 'negativeSlope', negativeSlope);
  return activate(input, options, (x) => ops.leakyRelu(x, negativeSlope));
}

/**
 * `x` where positive, `weight · x` elsewhere, with one weight or one per channel.
 *
 * @shape input `[N, C, ...]`, weight `[1]` or `[C]` (or `[]`) → `[N, C, ...]`
 * @throws {ShapeError} The weight's size is neither 1 nor the input's second size (its only size when it has one).
 * @source PyTorch `nn.functional.prelu`; He et al. 2015, arXiv:1502.01852.
 */
export function prelu(input: Tensor, weight: Tensor): Tensor {
  requireTensor('prelu', 'input', input);
  requireTensor('prelu', 'weight', weight);
  if (weight.ndim > 1) {
    throw new ShapeError('prelu', `Expected \`weight\` to be a scalar or 1D tensor; got shape ${shapeText(weight)}.`, {
      weight: weight.shape,
    });
  }
  const count = weight.numel();
  if (count !== 1 && input.ndim === 0) {
    throw new ShapeError('prelu', `Not allow zero-dim input tensor; got a weight of ${count} elements.`, { count });
  }
  const channels = input.ndim > 1 ? (input.shape[1] as number) : 1;
  if (count !== 1 && count !== channels) {
    throw new ShapeError(
      'prelu',
      `Mismatch of parameter numbers and input channel size. Found parameter numbers = ${count} and channel size = ${channels}.`,
      { input: input.shape, weight: weight.shape },
    );
  }
  const slope = count === 1 ? weight.reshape([]) : weight.reshape([count, ...input.shape.slice(2).map(() => 1)]);
  return where(input.gt(0), input, input.mul(slope));
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
 * @source PyTorch `nn.functional.elu`; Clevert et al. 2015, arXiv:1511.07289.
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
 * @throws {ArgumentError} `alpha` is zero.
 * @source PyTorch `nn.functional.celu`; Barron 2017, arXiv:1704.07483.
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
 */
export function selu(input: Tensor, options?: InplaceOptions): Tensor {
  requireTensor('selu', 'input', input);
  return activate(input, options, ops.selu);
}

/** How {@link gelu} computes the normal distribution's cumulative function. */
export type GeluApproximation = 'none' | 'tanh';

/** What {@link gelu} accepts. */
export interface GeluOptions {
  /** `'none'` (the default) with the error function, `'tanh'` with a hyperbolic tangent. */
  readonly approximate?: GeluApproximation;
}

/**
 * `x Φ(x)`, with the normal distribution's cumulative function `Φ`.
 *
 * @shape input `[...]` → `[...]`
 * @throws {ArgumentError} The approximation is unknown.
 * @source PyTorch `nn.functional.gelu`; Hendrycks & Gimpel 2016, arXiv:1606.08415.
 */
export function gelu(input: Tensor, options: GeluOptions = {}): Tensor {
  requireTensor('gelu', 'input', input);
  return ops.gelu(input, { approximate: checkApproximation('gelu', options.approximate ?? 'none') });
}

/** @throws {ArgumentError} The approximation is unknown. */
export function checkApproximation(op: string, approximate: string): GeluApproximation {
  if (approximate === 'none' || approximate === 'tanh') return approximate;
  throw new ArgumentError(op, `approximate argument must be either none or tanh; got '${String(approximate)}'.`, {
    approximate,
  });
}

/**
 * `x σ(x)`.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.silu`.
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
 */
export function mish(input: Tensor, options?: InplaceOptions): Tensor {
  requireTensor('mish', 'input', input);
  return activate(input, options, ops.mish);
}

/**
 * `log(1 + e^(βx)) / β`, and `x` itself where `βx` exceeds a threshold.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.softplus`.
 */
export function softplus(input: Tensor, beta = 1, threshold = 20): Tensor {
  requireTensor('softplus', 'input', input);
  requireNumber('softplus', 'beta', beta);
  requireNumber('softplus', 'threshold', threshold);
  return ops.softplus(input, beta, threshold);
}

/**
 * `x / (1 + |x|)`.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.softsign`.
 */
export function softsign(input: Tensor): Tensor {
  requireTensor('softsign', 'input', input);
  return input.div(input.abs().add(1));
}

/**
 * `x` moved towards zero by `λ`, and zero within.
 *
 * @shape input `[...]` → `[...]`
 * @throws {ArgumentError} `lambd` is negative.
 * @source PyTorch `nn.functional.softshrink`.
 */
export function softshrink(input: Tensor, lambd = 0.5): Tensor {
  requireTensor('softshrink', 'input', input);
  requireNumber('softshrink', 'lambd', lambd);
  if (lambd < 0) {
    throw new ArgumentError('softshrink', `lambda must be greater or equal to 0, but found to be ${lambd}.`, { lambd });
  }
  return ops.softshrink(input, lambd);
}

/**
 * `x` outside `[-λ, λ]`, zero within.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.hardshrink`.
 */
export function hardshrink(input: Tensor, lambd = 0.5): Tensor {
  requireTensor('hardshrink', 'input', input);
  requireNumber('hardshrink', 'lambd', lambd);
  return ops.hardshrink(input, lambd);
}

/**
 * `x - tanh x`.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.tanhshrink`.
 */
export function tanhshrink(input: Tensor): Tensor {
  requireTensor('tanhshrink', 'input', input);
  return input.sub(input.tanh());
}

/**
 * `x` cut off below `min` and above `max`.
 *
 * @shape input `[...]` → `[...]`
 * @throws {ArgumentError} `min` is larger than `max`.
 * @source PyTorch `nn.functional.hardtanh`.
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
 */
export function hardswish(input: Tensor, options?: InplaceOptions): Tensor {
  requireTensor('hardswish', 'input', input);
  return activate(input, options, ops.hardswish);
}

/**
 * `log σ(x)`, without overflow.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.logsigmoid`.
 */
export function logsigmoid(input: Tensor): Tensor {
  requireTensor('logsigmoid', 'input', input);
  return ops.logsigmoid(input);
}

/**
 * `x` above a threshold, `value` elsewhere.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.threshold`.
 */
export function threshold(input: Tensor, limit: number, value: number, options?: InplaceOptions): Tensor {
  requireTensor('threshold', 'input', input);
  requireNumber('threshold', 'threshold', limit);
  requireNumber('threshold', 'value', value);
  return activate(input, options, (x) => ops.threshold(x, limit, value));
}

/**
 * The first half of a dimension times the sigmoid of the second.
 *
 * @shape input `[..., 2n, ...]` → `[..., n, ...]`
 * @throws {IndexError} There is no such dimension.
 * @throws {ShapeError} The dimension has an odd size.
 * @source PyTorch `nn.functional.glu`; Dauphin et al. 2016, arXiv:1612.08083.
 */
export function glu(input: Tensor, dim = -1): Tensor {
  requireTensor('glu', 'input', input);
  requireInteger('glu', 'dim', dim, Number.MIN_SAFE_INTEGER);
  if (input.ndim === 0) {
    throw new ShapeError('glu', 'does not support scalars because halving size must be even; got shape [].');
  }
  const axis = dimOf('glu', input, dim);
  const size = input.shape[axis] as number;
  if (size % 2 !== 0) {
    throw new ShapeError('glu', `Halving dimension must be even, but dimension ${axis} is size ${size}`, {
      shape: input.shape,
      dim,
    });
  }
  const half = size / 2;
  return input.narrow(axis, 0, half).mul(input.narrow(axis, half, half).sigmoid());
}

/**
 * `1 / (1 + e⁻ˣ)`.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.sigmoid`.
 */
export function sigmoid(input: Tensor): Tensor {
  requireTensor('sigmoid', 'input', input);
  return input.sigmoid();
}

/**
 * Hyperbolic tangent.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.tanh`.
 */
export function tanh(input: Tensor): Tensor {
  requireTensor('tanh', 'input', input);
  return input.tanh();
}
