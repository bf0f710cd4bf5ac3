import { AutogradFunction, type FunctionContext, type Tensor } from '@flambeau/autograd';

/** A tensor with mean 0 and variance 1 along some dimensions, and what it took. */
export interface Standardised {
  readonly output: Tensor;
  /** The mean that was subtracted, with the dimensions kept at size 1; without history. */
  readonly mean: Tensor;
  /** The variance, divided by the number of elements, alike. */
  readonly variance: Tensor;
}

/**
 * `y = (x - mean) r` with `r = 1/√(variance + eps)`.
 *
 * Both `y` and `r` are outputs, so that the derivative can be written with them and be differentiated again:
 * `dx = r (dy - mean(dy) - y mean(y dy)) - dr r² y / n`.
 */
class Standardise extends AutogradFunction {
  static override forward(ctx: FunctionContext, x: Tensor, dims: readonly number[], eps: number): Tensor[] {
    const [variance, mean] = x.varMean(dims, { correction: 0, keepDim: true });
    const scale = variance.add(eps).rsqrt();
    const output = x.sub(mean).mul(scale);
    ctx.values.dims = dims;
    ctx.saveForBackward(output, scale);
    ctx.markNonDifferentiable(mean, variance);
    return [output, scale, mean, variance];
  }

  static override backward(ctx: FunctionContext, grad: Tensor, scaleGrad: Tensor | null): (Tensor | null)[] {
    const [y, scale] = ctx.savedTensors as [Tensor, Tensor];
    const dims = ctx.values.dims as readonly number[];
    const mean = (x: Tensor): Tensor => x.mean(dims, { keepDim: true });
    const through = grad
      .sub(mean(grad))
      .sub(y.mul(mean(y.mul(grad))))
      .mul(scale);
    if (!scaleGrad) return [through, null, null];
    const count = dims.reduce((product, dim) => product * (y.shape[dim] as number), 1);
    return [through.sub(scaleGrad.mul(scale.square()).div(count).mul(y)), null, null];
  }
}

/**
 * Subtracts the mean and divides by the standard deviation, along dimensions.
 *
 * @param dims - The dimensions that are normalised together, counted from the start.
 * @param eps - Added to the variance.
 */
export function standardise(x: Tensor, dims: readonly number[], eps: number): Standardised {
  const [output, , mean, variance] = Standardise.apply(x, dims, eps) as [Tensor, Tensor, Tensor, Tensor];
  return { output, mean, variance };
}
