import {
  contiguousStrides,
  type DType,
  dtypeNames,
  dtypes,
  type HostArray,
  hostArray,
  isFloat,
  loadValue,
  numel,
  type RoutineKernel,
  type Shape,
  storeValue,
  type Value,
  type View,
} from '@flambeau/backend';
import { interpret } from '@flambeau/backend-cpu';
import { describe, expect, it } from 'vitest';
import { WasmRuntime } from '../runtime/wasm-runtime.ts';
import { PieceRuntime } from './testing/piece-runtime.ts';
import { runRoutine } from './testing/run-routine.ts';

const alone = new WasmRuntime({ threads: 1 });
const inPieces = new PieceRuntime(3);

/** Reproducible random choices. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

const SPECIAL = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  0,
  1e-7,
  -6e4,
  65519,
  65520,
  1e-40,
];

/** A value with ties, zeros and specials among the others. */
function sample(dice: Dice, dtype: DType): Value {
  if (dtype === 'bool') return dice.below(2);
  if (isFloat(dtype)) {
    const kind = dice.below(6);
    return kind === 0 ? dice.pick(SPECIAL) : kind < 3 ? dice.below(5) - 2 : (dice.next() - 0.5) * 10 ** dice.below(4);
  }
  const { min, max } = dtypes[dtype];
  const value = dice.below(4) ? dice.below(9) - 4 : dice.pick([Number(min), Number(max) - 1, dice.below(2 ** 31)]);
  return dtype === 'int64' ? BigInt(value) * (dice.below(2) ? 1n : 2n ** 31n) : value;
}

function filled(dice: Dice, dtype: DType, length: number): HostArray {
  const array = hostArray(dtype, length);
  for (let i = 0; i < length; i++) storeValue(array, dtype, i, sample(dice, dtype));
  return array;
}

/** A view of a shape: axes in any order, with gaps and backwards now and then. */
function anyView(dice: Dice, shape: Shape): View {
  if (dice.below(3) === 0) return { shape, strides: contiguousStrides(shape), offset: dice.below(4) };
  const order = shape.map((_, axis) => [dice.next(), axis] as const).sort((a, b) => a[0] - b[0]);
  const strides = shape.map(() => 0);
  let step = dice.pick([1, 1, 2]);
  let offset = dice.below(4);
  for (const [, axis] of order) {
    const backwards = dice.below(4) === 0;
    strides[axis] = backwards ? -step : step;
    if (backwards) offset += step * Math.max(0, (shape[axis] as number) - 1);
    step *= (shape[axis] as number) + dice.below(2);
  }
  return { shape, strides, offset };
}

function lengthOf({ shape, strides, offset }: View): number {
  return strides.reduce((sum, stride, axis) => sum + Math.max(0, stride * ((shape[axis] as number) - 1)), offset) + 4;
}

function sameElement(dtype: DType, a: Value, b: Value): boolean {
  return Object.is(a, b) || (isFloat(dtype) && a !== a && b !== b) || (typeof a === 'bigint' && a === b);
}

/** Runs a routine natively, whole and in pieces, and as the interpreter does; all memory must be the same. */
function check(kernel: RoutineKernel, arrays: readonly HostArray[], views: readonly View[], ulps = 0): HostArray[] {
  const launch = { extents: [], views, scalars: [] };
  const expected = arrays.map((array) => array.slice());
  interpret(kernel, expected, launch);
  const found = runRoutine(alone, kernel, arrays, launch);
  const pieces = runRoutine(inPieces, kernel, arrays, launch);
  [...kernel.inputs, ...kernel.outputs].forEach((dtype, k) => {
    const [mine, theirs] = [found[k] as HostArray, expected[k] as HostArray];
    const others = pieces[k] as HostArray;
    for (let i = 0; i < theirs.length; i++) {
      if (!sameElement(dtype, loadValue(others, dtype, i), loadValue(mine, dtype, i)))
        expect.fail(`${kernel.name}: pieces differ at ${i}`);
      const [a, b] = [loadValue(mine, dtype, i), loadValue(theirs, dtype, i)];
      if (sameElement(dtype, a, b)) continue;
      if (ulps && Math.abs(Number(a) - Number(b)) <= ulps * dtypes[dtype].epsilon * Math.abs(Number(b))) continue;
      const what = `${kernel.name} ${JSON.stringify(kernel.attributes)} of ${dtype}, ${JSON.stringify(views)}`;
      expect.fail(`${what}: operand ${k} at ${i} is ${a}, not ${b}`);
    }
  });
  return found.slice(kernel.inputs.length);
}

