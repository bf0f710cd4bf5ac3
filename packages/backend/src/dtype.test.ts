import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  castValue,
  type DType,
  dtypeNames,
  dtypes,
  fromBFloat16Bits,
  fromFloat16Bits,
  hostArray,
  isDType,
  isFloat,
  isInteger,
  loadValue,
  promoteTypes,
  roundHalfEven,
  roundTo,
  storeValue,
  toBFloat16Bits,
  toFloat16Bits,
} from './dtype.ts';

/** The float32 values just below and just above a positive float32. */
function float32Neighbours(x: number): [number, number] {
  const value = new Float32Array([x]);
  const bits = new Uint32Array(value.buffer);
  const at = bits[0] as number;
  bits[0] = at - 1;
  const below = value[0] as number;
  bits[0] = at + 1;
  return [below, value[0] as number];
}

describe('promoteTypes', () => {
  const table: Record<DType, readonly DType[]> = {
    bool: ['bool', 'uint8', 'int8', 'int32', 'int64', 'float16', 'bfloat16', 'float32', 'float64'],
    uint8: ['uint8', 'uint8', 'int32', 'int32', 'int64', 'float16', 'bfloat16', 'float32', 'float64'],
    int8: ['int8', 'int32', 'int8', 'int32', 'int64', 'float16', 'bfloat16', 'float32', 'float64'],
    int32: ['int32', 'int32', 'int32', 'int32', 'int64', 'float16', 'bfloat16', 'float32', 'float64'],
    int64: ['int64', 'int64', 'int64', 'int64', 'int64', 'float16', 'bfloat16', 'float32', 'float64'],
    float16: ['float16', 'float16', 'float16', 'float16', 'float16', 'float16', 'float32', 'float32', 'float64'],
    bfloat16: ['bfloat16', 'bfloat16', 'bfloat16', 'bfloat16', 'bfloat16', 'float32', 'bfloat16', 'float32', 'float64'],
    float32: ['float32', 'float32', 'float32', 'float32', 'float32', 'float32', 'float32', 'float32', 'float64'],
    float64: dtypeNames.map(() => 'float64'),
  };

  it.each(dtypeNames)('meets every dtype where the table says: %s', (a) => {
    expect(dtypeNames.map((b) => promoteTypes(a, b))).toEqual(table[a]);
  });
});

describe('facts about dtypes', () => {
  it('names dtypes, and nothing else', () => {
    expect(dtypeNames.every(isDType)).toBe(true);
    for (const other of ['toString', 'Float32', '', 3, null, undefined]) expect(isDType(other)).toBe(false);
  });

  it('sorts them into bool, integers and floats', () => {
    expect(dtypeNames.filter(isInteger)).toEqual(['uint8', 'int8', 'int32', 'int64']);
    expect(dtypeNames.filter(isFloat)).toEqual(['float16', 'bfloat16', 'float32', 'float64']);
  });

  it.each(dtypeNames)('stores its own bounds, and epsilon is the step above 1: %s', (dtype) => {
    const { min, max, epsilon, bytes } = dtypes[dtype];
    expect(hostArray(dtype, 3).byteLength).toBe(3 * bytes);
    expect([roundTo(dtype, min), roundTo(dtype, max)]).toEqual([min, max]);
    if (!isFloat(dtype)) return;
    expect(roundTo(dtype, 1 + epsilon)).toBe(1 + epsilon);
    expect(roundTo(dtype, 1 + epsilon / 2)).toBe(1);
    expect(roundTo(dtype, (max as number) * (1 + epsilon))).toBe(Number.POSITIVE_INFINITY);
  });
});

