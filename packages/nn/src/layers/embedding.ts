import { noGrad, type Tensor } from '@flambeau/autograd';
import { ShapeError } from '@flambeau/backend';
import { embedding, paddingRow } from '../functional/embedding.ts';
import { normal_ } from '../init/fill.ts';
import { Module } from '../module.ts';
import { Parameter } from '../parameter.ts';
import { requireInteger, requireNumber, requireTensor, shapeText } from '../utils/check.ts';
import { pythonFloat } from '../utils/python.ts';
import { emptyParameter, type FactoryOptions } from './factory.ts';

/** How {@link Embedding.fromPretrained} makes a layer. */
export interface PretrainedEmbeddingOptions {
  /** Whether the table does not train; true when absent. */
  readonly freeze?: boolean;
  /** A row that gets no gradient; negative ones count from the end. */
  readonly paddingIdx?: number | null;
  /** Rows looked up are first scaled down in place to this norm. */
  readonly maxNorm?: number | null;
  /** The p of that norm; 2 when absent. */
  readonly normType?: number;
  /** Divide each row's gradient by how often it occurs in the batch. */
  readonly scaleGradByFreq?: boolean;
  /** Kept and printed, for models that come from PyTorch; gradients are dense all the same, with the same values. */
  readonly sparse?: boolean;
}

/** How an {@link Embedding} is made. */
export interface EmbeddingLayerOptions extends PretrainedEmbeddingOptions, FactoryOptions {
  /** The table to use, instead of a random one. */
  readonly weight?: Tensor | null;
}

/**
 * A table of vectors, looked up by index.
 *
 * @shape input `[...]` (int32 or int64) → output `[..., embeddingDim]`
 * @param numEmbeddings - Rows of the table.
 * @param embeddingDim - Size of each vector (elements).
 * @throws {ArgumentError} A size is not a whole number, or the padding index lies outside the table.
 * @throws {ShapeError} The given table has another shape.
 * @throws {DTypeError} The input is not made of integers.
 * @throws {IndexError} An index lies outside the table.
 * @source PyTorch `nn.Embedding`.
 * @example
 * new Embedding(10, 3)(tensor([[1, 2, 4, 5]], { dtype: 'int32' })).shape // => [1, 4, 3]
 */
export class Embedding extends Module {
  numEmbeddings: number;
  embeddingDim: number;
  /** Counted from the start, or null. */
  paddingIdx: number | null;
  maxNorm: number | null;
  normType: number;
  scaleGradByFreq: boolean;
  sparse: boolean;
  /** `[numEmbeddings, embeddingDim]` */
  weight: Parameter;

  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingLayerOptions = {}) {
    super();
    const { paddingIdx = null, maxNorm = null, normType = 2, scaleGradByFreq = false } = options;
    const { sparse = false, weight, freeze = false } = options;
    requireInteger('Embedding', 'numEmbeddings', numEmbeddings);
    requireInteger('Embedding', 'embeddingDim', embeddingDim);
    if (maxNorm !== null) requireNumber('Embedding', 'maxNorm', maxNorm);
    requireNumber('Embedding', 'normType', normType);
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingIdx === null ? null : paddingRow('Embedding', paddingIdx, numEmbeddings);
    this.maxNorm = maxNorm;
    this.normType = normType;
    this.scaleGradByFreq = scaleGradByFreq;
    this.sparse = sparse;
    if (weight) {
      requireTensor('Embedding', 'weight', weight);
      if (weight.ndim !== 2 || weight.shape[0] !== numEmbeddings || weight.shape[1] !== embeddingDim) {
        throw new ShapeError(
          'Embedding',
          `Shape of weight does not match num_embeddings and embedding_dim; got ${shapeText(weight)} and [${numEmbeddings}, ${embeddingDim}].`,
          { weight: weight.shape },
        );
      }
      this.weight = new Parameter(weight, { requiresGrad: !freeze });
    } else {
      this.weight = emptyParameter([numEmbeddings, embeddingDim], options);
      this.weight.requiresGrad_(!freeze);
      this.resetParameters();
    }
  }

  /**
   * Makes a layer from a table.
   *
   * @shape embeddings `[rows, dim]`
   * @throws {ShapeError} The table does not have two dimensions.
   * @source PyTorch `nn.Embedding.from_pretrained`.
   * @example
   * Embedding.fromPretrained(tensor([[1, 2.3, 3], [4, 5.1, 6.3]]))
   */
  static fromPretrained(embeddings: Tensor, options: PretrainedEmbeddingOptions = {}): Embedding {
    requireTensor('Embedding.fromPretrained', 'embeddings', embeddings);
    const [rows, columns] = embeddings.shape;
    if (rows === undefined || columns === undefined || embeddings.ndim !== 2) {
      throw new ShapeError(
        'Embedding.fromPretrained',
        `Embeddings parameter is expected to be 2-dimensional; got shape ${shapeText(embeddings)}.`,
        { shape: embeddings.shape },
      );
    }
    return new Embedding(rows, columns, { ...options, weight: embeddings, freeze: options.freeze ?? true });
  }

  /** Draws every vector from `N(0, 1)`, and sets the padding row to 0. */
  resetParameters(): void {
    normal_(this.weight);
    const { paddingIdx } = this;
    if (paddingIdx !== null) noGrad(() => this.weight.select(0, paddingIdx).fill_(0));
  }

  override forward(input: Tensor): Tensor {
    const { paddingIdx, maxNorm, normType, scaleGradByFreq } = this;
    return embedding(input, this.weight, { paddingIdx, maxNorm, normType, scaleGradByFreq });
  }

  override extraRepr(): string {
    const parts = [`${this.numEmbeddings}, ${this.embeddingDim}`];
    if (this.paddingIdx !== null) parts.push(`padding_idx=${this.paddingIdx}`);
    if (this.maxNorm !== null) parts.push(`max_norm=${pythonFloat(this.maxNorm)}`);
    if (this.normType !== 2) parts.push(`norm_type=${pythonFloat(this.normType)}`);
    if (this.scaleGradByFreq) parts.push('scale_grad_by_freq=True');
    if (this.sparse) parts.push('sparse=True');
    return parts.join(', ');
  }
}
