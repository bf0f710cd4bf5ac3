import { AutogradFunction, type FunctionContext, noGrad, standardize, type Tensor } from '@flambeau/autograd';
import { ArgumentError, type DType, ShapeError } from '@flambeau/backend';
import { describe, requireInteger, requireNumber, requireTensor, shapeText } from '../utils/check.ts';
import { torchSize } from '../utils/python.ts';

/** What {@link layerNorm} accepts. */
export interface LayerNormFunctionOptions {
  /** Factor of each normalised element. */
  readonly weight?: Tensor | null;
  /** Added to each normalised element. */
  readonly bias?: Tensor | null;
  /** Added to the variance; 1e-5 when absent. */
  readonly eps?: number;
}

/** `x · weight + bias` where both may be missing. */
function affine(x: Tensor, weight: Tensor | null | undefined, bias: Tensor | null | undefined): Tensor {
  if (weight && bias) return bias.addcmul(x, weight);
  if (weight) return x.mul(weight);
  return bias ? x.add(bias) : x;
}

function checkEps(op: string, eps: number): void {
  requireNumber(op, 'eps', eps);
}

/** The last dimensions that `shape` names. @throws {ShapeError} The input does not end in `shape`. */
function normalisedDims(
  op: string,
  input: Tensor,
  shape: readonly number[],
  others: readonly (Tensor | null | undefined)[],
): number[] {
  requireTensor(op, 'input', input);
  if (!Array.isArray(shape) || shape.length === 0) {
    throw new ArgumentError(
      op,
      `Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got ${describe(shape)}`,
      {
        shape,
      },
    );
  }
  for (const other of others) {
    if (!other || (other.ndim === shape.length && shape.every((size, axis) => size === other.shape[axis]))) continue;
    throw new ShapeError(
      op,
      `Expected weight and bias to be of same shape as normalized_shape, but got ${shapeText(other)} and normalized_shape = [${shape.join(', ')}]`,
      { shape, got: other.shape },
    );
  }
  const start = input.ndim - shape.length;
  if (start < 0 || shape.some((size, axis) => size !== input.shape[start + axis])) {
    throw new ShapeError(
      op,
      `Given normalized_shape=[${shape.join(', ')}], expected input with shape [*, ${shape.join(', ')}], but got input of size[${input.shape.join(', ')}]`,
      { shape, input: input.shape },
    );
  }
  return shape.map((_, axis) => start + axis);
}

/**
 * Normalises the last dimensions to mean 0 and variance 1, then scales and shifts.
 *
 * @shape input `[..., ...normalizedShape]`, weight and bias `normalizedShape` → input's shape
 * @param normalizedShape - Sizes of the last dimensions.
 * @throws {ShapeError} The input does not end in that shape, or weight or bias has another.
 * @throws {ArgumentError} The shape is empty, or `eps` is not a number.
 * @source PyTorch `nn.functional.layer_norm`; Ba et al. 2016, arXiv:1607.06450.
 * @example
 * layerNorm(randn([20, 5, 10]), [10])
 */
export function layerNorm(
  input: Tensor,
  normalizedShape: readonly number[],
  options: LayerNormFunctionOptions = {},
): Tensor {
  const { weight, bias, eps = 1e-5 } = options;
  const dims = normalisedDims('layerNorm', input, normalizedShape, [weight, bias]);
  checkEps('layerNorm', eps);
  const [output] = standardize(input, dims, eps);
  return affine(output, weight, bias);
}

/** What {@link rmsNorm} accepts. */
export interface RmsNormFunctionOptions {
  /** Factor of each normalised element. */
  readonly weight?: Tensor | null;
  /** Added to the mean square; the dtype's machine epsilon when absent. */
  readonly eps?: number | null;
}

const machineEpsilon: Partial<Readonly<Record<DType, number>>> = {
  float64: 2 ** -52,
  float32: 2 ** -23,
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
};

/**
 * Divides the last dimensions by the root of their mean square, then scales.
 *
 * @shape input `[..., ...normalizedShape]`, weight `normalizedShape` → input's shape
 * @param normalizedShape - Sizes of the last dimensions.
 * @throws {ShapeError} The input does not end in that shape, or the weight has another.
 * @throws {ArgumentError} The shape is empty, or `eps` is not a number.
 * @source PyTorch `nn.functional.rms_norm`; Zhang & Sennrich 2019, arXiv:1910.07467.
 * @example
 * rmsNorm(randn([2, 3]), [3])
 */
