import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DType, dtypeNames, dtypes, isFloat, type Value } from './dtype.ts';
import { acceptsDType, evaluateScalarOp, type ScalarOpName, scalarOps } from './scalar-ops.ts';

const names = Object.keys(scalarOps) as ScalarOpName[];
const { POSITIVE_INFINITY: infinity, NaN: nan } = Number;

/** All values of a narrow dtype. */
function allValues(dtype: 'int8' | 'uint8'): number[] {
  const low = dtypes[dtype].min as number;
  return Array.from({ length: 256 }, (_, i) => low + i);
}

describe('each row', () => {
  it.each(names)('accepts some dtype and refuses the others by name: %s', (name) => {
    const { arity, float, int, big, bool } = scalarOps[name];
    expect([1, 2, 3]).toContain(arity);
    expect(dtypeNames.some((dtype) => acceptsDType(name, dtype))).toBe(true);
    // Whatever int32 can do, int64 can do.
    expect(int === undefined).toBe(big === undefined);
    if (bool) expect(int).toBeDefined();
    for (const dtype of dtypeNames) {
      const accepted = dtype === 'bool' ? bool === true : dtype === 'int64' ? !!big : isFloat(dtype) ? !!float : !!int;
      expect(acceptsDType(name, dtype)).toBe(accepted);
      if (!accepted)
        expect(() => evaluateScalarOp(name, dtype, 1, 1, 1)).toThrow(`[${name}] does not accept ${dtype}.`);
    }
  });
});

describe('integers', () => {
  const binary = names.filter((name) => scalarOps[name].int && scalarOps[name].arity === 2);
  const unary = names.filter((name) => scalarOps[name].int && scalarOps[name].arity === 1);
  const wrap = (dtype: 'int8' | 'uint8' | 'int32', value: Value): number => {
    const bits = { int8: 8, uint8: 8, int32: 32 }[dtype];
    return Number(dtype === 'uint8' ? BigInt.asUintN(bits, BigInt(value)) : BigInt.asIntN(bits, BigInt(value)));
  };

  it.each(binary)('agree with int64, wrapped, on all pairs of 8 bits: %s', (name) => {
    for (const dtype of ['int8', 'uint8'] as const) {
      for (const a of allValues(dtype)) {
        for (const b of allValues(dtype)) {
          const got = evaluateScalarOp(name, dtype, a, b);
          const want = wrap(dtype, evaluateScalarOp(name, 'int64', BigInt(a), BigInt(b)));
          if (!Object.is(got, want)) expect.fail(`${name}(${a}, ${b}) as ${dtype} is ${got}, not ${want}`);
        }
      }
    }
  });

  it.each(unary)('agree with int64, wrapped, on all values of 8 bits: %s', (name) => {
    for (const dtype of ['int8', 'uint8'] as const) {
      for (const a of allValues(dtype)) {
        expect(evaluateScalarOp(name, dtype, a)).toBe(wrap(dtype, evaluateScalarOp(name, 'int64', BigInt(a))));
      }
    }
  });

  it.each([...binary, ...unary])('agree with int64, wrapped, on int32: %s', (name) => {
    const operand = fc.oneof(fc.integer(), fc.integer({ min: -40, max: 40 }), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1));
    fc.assert(
      fc.property(operand, operand, (a, b) => {
        const want = wrap('int32', evaluateScalarOp(name, 'int64', BigInt(a), BigInt(b)));
        expect(evaluateScalarOp(name, 'int32', a, b)).toBe(want);
      }),
      { numRuns: 300 },
    );
  });

  it('divide as Python does, and as C does', () => {
    const pairs = fc.tuple(
      fc.bigInt(-100n, 100n),
      fc.bigInt(-10n, 10n).filter((b) => b !== 0n),
    );
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const op = (name: ScalarOpName): bigint => evaluateScalarOp(name, 'int64', a, b) as bigint;
        expect(op('floorDiv') * b + op('remainder')).toBe(a);
        expect(op('remainder') === 0n || op('remainder') < 0n === b < 0n).toBe(true);
        expect(op('remainder') < (b < 0n ? -b : b)).toBe(true);
        expect([op('truncDiv'), op('fmod')]).toEqual([a / b, a % b]);
      }),
    );
  });

  it('never trap: by zero, beyond the width, at the extremes', () => {
    for (const [dtype, zero, one] of [
      ['int32', 0, 1],
      ['int64', 0n, 1n],
    ] as const) {
      for (const name of ['floorDiv', 'truncDiv', 'remainder', 'fmod'] as const) {
        expect(evaluateScalarOp(name, dtype, one, zero)).toBe(zero);
      }
      const { min } = dtypes[dtype];
      for (const name of ['neg', 'abs'] as const) expect(evaluateScalarOp(name, dtype, min)).toBe(min);
      const minusOne = dtype === 'int64' ? -1n : -1;
      for (const name of ['floorDiv', 'truncDiv'] as const)
        expect(evaluateScalarOp(name, dtype, min, minusOne)).toBe(min);
      for (const by of dtype === 'int64' ? [64n, 1000n, -1n] : [32, 1000, -1]) {
        expect(evaluateScalarOp('shiftLeft', dtype, one, by)).toBe(zero);
        expect(evaluateScalarOp('shiftRight', dtype, one, by)).toBe(zero);
        expect(evaluateScalarOp('shiftRight', dtype, minusOne, by)).toBe(minusOne);
      }
    }
  });

  it('raise to powers, negative ones too', () => {
    const power = (a: number, b: number): Value => evaluateScalarOp('pow', 'int32', a, b);
    expect([power(3, 5), power(-2, 3), power(0, 0), power(2, -1), power(1, -5), power(-1, -5), power(-1, -4)]).toEqual([
      243, -8, 1, 0, 1, -1, 1,
    ]);
    expect(power(3, 2147483647)).toBe(
      Number(BigInt.asIntN(32, evaluateScalarOp('pow', 'int64', 3n, 2147483647n) as bigint)),
    );
  });
});

