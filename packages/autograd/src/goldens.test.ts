import { type DType, isDType, promoteTypes } from '@flambeau/backend';
import {
  describeOps,
  describePrinting,
  describeStreams,
  gradFnTexts,
  type Library,
  readIndex,
} from '@flambeau/goldens';
import { describe, expect, test } from 'vitest';
import * as autograd from './index.ts';

const { defaultDevice, deviceOf, fromArray, grad, manualSeed, Tensor, tensor, cat, stack, where } = autograd;
const { dtypes } = deviceOf(defaultDevice()).backend.capabilities;

const library: Library<autograd.Tensor> = {
  dtypes,
  functions: autograd,
  tensorPrototype: Tensor.prototype,
  tensor: ({ dtype, shape, data }, requiresGrad) =>
    fromArray(data.slice() as Float32Array, shape, { dtype: dtype as DType, requiresGrad }),
  isTensor: (value): value is autograd.Tensor => value instanceof Tensor,
  clone: (x) => x.clone(),
  gradients: (outputs, inputs, gradOutputs) => grad(outputs, inputs, { gradOutputs, allowUnused: true }),
  manualSeed,
};

const words = (text: string): string[] => text.trim().split(/\s+/);

// What the foundation promises of torch's tensor operations.
const promised = words(`
  arange eye full_like linspace logspace ones zeros ones_like zeros_like tril_indices triu_indices zero_ clone
  add sub mul div true_divide floor_divide remainder fmod pow neg positive reciprocal addcdiv addcmul lerp maximum minimum
  fmax fmin max min clamp clamp_min clamp_max copysign hypot atan2 ldexp xlogy logaddexp logaddexp2 heaviside
  __radd__ __rmul__ __rsub__ __rdiv__ __rpow__ __rmod__
  abs acos acosh asin asinh atan atanh ceil cos cosh deg2rad digamma erf erfc erfinv exp exp2 expm1 floor frac lgamma log
  log10 log1p log2 logit nan_to_num rad2deg round rsqrt sgn sigmoid sign signbit sin sinc sinh sqrt square tan tanh trunc
  eq ne lt le gt ge isclose isfinite isinf isnan isposinf isneginf equal allclose logical_and logical_or logical_xor
  logical_not bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift where
  __rand__ __ror__ __rxor__ bool int long half float double to
  sum mean prod amax amin aminmax argmax argmin all any count_nonzero logsumexp nansum nanmean std std_mean var var_mean
  norm dist cumsum cumprod trace
  matmul mm bmm mv dot inner outer addmm addmv baddbmm __rmatmul__
  reshape view view_as flatten ravel unflatten squeeze unsqueeze permute transpose t T mT movedim expand expand_as
  broadcast_to broadcast_tensors repeat tile repeat_interleave flip roll unbind chunk split tensor_split cat stack hstack
  vstack narrow select diagonal diag tril triu unfold meshgrid contiguous as_strided constant_pad_nd slice
  __getitem__ index_select gather take take_along_dim index_add index_copy index_fill index_put scatter scatter_add
  masked_fill masked_select nonzero sort argsort topk softmax log_softmax
`);

describeOps({ title: 'goldens of tensor operations', library, includes: (op) => !op.startsWith('nn.'), promised });

describeStreams({ title: 'random streams', library, includes: (name) => !name.includes('dropout') });

describePrinting({
  ...library,
  // A tensor elsewhere names its device.
  tensor: ({ dtype, shape, data }, requiresGrad) =>
    fromArray(data.slice() as Float32Array, shape, { dtype: dtype as DType, requiresGrad, device: 'cpu' }),
  setPrintOptions: autograd.setPrintOptions,
  views: {
    t: (x) => x.t(),
    '[1:]': (x) => x.index('1:'),
    '[:, 1]': (x) => x.index(':', 1),
    '[::2]': (x) => x.index('::2'),
    expand: (x) => x.index(':1').expand([3, x.shape[1] as number]),
  },
});

