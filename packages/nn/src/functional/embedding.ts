import {
  AutogradFunction,
  type FunctionContext,
  embedding as lookUp,
  noGrad,
  ones,
  type Tensor,
  where,
  zeros,
} from '@flambeau/autograd';
import { ArgumentError, DTypeError, isInteger, ShapeError } from '@flambeau/backend';
import { requireInteger, requireNumber, requireTensor, shapeText } from '../utils/check.ts';

/** What {@link embedding} accepts. */
export interface EmbeddingOptions {
  /** A row that gets no gradient; negative ones count from the end. */
  readonly paddingIdx?: number | null;
  /** Rows looked up are first scaled down in place to this norm. */
  readonly maxNorm?: number | null;
  /** The p of that norm; 2 when absent. */
  readonly normType?: number;
  /** Divide each row's gradient by how often it occurs in the batch. */
  readonly scaleGradByFreq?: boolean;
}

/** The identity, whose gradient is multiplied by a scale per row. */
class ScaleGradient extends AutogradFunction {
  static override forward(ctx: FunctionContext, rows: Tensor, scale: Tensor): Tensor {
    ctx.saveForBackward(scale);
    return rows.clone();
  }

  static override backward(ctx: FunctionContext, grad: Tensor): (Tensor | null)[] {
    const [scale] = ctx.savedTensors as [Tensor];
    return [grad.mul(scale), null];
  }
}

/** Scales the rows that `index` names down to a norm, in place. */
function renormalise(weight: Tensor, index: Tensor, maxNorm: number, normType: number): void {
  noGrad(() => {
    const flat = index.flatten();
    const rows = weight.indexSelect(0, flat);
    const norms = rows.norm(normType, 1, { keepDim: true });
    // PyTorch's guard against dividing by zero.
    const scale = where(norms.gt(maxNorm), norms.add(1e-7).reciprocal().mul(maxNorm), 1);
    weight.indexCopy_(0, flat, rows.mul(scale));
  });
}

/**
 * The row of a padding index, counted from the start.
 *
 * @throws {ArgumentError} It lies outside the table.
 */
export function paddingRow(op: string, paddingIdx: number, rows: number): number {
  requireInteger(op, 'paddingIdx', paddingIdx, Number.MIN_SAFE_INTEGER);
  if (paddingIdx >= rows || paddingIdx < -rows) {
    throw new ArgumentError(op, `Padding_idx must be within num_embeddings; got ${paddingIdx} of ${rows}.`, {
      paddingIdx,
      rows,
    });
  }
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

/**
 * Looks up rows of a table.
 *
 * @shape index `[...]` (int32 or int64), weight `[rows, dim]` → `[..., dim]`
 * @throws {DTypeError} The indices are not integers.
 * @throws {IndexError} An index lies outside the table.
 * @throws {ShapeError} The table does not have two dimensions.
 * @throws {ArgumentError} The padding index lies outside the table.
 * @source PyTorch `nn.functional.embedding`.
 * @example
 * embedding(tensor([[1, 2]], { dtype: 'int32' }), randn([10, 3])).shape // => [1, 2, 3]
 */
export function embedding(index: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  requireTensor('embedding', 'index', index);
  requireTensor('embedding', 'weight', weight);
  if (!isInteger(index.dtype)) {
    throw new DTypeError(
      'embedding',
      `Expected tensor for argument 'indices' to have an integer dtype; got ${index.dtype}.`,
      {
        dtype: index.dtype,
      },
    );
  }
  if (weight.ndim !== 2) {
    throw new ShapeError('embedding', `'weight' must be 2-D; got ${shapeText(weight)}.`, { shape: weight.shape });
  }
  const { paddingIdx, maxNorm, normType = 2, scaleGradByFreq = false } = options;
  const padding = paddingIdx == null ? null : paddingRow('embedding', paddingIdx, weight.shape[0] as number);
  if (maxNorm != null) {
    requireNumber('embedding', 'maxNorm', maxNorm);
    requireNumber('embedding', 'normType', normType);
    renormalise(weight, index, maxNorm, normType);
  }
  const rows = lookUp(weight, index);
  if (!rows.requiresGrad || (padding === null && !scaleGradByFreq)) return rows;
  return ScaleGradient.apply(rows, gradientScale(index, weight, padding, scaleGradByFreq)) as Tensor;
}

function gradientScale(index: Tensor, weight: Tensor, padding: number | null, byFrequency: boolean): Tensor {
  return noGrad(() => {
    const flat = index.flatten();
    const placement = { dtype: weight.dtype, device: weight.device };
    let scale = ones([flat.numel()], placement);
    if (byFrequency) {
      const counts = zeros([weight.shape[0] as number], placement).indexAdd(0, flat, scale);
      scale = counts.indexSelect(0, flat).reciprocal();
    }
    if (padding !== null) scale = scale.maskedFill(flat.eq(padding), 0);
    return scale.reshape([...index.shape, 1]);
  });
}
