import {
  castValue,
  computeDType,
  type DType,
  dtypeNames,
  dtypes,
  hostArray,
  loadValue,
  type Value,
} from '@flambeau/backend';
import { describe, expect, it } from 'vitest';
import { i32 } from '../assembler/index.ts';
import {
  emitConstant,
  emitIndexLanes,
  emitLoad,
  emitLoadLanes,
  emitLoadSplat,
  emitStore,
  emitStoreFirst,
  emitStoreLanes,
  emitStorePart,
  laneValue,
  splatValue,
} from './index.ts';
import { difference } from './testing/compare.ts';
import { arrayOf, runSteps, runVector } from './testing/run-vector.ts';
import { edgeValues, Random, randomValues } from './testing/values.ts';

function samples(dtype: DType): Value[] {
  const edges = edgeValues(dtype);
  while (edges.length % 4) edges.push(edges[0] as Value);
  return edges.concat(randomValues(dtype, 400, new Random(5)));
}

const raw = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** What the harness finds where nothing was written. */
const UNTOUCHED = 0xa5;

describe.each(dtypeNames)('%s', (dtype) => {
  const { bytes } = dtypes[dtype];
  const compute = computeDType(dtype);
  const values = samples(dtype);
  const operand = { dtype, values };
  const steps = values.length / 4;
  const check = (got: ReturnType<typeof arrayOf>, want: readonly Value[], as = dtype): void =>
    expect(difference(as, got, arrayOf({ dtype: as, values: want }), 0, [want])).toBeNull();

  it('is loaded and stored', () => {
    check(
      runVector([operand], dtype, (_, arg) => arg),
      values,
    );
  });

  it('is computed in its compute dtype', () => {
    check(
      runVector([operand], compute, (_, arg) => arg),
      values,
      compute,
    );
  });

  it('is loaded and stored at an offset', () => {
    const got = runSteps([operand], dtype, values.length, 1, (e, { operands: [from], result }) => {
      for (let i = 0; i < values.length; i += 4) {
        emitStore(e, dtype, result, emitLoad(e, dtype, from as typeof result, i * bytes), i * bytes);
      }
    });
    check(got, values);
  });

  it('is loaded into all lanes', () => {
    const got = runSteps([operand], dtype, values.length, steps, (e, { operands: [from], result }) =>
      emitStore(e, dtype, result, emitLoadSplat(e, dtype, from as typeof result, bytes)),
    );
    check(
      got,
      values.map((_, i) => values[i - (i % 4) + 1] as Value),
    );
  });

  it('is loaded from and stored to four addresses', () => {
    const order = [2, 0, 3, 1];
    const got = runSteps([operand], dtype, values.length, steps, (e, { operands: [from], result }) => {
      const at = (base: typeof result) => order.map((lane) => e.f.let(i32.add(base, i32.const(lane * bytes))));
      const gathered = emitLoadLanes(e, dtype, at(from as typeof result));
      emitStoreLanes(e, dtype, at(result), gathered, null);
    });
    check(got, values);
    const permuted = runSteps([operand], dtype, values.length, steps, (e, { operands: [from], result }) => {
      const addresses = order.map((lane) => i32.add(from as typeof result, i32.const(lane * bytes)));
      emitStore(e, dtype, result, emitLoadLanes(e, dtype, addresses));
    });
    check(
      permuted,
      values.map((_, i) => values[i - (i % 4) + (order[i % 4] as number)] as Value),
    );
  });

  it.each([1, 2, 3])('the first %i are stored and the neighbours left alone', (count) => {
    const whole = raw(runVector([operand], dtype, (_, arg) => arg));
    const want = whole.map((byte, i) => (Math.floor(i / bytes) % 4 < count ? byte : UNTOUCHED));
    const part = runSteps([operand], dtype, values.length, steps, (e, { operands: [from], result }) =>
      emitStorePart(e, dtype, result, emitLoad(e, dtype, from as typeof result), e.f.let(i32.const(count))),
    );
    expect(raw(part)).toEqual(want);
    const lanes = runSteps([operand], dtype, values.length, steps, (e, { operands: [from], result }) => {
      const addresses = [0, 1, 2, 3].map((lane) => e.f.let(i32.add(result, i32.const(lane * bytes))));
      emitStoreLanes(e, dtype, addresses, emitLoad(e, dtype, from as typeof result), i32.const(count));
    });
    expect(raw(lanes)).toEqual(want);
    if (count > 1) return;
    const first = runSteps([operand], dtype, values.length, steps, (e, { operands: [from], result }) =>
      emitStoreFirst(e, dtype, result, emitLoad(e, dtype, from as typeof result)),
    );
    expect(raw(first)).toEqual(want);
  });

  it('a store of other lanes converts them', () => {
    const got = runVector([{ dtype: 'int32', values: [0, 1, 300, -5] }], dtype, (_, arg) => arg);
    const expected: Readonly<Partial<Record<DType, Value[]>>> = {
      bool: [0, 1, 1, 1],
      uint8: [0, 1, 44, 251],
      int8: [0, 1, 44, -5],
      int64: [0n, 1n, 300n, -5n],
    };
    check(got, expected[dtype] ?? [0, 1, 300, -5]);
  });

  it('goes through scalars', () => {
    for (let lane = 0; lane < 4; lane++) {
      const got = runVector([operand], dtype, (e, arg) => splatValue(e, dtype, laneValue(e, arg, lane)));
      check(
        got,
        values.map((_, i) => values[i - (i % 4) + lane] as Value),
      );
    }
  });

  it('has constants', () => {
    for (const value of edgeValues(dtype)) {
      const got = runVector([{ dtype: 'bool', values: [0, 0, 0, 0] }], dtype, (e) => emitConstant(e, value, dtype));
      check(got, [value, value, value, value]);
    }
  });
});

describe.each(['float16', 'bfloat16', 'bool', 'uint8', 'int8'] as const)('all bit patterns of %s', (dtype) => {
  it('are loaded', () => {
    const array = hostArray(dtype, 2 ** (8 * dtypes[dtype].bytes));
    array.forEach((_, i) => {
      array[i] = i;
    });
    const want = Array.from({ length: array.length }, (_, i) => castValue(loadValue(array, dtype, i), dtype));
    const compute = computeDType(dtype);
    const got = runVector([{ dtype, values: array }], compute, (_, arg) => arg);
    expect(difference(compute, got, arrayOf({ dtype: compute, values: want }), 0, [want])).toBeNull();
  });
});

/** Each float of 16 bits, the midpoint to the next and what lies beside the midpoint. */
it.each(['float16', 'bfloat16'] as const)('%s is rounded to nearest, ties to even', (dtype) => {
  const bits = hostArray(dtype, 65536);
  bits.forEach((_, i) => {
    bits[i] = i;
  });
  const values = Array.from({ length: 65535 }, (_, i) => {
    const [here, next] = [loadValue(bits, dtype, i), loadValue(bits, dtype, i + 1)] as [number, number];
    const middle = (here + next) / 2;
    return [here, middle, middle * (1 + 2 ** -22), middle * (1 - 2 ** -22)].map(Math.fround);
  }).flat();
  const got = runVector([{ dtype: 'float32', values: Float32Array.from(values) }], dtype, (_, arg) => arg);
  expect(difference(dtype, got, arrayOf({ dtype, values }), 0, [values])).toBeNull();
});

it('counts along an axis', () => {
  const got = runVector([{ dtype: 'bool', values: [0, 0, 0, 0] }], 'int32', (e) => emitIndexLanes(e, i32.const(7)));
  expect(got).toEqual(Int32Array.of(7, 8, 9, 10));
});
