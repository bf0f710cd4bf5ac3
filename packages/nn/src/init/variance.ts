import type { Tensor } from '@flambeau/autograd';
import { normal_, type RandomOptions, uniform_ } from './fill.ts';
import { calculateGain, type FanMode, fanOf, fans, type Nonlinearity } from './gain.ts';

/** How the kaiming initialisers scale. */
export interface KaimingOptions extends RandomOptions {
  /** Negative slope of the rectifier that follows, when `nonlinearity` is `'leaky_relu'`. */
  readonly a?: number;
  /** Which fan keeps its variance. */
  readonly mode?: FanMode;
  /** The function that follows. */
  readonly nonlinearity?: Nonlinearity;
}

/**
 * Fills a tensor from `U(-bound, bound)` with `bound = gain · √(6 / (fanIn + fanOut))`, and returns it.
 *
 * @shape tensor `[out, in, ...]`
 * @throws {ShapeError} The tensor has fewer than two dimensions.
 * @source Glorot & Bengio 2010; PyTorch `nn.init.xavier_uniform_`.
 * @example
 * init.xavierUniform_(empty([3, 5]), init.calculateGain('relu'))
 */
export function xavierUniform_(tensor: Tensor, gain = 1, options: RandomOptions = {}): Tensor {
  const bound = Math.sqrt(3) * xavierDeviation(tensor, gain);
  return uniform_(tensor, -bound, bound, options);
}

/**
 * Fills a tensor from `N(0, std²)` with `std = gain · √(2 / (fanIn + fanOut))`, and returns it.
 *
 * @shape tensor `[out, in, ...]`
 * @throws {ShapeError} The tensor has fewer than two dimensions.
 * @source Glorot & Bengio 2010; PyTorch `nn.init.xavier_normal_`.
 * @example
 * init.xavierNormal_(empty([3, 5]))
 */
export function xavierNormal_(tensor: Tensor, gain = 1, options: RandomOptions = {}): Tensor {
  return normal_(tensor, 0, xavierDeviation(tensor, gain), options);
}

/**
 * Fills a tensor from `U(-bound, bound)` with `bound = gain · √(3 / fan)`, and returns it.
 *
 * @shape tensor `[out, in, ...]`
 * @throws {ShapeError} The tensor has fewer than two dimensions.
 * @throws {ArgumentError} The mode or the nonlinearity is unknown.
 * @source He et al. 2015, arXiv:1502.01852; PyTorch `nn.init.kaiming_uniform_`.
 * @example
 * init.kaimingUniform_(empty([3, 5]), { mode: 'fan_in', nonlinearity: 'relu' })
 */
export function kaimingUniform_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  if (warnedAsEmpty(tensor)) return tensor;
  const bound = Math.sqrt(3) * kaimingDeviation(tensor, options);
  return uniform_(tensor, -bound, bound, options);
}

/**
 * Fills a tensor from `N(0, std²)` with `std = gain / √fan`, and returns it.
 *
 * @shape tensor `[out, in, ...]`
 * @throws {ShapeError} The tensor has fewer than two dimensions.
 * @throws {ArgumentError} The mode or the nonlinearity is unknown.
 * @source He et al. 2015, arXiv:1502.01852; PyTorch `nn.init.kaiming_normal_`.
 * @example
 * init.kaimingNormal_(empty([3, 5]), { mode: 'fan_out', nonlinearity: 'relu' })
 */
export function kaimingNormal_(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  if (warnedAsEmpty(tensor)) return tensor;
  return normal_(tensor, 0, kaimingDeviation(tensor, options), options);
}

function xavierDeviation(tensor: Tensor, gain: number): number {
  const [fanIn, fanOut] = fans(tensor);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

function kaimingDeviation(tensor: Tensor, options: KaimingOptions): number {
  const fan = fanOf(tensor, options.mode ?? 'fan_in');
  return calculateGain(options.nonlinearity ?? 'leaky_relu', options.a ?? 0) / Math.sqrt(fan);
}

/** A tensor without elements has fans of zero; PyTorch warns and leaves it. */
function warnedAsEmpty(tensor: Tensor): boolean {
  if (!tensor.shape.includes(0)) return false;
  console.warn('Initializing zero-element tensors is a no-op');
  return true;
}
