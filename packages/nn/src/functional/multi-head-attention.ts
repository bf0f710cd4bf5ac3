import { cat, constantPad, type Tensor, zeros } from '@flambeau/autograd';
import { ArgumentError, ShapeError } from '@flambeau/backend';
import { requireTensor, shapeText } from '../utils/check.ts';
import { additiveMask, scaledDotProductAttention } from './attention.ts';
import { dropout } from './dropout.ts';
import { linear } from './linear.ts';

/** The learnt tensors of multi-head attention. */
export interface AttentionWeights {
  /** `[3E, E]`: query, key and value projections in one; or null when they are separate. */
  readonly inProjWeight: Tensor | null;
  /** `[E, E]`, `[E, kdim]` and `[E, vdim]`; or null when they are in one. */
  readonly qProjWeight: Tensor | null;
  readonly kProjWeight: Tensor | null;
  readonly vProjWeight: Tensor | null;
  /** `[3E]`, or null. */
  readonly inProjBias: Tensor | null;
  /** `[1, 1, E]`: one more key, or null. */
  readonly biasK: Tensor | null;
  /** `[1, 1, E]`: one more value, or null. */
  readonly biasV: Tensor | null;
  /** `[E, E]` */
  readonly outProjWeight: Tensor;
  /** `[E]`, or null. */
  readonly outProjBias: Tensor | null;
}

/** How multi-head attention is computed. */
export interface AttentionSettings {
  readonly numHeads: number;
  readonly dropoutP: number;
  readonly training: boolean;
  readonly addZeroAttn: boolean;
}

/** What a call of multi-head attention may say. */
export interface AttentionCallOptions {
  /** `[N, S]` or `[S]`: true for keys that are not seen, or floats that are added to their scores. */
  readonly keyPaddingMask?: Tensor | null;
  /** Whether the weights are given too; true when absent. */
  readonly needWeights?: boolean;
  /** `[L, S]` or `[N·heads, L, S]`: true for pairs that are not seen, or floats that are added to their scores. */
  readonly attnMask?: Tensor | null;
  /** Whether the weights are averaged over heads; true when absent. */
  readonly averageAttnWeights?: boolean;
  /** Says that `attnMask` is the causal one; a mask is still needed. */
  readonly isCausal?: boolean;
}

const op = 'multiHeadAttention';

/** @throws {ShapeError} Query, key and value are not all batched or all unbatched. @returns Whether they are batched. */
function checkRanks(query: Tensor, key: Tensor, value: Tensor, options: AttentionCallOptions): boolean {
  const rank = query.ndim;
  if (rank !== 2 && rank !== 3) {
    throw new ShapeError(op, `query should be unbatched 2D or batched 3D tensor but received ${rank}-D query tensor`, {
      query: query.shape,
    });
  }
  const kind = rank === 3 ? 'batched (3-D)' : 'unbatched (2-D)';
  if (key.ndim !== rank || value.ndim !== rank) {
    throw new ShapeError(
      op,
      `For ${kind} \`query\`, expected \`key\` and \`value\` to be ${rank}-D but found ${key.ndim}-D and ${value.ndim}-D tensors respectively`,
      { query: query.shape, key: key.shape, value: value.shape },
    );
  }
  const { keyPaddingMask, attnMask } = options;
  if (keyPaddingMask && keyPaddingMask.ndim !== rank - 1) {
    throw new ShapeError(
      op,
      `For ${kind} \`query\`, expected \`keyPaddingMask\` to be null or ${rank - 1}-D but found ${keyPaddingMask.ndim}-D tensor instead`,
      { keyPaddingMask: keyPaddingMask.shape },
    );
  }
  if (attnMask && attnMask.ndim !== 2 && attnMask.ndim !== 3) {
    throw new ShapeError(
      op,
      `For ${kind} \`query\`, expected \`attnMask\` to be null, 2-D or 3-D but found ${attnMask.ndim}-D tensor instead`,
      { attnMask: attnMask.shape },
    );
  }
  return rank === 3;
}