export function rmsNorm(
  input: Tensor,
  normalizedShape: readonly number[],
  options: RmsNormFunctionOptions = {},
): Tensor {
  const { weight } = options;
  const dims = normalisedDims('rmsNorm', input, normalizedShape, [weight]);
  const eps = options.eps ?? machineEpsilon[input.dtype] ?? 2 ** -23;
  checkEps('rmsNorm', eps);
  const [output] = RootMeanSquare.apply(input, dims, eps) as [Tensor, Tensor];
  return affine(output, weight, null);
}

/**
 * `y = x r` with `r = 1/√(mean(x²) + eps)`.
 *
 * Both are outputs, so that the derivative can be written with them and be differentiated again:
 * `dx = r (dy - y mean(y dy)) - dr r² y / n`.
 */
class RootMeanSquare extends AutogradFunction {
  static override forward(ctx: FunctionContext, x: Tensor, dims: readonly number[], eps: number): Tensor[] {
    const scale = x.square().mean(dims, { keepDim: true }).add(eps).rsqrt();
    const output = x.mul(scale);
    ctx.values.dims = dims;
    ctx.saveForBackward(output, scale);
    return [output, scale];
  }

  static override backward(ctx: FunctionContext, grad: Tensor | null, scaleGrad: Tensor | null): (Tensor | null)[] {
    const [y, scale] = ctx.savedTensors as [Tensor, Tensor];
    const dims = ctx.values.dims as readonly number[];
    const count = dims.reduce((product, dim) => product * (y.shape[dim] as number), 1);
    const shared = grad ? y.mul(grad).mean(dims, { keepDim: true }).mul(scale) : null;
    const bend = scaleGrad ? scale.square().mul(scaleGrad).div(count) : null;
    const along = shared && bend ? shared.add(bend) : (shared ?? bend);
    if (!along) return [null, null, null];
    const through = y.mul(along);
    return [grad ? grad.mul(scale).sub(through) : through.neg(), null, null];
  }
}

/** What {@link groupNorm} accepts. */
export type GroupNormFunctionOptions = LayerNormFunctionOptions;

/** A vector of one value per channel in a shape that broadcasts against `[N, C, ...]`. */
function alongChannels(op: string, name: string, vector: Tensor | null | undefined, input: Tensor): Tensor | null {
  if (!vector) return null;
  requireTensor(op, name, vector);
  const channels = input.shape[1] as number;
  if (vector.ndim !== 1 || vector.shape[0] !== channels) {
    throw new ShapeError(
      op,
      `${name} should contain ${channels} elements, one per channel; got shape ${shapeText(vector)}.`,
      {
        input: input.shape,
        [name]: vector.shape,
      },
    );
  }
  return vector.reshape([channels, ...input.shape.slice(2).map(() => 1)]);
}

/**
 * Normalises groups of channels of each sample to mean 0 and variance 1, then scales and shifts each channel.
 *
 * @shape input `[N, C, ...]`, weight and bias `[C]` → input's shape
 * @param numGroups - Number of groups, a divisor of `C`.
 * @throws {ShapeError} The input has fewer than two dimensions, `C` is not divisible, or weight or bias do not fit.
 * @throws {ArgumentError} The number of groups is not positive, or `eps` is not a number.
 * @source PyTorch `nn.functional.group_norm`; Wu & He 2018, arXiv:1803.08494.
 * @example
 * groupNorm(randn([20, 6, 10, 10]), 3)
 */
export function groupNorm(input: Tensor, numGroups: number, options: GroupNormFunctionOptions = {}): Tensor {
  requireTensor('groupNorm', 'input', input);
  requireInteger('groupNorm', 'numGroups', numGroups, 1);
  const { eps = 1e-5 } = options;
  checkEps('groupNorm', eps);
  const [batch, channels, ...rest] = input.shape;
  if (batch === undefined || channels === undefined) {
    throw new ShapeError('groupNorm', `Expected at least 2 dimensions for input tensor but received ${input.ndim}`, {
      shape: input.shape,
    });
  }
  if (channels % numGroups !== 0) {
    throw new ShapeError(
      'groupNorm',
      `Expected number of channels in input to be divisible by num_groups, but got input of shape ${shapeText(input)} and num_groups=${numGroups}`,
      { shape: input.shape, numGroups },
    );
  }
  const weight = alongChannels('groupNorm', 'weight', options.weight, input);
  const bias = alongChannels('groupNorm', 'bias', options.bias, input);
  const size = rest.reduce((product, one) => product * one, channels / numGroups);
  const rows = input.reshape([batch, numGroups, size]);
  const [output] = standardize(rows, [2], eps);
  return affine(output.reshape(input.shape), weight, bias);
}

