import type { Tensor } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import { checkReduction, type Reduction } from '../functional/reduction.ts';
import {
  type HuberLossOptions,
  huberLoss,
  type LossOptions,
  l1Loss,
  mseLoss,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from '../functional/regression-loss.ts';
import { Module } from '../module.ts';
import { requireNumber } from '../utils/check.ts';

/**
 * Mean absolute difference between input and target.
 *
 * @shape input, target `[...]` → output `[]`, or `[...]` with reduction `'none'`
 * @throws {ArgumentError} The reduction is unknown.
 * @throws {ShapeError} At the call: the shapes cannot be broadcast.
 * @source PyTorch `nn.L1Loss`.
 * @example
 * new L1Loss()(tensor([1, 2]), tensor([2, 4])).itemSync() // => 1.5
 */
export class L1Loss extends Module<[input: Tensor, target: Tensor]> {
  reduction: Reduction;

  constructor(options: LossOptions = {}) {
    super();
    this.reduction = checkReduction('L1Loss', options.reduction);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, { reduction: this.reduction });
  }
}

/**
 * Mean squared difference between input and target.
 *
 * @shape input, target `[...]` → output `[]`, or `[...]` with reduction `'none'`
 * @throws {ArgumentError} The reduction is unknown.
 * @throws {ShapeError} At the call: the shapes cannot be broadcast.
 * @source PyTorch `nn.MSELoss`.
 * @example
 * new MSELoss()(tensor([1, 2]), tensor([2, 4])).itemSync() // => 2.5
 */
export class MSELoss extends Module<[input: Tensor, target: Tensor]> {
  reduction: Reduction;

  constructor(options: LossOptions = {}) {
    super();
    this.reduction = checkReduction('MSELoss', options.reduction);
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, { reduction: this.reduction });
  }
}

/**
 * `d² / 2β` where `|d| < β`, `|d| - β/2` elsewhere, for the difference `d` of input and target.
 *
 * @shape input, target `[...]` → output `[]`, or `[...]` with reduction `'none'`
 * @throws {ArgumentError} The reduction is unknown, or `beta` is negative.
 * @throws {ShapeError} At the call: the shapes cannot be broadcast.
 * @source PyTorch `nn.SmoothL1Loss`; Girshick 2015, arXiv:1504.08083.
 * @example
 * new SmoothL1Loss()(tensor([0, 0]), tensor([0.5, 2])).itemSync() // => 0.8125
 */
export class SmoothL1Loss extends Module<[input: Tensor, target: Tensor]> {
  reduction: Reduction;
  beta: number;

  constructor(options: SmoothL1LossOptions = {}) {
    super();
    const { beta = 1 } = options;
    this.reduction = checkReduction('SmoothL1Loss', options.reduction);
    requireNumber('SmoothL1Loss', 'beta', beta);
    if (beta < 0) {
      throw new ArgumentError('SmoothL1Loss', `does not support negative values for beta; got ${beta}.`, { beta });
    }
    this.beta = beta;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, { reduction: this.reduction, beta: this.beta });
  }
}

/**
 * `d² / 2` where `|d| ≤ δ`, `δ (|d| - δ/2)` elsewhere, for the difference `d` of input and target.
 *
 * @shape input, target `[...]` → output `[]`, or `[...]` with reduction `'none'`
 * @throws {ArgumentError} The reduction is unknown, or `delta` is not positive.
 * @throws {ShapeError} At the call: the shapes cannot be broadcast.
 * @source PyTorch `nn.HuberLoss`; Huber 1964.
 * @example
 * new HuberLoss()(tensor([0, 0]), tensor([0.5, 2])).itemSync() // => 0.8125
 */
export class HuberLoss extends Module<[input: Tensor, target: Tensor]> {
  reduction: Reduction;
  delta: number;

  constructor(options: HuberLossOptions = {}) {
    super();
    const { delta = 1 } = options;
    this.reduction = checkReduction('HuberLoss', options.reduction);
    requireNumber('HuberLoss', 'delta', delta);
    if (delta <= 0) {
      throw new ArgumentError('HuberLoss', `does not support non-positive values for delta; got ${delta}.`, { delta });
    }
    this.delta = delta;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, { reduction: this.reduction, delta: this.delta });
  }
}
