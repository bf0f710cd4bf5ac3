import type { Tensor } from '@flambeau/autograd';
import { ShapeError } from '@flambeau/backend';
import { requireTensor, shapeText } from '../utils/check.ts';

/**
 * `y = x Wᵀ + b` on the last dimension.
 *
 * @shape input `[..., in]`, weight `[out, in]` (or `[in]`), bias `[out]` (or `[]`) → `[..., out]` (or `[...]`)
 * @throws {ShapeError} The last sizes of input and weight differ, or the bias does not fit.
 * @source PyTorch `nn.functional.linear`.
 * @example
 * linear(randn([128, 20]), randn([30, 20])).shape // => [128, 30]
 */
export function linear(input: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  requireTensor('linear', 'input', input);
  requireTensor('linear', 'weight', weight);
  const features = weight.shape.at(-1);
  if (weight.ndim < 1 || weight.ndim > 2 || input.ndim === 0 || input.shape.at(-1) !== features) {
    throw new ShapeError(
      'linear',
      `input [..., in] and weight [out, in] must agree in their last size; got ${shapeText(input)} and ${shapeText(weight)}.`,
      { input: input.shape, weight: weight.shape },
    );
  }
  if (weight.ndim === 1) {
    const y = input.matmul(weight);
    return bias ? y.add(bias) : y;
  }
  const out = weight.shape[0] as number;
  if (bias && !(bias.ndim <= 1 && (bias.numel() === out || bias.numel() === 1))) {
    throw new ShapeError('linear', `bias must have shape [${out}]; got ${shapeText(bias)}.`, { bias: bias.shape });
  }
  const leading = input.shape.slice(0, -1);
  if (leading.length === 1) return affine(input, weight, bias);
  const rows = leading.reduce((product, size) => product * size, 1);
  return affine(input.reshape([rows, features as number]), weight, bias).reshape([...leading, out]);
}

function affine(rows: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  return bias ? bias.addmm(rows, weight.t()) : rows.mm(weight.t());
}

/**
 * `y_k = x₁ᵀ W_k x₂ + b_k` on the last dimensions.
 *
 * @shape input1 `[..., in1]`, input2 `[..., in2]`, weight `[out, in1, in2]`, bias `[out]` → `[..., out]`
 * @throws {ShapeError} The inputs' leading sizes differ, or their last ones do not fit the weight.
 * @source PyTorch `nn.functional.bilinear`.
 * @example
 * bilinear(randn([8, 2]), randn([8, 3]), randn([4, 2, 3])).shape // => [8, 4]
 */
export function bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias?: Tensor | null): Tensor {
  requireTensor('bilinear', 'input1', input1);
  requireTensor('bilinear', 'input2', input2);
  requireTensor('bilinear', 'weight', weight);
  const [out, in1, in2] = weight.shape;
  const leading = input1.shape.slice(0, -1);
  const fits =
    out !== undefined &&
    in1 !== undefined &&
    in2 !== undefined &&
    weight.ndim === 3 &&
    input1.shape.at(-1) === in1 &&
    input2.shape.at(-1) === in2 &&
    input1.ndim === input2.ndim &&
    leading.every((size, axis) => size === input2.shape[axis]) &&
    (!bias || (bias.ndim === 1 && bias.shape[0] === out));
  if (!fits) {
    const shapes = [input1, input2, weight, ...(bias ? [bias] : [])].map(shapeText).join(', ');
    throw new ShapeError(
      'bilinear',
      `input1 [..., in1], input2 [..., in2], weight [out, in1, in2] and bias [out] must fit each other; got ${shapes}.`,
      { input1: input1.shape, input2: input2.shape, weight: weight.shape },
    );
  }
  const rows = leading.reduce((product, size) => product * size, 1);
  const right = input2.reshape([rows, in2]).mm(weight.reshape([out * in1, in2]).t());
  const y = right.reshape([rows, out, in1]).bmm(input1.reshape([rows, in1, 1]));
  const result = y.reshape([...leading, out]);
  return bias ? result.add(bias) : result;
}
