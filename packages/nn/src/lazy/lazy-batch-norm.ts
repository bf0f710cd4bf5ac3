import { type Tensor, zeros } from '@flambeau/autograd';
import { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from '../layers/batch-norm.ts';
import { isUninitialized, UninitializedBuffer, UninitializedParameter } from '../uninitialized.ts';
import { hasUninitializedParameters, makeLazy } from './make-lazy.ts';

type LazyBatchNorm = BatchNorm1d | BatchNorm2d;

/** Replaces what has no size yet, and nothing else. */
function uninitialize(
  norm: LazyBatchNorm,
  { affine = true, trackRunningStats = true, ...place }: BatchNormOptions,
): void {
  norm.affine = affine;
  norm.trackRunningStats = trackRunningStats;
  if (affine) {
    norm.weight = new UninitializedParameter(place);
    norm.bias = new UninitializedParameter(place);
  }
  if (trackRunningStats) {
    norm.runningMean = new UninitializedBuffer(place);
    norm.runningVar = new UninitializedBuffer(place);
    norm.numBatchesTracked = zeros([], { device: place.device, dtype: 'int32' });
  }
}

/** Takes the number of channels from the first input. */
function initialize(norm: LazyBatchNorm, input: Tensor): void {
  const channels = input.shape[1] as number;
  const fresh = hasUninitializedParameters(norm);
  for (const tensor of [norm.weight, norm.bias, norm.runningMean, norm.runningVar]) {
    if (isUninitialized(tensor)) tensor.materialize([channels]);
  }
  if (norm.numFeatures === 0) norm.numFeatures = channels;
  if (fresh) norm.resetParameters();
}

/** What is left out until the first call. */
const empty = { affine: false, trackRunningStats: false } as const;

/**
 * A {@link BatchNorm1d} that takes `numFeatures` from its first input, and then is one.
 *
 * @shape input `[N, any]` or `[N, any, L]` → output, same
 * @throws {ShapeError} At the first call: the input has another number of dimensions.
 * @source PyTorch `nn.LazyBatchNorm1d`.
 * @example
 * const norm = new LazyBatchNorm1d();
 * norm(randn([20, 100]));
 * norm.numFeatures // => 100
 */
export class LazyBatchNorm1d extends BatchNorm1d {
  constructor(options: BatchNormOptions = {}) {
    super(0, { ...options, ...empty });
    uninitialize(this, options);
    makeLazy(this, BatchNorm1d);
  }

  /** Sets the initial values once there are shapes. */
  override resetParameters(): void {
    if (this.numFeatures !== 0 && !hasUninitializedParameters(this)) super.resetParameters();
  }

  /** Takes the shapes from the first input. */
  initializeParameters(input: Tensor): void {
    this.checkInputDim(input);
    initialize(this, input);
  }
}

/**
 * A {@link BatchNorm2d} that takes `numFeatures` from its first input, and then is one.
 *
 * @shape input `[N, any, H, W]` → output, same
 * @throws {ShapeError} At the first call: the input has another number of dimensions.
 * @source PyTorch `nn.LazyBatchNorm2d`.
 * @example
 * const norm = new LazyBatchNorm2d();
 * norm(randn([20, 100, 35, 45]));
 * norm.numFeatures // => 100
 */
export class LazyBatchNorm2d extends BatchNorm2d {
  constructor(options: BatchNormOptions = {}) {
    super(0, { ...options, ...empty });
    uninitialize(this, options);
    makeLazy(this, BatchNorm2d);
  }

  /** Sets the initial values once there are shapes. */
  override resetParameters(): void {
    if (this.numFeatures !== 0 && !hasUninitializedParameters(this)) super.resetParameters();
  }

  /** Takes the shapes from the first input. */
  initializeParameters(input: Tensor): void {
    this.checkInputDim(input);
    initialize(this, input);
  }
}
