import { cat, type Tensor } from '@flambeau/autograd';
import { ArgumentError } from '@flambeau/backend';
import { requireTensor, shapeText } from './check.ts';
import { tensorsOf } from './clip.ts';

/**
 * All elements of tensors, one after the other, in one vector.
 *
 * @shape parameters `[...]`, `[...]`, … → `[total]`
 * @throws {ArgumentError} Not tensors, or none.
 * @source PyTorch `nn.utils.parameters_to_vector`.
 * @example
 * parametersToVector(new Linear(2, 3).parameters()).shape // => [9]
 */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  const list = tensorsOf('parametersToVector', parameters);
  if (list.length === 0)
    throw new ArgumentError('parametersToVector', 'expected a non-empty list of Tensors; got none.');
  return cat(list.map((parameter) => parameter.flatten()));
}

/**
 * Cuts a vector into pieces, and makes them the data of tensors, as views of the vector.
 *
 * @shape vector `[total]`
 * @throws {ArgumentError} The vector is no tensor, or has another number of elements than the tensors together.
 * @source PyTorch `nn.utils.vector_to_parameters`.
 * @example
 * vectorToParameters(zeros([9]), new Linear(2, 3).parameters())
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  const op = 'vectorToParameters';
  requireTensor(op, 'vector', vector);
  const list = tensorsOf(op, parameters);
  const total = list.reduce((sum, parameter) => sum + parameter.numel(), 0);
  if (vector.ndim !== 1 || vector.numel() !== total) {
    throw new ArgumentError(op, `expected a vector of ${total} elements; got shape ${shapeText(vector)}.`, {
      shape: vector.shape,
      total,
    });
  }
  let start = 0;
  for (const parameter of list) {
    const length = parameter.numel();
    parameter.data = vector.detach().narrow(0, start, length).view(parameter.shape);
    start += length;
  }
}
