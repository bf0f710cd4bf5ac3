import type { Tensor } from '@flambeau/autograd';
import * as ops from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import { describe, requireInteger, requireTensor } from '../utils/check.ts';

export { adaptiveAvgPool1d, avgPool1d, avgPool2d, maxPool1d, maxPool2d } from '@flambeau/autograd';

/** Sizes of an adaptive pooling's output: one for both axes, or `[height, width]`; null keeps the input's. */
export type AdaptiveSize = number | null | readonly (number | null)[];

/**
 * The pair of sizes that an adaptive pooling of images makes.
 *
 * @throws {ArgumentError} Not one size or two, each a whole number or null.
 */
export function checkAdaptiveSize(op: string, size: AdaptiveSize): [height: number | null, width: number | null] {
  const pair = Array.isArray(size) ? size : [size, size];
  const [height, width] = pair;
  if (pair.length !== 2 || height === undefined || width === undefined) {
    throw new ArgumentError(op, `outputSize must be one size or two; got ${describe(size)}.`, { outputSize: size });
  }
  for (const one of [height, width]) if (one !== null) requireInteger(op, 'outputSize', one);
  return [height, width];
}

/**
 * Mean of as many windows of an image as are wanted, whatever its size.
 *
 * @shape input `[N, C, H, W]` or `[C, H, W]` → `[N, C, ...outputSize]` or `[C, ...outputSize]`
 * @param outputSize - Numbers of windows, one number or `[height, width]`; null keeps the input's size.
 * @throws {ArgumentError} A size is not a whole number.
 * @throws {ShapeError} The input has another number of dimensions, or no elements to average.
 * @source PyTorch `nn.functional.adaptive_avg_pool2d`.
 * @example
 * adaptiveAvgPool2d(randn([1, 64, 8, 9]), [5, null]).shape // => [1, 64, 5, 9]
 */
export function adaptiveAvgPool2d(input: Tensor, outputSize: AdaptiveSize): Tensor {
  requireTensor('adaptiveAvgPool2d', 'input', input);
  const [height, width] = checkAdaptiveSize('adaptiveAvgPool2d', outputSize);
  return ops.adaptiveAvgPool2d(input, [height ?? input.shape.at(-2) ?? 0, width ?? input.shape.at(-1) ?? 0]);
}
