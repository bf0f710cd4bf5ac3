import type { Tensor } from '@flambeau/autograd';
import { ShapeError } from '@flambeau/backend';
import { Conv1d, Conv2d, type ConvOptions } from '../layers/conv.ts';
import type { Parameter } from '../parameter.ts';
import { isUninitialized, UninitializedParameter } from '../uninitialized.ts';
import type { SizeLike } from '../utils/check.ts';
import { torchSize } from '../utils/python.ts';
import { hasUninitializedParameters, makeLazy } from './make-lazy.ts';

/** What both convolutions need to know of themselves to become initialised. */
interface LazyConvolution {
  inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly kernelSize: readonly number[];
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  resetParameters(): void;
}

/** Takes the number of channels, and from it the shapes, from the first input. */
function initialize(conv: LazyConvolution & (Conv1d | Conv2d), name: string, input: Tensor): void {
  const { kernelSize, weight, bias, groups, outChannels } = conv;
  const rank = kernelSize.length;
  if (input.ndim !== rank + 1 && input.ndim !== rank + 2) {
    throw new ShapeError(
      '',
      `Expected ${rank + 1}D (unbatched) or ${rank + 2}D (batched) input to ${name}, but got input of size: ${torchSize(input.shape)}`,
      { shape: input.shape },
    );
  }
  const channels = input.shape[input.ndim - rank - 1] as number;
  if (channels % groups !== 0) {
    throw new ShapeError('', 'in_channels must be divisible by groups', { channels, groups });
  }
  const fresh = hasUninitializedParameters(conv);
  if (isUninitialized(weight)) weight.materialize([outChannels, channels / groups, ...kernelSize]);
  if (isUninitialized(bias)) bias.materialize([outChannels]);
  if (conv.inChannels === 0) conv.inChannels = (weight.shape[1] as number) * groups;
  if (fresh) conv.resetParameters();
}

/**
 * A {@link Conv1d} that takes `inChannels` from its first input, and then is one.
 *
 * @shape input `[N, any, L]` or `[any, L]` → output as of {@link Conv1d}
 * @param outChannels - Channels of the output.
 * @param kernelSize - Size of the window (elements).
 * @throws {ShapeError} At the first call: the input has another number of dimensions.
 * @source PyTorch `nn.LazyConv1d`.
 * @example
 * new LazyConv1d(33, 3)(randn([20, 16, 50])).shape // => [20, 33, 48]
 */
export class LazyConv1d extends Conv1d {
  constructor(outChannels: number, kernelSize: SizeLike, { bias = true, ...options }: ConvOptions = {}) {
    super(0, 0, kernelSize, { ...options, bias: false });
    checkGroups(outChannels, this.groups);
    this.outChannels = outChannels;
    this.weight = new UninitializedParameter(options);
    if (bias) this.bias = new UninitializedParameter(options);
    makeLazy(this, Conv1d);
  }

  /** Draws new values once there are shapes. */
  override resetParameters(): void {
    if (this.inChannels !== 0 && !hasUninitializedParameters(this)) super.resetParameters();
  }

  /** Takes the shapes from the first input. */
  initializeParameters(input: Tensor): void {
    initialize(this, 'LazyConv1d', input);
  }
}

/**
 * A {@link Conv2d} that takes `inChannels` from its first input, and then is one.
 *
 * @shape input `[N, any, H, W]` or `[any, H, W]` → output as of {@link Conv2d}
 * @param outChannels - Channels of the output.
 * @param kernelSize - Size of the window (elements), one number or `[height, width]`.
 * @throws {ShapeError} At the first call: the input has another number of dimensions.
 * @source PyTorch `nn.LazyConv2d`.
 * @example
 * new LazyConv2d(33, 3)(randn([20, 16, 50, 100])).shape // => [20, 33, 48, 98]
 */
export class LazyConv2d extends Conv2d {
  constructor(outChannels: number, kernelSize: SizeLike, { bias = true, ...options }: ConvOptions = {}) {
    super(0, 0, kernelSize, { ...options, bias: false });
    checkGroups(outChannels, this.groups);
    this.outChannels = outChannels;
    this.weight = new UninitializedParameter(options);
    if (bias) this.bias = new UninitializedParameter(options);
    makeLazy(this, Conv2d);
  }

  /** Draws new values once there are shapes. */
  override resetParameters(): void {
    if (this.inChannels !== 0 && !hasUninitializedParameters(this)) super.resetParameters();
  }

  /** Takes the shapes from the first input. */
  initializeParameters(input: Tensor): void {
    initialize(this, 'LazyConv2d', input);
  }
}

function checkGroups(outChannels: number, groups: number): void {
  if (outChannels % groups === 0) return;
  throw new ShapeError('', 'out_channels must be divisible by groups', { outChannels, groups });
}
