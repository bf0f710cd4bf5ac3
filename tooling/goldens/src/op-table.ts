import { toNumbers } from './tensor.ts';
import type { GoldenValue } from './values.ts';
import { isKind, isList } from './values.ts';

/** A Python call: the input is the first positional argument. */
export interface PythonCall {
  readonly args: readonly GoldenValue[];
  readonly kwargs: Readonly<Record<string, GoldenValue>>;
}

/** How one PyTorch op is called in Flambeau. */
export interface OpRow {
  /** Flambeau's name, where it is not the camelCase of PyTorch's. Dots lead into namespaces. */
  readonly call?: string;
  /** Where the arguments go, see `parseSignature`. Without one, positional arguments stay and named ones are options. */
  readonly signature?: string;
  /** Rearranges the Python call first. */
  readonly adapt?: (call: PythonCall) => PythonCall;
  /** A property of the input, such as `T`. */
  readonly property?: boolean;
  /** The seed that PyTorch's list sets before every call of an op that draws random numbers. */
  readonly seed?: number;
  /** Gradients that are not compared, by path. */
  readonly withoutGradient?: readonly string[];
}

const swap = ({ args: [first = null, second = null, ...rest], kwargs }: PythonCall): PythonCall => ({
  args: [second, first, ...rest],
  kwargs,
});

/** Several tensors given one by one become one list. */
const gather = ({ args, kwargs }: PythonCall): PythonCall => ({
  args: [args[0] !== undefined && isList(args[0]) ? args[0] : args],
  kwargs,
});

/** `range`'s arguments are told apart by their number; Python's bools are numbers. */
const range = ({ args, kwargs: { end, device: _, ...kwargs } }: PythonCall): PythonCall => ({
  args: [...args, ...(end === undefined ? [] : [end])].map((value) =>
    typeof value === 'boolean' ? Number(value) : value,
  ),
  kwargs,
});

/** A factor given as a bool is a number. */
const numericAlpha = ({ args, kwargs }: PythonCall): PythonCall => ({
  args,
  kwargs: typeof kwargs.alpha === 'boolean' ? { ...kwargs, alpha: Number(kwargs.alpha) } : kwargs,
});

/** Trailing sizes, given one by one or as one tuple, become one list. */
const gatherSizes = ({ args: [input = null, ...sizes], kwargs }: PythonCall): PythonCall => ({
  args: [input, sizes.length === 1 && sizes[0] !== undefined && isList(sizes[0]) ? sizes[0] : sizes],
  kwargs,
});

/** `unbiased` is the older spelling of `correction`; as the only positional argument it stands where `dim` would. */
const correction = ({ args: [input = null, ...rest], kwargs }: PythonCall): PythonCall => {
  const { unbiased = rest.find((value) => typeof value === 'boolean'), ...others } = kwargs;
  const args = [input, ...rest.filter((value) => typeof value !== 'boolean')];
  return unbiased === undefined ? { args, kwargs } : { args, kwargs: { ...others, correction: unbiased ? 1 : 0 } };
};

/** `to` takes a device, a dtype or another tensor; flags for copying and layout change no value. */
const conversion = ({ args: [input = null, ...rest] }: PythonCall): PythonCall => ({
  args: [input, rest.find((value) => isKind(value, 'dtype') || isKind(value, 'tensor')) ?? null],
  kwargs: {},
});

/** A start or split points given as an integer tensor are its numbers. */
const numbersForTensors = ({ args: [input = null, ...rest], kwargs }: PythonCall): PythonCall => {
  const numbers = (value: GoldenValue): GoldenValue => {
    if (!isKind(value, 'tensor')) return value;
    const all = toNumbers(value.dtype, value.data);
    return value.shape.length === 0 ? (all[0] ?? null) : all;
  };
  return { args: [input, ...rest.map(numbers)], kwargs };
};

/** `stride=()` means the same as none. */
const emptyStride = ({ args, kwargs }: PythonCall): PythonCall => ({
  args: args.map((value) => (isList(value) && value.length === 0 ? null : value)),
  kwargs,
});

