import {
  ArgumentError,
  castValue,
  contiguousView,
  type DType,
  DTypeError,
  defaultBackend,
  type HostArray,
  hostArray,
  isDType,
  isFloat,
  numel,
  type Shape,
  ShapeError,
  storeValue,
} from '@flambeau/backend';
import { describe, requireInteger, requireShape, requireTensor } from '../core/arguments.ts';
import { type Device, deviceOf } from '../core/device.ts';
import { isTensor } from '../core/dispatch.ts';
import { noGrad } from '../core/grad-mode.ts';
import { getDefaultDType } from '../core/promotion.ts';
import { Storage } from '../core/storage.ts';
import { fillStorage } from '../kernels/elementwise.ts';
import { defaultGenerator } from '../random/generator.ts';
import { Tensor } from '../tensor.ts';
import { to } from './conversion.ts';
import { hostCast } from './host-cast.ts';
import { inferDType, rawValue, unnest } from './nested.ts';
import { bernoulli_, normal_, type RandomOptions, random_, uniform_ } from './random-fill.ts';

/** Where and how a new tensor is made. */
export interface TensorOptions {
  /** The default float, or what the data says, when absent. */
  readonly dtype?: DType;
  /** Name of a registered device; the default device when absent. */
  readonly device?: string;
  /** Whether gradients are wanted for it. */
  readonly requiresGrad?: boolean;
}

/** {@link TensorOptions} with a source of random numbers. */
export type RandomTensorOptions = TensorOptions & RandomOptions;

function requireKnown(op: string, dtype: unknown): asserts dtype is DType {
  if (!isDType(dtype)) throw new DTypeError(op, `there is no dtype ${describe(dtype)}.`);
}

function blank(op: string, shape: Shape, dtype: DType, options: TensorOptions | undefined): Tensor {
  requireKnown(op, dtype);
  const device: Device = deviceOf(options?.device ?? defaultBackend());
  device.requireDType(op, dtype);
  const sizes = requireShape(op, shape);
  return new Tensor(new Storage(device, dtype, numel(sizes)), contiguousView(sizes));
}

function finish(tensor: Tensor, options: TensorOptions | undefined): Tensor {
  if (options?.requiresGrad) tensor.requiresGrad = true;
  return tensor;
}

function fromHost(op: string, data: HostArray, shape: Shape, dtype: DType, options: TensorOptions | undefined): Tensor {
  const tensor = blank(op, shape, dtype, options);
  if (data.length) tensor.runtime.backend.write(tensor.buffer, data);
  return finish(tensor, options);
}

function build(
  op: string,
  shape: Shape,
  dtype: DType,
  options: TensorOptions | undefined,
  value: (i: number) => number,
): Tensor {
  const n = numel(requireShape(op, shape));
  requireKnown(op, dtype);
  const data = hostArray(dtype, n);
  for (let i = 0; i < n; i++) storeValue(data, dtype, i, castValue(value(i), dtype));
  return fromHost(op, data, shape, dtype, options);
}

/** A tensor of undefined content. */
export function empty(shape: Shape, options?: TensorOptions): Tensor {
  return finish(blank('empty', shape, options?.dtype ?? getDefaultDType(), options), options);
}

function constantTensor(op: string, shape: Shape, value: number | boolean | bigint, options?: TensorOptions): Tensor {
  if (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'bigint') {
    throw new ArgumentError(op, `the value must be a number; got ${describe(value)}.`);
  }
  const dtype = options?.dtype ?? inferDType([value], getDefaultDType());
  const tensor = blank(op, shape, dtype, options);
  fillStorage(tensor, castValue(rawValue(value), dtype));
  return finish(tensor, options);
}

/** A tensor filled with one value; its dtype follows the value's kind unless given. */
export function full(shape: Shape, value: number | boolean | bigint, options?: TensorOptions): Tensor {
  return constantTensor('full', shape, value, options);
}

/** Zeros. */
export function zeros(shape: Shape, options?: TensorOptions): Tensor {
  return constantTensor('zeros', shape, 0, { dtype: getDefaultDType(), ...options });
}

