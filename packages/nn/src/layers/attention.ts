import type { Tensor } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import { type AttentionCallOptions, multiHeadAttention } from '../functional/multi-head-attention.ts';
import { constant_ } from '../init/fill.ts';
import { xavierNormal_, xavierUniform_ } from '../init/variance.ts';
import { Module } from '../module.ts';
import type { Parameter } from '../parameter.ts';
import { requireInteger, requireProbability, requireTensor } from '../utils/check.ts';
import { emptyParameter, type FactoryOptions } from './factory.ts';
import { Linear } from './linear.ts';

/** A linear layer under the name by which PyTorch prints the output projection of attention. */
class NonDynamicallyQuantizableLinear extends Linear {}

/** How a {@link MultiheadAttention} is made. */
export interface MultiheadAttentionOptions extends FactoryOptions {
  /** Probability that an attention weight becomes zero in training; 0 when absent. */
  readonly dropout?: number;
  /** Whether projections have biases; true when absent. */
  readonly bias?: boolean;
  /** Whether one learnt key and value is added to each sequence; false when absent. */
  readonly addBiasKv?: boolean;
  /** Whether one zero key and value is added to each sequence; false when absent. */
  readonly addZeroAttn?: boolean;
  /** Size of each key (elements); `embedDim` when absent. */
  readonly kdim?: number | null;
  /** Size of each value (elements); `embedDim` when absent. */
  readonly vdim?: number | null;
  /** Whether tensors are `[N, L, E]` instead of `[L, N, E]`; false when absent. */
  readonly batchFirst?: boolean;
}

/** Query, key and value, and what else a call may say. */
export type AttentionInputs = [query: Tensor, key: Tensor, value: Tensor, options?: AttentionCallOptions];

/** The output, and the weights unless they were not wanted. */
export type AttentionOutputs = [output: Tensor, weights: Tensor | null];

/**
 * Lets each query take from the values what its key finds, in several heads at once.
 *
 * @shape query `[L, N, E]` or `[L, E]`, key `[S, N, kdim]` or `[S, kdim]`, value `[S, N, vdim]` or `[S, vdim]` (with `batchFirst` `N` comes first) → output as query,
 * weights `[N, L, S]`, or `[N, heads, L, S]` when not averaged, without `N` when unbatched
 * @param embedDim - Size of each query and output (elements).
 * @param numHeads - Number of heads, a divisor of `embedDim`.
 * @throws {ArgumentError} Sizes are not positive whole numbers, `embedDim` is not divisible, or `dropout` is not a probability.
 * @throws {ShapeError} Tensors or masks do not fit each other.
 * @throws {DTypeError} A mask is neither boolean nor float.
 * @source PyTorch `nn.MultiheadAttention`; Vaswani et al. 2017, arXiv:1706.03762.
 * @example
 * const [output, weights] = new MultiheadAttention(8, 2)(randn([5, 3, 8]), randn([4, 3, 8]), randn([4, 3, 8]));
 * output.shape // => [5, 3, 8]
 */
