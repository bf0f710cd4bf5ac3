import {
  castValue,
  contiguousView,
  type DType,
  dtypeNames,
  type HostArray,
  hostArray,
  isFloat,
  numel,
  type Shape,
  type Value,
  type View,
} from '@flambeau/backend';
import {
  Draw,
  difference,
  type KernelCase,
  type Laid,
  layAs,
  layouts,
  lengthFor,
  type Numerics,
  room,
  routineCase,
  tiedValues,
  withoutMinusZero,
} from '@flambeau/backend/conformance';
import { interpret } from '@flambeau/backend-cpu';
import { describe, expect, it } from 'vitest';
import { WasmRuntime } from '../runtime/wasm-runtime.ts';
import { PieceRuntime } from './testing/piece-runtime.ts';
import { runRoutine } from './testing/run-routine.ts';

const alone = new WasmRuntime({ threads: 1 });
const inPieces = new PieceRuntime(3);
const numerics: Numerics = { signedZeros: true, subnormals: true, nonFinite: true };

/** Runs a routine natively, whole and in pieces, and as the interpreter does; all memory must be the same. */
function check(sample: KernelCase): HostArray[] {
  const { kernel, arrays, launch } = sample;
  const expected = arrays.map((array) => array.slice());
  interpret(kernel, expected, launch);
  const found = runRoutine(alone, sample);
  const pieces = runRoutine(inPieces, sample);
  [...kernel.inputs, ...kernel.outputs].forEach((dtype, k) => {
    const mine = found[k] as HostArray;
    const what = `operand ${k} of ${JSON.stringify(kernel)}, ${JSON.stringify(launch.views)}`;
    expect(difference(dtype, pieces[k] as HostArray, mine, {}, numerics), `${what} in pieces`).toBeNull();
    expect(difference(dtype, mine, expected[k] as HostArray, {}, numerics), what).toBeNull();
  });
  return found.slice(kernel.inputs.length);
}

function several(shape: Shape, value: () => Value): Value[] {
  return Array.from({ length: numel(shape) }, value);
}

function tied(dtype: DType, shape: Shape, draw: Draw): Value[] {
  return tiedValues(dtype, numel(shape), draw, numerics);
}

/** Logical values in any layout. */
function laid(dtype: DType, shape: Shape, draw: Draw, values = tied(dtype, shape, draw)): Laid {
  return layAs(dtype, values, shape, draw.pick(layouts), draw);
}

function empty(dtype: DType, shape: Shape, draw: Draw): Laid {
  return room(dtype, shape, draw.pick(layouts), draw);
}

const SHAPES: readonly Shape[] = [
  [1],
  [7],
  [33],
  [130],
  [0, 3],
  [4, 0],
  [5, 4],
  [3, 1, 6],
  [2, 5, 3, 2],
  [37, 35],
  [2, 3, 70],
];
const REDUCES = ['set', 'max', 'min', 'sum', 'prod'] as const;

/** Values whose running sums and products are exact, but for NaN and infinities now and then. */
function cumulable(dtype: DType, shape: Shape, draw: Draw): Value[] {
  if (!isFloat(dtype)) return tied(dtype, shape, draw);
  const edges = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0];
  return several(shape, () => draw.pick(draw.int(0, 40) ? [1, -1, 1, -1, 0.5, 2] : edges));
}

describe.each(dtypeNames)('routines on %s equal the interpreter', (dtype) => {
  it('sort', () => {
    const draw = new Draw(1);
    for (const shape of SHAPES) {
      for (let dim = 0; dim < shape.length; dim++) {
        for (const descending of [false, true]) {
          const outputs = [
            [dtype, empty(dtype, shape, draw)] as const,
            ['int32', empty('int32', shape, draw)] as const,
          ];
          check(routineCase('sort', { dim, descending }, [[dtype, laid(dtype, shape, draw)]], outputs));
        }
      }
    }
  });

  it.skipIf(dtype === 'bool')('cumulate', () => {
    const draw = new Draw(2);
    for (const shape of SHAPES) {
      for (let dim = 0; dim < shape.length; dim++) {
        for (const op of ['sum', 'prod']) {
          const x = laid(dtype, shape, draw, cumulable(dtype, shape, draw));
          check(routineCase('cumulate', { dim, op }, [[dtype, x]], [[dtype, empty(dtype, shape, draw)]]));
        }
      }
    }
  });

  it('scatter', () => {
    const draw = new Draw(3);
    // Which zero wins a comparison is left open.
    const plain = (shape: Shape): Laid => laid(dtype, shape, draw, tied(dtype, shape, draw).map(withoutMinusZero));
    for (const shape of SHAPES) {
      for (const reduce of REDUCES.slice(0, dtype === 'bool' ? 3 : 5)) {
        const dim = draw.int(0, shape.length - 1);
        const target = shape.map((size, axis) => (axis === dim ? 4 : size + draw.int(0, 1)));
        const places = several(shape, () => draw.pick([0, 1, 2, 3, 4, -1, 2 ** 31 - 1]));
        const index = laid('int32', shape, draw, places);
        const spread = draw.int(0, shape.length - 1);
        const isSpread = draw.int(0, 1) > 0 && spread !== dim && (index.view.strides[spread] as number) >= 0;
        const view = isSpread ? { ...index.view, strides: index.view.strides.with(spread, 0) } : index.view;
        const source = plain(shape);
        const one = { ...source.view, strides: shape.map(() => 0) };
        const inputs = [
          ['int32', { ...index, view }] as const,
          [dtype, { ...source, view: draw.int(0, 3) ? source.view : one }] as const,
        ];
        check(routineCase('scatter', { dim, reduce }, inputs, [[dtype, plain(target)]]));
      }
    }
  });

  it('scatter of rows', () => {
    const draw = new Draw(5);
    const plain = (view: View): Laid => {
      const shape = [lengthFor(view)];
      const { array } = layAs(dtype, tied(dtype, shape, draw).map(withoutMinusZero), shape, 'contiguous', draw);
      return { view, array };
    };
    for (const width of [1, 3, 16, 17, 64, 71]) {
      for (const reduce of REDUCES.slice(0, dtype === 'bool' ? 3 : 5)) {
        const shape = [25, width];
        const index = { shape, strides: [1, 0], offset: 1 };
        const inputs = [
          ['int32', { view: index, array: Int32Array.from({ length: 26 }, () => draw.int(-1, 6)) }] as const,
          [dtype, plain({ shape, strides: [width + 1, 1], offset: 2 })] as const,
        ];
        check(routineCase('scatter', { dim: 0, reduce }, inputs, [[dtype, plain(contiguousView([6, width], 3))]]));
      }
    }
  });

  it('nonzero', () => {
    const draw = new Draw(4);
    for (const shape of [...SHAPES, [], [9000]]) {
      for (const capacity of [numel(shape), 2, 0]) {
        const places = empty('int32', [capacity, shape.length], draw);
        const outputs = [['int32', places] as const, ['int32', empty('int32', [1], draw)] as const];
        check(routineCase('nonzero', {}, [[dtype, laid(dtype, shape, draw)]], outputs));
      }
    }
  });
});

