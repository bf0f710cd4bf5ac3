import type { Tensor } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import { groupNorm, layerNorm, rmsNorm } from '../functional/norm.ts';
import { ones_, zeros_ } from '../init/fill.ts';
import { Module } from '../module.ts';
import type { Parameter } from '../parameter.ts';
import { describe, requireInteger, requireNumber } from '../utils/check.ts';
import { pythonBool, pythonFloat, pythonTuple } from '../utils/python.ts';
import { emptyParameter, type FactoryOptions } from './factory.ts';

/** How a {@link LayerNorm} is made. */
export interface LayerNormOptions extends FactoryOptions {
  /** Added to the variance; 1e-5 when absent. */
  readonly eps?: number;
  /** Whether the result is scaled and shifted by parameters; true when absent. */
  readonly elementwiseAffine?: boolean;
  /** Whether there is a shift beside the scale; true when absent. */
  readonly bias?: boolean;
}

function shapeOf(op: string, shape: number | readonly number[]): number[] {
  const sizes = typeof shape === 'number' ? [shape] : shape;
  if (!Array.isArray(sizes) || sizes.length === 0) {
    throw new ArgumentError(op, `normalizedShape must be a size or a list of sizes; got ${describe(shape)}.`, {
      shape,
    });
  }
  for (const size of sizes) requireInteger(op, 'normalizedShape', size);
  return [...sizes];
}

/**
 * Normalises the last dimensions of each sample to mean 0 and variance 1, then scales and shifts.
 *
 * @shape input `[..., ...normalizedShape]` → output, same
 * @param normalizedShape - Sizes of the last dimensions, or the last size.
 * @throws {ArgumentError} A size is not a whole number, or there is none.
 * @throws {ShapeError} The input does not end in that shape.
 * @source PyTorch `nn.LayerNorm`; Ba et al. 2016, arXiv:1607.06450.
 * @example
 * new LayerNorm([5, 10])(randn([20, 5, 10]))
 */
export class LayerNorm extends Module {
  normalizedShape: readonly number[];
  eps: number;
  elementwiseAffine: boolean;
  /** `normalizedShape`, or null. */
  weight: Parameter | null = null;
  /** `normalizedShape`, or null. */
  bias: Parameter | null = null;

  constructor(normalizedShape: number | readonly number[], options: LayerNormOptions = {}) {
    super();
    const { eps = 1e-5, elementwiseAffine = true, bias = true } = options;
    requireNumber('LayerNorm', 'eps', eps);
    this.normalizedShape = shapeOf('LayerNorm', normalizedShape);
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    const make = (): Parameter => emptyParameter(this.normalizedShape, options);
    this.registerParameter('weight', elementwiseAffine ? make() : null);
    this.registerParameter('bias', elementwiseAffine && bias ? make() : null);
    this.resetParameters();
  }

  /** Sets the scale to 1 and the shift to 0. */
  resetParameters(): void {
    if (this.weight) ones_(this.weight);
    if (this.bias) zeros_(this.bias);
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return layerNorm(input, this.normalizedShape, { weight, bias, eps });
  }

  override extraRepr(): string {
    return `${pythonTuple(this.normalizedShape)}, eps=${pythonFloat(this.eps)}, elementwise_affine=${pythonBool(this.elementwiseAffine)}`;
  }
}

/** How an {@link RMSNorm} is made. */
export interface RMSNormOptions extends FactoryOptions {
  /** Added to the mean square; the input dtype's machine epsilon when null or absent. */
  readonly eps?: number | null;
  /** Whether the result is scaled by a parameter; true when absent. */
  readonly elementwiseAffine?: boolean;
}

/**
 * Divides the last dimensions of each sample by the root of their mean square, then scales.
 *
 * @shape input `[..., ...normalizedShape]` → output, same
 * @param normalizedShape - Sizes of the last dimensions, or the last size.
 * @throws {ArgumentError} A size is not a whole number, or there is none.
 * @throws {ShapeError} The input does not end in that shape.
 * @source PyTorch `nn.RMSNorm`; Zhang & Sennrich 2019, arXiv:1910.07467.
 * @example
 * new RMSNorm(10)(randn([20, 5, 10]))
 */
