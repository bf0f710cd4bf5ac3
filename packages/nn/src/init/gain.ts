import type { Tensor } from '@flambeau/autograd';
import { ArgumentError, ShapeError } from '@flambeau/backend';

/** A nonlinearity that has a recommended gain; PyTorch's spelling. */
export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'conv3d'
  | 'conv_transpose1d'
  | 'conv_transpose2d'
  | 'conv_transpose3d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leaky_relu'
  | 'selu';

/** Which fan keeps its variance: `fan_in` that of the forward pass, `fan_out` that of the backward pass. */
export type FanMode = 'fan_in' | 'fan_out';

const defaultSlope = 0.01;

const gains: Readonly<Record<Exclude<Nonlinearity, 'leaky_relu'>, number>> = {
  linear: 1,
  conv1d: 1,
  conv2d: 1,
  conv3d: 1,
  conv_transpose1d: 1,
  conv_transpose2d: 1,
  conv_transpose3d: 1,
  sigmoid: 1,
  tanh: 5 / 3,
  relu: Math.SQRT2,
  selu: 3 / 4,
};

/**
 * The factor by which a nonlinearity's weights are scaled so that the variance of activations is kept.
 *
 * @param nonlinearity - Name of the function that follows, in PyTorch's spelling (`'leaky_relu'`).
 * @param param - Negative slope of `'leaky_relu'`; 0.01 when absent.
 * @throws {ArgumentError} The name is unknown, or the slope is not a finite or infinite number.
 * @source PyTorch `nn.init.calculate_gain`.
 * @example
 * calculateGain('leaky_relu', 0.2) // => 1.3867504905630728
 */
export function calculateGain(nonlinearity: Nonlinearity, param?: number | null): number {
  if (nonlinearity === 'leaky_relu') {
    const slope = param ?? defaultSlope;
    if (typeof slope !== 'number' || Number.isNaN(slope)) {
      throw new ArgumentError('init.calculateGain', `negative_slope ${String(slope)} not a valid number`, { param });
    }
    return Math.sqrt(2 / (1 + slope ** 2));
  }
  if (!Object.hasOwn(gains, nonlinearity)) {
    throw new ArgumentError('init.calculateGain', `Unsupported nonlinearity ${String(nonlinearity)}`, { nonlinearity });
  }
  return gains[nonlinearity];
}

/**
 * Numbers of inputs that reach one output and of outputs that one input reaches.
 *
 * @shape tensor `[out, in, ...receptive field]`
 * @returns `[fanIn, fanOut]`, in elements.
 * @throws {ShapeError} The tensor has fewer than two dimensions.
 * @source Glorot & Bengio 2010, section 4; PyTorch `nn.init`.
 * @example
 * fans(zeros([8, 3, 5, 5])) // => [75, 200]
 */
export function fans(tensor: Tensor): [fanIn: number, fanOut: number] {
  const [rows, columns, ...field] = tensor.shape;
  if (rows === undefined || columns === undefined) {
    throw new ShapeError(
      'init',
      `Fan in and fan out can not be computed for tensor with fewer than 2 dimensions; got shape [${tensor.shape.join(', ')}].`,
      { shape: tensor.shape },
    );
  }
  const receptive = field.reduce((product, size) => product * size, 1);
  return [columns * receptive, rows * receptive];
}

/** The fan that a mode names. */
export function fanOf(tensor: Tensor, mode: FanMode): number {
  if (mode !== 'fan_in' && mode !== 'fan_out') {
    throw new ArgumentError('init', `Mode ${String(mode)} not supported, please use one of ['fan_in', 'fan_out']`, {
      mode,
    });
  }
  const [fanIn, fanOut] = fans(tensor);
  return mode === 'fan_in' ? fanIn : fanOut;
}
