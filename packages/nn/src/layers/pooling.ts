import type { Tensor } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import * as F from '../functional/pooling.ts';
import { Module } from '../module.ts';
import { requireInteger, type SizeLike, sizesOf } from '../utils/check.ts';
import { pythonBool, pythonSize, pythonTuple } from '../utils/python.ts';

/** How a max pooling layer is made. */
export interface MaxPoolOptions {
  /** Steps between windows (elements); the window's size when absent. */
  readonly stride?: SizeLike | null;
  /** Elements added on both sides, of value -∞. */
  readonly padding?: SizeLike;
  /** Steps between a window's elements. */
  readonly dilation?: SizeLike;
  /** Whether the positions of the maxima are given too. */
  readonly returnIndices?: boolean;
  /** Let windows that start inside reach over the end. */
  readonly ceilMode?: boolean;
}

/** The maxima, or with `returnIndices` the pair of maxima and their positions (int32, row-major within one channel). */
export type Pooled = Tensor | [values: Tensor, indices: Tensor];

abstract class MaxPool<Out extends Pooled> extends Module<[Tensor], Out> {
  kernelSize: SizeLike;
  stride: SizeLike;
  padding: SizeLike;
  dilation: SizeLike;
  returnIndices: boolean;
  ceilMode: boolean;

  constructor(op: string, rank: number, kernelSize: SizeLike, options: MaxPoolOptions) {
    super();
    const { stride, padding = 0, dilation = 1, returnIndices = false, ceilMode = false } = options;
    const window = sizesOf(op, 'kernelSize', kernelSize, rank, 1);
    sizesOf(op, 'stride', stride ?? kernelSize, rank, 1);
    const steps = sizesOf(op, 'dilation', dilation, rank, 1);
    checkPadding(op, window, sizesOf(op, 'padding', padding, rank, 0), steps);
    this.kernelSize = kernelSize;
    this.stride = stride ?? kernelSize;
    this.padding = padding;
    this.dilation = dilation;
    this.returnIndices = returnIndices;
    this.ceilMode = ceilMode;
  }

  /** What the functional form needs to know. */
  protected options(): Required<Omit<MaxPoolOptions, 'stride'>> & { readonly stride: SizeLike } {
    const { stride, padding, dilation, returnIndices, ceilMode } = this;
    return { stride, padding, dilation, returnIndices, ceilMode };
  }

  override extraRepr(): string {
    return (
      `kernel_size=${pythonSize(this.kernelSize)}, stride=${pythonSize(this.stride)}, padding=${pythonSize(this.padding)}, ` +
      `dilation=${pythonSize(this.dilation)}, ceil_mode=${pythonBool(this.ceilMode)}`
    );
  }
}

/** @throws {ArgumentError} More padding than half a window, which would make windows of padding alone. */
function checkPadding(
  op: string,
  window: readonly number[],
  padding: readonly number[],
  dilation: readonly number[] = window.map(() => 1),
): void {
  padding.forEach((amount, axis) => {
    const [size, step] = [window[axis] as number, dilation[axis] as number];
    if (amount * 2 <= (size - 1) * step + 1) return;
    throw new ArgumentError(
      op,
      `pad should be at most half of effective kernel size, but got pad=${amount}, kernel_size=${size} and dilation=${step}`,
      { padding, kernelSize: window, dilation },
    );
  });
}

/**
 * Largest value of each window of a signal.
 *
 * @shape input `[N, C, L]` or `[C, L]` → output `[N, C, Lout]` or `[C, Lout]`, with
 * `Lout = ⌊(L + 2·padding - dilation·(kernelSize - 1) - 1) / stride⌋ + 1`
 * @param kernelSize - Size of the window (elements).
 * @throws {ArgumentError} An option is not a positive whole number, or the padding is more than half the window.
 * @typeParam Out - What a call gives; say `[Tensor, Tensor]` together with `returnIndices: true`.
 * @throws {ShapeError} The input has another number of dimensions or is too small.
 * @source PyTorch `nn.MaxPool1d`.
 * @example
 * new MaxPool1d(3, { stride: 2 })(randn([20, 16, 50])).shape // => [20, 16, 24]
 */
export class MaxPool1d<Out extends Pooled = Tensor> extends MaxPool<Out> {
  constructor(kernelSize: SizeLike, options: MaxPoolOptions = {}) {
    super('MaxPool1d', 1, kernelSize, options);
  }