describe('bool', () => {
  it.each([
    ['not', [1, 0]],
    ['and', [0, 0, 0, 1]],
    ['or', [0, 1, 1, 1]],
    ['xor', [0, 1, 1, 0]],
    ['max', [0, 1, 1, 1]],
    ['min', [0, 0, 0, 1]],
    ['eq', [1, 0, 0, 1]],
    ['ne', [0, 1, 1, 0]],
    ['lt', [0, 1, 0, 0]],
    ['le', [1, 1, 0, 1]],
    ['gt', [0, 0, 1, 0]],
    ['ge', [1, 0, 1, 1]],
  ] as const)('%s is its truth table', (name, table) => {
    const rows =
      scalarOps[name].arity === 1
        ? [[0], [1]]
        : [
            [0, 0],
            [0, 1],
            [1, 0],
            [1, 1],
          ];
    expect(rows.map(([a, b]) => evaluateScalarOp(name, 'bool', a as number, b))).toEqual([...table]);
  });

  it('is accepted by nothing else but where', () => {
    const accepting = names.filter((name) => acceptsDType(name, 'bool'));
    expect(accepting).toHaveLength(13);
    expect(evaluateScalarOp('where', 'bool', 1, 0, 1)).toBe(0);
  });
});

describe('floats', () => {
  const f64 = (name: ScalarOpName, ...args: number[]): Value =>
    evaluateScalarOp(name, 'float64', args[0] as number, args[1], args[2]);

  it.each([
    ['sign', [nan], 0],
    ['sign', [-0], 0],
    ['sign', [-3], -1],
    ['round', [2.5], 2],
    ['round', [-0.5], -0],
    ['trunc', [-0.5], -0],
    ['ceil', [-0.5], -0],
    ['abs', [-0], 0],
    ['sqrt', [-1], nan],
    ['rsqrt', [0], infinity],
    ['reciprocal', [-0], -infinity],
    ['sigmoid', [-1000], 0],
    ['sigmoid', [1000], 1],
    ['sigmoid', [0], 0.5],
    ['isnan', [nan], 1],
    ['isnan', [infinity], 0],
    ['signbit', [-0], 1],
    ['signbit', [0], 0],
    ['max', [nan, 1], nan],
    ['max', [1, nan], nan],
    ['min', [nan, 1], nan],
    ['min', [1, nan], nan],
    ['max', [-infinity, 1], 1],
    ['pow', [1, nan], 1],
    ['pow', [nan, 0], 1],
    ['pow', [-1, infinity], 1],
    ['pow', [-1, -infinity], 1],
    ['pow', [-1, nan], nan],
    ['pow', [-8, 1 / 3], nan],
    ['pow', [-2, 3], -8],
    ['pow', [0, -1], infinity],
    ['fmod', [-7, 3], -1],
    ['remainder', [-7, 3], 2],
    ['truncDiv', [-7, 2], -3],
    ['floorDiv', [-7, 2], -4],
    ['atan2', [0, -1], Math.PI],
    ['atan2', [-0, -1], -Math.PI],
    ['eq', [nan, nan], 0],
    ['ne', [nan, nan], 1],
    ['le', [nan, 1], 0],
    ['eq', [0, -0], 1],
    ['where', [1, nan, 2], nan],
    ['where', [0, nan, 2], 2],
  ] as const)('%s of %j is %d', (name, args, result) => {
    expect(f64(name, ...args)).toBe(result);
  });

  it('round to their dtype', () => {
    const third = (dtype: DType): Value => evaluateScalarOp('div', dtype, 1, 3);
    expect([third('float64'), third('float32')]).toEqual([1 / 3, Math.fround(1 / 3)]);
    expect([third('float16'), third('bfloat16')]).toEqual([0.333251953125, 0.333984375]);
    expect(evaluateScalarOp('add', 'float16', 65504, 32)).toBe(infinity);
  });
});
