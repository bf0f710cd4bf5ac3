import {
  castValue,
  type DType,
  evaluateScalarOp,
  type HostArray,
  hostArray,
  loadValue,
  randomBits,
  type ScalarOpName,
  storeValue,
} from '@flambeau/backend';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDevice } from '../runtime/device.ts';
import { functionNames, Library } from './library.ts';
import { emitCast, emitConstant, emitOp, emitRandom } from './scalar.ts';
import { runScalar, type ScalarShader } from './testing/run-scalar.ts';

let device: GPUDevice;
beforeAll(async () => {
  ({ device } = await openDevice({}));
});
afterAll(() => device.destroy());

/** Results of a scalar function on rows of operands. */
async function results(shader: ScalarShader, rows: readonly (readonly number[])[]): Promise<number[]> {
  const arrays = shader.operands.map((dtype, column) => {
    const array = hostArray(dtype, rows.length);
    rows.forEach((row, i) => {
      storeValue(array, dtype, i, row[column] as number);
    });
    return array;
  });
  return values(shader.result, await runScalar(device, shader, arrays));
}

function values(dtype: DType, array: HostArray): number[] {
  return Array.from({ length: array.length }, (_, i) => Number(loadValue(array, dtype, i)));
}

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const edges = [0, -0, 1, -1, 2 ** -24, 0.5, 1.5, 2.5, -2.5, 1e6, -1e6, 3.4e38, -3.4e38, nan, infinity, -infinity];
const pairs = edges.flatMap((a) => edges.map((b) => [a, b]));

describe('floats at their edges', () => {
  it.each(['lt', 'le', 'gt', 'ge', 'eq', 'ne', 'fmod', 'remainder', 'floorDiv'] as ScalarOpName[])(
    '%s',
    async (name) => {
      const dtype = ['fmod', 'remainder', 'floorDiv'].includes(name) ? 'float32' : 'bool';
      const got = await results(
        {
          operands: ['float32', 'float32'],
          result: dtype,
          write: (library, _, args) => emitOp(library, name, 'float32', args),
        },
        pairs,
      );
      const rounded = (x: number): number => Math.fround(x);
      expect(got).toEqual(
        pairs.map(([a = 0, b = 0]) => Number(evaluateScalarOp(name, 'float32', rounded(a), rounded(b)))),
      );
    },
  );

  it('tells NaN from itself, however it is written', async () => {
    const write: ScalarShader['write'] = (library, _, [a = '']) => emitOp(library, 'ne', 'float32', [a, a]);
    expect(await results({ operands: ['float32'], result: 'bool', write }, [[nan], [1], [infinity]])).toEqual([
      1, 0, 0,
    ]);
  });

  it.each([nan, infinity, -infinity, -0, 3.4028234663852886e38, -3.4028234663852886e38, 0.1, 2 ** -126, 1e-7])(
    'the constant %d',
    async (value) => {
      const write: ScalarShader['write'] = (library) => emitConstant(library, value, 'float32');
      expect(await results({ operands: ['float32'], result: 'float32', write }, [[0]])).toEqual([Math.fround(value)]);
    },
  );
});

describe('conversions', () => {
  const floats = [...edges, 0.99, -0.99, 2147483648, -2147483648, 4294967296, 1e12, -1e12, 2 ** 54 + 2 ** 31, 65504];
  const fine = [
    65519.99,
    65520,
    2 ** -14,
    2 ** -14.5,
    2 ** -24,
    2 ** -25,
    3 * 2 ** -26,
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
  ];

  it.each(['int32', 'int8', 'uint8', 'bool', 'float16', 'bfloat16'] as const)('float32 to %s', async (dtype) => {
    const rows = [...floats, ...fine, ...fine.map((x) => -x)].map((x) => [Math.fround(x)]);
    const write: ScalarShader['write'] = (library, _, [a = '']) => emitCast(library, a, 'float32', dtype);
    const got = await results({ operands: ['float32'], result: dtype, write }, rows);
    expect(got).toEqual(rows.map(([x]) => Number(castValue(x as number, dtype))));
  });

  it('integers to narrower ones', async () => {
    const rows = [0, 1, -1, 127, 128, 255, 256, -128, -129, 2147483647, -2147483648].map((x) => [x]);
    for (const dtype of ['int8', 'uint8', 'bool', 'float32'] as const) {
      const write: ScalarShader['write'] = (library, _, [a = '']) => emitCast(library, a, 'int32', dtype);
      const got = await results({ operands: ['int32'], result: dtype, write }, rows);
      expect(got).toEqual(rows.map(([x]) => Number(castValue(x as number, dtype))));
    }
  });
});

it('random bits', async () => {
  const rows = [0, 1, 2, -1, 123456789, -2147483648].flatMap((key) =>
    [0, 1, -1, 65536, 987654321].map((at) => [key, at]),
  );
  const write: ScalarShader['write'] = (library, _, [key = '', counter = '']) => emitRandom(library, key, counter);
  const got = await results({ operands: ['int32', 'int32'], result: 'int32', write }, rows);
  expect(got).toEqual(rows.map(([key, counter]) => randomBits(key as number, counter as number)));
});

it('declares each function once, after those it calls', () => {
  const library = new Library();
  for (const name of [...functionNames, ...functionNames]) library.use(name);
  const declared = [...library.declarations.matchAll(/^fn (f_\w+)/gm)].map(([, name]) => name as string);
  expect(declared.sort()).toEqual(functionNames.map((name) => `f_${name}`).sort());
  const seen = new Set<string>();
  for (const code of library.declarations.split(/^(?=fn )/m)) {
    const [own = '', ...called] = [...code.matchAll(/\b(f_\w+)\(/g)].map(([, name]) => name as string);
    for (const name of called) expect(name === own || seen.has(name), `${own} calls ${name}`).toBe(true);
    seen.add(own);
  }
});