  override forward(input: Tensor): Out {
    return F.maxPool1d(input, this.kernelSize, this.options()) as Out;
  }
}

/**
 * Largest value of each window of an image; on a tie the first in row-major order gets the gradient.
 *
 * @shape input `[N, C, H, W]` or `[C, H, W]` → output `[N, C, Hout, Wout]` or `[C, Hout, Wout]`
 * @param kernelSize - Size of the window (elements), one number or `[height, width]`.
 * @throws {ArgumentError} An option is not a positive whole number, or the padding is more than half the window.
 * @typeParam Out - What a call gives; say `[Tensor, Tensor]` together with `returnIndices: true`.
 * @throws {ShapeError} The input has another number of dimensions or is too small.
 * @source PyTorch `nn.MaxPool2d`.
 * @example
 * new MaxPool2d(2)(randn([20, 16, 50, 32])).shape // => [20, 16, 25, 16]
 */
export class MaxPool2d<Out extends Pooled = Tensor> extends MaxPool<Out> {
  constructor(kernelSize: SizeLike, options: MaxPoolOptions = {}) {
    super('MaxPool2d', 2, kernelSize, options);
  }

  override forward(input: Tensor): Out {
    return F.maxPool2d(input, this.kernelSize, this.options()) as Out;
  }
}

/** How {@link AvgPool1d} is made. */
export interface AvgPool1dOptions {
  /** Steps between windows (elements); the window's size when absent. */
  readonly stride?: SizeLike | null;
  /** Zeros added on both sides (elements). */
  readonly padding?: SizeLike;
  /** Let windows that start inside reach over the end. */
  readonly ceilMode?: boolean;
  /** Whether added zeros count as elements of the window. */
  readonly countIncludePad?: boolean;
}

/** How {@link AvgPool2d} is made. */
export interface AvgPool2dOptions extends AvgPool1dOptions {
  /** Divide sums by this instead of by the number of elements. */
  readonly divisorOverride?: number | null;
}

/**
 * Mean of each window of a signal.
 *
 * @shape input `[N, C, L]` or `[C, L]` → output `[N, C, Lout]` or `[C, Lout]`, with
 * `Lout = ⌊(L + 2·padding - kernelSize) / stride⌋ + 1`
 * @param kernelSize - Size of the window (elements).
 * @throws {ArgumentError} An option is not a positive whole number, or the padding is more than half the window.
 * @throws {ShapeError} The input has another number of dimensions or is too small.
 * @source PyTorch `nn.AvgPool1d`.
 * @example
 * new AvgPool1d(3, { stride: 2 })(tensor([[[1, 2, 3, 4, 5, 6, 7]]])) // => [[[2, 4, 6]]]
 */
export class AvgPool1d extends Module {
  kernelSize: readonly number[];
  stride: readonly number[];
  padding: readonly number[];
  ceilMode: boolean;
  countIncludePad: boolean;

  constructor(kernelSize: SizeLike, options: AvgPool1dOptions = {}) {
    super();
    const { stride, padding = 0, ceilMode = false, countIncludePad = true } = options;
    this.kernelSize = sizesOf('AvgPool1d', 'kernelSize', kernelSize, 1, 1);
    this.stride = sizesOf('AvgPool1d', 'stride', stride ?? kernelSize, 1, 1);
    this.padding = sizesOf('AvgPool1d', 'padding', padding, 1, 0);
    checkPadding('AvgPool1d', this.kernelSize, this.padding);
    this.ceilMode = ceilMode;
    this.countIncludePad = countIncludePad;
  }

  override forward(input: Tensor): Tensor {
    const { stride, padding, ceilMode, countIncludePad } = this;
    return F.avgPool1d(input, this.kernelSize, { stride, padding, ceilMode, countIncludePad });
  }

  override extraRepr(): string {
    return `kernel_size=${pythonTuple(this.kernelSize)}, stride=${pythonTuple(this.stride)}, padding=${pythonTuple(this.padding)}`;
  }
}

