import * as ops from '@flambeau/autograd';
import { type Tensor, where } from '@flambeau/autograd';
import { ArgumentError, ShapeError } from '@flambeau/backend';
import { dimOf, requireInteger, requireNumber, requireTensor, shapeText } from '../utils/check.ts';

/**
 * `x` where positive, `weight · x` elsewhere, with one weight or one per channel.
 *
 * @shape input `[N, C, ...]`, weight `[1]` or `[C]` (or `[]`) → `[N, C, ...]`
 * @throws {ShapeError} The weight's size is neither 1 nor the input's second size (its only size when it has one).
 * @source PyTorch `nn.functional.prelu`; He et al. 2015, arXiv:1502.01852.
 * @example
 * prelu(tensor([-1, 2]), tensor([0.25])) // => [-0.25, 2]
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
 * @example
 * gelu(tensor([0]), { approximate: 'tanh' }) // => [0]
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
 * `log(1 + e^(βx)) / β`, and `x` itself where `βx` exceeds a threshold.
 *
 * @shape input `[...]` → `[...]`
 * @param beta - Sharpness of the bend.
 * @param threshold - From which βx on the function is linear.
 * @source PyTorch `nn.functional.softplus`.
 * @example
 * softplus(tensor([0])) // => [0.6931]
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
 * @example
 * softsign(tensor([-1, 3])) // => [-0.5, 0.75]
 */
export function softsign(input: Tensor): Tensor {
  requireTensor('softsign', 'input', input);
  return input.div(input.abs().add(1));
}

/**
 * `x` moved towards zero by `λ`, and zero within.
 *
 * @shape input `[...]` → `[...]`
 * @param lambd - Half the width of the zero zone.
 * @throws {ArgumentError} `lambd` is negative.
 * @source PyTorch `nn.functional.softshrink`.
 * @example
 * softshrink(tensor([0.4, 1])) // => [0, 0.5]
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
 * @param lambd - Half the width of the zero zone.
 * @source PyTorch `nn.functional.hardshrink`.
 * @example
 * hardshrink(tensor([0.4, 1])) // => [0, 1]
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
 * @example
 * tanhshrink(tensor([0])) // => [0]
 */
export function tanhshrink(input: Tensor): Tensor {
  requireTensor('tanhshrink', 'input', input);
  return input.sub(input.tanh());
}

/**
 * `log σ(x)`, without overflow.
 *
 * @shape input `[...]` → `[...]`
 * @source PyTorch `nn.functional.logsigmoid`.
 * @example
 * logsigmoid(tensor([0])) // => [-0.6931]
 */
export function logsigmoid(input: Tensor): Tensor {
  requireTensor('logsigmoid', 'input', input);
  return ops.logsigmoid(input);
}

/**
 * The first half of a dimension times the sigmoid of the second.
 *
 * @shape input `[..., 2n, ...]` → `[..., n, ...]`
 * @param dim - The dimension that is halved.
 * @throws {IndexError} There is no such dimension.
 * @throws {ShapeError} The dimension has an odd size.
 * @source PyTorch `nn.functional.glu`; Dauphin et al. 2016, arXiv:1612.08083.
 * @example
 * glu(randn([4, 2])).shape // => [4, 1]
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
 * @example
 * sigmoid(tensor([0])) // => [0.5]
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
 * @example
 * tanh(tensor([0])) // => [0]
 */
export function tanh(input: Tensor): Tensor {
  requireTensor('tanh', 'input', input);
  return input.tanh();
}
