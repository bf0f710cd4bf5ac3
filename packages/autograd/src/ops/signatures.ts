import type { DType, Shape, View, WindowAxis } from '@flambeau/backend';

/** Ops without attributes. */
export type NoAttributes = Readonly<Record<string, never>>;

/** Dimensions of a reduction, sorted and not negative. */
export interface ReduceAttributes {
  readonly dims: readonly number[];
  readonly keepDim: boolean;
}

/** Variance over dimensions with `n - correction` in the denominator, or its square root. */
export interface VarianceAttributes extends ReduceAttributes {
  readonly correction: number;
  readonly root: boolean;
}

/** One dimension. */
export interface DimAttributes {
  readonly dim: number;
}

/** How the two factors of a matrix product lay in memory: a factor's gradient is made to lie alike. */
export interface MatmulAttributes {
  readonly columnMajor: readonly [left: boolean, right: boolean];
}

/** Geometry of a convolution over the last `stride.length` axes. */
export interface ConvAttributes {
  readonly stride: readonly number[];
  /** Padding before the first element of each axis; what is needed after the last one follows from `positions`. */
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
  /** Number of window positions along each axis: the spatial size of the result. */
  readonly positions: readonly number[];
}

/** Gradient of a convolution by its input, or by its weight: the missing operand's shape. */
export interface ConvGradAttributes extends ConvAttributes {
  readonly shape: Shape;
}

/** Geometry of a pooling window. */
export interface PoolAttributes {
  readonly windows: readonly WindowAxis[];
}

/** Which elements an average counts: divide by the window, by its part inside the array (with or without padding), or by a number. */
export interface AveragePoolAttributes extends PoolAttributes {
  readonly countIncludePad: boolean;
  readonly divisor: number | null;
}

/** Sums over the windows `floor(i·in/out) … ceil((i+1)·in/out) - 1` of the last `size.length` axes. */
export interface AdaptivePoolAttributes {
  /** Sizes of the last axes of the result. */
  readonly size: readonly number[];
  /** `'after'`: each sum is divided by the size of its window; `'before'`: each element by the size of its own window over the result (the gradient). */
  readonly divide: 'before' | 'after';
}

/** The element-wise ops; their rows are in `elementwise-rows.ts`. */
export type ElementwiseName =
  | 'add'
  | 'addScaled'
  | 'sub'
  | 'mul'
  | 'div'
  | 'divTrunc'
  | 'divFloor'
  | 'remainder'
  | 'fmod'
  | 'pow'
  | 'atan2'
  | 'maximum'
  | 'minimum'
  | 'fmax'
  | 'fmin'
  | 'copysign'
  | 'hypot'
  | 'logaddexp'
  | 'logaddexp2'
  | 'xlogy'
  | 'heaviside'
  | 'ldexp'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'logicalAnd'
  | 'logicalOr'
  | 'logicalXor'
  | 'bitwiseAnd'
  | 'bitwiseOr'
  | 'bitwiseXor'
  | 'bitwiseLeftShift'
  | 'bitwiseRightShift'
  | 'where'
  | 'lerp'
  | 'addcmul'
  | 'addcdiv'
  | 'clamp'
  | 'clampMin'
  | 'clampMax'
  | 'nanToNum'
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'roundDecimals'
  | 'trunc'
  | 'frac'
  | 'sqrt'
  | 'rsqrt'
  | 'square'
  | 'reciprocal'
  | 'exp'
  | 'exp2'
  | 'expm1'
  | 'log'
  | 'log2'
  | 'log10'
  | 'log1p'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'erf'
  | 'erfc'
  | 'erfinv'
  | 'lgamma'
  | 'digamma'
  | 'polygamma'
  | 'sigmoid'
  | 'logit'
  | 'sinc'
  | 'isnan'
  | 'isinf'
  | 'isfinite'
  | 'isposinf'
  | 'isneginf'
  | 'signbit'
  | 'logicalNot'
  | 'bitwiseNot'
  | 'relu'
  | 'positivePart'
  | 'sigmoidGrad'
  | 'tanhGrad'
  | 'leakyRelu'
  | 'leakyReluGrad'
  | 'elu'
  | 'eluGrad'
  | 'gelu'
  | 'geluGrad'
  | 'geluTanh'
  | 'geluTanhGrad'
  | 'silu'
  | 'siluGrad'
  | 'mish'
  | 'softplus'
  | 'softplusGrad'
  | 'logsigmoid'
  | 'hardtanh'
  | 'hardtanhGrad'
  | 'hardsigmoid'
  | 'hardswish'
  | 'hardshrink'
  | 'softshrink'
  | 'threshold'
  | 'smoothL1'
  | 'huber';