function requireShape(name: string, tensor: Tensor, expected: readonly number[]): void {
  if (tensor.ndim === expected.length && expected.every((size, axis) => size === tensor.shape[axis])) return;
  throw new ShapeError(op, `The shape of ${name} is ${shapeText(tensor)}, but should be [${expected.join(', ')}].`, {
    [name]: tensor.shape,
    expected,
  });
}

/** Projects query, key and value; in one product where they are the same tensor. */
function project(query: Tensor, key: Tensor, value: Tensor, weights: AttentionWeights): [Tensor, Tensor, Tensor] {
  const { inProjWeight, qProjWeight, kProjWeight, vProjWeight, inProjBias } = weights;
  if (inProjWeight && query === key && key === value) {
    return linear(query, inProjWeight, inProjBias).chunk(3, -1) as [Tensor, Tensor, Tensor];
  }
  const matrices = inProjWeight ? inProjWeight.chunk(3) : [qProjWeight, kProjWeight, vProjWeight];
  const biases = inProjBias ? inProjBias.chunk(3) : [];
  const [q, k, v] = [query, key, value].map((x, i) => {
    const matrix = matrices[i];
    if (!matrix) throw new ArgumentError(op, 'use_separate_proj_weight is True but a projection weight is null.');
    return linear(x, matrix, biases[i]);
  });
  return [q, k, v] as [Tensor, Tensor, Tensor];
}

/** `[T, N, E]` as `[N·heads, T, E/heads]`. */
function splitHeads(x: Tensor, heads: number): Tensor {
  const [length, batch, width] = x.shape as [number, number, number];
  return x.reshape([length, batch * heads, width / heads]).transpose(0, 1);
}

/** Lets everybody see keys that were added behind the last one. */
function widen(mask: Tensor): Tensor {
  return constantPad(mask, [0, 1]);
}

/**
 * Attention with several heads, after learnt projections; sequence first.
 *
 * @shape query `[L, N, E]` or `[L, E]`, key `[S, N, kdim]` or `[S, kdim]`, value `[S, N, vdim]` or `[S, vdim]` → output as query, weights `[N, L, S]`,
 * or `[N, heads, L, S]` when not averaged, without `N` when unbatched
 * @throws {ShapeError} Tensors or masks do not fit each other.
 * @throws {DTypeError} A mask is neither boolean nor float.
 * @throws {ArgumentError} `isCausal` without a mask.
 * @source PyTorch `nn.functional.multi_head_attention_forward`; Vaswani et al. 2017, arXiv:1706.03762.
 * @example
 * const [output] = multiHeadAttention(query, key, value, weights, { numHeads: 2, dropoutP: 0, training: false, addZeroAttn: false });
 */
export function multiHeadAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  weights: AttentionWeights,
  settings: AttentionSettings,
  options: AttentionCallOptions = {},
): [output: Tensor, weights: Tensor | null] {
  for (const [name, x] of Object.entries({ query, key, value })) requireTensor(op, name, x);
  const { keyPaddingMask, attnMask, needWeights = true, isCausal = false } = options;
  if (isCausal && !attnMask) {
    throw new ArgumentError(op, 'Need attn_mask if specifying the is_causal hint; got none.');
  }
  if (checkRanks(query, key, value, options)) return batched(query, key, value, weights, settings, options);
  const one = (x: Tensor): Tensor => x.unsqueeze(1);
  const q = one(query);
  const k = key === query ? q : one(key);
  const v = value === key ? k : one(value);
  const [output, attention] = batched(q, k, v, weights, settings, {
    ...options,
    keyPaddingMask: keyPaddingMask ? keyPaddingMask.unsqueeze(0) : null,
    needWeights,
  });
  return [output.squeeze(1), attention ? attention.squeeze(0) : null];
}

