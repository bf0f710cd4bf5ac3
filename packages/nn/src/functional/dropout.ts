import { empty, emptyLike, type Generator, type Tensor } from '@flambeau/autograd';
import { ShapeError } from '@flambeau/backend';
import { requireProbability, requireTensor, shapeText } from '../utils/check.ts';
import { warnOnce } from '../utils/warn.ts';

/** What the dropout functions accept. */
export interface DropoutOptions {
  /** Probability that an element, or a whole channel, becomes zero; 0.5 when absent. */
  readonly p?: number;
  /** Whether anything is dropped at all; true when absent. */
  readonly training?: boolean;
  /** Write the result into the input, and return that. */
  readonly inplace?: boolean;
  /** Source of randomness; the global one when absent. */
  readonly generator?: Generator;
}

/** Multiplies by a mask of 0 and 1/(1 - p), made by `mask` with one entry per thing that is dropped together. */
function drop(op: string, input: Tensor, options: DropoutOptions, mask: () => Tensor): Tensor {
  const { p = 0.5, training = true, inplace = false, generator } = options;
  requireTensor(op, 'input', input);
  requireProbability(op, p);
  if (!training || p === 0 || input.numel() === 0) return input;
  if (p === 1) return inplace ? input.mul_(0) : input.mul(0);
  const noise = mask()
    .bernoulli_(1 - p, generator ? { generator } : {})
    .div_(1 - p);
  return inplace ? input.mul_(noise) : input.mul(noise);
}

/**
 * Sets elements to zero with probability `p` in training, and scales the others by `1 / (1 - p)`.
 *
 * @shape input `[...]` → `[...]`
 * @throws {ArgumentError} `p` is not a probability.
 * @source PyTorch `nn.functional.dropout`, whose CPU mask for the same seed this draws; Hinton et al. 2012, arXiv:1207.0580.
 * @example
 * dropout(ones([20]), { p: 0.2 })
 */
export function dropout(input: Tensor, options: DropoutOptions = {}): Tensor {
  return drop('dropout', input, options, () => emptyLike(input));
}

/** Drops whole channels of a batch `[N, C, ...]`. */
function dropChannels(op: string, input: Tensor, options: DropoutOptions): Tensor {
  const [batch = 1, channels = 1, ...rest] = input.shape;
  return drop(op, input, options, () =>
    empty([batch, channels, ...rest.map(() => 1)], { dtype: input.dtype, device: input.device }),
  );
}

/**
 * Sets whole channels to zero with probability `p` in training, and scales the others by `1 / (1 - p)`.
 *
 * @shape input `[N, C, L]` or `[C, L]` → same
 * @throws {ShapeError} The input has another number of dimensions.
 * @throws {ArgumentError} `p` is not a probability.
 * @source PyTorch `nn.functional.dropout1d`; Tompson et al. 2014, arXiv:1411.4280.
 * @example
 * dropout1d(ones([20, 16, 32]), { p: 0.2 })
 */
export function dropout1d(input: Tensor, options: DropoutOptions = {}): Tensor {
  requireTensor('dropout1d', 'input', input);
  if (input.ndim !== 2 && input.ndim !== 3) {
    throw new ShapeError(
      'dropout1d',
      `Expected 2D or 3D input, but received a ${input.ndim}D input of shape ${shapeText(input)}.`,
      { shape: input.shape },
    );
  }
  if (input.ndim === 3) return dropChannels('dropout1d', input, options);
  return dropUnbatched('dropout1d', input, options);
}

/**
 * Sets whole channels to zero with probability `p` in training, and scales the others by `1 / (1 - p)`.
 *
 * A three-dimensional input is taken as a batch of one-dimensional ones, `[N, C, L]`, as PyTorch does.
 *
 * @shape input `[N, C, H, W]` or `[N, C, L]` → same
 * @throws {ShapeError} The input has fewer than two dimensions.
 * @throws {ArgumentError} `p` is not a probability.
 * @source PyTorch `nn.functional.dropout2d`; Tompson et al. 2014, arXiv:1411.4280.
 * @example
 * dropout2d(ones([20, 16, 32, 32]), { p: 0.2 })
 */
export function dropout2d(input: Tensor, options: DropoutOptions = {}): Tensor {
  requireTensor('dropout2d', 'input', input);
  if (input.ndim < 2) {
    throw new ShapeError(
      'dropout2d',
      `Feature dropout requires at least 2 dimensions in the input; got ${shapeText(input)}.`,
      {
        shape: input.shape,
      },
    );
  }
  if (input.ndim !== 4) {
    warnOnce(
      `dropout2d: Received a ${input.ndim}-D input to dropout2d, which is taken as [N, C, ...]. ` +
        'For an unbatched [C, H, W] input, add a batch dimension; for [N, C, L], use dropout1d.',
    );
  }
  return dropChannels('dropout2d', input, options);
}

/** A mask per channel of one sample without a batch dimension. */
function dropUnbatched(op: string, input: Tensor, options: DropoutOptions): Tensor {
  const { inplace = false, training = true, p = 0.5 } = options;
  const result = dropChannels(op, input.unsqueeze(0), options);
  return inplace || !training || p === 0 ? input : result.squeeze(0);
}
