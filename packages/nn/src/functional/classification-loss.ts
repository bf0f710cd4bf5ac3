import { type Tensor, where } from '@flambeau/autograd';
import { ArgumentError, DTypeError, isFloat, isInteger, ShapeError } from '@flambeau/backend';
import { requireInteger, requireTensor, shapeText } from '../utils/check.ts';
import { checkReduction, type Reduction, reduceLoss } from './reduction.ts';

/** What {@link nllLoss} accepts. */
export interface NllLossOptions {
  /** Factor of each class. */
  readonly weight?: Tensor | null;
  /** A target that counts for nothing; -100 when absent. */
  readonly ignoreIndex?: number;
  /** How the values are combined; the mean is weighted by the class weights. */
  readonly reduction?: Reduction;
}

/** The axis that counts classes: the second, or the only one of an input without batch. */
function classAxis(input: Tensor): number {
  return input.ndim === 1 ? 0 : 1;
}

function checkWeight(op: string, weight: Tensor, classes: number): void {
  requireTensor(op, 'weight', weight);
  if (weight.ndim === 1 && weight.shape[0] === classes) return;
  throw new ShapeError(
    op,
    `weight tensor should be defined either for all ${classes} classes or no classes but got weight tensor of shape: ${shapeText(weight)}`,
    { classes, weight: weight.shape },
  );
}

function checkTarget(op: string, input: Tensor, target: Tensor): void {
  requireTensor(op, 'input', input);
  requireTensor(op, 'target', target);
  if (input.ndim === 0) throw new ShapeError(op, 'Expected 1 or more dimensions (got 0)', { input: input.shape });
  const axis = classAxis(input);
  const expected = input.shape.filter((_, i) => i !== axis);
  if (expected.length !== target.ndim || expected.some((size, i) => size !== target.shape[i])) {
    throw new ShapeError(
      op,
      `Expected target size [${expected.join(', ')}], got ${shapeText(target)} for input ${shapeText(input)}.`,
      { input: input.shape, target: target.shape },
    );
  }
  if (!isInteger(target.dtype)) {
    throw new DTypeError(op, `class indices must be integers; got ${target.dtype}. Convert them with int().`, {
      dtype: target.dtype,
    });
  }
}

/**
 * Negated log-probability of the target class, given log-probabilities.
 *
 * @shape input `[N, C, ...]` or `[C]`, target `[N, ...]` or `[]` (integers) → `[]`, or target's shape with reduction `'none'`
 * @throws {ShapeError} Input, target and weight do not fit each other.
 * @throws {DTypeError} The target is not made of integers.
 * @throws {IndexError} A target is neither a class nor `ignoreIndex`.
 * @throws {ArgumentError} The reduction is unknown.
 * @source PyTorch `nn.functional.nll_loss`.
 * @example
 * nllLoss(logSoftmax(randn([3, 5]), 1), tensor([1, 0, 4], { dtype: 'int32' }))
 */
export function nllLoss(input: Tensor, target: Tensor, options: NllLossOptions = {}): Tensor {
  const reduction = checkReduction('nllLoss', options.reduction);
  checkTarget('nllLoss', input, target);
  return negativeLogLikelihood('nllLoss', input, target, options.weight ?? null, options.ignoreIndex, reduction);
}

function negativeLogLikelihood(
  op: string,
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignoreIndex = -100,
  reduction: Reduction,
): Tensor {
  requireInteger(op, 'ignoreIndex', ignoreIndex, Number.MIN_SAFE_INTEGER);
  const axis = classAxis(input);
  const classes = input.shape[axis] as number;
  if (weight) checkWeight(op, weight, classes);
  const counted = target.ne(ignoreIndex);
  const safe = where(counted, target, 0);
  const picked = input.gather(axis, safe.unsqueeze(axis)).squeeze(axis).neg();
  const factor = weight
    ? weight.indexSelect(0, safe.flatten()).reshape(target.shape).mul(counted)
    : counted.to(input.dtype);
  // A masked element may be infinite, so it is replaced rather than multiplied by zero.
  const losses = where(counted, weight ? picked.mul(factor) : picked, 0);
  return reduction === 'mean' ? losses.sum().div(factor.sum()) : reduceLoss(op, losses, reduction);
}

/** What {@link crossEntropy} accepts. */
export interface CrossEntropyOptions extends NllLossOptions {
  /** Share of the target that is spread evenly over all classes, from 0 to 1; 0 when absent. */
  readonly labelSmoothing?: number;
}