/** Attributes of every primitive op that is not element-wise; one entry per op. */
export interface StructuralAttributes {
  cast: { readonly dtype: DType };
  /** Every element replaced by one value. */
  fill: NoAttributes;
  /** A contiguous copy. */
  copy: NoAttributes;
  sum: ReduceAttributes & { readonly dtype: DType };
  mean: ReduceAttributes & { readonly dtype: DType };
  prod: ReduceAttributes & { readonly dtype: DType };
  amax: ReduceAttributes;
  amin: ReduceAttributes;
  /** Largest value and its first position along one dimension. */
  maxDim: DimAttributes & { readonly keepDim: boolean };
  minDim: DimAttributes & { readonly keepDim: boolean };
  variance: VarianceAttributes;
  norm: ReduceAttributes & { readonly p: number };
  logsumexp: ReduceAttributes;
  softmax: DimAttributes;
  softmaxGrad: DimAttributes;
  logSoftmax: DimAttributes;
  logSoftmaxGrad: DimAttributes;
  /** (x − mean)·rstd over dimensions; outputs: that, rstd, and unrecorded mean and variance. */
  standardize: { readonly dims: readonly number[]; readonly eps: number };
  standardizeGrad: { readonly dims: readonly number[] };
  matmul: MatmulAttributes;
  /** The first operand, broadcast, plus the product of the others. */
  addmm: MatmulAttributes;
  conv: ConvAttributes;
  convGradInput: ConvGradAttributes;
  convGradWeight: ConvGradAttributes;
  maxPool: PoolAttributes;
  avgPool: AveragePoolAttributes;
  avgPoolGrad: AveragePoolAttributes & { readonly shape: Shape };
  adaptiveAvgPool: AdaptivePoolAttributes;
  view: { readonly shape: Shape };
  permute: { readonly order: readonly number[] };
  expand: { readonly shape: Shape };
  slice: DimAttributes & { readonly start: number; readonly size: number; readonly step: number };
  /** Places a tensor into zeros of `shape`: the gradient of `slice`. */
  sliceScatter: DimAttributes & { readonly start: number; readonly step: number; readonly shape: Shape };
  diagonal: { readonly offset: number; readonly dim0: number; readonly dim1: number };
  diagonalScatter: { readonly offset: number; readonly dim0: number; readonly dim1: number; readonly shape: Shape };
  unfold: DimAttributes & { readonly size: number; readonly step: number };
  asStrided: { readonly layout: View; readonly base: View };
  /** A base with one strided piece replaced by a tensor: what an in-place change of a view does to its base. */
  asStridedScatter: { readonly layout: View; readonly base: View };
  cat: DimAttributes;
  flip: { readonly dims: readonly number[] };
  roll: { readonly shifts: readonly number[]; readonly dims: readonly number[] };
  repeat: { readonly sizes: readonly number[] };
  pad: { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number };
  /** Keeps the lower (`keep: 'lower'`) or upper triangle. */
  triangle: { readonly diagonal: number; readonly keep: 'lower' | 'upper' };
  gather: DimAttributes;
  indexSelect: DimAttributes;
  /** Elements at positions given by one index tensor per indexed axis; see `indexing.ts`. */
  indexTensors: { readonly axes: readonly number[] };
  /** `target` with elements at index tensors replaced or added to. */
  indexPut: { readonly axes: readonly number[]; readonly accumulate: boolean };
  scatter: DimAttributes;
  scatterAdd: DimAttributes;
  scatterReduce: DimAttributes & { readonly reduce: 'prod' | 'max' | 'min' };
  indexAdd: DimAttributes & { readonly alpha: number };
  cumsum: DimAttributes & { readonly dtype: DType };
  cumprod: DimAttributes & { readonly dtype: DType };
  sort: DimAttributes & { readonly descending: boolean };
}

/** Attributes by op name. */
export type OpAttributes = StructuralAttributes & Record<ElementwiseName, NoAttributes>;

/** Names of the primitive ops. Each has one row of forward code and one derivative. */
export type OpName = keyof OpAttributes;
