import {
  ArgumentError,
  broadcastShapes,
  DTypeError,
  IndexError,
  isFloat,
  numel,
  type Shape,
  ShapeError,
} from '@flambeau/backend';
import { requireInteger, requireTensor } from '../core/arguments.ts';
import { requireSameDevice } from '../core/dispatch.ts';
import { isGradEnabled, withGradMode } from '../core/grad-mode.ts';
import { contiguousCopy } from '../kernels/copy.ts';
import { runOneHot } from '../kernels/gather.ts';
import { runNonzero } from '../kernels/scatter.ts';
import type { Tensor } from '../tensor.ts';
import { clone } from './clone.ts';
import { selectIndices } from './gather.ts';
import { indexTensor, integerRange, readNow, withShape } from './index-arguments.ts';
import { expand, select, sliceAxis, unbind } from './movement.ts';
import { clamp, sub, where } from './pointwise.ts';
import { amax, amin, countNonzero } from './reduction.ts';
import { cumsum } from './scan.ts';
import { requireSameDType, scatterElements } from './scatter.ts';

/** Options of {@link nonzero}. */
export interface NonzeroOptions {
  /** Give one vector of positions per axis instead of a matrix; a 0-d tensor counts as one of shape `[1]`. */
  readonly asTuple?: boolean;
}

/**
 * Positions of the non-zero elements in row-major order, as int32.
 *
 * @shape any → `[count, rank]`; as a tuple, `rank` times `[count]`
 * @throws {DeviceError} The device cannot be read at once: use {@link nonzeroAsync}.
 * @source PyTorch `torch.nonzero`
 */
export function nonzero(x: Tensor, options?: { readonly asTuple?: false }): Tensor;
export function nonzero(x: Tensor, options: { readonly asTuple: true }): Tensor[];
export function nonzero(x: Tensor, options?: NonzeroOptions): Tensor | Tensor[];
export function nonzero(x: Tensor, options?: NonzeroOptions): Tensor | Tensor[] {
  if (!options?.asTuple) return nonzeroFor('nonzero', x);
  requireTensor('nonzero', x);
  return unbind(nonzeroFor('nonzero', x.ndim ? x : withShape(x, [1])), 1);
}

/** {@link nonzero}, waiting for the count; for every device. */
export function nonzeroAsync(x: Tensor, options?: { readonly asTuple?: false }): Promise<Tensor>;
export function nonzeroAsync(x: Tensor, options: { readonly asTuple: true }): Promise<Tensor[]>;
export function nonzeroAsync(x: Tensor, options?: NonzeroOptions): Promise<Tensor | Tensor[]>;
export async function nonzeroAsync(x: Tensor, options?: NonzeroOptions): Promise<Tensor | Tensor[]> {
  requireTensor('nonzeroAsync', x);
  // What is counted now must be found later, whatever is written to the tensor in the meantime.
  const copy = contiguousCopy(x);
  const lifted = options?.asTuple && x.ndim === 0 ? withShape(copy, [1]) : copy;
  const count = countNonzero(lifted);
  const [found] = await x.runtime.backend.read(count.buffer, count.layout.offset, 1);
  const positions = runNonzero(lifted, Number(found));
  return options?.asTuple ? unbind(positions, 1) : positions;
}

function nonzeroFor(op: string, x: Tensor, instead = `${op}Async`): Tensor {
  requireTensor(op, x);
  const count = readNow(op, countNonzero(x), `Use await ${instead}().`);
  return runNonzero(x, Number(count[0]));
}

/** Positions of a mask's true elements, one vector per axis, for an op on items that has an asynchronous form. */
export function maskVectors(op: string, mask: Tensor): Tensor[] {
  const asynchronous = op.endsWith('_') ? `${op.slice(0, -1)}Async_` : `${op}Async`;
  return unbind(nonzeroFor(op, mask.ndim ? mask : withShape(mask, [1]), asynchronous), 1);
}

/** @throws {DTypeError} Not bool. */
export function requireMask(op: string, mask: unknown): asserts mask is Tensor {
  requireTensor(op, mask, 'the mask');
  if (mask.dtype === 'bool') return;
  throw new DTypeError(op, `expected a bool tensor for mask; got ${mask.dtype}. Convert with bool().`, {
    dtype: mask.dtype,
  });
}

/** Positions of a mask's true elements when it is flattened. */
function maskPositions(op: string, mask: Tensor): Tensor {
  return select(nonzeroFor(op, withShape(mask, [mask.numel()])), 1, 0);
}

/**
 * The elements where a mask is true, in row-major order; both broadcast.
 *
 * @shape any → `[count]`
 * @throws {DTypeError} The mask is not bool.
 * @throws {ShapeError} The shapes do not broadcast.
 * @throws {DeviceError} The device cannot be read at once: use {@link maskedSelectAsync}.
 * @source PyTorch `torch.masked_select`
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  const operands = flattened('maskedSelect', x, mask);
  return selectIndices(operands.source, 0, maskPositions('maskedSelect', operands.mask));
}

/** {@link maskedSelect}, waiting for the count; for every device. */
export async function maskedSelectAsync(x: Tensor, mask: Tensor): Promise<Tensor> {
  const operands = flattened('maskedSelectAsync', x, mask);
  const recording = isGradEnabled();
  const positions = await nonzeroAsync(operands.mask);
  return withGradMode(recording, () => selectIndices(operands.source, 0, select(positions, 1, 0)));
}