function routine(
  name: RoutineKernel['name'],
  inputs: readonly DType[],
  outputs: readonly DType[],
  attributes: RoutineKernel['attributes'],
): RoutineKernel {
  return { kind: 'routine', name, inputs, outputs, scalars: [], attributes };
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
const folded: readonly DType[] = dtypeNames.filter((dtype) => dtype !== 'bool');

describe.each(dtypeNames)('routines on %s equal the interpreter', (dtype) => {
  it('sort', () => {
    const dice = new Dice(1);
    for (const shape of SHAPES) {
      for (let dim = 0; dim < shape.length; dim++) {
        for (const descending of [false, true]) {
          const views = [anyView(dice, shape), anyView(dice, shape), anyView(dice, shape)];
          const kinds = [dtype, dtype, 'int32'] as const;
          const arrays = views.map((view, k) => filled(dice, kinds[k] as DType, lengthOf(view)));
          check(routine('sort', [dtype], [dtype, 'int32'], { dim, descending }), arrays, views);
        }
      }
    }
  });

  it.skipIf(!folded.includes(dtype))('cumulate', () => {
    const dice = new Dice(2);
    for (const shape of SHAPES) {
      for (let dim = 0; dim < shape.length; dim++) {
        for (const op of ['sum', 'prod']) {
          const views = [anyView(dice, shape), anyView(dice, shape)];
          const arrays = views.map((view) => filled(dice, dtype, lengthOf(view)));
          check(routine('cumulate', [dtype], [dtype], { dim, op }), arrays, views, dtype === 'float64' ? 0 : 1);
        }
      }
    }
  });

  it('scatter', () => {
    const dice = new Dice(3);
    for (const shape of SHAPES) {
      for (const reduce of ['set', 'sum', 'prod', 'max', 'min']) {
        if (dtype === 'bool' && (reduce === 'sum' || reduce === 'prod')) continue;
        const dim = dice.below(shape.length);
        const target = shape.map((size, axis) => (axis === dim ? 4 : size + dice.below(2)));
        const views = [anyView(dice, shape), anyView(dice, shape), anyView(dice, target)] as [View, View, View];
        const spread = dice.below(shape.length);
        if (dice.below(2) && spread !== dim) views[0] = { ...views[0], strides: views[0].strides.with(spread, 0) };
        if (dice.below(4) === 0) views[1] = { ...views[1], strides: shape.map(() => 0) };
        views.forEach((view, k) => void lift(view, k, views));
        const index = Int32Array.from({ length: lengthOf(views[0]) }, () =>
          dice.pick([0, 1, 2, 3, 4, -1, 2 ** 31 - 1]),
        );
        // Which zero wins a comparison is left open.
        const compared = reduce === 'max' || reduce === 'min';
        const [source, old] = [views[1], views[2]].map((view) => {
          const array = filled(dice, dtype, lengthOf(view));
          if (compared && isFloat(dtype)) {
            for (let i = 0; i < array.length; i++) if (loadValue(array, dtype, i) === 0) storeValue(array, dtype, i, 0);
          }
          return array;
        }) as [HostArray, HostArray];
        check(routine('scatter', ['int32', dtype], [dtype], { dim, reduce }), [index, source, old], views);
      }
    }
  });

  it('scatter of rows', () => {
    const dice = new Dice(5);
    for (const width of [1, 3, 16, 17, 64, 71]) {
      for (const reduce of ['set', 'sum', 'prod', 'max', 'min']) {
        if (dtype === 'bool' && (reduce === 'sum' || reduce === 'prod')) continue;
        const shape = [25, width];
        const views: View[] = [
          { shape, strides: [1, 0], offset: 1 },
          { shape, strides: [width + 1, 1], offset: 2 },
          { shape: [6, width], strides: [width, 1], offset: 3 },
        ];
        const index = Int32Array.from({ length: 26 }, () => dice.below(8) - 1);
        const arrays = [views[1], views[2]].map((view) => {
          const array = filled(dice, dtype, lengthOf(view as View));
          for (let i = 0; i < array.length; i++)
            if (Number(loadValue(array, dtype, i)) === 0) storeValue(array, dtype, i, dtype === 'int64' ? 0n : 0);
          return array;
        });
        check(routine('scatter', ['int32', dtype], [dtype], { dim: 0, reduce }), [index, ...arrays], views);
      }
    }
  });

  it('nonzero', () => {
    const dice = new Dice(4);
    for (const shape of [...SHAPES, [], [9000]]) {
      for (const capacity of [numel(shape), 2, 0]) {
        const views = [anyView(dice, shape), anyView(dice, [capacity, shape.length]), anyView(dice, [1])] as const;
        const arrays = views.map((view, k) => filled(dice, k ? 'int32' : dtype, lengthOf(view)));
        check(routine('nonzero', [dtype], ['int32', 'int32'], {}), arrays, views);
      }
    }
  });
});

/** Moves a view whose strides were changed so that it starts inside its buffer. */
function lift(view: View, at: number, views: View[]): void {
  const low = view.strides.reduce(
    (sum, stride, axis) => sum + Math.min(0, stride * Math.max(0, (view.shape[axis] as number) - 1)),
    view.offset,
  );
  if (low < 0) views[at] = { ...view, offset: view.offset - low };
}

describe('long lines', () => {
  const length = 100_000;
  const view: View = { shape: [length], strides: [1], offset: 0 };

  it.each(['float32', 'float64'] as const)('sorts %s', (dtype) => {
    const dice = new Dice(6);
    const arrays = [filled(dice, dtype, length), hostArray(dtype, length), new Int32Array(length)];
    check(routine('sort', [dtype], [dtype, 'int32'], { dim: 0, descending: true }), arrays, [view, view, view]);
  });

  it('sorts several lines whose records do not fit the scratch memory', () => {
    const dice = new Dice(7);
    const [lines, size] = [4, 66_000];
    const rows: View = { shape: [lines, size], strides: [size, 1], offset: 0 };
    const x = filled(dice, 'int64', lines * size) as BigInt64Array;
    const kernel = routine('sort', ['int64'], ['int64', 'int32'], { dim: 1, descending: false });
    const launch = { extents: [], views: [rows, rows, rows], scalars: [] };
    const arrays = [x, new BigInt64Array(x.length), new Int32Array(x.length)];
    const [, values, indices] = runRoutine(alone, kernel, arrays, launch) as [HostArray, BigInt64Array, Int32Array];
    const inPlace = indices.every((at, i) => values[i] === x[i - (i % size) + at]);
    const stable = indices.every(
      (at, i) => i % size === 0 || values[i - 1] !== values[i] || at > (indices[i - 1] as number),
    );
    expect([inPlace, stable]).toEqual([true, true]);
    for (let start = 0; start < x.length; start += size) {
      const sorted = x.slice(start, start + size).sort();
      expect(values.subarray(start, start + size).every((value, i) => value === sorted[i])).toBe(true);
    }
    const [, theirs, places] = runRoutine(inPieces, kernel, arrays, launch) as [HostArray, BigInt64Array, Int32Array];
    expect(theirs.every((value, i) => value === values[i]) && places.every((at, i) => at === indices[i])).toBe(true);
  });

  it.each(['float32', 'float64', 'int32'] as const)('cumulates %s', (dtype) => {
    const dice = new Dice(8);
    const x = hostArray(dtype, length);
    for (let i = 0; i < length; i++) x[i] = Math.floor((dice.next() - 0.5) * 1000) / (dtype === 'int32' ? 1 : 8);
    check(routine('cumulate', [dtype], [dtype], { dim: 0, op: 'sum' }), [x, hostArray(dtype, length)], [view, view]);
  });
});

it.each(['float32', 'float64', 'int64', 'int8', 'bfloat16'] as const)('cumulates many columns of %s', (dtype) => {
  const dice = new Dice(9);
  const shape = [2, 5, 1100];
  const view: View = { shape, strides: contiguousStrides(shape), offset: 0 };
  const arrays = [filled(dice, dtype, numel(shape)), hostArray(dtype, numel(shape))];
  for (const op of ['sum', 'prod']) {
    check(routine('cumulate', [dtype], [dtype], { dim: 1, op }), arrays, [view, view], dtype === 'float64' ? 0 : 1);
  }
});

it('keeps NaN, both zeros and equal elements where a stable sort puts them', () => {
  const x = Float32Array.of(0, Number.NaN, -1, -0, 3, Number.NaN, -1);
  const view: View = { shape: [7], strides: [1], offset: 0 };
  const kernel = routine('sort', ['float32'], ['float32', 'int32'], { dim: 0, descending: false });
  const [values, indices] = check(kernel, [x, new Float32Array(7), new Int32Array(7)], [view, view, view]);
  expect(Array.from(values as Float32Array)).toEqual([-1, -1, 0, -0, 3, Number.NaN, Number.NaN]);
  expect(Array.from(indices as Int32Array)).toEqual([2, 6, 0, 3, 4, 1, 5]);
});