describe('gradFn in printed tensors', () => {
  const a = tensor([1, 2], { requiresGrad: true, device: 'cpu' });
  const b = tensor(
    [
      [1, 2],
      [3, 4],
    ],
    { requiresGrad: true, device: 'cpu' },
  );
  const results: Readonly<Record<string, () => autograd.Tensor>> = {
    a: () => a,
    'a + 1': () => a.add(1),
    'a - 1': () => a.sub(1),
    'a * 2': () => a.mul(2),
    'a / 2': () => a.div(2),
    'a.neg()': () => a.neg(),
    'a.pow(2)': () => a.pow(2),
    'a.exp()': () => a.exp(),
    'a.log()': () => a.log(),
    'a.sqrt()': () => a.sqrt(),
    'a.abs()': () => a.abs(),
    'a.sum()': () => a.sum(),
    'a.mean()': () => a.mean(),
    'b.sum(0)': () => b.sum(0),
    'b.mean(1)': () => b.mean(1),
    'a.relu()': () => a.relu(),
    'a.sigmoid()': () => a.sigmoid(),
    'a.tanh()': () => a.tanh(),
    'a.softmax(0)': () => a.softmax(0),
    'a.logSoftmax(0)': () => a.logSoftmax(0),
    'b.mm(b)': () => b.mm(b),
    'b.mv(a)': () => b.mv(a),
    'a.dot(a)': () => a.dot(a),
    'b.reshape([4])': () => b.reshape([4]),
    'b.view([4])': () => b.view([4]),
    'b.t()': () => b.t(),
    'b.transpose(0, 1)': () => b.transpose(0, 1),
    'b.permute([1, 0])': () => b.permute([1, 0]),
    'a.unsqueeze(0)': () => a.unsqueeze(0),
    'a.expand([2, 2])': () => a.expand([2, 2]),
    'a.clone()': () => a.clone(),
    'b.select(0, 1)': () => b.select(0, 1),
    'b.max()': () => b.max(),
    'b.norm()': () => b.norm(),
    'a.clamp(0, 1)': () => a.clamp(0, 1),
    'a.double()': () => a.double(),
    'a.sin()': () => a.sin(),
    'cat([a, a])': () => cat([a, a]),
    'stack([a, a])': () => stack([a, a]),
    'where(a > 1, a, a)': () => where(a.gt(1), a, a),
    'a.detach()': () => a.detach(),
  };

  // A node's number tells PyTorch's overloads apart; 1.13 has a node of its own for reshape, PyTorch 2 a view's.
  test.each(gradFnTexts())('%s', (call, text) => {
    expect(String(results[call]?.())).toBe(text.replace('ReshapeAlias', 'View').replace(/Backward\d+>/, 'Backward0>'));
  });
});

describe('promotion', () => {
  const { promoteTypes: table, resultTypeWithScalar } = readIndex().ops;
  const exists = (name: string): name is DType => isDType(name);

  test.each(Object.entries(table))('%s meet in %s', (pair, expected) => {
    const [a = '', b = ''] = pair.split(',');
    if (!exists(a) || !exists(b)) return expect(pair).toContain('int16');
    // int8 and uint8 meet in int16, which Flambeau does not have.
    return expect(promoteTypes(a, b)).toBe(expected === 'int16' ? 'int32' : expected);
  });

  const scalars: Readonly<Record<string, number | boolean>> = { bool: true, int: 1, float: 1.5 };
  test.each(Object.entries(resultTypeWithScalar))('%s scalar gives %s', (pair, expected) => {
    const [dtype = '', kind = ''] = pair.split(',');
    if (!exists(dtype)) return expect(dtype).toBe('int16');
    if (!dtypes.has(dtype)) return expect(() => autograd.zeros([1], { dtype })).toThrow(`cannot hold ${dtype}`);
    const result = autograd.zeros([1], { dtype }).add(scalars[kind] as number);
    // A bool tensor and an integer make PyTorch's default integer, which is int32 here.
    return expect(result.dtype).toBe(dtype === 'bool' && kind === 'int' ? 'int32' : expected);
  });
});