/** Ones. */
export function ones(shape: Shape, options?: TensorOptions): Tensor {
  return constantTensor('ones', shape, 1, { dtype: getDefaultDType(), ...options });
}

/**
 * Numbers from `start` (inclusive) to `end` (exclusive) in steps; int32 when all three are integers.
 *
 * @throws {ArgumentError} The step is 0 or leads away from the end.
 */
export function arange(end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, step: number, options?: TensorOptions): Tensor;
export function arange(...args: readonly (number | TensorOptions | undefined)[]): Tensor {
  const numbers = args.filter((arg) => typeof arg === 'number');
  const options = args.find((arg) => typeof arg === 'object') as TensorOptions | undefined;
  const [start, end, step] =
    numbers.length === 1 ? [0, numbers[0]!, 1] : [numbers[0] ?? Number.NaN, numbers[1]!, numbers[2] ?? 1];
  if (!Number.isFinite(start) || !Number.isFinite(end) || !Number.isFinite(step)) {
    throw new ArgumentError('arange', `unsupported range: ${start} -> ${end} by ${step}.`);
  }
  if (step === 0) throw new ArgumentError('arange', 'step must be nonzero.');
  if ((end - start) * step < 0)
    throw new ArgumentError('arange', 'upper bound and larger bound inconsistent with step sign.');
  const dtype = options?.dtype ?? ([start, end, step].every(Number.isInteger) ? 'int32' : getDefaultDType());
  return build('arange', [Math.ceil((end - start) / step)], dtype, options, (i) => start + i * step);
}

function spaced(
  op: string,
  start: number,
  end: number,
  steps: number,
  options: TensorOptions | undefined,
  map: (x: number) => number,
): Tensor {
  requireInteger(op, steps, 'steps');
  if (steps < 0) throw new ArgumentError(op, `number of steps must be non-negative; got ${steps}.`);
  const dtype = options?.dtype ?? getDefaultDType();
  const round = dtype === 'float32' ? Math.fround : (x: number): number => x;
  const step = steps > 1 ? round((end - start) / (steps - 1)) : 0;
  // From both ends towards the middle, as PyTorch counts, so that the last value is `end` exactly.
  return build(op, [steps], dtype, options, (i) =>
    map(i < steps / 2 ? round(start + round(step * i)) : round(end - round(step * (steps - i - 1)))),
  );
}

/** `steps` numbers from `start` to `end`, both included, evenly spaced. */
export function linspace(start: number, end: number, steps: number, options?: TensorOptions): Tensor {
  return steps === 1
    ? full([1], start, { dtype: getDefaultDType(), ...options })
    : spaced('linspace', start, end, steps, options, (x) => x);
}

/** `steps` powers of `base`, with exponents from `start` to `end` evenly spaced. */
export function logspace(
  start: number,
  end: number,
  steps: number,
  options?: TensorOptions & { readonly base?: number },
): Tensor {
  const base = options?.base ?? 10;
  return steps === 1
    ? full([1], base ** start, { dtype: getDefaultDType(), ...options })
    : spaced('logspace', start, end, steps, options, (x) => base ** x);
}

/** Ones on the diagonal of an `n × m` matrix. */
export function eye(n: number, m?: number | TensorOptions, options?: TensorOptions): Tensor {
  const columns = typeof m === 'number' ? m : n;
  const given = typeof m === 'object' ? m : options;
  return build('eye', [n, columns], given?.dtype ?? getDefaultDType(), given, (i) =>
    i % columns === Math.floor(i / columns) ? 1 : 0,
  );
}

/** Uniform numbers in [0, 1), PyTorch's for the same seed. */
export function rand(shape: Shape, options?: RandomTensorOptions): Tensor {
  return finish(
    noGrad(() => uniform_(empty(shape, { ...options, requiresGrad: false }), 0, 1, options)),
    options,
  );
}

/** Normal numbers of mean 0 and deviation 1, PyTorch's for the same seed. */
export function randn(shape: Shape, options?: RandomTensorOptions): Tensor {
  return finish(
    noGrad(() => normal_(empty(shape, { ...options, requiresGrad: false }), 0, 1, options)),
    options,
  );
}

