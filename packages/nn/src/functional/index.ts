export { oneHot, oneHotAsync } from '@flambeau/autograd';
export {
  celu,
  elu,
  hardsigmoid,
  hardswish,
  hardtanh,
  type InplaceOptions,
  leakyRelu,
  mish,
  type RReluOptions,
  relu,
  relu6,
  rrelu,
  selu,
  silu,
  threshold,
} from './activation.ts';
export { type ScaledDotProductAttentionOptions, scaledDotProductAttention } from './attention.ts';
export {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type KlDivOptions,
  klDiv,
} from './binary-loss.ts';
export { type CrossEntropyOptions, crossEntropy, type NllLossOptions, nllLoss } from './classification-loss.ts';
export { conv1d, conv2d } from './conv.ts';
export { type DropoutOptions, dropout, dropout1d, dropout2d } from './dropout.ts';
export { type EmbeddingOptions, embedding } from './embedding.ts';
export { bilinear, linear } from './linear.ts';
export {
  type AttentionCallOptions,
  type AttentionSettings,
  type AttentionWeights,
  multiHeadAttention,
} from './multi-head-attention.ts';
export {
  type BatchNormFunctionOptions,
  batchNorm,
  type GroupNormFunctionOptions,
  groupNorm,
  type LayerNormFunctionOptions,
  layerNorm,
  type NormalizeOptions,
  normalize,
  type RmsNormFunctionOptions,
  rmsNorm,
} from './norm.ts';
export { type PadMode, type PadOptions, pad } from './pad.ts';
export {
  type AdaptiveSize,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  avgPool1d,
  avgPool2d,
  maxPool1d,
  maxPool2d,
} from './pooling.ts';
export type { Reduction } from './reduction.ts';
export {
  type HuberLossOptions,
  huberLoss,
  type LossOptions,
  l1Loss,
  type MseLossOptions,
  mseLoss,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from './regression-loss.ts';
export {
  type GeluApproximation,
  type GeluOptions,
  gelu,
  glu,
  hardshrink,
  logsigmoid,
  prelu,
  sigmoid,
  softplus,
  softshrink,
  softsign,
  tanh,
  tanhshrink,
} from './smooth-activation.ts';
export { logSoftmax, type SoftmaxOptions, softmax, softmin } from './softmax.ts';
