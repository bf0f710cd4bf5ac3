import { ArgumentError, DTypeError, type Shape, ShapeError } from '@flambeau/backend';
import { describe, requireInteger, requireTensor } from '../core/arguments.ts';
import { emptyLike, KEEP, record, requireSameDevice } from '../core/dispatch.ts';
import { runConv, runConvGradInput, runConvGradWeight } from '../kernels/convolution.ts';
import type { ConvAttributes, ConvGradAttributes } from '../ops/signatures.ts';
import type { Tensor } from '../tensor.ts';
import { reshape, squeeze, unsqueeze } from './movement.ts';
import { add } from './pointwise.ts';

/** One number for every spatial axis, or one per axis. */
export type SpatialSizes = number | readonly number[];

/** Options of a convolution. */
export interface ConvOptions {
  /** Distance between windows (elements); 1 by default. */
  readonly stride?: SpatialSizes;
  /** Zeros on both sides (elements), 0 by default; `'same'` keeps the size (stride 1 only), `'valid'` is 0. */
  readonly padding?: SpatialSizes | 'same' | 'valid';
  /** Distance between elements of a window (elements); 1 by default. */
  readonly dilation?: SpatialSizes;
  /** Number of groups of channels that do not mix; 1 by default. */
  readonly groups?: number;
}

/** Options of a transposed convolution. */
export interface ConvTransposeOptions {
  readonly stride?: SpatialSizes;
  readonly padding?: SpatialSizes;
  /** Elements added at the end of the result, which several input sizes share; 0 by default. */
  readonly outputPadding?: SpatialSizes;
  readonly dilation?: SpatialSizes;
  readonly groups?: number;
}

/**
 * Sizes as a list with one entry per spatial axis.
 * @throws {ArgumentError} Another number of entries, or one that is no integer or below `least`.
 */
export function spatialSizes(op: string, value: unknown, dims: number, what: string, least: number): number[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length !== dims && list.length !== 1) {
    throw new ArgumentError(
      op,
      `expected ${what} to be a single integer value or a list of ${dims} values; got ${describe(value)}.`,
    );
  }
  const sizes = Array.from({ length: dims }, (_, d) => list[list.length === 1 ? 0 : d]);
  for (const size of sizes) {
    requireInteger(op, size, what);
    if (size < least) throw new ArgumentError(op, `${what} must be at least ${least}; got ${describe(value)}.`);
  }
  return sizes as number[];
}

function requireGroups(op: string, groups: unknown): asserts groups is number {
  requireInteger(op, groups, 'groups');
  if (groups < 1) throw new ArgumentError(op, `non-positive groups is not supported; got ${groups}.`);
}

function requireOperands(op: string, x: Tensor, weight: Tensor, bias: Tensor | null | undefined, dims: number): void {
  requireTensor(op, x);
  requireTensor(op, weight, 'the weight');
  if (bias) requireTensor(op, bias, 'the bias');
  requireSameDevice(op, bias ? [x, weight, bias] : [x, weight]);
  if (x.ndim !== dims + 1 && x.ndim !== dims + 2) {
    throw new ShapeError(
      op,
      `Expected ${dims + 1}D (unbatched) or ${dims + 2}D (batched) input; got input of size: [${x.shape.join(', ')}].`,
      { shape: x.shape },
    );
  }
  if (weight.ndim !== dims + 2) {
    throw new ShapeError(
      op,
      `Expected ${dims + 2}-dimensional weight; got weight of size [${weight.shape.join(', ')}].`,
      {
        shape: weight.shape,
      },
    );
  }
  if (x.dtype !== weight.dtype) {
    throw new DTypeError(
      op,
      `Input type (${x.dtype}) and weight type (${weight.dtype}) should be the same. Convert one with to().`,
    );
  }
  if (bias && bias.dtype !== x.dtype) {
    throw new DTypeError(
      op,
      `Input type (${x.dtype}) and bias type (${bias.dtype}) should be the same. Convert one with to().`,
    );
  }
  if (x.dtype === 'bool') throw new DTypeError(op, 'is not defined for bool. Convert with float().');
  if (weight.shape[0] === 0)
    throw new ShapeError(
      op,
      `expected weight to be at least 1 at dimension 0; got weight of size [${weight.shape.join(', ')}].`,
    );
}

