import type { Tensor } from '@flambeau/autograd';
import * as F from '../functional/activation.ts';
import { Module } from '../module.ts';
import { requireNumber } from '../utils/check.ts';
import { pythonFloat } from '../utils/python.ts';

/** How an activation is made that can change its input. */
export interface InplaceLayerOptions {
  /** Write the result into the input; false when absent. */
  readonly inplace?: boolean;
}

/** An activation that can change its input, and its printed form. */
abstract class InplaceActivation extends Module {
  /** Whether the input is overwritten. */
  inplace: boolean;

  constructor(options: InplaceLayerOptions = {}) {
    super();
    this.inplace = options.inplace ?? false;
  }

  override extraRepr(): string {
    return this.inplace ? 'inplace=True' : '';
  }

  /** The printed arguments, followed by `inplace=True` where it applies. */
  protected withInplace(text: string): string {
    return this.inplace ? `${text}, inplace=True` : text;
  }
}

/**
 * `max(x, 0)`.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.ReLU`.
 * @example
 * new ReLU()(tensor([-1, 2])) // => [0, 2]
 */
export class ReLU extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.relu(input, this);
  }
}

/**
 * `min(max(x, 0), 6)`.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.ReLU6`.
 * @example
 * new ReLU6()(tensor([-1, 2, 9])) // => [0, 2, 6]
 */
export class ReLU6 extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.relu6(input, this);
  }
}

/**
 * `scale · elu(x, α)` with the constants that keep mean 0 and variance 1.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.SELU`; Klambauer et al. 2017, arXiv:1706.02515.
 * @example
 * new SELU()(tensor([1])) // => [1.0507]
 */
export class SELU extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.selu(input, this);
  }
}

/**
 * `x σ(x)`.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.SiLU`.
 * @example
 * new SiLU()(tensor([0])) // => [0]
 */
export class SiLU extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.silu(input, this);
  }
}

/**
 * `x tanh(log(1 + eˣ))`.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.Mish`; Misra 2019, arXiv:1908.08681.
 * @example
 * new Mish()(tensor([0])) // => [0]
 */
export class Mish extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.mish(input, this);
  }
}

/**
 * `min(max(x + 3, 0), 6) / 6`.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.Hardsigmoid`.
 * @example
 * new Hardsigmoid()(tensor([-3, 0, 3])) // => [0, 0.5, 1]
 */
export class Hardsigmoid extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.hardsigmoid(input, this);
  }

  override extraRepr(): string {
    return '';
  }
}

/**
 * `x · hardsigmoid(x)`.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.Hardswish`; Howard et al. 2019, arXiv:1905.02244.
 * @example
 * new Hardswish()(tensor([-3, 0, 3])) // => [0, 0, 3]
 */
export class Hardswish extends InplaceActivation {
  override forward(input: Tensor): Tensor {
    return F.hardswish(input, this);
  }

  override extraRepr(): string {
    return '';
  }
}

/**
 * `x` where positive, `slope · x` elsewhere.
 *
 * @shape input `[...]` → output `[...]`
 * @param negativeSlope - Factor of negative values.
 * @throws {ArgumentError} The slope is not a number.
 * @source PyTorch `nn.LeakyReLU`.
 * @example
 * new LeakyReLU(0.1)(tensor([-1, 2])) // => [-0.1, 2]
 */
export class LeakyReLU extends InplaceActivation {
  negativeSlope: number;

  constructor(negativeSlope = 0.01, options: InplaceLayerOptions = {}) {
    super(options);
    requireNumber('LeakyReLU', 'negativeSlope', negativeSlope);
    this.negativeSlope = negativeSlope;
  }

  override forward(input: Tensor): Tensor {
    return F.leakyRelu(input, this.negativeSlope, this);
  }

  override extraRepr(): string {
    return this.withInplace(`negative_slope=${pythonFloat(this.negativeSlope)}`);
  }
}

/**
 * `x` where positive, `α (eˣ - 1)` elsewhere.
 *
 * @shape input `[...]` → output `[...]`
 * @param alpha - Negated limit for very negative values.
 * @throws {ArgumentError} `alpha` is not a number.
 * @source PyTorch `nn.ELU`; Clevert et al. 2015, arXiv:1511.07289.
 * @example
 * new ELU()(tensor([0, 2])) // => [0, 2]
 */
export class ELU extends InplaceActivation {
  alpha: number;

  constructor(alpha = 1, options: InplaceLayerOptions = {}) {
    super(options);
    requireNumber('ELU', 'alpha', alpha);
    this.alpha = alpha;
  }

