import type { Tensor } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import * as F from '../functional/smooth-activation.ts';
import { constant_ } from '../init/fill.ts';
import { Module } from '../module.ts';
import type { Parameter } from '../parameter.ts';
import { requireInteger, requireNumber } from '../utils/check.ts';
import { pythonFloat } from '../utils/python.ts';
import { emptyParameter, type FactoryOptions } from './factory.ts';

/**
 * `1 / (1 + e⁻ˣ)`.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.Sigmoid`.
 * @example
 * new Sigmoid()(tensor([0])) // => [0.5]
 */
export class Sigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return F.sigmoid(input);
  }
}

/**
 * Hyperbolic tangent.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.Tanh`.
 * @example
 * new Tanh()(tensor([0])) // => [0]
 */
export class Tanh extends Module {
  override forward(input: Tensor): Tensor {
    return F.tanh(input);
  }
}

/**
 * `x - tanh x`.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.Tanhshrink`.
 * @example
 * new Tanhshrink()(tensor([0])) // => [0]
 */
export class Tanhshrink extends Module {
  override forward(input: Tensor): Tensor {
    return F.tanhshrink(input);
  }
}

/**
 * `log σ(x)`, without overflow.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.LogSigmoid`.
 * @example
 * new LogSigmoid()(tensor([0])) // => [-0.6931]
 */
export class LogSigmoid extends Module {
  override forward(input: Tensor): Tensor {
    return F.logsigmoid(input);
  }
}

/**
 * `x / (1 + |x|)`.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.Softsign`.
 * @example
 * new Softsign()(tensor([-1, 3])) // => [-0.5, 0.75]
 */
export class Softsign extends Module {
  override forward(input: Tensor): Tensor {
    return F.softsign(input);
  }
}

/** How a {@link GELU} is made. */
export interface GELUOptions {
  /** `'none'` (the default) with the error function, `'tanh'` with a hyperbolic tangent. */
  readonly approximate?: F.GeluApproximation;
}

/**
 * `x Φ(x)`, with the normal distribution's cumulative function `Φ`.
 *
 * @shape input `[...]` → output `[...]`
 * @throws {ArgumentError} The approximation is unknown.
 * @source PyTorch `nn.GELU`; Hendrycks & Gimpel 2016, arXiv:1606.08415.
 * @example
 * new GELU({ approximate: 'tanh' })(tensor([0])) // => [0]
 */
export class GELU extends Module {
  approximate: F.GeluApproximation;

  constructor(options: GELUOptions = {}) {
    super();
    this.approximate = F.checkApproximation('GELU', options.approximate ?? 'none');
  }

  override forward(input: Tensor): Tensor {
    return F.gelu(input, { approximate: this.approximate });
  }

  override extraRepr(): string {
    return `approximate='${this.approximate}'`;
  }
}

/**
 * `log(1 + e^(βx)) / β`, and `x` itself where `βx` exceeds a threshold.
 *
 * @shape input `[...]` → output `[...]`
 * @param beta - Sharpness of the bend.
 * @param threshold - From where on the function is linear.
 * @throws {ArgumentError} An argument is not a number.
 * @source PyTorch `nn.Softplus`.
 * @example
 * new Softplus()(tensor([0])) // => [0.6931]
 */
export class Softplus extends Module {
  beta: number;
  threshold: number;

  constructor(beta = 1, threshold = 20) {
    super();
    requireNumber('Softplus', 'beta', beta);
    requireNumber('Softplus', 'threshold', threshold);
    this.beta = beta;
    this.threshold = threshold;
  }

  override forward(input: Tensor): Tensor {
    return F.softplus(input, this.beta, this.threshold);
  }

  override extraRepr(): string {
    return `beta=${pythonFloat(this.beta)}, threshold=${pythonFloat(this.threshold)}`;
  }
}

