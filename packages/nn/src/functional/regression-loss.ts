import { broadcastTensors, huber, smoothL1, type Tensor } from '@flambeau/autograd';
import { ArgumentError, ShapeError } from '@flambeau/backend';
import { requireNumber, requireTensor, shapeText } from '../utils/check.ts';
import { torchSize } from '../utils/python.ts';
import { warnOnce } from '../utils/warn.ts';
import { type Reduction, reduceLoss } from './reduction.ts';

/** What every loss accepts. */
export interface LossOptions {
  /** `'none'` keeps one value per element, `'sum'` adds them, `'mean'` (the default) averages them. */
  readonly reduction?: Reduction;
}

/** Operands of one shape; a difference of shapes is allowed, with PyTorch's warning. */
function pair(op: string, input: Tensor, target: Tensor): [input: Tensor, target: Tensor] {
  requireTensor(op, 'input', input);
  requireTensor(op, 'target', target);
  const same = input.ndim === target.ndim && input.shape.every((size, axis) => size === target.shape[axis]);
  if (same) return [input, target];
  warnOnce(
    `Using a target size (${torchSize(target.shape)}) that is different to the input size (${torchSize(input.shape)}). ` +
      'This will likely lead to incorrect results due to broadcasting. Please ensure they have the same size.',
  );
  return broadcastTensors(input, target) as [Tensor, Tensor];
}

/**
 * Mean absolute difference.
 *
 * @shape input, target `[...]` → `[]`, or `[...]` with reduction `'none'`
 * @throws {ShapeError} The shapes cannot be broadcast.
 * @throws {ArgumentError} The reduction is unknown.
 * @source PyTorch `nn.functional.l1_loss`.
 * @example
 * l1Loss(tensor([1, 2]), tensor([2, 4])).itemSync() // => 1.5
 */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  const [x, t] = pair('l1Loss', input, target);
  return reduceLoss('l1Loss', x.sub(t).abs(), options.reduction);
}

/** What {@link mseLoss} accepts. */
export interface MseLossOptions extends LossOptions {
  /** Weight of each element; the mean is then divided by their sum. */
  readonly weight?: Tensor | null;
}

/**
 * Mean squared difference.
 *
 * @shape input, target `[...]` → `[]`, or `[...]` with reduction `'none'`
 * @throws {ShapeError} The shapes cannot be broadcast, or the weight has another shape.
 * @throws {ArgumentError} The reduction is unknown.
 * @source PyTorch `nn.functional.mse_loss`.
 * @example
 * mseLoss(tensor([1, 2]), tensor([2, 4])).itemSync() // => 2.5
 */
export function mseLoss(input: Tensor, target: Tensor, options: MseLossOptions = {}): Tensor {
  const [x, t] = pair('mseLoss', input, target);
  const squared = x.sub(t).square();
  const { weight, reduction } = options;
  if (!weight) return reduceLoss('mseLoss', squared, reduction);
  requireTensor('mseLoss', 'weight', weight);
  if (weight.ndim !== x.ndim || weight.shape.some((size, axis) => size !== x.shape[axis])) {
    throw new ShapeError(
      'mseLoss',
      `Weights and input must have the same size; got ${shapeText(weight)} and ${shapeText(x)}.`,
      { weight: weight.shape, input: x.shape },
    );
  }
  const weighted = squared.mul(weight);
  if ((reduction ?? 'mean') === 'mean') return weighted.sum().div(weight.sum());
  return reduceLoss('mseLoss', weighted, reduction);
}

/** What {@link smoothL1Loss} accepts. */
export interface SmoothL1LossOptions extends LossOptions {
  /** Difference at which the square turns into a line; 1 when absent. */
  readonly beta?: number;
}

/**
 * `d² / 2β` where `|d| < β`, `|d| - β/2` elsewhere, for the difference `d`.
 *
 * @shape input, target `[...]` → `[]`, or `[...]` with reduction `'none'`
 * @throws {ArgumentError} `beta` is negative, or the reduction is unknown.
 * @throws {ShapeError} The shapes cannot be broadcast.
 * @source PyTorch `nn.functional.smooth_l1_loss`; Girshick 2015, arXiv:1504.08083.
 * @example
 * smoothL1Loss(tensor([0, 0]), tensor([0.5, 2])).itemSync() // => 0.8125
 */
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1LossOptions = {}): Tensor {
  const { beta = 1, reduction } = options;
  requireNumber('smoothL1Loss', 'beta', beta);
  if (beta < 0) {
    throw new ArgumentError('smoothL1Loss', `does not support negative values for beta; got ${beta}.`, { beta });
  }
  const [x, t] = pair('smoothL1Loss', input, target);
  const loss = beta === 0 ? x.sub(t).abs() : smoothL1(x, t, beta);
  return reduceLoss('smoothL1Loss', loss, reduction);
}

/** What {@link huberLoss} accepts. */
export interface HuberLossOptions extends LossOptions {
  /** Difference at which the square turns into a line; 1 when absent. */
  readonly delta?: number;
}

/**
 * `d² / 2` where `|d| ≤ δ`, `δ (|d| - δ/2)` elsewhere, for the difference `d`.
 *
 * @shape input, target `[...]` → `[]`, or `[...]` with reduction `'none'`
 * @throws {ArgumentError} `delta` is not positive, or the reduction is unknown.
 * @throws {ShapeError} The shapes cannot be broadcast.
 * @source PyTorch `nn.functional.huber_loss`; Huber 1964.
 * @example
 * huberLoss(tensor([0, 0]), tensor([0.5, 2])).itemSync() // => 0.8125
 */
export function huberLoss(input: Tensor, target: Tensor, options: HuberLossOptions = {}): Tensor {
  const { delta = 1, reduction } = options;
  requireNumber('huberLoss', 'delta', delta);
  if (delta <= 0) {
    throw new ArgumentError('huberLoss', `does not support non-positive values for delta; got ${delta}.`, { delta });
  }
  const [x, t] = pair('huberLoss', input, target);
  return reduceLoss('huberLoss', huber(x, t, delta), reduction);
}
