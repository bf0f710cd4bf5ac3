import { noGrad, ones, type Tensor, zeros } from '@flambeau/autograd';
import { ShapeError } from '@flambeau/backend';
import { batchNorm } from '../functional/norm.ts';
import { ones_, zeros_ } from '../init/fill.ts';
import type { LoadStep } from '../load-state-dict.ts';
import { Module } from '../module.ts';
import type { Parameter } from '../parameter.ts';
import { requireInteger, requireNumber, requireTensor } from '../utils/check.ts';
import { pythonBool, pythonFloat } from '../utils/python.ts';
import { emptyParameter, type FactoryOptions, placement } from './factory.ts';

/** How a batch normalisation layer is made. */
export interface BatchNormOptions extends FactoryOptions {
  /** Added to the variance; 1e-5 when absent. */
  readonly eps?: number;
  /** Share of each new batch in the running statistics; null averages all batches alike; 0.1 when absent. */
  readonly momentum?: number | null;
  /** Whether each channel is scaled and shifted by parameters; true when absent. */
  readonly affine?: boolean;
  /** Whether statistics are kept for use outside training; true when absent. */
  readonly trackRunningStats?: boolean;
}

/** What the batch normalisations of different ranks share. */
abstract class BatchNorm extends Module {
  numFeatures: number;
  eps: number;
  momentum: number | null;
  affine: boolean;
  trackRunningStats: boolean;
  /** `[numFeatures]`, or null. */
  weight: Parameter | null = null;
  /** `[numFeatures]`, or null. */
  bias: Parameter | null = null;
  /** `[numFeatures]`, or null. */
  runningMean: Tensor | null = null;
  /** `[numFeatures]`, or null. */
  runningVar: Tensor | null = null;
  /** `[]` (int32), or null. */
  numBatchesTracked: Tensor | null = null;

  constructor(op: string, numFeatures: number, options: BatchNormOptions) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    requireInteger(op, 'numFeatures', numFeatures);
    requireNumber(op, 'eps', eps);
    if (momentum !== null) requireNumber(op, 'momentum', momentum);
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.affine = affine;
    this.trackRunningStats = trackRunningStats;
    this.registerParameter('weight', affine ? emptyParameter([numFeatures], options) : null);
    this.registerParameter('bias', affine ? emptyParameter([numFeatures], options) : null);
    const where = placement(options);
    this.registerBuffer('runningMean', trackRunningStats ? zeros([numFeatures], where) : null);
    this.registerBuffer('runningVar', trackRunningStats ? ones([numFeatures], where) : null);
    this.registerBuffer('numBatchesTracked', trackRunningStats ? zeros([], { ...where, dtype: 'int32' }) : null);
    this.resetParameters();
  }

  /** Sets the running mean to 0, the running variance to 1, and the count to 0. */
  resetRunningStats(): void {
    if (this.runningMean) zeros_(this.runningMean);
    if (this.runningVar) ones_(this.runningVar);
    if (this.numBatchesTracked) zeros_(this.numBatchesTracked);
  }

  /** Resets the running statistics, and sets the scales to 1 and the shifts to 0. */
  resetParameters(): void {
    this.resetRunningStats();
    if (this.weight) ones_(this.weight);
    if (this.bias) zeros_(this.bias);
  }

  /** Since version 2 the batches are counted. */
  override get stateVersion(): number {
    return 2;
  }

  /** Lets a state from before batches were counted keep this module's count. */
  override loadFromStateDict(step: LoadStep): void {
    const key = `${step.prefix}num_batches_tracked`;
    const { version = 1 } = step.localMetadata;
    if (Number(version) < 2 && this.numBatchesTracked && !step.stateDict.has(key)) {
      step.stateDict.set(key, this.numBatchesTracked);
    }
    super.loadFromStateDict(step);
  }

  /** @throws {ShapeError} The input has another number of dimensions than the class serves. */
  protected abstract checkInputDim(input: Tensor): void;

  override forward(input: Tensor): Tensor {
    requireTensor(this.constructor.name, 'input', input);
    this.checkInputDim(input);
    const { weight, bias, eps, runningMean, runningVar } = this;
    const batchStatistics = this.training || (runningMean === null && runningVar === null);
    const track = this.training && this.trackRunningStats;
    const keep = !this.training || this.trackRunningStats;
    return batchNorm(input, keep ? runningMean : null, keep ? runningVar : null, {
      weight,
      bias,
      eps,
      training: batchStatistics,
      momentum: track ? this.countBatch() : (this.momentum ?? 0),
    });
  }

  /** Counts one more batch, and gives its share in the running statistics. */
  protected countBatch(): number | Tensor {
    const { numBatchesTracked, momentum } = this;
    if (!numBatchesTracked) return momentum ?? 0;
    noGrad(() => numBatchesTracked.add_(1));
    // The count stays on the device, so that a call needs not wait for it.
    return momentum ?? (this.runningMean ? numBatchesTracked.to(this.runningMean.dtype).reciprocal() : 0);
  }

  override extraRepr(): string {
    const momentum = this.momentum === null ? 'None' : pythonFloat(this.momentum);
    return (
      `${this.numFeatures}, eps=${pythonFloat(this.eps)}, momentum=${momentum}, ` +
      `affine=${pythonBool(this.affine)}, track_running_stats=${pythonBool(this.trackRunningStats)}`
    );
  }
}

/**
 * Normalises each channel over the batch to mean 0 and variance 1, then scales and shifts it.
 *
 * In training the batch's own statistics are used, and running ones are updated; in evaluation the running ones are
 * used, or the batch's where none are kept.
 *
 * @shape input `[N, numFeatures]` or `[N, numFeatures, L]` → output, same
 * @param numFeatures - Channels of the input.
 * @throws {ArgumentError} An option is not a number of the right kind.
 * @throws {ShapeError} The input has another number of dimensions or channels, or in training one value per channel.
 * @source PyTorch `nn.BatchNorm1d`; Ioffe & Szegedy 2015, arXiv:1502.03167.
 * @example
 * new BatchNorm1d(100)(randn([20, 100]))
 */
export class BatchNorm1d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm1d', numFeatures, options);
  }

  protected override checkInputDim(input: Tensor): void {
    if (input.ndim === 2 || input.ndim === 3) return;
    throw new ShapeError('BatchNorm1d', `expected 2D or 3D input (got ${input.ndim}D input)`, { shape: input.shape });
  }
}

/**
 * Normalises each channel of images over the batch to mean 0 and variance 1, then scales and shifts it.
 *
 * @shape input `[N, numFeatures, H, W]` → output, same
 * @param numFeatures - Channels of the input.
 * @throws {ArgumentError} An option is not a number of the right kind.
 * @throws {ShapeError} The input has another number of dimensions or channels, or in training one value per channel.
 * @source PyTorch `nn.BatchNorm2d`; Ioffe & Szegedy 2015, arXiv:1502.03167.
 * @see BatchNorm1d for what happens in training and in evaluation.
 * @example
 * new BatchNorm2d(100)(randn([20, 100, 35, 45]))
 */
export class BatchNorm2d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormOptions = {}) {
    super('BatchNorm2d', numFeatures, options);
  }

  protected override checkInputDim(input: Tensor): void {
    if (input.ndim === 4) return;
    throw new ShapeError('BatchNorm2d', `expected 4D input (got ${input.ndim}D input)`, { shape: input.shape });
  }
}