/**
 * `x` outside `[-λ, λ]`, zero within.
 *
 * @shape input `[...]` → output `[...]`
 * @param lambd - Half the width of the zero zone.
 * @throws {ArgumentError} `lambd` is not a number.
 * @source PyTorch `nn.Hardshrink`.
 * @example
 * new Hardshrink()(tensor([0.4, 1])) // => [0, 1]
 */
export class Hardshrink extends Module {
  lambd: number;

  constructor(lambd = 0.5) {
    super();
    requireNumber('Hardshrink', 'lambd', lambd);
    this.lambd = lambd;
  }

  override forward(input: Tensor): Tensor {
    return F.hardshrink(input, this.lambd);
  }

  override extraRepr(): string {
    return pythonFloat(this.lambd);
  }
}

/**
 * `x` moved towards zero by `λ`, and zero within.
 *
 * @shape input `[...]` → output `[...]`
 * @param lambd - Half the width of the zero zone, not negative.
 * @throws {ArgumentError} `lambd` is not a number or (at the call) is negative.
 * @source PyTorch `nn.Softshrink`.
 * @example
 * new Softshrink()(tensor([0.4, 1])) // => [0, 0.5]
 */
export class Softshrink extends Module {
  lambd: number;

  constructor(lambd = 0.5) {
    super();
    requireNumber('Softshrink', 'lambd', lambd);
    this.lambd = lambd;
  }

  override forward(input: Tensor): Tensor {
    return F.softshrink(input, this.lambd);
  }

  override extraRepr(): string {
    return pythonFloat(this.lambd);
  }
}

/**
 * The first half of a dimension times the sigmoid of the second.
 *
 * @shape input `[..., 2n, ...]` → output `[..., n, ...]`
 * @param dim - The dimension that is halved.
 * @throws {ArgumentError} `dim` is not a whole number.
 * @throws {IndexError} There is no such dimension.
 * @throws {ShapeError} The dimension has an odd size.
 * @source PyTorch `nn.GLU`; Dauphin et al. 2016, arXiv:1612.08083.
 * @example
 * new GLU()(randn([4, 2])).shape // => [4, 1]
 */
export class GLU extends Module {
  dim: number;

  constructor(dim = -1) {
    super();
    requireInteger('GLU', 'dim', dim, Number.MIN_SAFE_INTEGER);
    this.dim = dim;
  }

  override forward(input: Tensor): Tensor {
    return F.glu(input, this.dim);
  }

  override extraRepr(): string {
    return `dim=${this.dim}`;
  }
}

/** How a {@link PReLU} is made. */
export interface PReLUOptions extends FactoryOptions {
  /** First value of every slope; 0.25 when absent. */
  readonly init?: number;
}

/**
 * `x` where positive, `slope · x` elsewhere, with one learnt slope or one per channel.
 *
 * @shape input `[N, C, ...]` → output, same
 * @param numParameters - Number of slopes: 1, or the number of channels.
 * @throws {ArgumentError} The number is not a whole number, or `init` is not a number.
 * @throws {ShapeError} The input has another number of channels.
 * @source PyTorch `nn.PReLU`; He et al. 2015, arXiv:1502.01852.
 * @example
 * new PReLU()(tensor([-1, 2])) // => [-0.25, 2]
 */
export class PReLU extends Module {
  numParameters: number;
  /** First value of every slope. */
  init: number;
  /** `[numParameters]` */
  weight: Parameter;

  constructor(numParameters = 1, options: PReLUOptions = {}) {
    super();
    const { init = 0.25 } = options;
    requireInteger('PReLU', 'numParameters', numParameters, 1);
    if (typeof init !== 'number') throw new ArgumentError('PReLU', `init must be a number; got ${String(init)}.`);
    this.numParameters = numParameters;
    this.init = init;
    this.weight = emptyParameter([numParameters], options);
    this.resetParameters();
  }

  /** Sets every slope to its first value. */
  resetParameters(): void {
    constant_(this.weight, this.init);
  }

  override forward(input: Tensor): Tensor {
    return F.prelu(input, this.weight);
  }

  override extraRepr(): string {
    return `num_parameters=${this.numParameters}`;
  }
}
