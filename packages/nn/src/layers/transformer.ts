import type { Tensor } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import { relu } from '../functional/activation.ts';
import { gelu } from '../functional/smooth-activation.ts';
import { Module } from '../module.ts';
import { describe, requireInteger, requireProbability, requireTensor } from '../utils/check.ts';
import { MultiheadAttention } from './attention.ts';
import { Dropout } from './dropout.ts';
import { type FactoryOptions, placement } from './factory.ts';
import { Linear } from './linear.ts';
import { LayerNorm } from './normalization.ts';

/** A function of one tensor, or a module that is one. */
export type ActivationFunction = (input: Tensor) => Tensor;

/** How a {@link TransformerEncoderLayer} is made. */
export interface TransformerEncoderLayerOptions extends FactoryOptions {
  /** Size of the feed-forward network's inner rows (elements); 2048 when absent. */
  readonly dimFeedforward?: number;
  /** Probability that an element becomes zero in training; 0.1 when absent. */
  readonly dropout?: number;
  /** What follows the first linear layer; `'relu'` when absent. */
  readonly activation?: 'relu' | 'gelu' | ActivationFunction;
  /** Added to the variance in layer normalisation; 1e-5 when absent. */
  readonly layerNormEps?: number;
  /** Whether tensors are `[N, S, E]` instead of `[S, N, E]`; false when absent. */
  readonly batchFirst?: boolean;
  /** Whether each block normalises its input instead of its output; false when absent. */
  readonly normFirst?: boolean;
  /** Whether linear and normalisation layers have biases; true when absent. */
  readonly bias?: boolean;
}

/** What a call of an encoder layer may say. */
export interface EncoderCallOptions {
  /** `[S, S]` or `[N·heads, S, S]`: true for pairs that are not seen, or floats that are added to their scores. */
  readonly srcMask?: Tensor | null;
  /** `[N, S]` or `[S]`: true for positions that are not seen, or floats that are added to their scores. */
  readonly srcKeyPaddingMask?: Tensor | null;
  /** Says that `srcMask` is the causal one; a mask is still needed. */
  readonly isCausal?: boolean;
}

function activationOf(activation: TransformerEncoderLayerOptions['activation']): ActivationFunction {
  if (activation === undefined || activation === 'relu') return (x) => relu(x);
  if (activation === 'gelu') return (x) => gelu(x);
  if (typeof activation === 'function') return activation;
  throw new ArgumentError('TransformerEncoderLayer', `activation should be relu/gelu, not ${describe(activation)}`, {
    activation,
  });
}

/**
 * Self-attention and a feed-forward network, each with dropout, a residual connection and layer normalisation.
 *
 * @shape src `[S, N, dModel]` or `[S, dModel]` (with `batchFirst` `N` comes first) → output, same
 * @param dModel - Size of each element of the sequence (elements).
 * @param nhead - Number of attention heads, a divisor of `dModel`.
 * @throws {ArgumentError} A size, `dropout` or `activation` is not what it must be.
 * @throws {ShapeError} The input or a mask does not fit.
 * @throws {DTypeError} A mask is neither boolean nor float.
 * @source PyTorch `nn.TransformerEncoderLayer`; Vaswani et al. 2017, arXiv:1706.03762.
 * @example
 * new TransformerEncoderLayer(16, 4, { dimFeedforward: 32 })(randn([10, 2, 16])).shape // => [10, 2, 16]
 */
export class TransformerEncoderLayer extends Module<[src: Tensor, options?: EncoderCallOptions]> {
  selfAttn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  normFirst: boolean;
  norm1: LayerNorm;
  norm2: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  activation: ActivationFunction;

  constructor(dModel: number, nhead: number, options: TransformerEncoderLayerOptions = {}) {
    super();
    const { dimFeedforward = 2048, dropout = 0.1, layerNormEps = 1e-5, batchFirst, normFirst = false } = options;
    const { bias = true } = options;
    requireInteger('TransformerEncoderLayer', 'dimFeedforward', dimFeedforward);
    requireProbability('TransformerEncoderLayer', dropout);
    const factory = placement(options);
    const activation = activationOf(options.activation);
    this.selfAttn = new MultiheadAttention(dModel, nhead, {
      dropout,
      bias,
      batchFirst: batchFirst ?? false,
      ...factory,
    });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, ...factory });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, ...factory });
    this.normFirst = normFirst;
    this.norm1 = new LayerNorm(dModel, { eps: layerNormEps, bias, ...factory });
    this.norm2 = new LayerNorm(dModel, { eps: layerNormEps, bias, ...factory });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.activation = activation;
  }

  override forward(src: Tensor, options: EncoderCallOptions = {}): Tensor {
    requireTensor('TransformerEncoderLayer', 'src', src);
    if (this.normFirst) {
      const attended = src.add(this.attend(this.norm1(src), options));
      return attended.add(this.feedForward(this.norm2(attended)));
    }
    const attended = this.norm1(src.add(this.attend(src, options)));
    return this.norm2(attended.add(this.feedForward(attended)));
  }

  private attend(x: Tensor, options: EncoderCallOptions): Tensor {
    const { srcMask: attnMask = null, srcKeyPaddingMask: keyPaddingMask = null, isCausal = false } = options;
    const [output] = this.selfAttn(x, x, x, { attnMask, keyPaddingMask, isCausal, needWeights: false });
    return this.dropout1(output);
  }

  private feedForward(x: Tensor): Tensor {
    return this.dropout2(this.linear2(this.dropout(this.activation(this.linear1(x)))));
  }
}