/** What {@link batchNorm} accepts. */
export interface BatchNormFunctionOptions {
  /** Factor of each channel. */
  readonly weight?: Tensor | null;
  /** Added to each channel. */
  readonly bias?: Tensor | null;
  /** Whether to normalise by the batch, and to update the running statistics; false when absent. */
  readonly training?: boolean;
  /** Share of the new batch in the running statistics, a number or a scalar tensor; 0.1 when absent. */
  readonly momentum?: number | Tensor;
  /** Added to the variance; 1e-5 when absent. */
  readonly eps?: number;
}

/**
 * Normalises each channel over the batch to mean 0 and variance 1, then scales and shifts it.
 *
 * In training the batch's own statistics are used, and blended into the running ones in place, the variance without
 * bias; otherwise the running ones are used.
 *
 * @shape input `[N, C, ...]`, the others `[C]` → input's shape
 * @throws {ShapeError} The input has fewer than two dimensions, a vector does not fit, or in training there is one value per channel.
 * @throws {ArgumentError} Outside training running statistics are missing, or `eps` is not a number.
 * @source PyTorch `nn.functional.batch_norm`; Ioffe & Szegedy 2015, arXiv:1502.03167.
 * @example
 * batchNorm(randn([20, 100]), null, null, { training: true })
 */
export function batchNorm(
  input: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormFunctionOptions = {},
): Tensor {
  const op = 'batchNorm';
  requireTensor(op, 'input', input);
  const { training = false, momentum = 0.1, eps = 1e-5 } = options;
  checkEps(op, eps);
  if (input.ndim < 2) {
    throw new ShapeError(op, `expected at least 2D input (got ${input.ndim}D input)`, { shape: input.shape });
  }
  const weight = alongChannels(op, 'weight', options.weight, input);
  const bias = alongChannels(op, 'bias', options.bias, input);
  const mean = alongChannels(op, 'runningMean', runningMean, input);
  const variance = alongChannels(op, 'runningVar', runningVar, input);
  if (!training) {
    if (!mean || !variance) {
      throw new ArgumentError(op, 'Expected running_mean and running_var to be defined when training=False; got null.');
    }
    const scale = variance.add(eps).rsqrt();
    const slope = weight ? scale.mul(weight) : scale;
    const shift = bias ? bias.sub(mean.mul(slope)) : mean.mul(slope).neg();
    return shift.addcmul(input, slope);
  }
  const count = input.numel() / Math.max(input.shape[1] as number, 1);
  if (count === 1) {
    throw new ShapeError(
      op,
      `Expected more than 1 value per channel when training, got input size ${torchSize(input.shape)}`,
      { shape: input.shape },
    );
  }
  const dims = input.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const [output, , batchMean, batchVariance] = standardize(input, dims, eps);
  if (count > 0) {
    noGrad(() => {
      const unbiased = batchVariance.mul(count / (count - 1));
      if (runningMean) blend(runningMean, batchMean, momentum);
      if (runningVar) blend(runningVar, unbiased, momentum);
    });
  }
  return affine(output, weight, bias);
}

/** Moves running statistics towards new ones in place. */
function blend(running: Tensor, batch: Tensor, momentum: number | Tensor): void {
  running.lerp_(batch.reshape(running.shape).to(running.dtype), momentum);
}

/** What {@link normalize} accepts. */
export interface NormalizeOptions {
  /** The p of the norm; 2 when absent. */
  readonly p?: number;
  /** The dimension, or dimensions, of each vector; 1 when absent. */
  readonly dim?: number | readonly number[];
  /** Smallest norm that is divided by; 1e-12 when absent. */
  readonly eps?: number;
}

/**
 * Divides vectors by their p-norm.
 *
 * @shape input `[...]` → `[...]`
 * @throws {IndexError} There is no such dimension.
 * @throws {ArgumentError} `p` or `eps` is not a number.
 * @source PyTorch `nn.functional.normalize`.
 * @example
 * normalize(tensor([[3, 4]])) // => [[0.6, 0.8]]
 */
export function normalize(input: Tensor, options: NormalizeOptions = {}): Tensor {
  requireTensor('normalize', 'input', input);
  const { p = 2, dim = 1, eps = 1e-12 } = options;
  requireNumber('normalize', 'p', p);
  checkEps('normalize', eps);
  const dims = typeof dim === 'number' ? dim : [...dim];
  return input.div(input.norm(p, dims, { keepDim: true }).clampMin(eps));
}