/**
 * Mean of each window of an image.
 *
 * @shape input `[N, C, H, W]` or `[C, H, W]` → output `[N, C, Hout, Wout]` or `[C, Hout, Wout]`
 * @param kernelSize - Size of the window (elements), one number or `[height, width]`.
 * @throws {ArgumentError} An option is not a positive whole number, or the padding is more than half the window.
 * @throws {ShapeError} The input has another number of dimensions or is too small.
 * @source PyTorch `nn.AvgPool2d`.
 * @example
 * new AvgPool2d([3, 2], { stride: [2, 1] })(randn([20, 16, 50, 32])).shape // => [20, 16, 24, 31]
 */
export class AvgPool2d extends Module {
  kernelSize: SizeLike;
  stride: SizeLike;
  padding: SizeLike;
  ceilMode: boolean;
  countIncludePad: boolean;
  divisorOverride: number | null;

  constructor(kernelSize: SizeLike, options: AvgPool2dOptions = {}) {
    super();
    const { stride, padding = 0, ceilMode = false, countIncludePad = true, divisorOverride = null } = options;
    const window = sizesOf('AvgPool2d', 'kernelSize', kernelSize, 2, 1);
    sizesOf('AvgPool2d', 'stride', stride ?? kernelSize, 2, 1);
    checkPadding('AvgPool2d', window, sizesOf('AvgPool2d', 'padding', padding, 2, 0));
    if (divisorOverride !== null) {
      requireInteger('AvgPool2d', 'divisorOverride', divisorOverride, Number.MIN_SAFE_INTEGER);
      if (divisorOverride === 0) throw new ArgumentError('AvgPool2d', 'divisor must be not zero; got 0.');
    }
    this.kernelSize = kernelSize;
    this.stride = stride ?? kernelSize;
    this.padding = padding;
    this.ceilMode = ceilMode;
    this.countIncludePad = countIncludePad;
    this.divisorOverride = divisorOverride;
  }

  override forward(input: Tensor): Tensor {
    const { stride, padding, ceilMode, countIncludePad, divisorOverride } = this;
    return F.avgPool2d(input, this.kernelSize, { stride, padding, ceilMode, countIncludePad, divisorOverride });
  }

  override extraRepr(): string {
    return `kernel_size=${pythonSize(this.kernelSize)}, stride=${pythonSize(this.stride)}, padding=${pythonSize(this.padding)}`;
  }
}

/**
 * Mean of as many windows of a signal as are wanted, whatever its size.
 *
 * @shape input `[N, C, L]` or `[C, L]` → output `[N, C, outputSize]` or `[C, outputSize]`
 * @param outputSize - Number of windows.
 * @throws {ArgumentError} The size is not a whole number.
 * @throws {ShapeError} The input has another number of dimensions, or no elements to average.
 * @source PyTorch `nn.AdaptiveAvgPool1d`.
 * @example
 * new AdaptiveAvgPool1d(5)(randn([1, 64, 8])).shape // => [1, 64, 5]
 */
export class AdaptiveAvgPool1d extends Module {
  outputSize: SizeLike;

  constructor(outputSize: SizeLike) {
    super();
    sizesOf('AdaptiveAvgPool1d', 'outputSize', outputSize, 1, 0);
    this.outputSize = outputSize;
  }

  override forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool1d(input, this.outputSize);
  }

  override extraRepr(): string {
    return `output_size=${pythonSize(this.outputSize)}`;
  }
}

/**
 * Mean of as many windows of an image as are wanted, whatever its size.
 *
 * @shape input `[N, C, H, W]` or `[C, H, W]` → output `[N, C, ...outputSize]` or `[C, ...outputSize]`
 * @param outputSize - Numbers of windows, one number or `[height, width]`; null keeps the input's size.
 * @throws {ArgumentError} A size is not a whole number.
 * @throws {ShapeError} The input has another number of dimensions, or no elements to average.
 * @source PyTorch `nn.AdaptiveAvgPool2d`.
 * @example
 * new AdaptiveAvgPool2d([5, null])(randn([1, 64, 8, 9])).shape // => [1, 64, 5, 9]
 */
export class AdaptiveAvgPool2d extends Module {
  outputSize: F.AdaptiveSize;

  constructor(outputSize: F.AdaptiveSize) {
    super();
    F.checkAdaptiveSize('AdaptiveAvgPool2d', outputSize);
    this.outputSize = outputSize;
  }

  override forward(input: Tensor): Tensor {
    return F.adaptiveAvgPool2d(input, this.outputSize);
  }

  override extraRepr(): string {
    return `output_size=${pythonSize(this.outputSize)}`;
  }
}