export class RMSNorm extends Module {
  normalizedShape: readonly number[];
  eps: number | null;
  elementwiseAffine: boolean;
  /** `normalizedShape`, or null. */
  weight: Parameter | null = null;

  constructor(normalizedShape: number | readonly number[], options: RMSNormOptions = {}) {
    super();
    const { eps = null, elementwiseAffine = true } = options;
    if (eps !== null) requireNumber('RMSNorm', 'eps', eps);
    this.normalizedShape = shapeOf('RMSNorm', normalizedShape);
    this.eps = eps;
    this.elementwiseAffine = elementwiseAffine;
    this.registerParameter('weight', elementwiseAffine ? emptyParameter(this.normalizedShape, options) : null);
    this.resetParameters();
  }

  /** Sets the scale to 1. */
  resetParameters(): void {
    if (this.weight) ones_(this.weight);
  }

  override forward(input: Tensor): Tensor {
    return rmsNorm(input, this.normalizedShape, { weight: this.weight, eps: this.eps });
  }

  override extraRepr(): string {
    const eps = this.eps === null ? 'None' : pythonFloat(this.eps);
    return `${pythonTuple(this.normalizedShape)}, eps=${eps}, elementwise_affine=${pythonBool(this.elementwiseAffine)}`;
  }
}

/** How a {@link GroupNorm} is made. */
export interface GroupNormOptions extends FactoryOptions {
  /** Added to the variance; 1e-5 when absent. */
  readonly eps?: number;
  /** Whether each channel is scaled and shifted by parameters; true when absent. */
  readonly affine?: boolean;
}

/**
 * Normalises groups of channels of each sample to mean 0 and variance 1, then scales and shifts each channel.
 *
 * @shape input `[N, numChannels, ...]` → output, same
 * @param numGroups - Number of groups.
 * @param numChannels - Channels of the input, a multiple of `numGroups`.
 * @throws {ArgumentError} Channels are not divisible by groups, or a number is not positive.
 * @throws {ShapeError} The input has other channels, or fewer than two dimensions.
 * @source PyTorch `nn.GroupNorm`; Wu & He 2018, arXiv:1803.08494.
 * @example
 * new GroupNorm(3, 6)(randn([20, 6, 10, 10]))
 */
export class GroupNorm extends Module {
  numGroups: number;
  numChannels: number;
  eps: number;
  affine: boolean;
  /** `[numChannels]`, or null. */
  weight: Parameter | null = null;
  /** `[numChannels]`, or null. */
  bias: Parameter | null = null;

  constructor(numGroups: number, numChannels: number, options: GroupNormOptions = {}) {
    super();
    const { eps = 1e-5, affine = true } = options;
    requireInteger('GroupNorm', 'numGroups', numGroups, 1);
    requireInteger('GroupNorm', 'numChannels', numChannels);
    requireNumber('GroupNorm', 'eps', eps);
    if (numChannels % numGroups !== 0) {
      throw new ArgumentError(
        'GroupNorm',
        `num_channels (${numChannels}) must be divisible by num_groups (${numGroups})`,
        { numGroups, numChannels },
      );
    }
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = eps;
    this.affine = affine;
    this.registerParameter('weight', affine ? emptyParameter([numChannels], options) : null);
    this.registerParameter('bias', affine ? emptyParameter([numChannels], options) : null);
    this.resetParameters();
  }

  /** Sets the scales to 1 and the shifts to 0. */
  resetParameters(): void {
    if (this.weight) ones_(this.weight);
    if (this.bias) zeros_(this.bias);
  }

  override forward(input: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return groupNorm(input, this.numGroups, { weight, bias, eps });
  }

  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${pythonFloat(this.eps)}, affine=${pythonBool(this.affine)}`;
  }
}
