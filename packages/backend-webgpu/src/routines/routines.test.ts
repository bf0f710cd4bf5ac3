import {
  contiguousStrides,
  type DType,
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWebGpu, type WebGpuBackend } from '../backend.ts';
import type { GpuBuffer } from '../runtime/recorder.ts';
import { Programs } from './draft.ts';
import { sortLines } from './sort.ts';
import { planWalk } from './walk.ts';

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

const SPECIAL = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1e-3, -6e4, 65504];

/** A value with ties, zeros and specials among the others. */
function sample(dice: Dice, dtype: DType): Value {
  if (dtype === 'bool') return dice.below(2);
  if (isFloat(dtype)) {
    const kind = dice.below(6);
    return kind === 0 ? dice.pick(SPECIAL) : kind < 3 ? dice.below(5) - 2 : (dice.next() - 0.5) * 10 ** dice.below(4);
  }
  const { min, max } = dtypes[dtype];
  return dice.below(4) ? dice.below(9) - 4 : dice.pick([Number(min), Number(max) - 1, dice.below(2 ** 31)]);
}

function filled(dtype: DType, length: number, value: () => Value): HostArray {
  const array = hostArray(dtype, length);
  for (let i = 0; i < length; i++) storeValue(array, dtype, i, value());
  return array;
}

