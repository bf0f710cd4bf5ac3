import type { Tensor } from '@flambeau/autograd';
import { ArgumentError, ShapeError } from '@flambeau/backend';
import { conv1d, conv2d } from '../functional/conv.ts';
import { pad } from '../functional/pad.ts';
import { kaimingUniform_ } from '../init/variance.ts';
import { Module } from '../module.ts';
import type { Parameter } from '../parameter.ts';
import { describe, requireInteger, requireTensor, type SizeLike, shapeText, sizesOf } from '../utils/check.ts';
import { pythonTuple } from '../utils/python.ts';
import { emptyParameter, type FactoryOptions } from './factory.ts';
import { resetBias } from './linear.ts';

/** What lies beyond the edge of a convolution's input. */
export type PaddingMode = 'zeros' | 'reflect' | 'replicate' | 'circular';

/** Elements added on both sides of each axis; `'same'` keeps the size, `'valid'` adds none. */
export type Padding = SizeLike | 'same' | 'valid';

/** How a convolution layer is made. */
export interface ConvOptions extends FactoryOptions {
  /** Steps between windows (elements); 1 when absent. */
  readonly stride?: SizeLike;
  /** Elements added on both sides; 0 when absent. */
  readonly padding?: Padding;
  /** Steps between a window's elements; 1 when absent. */
  readonly dilation?: SizeLike;
  /** Blocks of channels that do not see each other; 1 when absent. */
  readonly groups?: number;
  /** Whether a bias is added; true when absent. */
  readonly bias?: boolean;
  /** What lies beyond the edge; `'zeros'` when absent. */
  readonly paddingMode?: PaddingMode;
}

const paddingModes: readonly string[] = ['zeros', 'reflect', 'replicate', 'circular'];

/** What the convolutions of one and two dimensions share. */
abstract class Conv extends Module {
  inChannels: number;
  outChannels: number;
  kernelSize: readonly number[];
  stride: readonly number[];
  padding: readonly number[] | 'same' | 'valid';
  dilation: readonly number[];
  groups: number;
  paddingMode: PaddingMode;
  /** `[outChannels, inChannels / groups, ...kernelSize]` */
  weight: Parameter;
  /** `[outChannels]`, or null. */
  bias: Parameter | null = null;

