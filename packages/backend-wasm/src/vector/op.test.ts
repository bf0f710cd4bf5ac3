import {
  acceptsDType,
  type DType,
  dtypeNames,
  evaluateScalarOp,
  isFloat,
  type ScalarOpName,
  scalarOps,
  type Value,
} from '@flambeau/backend';
import { describe, expect, it } from 'vitest';
import type { Features } from '../runtime/runtime.ts';
import { emitConstant, emitHorizontal, emitOp, type Lanes } from './index.ts';
import { difference } from './testing/compare.ts';
import { arrayOf, engineFeatures, type Operand, runVector } from './testing/run-vector.ts';
import { combinations, edgeValues, Random, randomValues } from './testing/values.ts';

/** Compute dtypes. */
const computed = dtypeNames.filter((dtype) => dtype !== 'float16' && dtype !== 'bfloat16');

/** Operations that may differ from the reference in the last places. */
const ROUNDED: ReadonlySet<ScalarOpName> = new Set<ScalarOpName>([
  'rsqrt',
  'exp',
  'exp2',
  'expm1',
  'log',
  'log2',
  'log10',
  'log1p',
  'sin',
  'cos',
  'tan',
  'asin',
  'acos',
  'atan',
  'sinh',
  'cosh',
  'tanh',
  'asinh',
  'acosh',
  'atanh',
  'erf',
  'erfc',
  'erfinv',
  'lgamma',
  'digamma',
  'polygamma',
  'sigmoid',
  'pow',
  'atan2',
]);

const allowed = (name: ScalarOpName, dtype: DType): number =>
  ROUNDED.has(name) && isFloat(dtype) ? (dtype === 'float64' ? 2 : 4) : 0;

const operandDTypes = (name: ScalarOpName, dtype: DType): DType[] =>
  name === 'where' ? ['bool', dtype, dtype] : new Array<DType>(scalarOps[name].arity).fill(dtype);

const resultDType = (name: ScalarOpName, dtype: DType): DType => (scalarOps[name].result === 'bool' ? 'bool' : dtype);

function expected(name: ScalarOpName, dtype: DType, operands: readonly (readonly Value[])[]): Operand {
  const [a, b, c] = operands as [readonly Value[], readonly Value[] | undefined, readonly Value[] | undefined];
  return {
    dtype: resultDType(name, dtype),
    values: a.map((value, i) => evaluateScalarOp(name, dtype, value, b?.[i], c?.[i])),
  };
}

function check(
  name: ScalarOpName,
  dtype: DType,
  values: readonly (readonly Value[])[],
  features: Features,
): string | null {
  const types = operandDTypes(name, dtype);
  const operands = values.map((list, i) => ({ dtype: types[i] as DType, values: list }));
  const result = resultDType(name, dtype);
  const got = runVector(operands, result, (e, ...args) => emitOp(e, name, dtype, args), features);
  return difference(result, got, arrayOf(expected(name, dtype, values)), allowed(name, dtype), values);
}

const cases = engineFeatures().flatMap((features) =>
  (Object.keys(scalarOps) as ScalarOpName[]).map((name) => ({ name, features, relaxed: features.relaxed })),
);

describe.each(cases)('$name, relaxed: $relaxed', ({ name, features }) => {
  const accepted = computed.filter((dtype) => acceptsDType(name, dtype));
  it.each(accepted)('%s: special values', (dtype) => {
    const values = combinations(operandDTypes(name, dtype).map((each) => edgeValues(each)));
    expect(check(name, dtype, values, features)).toBeNull();
  });

  it.each(accepted)('%s: random values', (dtype) => {
    const random = new Random(name.length);
    for (const samples of [undefined, scalarOps[name].samples]) {
      const values = operandDTypes(name, dtype).map((each) => randomValues(each, 2000, random, samples));
      expect(check(name, dtype, values, features)).toBeNull();
    }
  });

  it.each(accepted.filter(() => scalarOps[name].arity === 2))('%s: with a constant', (dtype) => {
    const many = edgeValues(dtype);
    for (const constant of edgeValues(dtype)) {
      const repeated = many.map(() => constant);
      for (const values of [
        [many, repeated],
        [repeated, many],
      ]) {
        const at = values.indexOf(many);
        const result = resultDType(name, dtype);
        const got = runVector([{ dtype, values: many }], result, (e, arg) => {
          const fixed = emitConstant(e, constant, dtype);
          return emitOp(e, name, dtype, at === 0 ? [arg, fixed] : [fixed, arg]);
        });
        const want = arrayOf(expected(name, dtype, values));
        expect(difference(result, got, want, allowed(name, dtype), values)).toBeNull();
      }
    }
  });
});

it.each(computed)('a choice among constants: %s', (dtype) => {
  const conditions = [0, 1, 1, 0];
  const edges = edgeValues(dtype);
  const operands: Operand[] = [
    { dtype: 'bool', values: edges.map((_, i) => conditions[i % 4] as Value) },
    { dtype, values: edges },
  ];
  const values = operands.map((operand) => operand.values as Value[]) as [Value[], Value[]];
  for (const constant of edges) {
    for (const first of [true, false]) {
      const got = runVector(operands, dtype, (e, condition, arg) => {
        const fixed = emitConstant(e, constant, dtype);
        return emitOp(e, 'where', dtype, first ? [condition, fixed, arg as Lanes] : [condition, arg as Lanes, fixed]);
      });
      const fixed = edges.map(() => constant);
      const want = expected('where', dtype, first ? [values[0], fixed, values[1]] : [...values, fixed]);
      expect(difference(dtype, got, arrayOf(want), 0, values)).toBeNull();
    }
  }
});

it('operations on constants alone are constants', () => {
  const got = runVector([{ dtype: 'int64', values: [0n, 0n, 0n, 0n] }], 'int64', (e) => {
    const sum = emitOp(e, 'add', 'int64', [emitConstant(e, 2n ** 63n - 1n, 'int64'), emitConstant(e, 2n, 'int64')]);
    expect(sum.constant).toBe(-(2n ** 63n) + 1n);
    return sum;
  });
  expect(got).toEqual(new BigInt64Array(4).fill(-(2n ** 63n) + 1n));
});

describe.each(['add', 'mul', 'max', 'min'] as const)('the fold of four by %s', (name) => {
  it.each(computed.filter((dtype) => acceptsDType(name, dtype)))('%s', (dtype) => {
    const random = new Random(7);
    const values = randomValues(dtype, 400, random);
    if (isFloat(dtype)) values[5] = Number.NaN;
    const got = runVector([{ dtype, values }], dtype, (e, arg) => emitHorizontal(e, name, dtype, arg));
    const want = values.map((_, i) => {
      const at = (lane: number): Value => values[i - (i % 4) + lane] as Value;
      const fold = (a: Value, b: Value): Value => evaluateScalarOp(name, dtype, a, b);
      return fold(fold(at(0), at(2)), fold(at(1), at(3)));
    });
    expect(difference(dtype, got, arrayOf({ dtype, values: want }), 0, [values])).toBeNull();
  });
});
