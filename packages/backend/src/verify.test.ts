import { describe, expect, it } from 'vitest';
import type { DType } from './dtype.ts';
import { KernelError } from './errors.ts';
import { cast, constant, type Expr, gather, index, load, op, random, scalar, stage } from './expr.ts';
import {
  type Access,
  type ContractionKernel,
  type Kernel,
  type LoopKernel,
  outputAccess,
  type ReduceStage,
  type RoutineKernel,
  type Stage,
} from './kernel.ts';
import type { RoutineName } from './routines.ts';
import type { ScalarOpName } from './scalar-ops.ts';
import { exprDType, stageDType } from './typing.ts';
import { verifyKernel } from './verify.ts';

const input = (buffer: number, steps: Access['steps'] = ['unit'], change: Partial<Access> = {}): Access => ({
  role: 'input',
  buffer,
  steps,
  bounds: 0,
  fill: 0,
  ...change,
});
const output = (buffer: number, steps: Access['steps'] = ['unit']): Access => ({
  ...input(buffer, steps),
  role: 'output',
});

/** A loop over one axis that stores `expr`; inputs are accesses 0 …, the output is the last access. */
function map(expr: Expr, inputs: readonly DType[] = ['float32'], target: DType = 'float32'): LoopKernel {
  return {
    kind: 'loop',
    inputs,
    outputs: [target],
    scalars: ['float32', 'int64'],
    outer: 1,
    accesses: [...inputs.map((_, i) => input(i)), output(0)],
    stages: [{ kind: 'store', access: inputs.length, inner: 0, expr }],
  };
}

const reduce = (expr: Expr, change: Partial<ReduceStage> = {}): ReduceStage => ({
  kind: 'reduce',
  op: 'sum',
  inner: 1,
  expr,
  ...change,
});

/** A reduction of rows, then further stages. */
function rows(stages: readonly Stage[], dtype: DType = 'float32', target: DType = dtype): LoopKernel {
  return {
    kind: 'loop',
    inputs: [dtype],
    outputs: [target],
    scalars: [],
    outer: 1,
    accesses: [input(0, ['strided', 'unit']), output(0), output(0)],
    stages,
  };
}

const store = (expr: Expr, access = 1): Stage => ({ kind: 'store', access, inner: 0, expr });

function contraction(change: Partial<ContractionKernel> = {}): ContractionKernel {
  return {
    kind: 'contraction',
    inputs: ['float32', 'float32', 'float32'],
    outputs: ['float32'],
    scalars: [],
    axes: { batch: 0, m: 1, n: 1, k: 1 },
    accesses: [
      input(0, ['strided', 'unit']),
      input(1, ['strided', 'unit']),
      output(0, ['strided', 'unit']),
      input(2, ['zero', 'unit']),
    ],
    epilogue: op('add', stage(0), load(3)),
    ...change,
  };
}

function routine(name: RoutineName, change: Partial<RoutineKernel> = {}): RoutineKernel {
  const rest = {
    scatter: { inputs: ['int32', 'float32'], outputs: ['float32'], attributes: { dim: 0, reduce: 'sum' } },
    cumulate: { inputs: ['float32'], outputs: ['float32'], attributes: { dim: 0, op: 'sum' } },
    sort: { inputs: ['float32'], outputs: ['float32', 'int32'], attributes: { dim: 0, descending: true } },
    nonzero: { inputs: ['float32'], outputs: ['int32', 'int32'], attributes: {} },
  } as const;
  return { kind: 'routine', name, scalars: [], ...rest[name], ...change } as RoutineKernel;
}

