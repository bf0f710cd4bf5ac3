import { ArgumentError, DTypeError, isFloat, ShapeError, type WindowAxis } from '@flambeau/backend';
import { describe, requireInteger, requireTensor } from '../core/arguments.ts';
import { emptyLike, KEEP, mustRecord, record } from '../core/dispatch.ts';
import { runAdaptivePool, runAveragePool, runAveragePoolGrad, runMaxPool } from '../kernels/pooling.ts';
import type { AdaptivePoolAttributes, AveragePoolAttributes, StructuralAttributes } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import { type SpatialSizes, spatialSizes } from './convolution.ts';

/** Options of max pooling. */
export interface MaxPoolOptions {
  /** Distance between windows (elements); the kernel's size by default. */
  readonly stride?: SpatialSizes | null;
  /** Elements of -infinity on both sides; 0 by default, at most half the window. */
  readonly padding?: SpatialSizes;
  /** Distance between elements of a window (elements); 1 by default. */
  readonly dilation?: SpatialSizes;
  /** Let a last window reach beyond the padded input, if it starts inside the input or its left padding. */
  readonly ceilMode?: boolean;
  /** Also give each maximum's row-major position in its plane. */
  readonly returnIndices?: boolean;
}

/** Options of average pooling. */
export interface AveragePoolOptions {
  /** Distance between windows (elements); the kernel's size by default. */
  readonly stride?: SpatialSizes | null;
  /** Zeros on both sides (elements); 0 by default, at most half the window. */
  readonly padding?: SpatialSizes;
  /** As for max pooling. */
  readonly ceilMode?: boolean;
  /** Count padding in the divisor; true by default. */
  readonly countIncludePad?: boolean;
  /** Divide by this instead of the window's size. */
  readonly divisorOverride?: number | null;
}

interface WindowOptions {
  readonly stride?: SpatialSizes | null;
  readonly padding?: SpatialSizes;
  readonly dilation?: SpatialSizes;
  readonly ceilMode?: boolean;
}

function requirePlanes(op: string, x: Tensor, dims: number): void {
  requireTensor(op, x);
  const fits =
    (x.ndim === dims + 1 && x.numel() > 0) || (x.ndim === dims + 2 && x.shape.slice(1).every((size) => size > 0));
  if (fits) return;
  throw new ShapeError(
    op,
    `Expected ${dims + 1}D or ${dims + 2}D (batch mode) tensor with optional 0 dim batch size for input; got: [${x.shape.join(', ')}].`,
    { shape: x.shape },
  );
}

/** Where the windows of a pooling lie. */
function poolWindows(
  op: string,
  x: Tensor,
  dims: number,
  kernelSize: SpatialSizes,
  options: WindowOptions | undefined,
): WindowAxis[] {
  const kernels = spatialSizes(op, kernelSize, dims, 'kernelSize', 1);
  const strides = spatialSizes(op, options?.stride ?? kernels, dims, 'stride', 1);
  const paddings = spatialSizes(op, options?.padding ?? 0, dims, 'padding', 0);
  const dilations = spatialSizes(op, options?.dilation ?? 1, dims, 'dilation', 1);
  return kernels.map((kernel, d) => {
    const [stride, padding, dilation] = [strides[d] as number, paddings[d] as number, dilations[d] as number];
    const reach = dilation * (kernel - 1) + 1;
    if (padding > Math.floor(reach / 2)) {
      throw new ArgumentError(
        op,
        `pad should be at most half of effective kernel size; got pad=${padding}, kernel_size=${kernel} and dilation=${dilation}.`,
      );
    }
    const axis = x.ndim - dims + d;
    const size = x.shape[axis] as number;
    const room = size + 2 * padding - reach + (options?.ceilMode ? stride - 1 : 0);
    let positions = Math.floor(room / stride) + 1;
    if (options?.ceilMode && (positions - 1) * stride >= size + padding) positions--;
    if (positions < 1) {
      throw new ShapeError(
        op,
        `Given input size: [${x.shape.join(', ')}] and kernel size [${kernels}], the calculated output size is too small (${positions} along axis ${axis}).`,
        {
          shape: x.shape,
        },
      );
    }
    return { axis, kernel, stride, padding, dilation, positions };
  });
}

function pooledShape(x: Tensor, sizes: readonly number[]): number[] {
  return [...x.shape.slice(0, x.ndim - sizes.length), ...sizes];
}

function maxPoolNd(
  op: string,
  dims: number,
  x: Tensor,
  kernelSize: SpatialSizes,
  options: MaxPoolOptions | undefined,
): Tensor | [values: Tensor, indices: Tensor] {
  requirePlanes(op, x, dims);
  if (x.dtype === 'bool') throw new DTypeError(op, 'is not defined for bool. Convert with float().');
  const windows = poolWindows(op, x, dims, kernelSize, options);
  const shape = pooledShape(
    x,
    windows.map((window) => window.positions),
  );
  const values = emptyLike(x, shape, x.dtype);
  if (!options?.returnIndices && !mustRecord([x])) {
    runMaxPool(x, windows, values, null);
    return values;
  }
  const indices = emptyLike(x, shape, 'int32');
  runMaxPool(x, windows, values, indices);
  record('maxPool', { windows }, [x], [values, indices], KEEP.out1);
  return options?.returnIndices ? [values, indices] : values;
}

