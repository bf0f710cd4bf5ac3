export {
  CELU,
  ELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  type InplaceLayerOptions,
  LeakyReLU,
  Mish,
  ReLU,
  ReLU6,
  RReLU,
  SELU,
  SiLU,
  Threshold,
} from './activation.ts';
export {
  type AttentionInputs,
  type AttentionOutputs,
  MultiheadAttention,
  type MultiheadAttentionOptions,
} from './attention.ts';
export { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './batch-norm.ts';
export { Conv1d, Conv2d, type ConvOptions, type Padding, type PaddingMode } from './conv.ts';
export { Dropout, Dropout1d, Dropout2d, type DropoutLayerOptions } from './dropout.ts';
export { Embedding, type EmbeddingLayerOptions, type PretrainedEmbeddingOptions } from './embedding.ts';
export type { FactoryOptions } from './factory.ts';
export { Flatten, Unflatten } from './flatten.ts';
export { Bilinear, Identity, Linear, type LinearOptions } from './linear.ts';
export {
  GroupNorm,
  type GroupNormOptions,
  LayerNorm,
  type LayerNormOptions,
  RMSNorm,
  type RMSNormOptions,
} from './normalization.ts';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AvgPool1d,
  type AvgPool1dOptions,
  AvgPool2d,
  type AvgPool2dOptions,
  MaxPool1d,
  MaxPool2d,
  type MaxPoolOptions,
  type Pooled,
} from './pooling.ts';
export {
  GELU,
  type GELUOptions,
  GLU,
  Hardshrink,
  LogSigmoid,
  PReLU,
  type PReLUOptions,
  Sigmoid,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
} from './smooth-activation.ts';
export { LogSoftmax, Softmax, Softmax2d, Softmin } from './softmax.ts';
export {
  type ActivationFunction,
  type EncoderCallOptions,
  TransformerEncoderLayer,
  type TransformerEncoderLayerOptions,
} from './transformer.ts';