export class MultiheadAttention extends Module<AttentionInputs, AttentionOutputs> {
  embedDim: number;
  kdim: number;
  vdim: number;
  numHeads: number;
  dropout: number;
  batchFirst: boolean;
  addZeroAttn: boolean;
  /** Size of each head (elements). */
  headDim: number;
  /** `[3 embedDim, embedDim]`, or null when keys or values have another size. */
  inProjWeight: Parameter | null = null;
  /** `[embedDim, embedDim]`, or null when all projections are in one. */
  qProjWeight: Parameter | null = null;
  /** `[embedDim, kdim]`, or null alike. */
  kProjWeight: Parameter | null = null;
  /** `[embedDim, vdim]`, or null alike. */
  vProjWeight: Parameter | null = null;
  /** `[3 embedDim]`, or null. */
  inProjBias: Parameter | null = null;
  /** `[1, 1, embedDim]`, or null. */
  biasK: Parameter | null = null;
  /** `[1, 1, embedDim]`, or null. */
  biasV: Parameter | null = null;
  outProj: Linear;

  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    const name = 'MultiheadAttention';
    const { dropout = 0, bias = true, addBiasKv = false, addZeroAttn = false, batchFirst = false } = options;
    const { kdim, vdim } = options;
    if (!(Number.isSafeInteger(embedDim) && Number.isSafeInteger(numHeads) && embedDim > 0 && numHeads > 0)) {
      throw new ArgumentError(
        name,
        `embed_dim and num_heads must be greater than 0, got embed_dim=${String(embedDim)} and num_heads=${String(numHeads)} instead`,
        { embedDim, numHeads },
      );
    }
    if (embedDim % numHeads !== 0) {
      throw new ArgumentError(name, `embed_dim must be divisible by num_heads; got ${embedDim} and ${numHeads}.`, {
        embedDim,
        numHeads,
      });
    }
    requireProbability(name, dropout);
    this.embedDim = embedDim;
    this.kdim = kdim ?? embedDim;
    this.vdim = vdim ?? embedDim;
    requireInteger(name, 'kdim', this.kdim);
    requireInteger(name, 'vdim', this.vdim);
    this.numHeads = numHeads;
    this.dropout = dropout;
    this.batchFirst = batchFirst;
    this.addZeroAttn = addZeroAttn;
    this.headDim = embedDim / numHeads;
    const together = this.kdim === embedDim && this.vdim === embedDim;
    const make = (shape: readonly number[], wanted: boolean): Parameter | null =>
      wanted ? emptyParameter(shape, options) : null;
    // PyTorch's order of registration, which is the order of the state dict.
    this.registerParameter('qProjWeight', make([embedDim, embedDim], !together));
    this.registerParameter('kProjWeight', make([embedDim, this.kdim], !together));
    this.registerParameter('vProjWeight', make([embedDim, this.vdim], !together));
    this.registerParameter('inProjWeight', make([3 * embedDim, embedDim], together));
    this.registerParameter('inProjBias', make([3 * embedDim], bias));
    this.outProj = new NonDynamicallyQuantizableLinear(embedDim, embedDim, { ...options, bias });
    this.registerParameter('biasK', make([1, 1, embedDim], addBiasKv));
    this.registerParameter('biasV', make([1, 1, embedDim], addBiasKv));
    this.resetParameters();
  }

  /** Draws projections with xavier's uniform and added keys with xavier's normal distribution; biases become 0. */
  resetParameters(): void {
    if (this.inProjWeight) xavierUniform_(this.inProjWeight);
    for (const weight of [this.qProjWeight, this.kProjWeight, this.vProjWeight]) if (weight) xavierUniform_(weight);
    if (this.inProjBias) {
      constant_(this.inProjBias, 0);
      if (this.outProj.bias) constant_(this.outProj.bias, 0);
    }
    if (this.biasK) xavierNormal_(this.biasK);
    if (this.biasV) xavierNormal_(this.biasV);
  }

  override forward(query: Tensor, key: Tensor, value: Tensor, options: AttentionCallOptions = {}): AttentionOutputs {
    for (const [name, x] of Object.entries({ query, key, value })) requireTensor('MultiheadAttention', name, x);
    const swapped = this.batchFirst && query.ndim === 3 && key.ndim === 3 && value.ndim === 3;
    const turn = (x: Tensor): Tensor => (swapped ? x.transpose(0, 1) : x);
    const q = turn(query);
    const k = key === query ? q : turn(key);
    const v = value === key ? k : turn(value);
    const [output, weights] = multiHeadAttention(
      q,
      k,
      v,
      { ...this.weights(), outProjWeight: this.outProj.weight, outProjBias: this.outProj.bias },
      {
        numHeads: this.numHeads,
        dropoutP: this.dropout,
        training: this.training,
        addZeroAttn: this.addZeroAttn,
      },
      options,
    );
    return [turn(output), weights];
  }

  private weights(): Pick<
    MultiheadAttention,
    'inProjWeight' | 'qProjWeight' | 'kProjWeight' | 'vProjWeight' | 'inProjBias' | 'biasK' | 'biasV'
  > {
    const { inProjWeight, qProjWeight, kProjWeight, vProjWeight, inProjBias, biasK, biasV } = this;
    return { inProjWeight, qProjWeight, kProjWeight, vProjWeight, inProjBias, biasK, biasV };
  }
}
