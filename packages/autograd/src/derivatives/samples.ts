import { diagonalScatter, sliceScatter } from '../functions/scatter-views.ts';
import { standardizeGrad } from '../functions/standardize.ts';
import type { Checked, GradcheckOptions } from '../gradcheck.ts';
import * as autograd from '../index.ts';
import { elementwise } from '../ops/elementwise.ts';
import type { ElementwiseName, OpName } from '../ops/signatures.ts';

const { fromArray, grad, tensor } = autograd;
type Tensor = autograd.Tensor;

/** Shape and range of one float64 input. */
type Input = readonly [shape: readonly number[], low: number, high: number];

/** One call of an op whose derivatives are compared with differences. */
export interface Sample {
  readonly inputs: readonly Input[];
  readonly run: Checked;
  /** Why second derivatives are not compared. */
  readonly noSecond?: string;
  readonly options?: GradcheckOptions;
}

/** Samples of one op, or that it has no derivative. */
export type SampleRow = readonly Sample[] | 'none';

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** The tensors of a sample: distinct numbers, evenly spread over each range, in no order. */
export function inputsOf({ inputs }: Sample): Tensor[] {
  return inputs.map(([shape, low, high], salt) => {
    const n = shape.reduce((a, b) => a * b, 1);
    const values = Float64Array.from(
      { length: n },
      (_, i) => low + (high - low) * (((i + 1) * GOLDEN + salt * 0.37) % 1),
    );
    return fromArray(values, shape, { requiresGrad: true });
  });
}

const sample = (run: Checked, ...inputs: readonly Input[]): Sample => ({ run, inputs });
const unary = (op: ElementwiseName, low = -2, high = 2, ...rest: readonly number[]): readonly Sample[] => [
  sample((x) => elementwise(op, x as Tensor, ...rest), [[5], low, high]),
];
/** Both tensors, broadcast against each other; then each with a number. */
const binary = (op: ElementwiseName, low = -2, high = 2, number = 0.7): readonly Sample[] => [
  sample((x, y) => elementwise(op, x as Tensor, y as Tensor), [[2, 3], low, high], [[3], low, high]),
  sample((x) => elementwise(op, x as Tensor, number), [[3], low, high]),
  sample((y) => elementwise(op, number, y as Tensor), [[3], low, high]),
];
const ternary = (op: ElementwiseName, low: number, high: number, ...rest: readonly number[]): readonly Sample[] => [
  sample(
    (x, y, z) => elementwise(op, x as Tensor, y as Tensor, z as Tensor, ...rest),
    [[2, 3], low, high],
    [[3], low, high],
    [[2, 1], low, high],
  ),
];
const one = (run: (x: Tensor) => Tensor | readonly Tensor[], shape: readonly number[], low = -2, high = 2): Sample =>
  sample((x) => run(x as Tensor), [shape, low, high]);
const two = (
  run: (x: Tensor, y: Tensor) => Tensor | readonly Tensor[],
  first: readonly number[],
  second: readonly number[],
): Sample => sample((x, y) => run(x as Tensor, y as Tensor), [first, -2, 2], [second, -2, 2]);
/** The gradient of a function as a function of the input and of the gradient that arrives. */
const backwardOf =
  (run: (x: Tensor) => Tensor) =>
  (x: Tensor, g: Tensor): Tensor =>
    grad(run(x), [x], { gradOutputs: g, createGraph: true })[0] as Tensor;
const ints = (values: readonly number[] | readonly (readonly number[])[]): Tensor => tensor(values, { dtype: 'int32' });

