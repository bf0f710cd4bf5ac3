import { describe, expect, test } from 'vitest';
import type { ModuleCase } from './cases.ts';
import { type ModuleLibrary, runModule } from './run-module.ts';
import { type GoldenTensor, goldenTensor } from './tensor.ts';

/** A library of vectors with one module, `Scale(n)`: `y = x · weight`, counting its calls. */
class Vector {
  readonly dtype: string;
  readonly shape: readonly number[];
  values: number[];
  constructor(values: number[], dtype = 'float32') {
    this.values = values;
    this.dtype = dtype;
    this.shape = [values.length];
  }
  async toArray(): Promise<number[]> {
    return this.values;
  }
}

/** Turns one part of the module wrong. */
type Fault = 'text' | 'init' | 'name' | 'output' | 'inputGradient' | 'weightGradient' | 'counter' | 'input';
let fault: Fault | undefined;

class Scale {
  readonly weight: Vector;
  readonly calls: Vector = new Vector([0], 'int32');
  constructor(n: number) {
    this.weight = new Vector(Array.from({ length: n }, () => seed + (fault === 'init' ? 1 : 0)));
  }
}

let seed = 0;
let input: Vector | undefined;
const product = (a: Vector, b: Vector, extra = 0): Vector =>
  new Vector(a.values.map((x, i) => x * (b.values[i] ?? 0) + extra));

const library: ModuleLibrary<Vector, Scale> = {
  dtypes: new Set(['float32', 'int32']),
  functions: {},
  functional: {},
  classes: { Scale },
  tensorPrototype: Vector.prototype,
  tensor: ({ data, dtype }) => new Vector(Array.from(data, Number), dtype),
  isTensor: (value): value is Vector => value instanceof Vector,
  clone: (x) => new Vector([...x.values]),
  manualSeed: (value) => {
    seed = value;
  },
  withoutGradients: (call) => call(),
  train: () => {},
  stateDict: ({ weight, calls }) => [
    [fault === 'name' ? 'w' : 'weight', weight],
    ['calls', calls],
  ],
  loadStateDict: (module, state) => {
    for (const [name, { values }] of state) module[name as 'weight' | 'calls'].values = [...values];
  },
  parameters: ({ weight }) => [['weight', weight]],
  call: (module, [x]) => {
    input = x as Vector;
    module.calls.values = [(module.calls.values[0] ?? 0) + (fault === 'counter' ? 2 : 1)];
    const y = product(input, module.weight, fault === 'output' ? 1e-3 : 0);
    if (fault === 'input') input.values = input.values.map(() => 0);
    return y;
  },
  text: ({ weight }) => `Scale(${weight.shape[0]}${fault === 'text' ? ', 1' : ''})`,
  className: () => 'Scale',
  gradients: (_, [x, weight], [cotangent]) => [
    product(weight as Vector, cotangent as Vector, fault === 'inputGradient' ? 1e-3 : 0),
    product(x as Vector, cotangent as Vector, fault === 'weightGradient' ? 1e-3 : 0),
  ],
};

const vector = (...values: number[]): GoldenTensor =>
  goldenTensor('float32', [values.length], Float32Array.from(values));
const counter = (value: bigint): GoldenTensor => goldenTensor('int64', [1], BigInt64Array.of(value));

const recorded: ModuleCase = {
  id: 'a case',
  className: 'Scale',
  training: true,
  seed: 3,
  args: [2],
  kwargs: {},
  repr: 'Scale(2)',
  init: {},
  perturbed: [],
  stateDict: [
    ['weight', vector(3, 3)],
    ['calls', counter(0n)],
  ],
  parameters: ['weight'],
  lazy: null,
  forward: { args: [vector(1, 2)], kwargs: {} },
  output: vector(3, 6),
  cotangents: [['', vector(1, 10)]],
  gradInputs: [['args.0', vector(3, 30)]],
  gradParams: [['weight', vector(1, 20)]],
  stateAfter: [['calls', counter(1n)]],
  mutates: [],
  sparseGrads: false,
  error: null,
};

function problems(broken?: Fault, change: Partial<ModuleCase> = {}): Promise<string[]> {
  fault = broken;
  return runModule(library, { ...recorded, ...change }, 'Scale');
}

describe('runModule', () => {
  test('passes a right module', async () => {
    expect(await problems()).toEqual([]);
  });

  test.each([
    ['text', 'prints Scale(2, 1)'],
    ['init', 'fresh weight: 2 of 2 elements differ'],
    ['name', 'state has w, calls, expected weight, calls'],
    ['output', 'output: 2 of 2 elements differ'],
    ['inputGradient', 'gradient of args.0: 2 of 2'],
    ['weightGradient', 'gradient of weight: 2 of 2'],
    ['counter', 'calls after the call: 1 of 1'],
    ['input', 'input args.0 after the call: 2 of 2'],
  ] as const)('reports a wrong %s', async (broken, message) => {
    expect((await problems(broken)).join('\n')).toContain(message);
  });

  test('knows the constant that a perturbed tensor held before', async () => {
    const perturbed = { perturbed: ['weight'], init: { weight: { constant: 3 } } };
    const weight = ['weight', vector(5, 6)] as const;
    const change = {
      ...perturbed,
      stateDict: [weight, ['calls', counter(0n)] as const],
      output: vector(5, 12),
      gradInputs: [['args.0', vector(5, 60)] as const],
    };
    expect(await problems(undefined, change)).toEqual([]);
    const [wrong] = await problems(undefined, { ...change, init: { weight: { constant: 4 } } });
    expect(wrong).toContain('fresh weight');
  });
});
