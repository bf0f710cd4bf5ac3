import { eye, fromArray, type Generator, noGrad, type Tensor } from '@flambeau/autograd';
import { ArgumentError, evaluateScalarOp, ShapeError } from '@flambeau/backend';

/** What every random initialiser accepts beside its own arguments. */
export interface RandomOptions {
  /** Source of randomness; the global one when absent. */
  readonly generator?: Generator;
}

/**
 * Fills a tensor with draws from the uniform distribution on `[a, b)`, and returns it.
 *
 * @source PyTorch `nn.init.uniform_`.
 * @example
 * init.uniform_(empty([3, 5]))
 */
export function uniform_(tensor: Tensor, a = 0, b = 1, options: RandomOptions = {}): Tensor {
  return noGrad(() => tensor.uniform_(a, b, options));
}

/**
 * Fills a tensor with draws from the normal distribution, and returns it.
 *
 * @param mean - Centre.
 * @param std - Standard deviation.
 * @source PyTorch `nn.init.normal_`.
 * @example
 * init.normal_(empty([3, 5]), 0, 0.02)
 */
export function normal_(tensor: Tensor, mean = 0, std = 1, options: RandomOptions = {}): Tensor {
  return noGrad(() => tensor.normal_(mean, std, options));
}

/**
 * Fills a tensor with draws from the normal distribution cut off outside `[a, b]`, and returns it.
 *
 * A uniform draw between the cut points' probabilities goes through the inverse of the cumulative distribution. Warns
 * when the mean lies more than two deviations outside, where that loses precision.
 *
 * @param a - Smallest value.
 * @param b - Largest value.
 * @throws {ArgumentError} `a` is larger than `b`.
 * @source PyTorch `nn.init.trunc_normal_`.
 * @example
 * init.truncNormal_(empty([3, 5]), 0, 1, -2, 2)
 */
export function truncNormal_(tensor: Tensor, mean = 0, std = 1, a = -2, b = 2, options: RandomOptions = {}): Tensor {
  if (!(a <= b)) {
    throw new ArgumentError('init.truncNormal_', `the cut points must be in order; got a = ${a}, b = ${b}.`, { a, b });
  }
  if (mean < a - 2 * std || mean > b + 2 * std) {
    console.warn(
      'mean is more than 2 std from [a, b] in nn.init.truncNormal_. The distribution of values may be incorrect.',
    );
  }
  const below = (x: number): number => (1 + erf((x - mean) / std / Math.SQRT2)) / 2;
  return noGrad(() => {
    tensor.uniform_(2 * below(a) - 1, 2 * below(b) - 1, options);
    tensor
      .erfinv_()
      .mul_(std * Math.SQRT2)
      .add_(mean);
    return tensor.clamp_(a, b);
  });
}

function erf(x: number): number {
  return Number(evaluateScalarOp('erf', 'float64', x));
}

/**
 * Fills a tensor with one value, and returns it.
 *
 * @source PyTorch `nn.init.constant_`.
 * @example
 * init.constant_(empty([2]), 0.3)
 */
export function constant_(tensor: Tensor, value: number): Tensor {
  return noGrad(() => tensor.fill_(value));
}

/**
 * Fills a tensor with ones, and returns it.
 *
 * @source PyTorch `nn.init.ones_`.
 * @example
 * init.ones_(empty([2])) // => [1, 1]
 */
export function ones_(tensor: Tensor): Tensor {
  return constant_(tensor, 1);
}

/**
 * Fills a tensor with zeros, and returns it.
 *
 * @source PyTorch `nn.init.zeros_`.
 * @example
 * init.zeros_(empty([2])) // => [0, 0]
 */
export function zeros_(tensor: Tensor): Tensor {
  return constant_(tensor, 0);
}

/**
 * Makes a matrix the identity, as far as its shape allows, and returns it.
 *
 * @shape tensor `[rows, columns]`
 * @throws {ShapeError} The tensor does not have two dimensions.
 * @source PyTorch `nn.init.eye_`.
 * @example
 * init.eye_(empty([3, 5]))
 */
export function eye_(tensor: Tensor): Tensor {
  const [rows, columns] = matrixShape('init.eye_', tensor);
  return noGrad(() => tensor.copy_(eye(rows, columns, { dtype: tensor.dtype, device: tensor.device })));
}

/**
 * Makes a convolution's weight pass its input channels through unchanged, as many as there are, and returns it.
 *
 * @shape tensor `[out, in, ...kernel]` with one to three kernel dimensions
 * @param groups - Groups of channels; each passes its own input channels through.
 * @throws {ShapeError} The tensor does not have three to five dimensions, or its first is not divisible by `groups`.
 * @source PyTorch `nn.init.dirac_`.
 * @example
 * init.dirac_(empty([16, 16, 5, 5]))
 */
export function dirac_(tensor: Tensor, groups = 1): Tensor {
  const [out = 0, channels = 0, ...kernel] = tensor.shape;
  const shape = tensor.shape;
  if (shape.length < 3 || shape.length > 5) {
    throw new ShapeError(
      'init.dirac_',
      `Only tensors with 3, 4, or 5 dimensions are supported; got shape [${shape.join(', ')}].`,
      { shape },
    );
  }
  if (!Number.isInteger(groups) || groups < 1 || out % groups !== 0) {
    throw new ShapeError('init.dirac_', `dim 0 must be divisible by groups; got ${out} and ${groups}.`, {
      shape,
      groups,
    });
  }
  const perGroup = out / groups;
  const field = kernel.reduce((product, size) => product * size, 1);
  const centre = kernel.reduce((offset, size) => offset * size + Math.floor(size / 2), 0);
  const values = new Float32Array(out * channels * field);
  for (let group = 0; group < groups && field > 0; group++) {
    for (let channel = 0; channel < Math.min(perGroup, channels); channel++) {
      values[((group * perGroup + channel) * channels + channel) * field + centre] = 1;
    }
  }
  return noGrad(() => tensor.copy_(fromArray(values, shape, { device: tensor.device })));
}

/** Rows and columns of a tensor that has to be a matrix. */
export function matrixShape(op: string, tensor: Tensor): [rows: number, columns: number] {
  const [rows, columns, ...more] = tensor.shape;
  if (rows === undefined || columns === undefined || more.length > 0) {
    throw new ShapeError(op, `Only tensors with 2 dimensions are supported; got shape [${tensor.shape.join(', ')}].`, {
      shape: tensor.shape,
    });
  }
  return [rows, columns];
}
