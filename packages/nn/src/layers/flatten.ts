import type { Tensor } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import { Module } from '../module.ts';
import { describe, requireInteger, requireTensor } from '../utils/check.ts';
import { pythonTuple } from '../utils/python.ts';

/**
 * Merges a range of dimensions into one.
 *
 * @shape input `[N, ...]` → output `[N, product]`, with the default range
 * @param startDim - First dimension of the range.
 * @param endDim - Last dimension of the range, inclusive.
 * @throws {ArgumentError} A dimension is not a whole number.
 * @throws {IndexError} A dimension does not exist.
 * @throws {ShapeError} The range is empty.
 * @source PyTorch `nn.Flatten`.
 * @example
 * new Flatten()(randn([32, 1, 5, 5])).shape // => [32, 25]
 */
export class Flatten extends Module {
  startDim: number;
  endDim: number;

  constructor(startDim = 1, endDim = -1) {
    super();
    requireInteger('Flatten', 'startDim', startDim, Number.MIN_SAFE_INTEGER);
    requireInteger('Flatten', 'endDim', endDim, Number.MIN_SAFE_INTEGER);
    this.startDim = startDim;
    this.endDim = endDim;
  }

  override forward(input: Tensor): Tensor {
    requireTensor('Flatten', 'input', input);
    return input.flatten(this.startDim, this.endDim);
  }

  override extraRepr(): string {
    return `start_dim=${this.startDim}, end_dim=${this.endDim}`;
  }
}

/**
 * Splits one dimension into several.
 *
 * @shape input `[..., product, ...]` → output `[..., ...unflattenedSize, ...]`
 * @param dim - The dimension to split.
 * @param unflattenedSize - The sizes it becomes; one may be -1.
 * @throws {ArgumentError} The sizes are not whole numbers, or there are none.
 * @throws {IndexError} There is no such dimension.
 * @throws {ShapeError} The sizes do not multiply to it.
 * @source PyTorch `nn.Unflatten`.
 * @example
 * new Unflatten(1, [2, 5])(randn([4, 10])).shape // => [4, 2, 5]
 */
export class Unflatten extends Module {
  dim: number;
  unflattenedSize: readonly number[];

  constructor(dim: number, unflattenedSize: readonly number[]) {
    super();
    requireInteger('Unflatten', 'dim', dim, Number.MIN_SAFE_INTEGER);
    if (!Array.isArray(unflattenedSize)) {
      throw new ArgumentError(
        'Unflatten',
        `unflattened_size must be an array of ints; got ${describe(unflattenedSize)}.`,
        {
          unflattenedSize,
        },
      );
    }
    if (unflattenedSize.length === 0) {
      throw new ArgumentError('Unflatten', 'sizes must be non-empty; got [].', { unflattenedSize });
    }
    unflattenedSize.forEach((size, i) => {
      if (Number.isSafeInteger(size)) return;
      throw new ArgumentError(
        'Unflatten',
        `unflattened_size must be an array of ints, but found element ${describe(size)} at pos ${i}`,
        { unflattenedSize },
      );
    });
    this.dim = dim;
    this.unflattenedSize = [...unflattenedSize];
  }

  override forward(input: Tensor): Tensor {
    requireTensor('Unflatten', 'input', input);
    return input.unflatten(this.dim, this.unflattenedSize);
  }

  override extraRepr(): string {
    return `dim=${this.dim}, unflattened_size=${pythonTuple(this.unflattenedSize)}`;
  }
}