/** A view of a shape: axes in any order, with gaps and backwards now and then. */
function anyView(dice: Dice, shape: Shape): View {
  if (dice.below(3) === 0) return { shape, strides: contiguousStrides(shape), offset: 4 * dice.below(3) };
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

function routine(
  name: RoutineKernel['name'],
  inputs: readonly DType[],
  outputs: readonly DType[],
  attributes: RoutineKernel['attributes'],
): RoutineKernel {
  return { kind: 'routine', name, inputs, outputs, scalars: [], attributes };
}

const HELD: readonly DType[] = ['float32', 'float16', 'bfloat16', 'int32', 'int8', 'uint8', 'bool'];

describe.each([true, false])('routines on a device that counts as software: %s', (software) => {
  let backend: WebGpuBackend;
  beforeAll(async () => {
    backend = await openWebGpu({ software });
  });
  afterAll(() => backend.dispose());

  /** Runs a routine here and in the interpreter; arrays that are one object are one buffer, and all memory must be the same. */
  async function check(
    kernel: RoutineKernel,
    arrays: readonly HostArray[],
    views: readonly View[],
    tolerance = 0,
  ): Promise<HostArray[]> {
    const launch = { extents: [], views, scalars: [] };
    const declared = [...kernel.inputs, ...kernel.outputs];
    const buffers = new Map(
      arrays.map((array, i) => [array, backend.allocate(declared[i] as DType, array.length)] as const),
    );
    for (const [array, buffer] of buffers) backend.write(buffer, array);
    const operands = arrays.map((array) => buffers.get(array) as NonNullable<ReturnType<typeof buffers.get>>);
    backend.run(backend.prepare(kernel), operands, launch);
    const found = await Promise.all(operands.map((buffer) => backend.read(buffer, 0, buffer.length)));
    for (const buffer of buffers.values()) backend.free(buffer);
    const copies = new Map(arrays.map((array) => [array, array.slice()] as const));
    const expected = arrays.map((array) => copies.get(array) as HostArray);
    interpret(kernel, expected, launch);
    declared.forEach((dtype, k) => {
      const [mine, theirs] = [found[k] as HostArray, expected[k] as HostArray];
      for (let i = 0; i < theirs.length; i++) {
        const [a, b] = [loadValue(mine, dtype, i), loadValue(theirs, dtype, i)];
        if (Object.is(a, b) || (a !== a && b !== b)) continue;
        if (tolerance && Math.abs(Number(a) - Number(b)) <= tolerance) continue;
        const what = `${kernel.name} ${JSON.stringify(kernel.attributes)} of ${dtype}, ${JSON.stringify(views)}`;
        expect.fail(`${what}: operand ${k} at ${i} is ${a}, not ${b}`);
      }
    });
    return found.slice(kernel.inputs.length);
  }

  /** Checks a routine on one memory per operand, laid out in any way. */
  async function checkAnyhow(
    dice: Dice,
    kernel: RoutineKernel,
    shapes: readonly Shape[],
    values: (dtype: DType, operand: number) => Value = (dtype) => sample(dice, dtype),
    tolerance = 0,
  ): Promise<HostArray[]> {
    const views = shapes.map((shape) => anyView(dice, shape));
    const declared = [...kernel.inputs, ...kernel.outputs];
    const arrays = views.map((view, k) => {
      const dtype = declared[k] as DType;
      return filled(dtype, lengthOf(view), () => values(dtype, k));
    });
    return check(kernel, arrays, views, tolerance);
  }

  for (const dtype of HELD) {
    it(`sorts long lines of ${dtype} through any view`, async () => {
      const dice = new Dice(11);
      for (const shape of [[17], [65], [700], [3, 300], [300, 5], [2, 130, 3], [40, 20]]) {
        for (const dim of shape.keys()) {
          const kernel = routine('sort', [dtype], [dtype, 'int32'], { dim, descending: dice.below(2) > 0 });
          await checkAnyhow(dice, kernel, [shape, shape, shape]);
        }
      }
    });

    it(`lists what is not zero in long arrays of ${dtype}`, async () => {
      const dice = new Dice(12);
      for (const shape of [[3000], [40, 50], [7, 3, 90], []]) {
        const kernel = routine('nonzero', [dtype], ['int32', 'int32'], {});
        const capacity = dice.pick([0, 5, numel(shape)]);
        await checkAnyhow(dice, kernel, [shape, [capacity, shape.length], [1]]);
      }
    });

    it(`scatters ${dtype} with many duplicates, in order`, async () => {
      const dice = new Dice(13);
      const reduces = (['set', 'max', 'min', 'sum', 'prod'] as const).slice(0, dtype === 'bool' ? 3 : 5);
      for (const shape of [[600], [300, 4], [3, 280, 2], [257, 8], [5, 40]]) {
        for (const reduce of reduces) {
          const dim = shape.indexOf(Math.max(...shape));
          const extent = dice.pick([1, 7, 900]);
          const kernel = routine('scatter', ['int32', dtype], [dtype], { dim, reduce });
          const target = shape.map((size, axis) => (axis === dim ? extent : size + dice.below(2)));
          await checkAnyhow(dice, kernel, [shape, shape, target], (of, k) => {
            if (k === 0) return dice.below(extent + 2) - 1;
            const value = sample(dice, of);
            // Which zero wins is left to the device.
            return value === 0 ? 0 : value;
          });
        }
      }
    });
  }

  for (const dtype of HELD.filter((held) => held !== 'bool')) {
    it(`cumulates long lines of ${dtype}`, async () => {
      const dice = new Dice(14);
      for (const shape of [[3000], [500, 3], [2, 300, 2], [20, 40]]) {
        for (const dim of shape.keys()) {
          const sum = routine('cumulate', [dtype], [dtype], { dim, op: 'sum' });
          const whole = (): Value => (isFloat(dtype) ? dice.below(3) - 1 : sample(dice, dtype));
          await checkAnyhow(dice, sum, [shape, shape], whole);
          const product = routine('cumulate', [dtype], [dtype], { dim, op: 'prod' });
          const sign = (): Value => (isFloat(dtype) ? dice.pick([1, -1]) : sample(dice, dtype) || 1);
          await checkAnyhow(dice, product, [shape, shape], sign);
        }
      }
    });
  }

  it('sums fractions to within rounding', async () => {
    const dice = new Dice(15);
    const kernel = routine('cumulate', ['float32'], ['float32'], { dim: 0, op: 'sum' });
    await checkAnyhow(dice, kernel, [[20000], [20000]], () => dice.next(), 0.2);
  });

  it('scatters rows in order, from an index that all columns share', async () => {
    const dice = new Dice(16);
    for (const [rows, columns, offset] of [
      [300, 8, 0],
      [300, 8, 1],
      [270, 64, 4],
      [40, 6, 0],
    ] as const) {
      for (const dtype of ['float32', 'int32', 'float16'] as const) {
        for (const reduce of ['set', 'sum', 'prod', 'max'] as const) {
          const index: View = { shape: [rows, columns], strides: [1, 0], offset };
          const source: View = { shape: [rows, columns], strides: [columns, 1], offset };
          const target: View = { shape: [50, columns], strides: [columns, 1], offset };
          const arrays = [
            filled('int32', lengthOf(index), () => dice.below(52) - 1),
            filled(dtype, lengthOf(source), () => (dice.next() - 0.5) * 5),
            filled(dtype, lengthOf(target), () => (dice.next() - 0.5) * 5),
          ];
          const kernel = routine('scatter', ['int32', dtype], [dtype], { dim: 0, reduce });
          await check(kernel, arrays, [index, source, target]);
        }
      }
    }
  });

  it('sorts some lines of an array', async () => {
    const dice = new Dice(19);
    const view: View = { shape: [5, 100], strides: [100, 1], offset: 0 };
    const x = filled('int32', 500, () => dice.below(1000));
    const kernel = routine('sort', ['int32'], ['int32', 'int32'], { dim: 1, descending: false });
    const buffers = [x, x, x].map(() => backend.allocate('int32', 500) as GpuBuffer);
    for (const buffer of buffers) backend.write(buffer, x);
    const walk = planWalk(view.shape, 1, [view, view, view], 0);
    const programs = new Programs(kernel, backend.recorder);
    sortLines(backend.recorder, programs, { dtype: 'int32', descending: false }, { ...walk, lines: 2 }, buffers, 3);
    const values = await backend.read(buffers[1] as GpuBuffer, 0, 500);
    const expected = Int32Array.from(x as Int32Array);
    for (const line of [3, 4]) expected.subarray(100 * line, 100 * line + 100).sort();
    expect(values).toEqual(expected);
  });

  it('has operands in one memory', async () => {
    const dice = new Dice(17);
    const memory = (): HostArray => filled('int32', 2000, () => dice.below(400) - 1);
    const part = (offset: number, shape: Shape = [400]): View => ({ shape, strides: contiguousStrides(shape), offset });
    const same = (count: number): HostArray[] => new Array<HostArray>(count).fill(memory());
    await check(routine('sort', ['int32'], ['int32', 'int32'], { dim: 0, descending: true }), same(3), [
      part(800),
      part(0),
      part(400),
    ]);
    await check(routine('cumulate', ['int32'], ['int32'], { dim: 0, op: 'sum' }), same(2), [part(4), part(1000)]);
    await check(routine('nonzero', ['int32'], ['int32', 'int32'], {}), same(3), [
      part(0),
      part(400, [400, 1]),
      part(1999, [1]),
    ]);
    for (const reduce of ['set', 'sum'] as const) {
      const kernel = routine('scatter', ['int32', 'int32'], ['int32'], { dim: 0, reduce });
      await check(kernel, same(3), [part(0), part(400), part(800)]);
      const [index, moved] = [memory(), memory()];
      await check(kernel, [index, moved, moved], [part(0), part(0), part(800)]);
    }
  });

  it('has more elements than workgroups in one line', async () => {
    const dice = new Dice(18);
    const size = 1_100_000;
    const array = filled('int32', size, () => (dice.below(1000) ? 0 : 1));
    const view: View = { shape: [size], strides: [1], offset: 0 };
    const places: View = { shape: [2000, 1], strides: [1, 1], offset: 0 };
    const count: View = { shape: [1], strides: [1], offset: 0 };
    const lists = [hostArray('int32', 2000), hostArray('int32', 1)];
    await check(routine('nonzero', ['int32'], ['int32', 'int32'], {}), [array, ...lists], [view, places, count]);
    const rows: View = { shape: [size, 1], strides: [1, 1], offset: 0 };
    const sums = routine('cumulate', ['int32'], ['int32'], { dim: 1, op: 'sum' });
    await check(sums, [array, hostArray('int32', size)], [rows, rows]);
  });
});
