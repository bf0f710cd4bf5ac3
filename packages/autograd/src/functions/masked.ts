import { ArgumentError, broadcastShapes, DTypeError, IndexError, isFloat, ShapeError } from '@flambeau/backend';
import { requireInteger, requireTensor } from '../core/arguments.ts';
import { requireSameDevice } from '../core/dispatch.ts';
import { runOneHot } from '../kernels/gather.ts';
import { runNonzero } from '../kernels/scatter.ts';
import type { Tensor } from '../tensor.ts';
import { selectIndices } from './gather.ts';
import { indexTensor, integerRange, readNow, withShape } from './index-arguments.ts';
import { expand, select, sliceAxis, unbind } from './movement.ts';
import { countNonzero } from './reduction.ts';
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
export async function nonzeroAsync(x: Tensor): Promise<Tensor> {
  requireTensor('nonzeroAsync', x);
  const count = countNonzero(x);
  return runNonzero(x, Number((await x.runtime.backend.read(count.buffer, count.layout.offset, 1))[0]));
}

function nonzeroFor(op: string, x: Tensor): Tensor {
  requireTensor(op, x);
  const count = readNow(op, countNonzero(x), 'Find the positions with await nonzeroAsync() and index with them.');
  return runNonzero(x, Number(count[0]));
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
 * @throws {DeviceError} The device cannot be read at once.
 * @source PyTorch `torch.masked_select`
 */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  requireTensor('maskedSelect', x);
  requireMask('maskedSelect', mask);
  requireSameDevice('maskedSelect', [x, mask]);
  const shape = broadcastShapes(x.shape, mask.shape);
  if (!shape)
    throw new ShapeError(
      'maskedSelect',
      `shapes do not broadcast: [${x.shape.join(', ')}] and [${mask.shape.join(', ')}].`,
    );
  const positions = maskPositions('maskedSelect', expand(mask, shape));
  const source = expand(x, shape);
  return selectIndices(withShape(source, [source.numel()]), 0, positions);
}

/** Where a mask is true in a tensor, and as many elements of a source; checked. */
export function maskedOperands(op: string, x: Tensor, mask: Tensor, source: Tensor): { index: Tensor; source: Tensor } {
  requireTensor(op, x);
  requireMask(op, mask);
  requireTensor(op, source, 'the source');
  requireSameDevice(op, [x, mask, source]);
  requireSameDType(op, x, source);
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
 * @source PyTorch `torch.masked_scatter`
 */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  requireTensor('maskedScatter', x);
  requireTensor('maskedScatter', mask, 'the mask');
  const shape = broadcastShapes(x.shape, mask.shape);
  if (!shape)
    throw new ShapeError(
      'maskedScatter',
      `shapes do not broadcast: [${x.shape.join(', ')}] and [${mask.shape.join(', ')}].`,
    );
  const target = expand(x, shape);
  const operands = maskedOperands('maskedScatter', target, mask, source);
  return withShape(scatterElements(withShape(target, [target.numel()]), { dim: 0, ...operands }), shape);
}

/**
 * Class numbers as vectors of zeros with a one; int64 for int64 classes, else int32.
 *
 * @param numClasses - Length of the vectors; -1 takes the largest class plus one.
 * @shape any → `[..., numClasses]`
 * @throws {DTypeError} The classes are floats.
 * @throws {IndexError} A class is negative or too large (where the device can be read at once).
 * @throws {DeviceError} `numClasses` is not given and the device cannot be read at once.
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
    const [low, high] = integerRange('oneHot', classes);
    if (low < 0) throw new IndexError('oneHot', `Class values must be non-negative; got ${low}.`);
    if (numClasses < 0) count = high + 1;
    else if (high >= numClasses)
      throw new IndexError(
        'oneHot',
        `Class values must be smaller than num_classes; got ${high} and ${numClasses} classes.`,
      );
  }
  return runOneHot(classes, count, x.dtype === 'int64' ? 'int64' : 'int32');
}