/**
 * A list index stands for a tuple when it holds anything but numbers, otherwise for one tensor of indices.
 *
 * @source PyTorch's rule `treatSequenceAsTuple` for `x[...]`.
 */
const index = ({ args: [input = null, key = null] }: PythonCall): PythonCall => ({
  args: [input, ...(isList(key) && key.some((item) => typeof item !== 'number') ? key : [key])],
  kwargs: {},
});

const creation = '| dtype ~device requires_grad';
const reduction = 'input dim | keepdim dtype';
const sameLike = `input ${creation}`;
const cast = 'input ~memory_format';
const weighted = 'input mat1 mat2 | beta alpha';
const statistics: OpRow = { signature: 'input dim | correction keepdim', adapt: correction };
const convolution = 'input weight bias | stride padding dilation groups';
const transposed = 'input weight bias | stride padding output_padding groups dilation';
const averagePool: OpRow = {
  signature: 'input kernel_size | stride padding ceil_mode count_include_pad divisor_override',
  adapt: emptyStride,
};
const maxPool = 'input kernel_size | stride padding dilation ceil_mode return_indices';
const adaptivePool = 'input output_size | return_indices';
const unpool = 'input indices kernel_size | stride padding output_size';
const padding = 'input pad | mode value';
const interpolation = 'input | size scale_factor mode align_corners';