/**
 * Largest value of each window of a signal. NaN wins; padding is never chosen.
 *
 * @shape `x` `[n, c, length]` or `[c, length]` → `[n, c, positions]` or `[c, positions]`, with `returnIndices` also int32 positions in `x`
 * @throws {ShapeError} The rank does not fit, a plane is empty, or no window fits.
 * @throws {ArgumentError} Padding of more than half the window, or sizes out of range.
 * @source PyTorch `torch.nn.functional.max_pool1d`
 */
export function maxPool1d(
  x: Tensor,
  kernelSize: SpatialSizes,
  options: MaxPoolOptions & { readonly returnIndices: true },
): [values: Tensor, indices: Tensor];
export function maxPool1d(
  x: Tensor,
  kernelSize: SpatialSizes,
  options?: MaxPoolOptions & { readonly returnIndices?: false },
): Tensor;
export function maxPool1d(
  x: Tensor,
  kernelSize: SpatialSizes,
  options?: MaxPoolOptions,
): Tensor | [values: Tensor, indices: Tensor];
export function maxPool1d(
  x: Tensor,
  kernelSize: SpatialSizes,
  options?: MaxPoolOptions,
): Tensor | [values: Tensor, indices: Tensor] {
  return maxPoolNd('maxPool1d', 1, x, kernelSize, options);
}

/**
 * Largest value of each window of an image. NaN wins; padding is never chosen.
 *
 * @shape `x` `[n, c, h, w]` or `[c, h, w]` → `[n, c, oh, ow]` or `[c, oh, ow]`, with `returnIndices` also int32 positions in the plane of `h·w`
 * @throws {ShapeError} The rank does not fit, a plane is empty, or no window fits.
 * @throws {ArgumentError} Padding of more than half the window, or sizes out of range.
 * @source PyTorch `torch.nn.functional.max_pool2d`
 */
export function maxPool2d(
  x: Tensor,
  kernelSize: SpatialSizes,
  options: MaxPoolOptions & { readonly returnIndices: true },
): [values: Tensor, indices: Tensor];
export function maxPool2d(
  x: Tensor,
  kernelSize: SpatialSizes,
  options?: MaxPoolOptions & { readonly returnIndices?: false },
): Tensor;
export function maxPool2d(
  x: Tensor,
  kernelSize: SpatialSizes,
  options?: MaxPoolOptions,
): Tensor | [values: Tensor, indices: Tensor];
export function maxPool2d(
  x: Tensor,
  kernelSize: SpatialSizes,
  options?: MaxPoolOptions,
): Tensor | [values: Tensor, indices: Tensor] {
  return maxPoolNd('maxPool2d', 2, x, kernelSize, options);
}

function requireFloat(op: string, x: Tensor): void {
  if (!isFloat(x.dtype))
    throw new DTypeError(op, `is not defined for ${x.dtype}. Convert with float().`, { dtype: x.dtype });
}

/** Averages over checked windows; those of whole numbers are cut towards 0. */
export function averagePool(x: Tensor, attributes: AveragePoolAttributes): Tensor {
  const out = emptyLike(
    x,
    pooledShape(
      x,
      attributes.windows.map((window) => window.positions),
    ),
    x.dtype,
  );
  runAveragePool(x, out, attributes);
  record('avgPool', attributes, [x], [out], KEEP.nothing);
  return out;
}

/** Gradient of {@link averagePool} by its input, which has `attributes.shape`. */
export function averagePoolGrad(grad: Tensor, attributes: StructuralAttributes['avgPoolGrad']): Tensor {
  const out = emptyLike(grad, attributes.shape, grad.dtype);
  runAveragePoolGrad(grad, out, attributes);
  record('avgPoolGrad', attributes, [grad], [out], KEEP.nothing);
  return out;
}

function avgPoolNd(
  op: string,
  dims: number,
  x: Tensor,
  kernelSize: SpatialSizes,
  options: AveragePoolOptions | undefined,
): Tensor {
  requirePlanes(op, x, dims);
  if (x.dtype !== 'int32' && x.dtype !== 'int64') requireFloat(op, x);
  const divisor = options?.divisorOverride ?? null;
  if (divisor !== null) {
    requireInteger(op, divisor, 'divisorOverride');
    if (divisor === 0) throw new ArgumentError(op, 'divisor must be not zero; got divisorOverride 0.');
  }
  const windows = poolWindows(op, x, dims, kernelSize, options);
  return averagePool(x, { windows, countIncludePad: options?.countIncludePad ?? true, divisor });
}