/** A row-major array of random values, or of zeros. */
function dense(dtype: DType, shape: Shape, draw?: Draw): readonly [DType, Laid] {
  const view = contiguousView(shape);
  if (!draw) return [dtype, { view, array: hostArray(dtype, numel(shape)) }];
  return [dtype, layAs(dtype, tied(dtype, shape, draw), shape, 'contiguous', draw)];
}

describe('long lines', () => {
  const length = 100_000;

  it.each(['float32', 'float64'] as const)('sorts %s', (dtype) => {
    const outputs = [dense(dtype, [length]), dense('int32', [length])];
    check(routineCase('sort', { dim: 0, descending: true }, [dense(dtype, [length], new Draw(6))], outputs));
  });

  it('sorts several lines whose records do not fit the scratch memory', () => {
    const draw = new Draw(7);
    const [lines, size] = [4, 66_000];
    const shape = [lines, size];
    const x = BigInt64Array.from({ length: lines * size }, () => BigInt(draw.int(-(2 ** 31), 2 ** 31)) * 2n ** 20n);
    const inputs = [['int64', { view: contiguousView(shape), array: x }] as const];
    const outputs = [dense('int64', shape), dense('int32', shape)];
    const sample = routineCase('sort', { dim: 1, descending: false }, inputs, outputs);
    const [, values, indices] = runRoutine(alone, sample) as [HostArray, BigInt64Array, Int32Array];
    const inPlace = indices.every((at, i) => values[i] === x[i - (i % size) + at]);
    const stable = indices.every(
      (at, i) => i % size === 0 || values[i - 1] !== values[i] || at > (indices[i - 1] as number),
    );
    expect([inPlace, stable]).toEqual([true, true]);
    for (let start = 0; start < x.length; start += size) {
      const sorted = x.slice(start, start + size).sort();
      expect(values.subarray(start, start + size).every((value, i) => value === sorted[i])).toBe(true);
    }
    const [, theirs, places] = runRoutine(inPieces, sample) as [HostArray, BigInt64Array, Int32Array];
    expect(theirs.every((value, i) => value === values[i]) && places.every((at, i) => at === indices[i])).toBe(true);
  });

  it.each(['float32', 'float64', 'int32'] as const)('cumulates %s', (dtype) => {
    const draw = new Draw(8);
    // Sums of eighths are exact.
    const values = several([length], () => castValue(draw.int(-500, 499) / (dtype === 'int32' ? 1 : 8), dtype));
    const x = layAs(dtype, values, [length], 'contiguous', draw);
    check(routineCase('cumulate', { dim: 0, op: 'sum' }, [[dtype, x]], [dense(dtype, [length])]));
  });
});

it.each(['float32', 'float64', 'int64', 'int8', 'bfloat16'] as const)('cumulates many columns of %s', (dtype) => {
  const shape = [2, 5, 1100];
  const draw = new Draw(9);
  const x = layAs(dtype, cumulable(dtype, shape, draw), shape, 'contiguous', draw);
  for (const op of ['sum', 'prod']) {
    check(routineCase('cumulate', { dim: 1, op }, [[dtype, x]], [dense(dtype, shape)]));
  }
});

it('keeps NaN, both zeros and equal elements where a stable sort puts them', () => {
  const x = Float32Array.of(0, Number.NaN, -1, -0, 3, Number.NaN, -1);
  const inputs = [['float32', { view: contiguousView([7]), array: x }] as const];
  const outputs = [dense('float32', [7]), dense('int32', [7])];
  const [values, indices] = check(routineCase('sort', { dim: 0, descending: false }, inputs, outputs));
  expect(Array.from(values as Float32Array)).toEqual([-1, -1, 0, -0, 3, Number.NaN, Number.NaN]);
  expect(Array.from(indices as Int32Array)).toEqual([2, 6, 0, 3, 4, 1, 5]);
});
