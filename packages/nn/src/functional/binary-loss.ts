import { AutogradFunction, type FunctionContext, logsigmoid, type Tensor, xlogy } from '@flambeau/autograd';
import { ShapeError } from '@flambeau/backend';
import { requireTensor } from '../utils/check.ts';
import { torchSize } from '../utils/python.ts';
import { warnOnce } from '../utils/warn.ts';
import { checkReduction, type Reduction, reduceLoss } from './reduction.ts';

/** What {@link binaryCrossEntropy} accepts. */
export interface BinaryCrossEntropyOptions {
  /** Factor of each element's loss; broadcast to the input. */
  readonly weight?: Tensor | null;
  /** How the values are combined; `'mean'` when absent. */
  readonly reduction?: Reduction;
}

function sameSize(op: string, input: Tensor, target: Tensor, message: () => string): void {
  requireTensor(op, 'input', input);
  requireTensor(op, 'target', target);
  if (input.ndim === target.ndim && input.shape.every((size, axis) => size === target.shape[axis])) return;
  throw new ShapeError(op, message(), { input: input.shape, target: target.shape });
}

/** Logarithms are cut off here, so that a certain but wrong answer costs much instead of infinitely much. */
const lowestLog = -100;
/** Keeps the gradient finite where the input is 0 or 1. */
const smallest = 1e-12;

/** `-(t log x + (1 - t) log(1 - x))` with PyTorch's cut-offs, in the value and in the gradient. */
class BinaryCrossEntropy extends AutogradFunction {
  static override forward(ctx: FunctionContext, input: Tensor, target: Tensor): Tensor {
    ctx.saveForBackward(input, target);
    const negative = input.neg().log1p().clampMin(lowestLog);
    const positive = input.log().clampMin(lowestLog);
    return target.sub(1).mul(negative).sub(target.mul(positive));
  }

  static override backward(ctx: FunctionContext, grad: Tensor): (Tensor | null)[] {
    const [input, target] = ctx.savedTensors as [Tensor, Tensor];
    const [needsInput, needsTarget] = ctx.needsInputGrad;
    const scale = input.neg().add(1).mul(input).clampMin(smallest);
    return [
      needsInput ? grad.mul(input.sub(target)).div(scale) : null,
      needsTarget ? grad.mul(input.neg().log1p().clampMin(lowestLog).sub(input.log().clampMin(lowestLog))) : null,
    ];
  }
}

/**
 * Cross entropy between probabilities and binary targets.
 *
 * An input outside `[0, 1]` gives NaN.
 *
 * @shape input, target `[...]` → `[]`, or `[...]` with reduction `'none'`
 * @throws {ShapeError} Input and target differ in shape.
 * @throws {ArgumentError} The reduction is unknown.
 * @source PyTorch `nn.functional.binary_cross_entropy`, with its cut-off of logarithms at -100.
 * @example
 * binaryCrossEntropy(tensor([0.5]), tensor([1])).itemSync() // => 0.6931471824645996
 */
export function binaryCrossEntropy(input: Tensor, target: Tensor, options: BinaryCrossEntropyOptions = {}): Tensor {
  sameSize(
    'binaryCrossEntropy',
    input,
    target,
    () =>
      `Using a target size (${torchSize(target.shape)}) that is different to the input size (${torchSize(input.shape)}) is deprecated. ` +
      'Please ensure they have the same size.',
  );
  const loss = BinaryCrossEntropy.apply(input, target) as Tensor;
  const { weight, reduction } = options;
  return reduceLoss('binaryCrossEntropy', weight ? loss.mul(weight) : loss, reduction);
}

/** What {@link binaryCrossEntropyWithLogits} accepts. */
export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** Factor of the positive examples, per class; broadcast to the input. */
  readonly posWeight?: Tensor | null;
}

/**
 * Cross entropy between logits and binary targets, without overflow.
 *
 * @shape input, target `[...]` → `[]`, or `[...]` with reduction `'none'`
 * @throws {ShapeError} Input and target differ in shape.
 * @throws {ArgumentError} The reduction is unknown.
 * @source PyTorch `nn.functional.binary_cross_entropy_with_logits`.
 * @example
 * binaryCrossEntropyWithLogits(tensor([0]), tensor([1])).itemSync() // => 0.6931471824645996
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor {
  sameSize(
    'binaryCrossEntropyWithLogits',
    input,
    target,
    () => `Target size (${torchSize(target.shape)}) must be the same as input size (${torchSize(input.shape)})`,
  );
  const { weight, posWeight, reduction } = options;
  // (1 - t) x - (1 + (p - 1) t) log σ(x)
  const wrong = target.neg().add(1).mul(input);
  const right = logsigmoid(input);
  const loss = wrong.sub(posWeight ? posWeight.sub(1).mul(target).add(1).mul(right) : right);
  return reduceLoss('binaryCrossEntropyWithLogits', weight ? loss.mul(weight) : loss, reduction);
}

/** What {@link klDiv} accepts. */
export interface KlDivOptions {
  /** How the values are combined; `'batchmean'`, the divergence's definition, divides the sum by the first size. */
  readonly reduction?: Reduction | 'batchmean';
  /** The target is given as logarithms too. */
  readonly logTarget?: boolean;
}

/**
 * Kullback-Leibler divergence `Σ t (log t - x)` of log-probabilities `x` from a target `t`.
 *
 * @shape input, target `[N, ...]` → `[]`, or `[N, ...]` with reduction `'none'`
 * @throws {ShapeError} The shapes cannot be broadcast.
 * @throws {ArgumentError} The reduction is unknown.
 * @source PyTorch `nn.functional.kl_div`.
 * @example
 * klDiv(logSoftmax(x, 1), softmax(y, 1), { reduction: 'batchmean' })
 */
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  requireTensor('klDiv', 'input', input);
  requireTensor('klDiv', 'target', target);
  const { logTarget = false } = options;
  const reduction = checkKlReduction('klDiv', options.reduction ?? 'mean');
  const loss = logTarget ? target.exp().mul(target.sub(input)) : xlogy(target, target).sub(target.mul(input));
  if (reduction === 'batchmean') {
    const sum = loss.sum();
    return input.ndim === 0 ? sum : sum.div(input.shape[0] as number);
  }
  if (reduction === 'mean') {
    warnOnce(
      "reduction: 'mean' divides the total loss by both the batch size and the support size. " +
        "'batchmean' divides only by the batch size, and aligns with the KL div math definition.",
    );
  }
  return reduceLoss('klDiv', loss, reduction);
}

/** @throws {ArgumentError} The reduction is unknown to {@link klDiv}. */
export function checkKlReduction(op: string, reduction: string): Reduction | 'batchmean' {
  return reduction === 'batchmean' ? reduction : checkReduction(op, reduction);
}
