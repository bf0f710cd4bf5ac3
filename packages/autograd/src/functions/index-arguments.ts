import {
  cannotReadNow,
  DTypeError,
  type HostArray,
  IndexError,
  isFloat,
  type Shape,
  ShapeError,
  sameShape,
} from '@flambeau/backend';
import { requireTensor } from '../core/arguments.ts';
import { emptyLike } from '../core/dispatch.ts';
import { contiguousCopy } from '../kernels/copy.ts';
import { runStaged } from '../kernels/staged.ts';
import type { Tensor } from '../tensor.ts';
import { reshape } from './movement.ts';

/**
 * An index as int32.
 *
 * @throws {ArgumentError} Not a tensor.
 * @throws {DTypeError} Floats or bool.
 */
export function indexTensor(op: string, index: unknown): Tensor {
  requireTensor(op, index, 'the index');
  if (index.dtype === 'int32') return index;
  if (isFloat(index.dtype) || index.dtype === 'bool') {
    throw new DTypeError(op, `expects an int32 or int64 index; got ${index.dtype}. Convert with int().`, {
      dtype: index.dtype,
    });
  }
  return contiguousCopy(index, 'int32');
}

/** Reads all elements at once. @throws {DeviceError} The device cannot; the message names what to call instead. */
export function readNow(op: string, x: Tensor, instead: string): HostArray {
  const { backend } = x.runtime;
  if (!backend.readSync) throw cannotReadNow(op, x.device, instead);
  const flat = x.isContiguous() ? x : contiguousCopy(x);
  return backend.readSync(flat.buffer, flat.layout.offset, flat.numel());
}

/** The smallest and largest element of an int32 tensor with elements. */
export function integerRange(op: string, x: Tensor, instead = ''): readonly [min: number, max: number] {
  const program = {
    name: 'index range',
    stages: [
      { reduce: 'min', expr: (s) => s.load(0) },
      { reduce: 'max', expr: (s) => s.load(0) },
      { store: 'reduced', dtype: 'int32', expr: (s) => s.result(0) },
      { store: 'reduced', dtype: 'int32', expr: (s) => s.result(1) },
    ],
  } satisfies Parameters<typeof runStaged>[0];
  const bounds = runStaged(
    program,
    [x],
    [x.layout],
    x.shape.map((_, axis) => axis),
  );
  const [low, high] = bounds.map((bound) => Number(readNow(op, bound, instead)[0]));
  return [low as number, high as number];
}

/**
 * Checks an int32 index against the axis that it points into. Devices that cannot be read at once do not check.
 *
 * @throws {IndexError} An element is outside.
 */
export function requireInside(op: string, index: Tensor, dim: number, size: number, allowNegative: boolean): void {
  if (index.numel() === 0 || !index.runtime.backend.readSync) return;
  const [low, high] = integerRange(op, index);
  const wrong = low < (allowNegative ? -size : 0) ? low : high >= size ? high : null;
  if (wrong === null) return;
  throw new IndexError(op, `index ${wrong} is out of bounds for dimension ${dim} with size ${size}.`, {
    index: wrong,
    dim,
    size,
  });
}

/** A vector of int32 on the device of another tensor. */
export function integers(like: Tensor, values: readonly number[]): Tensor {
  const out = emptyLike(like, [values.length], 'int32');
  if (values.length) out.runtime.backend.write(out.buffer, Int32Array.from(values));
  return out;
}

/** A shape as if a 0-d tensor had one axis. */
export function atLeast1d(shape: Shape): Shape {
  return shape.length ? shape : [1];
}

/** @throws {ShapeError} The index has another rank, or is larger than the input anywhere but along `dim`. */
export function requireIndexShape(op: string, index: Shape, input: Shape, dim: number | null, what = 'self'): void {
  if (index.length !== input.length) {
    const message =
      what === 'self'
        ? 'Index tensor must have the same number of dimensions as input tensor'
        : 'Index tensor must have the same number of dimensions as src tensor';
    throw new ShapeError(op, `${message}; got [${index}] and [${input}].`, { index, input });
  }
  const axis = index.findIndex((size, a) => a !== dim && size > (input[a] as number));
  if (axis < 0) return;
  const apart = dim === null ? '' : ` apart from dimension ${dim}`;
  throw new ShapeError(
    op,
    `Size does not match at dimension ${axis} expected index [${index}] to be no larger than ${what} [${input}]${apart}.`,
    { index, input },
  );
}

/** `reshape` that passes a tensor of that shape on. */
export function withShape(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : reshape(x, shape);
}
