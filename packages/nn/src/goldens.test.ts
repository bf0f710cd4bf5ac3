import { defaultDevice, deviceOf, fromArray, grad, manualSeed, noGrad, rand, Tensor } from '@flambeau/autograd';
import type { DType } from '@flambeau/backend';
import {
  describeInit,
  describeLayers,
  describeModules,
  describeOps,
  describeParameterPrinting,
  describeStreams,
  type ModuleLibrary,
  type PlainNumbers,
  plainTensor,
  readDocument,
} from '@flambeau/goldens';
import { describe, expect, test } from 'vitest';
import * as nn from './index.ts';

type AnyModule = nn.Module<unknown[], unknown>;

const isUninitialized = (value: Tensor): boolean =>
  value instanceof nn.UninitializedParameter || value instanceof nn.UninitializedBuffer;

const snakeCase = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

const library: ModuleLibrary<Tensor, AnyModule> = {
  dtypes: deviceOf(defaultDevice()).backend.capabilities.dtypes,
  functions: nn.functional,
  tensorPrototype: {},
  tensor: ({ dtype, shape, data }, requiresGrad) =>
    fromArray(data.slice() as Float32Array, shape, { dtype: dtype as DType, requiresGrad }),
  isTensor: (value): value is Tensor => value instanceof Tensor,
  clone: (x) => x.clone(),
  gradients: (outputs, inputs, gradOutputs) => grad(outputs, inputs, { gradOutputs, allowUnused: true }),
  classes: nn,
  functional: nn.functional,
  manualSeed,
  withoutGradients: noGrad,
  train: (module, mode) => {
    module.train(mode);
  },
  stateDict: (module) => [...module.stateDict()].map(([name, value]) => [name, isUninitialized(value) ? null : value]),
  loadStateDict: (module, state) => {
    module.loadStateDict(new Map(state));
  },
  parameters: (module) => [...module.namedParameters()].map(([name, value]) => [snakeCase(name), value]),
  call: (module, args) => module(...args),
  text: String,
  className: (module) => module.constructor.name,
};

const words = (text: string): string[] => text.trim().split(/\s+/);

const promisedFunctions = words(`
  softmin relu relu6 leaky_relu elu celu selu gelu silu mish softplus softsign softshrink hardshrink tanhshrink hardtanh
  hardsigmoid hardswish logsigmoid threshold glu prelu rrelu normalize _scaled_dot_product_attention
  linear bilinear conv1d conv2d batch_norm layer_norm group_norm embedding one_hot avg_pool1d avg_pool2d max_pool1d
  max_pool2d adaptive_avg_pool1d adaptive_avg_pool2d pad l1_loss mse_loss smooth_l1_loss huber_loss cross_entropy
  nll_loss kl_div binary_cross_entropy binary_cross_entropy_with_logits
`).map((name) => `nn.functional.${name}`);

const promisedClasses = words(`
  Sequential ModuleList ModuleDict ParameterList ParameterDict
  Linear Bilinear Identity Flatten Unflatten Conv1d Conv2d MaxPool1d MaxPool2d AvgPool1d AvgPool2d AdaptiveAvgPool1d
  AdaptiveAvgPool2d BatchNorm1d BatchNorm2d LayerNorm GroupNorm RMSNorm Dropout Embedding MultiheadAttention
  TransformerEncoderLayer LazyLinear LazyConv1d LazyConv2d LazyBatchNorm1d LazyBatchNorm2d
  CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish PReLU RReLU ReLU ReLU6
  SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink Threshold
  MSELoss L1Loss SmoothL1Loss HuberLoss CrossEntropyLoss NLLLoss BCELoss BCEWithLogitsLoss KLDivLoss
`);

describeModules({ title: 'goldens of module classes', library, promised: promisedClasses });

describeOps({
  title: 'goldens of nn.functional',
  library,
  includes: (op) => op.startsWith('nn.functional.'),
  promised: promisedFunctions,
});

describeLayers({ title: 'default initialisation', library, next: () => rand([1]) });

describeStreams({
  title: 'dropout streams',
  library: { ...library, functions: { ...nn.functional, rand } },
  includes: (name) => name.includes('dropout'),
});

describeInit(library, nn.init);

// A parameter elsewhere names its device.
const onCpu: typeof library = {
  ...library,
  tensor: ({ dtype, shape, data }, requiresGrad) =>
    fromArray(data.slice() as Float32Array, shape, { dtype: dtype as DType, requiresGrad, device: 'cpu' }),
};

describeParameterPrinting(onCpu, (data, requiresGrad) => new nn.Parameter(data, { requiresGrad }));

interface ClipCase {
  readonly fn: 'clip_grad_norm_' | 'clip_grad_value_';
  readonly kwargs: Readonly<Record<string, number | 'inf'>>;
  readonly total_norm: number | null;
  readonly grads_after: readonly PlainNumbers[];
}

const misc = readDocument<{
  clip_grad: { grads: PlainNumbers[]; cases: ClipCase[] };
  vectors: { parameters: PlainNumbers[]; vector: PlainNumbers };
}>('misc');

const flat = (value: PlainNumbers): readonly number[] => (typeof value === 'number' ? [value] : value.data);

function expectClose(got: ArrayLike<number>, expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  for (const [i, x] of expected.entries())
    expect(Math.abs((got[i] as number) - x)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(x)));
}

describe('gradient clipping', () => {
  test.each(misc.clip_grad.cases.map((c) => [`${c.fn} ${JSON.stringify(c.kwargs)}`, c] as const))(
    '%s',
    async (_, recorded) => {
      const parameters = misc.clip_grad.grads.map((value) => {
        const gradient = library.tensor(plainTensor(value), false);
        const parameter = library.tensor({ ...plainTensor(value) }, true);
        parameter.grad = gradient;
        return parameter;
      });
      const { max_norm: maxNorm, norm_type: type = 2, clip_value: clipValue } = recorded.kwargs;
      if (recorded.fn === 'clip_grad_value_') nn.utils.clipGradValue_(parameters, clipValue as number);
      else {
        const normType = type === 'inf' ? Number.POSITIVE_INFINITY : type;
        const total = nn.utils.clipGradNorm_(parameters, maxNorm as number, { normType });
        expectClose((await total.toArray()) as Float32Array, [recorded.total_norm as number]);
      }
      for (const [i, expected] of recorded.grads_after.entries()) {
        expectClose((await parameters[i]?.grad?.toArray()) as Float32Array, flat(expected));
      }
    },
  );
});

test('parametersToVector and back', async () => {
  const parameters = misc.vectors.parameters.map((value) => library.tensor(plainTensor(value), true));
  const vector = nn.utils.parametersToVector(parameters);
  expect(Array.from((await vector.toArray()) as Float32Array)).toEqual(flat(misc.vectors.vector));
  const zeros = misc.vectors.parameters.map((value) => library.tensor(plainTensor(value), true).detach().mul(0));
  nn.utils.vectorToParameters(vector.detach(), zeros);
  for (const [i, value] of misc.vectors.parameters.entries()) {
    expect(Array.from((await zeros[i]?.toArray()) as Float32Array)).toEqual(flat(value));
  }
});
