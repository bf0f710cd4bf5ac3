import type { Tensor } from '@flambeau/autograd';
import { type DropoutOptions, dropout, dropout1d, dropout2d } from '../functional/dropout.ts';
import { Module } from '../module.ts';
import { requireProbability } from '../utils/check.ts';
import { pythonBool, pythonFloat } from '../utils/python.ts';

/** How a dropout layer is made. */
export interface DropoutLayerOptions {
  /** Write the result into the input. */
  readonly inplace?: boolean;
}

abstract class DropoutBase extends Module {
  /** Probability of becoming zero. */
  p: number;
  /** Whether the input is overwritten. */
  inplace: boolean;

  constructor(op: string, p: number, options: DropoutLayerOptions) {
    super();
    requireProbability(op, p);
    this.p = p;
    this.inplace = options.inplace ?? false;
  }

  /** What the functional form needs to know now. */
  protected options(): DropoutOptions {
    return { p: this.p, training: this.training, inplace: this.inplace };
  }

  override extraRepr(): string {
    return `p=${pythonFloat(this.p)}, inplace=${pythonBool(this.inplace)}`;
  }
}

/**
 * Sets elements to zero with probability `p` in training, and scales the others by `1 / (1 - p)`.
 *
 * @shape input `[...]` → output `[...]`
 * @param p - Probability of becoming zero.
 * @throws {ArgumentError} `p` is not a probability.
 * @source PyTorch `nn.Dropout`; Hinton et al. 2012, arXiv:1207.0580.
 * @example
 * new Dropout(0.2)(randn([20, 16]))
 */
export class Dropout extends DropoutBase {
  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super('Dropout', p, options);
  }

  override forward(input: Tensor): Tensor {
    return dropout(input, this.options());
  }
}

/**
 * Sets whole channels to zero with probability `p` in training, and scales the others by `1 / (1 - p)`.
 *
 * @shape input `[N, C, L]` or `[C, L]` → output, same
 * @param p - Probability of becoming zero.
 * @throws {ArgumentError} `p` is not a probability.
 * @throws {ShapeError} The input has another number of dimensions.
 * @source PyTorch `nn.Dropout1d`; Tompson et al. 2014, arXiv:1411.4280.
 * @example
 * new Dropout1d(0.2)(randn([20, 16, 32]))
 */
export class Dropout1d extends DropoutBase {
  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super('Dropout1d', p, options);
  }

  override forward(input: Tensor): Tensor {
    return dropout1d(input, this.options());
  }
}

/**
 * Sets whole channels to zero with probability `p` in training, and scales the others by `1 / (1 - p)`.
 *
 * @shape input `[N, C, H, W]` or `[N, C, L]` → output, same
 * @param p - Probability of becoming zero.
 * @throws {ArgumentError} `p` is not a probability.
 * @throws {ShapeError} The input has fewer than two dimensions.
 * @source PyTorch `nn.Dropout2d`; Tompson et al. 2014, arXiv:1411.4280.
 * @example
 * new Dropout2d(0.2)(randn([20, 16, 32, 32]))
 */
export class Dropout2d extends DropoutBase {
  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super('Dropout2d', p, options);
  }

  override forward(input: Tensor): Tensor {
    return dropout2d(input, this.options());
  }
}