/** A tensor and a mask, broadcast to one shape and then flattened. */
function flattened(op: string, x: Tensor, mask: Tensor): { source: Tensor; mask: Tensor } {
  requireTensor(op, x);
  requireMask(op, mask);
  requireSameDevice(op, [x, mask]);
  const shape = commonShape(op, x, mask);
  const count = [numel(shape)];
  return { source: withShape(expand(x, shape), count), mask: withShape(expand(mask, shape), count) };
}

function commonShape(op: string, x: Tensor, mask: Tensor): Shape {
  const shape = broadcastShapes(x.shape, mask.shape);
  if (shape) return shape;
  throw new ShapeError(op, `shapes do not broadcast: [${x.shape.join(', ')}] and [${mask.shape.join(', ')}].`);
}

function requireMasked(op: string, x: Tensor, mask: Tensor, source: Tensor): void {
  requireTensor(op, x);
  requireMask(op, mask);
  requireTensor(op, source, 'the source');
  requireSameDevice(op, [x, mask, source]);
  requireSameDType(op, x, source);
}

/** Where a mask is true in a tensor, and as many elements of a source; checked. */
export function maskedOperands(op: string, x: Tensor, mask: Tensor, source: Tensor): { index: Tensor; source: Tensor } {
  requireMasked(op, x, mask, source);
  const index = maskPositions(op, expand(mask, x.shape));
  if (source.numel() < index.numel()) {
    throw new ShapeError(
      op,
      `Number of elements of source (${source.numel()}) < number of ones in mask (${index.numel()}).`,
    );
  }
  return { index, source: sliceAxis(withShape(source, [source.numel()]), 0, 0, index.numel(), 1) };
}

/**
 * `x` with the elements where a mask is true replaced by those of a source, in order.
 *
 * @shape the mask broadcasts to `x`; the source has at least as many elements as the mask has true ones
 * @throws {ShapeError} The source has too few elements (where the device can be read at once).
 * @source PyTorch `torch.masked_scatter`
 */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  requireTensor('maskedScatter', x);
  requireTensor('maskedScatter', mask, 'the mask');
  const shape = commonShape('maskedScatter', x, mask);
  const target = expand(x, shape);
  if (!x.runtime.backend.readSync) return scatterUncounted(target, mask, source);
  const operands = maskedOperands('maskedScatter', target, mask, source);
  return withShape(scatterElements(withShape(target, [target.numel()]), { dim: 0, ...operands }), shape);
}

/** {@link maskedScatter} that never asks how many elements are true: each looks up the one of its rank. */
function scatterUncounted(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  requireMasked('maskedScatter', x, mask, source);
  if (source.numel() === 0) return clone(x);
  const wanted = withShape(expand(mask, x.shape), [x.numel()]);
  const rank = clamp(sub(cumsum(wanted, 0), 1), 0, source.numel() - 1);
  const ranked = selectIndices(withShape(source, [source.numel()]), 0, rank);
  return where(mask, withShape(ranked, x.shape), x);
}

/**
 * Class numbers as vectors of zeros with a one; int64 for int64 classes, else int32.
 *
 * @param numClasses - Length of the vectors; -1 takes the largest class plus one.
 * @shape any → `[..., numClasses]`
 * @throws {DTypeError} The classes are floats.
 * @throws {IndexError} A class is negative or too large (where the device can be read at once).
 * @throws {DeviceError} `numClasses` is not given and the device cannot be read at once: give it, or use {@link oneHotAsync}.
 * @source PyTorch `torch.nn.functional.one_hot`
 */
export function oneHot(x: Tensor, numClasses = -1): Tensor {
  requireTensor('oneHot', x);
  requireInteger('oneHot', numClasses, 'numClasses');
  if (isFloat(x.dtype))
    throw new DTypeError('oneHot', `expects an int32 or int64 index; got ${x.dtype}. Convert with int().`, {
      dtype: x.dtype,
    });
  const classes = indexTensor('oneHot', x);
  if (x.numel() === 0) {
    if (numClasses <= 0) throw new ArgumentError('oneHot', 'Can not infer total number of classes from empty tensor.');
  } else if (numClasses === 0 || numClasses < -1) {
    throw new ArgumentError('oneHot', `numClasses must be positive, or -1; got ${numClasses}.`);
  }
  let count = numClasses;
  if (x.numel() > 0 && (numClasses < 0 || x.runtime.backend.readSync)) {
    const [low, high] = integerRange('oneHot', classes, 'Give numClasses, or use await oneHotAsync().');
    requireClasses(low);
    if (numClasses < 0) count = high + 1;
    else if (high >= numClasses)
      throw new IndexError(
        'oneHot',
        `Class values must be smaller than num_classes; got ${high} and ${numClasses} classes.`,
      );
  }
  return runOneHot(classes, count, x.dtype === 'int64' ? 'int64' : 'int32');
}

function requireClasses(smallest: number): void {
  if (smallest < 0) throw new IndexError('oneHot', `Class values must be non-negative; got ${smallest}.`);
}

/** {@link oneHot}, waiting for the largest class where `numClasses` is not given; for every device. */
export async function oneHotAsync(x: Tensor, numClasses = -1): Promise<Tensor> {
  requireTensor('oneHotAsync', x);
  if (numClasses !== -1 || x.numel() === 0 || isFloat(x.dtype)) return oneHot(x, numClasses);
  const classes = indexTensor('oneHotAsync', x);
  const [low, high] = (await Promise.all([amin(classes).item(), amax(classes).item()])).map(Number);
  requireClasses(low as number);
  return oneHot(x, (high as number) + 1);
}