describe.each([
  { name: 'float16', from: fromFloat16Bits, to: toFloat16Bits, infinity: 0x7c00 },
  { name: 'bfloat16', from: fromBFloat16Bits, to: toBFloat16Bits, infinity: 0x7f80 },
])('$name', ({ from, to, infinity }) => {
  it('gives every pattern back', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const value = from(bits);
      if ((bits & 0x7fff) > infinity) {
        expect(value).toBeNaN();
        expect(to(value) & 0x7fff).toBeGreaterThan(infinity);
      } else if (to(value) !== bits) expect.fail(`${bits} is ${value}, which became ${to(value)}`);
    }
  });

  it('rounds to the nearest, ties to even, between all neighbours', () => {
    for (let bits = 0; bits < infinity; bits++) {
      const low = from(bits);
      // Beyond the largest value, infinity stands where the next one would be.
      const high = bits + 1 === infinity ? 2 * low - from(bits - 1) : from(bits + 1);
      const middle = (low + high) / 2;
      expect(Math.fround(middle)).toBe(middle);
      const [below, above] = float32Neighbours(middle);
      const even = bits % 2 === 0 ? bits : bits + 1;
      const got = [to(middle), to(below), to(above), to(-middle), to(-below), to(-above)];
      const want = [even, bits, bits + 1, even | 0x8000, bits | 0x8000, (bits + 1) | 0x8000];
      if (String(got) !== String(want)) expect.fail(`around ${middle}: got ${got}, expected ${want}`);
    }
  });

  it('goes through float32', () => {
    const tie = (from(0x3c00) + from(0x3c01)) / 2;
    expect(to(tie * (1 + 2 ** -40))).toBe(to(tie));
  });
});

describe('roundHalfEven', () => {
  it.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, -0],
    [-1.5, -2],
    [-0.2, -0],
    [0.49999999999999994, 0],
    [4503599627370497.5, 4503599627370498],
    [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
    [Number.NaN, Number.NaN],
    [-0, -0],
  ])('%d becomes %d', (x, y) => {
    expect(roundHalfEven(x)).toBe(y);
  });

  it('agrees with the rounding of addition', () => {
    fc.assert(
      fc.property(fc.double({ min: -(2 ** 51), max: 2 ** 51, noNaN: true }), (x) => {
        const shift = 1.5 * 2 ** 52;
        expect(roundHalfEven(x) + 0).toBe(x + shift - shift + 0);
      }),
    );
  });
});

describe('castValue', () => {
  it('truncates floats towards zero', () => {
    expect([castValue(2.9, 'int32'), castValue(-2.9, 'int8'), castValue(-2.9, 'int64')]).toEqual([2, -2, -2n]);
  });

  it('makes NaN and infinities 0 as integers and true as bool', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const dtype of ['uint8', 'int8', 'int32'] as const) expect(castValue(value, dtype)).toBe(0);
      expect(castValue(value, 'int64')).toBe(0n);
      expect(castValue(value, 'bool')).toBe(1);
    }
  });

  it('takes -0 and 0n as false', () => {
    expect([castValue(-0, 'bool'), castValue(0n, 'bool'), castValue(2n ** 40n, 'bool')]).toEqual([0, 0, 1]);
  });

  it('wraps as typed arrays do, from any number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        expect(castValue(x, 'int32')).toBe(new Int32Array([x])[0]);
        expect(castValue(x, 'int8')).toBe(new Int8Array([x])[0]);
        expect(castValue(x, 'uint8')).toBe(new Uint8Array([x])[0]);
        expect(castValue(x, 'int64')).toBe(BigInt.asIntN(64, BigInt(Math.trunc(x))));
      }),
    );
  });

  it('wraps bigints, and keeps their low bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (x) => {
        expect(castValue(x, 'int32')).toBe(Number(BigInt.asIntN(32, x)));
        expect(castValue(x, 'int8')).toBe(Number(BigInt.asIntN(8, x)));
        expect(castValue(x, 'uint8')).toBe(Number(BigInt.asUintN(8, x)));
        expect(castValue(x, 'float64')).toBe(Number(x));
        expect(castValue(x, 'float32')).toBe(Math.fround(Number(x)));
      }),
    );
  });
});

describe('host memory', () => {
  it.each(dtypeNames)('gives back what roundTo says was stored: %s', (dtype) => {
    const array = hostArray(dtype, 1);
    const numbers = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 1, 65519.9, 65520, 1e-8, 1e39));
    fc.assert(
      fc.property(dtype === 'int64' ? fc.bigInt() : numbers, (value) => {
        storeValue(array, dtype, 0, value);
        expect(loadValue(array, dtype, 0)).toBe(roundTo(dtype, value));
      }),
    );
  });

  it('refuses to read outside', () => {
    expect(() => loadValue(hostArray('int8', 2), 'int8', 2)).toThrow('index 2 lies outside 2 elements');
  });
});