/** PyTorch's ops by name, with or without the variant; a name without a row takes its arguments as they come. */
export const opTable: Readonly<Record<string, OpRow | string>> = {
  arange: { adapt: range },
  eye: `n m ${creation}`,
  full_like: `input fill_value ${creation}`,
  linspace: `start end steps ${creation}`,
  logspace: `start end steps | base dtype ~device requires_grad`,
  new_full: `input size fill_value ${creation}`,
  new_ones: `input size ${creation}`,
  new_zeros: `input size ${creation}`,
  ones: `size ${creation}`,
  zeros: `size ${creation}`,
  ones_like: sameLike,
  zeros_like: sameLike,
  tril_indices: `row col offset ${creation}`,
  triu_indices: `row col offset ${creation}`,
  fill: { call: 'fill_', signature: 'input value' },

  'max/binary': { call: 'max' },
  'min/binary': { call: 'min' },
  clamp: 'input min max',
  __radd__: { call: 'add', adapt: swap },
  __rmul__: { call: 'mul', adapt: swap },
  __rsub__: { call: 'sub', adapt: swap },
  __rdiv__: { call: 'div', adapt: swap },
  // 1.13 copies the base into a new tensor on its way, which cuts its gradient off.
  __rpow__: { call: 'pow', adapt: swap, withoutGradient: ['args.0'] },
  __rmod__: { call: 'remainder', adapt: swap },
  __rand__: { call: 'bitwiseAnd', adapt: swap },
  __ror__: { call: 'bitwiseOr', adapt: swap },
  __rxor__: { call: 'bitwiseXor', adapt: swap },
  __rmatmul__: { call: 'matmul', adapt: swap },

  // PyTorch's list calls it with the first value before the condition.
  where: { adapt: swap },

  equal: { call: 'equalSync' },
  allclose: { call: 'allcloseSync' },

  bool: cast,
  byte: cast,
  char: cast,
  short: cast,
  int: cast,
  long: cast,
  half: cast,
  float: cast,
  double: cast,
  to: { adapt: conversion },

  sum: reduction,
  mean: reduction,
  prod: reduction,
  nansum: reduction,
  nanmean: reduction,
  amax: reduction,
  amin: reduction,
  argmax: reduction,
  argmin: reduction,
  all: reduction,
  any: reduction,
  count_nonzero: 'input dim',
  logsumexp: reduction,
  max: reduction,
  min: reduction,
  median: reduction,
  nanmedian: reduction,
  mode: reduction,
  std: statistics,
  var: statistics,
  std_mean: statistics,
  var_mean: statistics,
  quantile: 'input q dim | keepdim interpolation',
  nanquantile: 'input q dim | keepdim interpolation',
  norm: 'input p dim | keepdim dtype',
  cumsum: 'input dim | dtype',
  cumprod: 'input dim | dtype',
  diff: 'input n dim | prepend append',
  kthvalue: 'input k dim | keepdim',
  sum_to_size: { adapt: gatherSizes },

  addmm: weighted,
  addmv: weighted,
  addr: weighted,
  addbmm: weighted,
  baddbmm: weighted,
  einsum: { adapt: swap },

  flatten: 'input start_dim end_dim',
  repeat_interleave: 'input repeats dim',
  flip: 'input dims',
  cat: 'tensors dim',
  diagonal: 'input offset dim1 dim2',
  diag_embed: 'input offset dim1 dim2',
  diagflat: 'input offset',
  T: { call: 'T', property: true },
  mT: { call: 'mT', property: true },
  meshgrid: { signature: 'tensors | indexing', adapt: gather },
  as_strided: 'input size stride storage_offset',
  narrow: { adapt: numbersForTensors },
  tensor_split: { adapt: numbersForTensors },
  constant_pad_nd: { call: 'pad', signature: 'input pad | value' },

  __getitem__: { call: 'index', adapt: index },
  index_add: { signature: 'input dim index source | alpha', adapt: numericAlpha },
  index_put: 'input indices values | accumulate',
  scatter: 'input dim index src | reduce',
  sort: 'input dim | descending stable',
  argsort: 'input dim | descending stable',
  topk: 'input k dim | largest sorted',

  softmax: 'input dim | dtype',
  log_softmax: 'input dim | dtype',
  'nn.functional.softmin': 'input dim | dtype',
  'nn.functional.leaky_relu': 'input negative_slope | inplace',
  'nn.functional.elu': 'input alpha | inplace',
  'nn.functional.celu': 'input alpha | inplace',
  'nn.functional.softplus': 'input beta threshold',
  'nn.functional.softshrink': 'input lambd',
  'nn.functional.hardshrink': 'input lambd',
  'nn.functional.hardtanh': 'input min_val max_val | inplace',
  'nn.functional.threshold': 'input threshold value | inplace',
  'nn.functional.prelu': 'input weight',
  'nn.functional.rrelu': 'input | lower upper training inplace',
  'nn.functional._scaled_dot_product_attention': {
    call: 'scaledDotProductAttention',
    signature: 'query key value | attn_mask dropout_p is_causal ~need_attn_weights',
    seed: 42,
  },
  'nn.functional.conv1d': convolution,
  'nn.functional.conv2d': convolution,
  'nn.functional.conv_transpose1d': transposed,
  'nn.functional.conv_transpose2d': transposed,
  'nn.functional.conv_transpose3d': transposed,
  'nn.functional.batch_norm': 'input running_mean running_var | weight bias training momentum eps',
  'nn.functional.layer_norm': 'input normalized_shape | weight bias eps',
  // PyTorch's list calls these two with the table first, unlike the functions themselves.
  'nn.functional.embedding': { adapt: swap },
  'nn.functional.embedding_bag': { adapt: swap },
  'nn.functional.one_hot': 'input num_classes',
  'nn.functional.avg_pool1d': averagePool,
  'nn.functional.avg_pool2d': averagePool,
  'nn.functional.avg_pool3d': averagePool,
  'nn.functional.max_pool1d': maxPool,
  'nn.functional.max_pool2d': maxPool,
  'nn.functional.max_pool3d': maxPool,
  'nn.functional.adaptive_max_pool1d': adaptivePool,
  'nn.functional.adaptive_max_pool2d': adaptivePool,
  'nn.functional.adaptive_max_pool3d': adaptivePool,
  'nn.functional.max_unpool1d': unpool,
  'nn.functional.max_unpool2d': unpool,
  'nn.functional.max_unpool3d': unpool,
  'nn.functional.pad': padding,
  'nn.functional.interpolate': interpolation,
  'nn.functional.upsample_nearest': interpolation,
  'nn.functional.upsample_bilinear': interpolation,
  'nn.functional.pixel_shuffle': 'input upscale_factor',
  'nn.functional.pixel_unshuffle': 'input downscale_factor',
  'nn.functional.cosine_similarity': 'x1 x2 | dim eps',
};
