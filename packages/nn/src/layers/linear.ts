import type { Tensor } from '@flambeau/autograd';
import { bilinear, linear } from '../functional/linear.ts';
import { uniform_ } from '../init/fill.ts';
import { fans } from '../init/gain.ts';
import { kaimingUniform_ } from '../init/variance.ts';
import { Module } from '../module.ts';
import type { Parameter } from '../parameter.ts';
import { requireInteger } from '../utils/check.ts';
import { pythonBool } from '../utils/python.ts';
import { emptyParameter, type FactoryOptions } from './factory.ts';

/** How a {@link Linear} or {@link Bilinear} is made. */
export interface LinearOptions extends FactoryOptions {
  /** Whether a bias is added; true when absent. */
  readonly bias?: boolean;
}

/**
 * Applies `y = x Wᵀ + b` to the last dimension.
 *
 * @shape input `[..., inFeatures]` → output `[..., outFeatures]`
 * @param inFeatures - Size of each input row (elements).
 * @param outFeatures - Size of each output row (elements).
 * @throws {ArgumentError} A size is not a whole number.
 * @throws {ShapeError} The last dimension is not `inFeatures`.
 * @source PyTorch `nn.Linear`; initialisation: He et al. 2015, arXiv:1502.01852.
 * @example
 * new Linear(20, 30)(randn([128, 20])).shape // => [128, 30]
 */
export class Linear extends Module {
  /** Size of each input row (elements). */
  inFeatures: number;
  /** Size of each output row (elements). */
  outFeatures: number;
  /** `[outFeatures, inFeatures]` */
  weight: Parameter;
  /** `[outFeatures]`, or null. */
  bias: Parameter | null = null;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    requireInteger('Linear', 'inFeatures', inFeatures);
    requireInteger('Linear', 'outFeatures', outFeatures);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = emptyParameter([outFeatures, inFeatures], options);
    this.registerParameter('bias', (options.bias ?? true) ? emptyParameter([outFeatures], options) : null);
    this.resetParameters();
  }

  /** Draws weight and bias from `U(±1/√inFeatures)`. */
  resetParameters(): void {
    // a = √5 makes the bound of the kaiming formula 1/√fanIn.
    kaimingUniform_(this.weight, { a: Math.sqrt(5) });
    resetBias(this.weight, this.bias);
  }

  override forward(input: Tensor): Tensor {
    return linear(input, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `in_features=${this.inFeatures}, out_features=${this.outFeatures}, bias=${pythonBool(this.bias !== null)}`;
  }
}

/** Draws a bias from `U(±1/√fanIn)` of its weight, as linear and convolution layers do. */
export function resetBias(weight: Parameter, bias: Parameter | null): void {
  if (!bias) return;
  const [fanIn] = fans(weight);
  const bound = fanIn > 0 ? 1 / Math.sqrt(fanIn) : 0;
  uniform_(bias, -bound, bound);
}

/**
 * Applies `y_k = x₁ᵀ W_k x₂ + b_k` to the last dimensions of two inputs.
 *
 * @shape input1 `[..., in1Features]`, input2 `[..., in2Features]` → output `[..., outFeatures]`
 * @param in1Features - Size of each row of the first input (elements).
 * @param in2Features - Size of each row of the second input (elements).
 * @param outFeatures - Size of each output row (elements).
 * @throws {ArgumentError} `in1Features` is not positive, or a size is not a whole number.
 * @throws {ShapeError} The inputs do not fit.
 * @source PyTorch `nn.Bilinear`.
 * @example
 * new Bilinear(20, 30, 40)(randn([128, 20]), randn([128, 30])).shape // => [128, 40]
 */
export class Bilinear extends Module<[Tensor, Tensor]> {
  /** Size of each row of the first input (elements). */
  in1Features: number;
  /** Size of each row of the second input (elements). */
  in2Features: number;
  /** Size of each output row (elements). */
  outFeatures: number;
  /** `[outFeatures, in1Features, in2Features]` */
  weight: Parameter;
  /** `[outFeatures]`, or null. */
  bias: Parameter | null = null;

  constructor(in1Features: number, in2Features: number, outFeatures: number, options: LinearOptions = {}) {
    super();
    requireInteger('Bilinear', 'in1Features', in1Features, 1);
    requireInteger('Bilinear', 'in2Features', in2Features);
    requireInteger('Bilinear', 'outFeatures', outFeatures);
    this.in1Features = in1Features;
    this.in2Features = in2Features;
    this.outFeatures = outFeatures;
    this.weight = emptyParameter([outFeatures, in1Features, in2Features], options);
    this.registerParameter('bias', (options.bias ?? true) ? emptyParameter([outFeatures], options) : null);
    this.resetParameters();
  }

  /** Draws weight and bias from `U(±1/√in1Features)`. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.in1Features);
    uniform_(this.weight, -bound, bound);
    if (this.bias) uniform_(this.bias, -bound, bound);
  }

  override forward(input1: Tensor, input2: Tensor): Tensor {
    return bilinear(input1, input2, this.weight, this.bias);
  }

  override extraRepr(): string {
    return (
      `in1_features=${this.in1Features}, in2_features=${this.in2Features}, ` +
      `out_features=${this.outFeatures}, bias=${pythonBool(this.bias !== null)}`
    );
  }
}

/**
 * Gives its input back; constructor arguments are ignored.
 *
 * @shape input `[...]` → output `[...]`
 * @source PyTorch `nn.Identity`.
 * @example
 * new Identity(54)(x) === x // => true
 */
export class Identity extends Module {
  // Takes and ignores what the layer takes that it stands in for.
  constructor(..._ignored: readonly unknown[]) {
    super();
  }

  override forward(input: Tensor): Tensor {
    return input;
  }
}