const malformed: readonly (readonly [string, Kernel])[] = [
  ["'float8' is not a dtype.", map(load(0), ['float8' as DType])],
  ["'undefined' is not a dtype.", { ...map(load(0)), outputs: [undefined as unknown as DType] }],
  ['a loop kernel needs a store stage.', { ...map(load(0)), stages: [reduce(load(0), { inner: 0 })] }],
  ['outer must be a number of axes; got -1.', { ...map(load(0)), outer: -1 }],
  [
    'inner of stage 0 must be a number of axes; got 0.5.',
    { ...map(load(0)), stages: [{ kind: 'store', access: 1, inner: 0.5, expr: load(0) }] },
  ],
  ['access 0 is used by two stages.', rows([reduce(load(0)), reduce(load(0)), store(stage(0))])],
  ['access 2 is not used.', rows([reduce(load(0)), store(stage(0))])],
  ['stage 0 reads stage 0, which is not earlier.', rows([reduce(stage(0)), store(load(0))])],
  ['stage 0 reads stage 1, which is not earlier.', rows([store(stage(1)), reduce(load(0))])],
  [
    'stage 0 is not a reduce stage.',
    { ...rows([store(constant(1, 'float32')), store(stage(0), 2)]), accesses: [input(0), output(0), output(0)] },
  ],
  ["stage 0: 'sum' does not accept bool. Cast first.", rows([reduce(load(0)), store(stage(0))], 'bool')],
  [
    "stage 0: 'prod' does not accept bool. Cast first.",
    rows([reduce(load(0), { op: 'prod' }), store(stage(0))], 'bool'),
  ],
  ['access 1 is not an input access.', map(load(1))],
  ['access 7 is not an input access.', map(load(7))],
  [
    'access 0 is not an output access.',
    { ...map(load(0)), stages: [{ kind: 'store', access: 0, inner: 0, expr: constant(1, 'float32') }] },
  ],
  ['access 0 names input 3, which does not exist.', { ...map(load(0)), accesses: [input(3), output(0)] }],
  ['access 1 names output 1, which does not exist.', { ...map(load(0)), accesses: [input(0), output(1)] }],
  ['access 0 needs 1 steps; got 2.', { ...map(load(0)), accesses: [input(0, ['unit', 'unit']), output(0)] }],
  ['access 0 needs 2 steps; got 1.', map(gather(0, [index(0)]))],
  ['access 1 writes through bounds.', { ...map(load(0)), accesses: [input(0), { ...output(0), bounds: 1 }] }],
  [
    'access 0 fills int64 with number 0.',
    { ...map(load(0), ['int64'], 'int64'), accesses: [input(0, ['unit'], { bounds: 1 }), output(0)] },
  ],
  [
    'access 0 fills float32 with bigint 0.',
    { ...map(gather(0, [index(0)])), accesses: [input(0, ['zero', 'unit'], { fill: 0n }), output(0)] },
  ],
  ['a constant of int64 cannot be number 1.', map({ kind: 'const', dtype: 'int64', value: 1 }, ['int64'], 'int64')],
  ['a constant of bool cannot be number 2.', map(constant(2, 'bool'), ['bool'], 'bool')],
  ['axis 1 is not in scope.', map(cast(index(1), 'float32'))],
  ['axis -1 is not in scope.', map(cast(index(-1), 'float32'))],
  ['there is no scalar slot 2.', map(scalar(2))],
  ["there is no scalar operation 'frobnicate'.", map(op('frobnicate' as ScalarOpName, load(0)))],
  ["'add' takes 2 operands; got 1.", map(op('add', load(0)))],
  ["operands of 'add' must share one dtype; got float32, int32.", map(op('add', load(0), index(0)))],
  ["the condition of 'where' must be bool; got int32.", map(op('where', index(0), load(0), load(0)))],
  [
    "operands of 'where' must share one dtype; got float32, int32.",
    map(op('where', constant(1, 'bool'), load(0), index(0))),
  ],
  ["'sqrt' does not accept int32.", map(op('sqrt', index(0)), ['float32'], 'int32')],
  ["'add' does not accept bool.", map(op('add', load(0), load(0)), ['bool'], 'bool')],
  [
    'a gather index must be int32; got float32.',
    { ...map(gather(0, [constant(0, 'float32')])), accesses: [input(0, ['zero', 'unit']), output(0)] },
  ],
  ['a random key must be int32; got float32.', map(random(load(0), index(0)), ['float32'], 'int32')],
  ['a random counter must be int32; got float32.', map(random(index(0), load(0)), ['float32'], 'int32')],
  ['a value of float32 cannot be stored as float64. Cast first.', map(load(0), ['float32'], 'float64')],
  [
    'a value of int32 cannot be stored as float32. Cast first.',
    rows([reduce(load(0), { op: 'argmax' }), store(stage(0)), store(constant(0, 'float32'), 2)]),
  ],
  ['m must be a number of axes; got -1.', contraction({ axes: { batch: 0, m: -1, n: 1, k: 1 } })],
  ['a contraction needs two inputs.', contraction({ inputs: ['float32'] })],
  ['a contraction has one output; got 2.', contraction({ outputs: ['float32', 'float32'] })],
  ['the operands of a contraction must share one dtype.', contraction({ inputs: ['float32', 'float64', 'float32'] })],
  ['a contraction does not accept bool. Cast first.', contraction({ inputs: ['bool', 'bool', 'float32'] })],
  ['access 0 needs 3 steps; got 2.', contraction({ axes: { batch: 1, m: 1, n: 1, k: 1 } })],
  [
    'accesses 0 and 1 of a contraction must read inputs 0 and 1.',
    contraction({ accesses: [1, 0, 2, 3].map((i) => contraction().accesses[i] as Access) }),
  ],
  ['the epilogue may not load access 0.', contraction({ epilogue: op('add', stage(0), load(0)) })],
  ['access 3 is not used.', contraction({ epilogue: stage(0) })],
  ['a contraction has only stage 0; got 1.', contraction({ epilogue: op('add', stage(1), load(3)) })],
  ["there is no routine 'fft'.", { ...routine('sort'), name: 'fft' as RoutineName }],
  ["'sort' takes 1 inputs and 2 outputs.", routine('sort', { outputs: ['float32'] })],
  ["attribute 'dim' of 'sort' cannot be undefined.", routine('sort', { attributes: { descending: true } })],
  ["attribute 'descending' of 'sort' cannot be 1.", routine('sort', { attributes: { dim: 0, descending: 1 } })],
  ["attribute 'reduce' of 'scatter' cannot be mean.", routine('scatter', { attributes: { dim: 0, reduce: 'mean' } })],
  [
    "attribute 'speed' of 'cumulate' cannot be 9.",
    routine('cumulate', { attributes: { dim: 0, op: 'sum', speed: 9 } }),
  ],
  ["the index of 'scatter' must be int32; got int64.", routine('scatter', { inputs: ['int64', 'float32'] })],
  ["'scatter' of float32 cannot give float64.", routine('scatter', { outputs: ['float64'] })],
  ["positions of 'sort' must be int32; got int64.", routine('sort', { outputs: ['float32', 'int64'] })],
  ["positions of 'nonzero' must be int32; got float32.", routine('nonzero', { outputs: ['float32', 'int32'] })],
  [
    "'cumulate' with sum does not accept bool. Cast first.",
    routine('cumulate', { inputs: ['bool'], outputs: ['bool'] }),
  ],
  [
    "'scatter' with sum does not accept bool. Cast first.",
    routine('scatter', { inputs: ['int32', 'bool'], outputs: ['bool'] }),
  ],
];