function requireBias(
  op: string,
  bias: Tensor | null | undefined,
  weight: Shape,
  channels: number,
  transposed: boolean,
): void {
  if (!bias || (bias.ndim === 1 && bias.shape[0] === channels)) return;
  throw new ShapeError(
    op,
    `Given transposed=${transposed}, weight of size [${weight}], expected bias to be 1-dimensional with ${channels} elements; got bias of size [${bias.shape.join(', ')}] instead.`,
    { shapes: [weight, bias.shape] },
  );
}

/** Number of positions of windows along an axis of `size` elements and `padding` more (elements). */
function positionsOf(size: number, padding: number, kernel: number, stride: number, dilation: number): number {
  return Math.floor((size + padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** Where the windows of a convolution lie. */
function convGeometry(
  op: string,
  size: readonly number[],
  kernel: readonly number[],
  options: ConvOptions | undefined,
): ConvAttributes {
  const dims = size.length;
  const stride = spatialSizes(op, options?.stride ?? 1, dims, 'stride', 1);
  const dilation = spatialSizes(op, options?.dilation ?? 1, dims, 'dilation', 1);
  const asked = options?.padding ?? 0;
  const groups = options?.groups ?? 1;
  requireGroups(op, groups);
  const reach = kernel.map((length, d) => (dilation[d] as number) * (length - 1));
  let padding: number[];
  let total: number[];
  if (asked === 'same') {
    if (stride.some((step) => step !== 1))
      throw new ArgumentError(op, `padding='same' is not supported for strided convolutions; got stride [${stride}].`);
    // An odd total is split with the larger half at the end.
    total = reach;
    padding = reach.map((length) => Math.floor(length / 2));
  } else if (typeof asked === 'string' && asked !== 'valid') {
    throw new ArgumentError(op, `padding must be numbers, 'same' or 'valid'; got ${describe(asked)}.`);
  } else {
    padding = spatialSizes(op, asked === 'valid' ? 0 : asked, dims, 'padding', 0);
    total = padding.map((amount) => 2 * amount);
  }
  const padded = size.map((length, d) => length + (total[d] as number));
  if (kernel.some((length, d) => length < 1 || (padded[d] as number) < (reach[d] as number) + 1)) {
    throw new ShapeError(
      op,
      `Calculated padded input size per channel: (${padded.join(' x ')}). Kernel size: (${reach.map((r) => r + 1).join(' x ')}). Kernel size can't be greater than actual input size, nor empty.`,
      { size, kernel },
    );
  }
  const positions = size.map((length, d) =>
    positionsOf(length, total[d] as number, kernel[d] as number, stride[d] as number, dilation[d] as number),
  );
  return { stride, padding, dilation, groups, positions };
}

/** Convolution of checked operands: `x` [n, c, …], `weight` [o, c/groups, …], `bias` [o]. */
export function convolve(x: Tensor, weight: Tensor, bias: Tensor | null, attributes: ConvAttributes): Tensor {
  const out = emptyLike(x, [x.shape[0] as number, weight.shape[0] as number, ...attributes.positions], x.dtype);
  runConv(x, weight, bias, out, attributes);
  record('conv', attributes, bias ? [x, weight, bias] : [x, weight], [out], KEEP.x | KEEP.y);
  return out;
}

/** Gradient of {@link convolve} by its input, which has `attributes.shape`; linear in both operands. */
export function convGradInput(grad: Tensor, weight: Tensor, attributes: ConvGradAttributes): Tensor {
  const out = emptyLike(grad, attributes.shape, grad.dtype);
  runConvGradInput(grad, weight, out, attributes);
  record('convGradInput', attributes, [grad, weight], [out], KEEP.x | KEEP.y);
  return out;
}

/** Gradient of {@link convolve} by its weight, which has `attributes.shape`; linear in both operands. */
export function convGradWeight(grad: Tensor, x: Tensor, attributes: ConvGradAttributes): Tensor {
  const out = emptyLike(grad, attributes.shape, grad.dtype);
  runConvGradWeight(grad, x, out, attributes);
  record('convGradWeight', attributes, [grad, x], [out], KEEP.x | KEEP.y);
  return out;
}

function convNd(
  op: string,
  dims: number,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null | undefined,
  options: ConvOptions | undefined,
): Tensor {
  requireOperands(op, x, weight, bias, dims);
  const single = x.ndim === dims + 1;
  const [channels, ...size] = x.shape.slice(single ? 0 : 1) as [number, ...number[]];
  const [outputs, members, ...kernel] = weight.shape as [number, number, ...number[]];
  const groups = options?.groups ?? 1;
  requireGroups(op, groups);
  if (outputs % groups) {
    throw new ShapeError(
      op,
      `Given groups=${groups}, expected weight to be divisible by ${groups} at dimension 0; got weight of size [${weight.shape.join(', ')}] instead.`,
    );
  }
  if (channels !== members * groups) {
    throw new ShapeError(
      op,
      `Given groups=${groups}, weight of size [${weight.shape.join(', ')}], expected input[${x.shape.join(', ')}] to have ${members * groups} channels; got ${channels} channels instead.`,
      { shapes: [x.shape, weight.shape] },
    );
  }
  requireBias(op, bias, weight.shape, outputs, false);
  const attributes = convGeometry(op, size, kernel, options);
  const out = convolve(single ? unsqueeze(x, 0) : x, weight, bias ?? null, attributes);
  return single ? squeeze(out, 0) : out;
}

/**
 * Cross-correlation of a signal with a bank of filters.
 *
 * @shape `x` `[n, c, length]` or `[c, length]`, `weight` `[o, c / groups, k]`, `bias` `[o]` → `[n, o, positions]` or `[o, positions]`
 * @throws {ShapeError} Ranks, channels or groups do not fit, or the kernel is larger than the padded input.
 * @throws {DTypeError} Operands differ in dtype, or are bool.
 * @source PyTorch `torch.nn.functional.conv1d`
 */
export function conv1d(x: Tensor, weight: Tensor, bias?: Tensor | null, options?: ConvOptions): Tensor {
  return convNd('conv1d', 1, x, weight, bias, options);
}

/**
 * Cross-correlation of an image with a bank of filters.
 *
 * @shape `x` `[n, c, h, w]` or `[c, h, w]`, `weight` `[o, c / groups, kh, kw]`, `bias` `[o]` → `[n, o, oh, ow]` or `[o, oh, ow]`
 * @throws {ShapeError} Ranks, channels or groups do not fit, or the kernel is larger than the padded input.
 * @throws {DTypeError} Operands differ in dtype, or are bool.
 * @source PyTorch `torch.nn.functional.conv2d`
 */
export function conv2d(x: Tensor, weight: Tensor, bias?: Tensor | null, options?: ConvOptions): Tensor {
  return convNd('conv2d', 2, x, weight, bias, options);
}

/**
 * Cross-correlation of a volume with a bank of filters.
 *
 * @shape `x` `[n, c, d, h, w]` or `[c, d, h, w]`, `weight` `[o, c / groups, kd, kh, kw]`, `bias` `[o]` → `[n, o, od, oh, ow]`
 * @throws {ShapeError} Ranks, channels or groups do not fit, or the kernel is larger than the padded input.
 * @throws {DTypeError} Operands differ in dtype, or are bool.
 * @source PyTorch `torch.nn.functional.conv3d`
 */
export function conv3d(x: Tensor, weight: Tensor, bias?: Tensor | null, options?: ConvOptions): Tensor {
  return convNd('conv3d', 3, x, weight, bias, options);
}

function convTransposeNd(
  op: string,
  dims: number,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null | undefined,
  options: ConvTransposeOptions | undefined,
): Tensor {
  requireOperands(op, x, weight, bias, dims);
  const single = x.ndim === dims + 1;
  const [channels, ...size] = x.shape.slice(single ? 0 : 1) as [number, ...number[]];
  const [inputs, members, ...kernel] = weight.shape as [number, number, ...number[]];
  const groups = options?.groups ?? 1;
  requireGroups(op, groups);
  if (channels !== inputs) {
    throw new ShapeError(
      op,
      `Given transposed=true, weight of size [${weight.shape.join(', ')}], expected input[${x.shape.join(', ')}] to have ${inputs} channels; got ${channels} channels instead.`,
      {
        shapes: [x.shape, weight.shape],
      },
    );
  }
  if (inputs % groups) {
    throw new ShapeError(
      op,
      `Given groups=${groups}, expected weight to be divisible by ${groups} at dimension 0; got weight of size [${weight.shape.join(', ')}] instead.`,
    );
  }
  requireBias(op, bias, weight.shape, members * groups, true);
  const stride = spatialSizes(op, options?.stride ?? 1, dims, 'stride', 1);
  const padding = spatialSizes(op, options?.padding ?? 0, dims, 'padding', 0);
  const extra = spatialSizes(op, options?.outputPadding ?? 0, dims, 'outputPadding', 0);
  const dilation = spatialSizes(op, options?.dilation ?? 1, dims, 'dilation', 1);
  if (extra.some((amount, d) => amount >= Math.max(stride[d] as number, dilation[d] as number))) {
    throw new ArgumentError(
      op,
      `output padding must be smaller than either stride or dilation; got outputPadding [${extra}], stride [${stride}], dilation [${dilation}].`,
    );
  }
  const result = size.map(
    (length, d) =>
      (length - 1) * (stride[d] as number) -
      2 * (padding[d] as number) +
      (dilation[d] as number) * ((kernel[d] as number) - 1) +
      (extra[d] as number) +
      1,
  );
  if (result.some((length) => length < 1) || kernel.includes(0) || size.includes(0)) {
    throw new ShapeError(
      op,
      `Given input size per channel: (${size.join(' x ')}). Calculated output size per channel: (${result.join(' x ')}). Output size is too small.`,
    );
  }
  const source = single ? unsqueeze(x, 0) : x;
  const shape = [source.shape[0] as number, members * groups, ...result];
  const out = convGradInput(source, weight, { stride, padding, dilation, groups, positions: size, shape });
  const moved = bias ? add(out, reshape(bias, [members * groups, ...size.map(() => 1)])) : out;
  return single ? squeeze(moved, 0) : moved;
}

/**
 * Transposed convolution of a signal: what {@link conv1d} of the same options does to gradients of its input.
 *
 * @shape `x` `[n, c, length]` or `[c, length]`, `weight` `[c, o / groups, k]`, `bias` `[o]` → `[n, o, (length - 1)·stride - 2·padding + dilation·(k - 1) + outputPadding + 1]`
 * @throws {ShapeError} Ranks or channels do not fit, or nothing is left.
 * @throws {ArgumentError} `outputPadding` is not below stride or dilation.
 * @source PyTorch `torch.nn.functional.conv_transpose1d`
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: ConvTransposeOptions,
): Tensor {
  return convTransposeNd('convTranspose1d', 1, x, weight, bias, options);
}

/** {@link convTranspose1d} over two spatial axes. @source PyTorch `torch.nn.functional.conv_transpose2d` */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: ConvTransposeOptions,
): Tensor {
  return convTransposeNd('convTranspose2d', 2, x, weight, bias, options);
}

/** {@link convTranspose1d} over three spatial axes. @source PyTorch `torch.nn.functional.conv_transpose3d` */
export function convTranspose3d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options?: ConvTransposeOptions,
): Tensor {
  return convTransposeNd('convTranspose3d', 3, x, weight, bias, options);
}