/** At least one call per primitive op, away from kinks. An op without a row does not compile. */
export const samples: { readonly [K in OpName]: SampleRow } = {
  add: binary('add'),
  addScaled: [two((x, y) => elementwise('addScaled', x, y, -1.5), [2, 3], [3])],
  sub: binary('sub'),
  mul: binary('mul'),
  div: binary('div', 0.5, 2),
  divTrunc: binary('divTrunc', 0.5, 4),
  divFloor: binary('divFloor', 0.5, 4),
  remainder: binary('remainder', 0.6, 4),
  fmod: binary('fmod', 0.6, 4),
  pow: binary('pow', 0.4, 2.5),
  atan2: binary('atan2', 0.3, 2),
  maximum: binary('maximum'),
  minimum: binary('minimum'),
  fmax: binary('fmax'),
  fmin: binary('fmin'),
  copysign: binary('copysign').slice(0, 2),
  hypot: binary('hypot', 0.3, 2),
  logaddexp: binary('logaddexp'),
  logaddexp2: binary('logaddexp2'),
  xlogy: binary('xlogy', 0.3, 2),
  heaviside: 'none',
  ldexp: binary('ldexp'),
  eq: 'none',
  ne: 'none',
  lt: 'none',
  le: 'none',
  gt: 'none',
  ge: 'none',
  logicalAnd: 'none',
  logicalOr: 'none',
  logicalXor: 'none',
  bitwiseAnd: 'none',
  bitwiseOr: 'none',
  bitwiseXor: 'none',
  bitwiseLeftShift: 'none',
  bitwiseRightShift: 'none',
  where: [two((x, y) => elementwise('where', tensor([true, false, true]), x, y), [2, 3], [3])],
  lerp: ternary('lerp', -1, 1.4),
  addcmul: ternary('addcmul', -2, 2, 1.5),
  addcdiv: ternary('addcdiv', 0.5, 2, 1.5),
  clamp: [one((x) => elementwise('clamp', x, -0.6, 0.9), [7]), ...ternary('clamp', -2, 2)],
  clampMin: binary('clampMin').slice(0, 2),
  clampMax: binary('clampMax').slice(0, 2),
  nanToNum: unary('nanToNum', -2, 2, 0, 9, -9),
  neg: unary('neg'),
  abs: unary('abs'),
  sign: unary('sign'),
  floor: unary('floor'),
  ceil: unary('ceil'),
  round: unary('round'),
  roundDecimals: unary('roundDecimals', -2, 2, 10, 1),
  trunc: unary('trunc'),
  frac: unary('frac'),
  sqrt: unary('sqrt', 0.3),
  rsqrt: unary('rsqrt', 0.3),
  square: unary('square'),
  reciprocal: unary('reciprocal', 0.3),
  exp: unary('exp'),
  exp2: unary('exp2'),
  expm1: unary('expm1'),
  log: unary('log', 0.3),
  log2: unary('log2', 0.3),
  log10: unary('log10', 0.3),
  log1p: unary('log1p', -0.5),
  sin: unary('sin'),
  cos: unary('cos'),
  tan: unary('tan', -1, 1),
  asin: unary('asin', -0.8, 0.8),
  acos: unary('acos', -0.8, 0.8),
  atan: unary('atan'),
  sinh: unary('sinh'),
  cosh: unary('cosh'),
  tanh: unary('tanh'),
  asinh: unary('asinh'),
  acosh: unary('acosh', 1.3, 3),
  atanh: unary('atanh', -0.8, 0.8),
  erf: unary('erf'),
  erfc: unary('erfc'),
  erfinv: unary('erfinv', -0.8, 0.8),
  lgamma: unary('lgamma', 0.4, 4),
  digamma: unary('digamma', 0.4, 4),
  polygamma: unary('polygamma', 0.4, 4, 2),
  sigmoid: unary('sigmoid'),
  logit: unary('logit', 0.1, 0.9),
  sinc: unary('sinc', 0.1),
  isnan: 'none',
  isinf: 'none',
  isfinite: 'none',
  isposinf: 'none',
  isneginf: 'none',
  signbit: 'none',
  logicalNot: 'none',
  bitwiseNot: 'none',
  relu: unary('relu'),
  positivePart: [two((x, y) => elementwise('positivePart', x, y), [5], [5])],
  sigmoidGrad: [two((x, y) => elementwise('sigmoidGrad', x, y), [5], [5])],
  tanhGrad: [two((x, y) => elementwise('tanhGrad', x, y), [5], [5])],
  leakyRelu: binary('leakyRelu').slice(0, 2),
  leakyReluGrad: [two((x, y) => elementwise('leakyReluGrad', x, y, 0.2), [5], [5])],
  elu: unary('elu', -2, 2, 1.3, 1.1, 0.8),
  eluGrad: unary('eluGrad', -2, 2, 1.3, 1.1, 0.8),
  gelu: unary('gelu'),
  geluGrad: unary('geluGrad'),
  geluTanh: unary('geluTanh'),
  geluTanhGrad: unary('geluTanhGrad'),
  silu: unary('silu'),
  siluGrad: unary('siluGrad'),
  mish: unary('mish'),
  softplus: unary('softplus', -2, 2, 1.5, 2),
  softplusGrad: [two((x, y) => elementwise('softplusGrad', x, y, 1.5, 2), [5], [5])],
  logsigmoid: unary('logsigmoid'),
  hardtanh: unary('hardtanh', -2, 2, -1, 0.8),
  hardtanhGrad: [two((x, y) => elementwise('hardtanhGrad', x, y, -1, 0.8), [5], [5])],
  hardsigmoid: unary('hardsigmoid', -5, 5),
  hardswish: unary('hardswish', -5, 5),
  hardshrink: unary('hardshrink', -2, 2, 0.5),
  softshrink: unary('softshrink', -2, 2, 0.5),
  threshold: unary('threshold', -2, 2, 0.5, 3),
  smoothL1: [two((x, y) => elementwise('smoothL1', x, y, 0.8), [2, 3], [3])],
  huber: [two((x, y) => elementwise('huber', x, y, 0.8), [2, 3], [3])],

  // The cast rounds to float32, so a wide step; the function is linear.
  cast: [{ ...one((x) => x.to('float32').to('float64'), [4]), options: { eps: 1 / 64 } }],
  fill: [one((x) => x.mul(2).fill_(3).add(x), [3])],
  copy: [one((x) => x.clone(), [2, 3])],
  sum: [one((x) => x.sum(), [2, 3]), one((x) => x.sum([0, 2], { keepDim: true }), [2, 3, 2])],
  mean: [one((x) => x.mean(), [2, 3]), one((x) => x.mean(1), [2, 3])],
  prod: [
    one((x) => x.prod(), [5]),
    one((x) => x.prod(1), [2, 3]),
    // Two zeros in a row: the product of the others is 0, but not its derivative.
    one((x) => x.mul(tensor([0, 1, 0], { dtype: 'float64' })).prod(1), [2, 3]),
  ],
  amax: [one((x) => x.amax(), [5]), one((x) => x.amax(1, { keepDim: true }), [2, 3])],
  amin: [one((x) => x.amin([0, 1]), [2, 3])],
  maxDim: [one((x) => autograd.max(x, 1)[0], [3, 4])],
  minDim: [one((x) => autograd.min(x, 0, { keepDim: true })[0], [3, 4])],
  variance: [
    one((x) => x.var(), [5]),
    one((x) => x.var(1, { correction: 0, keepDim: true }), [2, 4]),
    one((x) => x.std(0), [4, 2]),
  ],
  norm: [2, 1, 3, 0.5, 1.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((p) =>
    one((x) => x.norm(p, 1), [2, 4], 0.3, 2),
  ),
  logsumexp: [one((x) => x.logsumexp(1), [2, 4]), one((x) => x.logsumexp([0, 1], { keepDim: true }), [2, 3])],
  softmax: [one((x) => x.softmax(1), [2, 4]), one((x) => x.softmax(0), [3, 2])],
  softmaxGrad: [
    two(
      backwardOf((x) => x.softmax(1)),
      [2, 3],
      [2, 3],
    ),
  ],
  logSoftmax: [one((x) => x.logSoftmax(1), [2, 4])],
  logSoftmaxGrad: [
    two(
      backwardOf((x) => x.logSoftmax(1)),
      [2, 3],
      [2, 3],
    ),
  ],
  standardize: [one((x) => autograd.standardize(x, [1], 1e-3).slice(0, 2), [2, 4])],
  standardizeGrad: [
    sample(
      (x, y, r) => standardizeGrad(x as Tensor, y as Tensor, r as Tensor, [1]),
      [[2, 3], -2, 2],
      [[2, 3], -2, 2],
      [[2, 1], 0.5, 2],
    ),
  ],
  matmul: [
    two((x, y) => x.matmul(y), [2, 3], [3, 2]),
    two((x, y) => x.matmul(y), [3], [3]),
    two((x, y) => x.matmul(y), [2, 2, 3], [3]),
    two((x, y) => x.matmul(y), [2, 1, 2, 3], [2, 3, 2]),
    two((x, y) => x.t().matmul(y.t()), [3, 2], [4, 3]),
  ],
  addmm: [
    sample(
      (z, x, y) => autograd.addmm(z as Tensor, x as Tensor, y as Tensor),
      [[4], -2, 2],
      [[2, 3], -2, 2],
      [[3, 4], -2, 2],
    ),
    sample(
      (z, x, y) => autograd.addmm(z as Tensor, (x as Tensor).t(), (y as Tensor).t()),
      [[2, 1], -2, 2],
      [[3, 2], -2, 2],
      [[4, 3], -2, 2],
    ),
    sample(
      (z, x, y) => autograd.baddbmm(z as Tensor, x as Tensor, y as Tensor),
      [[2, 1, 2], -2, 2],
      [[2, 2, 3], -2, 2],
      [[2, 3, 2], -2, 2],
    ),
  ],
  conv: [
    sample(
      (x, w, b) => autograd.conv1d(x as Tensor, w as Tensor, b as Tensor, { stride: 2, padding: 1 }),
      [[1, 2, 5], -2, 2],
      [[3, 2, 3], -2, 2],
      [[3], -2, 2],
    ),
    two(
      (x, w) => autograd.conv2d(x, w, null, { padding: [1, 0], dilation: [1, 2], groups: 2 }),
      [1, 2, 3, 4],
      [2, 1, 2, 2],
    ),
  ],
  convGradInput: [two((g, w) => autograd.convTranspose1d(g, w, null, { stride: 2, padding: 1 }), [1, 2, 3], [2, 2, 3])],
  convGradWeight: [
    sample(
      (x, g) => {
        const w = autograd.zeros([2, 2, 3], { dtype: 'float64', requiresGrad: true });
        return grad(autograd.conv1d(x as Tensor, w), [w], { gradOutputs: g as Tensor, createGraph: true });
      },
      [[1, 2, 5], -2, 2],
      [[1, 2, 3], -2, 2],
    ),
  ],
  maxPool: [one((x) => autograd.maxPool2d(x, 2, { stride: 1, padding: 1 }), [1, 2, 3, 3])],
  avgPool: [one((x) => autograd.avgPool2d(x, 2, { stride: 1, padding: 1, countIncludePad: false }), [1, 1, 3, 3])],
  avgPoolGrad: [
    two(
      backwardOf((x) => autograd.avgPool1d(x, 2)),
      [1, 2, 4],
      [1, 2, 2],
    ),
  ],
  adaptiveAvgPool: [one((x) => autograd.adaptiveAvgPool2d(x, [2, 3]), [1, 1, 3, 4])],

  view: [one((x) => x.view([3, 2]), [2, 3])],
  permute: [one((x) => x.permute([2, 0, 1]), [2, 3, 2])],
  expand: [one((x) => x.expand([2, 3, 2]), [3, 1])],
  slice: [one((x) => x.slice(0, 1, 6, 2), [6])],
  sliceScatter: [one((x) => sliceScatter(x, { dim: 0, start: 1, step: 2, shape: [6] }), [3])],
  diagonal: [one((x) => x.diagonal(1), [3, 4])],
  diagonalScatter: [one((x) => diagonalScatter(x, { offset: 1, dim0: 0, dim1: 1, shape: [3, 4] }), [3])],
  unfold: [one((x) => x.unfold(0, 3, 1), [5])],
  asStrided: [one((x) => x.asStrided([3, 3], [1, 2], 1), [8])],
  asStridedScatter: [
    one(
      (x) => {
        const base = x.mul(1.5);
        base.narrow(0, 1, 2).square_();
        return base;
      },
      [4],
    ),
  ],
  cat: [two((x, y) => autograd.cat([x, y, x], 1), [2, 3], [2, 1])],
  flip: [one((x) => x.flip([0, 1]), [2, 3])],
  roll: [one((x) => x.roll([1, -1], [0, 1]), [2, 3])],
  repeat: [one((x) => x.repeat([2, 1, 3]), [2, 2])],
  pad: [one((x) => autograd.pad(x, [1, 2, -1, 1], { value: 3 }), [3, 2])],
  triangle: [one((x) => x.tril(-1), [3, 3]), one((x) => x.triu(1), [2, 3, 3])],
  gather: [
    one(
      (x) =>
        x.gather(
          1,
          ints([
            [0, 2, 2],
            [1, 1, 0],
          ]),
        ),
      [2, 3],
    ),
  ],
  indexSelect: [one((x) => x.indexSelect(0, ints([2, 0, 2])), [3, 2])],
  indexTensors: [one((x) => x.index(ints([0, 2, 2]), ints([1, 0, 0])), [3, 2])],
  indexPut: [
    two((x, y) => autograd.indexPut(x, [ints([0, 2])], y), [3, 2], [2, 2]),
    two((x, y) => autograd.indexPut(x, [ints([0, 0])], y, { accumulate: true }), [3, 2], [2, 2]),
  ],
  scatter: [two((x, y) => x.scatter(0, ints([[2, 0]]), y), [3, 2], [1, 2])],
  scatterAdd: [
    two(
      (x, y) =>
        x.scatterAdd(
          0,
          ints([
            [0, 1],
            [0, 1],
          ]),
          y,
        ),
      [3, 2],
      [2, 2],
    ),
  ],
  scatterReduce: (['prod', 'amax', 'amin'] as const).map((reduce) =>
    two((x, y) => autograd.scatterReduce(x, 0, ints([0, 2, 0, 1]), y, reduce), [3], [4]),
  ),
  indexAdd: [two((x, y) => x.indexAdd(0, ints([1, 1]), y, { alpha: 0.5 }), [3, 2], [2, 2])],
  cumsum: [one((x) => x.cumsum(1), [2, 4])],
  cumprod: [
    one((x) => x.cumprod(1), [2, 4]),
    one((x) => x.mul(tensor([1, 0, 1], { dtype: 'float64' })).cumprod(0), [3]),
  ],
  sort: [one((x) => x.sort(1, { descending: true })[0], [2, 4])],
};