function complaint(kernel: Kernel): KernelError {
  try {
    verifyKernel(kernel);
  } catch (error) {
    if (error instanceof KernelError) return error;
    throw error;
  }
  throw new Error('the kernel was accepted');
}

describe('verifyKernel', () => {
  it.each(malformed)('says: %s', (message, kernel) => {
    const error = complaint(kernel);
    expect(error.message.split('\n')[0]).toBe(`[kernel] ${message}`);
    expect(error.message.split('\n').length).toBeGreaterThan(1);
    expect(error.details.kernel).toBe(kernel);
  });

  it.each([
    map(load(0)),
    map(op('where', op('lt', load(0), load(1)), load(0), load(1)), ['float32', 'float32']),
    map(cast(scalar(1), 'float32'), []),
    map(load(0), ['float16'], 'bfloat16'),
    rows([reduce(load(0)), store(stage(0)), store(op('neg', stage(0)), 2)]),
    rows([reduce(load(0), { op: 'argmin' }), store(stage(0)), store(stage(0), 2)], 'bool', 'int32'),
    contraction(),
    contraction({ inputs: ['bfloat16', 'bfloat16', 'float32'] }),
    routine('scatter'),
    routine('scatter', { inputs: ['int32', 'bool'], outputs: ['bool'], attributes: { dim: 3, reduce: 'max' } }),
    routine('cumulate'),
    routine('sort'),
    routine('nonzero'),
    { ...map(load(0)), outer: 0, accesses: [input(0, []), outputAccess(0, { shape: [], strides: [], offset: 0 })] },
  ] as Kernel[])('accepts a well-formed kernel (%#)', (kernel) => {
    expect(() => verifyKernel(kernel)).not.toThrow();
  });
});

describe('exprDType', () => {
  it('computes 16-bit floats in float32', () => {
    const kernel = map(load(0), ['float16'], 'float16');
    expect(exprDType(kernel, load(0))).toBe('float32');
    expect(exprDType(kernel, cast(scalar(1), 'bfloat16'))).toBe('float32');
    expect(exprDType(kernel, constant(1, 'float16'))).toBe('float32');
    expect(stageDType(contraction({ inputs: ['float16', 'float16', 'float32'] }), 0)).toBe('float32');
  });

  it('gives bool for comparisons and int32 for positions', () => {
    const kernel = map(load(0), ['int64'], 'int64');
    expect(exprDType(kernel, op('eq', load(0), load(0)))).toBe('bool');
    expect(exprDType(kernel, index(0))).toBe('int32');
    expect(exprDType(kernel, random(index(0), index(0)))).toBe('int32');
    expect(stageDType(rows([reduce(load(0), { op: 'argmax' })]), 0)).toBe('int32');
    expect(stageDType(rows([reduce(load(0), { op: 'max' })], 'int64'), 0)).toBe('int64');
  });

  it('has no stages in routines', () => {
    expect(() => stageDType(routine('sort'), 0)).toThrow('stage 0 is not a reduce stage.');
  });
});
