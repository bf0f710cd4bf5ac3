import type { OperationName, Transposes } from '../engines/engine.ts';
import { type Case, floats, type Workload } from './workload.ts';

function matmul(m: number, n: number, k: number, transposes: Transposes = 'nn'): Case {
  const notation = { nn: 'A·B', nt: 'A·Bᵀ', tn: 'Aᵀ·B' }[transposes];
  return {
    name: `${m}×${k}×${n} ${notation}`,
    operation: 'matmul',
    options: { transposes },
    inputs: [transposes[0] === 't' ? [k, m] : [m, k], transposes[1] === 't' ? [n, k] : [k, n]],
    figure: { unit: 'GFLOP/s', amount: 2 * m * n * k },
    tolerance: 1e-5,
  };
}

const arity: Readonly<Partial<Record<OperationName, number>>> = { add: 2, mulAdd: 3, chain: 2, div: 2, minimum: 2 };

function map(operation: OperationName, count: number, name: string = operation): Case {
  const inputs = arity[operation] ?? 1;
  return {
    name: `${name}, ${count === 1e6 ? '1e6' : '1e7'}`,
    operation,
    inputs: new Array(inputs).fill([count]),
    figure: { unit: 'GB/s', amount: floats(count * (inputs + 1)) },
    tolerance: 1e-5,
  };
}

function red(operation: OperationName, name: string, writes: number): Case {
  const shape = [1000, 1000];
  return {
    name,
    operation,
    inputs: [shape],
    figure: { unit: 'GB/s', amount: floats(1e6 + writes) },
    tolerance: 1e-4,
  };
}

/** A step of a two-layer network: its inputs are weights and biases, the examples and what they should give. */
function training(
  operation: OperationName,
  name: string,
  batch: number,
  sizes: readonly [number, number, number],
): Case {
  const [inner, hidden, outer] = sizes;
  return {
    name,
    operation,
    inputs: [[hidden, inner], [hidden], [outer, hidden], [outer], [batch, inner], [batch, outer]],
    settle: 5,
    figure: { unit: 'steps/s', amount: 1 },
    tolerance: 1e-4,
  };
}

const maps: readonly (readonly [OperationName, string?])[] = [
  ['add'],
  ['mulAdd', 'x·y+z'],
  ['chain', '8-op chain'],
  ['exp'],
  ['tanh'],
  ['gelu'],
  ['sigmoid'],
  ['div', 'division'],
  ['minimum'],
];

/** The workloads that can be measured, in the order of a full run. */
export const workloads: readonly Workload[] = [
  {
    name: 'mm',
    title: 'float32 matrix products',
    cases: [
      matmul(256, 256, 256),
      matmul(512, 512, 512),
      matmul(512, 512, 512, 'nt'),
      matmul(512, 512, 512, 'tn'),
      matmul(1024, 1024, 1024),
    ],
  },
  {
    name: 'mm-odd',
    title: 'float32 matrix products of awkward sizes',
    cases: [
      matmul(255, 255, 255),
      matmul(257, 257, 257),
      matmul(127, 250, 784),
      matmul(128, 10, 256),
      matmul(1, 4096, 4096),
    ],
  },
  {
    name: 'map',
    title: 'element-wise operations on float32',
    cases: [1e6, 1e7].flatMap((count) => maps.map(([operation, name]) => map(operation, count, name))),
  },
  {
    name: 'red',
    title: 'reductions and row-wise functions of [1000, 1000] float32',
    cases: [
      red('sum', 'sum to a scalar', 0),
      red('sumRows', 'row sums', 1e3),
      red('sumColumns', 'column sums', 1e3),
      red('max', 'max of rows', 1e3),
      red('argmax', 'argmax of rows', 1e3),
      red('softmax', 'softmax', 1e6),
      red('logSoftmax', 'log-softmax', 1e6),
      red('layerNorm', 'layer norm', 1e6),
    ],
  },
  {
    name: 'eager',
    title: 'many small operations, one by one',
    cases: [16, 1000].map((count) => ({
      name: `add of ${count}`,
      operation: 'add',
      inputs: [[count], [count]],
      repeat: 1000,
      figure: { unit: 'µs/op', amount: 1000 },
      tolerance: 1e-6,
    })),
  },
  {
    name: 'tiny',
    title: 'training steps of a 2-16-1 tanh network, mean squared error, Adam, batches of 32',
    cases: [training('tinyStep', 'step', 32, [2, 16, 1])],
  },
  {
    name: 'mlp',
    title: 'training steps of a 784-256-10 ReLU network, cross entropy, SGD, batches of 128',
    cases: [training('mlpStep', 'step', 128, [784, 256, 10])],
  },
];
