import {
  type DType,
  defaultGenerator,
  fromArray,
  noGrad,
  randperm,
  stack,
  type Tensor,
  zeros,
} from '@flambeau/autograd';
import { ArgumentError, ShapeError } from '@flambeau/backend';
import { matrixShape, normal_, type RandomOptions } from './fill.ts';

/**
 * Fills a tensor with a (semi-)orthogonal matrix, its first dimension against all others, and returns it.
 *
 * The matrix is the orthogonal factor of a random normal one, with the signs that make the other factor's diagonal
 * positive. It is factorised on the host in double precision.
 *
 * @shape tensor `[rows, ...columns]`
 * @param gain - Factor of every element.
 * @throws {ShapeError} The tensor has fewer than two dimensions.
 * @source Saxe et al. 2013, arXiv:1312.6120; PyTorch `nn.init.orthogonal_`.
 * @example
 * init.orthogonal_(empty([3, 5]))
 */
export function orthogonal_(tensor: Tensor, gain = 1, options: RandomOptions = {}): Tensor {
  const { shape, dtype, device } = tensor;
  if (shape.length < 2) {
    throw new ShapeError(
      'init.orthogonal_',
      `Only tensors with 2 or more dimensions are supported; got shape [${shape.join(', ')}].`,
      { shape },
    );
  }
  const count = tensor.numel();
  if (count === 0) return tensor;
  return noGrad(() => {
    const rows = shape[0] as number;
    const columns = count / rows;
    const drawn = drawNormals(count, dtype, options);
    const long = Math.max(rows, columns);
    const short = Math.min(rows, columns);
    // Vectors of length `long`, one after the other: the columns of a tall matrix, or the rows of a wide one.
    const vectors = new Float64Array(count);
    for (let i = 0; i < short; i++) {
      for (let k = 0; k < long; k++)
        vectors[i * long + k] = drawn[rows < columns ? i * long + k : k * short + i] as number;
    }
    orthonormalise(vectors, short, long);
    const values = new Float64Array(count);
    for (let i = 0; i < short; i++) {
      for (let k = 0; k < long; k++) {
        values[rows < columns ? i * long + k : k * short + i] = gain * (vectors[i * long + k] as number);
      }
    }
    const narrow = dtype === 'float64' ? values : Float32Array.from(values);
    return tensor.copy_(fromArray(narrow, shape, { device }));
  });
}

function drawNormals(count: number, dtype: DType, { generator }: RandomOptions): Float32Array | Float64Array {
  const numbers = dtype === 'float64' ? new Float64Array(count) : new Float32Array(count);
  return (generator ?? defaultGenerator()).fillNormal(numbers);
}

/** Makes vectors orthogonal to those before them and of length 1, in place; twice, so that rounding does not add up. */
function orthonormalise(vectors: Float64Array, count: number, length: number): void {
  const at = (vector: number): Float64Array => vectors.subarray(vector * length, (vector + 1) * length);
  for (let i = 0; i < count; i++) {
    const current = at(i);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = at(j);
        const overlap = product(current, other);
        for (let k = 0; k < length; k++) current[k] = (current[k] as number) - overlap * (other[k] as number);
      }
    }
    const scale = 1 / Math.sqrt(product(current, current));
    for (let k = 0; k < length; k++) current[k] = (current[k] as number) * scale;
  }
}

function product(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);
}

/**
 * Fills a matrix from `N(0, std²)`, sets a share of each column to zero, and returns it.
 *
 * @shape tensor `[rows, columns]`
 * @param sparsity - Share of each column that is zero, rounded up to whole elements.
 * @param std - Standard deviation of the other elements.
 * @throws {ShapeError} The tensor does not have two dimensions.
 * @throws {ArgumentError} The share lies outside `[0, 1]`.
 * @source Martens 2010, "Deep learning via Hessian-free optimization"; PyTorch `nn.init.sparse_`.
 * @example
 * init.sparse_(empty([3, 5]), 0.1)
 */
export function sparse_(tensor: Tensor, sparsity: number, std = 0.01, options: RandomOptions = {}): Tensor {
  const [rows, columns] = matrixShape('init.sparse_', tensor);
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw new ArgumentError('init.sparse_', `sparsity must be between 0 and 1; got ${String(sparsity)}.`, { sparsity });
  }
  const { dtype, device } = tensor;
  const zeroed = Math.ceil(sparsity * rows);
  return noGrad(() => {
    normal_(tensor, 0, std, options);
    if (zeroed === 0 || columns === 0) return tensor;
    const orders = Array.from({ length: columns }, () => randperm(rows, { device, ...options }));
    const chosen = stack(orders).narrow(1, 0, zeroed);
    const mask = zeros([columns, rows], { dtype, device }).scatter(1, chosen, 1).t().ne(0);
    return tensor.maskedFill_(mask, 0);
  });
}
