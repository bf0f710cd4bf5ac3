import type { Tensor } from '@flambeau/autograd';
import { ShapeError } from '@flambeau/backend';
import { logSoftmax, softmax, softmin } from '../functional/softmax.ts';
import { Module } from '../module.ts';
import { requireInteger, requireTensor, shapeText } from '../utils/check.ts';
import { pythonSize } from '../utils/python.ts';

abstract class AlongDimension extends Module {
  /** The dimension whose values are weighed against each other; null lets PyTorch's old rule choose. */
  dim: number | null;

  constructor(op: string, dim: number | null | undefined) {
    super();
    if (dim != null) requireInteger(op, 'dim', dim, Number.MIN_SAFE_INTEGER);
    this.dim = dim ?? null;
  }

  override extraRepr(): string {
    return `dim=${pythonSize(this.dim)}`;
  }
}

/**
 * `eˣ / Σ eˣ` along a dimension.
 *
 * @shape input `[...]` → output `[...]`
 * @param dim - The dimension whose values then sum to 1.
 * @throws {ArgumentError} `dim` is not a whole number.
 * @throws {IndexError} There is no such dimension.
 * @source PyTorch `nn.Softmax`.
 * @example
 * new Softmax(1)(tensor([[0, 0]])) // => [[0.5, 0.5]]
 */
export class Softmax extends AlongDimension {
  constructor(dim?: number | null) {
    super('Softmax', dim);
  }

  override forward(input: Tensor): Tensor {
    return softmax(input, this.dim);
  }
}

/**
 * Softmax of the negated input.
 *
 * @shape input `[...]` → output `[...]`
 * @param dim - The dimension whose values then sum to 1.
 * @throws {ArgumentError} `dim` is not a whole number.
 * @throws {IndexError} There is no such dimension.
 * @source PyTorch `nn.Softmin`.
 * @example
 * new Softmin(1)(tensor([[0, 0]])) // => [[0.5, 0.5]]
 */
export class Softmin extends AlongDimension {
  constructor(dim?: number | null) {
    super('Softmin', dim);
  }

  override forward(input: Tensor): Tensor {
    return softmin(input, this.dim);
  }
}

/**
 * Logarithm of the softmax.
 *
 * @shape input `[...]` → output `[...]`
 * @param dim - The dimension whose exponentials then sum to 1.
 * @throws {ArgumentError} `dim` is not a whole number.
 * @throws {IndexError} There is no such dimension.
 * @source PyTorch `nn.LogSoftmax`.
 * @example
 * new LogSoftmax(1)(tensor([[0, 0]])) // => [[-0.6931, -0.6931]]
 */
export class LogSoftmax extends AlongDimension {
  constructor(dim?: number | null) {
    super('LogSoftmax', dim);
  }

  override forward(input: Tensor): Tensor {
    return logSoftmax(input, this.dim);
  }
}

/**
 * Softmax over the channels of each pixel.
 *
 * @shape input `[N, C, H, W]` or `[C, H, W]` → output, same
 * @throws {ShapeError} The input has another number of dimensions.
 * @source PyTorch `nn.Softmax2d`.
 * @example
 * new Softmax2d()(randn([2, 3, 12, 13]))
 */
export class Softmax2d extends Module {
  override forward(input: Tensor): Tensor {
    requireTensor('Softmax2d', 'input', input);
    if (input.ndim !== 3 && input.ndim !== 4) {
      throw new ShapeError(
        'Softmax2d',
        `expected input to be 3D or 4D, got a ${input.ndim}D input of shape ${shapeText(input)} instead`,
        { shape: input.shape },
      );
    }
    return softmax(input, -3);
  }
}