/** Integers in [low, high), int32 by default; `randint(high, shape)` starts at 0. */
export function randint(high: number, shape: Shape, options?: RandomTensorOptions): Tensor;
export function randint(low: number, high: number, shape: Shape, options?: RandomTensorOptions): Tensor;
export function randint(
  first: number,
  second: number | Shape,
  third?: Shape | RandomTensorOptions,
  fourth?: RandomTensorOptions,
): Tensor {
  const [low, high, shape, options] =
    typeof second === 'number'
      ? [first, second, third as Shape, fourth]
      : [0, first, second, third as RandomTensorOptions | undefined];
  requireInteger('randint', low, 'low');
  requireInteger('randint', high, 'high');
  return random_(empty(shape, { dtype: 'int32', ...options }), low, high, options);
}

/** A random order of 0 … n − 1, as int32. */
export function randperm(n: number, options?: RandomTensorOptions): Tensor {
  requireInteger('randperm', n, 'n');
  if (n < 0) throw new ArgumentError('randperm', `n must be non-negative; got ${n}.`);
  const order = (options?.generator ?? defaultGenerator()).permutation(n);
  const tensor = fromHost('randperm', order, [n], 'int32', { ...options, requiresGrad: false });
  return finish(options?.dtype ? to(tensor, options.dtype) : tensor, options);
}

/**
 * A tensor from nested arrays, a typed array, a number or another tensor (whose values are copied).
 *
 * Numbers give the default float, booleans bool, bigints int64; typed arrays keep their type.
 * @throws {ShapeError} Rows differ in length; the message says where.
 */
export function tensor(data: unknown, options?: TensorOptions): Tensor {
  if (isTensor(data)) {
    const copy = noGrad(() => data.detach().clone());
    const typed = options?.dtype ? to(copy, options.dtype) : copy;
    return finish(options?.device ? to(typed, options.device).detach() : typed.detach(), options);
  }
  if (ArrayBuffer.isView(data)) return fromArray(data as HostArray, [(data as HostArray).length], options);
  const { shape, values } = unnest(data);
  const dtype = options?.dtype ?? inferDType(values, getDefaultDType());
  requireKnown('tensor', dtype);
  const array = hostArray(dtype, values.length);
  values.forEach((value, i) => {
    storeValue(array, dtype, i, castValue(rawValue(value), dtype));
  });
  return fromHost('tensor', array, shape, dtype, options);
}

function dtypeOf(data: HostArray): DType | null {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int8Array) return 'int8';
  return data instanceof Uint8Array || (data as unknown) instanceof Uint8ClampedArray ? 'uint8' : null;
}

const RAW: readonly DType[] = ['bool', 'float16', 'bfloat16'];

/**
 * A tensor of a given shape from a typed array in row-major order, which is copied.
 *
 * With `dtype: 'float16'` or `'bfloat16'`, a `Uint16Array` is taken as raw bits.
 * @throws {ShapeError} The array has another number of elements.
 */
export function fromArray(data: HostArray, shape: Shape, options?: TensorOptions): Tensor {
  const wanted = options?.dtype;
  const raw = data instanceof Uint16Array && wanted !== undefined && RAW.includes(wanted);
  const found = raw ? (wanted as DType) : dtypeOf(data);
  if (!found)
    throw new DTypeError(
      'fromArray',
      `there is no dtype for ${describe(data)}. Convert it to a Float32Array or Int32Array.`,
    );
  const sizes = requireShape('fromArray', shape);
  if (numel(sizes) !== data.length) {
    throw new ShapeError(
      'fromArray',
      `shape [${sizes.join(', ')}] needs ${numel(sizes)} elements; got ${data.length}.`,
      {
        shape: sizes,
      },
    );
  }
  if (wanted && isDType(wanted) && !deviceOf(options?.device ?? defaultBackend()).holds(found)) {
    return fromHost('fromArray', hostCast('fromArray', data, found, wanted), sizes, wanted, options);
  }
  const made = fromHost('fromArray', data, sizes, found, { ...options, requiresGrad: false });
  return finish(wanted && wanted !== found ? to(made, wanted) : made, options);
}

