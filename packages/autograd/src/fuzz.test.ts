import { type DType, dtypeNames, FlambeauError } from '@flambeau/backend';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as autograd from './index.ts';
import { Tensor } from './tensor.ts';

const RUNS = 60;

/** Public functions that do not act on tensors: they set global state or call back. */
const NOT_FUZZED = new Set(
  `AutogradFunction FunctionContext Generator Tensor backendNames checkAnomalies companionsOf customFunction defaultDevice defaultGenerator deviceOf enableGrad
  gradcheck gradgradcheck inferenceMode isAnomalyEnabled isGradEnabled isInferenceMode isTensor leakReport manualSeed memoryStats noGrad
  openBackend registerBackend registerCompanions resultType scope setDefaultDType setDefaultDevice setDetectAnomaly setGradEnabled setPrintOptions
  trackMemory use getDefaultDType keep`.split(/\s+/),
);

const dims = fc.integer({ min: 0, max: 3 });
const shapes = fc.array(dims, { maxLength: 3 });
const dtypes = fc.constantFrom<DType>(...dtypeNames);

const tensors = fc
  .record({ shape: shapes, dtype: dtypes, turned: fc.boolean(), seed: fc.integer({ min: 0, max: 9 }) })
  .map(({ shape, dtype, turned, seed }) => {
    const n = shape.reduce((a, b) => a * b, 1);
    const values = Float64Array.from({ length: n }, (_, i) => ((i * 7 + seed) % 5) - 1);
    const x = autograd.fromArray(values, shape).to(dtype);
    return turned && x.ndim >= 2 ? x.transpose(0, -1) : x;
  });

const options = fc.constantFrom<unknown>(
  {},
  { keepDim: true },
  { dtype: 'float64' },
  { dtype: 'nonsense' },
  { dim: 1 },
  { alpha: 2 },
  { padding: 1 },
  { stride: 2 },
  { accumulate: true },
  { descending: true },
);
const junk = fc.constantFrom<unknown>(null, undefined, 'sum', '1:', Number.NaN, 1.5, -1, 0, 1, 2, 7, true, 3n, {});
const numbers = fc.array(fc.integer({ min: -2, max: 3 }), { maxLength: 3 });
const argument = fc.oneof(
  { weight: 5, arbitrary: tensors },
  { weight: 3, arbitrary: junk },
  { weight: 2, arbitrary: numbers },
  { weight: 1, arbitrary: fc.array(tensors, { maxLength: 3 }) },
  { weight: 1, arbitrary: options },
);

/** Runs a call whose arguments may be wrong: it gives sound tensors or complains in Flambeau's own words. */
function attempt(call: () => unknown): void {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    if (!(error instanceof FlambeauError)) throw error;
    return;
  }
  if (result instanceof Promise) result.catch(() => undefined);
  for (const out of Array.isArray(result) ? result : [result]) {
    if (!(out instanceof Tensor)) continue;
    expect(out.shape.every((size) => Number.isSafeInteger(size) && size >= 0)).toBe(true);
    expect(out.toArraySync()).toHaveLength(out.shape.reduce((a, b) => a * b, 1));
  }
}

const functions = Object.entries(autograd).filter(
  ([name, value]) => typeof value === 'function' && !NOT_FUZZED.has(name),
) as [string, (...args: unknown[]) => unknown][];

describe('any arguments give a result or a FlambeauError', () => {
  test.each(functions)('%s', (_, fn) => {
    fc.assert(
      fc.property(tensors, fc.array(argument, { maxLength: 4 }), (x, rest) => attempt(() => fn(x, ...rest))),
      { numRuns: RUNS, seed: 1 },
    );
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 3 }), (args) => attempt(() => fn(...args))),
      { numRuns: RUNS / 2, seed: 2 },
    );
  });
});

/** Methods that are machinery, or that end the tensor. */
const NOT_METHODS = new Set('constructor create accumulator gradEdge targetEdge dispose'.split(' '));

const methods = new Set<string>();
for (let level: object = Tensor.prototype; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
    if (typeof value === 'function' && !NOT_METHODS.has(name)) methods.add(name);
  }
}

describe('any arguments of a method give a result or a FlambeauError', () => {
  test.each([...methods])('%s', (name) => {
    const call = (x: Tensor, rest: readonly unknown[]): unknown =>
      (x as unknown as Record<string, (...args: unknown[]) => unknown>)[name]?.(...rest);
    fc.assert(
      fc.property(tensors, fc.array(argument, { maxLength: 3 }), (x, rest) => attempt(() => call(x, rest))),
      { numRuns: RUNS, seed: 5 },
    );
  });
});

describe('element-wise results have the broadcast shape', () => {
  const pairs = fc.tuple(tensors, tensors);

  const { add, mul, div, maximum, eq, logicalAnd, atan2 } = autograd;

  test.each(Object.entries({ add, mul, div, maximum, eq, logicalAnd, atan2 }))('%s', (_, fn) => {
    fc.assert(
      fc.property(pairs, ([x, y]) => {
        const rank = Math.max(x.ndim, y.ndim);
        const sizes = Array.from({ length: rank }, (_, axis) => {
          const [a, b] = [x.shape[axis - rank + x.ndim] ?? 1, y.shape[axis - rank + y.ndim] ?? 1];
          return a === b || b === 1 ? a : a === 1 ? b : null;
        });
        if (sizes.includes(null)) expect(() => fn(x, y)).toThrow(FlambeauError);
        else expect(fn(x, y).shape).toEqual(sizes);
      }),
      { seed: 3 },
    );
  });
});

test('reductions keep or drop their dimensions', () => {
  fc.assert(
    fc.property(tensors, fc.integer({ min: -4, max: 3 }), fc.boolean(), (x, dim, keepDim) => {
      const range = Math.max(1, x.ndim);
      if (dim < -range || dim >= range) return void expect(() => autograd.sum(x, dim)).toThrow(FlambeauError);
      const axis = dim < 0 ? dim + range : dim;
      const expected = keepDim
        ? x.shape.map((size, i) => (i === axis ? 1 : size))
        : x.shape.filter((_, i) => i !== axis);
      return void expect(autograd.sum(x, dim, { keepDim }).shape).toEqual(expected);
    }),
    { seed: 4 },
  );
});