function batched(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  weights: AttentionWeights,
  settings: AttentionSettings,
  options: AttentionCallOptions,
): [output: Tensor, weights: Tensor | null] {
  const [length, batch, width] = query.shape as [number, number, number];
  const { numHeads, training } = settings;
  const { needWeights = true, averageAttnWeights = true } = options;
  checkSizes(query, key, value, weights);
  let [q, k, v] = project(query, key, value, weights);
  let mask = mergeMasks(options, q, key.shape[0] as number, numHeads);
  if (weights.biasK && weights.biasV) {
    k = cat([k, weights.biasK.expand([1, batch, width])]);
    v = cat([v, weights.biasV.expand([1, batch, width])]);
    mask = mask && widen(mask);
  }
  q = splitHeads(q, numHeads);
  k = splitHeads(k, numHeads);
  v = splitHeads(v, numHeads);
  if (settings.addZeroAttn) {
    const zero = zeros([batch * numHeads, 1, width / numHeads], { dtype: q.dtype, device: q.device });
    k = cat([k, zero], 1);
    v = cat([v, zero], 1);
    mask = mask && widen(mask);
  }
  const dropoutP = training ? settings.dropoutP : 0;
  let attention: Tensor | null = null;
  let mixed: Tensor;
  if (needWeights) {
    const scaled = q.mul(1 / Math.sqrt(width / numHeads));
    const scores = mask ? mask.baddbmm(scaled, k.mT) : scaled.bmm(k.mT);
    attention = dropout(scores.softmax(-1), { p: dropoutP });
    mixed = attention.bmm(v);
  } else {
    mixed = scaledDotProductAttention(q, k, v, { attnMask: mask, dropoutP });
  }
  const joined = mixed.transpose(0, 1).reshape([length * batch, width]);
  const output = linear(joined, weights.outProjWeight, weights.outProjBias).reshape([length, batch, width]);
  if (!attention) return [output, null];
  const perHead = attention.reshape([batch, numHeads, length, k.shape[1] as number]);
  return [output, averageAttnWeights ? perHead.mean(1) : perHead];
}

function checkSizes(query: Tensor, key: Tensor, value: Tensor, weights: AttentionWeights): void {
  const [, batch, width] = query.shape as [number, number, number];
  const expected = weights.outProjWeight.shape[0];
  if (width !== expected) {
    throw new ShapeError(op, `was expecting embedding dimension of ${expected}, but got ${width}`, {
      query: query.shape,
    });
  }
  const fits = weights.inProjWeight
    ? key.ndim === value.ndim && key.shape.every((size, axis) => size === value.shape[axis])
    : key.shape[0] === value.shape[0] && key.shape[1] === value.shape[1];
  if (!fits) {
    throw new ShapeError(op, `key shape ${shapeText(key)} does not match value shape ${shapeText(value)}`, {
      key: key.shape,
      value: value.shape,
    });
  }
  if (key.shape[1] !== batch) {
    throw new ShapeError(op, `query and key must have the same batch size; got ${batch} and ${key.shape[1]}.`, {
      query: query.shape,
      key: key.shape,
    });
  }
}

/** Both masks in one that is added to scores `[N·heads, L, S]`, or null. */
function mergeMasks(options: AttentionCallOptions, q: Tensor, keys: number, heads: number): Tensor | null {
  const [length, batch] = q.shape as [number, number, number];
  const { attnMask, keyPaddingMask } = options;
  let mask: Tensor | null = null;
  if (attnMask) {
    const shape = attnMask.ndim === 2 ? [length, keys] : [batch * heads, length, keys];
    requireShape(`the ${attnMask.ndim}D attn_mask`, attnMask, shape);
    mask = additiveMask(op, 'attn_mask', attnMask, q, { visible: false });
  }
  if (keyPaddingMask) {
    requireShape('key_padding_mask', keyPaddingMask, [batch, keys]);
    const padding = additiveMask(op, 'key_padding_mask', keyPaddingMask, q, { visible: false })
      .reshape([batch, 1, 1, keys])
      .expand([batch, heads, 1, keys])
      .reshape([batch * heads, 1, keys]);
    mask = mask ? mask.add(padding) : padding;
  }
  if (!mask) return null;
  return mask.expand([batch * heads, length, keys]);
}
