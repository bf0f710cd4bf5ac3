import type { Tensor } from '@flambeau/autograd';
import {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  checkKlReduction,
  type KlDivOptions,
  klDiv,
} from '../functional/binary-loss.ts';
import {
  type CrossEntropyOptions,
  checkSmoothing,
  crossEntropy,
  type NllLossOptions,
  nllLoss,
} from '../functional/classification-loss.ts';
import { checkReduction, type Reduction } from '../functional/reduction.ts';
import { Module } from '../module.ts';
import { requireInteger, requireTensor } from '../utils/check.ts';

/** A loss with a factor per class or element, which is a buffer so that it moves with the module. */
abstract class WeightedLoss extends Module<[input: Tensor, target: Tensor]> {
  reduction: Reduction;
  weight: Tensor | null = null;

  constructor(op: string, weight: Tensor | null | undefined, reduction: string | undefined) {
    super();
    this.reduction = checkReduction(op, reduction);
    if (weight) requireTensor(op, 'weight', weight);
    this.registerBuffer('weight', weight ?? null);
  }
}

/**
 * Negated log-probability of the target class, given log-probabilities.
 *
 * @shape input `[N, C, ...]` or `[C]`, target `[N, ...]` or `[]` (integers) → output `[]`, or target's shape with reduction `'none'`
 * @throws {ArgumentError} The reduction is unknown, or `ignoreIndex` is not a whole number.
 * @throws {ShapeError} At the call: input, target and weight do not fit each other.
 * @throws {DTypeError} At the call: the target is not made of integers.
 * @throws {IndexError} At the call: a target is neither a class nor `ignoreIndex`.
 * @source PyTorch `nn.NLLLoss`.
 * @example
 * new NLLLoss()(logSoftmax(randn([3, 5]), 1), tensor([1, 0, 4], { dtype: 'int32' }))
 */
export class NLLLoss extends WeightedLoss {
  ignoreIndex: number;

  constructor(options: NllLossOptions = {}) {
    super('NLLLoss', options.weight, options.reduction);
    this.ignoreIndex = options.ignoreIndex ?? -100;
    requireInteger('NLLLoss', 'ignoreIndex', this.ignoreIndex, Number.MIN_SAFE_INTEGER);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction } = this;
    return nllLoss(input, target, { weight, ignoreIndex, reduction });
  }
}

/**
 * Cross entropy between logits and targets, which are class indices or class probabilities.
 *
 * @shape input `[N, C, ...]` or `[C]`, target `[N, ...]` or `[]` (integers), or input's shape (floats) → output `[]`, or the shape without classes with reduction `'none'`
 * @throws {ArgumentError} The reduction is unknown, or the smoothing lies outside `[0, 1]`.
 * @throws {ShapeError} At the call: input, target and weight do not fit each other.
 * @throws {DTypeError} At the call: indices are not integers, or probabilities are not floats.
 * @throws {IndexError} At the call: a target is neither a class nor `ignoreIndex`.
 * @source PyTorch `nn.CrossEntropyLoss`.
 * @example
 * new CrossEntropyLoss({ labelSmoothing: 0.1 })(randn([3, 5]), tensor([1, 0, 4], { dtype: 'int32' }))
 */
export class CrossEntropyLoss extends WeightedLoss {
  ignoreIndex: number;
  labelSmoothing: number;

  constructor(options: CrossEntropyOptions = {}) {
    super('CrossEntropyLoss', options.weight, options.reduction);
    this.ignoreIndex = options.ignoreIndex ?? -100;
    this.labelSmoothing = options.labelSmoothing ?? 0;
    requireInteger('CrossEntropyLoss', 'ignoreIndex', this.ignoreIndex, Number.MIN_SAFE_INTEGER);
    checkSmoothing('CrossEntropyLoss', this.labelSmoothing);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction, labelSmoothing } = this;
    return crossEntropy(input, target, { weight, ignoreIndex, reduction, labelSmoothing });
  }
}

/**
 * Cross entropy between probabilities and binary targets.
 *
 * @shape input, target `[...]` → output `[]`, or `[...]` with reduction `'none'`
 * @throws {ArgumentError} The reduction is unknown.
 * @throws {ShapeError} At the call: input and target differ in shape.
 * @source PyTorch `nn.BCELoss`.
 * @example
 * new BCELoss()(tensor([0.5]), tensor([1])).itemSync() // => 0.6931471824645996
 */
export class BCELoss extends WeightedLoss {
  constructor(options: BinaryCrossEntropyOptions = {}) {
    super('BCELoss', options.weight, options.reduction);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, { weight: this.weight, reduction: this.reduction });
  }
}

/**
 * Cross entropy between logits and binary targets, without overflow.
 *
 * @shape input, target `[...]` → output `[]`, or `[...]` with reduction `'none'`
 * @throws {ArgumentError} The reduction is unknown.
 * @throws {ShapeError} At the call: input and target differ in shape.
 * @source PyTorch `nn.BCEWithLogitsLoss`.
 * @example
 * new BCEWithLogitsLoss()(tensor([0]), tensor([1])).itemSync() // => 0.6931471824645996
 */
export class BCEWithLogitsLoss extends WeightedLoss {
  posWeight: Tensor | null = null;

  constructor(options: BinaryCrossEntropyWithLogitsOptions = {}) {
    super('BCEWithLogitsLoss', options.weight, options.reduction);
    if (options.posWeight) requireTensor('BCEWithLogitsLoss', 'posWeight', options.posWeight);
    this.registerBuffer('posWeight', options.posWeight ?? null);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { weight, posWeight, reduction } = this;
    return binaryCrossEntropyWithLogits(input, target, { weight, posWeight, reduction });
  }
}

/**
 * Kullback-Leibler divergence of log-probabilities from a target distribution.
 *
 * @shape input, target `[N, ...]` → output `[]`, or `[N, ...]` with reduction `'none'`
 * @throws {ArgumentError} The reduction is unknown.
 * @throws {ShapeError} At the call: the shapes cannot be broadcast.
 * @source PyTorch `nn.KLDivLoss`.
 * @example
 * new KLDivLoss({ reduction: 'batchmean' })(logSoftmax(x, 1), softmax(y, 1))
 */
export class KLDivLoss extends Module<[input: Tensor, target: Tensor]> {
  reduction: Reduction | 'batchmean';
  logTarget: boolean;

  constructor(options: KlDivOptions = {}) {
    super();
    this.reduction = checkKlReduction('KLDivLoss', options.reduction ?? 'mean');
    this.logTarget = options.logTarget ?? false;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, { reduction: this.reduction, logTarget: this.logTarget });
  }
}