function like(x: Tensor, options?: TensorOptions): TensorOptions {
  return { dtype: x.dtype, device: x.device, ...options };
}

/** Zeros in the shape, dtype and device of another tensor. */
export function zerosLike(x: Tensor, options?: TensorOptions): Tensor {
  requireTensor('zerosLike', x);
  return full(x.shape, 0, like(x, options));
}

/** Ones in the shape, dtype and device of another tensor. */
export function onesLike(x: Tensor, options?: TensorOptions): Tensor {
  requireTensor('onesLike', x);
  return full(x.shape, 1, like(x, options));
}

/** One value in the shape, dtype and device of another tensor. */
export function fullLike(x: Tensor, value: number | boolean | bigint, options?: TensorOptions): Tensor {
  requireTensor('fullLike', x);
  return full(x.shape, value, like(x, options));
}

/** Undefined content in the shape, dtype and device of another tensor. */
export function emptyLike(x: Tensor, options?: TensorOptions): Tensor {
  requireTensor('emptyLike', x);
  return empty(x.shape, like(x, options));
}

/** Uniform numbers in the shape, dtype and device of another tensor. */
export function randLike(x: Tensor, options?: RandomTensorOptions): Tensor {
  requireTensor('randLike', x);
  return rand(x.shape, like(x, options));
}

/** Normal numbers in the shape, dtype and device of another tensor. */
export function randnLike(x: Tensor, options?: RandomTensorOptions): Tensor {
  requireTensor('randnLike', x);
  return randn(x.shape, like(x, options));
}

/** Integers in [low, high) in the shape, dtype and device of another tensor. */
export function randintLike(x: Tensor, low: number, high: number, options?: RandomTensorOptions): Tensor {
  requireTensor('randintLike', x);
  requireInteger('randintLike', low, 'low');
  requireInteger('randintLike', high, 'high');
  return random_(empty(x.shape, like(x, options)), low, high, options);
}

/** 1 with the probability each element gives, else 0. */
export function bernoulli(p: Tensor, options?: RandomOptions): Tensor {
  requireTensor('bernoulli', p);
  if (!isFloat(p.dtype)) throw new DTypeError('bernoulli', `probabilities must be floats; got ${p.dtype}.`);
  return bernoulli_(emptyLike(p), p.detach(), options);
}

/** Normal numbers of the given mean and deviation (numbers or tensors). */
export function normal(
  mean: number | Tensor,
  std: number | Tensor,
  shape?: Shape,
  options?: RandomTensorOptions,
): Tensor {
  const model = isTensor(mean) ? mean : isTensor(std) ? std : null;
  if (!model && !shape) throw new ArgumentError('normal', 'needs a shape when mean and std are numbers.');
  const sample = model ? randn(shape ?? model.shape, { ...like(model), ...options }) : randn(shape as Shape, options);
  return sample.mul(std).add(mean);
}

function triangleIndices(
  rows: number,
  columns: number,
  keep: (row: number, column: number) => boolean,
  options?: TensorOptions,
): Tensor {
  const pairs: [number[], number[]] = [[], []];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (keep(row, column)) {
        pairs[0].push(row);
        pairs[1].push(column);
      }
    }
  }
  const made = fromHost('triangle', Int32Array.from(pairs.flat()), [2, pairs[0].length], 'int32', options);
  return options?.dtype ? to(made, options.dtype) : made;
}

/** Row and column numbers of a lower triangle, `[2, n]` int32. */
export function trilIndices(rows: number, columns: number, offset = 0, options?: TensorOptions): Tensor {
  return triangleIndices(rows, columns, (row, column) => column - row <= offset, options);
}

/** Row and column numbers of an upper triangle, `[2, n]` int32. */
export function triuIndices(rows: number, columns: number, offset = 0, options?: TensorOptions): Tensor {
  return triangleIndices(rows, columns, (row, column) => column - row >= offset, options);
}