/**
 * Average of each window of a signal.
 *
 * @shape `x` `[n, c, length]` or `[c, length]` → `[n, c, positions]` or `[c, positions]`
 * @throws {ShapeError} The rank does not fit, a plane is empty, or no window fits.
 * @throws {ArgumentError} Padding of more than half the window, or sizes out of range.
 * @throws {DTypeError} Neither a float nor int32 or int64 (whose averages are cut towards 0).
 * @source PyTorch `torch.nn.functional.avg_pool1d`
 */
export function avgPool1d(x: Tensor, kernelSize: SpatialSizes, options?: AveragePoolOptions): Tensor {
  return avgPoolNd('avgPool1d', 1, x, kernelSize, options);
}

/**
 * Average of each window of an image.
 *
 * @shape `x` `[n, c, h, w]` or `[c, h, w]` → `[n, c, oh, ow]` or `[c, oh, ow]`
 * @throws {ShapeError} The rank does not fit, a plane is empty, or no window fits.
 * @throws {ArgumentError} Padding of more than half the window, a divisor of 0, or sizes out of range.
 * @throws {DTypeError} Neither a float nor int32 or int64 (whose averages are cut towards 0).
 * @source PyTorch `torch.nn.functional.avg_pool2d`
 */
export function avgPool2d(x: Tensor, kernelSize: SpatialSizes, options?: AveragePoolOptions): Tensor {
  return avgPoolNd('avgPool2d', 2, x, kernelSize, options);
}

/** Sums over adaptive windows; the two ways of dividing are each other's gradients, with the sizes swapped. */
export function adaptivePool(x: Tensor, attributes: AdaptivePoolAttributes): Tensor {
  const out = emptyLike(x, pooledShape(x, attributes.size), x.dtype);
  runAdaptivePool(x, out, attributes);
  record('adaptiveAvgPool', attributes, [x], [out], KEEP.nothing);
  return out;
}

/** Products of sizes up to here are exact in a kernel's whole numbers. */
const LARGEST_PRODUCT = 2 ** 31 - 1;

function adaptiveAvgPoolNd(
  op: string,
  dims: number,
  x: Tensor,
  outputSize: number | null | readonly (number | null)[],
): Tensor {
  requirePlanes(op, x, dims);
  requireFloat(op, x);
  const source = x.shape.slice(x.ndim - dims);
  const asked: readonly (number | null)[] = Array.isArray(outputSize)
    ? outputSize
    : source.map(() => outputSize as number | null);
  if (asked.length !== dims)
    throw new ArgumentError(op, `outputSize must be a number or a list of ${dims}; got ${describe(outputSize)}.`);
  const size = spatialSizes(
    op,
    asked.map((length, d) => length ?? source[d]),
    dims,
    'outputSize',
    0,
  );
  if (size.every((length, d) => length > 0 && (source[d] as number) % length === 0)) {
    const windows = size.map((positions, d): WindowAxis => {
      const kernel = (source[d] as number) / positions;
      return { axis: x.ndim - dims + d, kernel, stride: kernel, dilation: 1, padding: 0, positions };
    });
    return averagePool(x, { windows, countIncludePad: true, divisor: null });
  }
  if (size.some((length, d) => (length + 1) * ((source[d] as number) + 1) > LARGEST_PRODUCT)) {
    throw new ShapeError(
      op,
      `sizes that do not divide must have a product below 2³¹; got [${source}] and [${size}]. Pool in two steps.`,
    );
  }
  return adaptivePool(x, { size, divide: 'after' });
}

/**
 * Averages a signal to a given length: result `i` is the mean of elements `floor(i·in/out)` to `ceil((i + 1)·in/out) - 1`.
 *
 * @param outputSize - `null` keeps the length.
 * @shape `x` `[n, c, length]` or `[c, length]` → `[n, c, outputSize]` or `[c, outputSize]`
 * @throws {ShapeError} The rank does not fit, or a plane is empty.
 * @throws {DTypeError} Not a float.
 * @source PyTorch `torch.nn.functional.adaptive_avg_pool1d`
 */
export function adaptiveAvgPool1d(x: Tensor, outputSize: number | null | readonly (number | null)[]): Tensor {
  return adaptiveAvgPoolNd('adaptiveAvgPool1d', 1, x, outputSize);
}

/**
 * Averages an image to a given size, along each axis as {@link adaptiveAvgPool1d}.
 *
 * @param outputSize - One size for both axes or one per axis; `null` keeps the input's.
 * @shape `x` `[n, c, h, w]` or `[c, h, w]` → `[n, c, oh, ow]` or `[c, oh, ow]`
 * @throws {ShapeError} The rank does not fit, or a plane is empty.
 * @throws {DTypeError} Not a float.
 * @source PyTorch `torch.nn.functional.adaptive_avg_pool2d`
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: number | null | readonly (number | null)[]): Tensor {
  return adaptiveAvgPoolNd('adaptiveAvgPool2d', 2, x, outputSize);
}
