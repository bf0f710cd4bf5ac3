export { manualSeed, noGrad, scope, Tensor, tensor, use } from '@flambeau/autograd';
export { StateDictError } from '@flambeau/backend';

import * as functional from './functional/index.ts';
import * as init from './init/index.ts';
import * as utils from './utils/index.ts';

export {
  ModuleDict,
  type ModuleDictBase,
  type ModuleDictConstructor,
  type ModuleDictSource,
  type ModuleRecord,
} from './containers/module-dict.ts';
export { ModuleList } from './containers/module-list.ts';
export {
  ParameterDict,
  type ParameterDictBase,
  type ParameterDictConstructor,
  type ParameterDictSource,
} from './containers/parameter-dict.ts';
export { ParameterList } from './containers/parameter-list.ts';
export {
  type NamedModules,
  Sequential,
  type SequentialBase,
  type SequentialConstructor,
} from './containers/sequential.ts';
export type { ModuleTarget, ToEmptyOptions } from './convert.ts';
export { deepcopy } from './deepcopy.ts';
export { ModuleError, UninitializedError } from './errors.ts';
export type { Reduction } from './functional/index.ts';
export {
  registerModuleBackwardHook,
  registerModuleBufferRegistrationHook,
  registerModuleForwardHook,
  registerModuleForwardPreHook,
  registerModuleFullBackwardHook,
  registerModuleFullBackwardPreHook,
  registerModuleModuleRegistrationHook,
  registerModuleParameterRegistrationHook,
} from './global-registration.ts';
export type {
  BackwardHook,
  BackwardPreHook,
  ForwardHook,
  ForwardHookOptions,
  ForwardHookWithKwargs,
  ForwardPreHook,
  ForwardPreHookOptions,
  ForwardPreHookWithKwargs,
  Gradients,
  Inputs,
  Kwargs,
  LoadStateDictPostHook,
  LoadStateDictPreHook,
  Output,
  PrependOption,
  RegistrationHook,
  StateDictPostHook,
  StateDictPreHook,
} from './hook-types.ts';
export { IncompatibleKeys } from './incompatible-keys.ts';
export {
  type ActivationFunction,
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  type AttentionInputs,
  type AttentionOutputs,
  AvgPool1d,
  type AvgPool1dOptions,
  AvgPool2d,
  type AvgPool2dOptions,
  BatchNorm1d,
  BatchNorm2d,
  type BatchNormOptions,
  Bilinear,
  CELU,
  Conv1d,
  Conv2d,
  type ConvOptions,
  Dropout,
  Dropout1d,
  Dropout2d,
  type DropoutLayerOptions,
  ELU,
  Embedding,
  type EmbeddingLayerOptions,
  type EncoderCallOptions,
  type FactoryOptions,
  Flatten,
  GELU,
  type GELUOptions,
  GLU,
  GroupNorm,
  type GroupNormOptions,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  Identity,
  type InplaceLayerOptions,
  LayerNorm,
  type LayerNormOptions,
  LeakyReLU,
  Linear,
  type LinearOptions,
  LogSigmoid,
  LogSoftmax,
  MaxPool1d,
  MaxPool2d,
  type MaxPoolOptions,
  Mish,
  MultiheadAttention,
  type MultiheadAttentionOptions,
  type Padding,
  type PaddingMode,
  type Pooled,
  PReLU,
  type PReLUOptions,
  type PretrainedEmbeddingOptions,
  ReLU,
  ReLU6,
  RMSNorm,
  type RMSNormOptions,
  RReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softmax2d,
  Softmin,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
  Threshold,
  TransformerEncoderLayer,
  type TransformerEncoderLayerOptions,
  Unflatten,
} from './layers/index.ts';
export { LazyBatchNorm1d, LazyBatchNorm2d } from './lazy/lazy-batch-norm.ts';
export { LazyConv1d, LazyConv2d } from './lazy/lazy-conv.ts';
export { LazyLinear } from './lazy/lazy-linear.ts';
export { hasUninitializedParameters, type Lazy, makeLazy, type PlainClass } from './lazy/make-lazy.ts';
export type { LoadAction, LoadStateDictOptions, LoadStep, StateDictLike } from './load-state-dict.ts';
export {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  MSELoss,
  NLLLoss,
  SmoothL1Loss,
} from './losses/index.ts';
export { Module, type ModuleConstructor, type TypedModule, type UntypedModule } from './module.ts';
export type { AnyModule } from './module-base.ts';
export { Buffer, type BufferOptions, Parameter, type ParameterOptions } from './parameter.ts';
export { type ModuleMetadata, StateDict, type StateDictOptions } from './state-dict.ts';
export type { NamedModulesOptions, NamedTraversalOptions, TraversalOptions } from './traversal.ts';
export {
  UninitializedBuffer,
  type UninitializedBufferOptions,
  UninitializedParameter,
  type UninitializedParameterOptions,
} from './uninitialized.ts';
export type { SizeLike } from './utils/check.ts';
export { functional, init, utils };