/**
 * Cross entropy between logits and targets, which are class indices or class probabilities.
 *
 * @shape input `[N, C, ...]` or `[C]`, target `[N, ...]` or `[]` (integers), or input's shape (floats) → `[]`, or the shape without classes with reduction `'none'`
 * @throws {ShapeError} Input, target and weight do not fit each other.
 * @throws {DTypeError} Indices are not integers, or probabilities are not floats.
 * @throws {IndexError} A target is neither a class nor `ignoreIndex`.
 * @throws {ArgumentError} The reduction is unknown, the smoothing lies outside `[0, 1]`, or probabilities come with a class to ignore.
 * @source PyTorch `nn.functional.cross_entropy`; label smoothing: Szegedy et al. 2015, arXiv:1512.00567.
 * @example
 * crossEntropy(randn([3, 5]), tensor([1, 0, 4], { dtype: 'int32' }), { labelSmoothing: 0.1 })
 */
export function crossEntropy(input: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const op = 'crossEntropy';
  const { weight = null, labelSmoothing = 0, ignoreIndex = -100 } = options;
  const reduction = checkReduction(op, options.reduction);
  checkSmoothing(op, labelSmoothing);
  requireTensor(op, 'input', input);
  requireTensor(op, 'target', target);
  const sameShape = input.ndim === target.ndim && input.shape.every((size, axis) => size === target.shape[axis]);
  if (sameShape && input.ndim > 0)
    return probabilityLoss(op, input, target, weight, ignoreIndex, reduction, labelSmoothing);
  checkTarget(op, input, target);
  const logits = input.logSoftmax(classAxis(input));
  const likelihood = negativeLogLikelihood(op, logits, target, weight, ignoreIndex, reduction);
  if (labelSmoothing === 0) return likelihood;
  const spread = smoothLoss(op, logits, target, weight, ignoreIndex, reduction);
  const classes = logits.shape[classAxis(logits)] as number;
  return likelihood.mul(1 - labelSmoothing).add(spread.mul(labelSmoothing / classes));
}

/** @throws {ArgumentError} The smoothing lies outside `[0, 1]`. */
export function checkSmoothing(op: string, labelSmoothing: number): void {
  if (labelSmoothing >= 0 && labelSmoothing <= 1) return;
  throw new ArgumentError(op, `label_smoothing must be between 0.0 and 1.0. Got: ${String(labelSmoothing)}`, {
    labelSmoothing,
  });
}

/** The classes' weights in a shape that broadcasts against the input. */
function alongClasses(weight: Tensor, input: Tensor): Tensor {
  const axis = classAxis(input);
  return weight.reshape(input.shape.map((size, i) => (i === axis ? size : 1)));
}

function probabilityLoss(
  op: string,
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignoreIndex: number,
  reduction: Reduction,
  smoothing: number,
): Tensor {
  if (!isFloat(target.dtype)) {
    throw new DTypeError(op, `Expected floating point type for target with class probabilities, got ${target.dtype}`, {
      dtype: target.dtype,
    });
  }
  if (ignoreIndex >= 0) {
    throw new ArgumentError(op, `ignore_index is not supported for floating point target; got ${ignoreIndex}.`, {
      ignoreIndex,
    });
  }
  const axis = classAxis(input);
  const classes = input.shape[axis] as number;
  if (weight) checkWeight(op, weight, classes);
  const logits = input.logSoftmax(axis);
  const wanted = smoothing > 0 ? target.mul(1 - smoothing).add(smoothing / classes) : target;
  const terms = logits.mul(wanted);
  const losses = (weight ? terms.mul(alongClasses(weight, input)) : terms).sum(axis).neg();
  // Unlike with indices, the mean here counts samples, not weights.
  return reduceLoss(op, losses, reduction);
}

/** The loss of every class alike, to be added in a small share; combined as the likelihood is. */
function smoothLoss(
  op: string,
  logits: Tensor,
  target: Tensor,
  weight: Tensor | null,
  ignoreIndex: number,
  reduction: Reduction,
): Tensor {
  const axis = classAxis(logits);
  const counted = target.ne(ignoreIndex);
  const sums = (weight ? logits.mul(alongClasses(weight, logits)) : logits).sum(axis).neg();
  const losses = where(counted, sums, 0);
  if (reduction !== 'mean') return reduceLoss(op, losses, reduction);
  if (!weight) return losses.sum().div(counted.to(logits.dtype).sum());
  const safe = where(counted, target, 0);
  const factors = weight.indexSelect(0, safe.flatten()).mul(counted.flatten());
  return losses.sum().div(factors.sum());
}
