import { describe, expect, test } from 'vitest';
import type { OpSample } from './cases.ts';
import { compareTensors, compareZeroSigns } from './compare.ts';
import { resultDType } from './dtype-rules.ts';
import type { Library } from './library.ts';
import { hasInPlaceForm, opSkipReason } from './op-skips.ts';
import { findOp, runOp, sliceText } from './run-op.ts';
import { Tally } from './tally.ts';
import { type GoldenTensor, goldenTensor } from './tensor.ts';

/** A library of one dimension and one dtype, whose results a test may spoil. */
class Vector {
  readonly dtype = 'float32';
  readonly shape: readonly number[];
  values: number[];
  constructor(values: number[]) {
    this.values = values;
    this.shape = [values.length];
  }
  async toArray(): Promise<number[]> {
    return this.values;
  }
  square_(): this {
    this.values = this.values.map((x) => x * x + spoil.inPlace);
    return this;
  }
}

const spoil = { output: 0, gradient: 0, inPlace: 0, connected: true };

const library: Library<Vector> = {
  dtypes: new Set(['float32', 'int32']),
  functions: { square: (x: Vector) => new Vector(x.values.map((v) => v * v + spoil.output)) },
  tensorPrototype: Vector.prototype,
  tensor: ({ data }) => new Vector(Array.from(data, Number)),
  isTensor: (value): value is Vector => value instanceof Vector,
  clone: (x) => new Vector([...x.values]),
  manualSeed: () => {},
  gradients: (_, [x], [cotangent]) =>
    spoil.connected && x
      ? [new Vector(x.values.map((v, i) => 2 * v * (cotangent?.values[i] ?? 0) + spoil.gradient))]
      : [null],
};

const vector = (...values: number[]): GoldenTensor =>
  goldenTensor('float32', [values.length], Float32Array.from(values));

const sample: OpSample = {
  dtype: 'float32',
  sample: 0,
  input: vector(1, -2),
  args: [],
  kwargs: {},
  output: vector(1, 4),
  wholeFloat: false,
  broadcastsInput: false,
  cotangents: [['', vector(1, 0.5)]],
  grads: [['input', vector(2, -2)]],
  error: { out: 1e-7, grad: 1e-7 },
};

function spoiled(change: Partial<typeof spoil>, form: 'plain' | 'inPlace' = 'plain'): Promise<string[]> {
  Object.assign(spoil, { output: 0, gradient: 0, inPlace: 0, connected: true }, change);
  return runOp(library, 'square', sample, form);
}

describe('runOp', () => {
  test('passes right results', async () => {
    expect(await spoiled({})).toEqual([]);
  });

  test('reports a wrong output', async () => {
    expect(await spoiled({ output: 1e-4 })).toEqual([expect.stringContaining('output: 2 of 2 elements differ')]);
  });

  test('reports a wrong gradient and a missing one', async () => {
    expect(await spoiled({ gradient: 1e-4 })).toEqual([expect.stringContaining('gradient of input: 2 of 2')]);
    expect(await spoiled({ connected: false })).toEqual(['gradient of input: none, expected a tensor']);
  });

  test('runs the in-place method apart', async () => {
    expect(await spoiled({ output: 1 }, 'inPlace')).toEqual([]);
    expect(await spoiled({ inPlace: 1e-4 }, 'inPlace')).toHaveLength(1);
  });

  test('finds functions, then methods', () => {
    expect(findOp(library, { name: 'square', property: false })).toBe('function');
    expect(findOp(library, { name: 'square_', property: false })).toBe('method');
    expect(findOp(library, { name: 'cube', property: false })).toBeNull();
  });
});

describe('compareTensors', () => {
  const tolerance = { rtol: 1e-6, atol: 1e-6 };
  test.each([
    [vector(1, 2), vector(1, 2), null],
    [vector(1, 2.1), vector(1, 2), '1 of 2 elements differ'],
    [vector(Number.NaN), vector(Number.NaN), null],
    [vector(Number.NaN), vector(1), '1 of 1'],
    [vector(Number.POSITIVE_INFINITY), vector(1e38), '1 of 1'],
    [vector(1), vector(1, 1), 'shape [1], expected [2]'],
    [vector(1), goldenTensor('int32', [1], Int32Array.of(1)), 'dtype float32, expected int32'],
    [goldenTensor('int64', [1], BigInt64Array.of(2n)), goldenTensor('int64', [1], BigInt64Array.of(3n)), '1 of 1'],
  ])('%#', (got, expected, problem) => {
    const different = compareTensors(got, expected, tolerance);
    if (problem === null) expect(different).toBeNull();
    else expect(different).toContain(problem);
  });

  test('zero signs are compared apart', () => {
    expect(compareTensors(vector(-0), vector(0), tolerance)).toBeNull();
    expect(compareZeroSigns(vector(1, -0), vector(1, 0))).toBe('element 1 is -0, expected 0');
    expect(compareZeroSigns(vector(1, 0), vector(1, 0))).toBeNull();
  });
});

describe('resultDType', () => {
  const int64 = goldenTensor('int64', [1], BigInt64Array.of(1n));
  test('indices are int32, also of int64 tensors', () => {
    expect(resultDType('argmax', '', int64, { ...sample, input: int64 })).toBe('int32');
    expect(resultDType('sort', '1', int64, { ...sample, input: int64 })).toBe('int32');
    expect(resultDType('sort', '0', int64, { ...sample, input: int64 })).toBe('int64');
  });

  test('what PyTorch makes int64 by itself is int32', () => {
    expect(resultDType('sum', '', int64, { ...sample, input: goldenTensor('bool', [1], Uint8Array.of(1)) })).toBe(
      'int32',
    );
    expect(resultDType('sum', '', int64, { ...sample, input: int64 })).toBe('int64');
    expect(resultDType('arange', '', int64, { ...sample, input: 5 })).toBe('int32');
  });

  test('a whole float beside integers leaves the dtype open', () => {
    const mixed = { ...sample, input: int64, args: [2], wholeFloat: true };
    expect(resultDType('add', '', vector(1), mixed)).toBeUndefined();
    expect(resultDType('add', '', vector(1), { ...mixed, input: vector(1) })).toBe('float32');
  });
});

test('samples with int16 are left out, others are not', () => {
  const int16 = goldenTensor('int16', [1], Int16Array.of(1));
  expect(opSkipReason('add', { ...sample, output: int16 })).toBe('int16 does not exist in Flambeau');
  expect(opSkipReason('add', sample)).toBeNull();
});

test('an in-place form keeps shape and dtype', () => {
  expect(hasInPlaceForm(sample)).toBe(true);
  expect(hasInPlaceForm({ ...sample, output: vector(1) })).toBe(false);
  expect(hasInPlaceForm({ ...sample, broadcastsInput: true })).toBe(false);
});

test('slices as text', () => {
  expect(sliceText({ kind: 'slice', start: 0, stop: 3, step: null })).toBe('0:3');
  expect(sliceText({ kind: 'slice', start: null, stop: null, step: 2 })).toBe('::2');
});

test('the tally counts cases and groups what was left out', () => {
  const tally = new Tally('ops');
  tally.pass('add');
  tally.pass('add');
  tally.skip('sub', 'no reason');
  tally.absent('mul');
  expect(tally.summary()).toBe(
    'ops: 2 cases passed, of 1 names\n  skipped 1: no reason (sub 1)\n  not in Flambeau: 1 (mul)',
  );
});