  constructor(
    op: string,
    rank: number,
    inChannels: number,
    outChannels: number,
    kernelSize: SizeLike,
    options: ConvOptions,
  ) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1, bias = true, paddingMode = 'zeros' } = options;
    requireInteger(op, 'inChannels', inChannels);
    requireInteger(op, 'outChannels', outChannels);
    requireInteger(op, 'groups', groups, 1);
    if (inChannels % groups !== 0) {
      throw new ArgumentError(op, `in_channels must be divisible by groups; got ${inChannels} and ${groups}.`);
    }
    if (outChannels % groups !== 0) {
      throw new ArgumentError(op, `out_channels must be divisible by groups; got ${outChannels} and ${groups}.`);
    }
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = sizesOf(op, 'kernelSize', kernelSize, rank, 1);
    this.stride = sizesOf(op, 'stride', stride, rank, 1);
    this.dilation = sizesOf(op, 'dilation', dilation, rank, 1);
    this.padding = checkPadding(op, padding, this.stride);
    this.groups = groups;
    if (!paddingModes.includes(paddingMode)) {
      throw new ArgumentError(
        op,
        `padding_mode must be one of ['zeros', 'reflect', 'replicate', 'circular'], but got padding_mode=${describe(paddingMode)}`,
        { paddingMode },
      );
    }
    this.paddingMode = paddingMode;
    this.weight = emptyParameter([outChannels, inChannels / groups, ...this.kernelSize], options);
    this.registerParameter('bias', bias ? emptyParameter([outChannels], options) : null);
    this.resetParameters();
  }

  /** Draws weight and bias from `U(±1/√fanIn)`. */
  resetParameters(): void {
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    resetBias(this.weight, this.bias);
  }

  /** Input and padding as the functional form takes them: other modes than zeros are padded beforehand. */
  protected padded(op: string, input: Tensor): [input: Tensor, padding: number[] | 'same' | 'valid'] {
    requireTensor(op, 'input', input);
    const rank = this.kernelSize.length;
    if (input.ndim !== rank + 1 && input.ndim !== rank + 2) {
      throw new ShapeError(
        op,
        `Expected ${rank + 1}D (unbatched) or ${rank + 2}D (batched) input, but got input of size: ${shapeText(input)}`,
        { shape: input.shape },
      );
    }
    if (input.shape[input.ndim - rank - 1] !== this.inChannels) {
      throw new ShapeError(
        op,
        `expected input${shapeText(input)} to have ${this.inChannels} channels, but got ${input.shape[input.ndim - rank - 1]} channels instead`,
        { shape: input.shape },
      );
    }
    if (this.paddingMode === 'zeros') {
      return [input, typeof this.padding === 'string' ? this.padding : [...this.padding]];
    }
    return [pad(input, this.sides(), { mode: this.paddingMode }), this.kernelSize.map(() => 0)];
  }

  /** Amounts before and after, last axis first, as `pad` takes them. */
  protected sides(): number[] {
    const { padding } = this;
    const pairs = this.kernelSize.map((size, axis): [number, number] => {
      if (padding === 'valid') return [0, 0];
      if (padding !== 'same') return [padding[axis] as number, padding[axis] as number];
      const total = (this.dilation[axis] as number) * (size - 1);
      const left = Math.floor(total / 2);
      return [left, total - left];
    });
    return pairs.reverse().flat();
  }

  override extraRepr(): string {
    const { padding, dilation, groups } = this;
    const parts = [
      `${this.inChannels}, ${this.outChannels}`,
      `kernel_size=${pythonTuple(this.kernelSize)}`,
      `stride=${pythonTuple(this.stride)}`,
    ];
    if (typeof padding === 'string') parts.push(`padding=${padding}`);
    else if (padding.some((amount) => amount !== 0)) parts.push(`padding=${pythonTuple(padding)}`);
    if (dilation.some((step) => step !== 1)) parts.push(`dilation=${pythonTuple(dilation)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (this.bias === null) parts.push('bias=False');
    if (this.paddingMode !== 'zeros') parts.push(`padding_mode=${this.paddingMode}`);
    return parts.join(', ');
  }
}

function checkPadding(op: string, padding: Padding, stride: readonly number[]): readonly number[] | 'same' | 'valid' {
  if (typeof padding !== 'string') return sizesOf(op, 'padding', padding, stride.length, 0);
  if (padding !== 'same' && padding !== 'valid') {
    throw new ArgumentError(op, `Invalid padding string ${describe(padding)}, should be one of 'valid', 'same'`, {
      padding,
    });
  }
  if (padding === 'same' && stride.some((step) => step !== 1)) {
    throw new ArgumentError(
      op,
      `padding='same' is not supported for strided convolutions; got stride ${describe(stride)}.`,
      {
        padding,
        stride,
      },
    );
  }
  return padding;
}

/**
 * Convolution (cross-correlation) of signals with learnt kernels.
 *
 * @shape input `[N, inChannels, L]` or `[inChannels, L]` → output `[N, outChannels, Lout]` or `[outChannels, Lout]`, with
 * `Lout = ⌊(L + 2·padding - dilation·(kernelSize - 1) - 1) / stride⌋ + 1`
 * @param inChannels - Channels of the input.
 * @param outChannels - Channels of the output.
 * @param kernelSize - Size of the window (elements).
 * @throws {ArgumentError} An option is out of range, or channels are not divisible by `groups`.
 * @throws {ShapeError} The input has other channels or dimensions, or is smaller than the window.
 * @source PyTorch `nn.Conv1d`; initialisation: He et al. 2015, arXiv:1502.01852.
 * @example
 * new Conv1d(16, 33, 3, { stride: 2 })(randn([20, 16, 50])).shape // => [20, 33, 24]
 */
export class Conv1d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: SizeLike, options: ConvOptions = {}) {
    super('Conv1d', 1, inChannels, outChannels, kernelSize, options);
  }

  override forward(input: Tensor): Tensor {
    const [x, padding] = this.padded('Conv1d', input);
    const { stride, dilation, groups } = this;
    return conv1d(x, this.weight, this.bias, { stride, padding, dilation, groups });
  }
}

/**
 * Convolution (cross-correlation) of images with learnt kernels.
 *
 * @shape input `[N, inChannels, H, W]` or `[inChannels, H, W]` → output `[N, outChannels, Hout, Wout]` or
 * `[outChannels, Hout, Wout]`, each size `⌊(size + 2·padding - dilation·(kernelSize - 1) - 1) / stride⌋ + 1`
 * @param inChannels - Channels of the input.
 * @param outChannels - Channels of the output.
 * @param kernelSize - Size of the window (elements), one number or `[height, width]`.
 * @throws {ArgumentError} An option is out of range, or channels are not divisible by `groups`.
 * @throws {ShapeError} The input has other channels or dimensions, or is smaller than the window.
 * @source PyTorch `nn.Conv2d`; initialisation: He et al. 2015, arXiv:1502.01852.
 * @example
 * new Conv2d(16, 33, 3, { stride: 2 })(randn([20, 16, 50, 100])).shape // => [20, 33, 24, 49]
 */
export class Conv2d extends Conv {
  constructor(inChannels: number, outChannels: number, kernelSize: SizeLike, options: ConvOptions = {}) {
    super('Conv2d', 2, inChannels, outChannels, kernelSize, options);
  }

  override forward(input: Tensor): Tensor {
    const [x, padding] = this.padded('Conv2d', input);
    const { stride, dilation, groups } = this;
    return conv2d(x, this.weight, this.bias, { stride, padding, dilation, groups });
  }
}
