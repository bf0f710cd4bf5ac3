import { ones, type Tensor } from '@flambeau/autograd';
import { ArgumentError, DTypeError, isFloat, ShapeError } from '@flambeau/backend';
import { requireNumber, requireProbability, requireTensor, shapeText } from '../utils/check.ts';
import { dropout } from './dropout.ts';

/** What {@link scaledDotProductAttention} accepts. */
export interface ScaledDotProductAttentionOptions {
  /** Booleans that say which keys may be seen, or floats that are added to the scores; broadcast to `[..., L, S]`. */
  readonly attnMask?: Tensor | null;
  /** Probability that a weight becomes zero; 0 when absent. */
  readonly dropoutP?: number;
  /** Let each query see only keys at its own position or before; excludes a mask. */
  readonly isCausal?: boolean;
  /** Factor of the scores; `1/√E` when absent. */
  readonly scale?: number | null;
}

/**
 * `softmax(Q Kᵀ · scale + mask) V`; a query that may see no key gives zeros.
 *
 * @shape query `[..., L, E]`, key `[..., S, E]`, value `[..., S, Ev]` → `[..., L, Ev]`
 * @throws {ShapeError} The last two sizes do not fit, or the mask cannot be broadcast.
 * @throws {DTypeError} The mask is neither boolean nor float.
 * @throws {ArgumentError} A mask together with `isCausal`, or `dropoutP` is not a probability.
 * @source PyTorch `nn.functional.scaled_dot_product_attention`; Vaswani et al. 2017, arXiv:1706.03762.
 * @example
 * scaledDotProductAttention(randn([2, 4, 8]), randn([2, 6, 8]), randn([2, 6, 8])).shape // => [2, 4, 8]
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: ScaledDotProductAttentionOptions = {},
): Tensor {
  const op = 'scaledDotProductAttention';
  const { attnMask = null, dropoutP = 0, isCausal = false, scale } = options;
  requireTensor(op, 'query', query);
  requireTensor(op, 'key', key);
  requireTensor(op, 'value', value);
  requireProbability(op, dropoutP);
  const width = query.shape.at(-1);
  if (
    query.ndim < 2 ||
    key.ndim < 2 ||
    value.ndim < 2 ||
    key.shape.at(-1) !== width ||
    value.shape.at(-2) !== key.shape.at(-2)
  ) {
    throw new ShapeError(
      op,
      `query [..., L, E], key [..., S, E] and value [..., S, Ev] must fit; got ${[query, key, value].map(shapeText).join(', ')}.`,
      { query: query.shape, key: key.shape, value: value.shape },
    );
  }
  if (isCausal && attnMask) {
    throw new ArgumentError(op, 'Explicit attn_mask should not be set when is_causal=True; got both.');
  }
  const factor = scale ?? 1 / Math.sqrt(width as number);
  requireNumber(op, 'scale', factor);
  const scores = query.mul(factor).matmul(key.mT);
  const mask = isCausal ? causalMask(query, key) : attnMask;
  const weights = mask ? maskedSoftmax(op, scores, mask) : scores.softmax(-1);
  return dropout(weights, { p: dropoutP }).matmul(value);
}

function causalMask(query: Tensor, key: Tensor): Tensor {
  const sizes = [query.shape.at(-2) as number, key.shape.at(-2) as number];
  return ones(sizes, { dtype: 'bool', device: query.device }).tril();
}

/** Softmax of masked scores; rows that see nothing become zeros, and give no gradient. */
function maskedSoftmax(op: string, scores: Tensor, mask: Tensor): Tensor {
  const masked = scores.add(additiveMask(op, 'attnMask', mask, scores, { visible: true }));
  const blind = masked.eq(Number.NEGATIVE_INFINITY).all(-1, { keepDim: true });
  return masked.maskedFill(blind, 0).softmax(-1).maskedFill(blind, 0);
}

/** How the booleans of a mask are meant. */
export interface MaskMeaning {
  /** Whether true marks what may be seen, or what may not. */
  readonly visible: boolean;
}

/**
 * A mask in the form that is added to scores: 0 or -∞ for booleans, as given for floats.
 *
 * @throws {DTypeError} The mask is neither boolean nor float.
 */
export function additiveMask(op: string, name: string, mask: Tensor, scores: Tensor, meaning: MaskMeaning): Tensor {
  requireTensor(op, name, mask);
  if (isFloat(mask.dtype)) return mask;
  if (mask.dtype !== 'bool') {
    throw new DTypeError(op, `only bool and floating types of ${name} are supported; got ${mask.dtype}.`, {
      dtype: mask.dtype,
    });
  }
  const hidden = meaning.visible ? mask.logicalNot() : mask;
  return hidden.to(scores.dtype).mul(0).maskedFill(hidden, Number.NEGATIVE_INFINITY);
}