  override forward(input: Tensor): Tensor {
    return F.elu(input, this.alpha, this);
  }

  override extraRepr(): string {
    return this.withInplace(`alpha=${pythonFloat(this.alpha)}`);
  }
}

/**
 * `x` where positive, `α (e^(x/α) - 1)` elsewhere.
 *
 * @shape input `[...]` → output `[...]`
 * @param alpha - Negated limit for very negative values.
 * @throws {ArgumentError} `alpha` is not a number, or (at the call) is zero.
 * @source PyTorch `nn.CELU`; Barron 2017, arXiv:1704.07483.
 * @example
 * new CELU(2)(tensor([0, 2])) // => [0, 2]
 */
export class CELU extends InplaceActivation {
  alpha: number;

  constructor(alpha = 1, options: InplaceLayerOptions = {}) {
    super(options);
    requireNumber('CELU', 'alpha', alpha);
    this.alpha = alpha;
  }

  override forward(input: Tensor): Tensor {
    return F.celu(input, this.alpha, this);
  }

  override extraRepr(): string {
    return this.withInplace(`alpha=${pythonFloat(this.alpha)}`);
  }
}

/**
 * `x` cut off below `minVal` and above `maxVal`.
 *
 * @shape input `[...]` → output `[...]`
 * @param minVal - Smallest result.
 * @param maxVal - Largest result.
 * @throws {ArgumentError} `maxVal` is not larger than `minVal`.
 * @source PyTorch `nn.Hardtanh`.
 * @example
 * new Hardtanh(-2, 2)(tensor([-3, 1, 3])) // => [-2, 1, 2]
 */
export class Hardtanh extends InplaceActivation {
  minVal: number;
  maxVal: number;

  constructor(minVal = -1, maxVal = 1, options: InplaceLayerOptions = {}) {
    super(options);
    F.requireInterval('Hardtanh', minVal, maxVal);
    this.minVal = minVal;
    this.maxVal = maxVal;
  }

  override forward(input: Tensor): Tensor {
    return F.hardtanh(input, this.minVal, this.maxVal, this);
  }

  override extraRepr(): string {
    return this.withInplace(`min_val=${pythonFloat(this.minVal)}, max_val=${pythonFloat(this.maxVal)}`);
  }
}

/**
 * `x` above a threshold, `value` elsewhere.
 *
 * @shape input `[...]` → output `[...]`
 * @param threshold - Largest value that is replaced.
 * @param value - What replaces it.
 * @throws {ArgumentError} An argument is not a number.
 * @source PyTorch `nn.Threshold`.
 * @example
 * new Threshold(0.1, 20)(tensor([0, 1])) // => [20, 1]
 */
export class Threshold extends InplaceActivation {
  threshold: number;
  value: number;

  constructor(threshold: number, value: number, options: InplaceLayerOptions = {}) {
    super(options);
    requireNumber('Threshold', 'threshold', threshold);
    requireNumber('Threshold', 'value', value);
    this.threshold = threshold;
    this.value = value;
  }

  override forward(input: Tensor): Tensor {
    return F.threshold(input, this.threshold, this.value, this);
  }

  override extraRepr(): string {
    return this.withInplace(`threshold=${pythonFloat(this.threshold)}, value=${pythonFloat(this.value)}`);
  }
}

/**
 * `x` where positive, `slope · x` elsewhere, with a random slope per element in training and the middle one otherwise.
 *
 * @shape input `[...]` → output `[...]`
 * @param lower - Smallest slope.
 * @param upper - Largest slope.
 * @throws {ArgumentError} `lower` is larger than `upper`.
 * @source PyTorch `nn.RReLU`; Xu et al. 2015, arXiv:1505.00853.
 * @example
 * new RReLU(0.1, 0.3)(tensor([-1, 2]))
 */
export class RReLU extends InplaceActivation {
  lower: number;
  upper: number;

  constructor(lower: number = 1 / 8, upper: number = 1 / 3, options: InplaceLayerOptions = {}) {
    super(options);
    F.requireSlopes('RReLU', lower, upper);
    this.lower = lower;
    this.upper = upper;
  }

  override forward(input: Tensor): Tensor {
    const { lower, upper, training, inplace } = this;
    return F.rrelu(input, { lower, upper, training, inplace });
  }

  override extraRepr(): string {
    return this.withInplace(`lower=${pythonFloat(this.lower)}, upper=${pythonFloat(this.upper)}`);
  }
}
