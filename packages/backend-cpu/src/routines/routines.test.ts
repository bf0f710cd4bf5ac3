import {
  contiguousView,
  type DType,
  dtypeNames,
  type HostArray,
  hostArray,
  isFloat,
  loadValue,
  type RoutineKernel,
  storeValue,
  type View,
} from '@flambeau/backend';
import { describe, expect, it } from 'vitest';
import { interpret } from '../interpreter/interpret.ts';
import { agree, RandomKernel } from '../testing/random-kernel.ts';
import { generateRoutine } from './generate.ts';

/** Runs a routine both ways on copies of the same arrays and compares every output element. */
function check(kernel: RoutineKernel, arrays: HostArray[], views: View[]): HostArray[] {
  const launch = { extents: [], views, scalars: [] };
  const mine = arrays.map((array) => array.slice());
  const theirs = arrays.map((array) => array.slice());
  generateRoutine(kernel)(
    mine.map((data) => ({ data })),
    launch,
  );
  interpret(kernel, theirs, launch);
  kernel.outputs.forEach((dtype, i) => {
    const at = kernel.inputs.length + i;
    const [found, expected] = [mine[at] as HostArray, theirs[at] as HostArray];
    if (!agree(found, expected, dtype, 1e-6)) expect(found, JSON.stringify(kernel.attributes)).toEqual(expected);
  });
  return theirs.slice(kernel.inputs.length);
}

function filled(random: RandomKernel, dtype: DType, length: number): HostArray {
  const array = hostArray(dtype, length);
  for (let i = 0; i < length; i++) storeValue(array, dtype, i, random.next() < 0.2 ? 0 : random.value(dtype));
  return array;
}

/** A view of a shape with its axes in a random order, over a buffer of 3 more elements than it has. */
function shuffled(random: RandomKernel, shape: readonly number[]): View {
  const order = shape.map((_, axis) => axis).sort(() => random.next() - 0.5);
  const strides = shape.map(() => 0);
  let step = 1;
  for (const axis of order) {
    strides[axis] = step;
    step *= shape[axis] as number;
  }
  return { shape, strides, offset: 2 };
}

const room = (shape: readonly number[]): number => shape.reduce((size, extent) => size * extent, 1) + 3;

describe.each(dtypeNames)('routines on %s equal the reference', (dtype) => {
  const shapes = [[7], [1], [0, 3], [5, 4], [3, 1, 6], [2, 5, 3, 2]];

  it('sort', () => {
    const random = new RandomKernel(1);
    for (const shape of shapes) {
      for (const descending of [false, true]) {
        const dim = random.below(shape.length);
        const views = [shuffled(random, shape), shuffled(random, shape), shuffled(random, shape)];
        const kernel: RoutineKernel = {
          kind: 'routine',
          name: 'sort',
          inputs: [dtype],
          outputs: [dtype, 'int32'],
          scalars: [],
          attributes: { dim, descending },
        };
        check(
          kernel,
          [filled(random, dtype, room(shape)), hostArray(dtype, room(shape)), new Int32Array(room(shape))],
          views,
        );
      }
    }
  });

  it.skipIf(dtype === 'bool')('cumulate', () => {
    const random = new RandomKernel(2);
    for (const shape of shapes) {
      for (const op of ['sum', 'prod']) {
        const dim = random.below(shape.length);
        const views = [shuffled(random, shape), shuffled(random, shape)];
        const kernel: RoutineKernel = {
          kind: 'routine',
          name: 'cumulate',
          inputs: [dtype],
          outputs: [dtype],
          scalars: [],
          attributes: { dim, op },
        };
        check(kernel, [filled(random, dtype, room(shape)), hostArray(dtype, room(shape))], views);
      }
    }
  });

  it('scatter', () => {
    const random = new RandomKernel(3);
    for (const shape of shapes) {
      for (const reduce of dtype === 'bool' ? ['set', 'max', 'min'] : ['set', 'sum', 'prod', 'max', 'min']) {
        const dim = random.below(shape.length);
        const target = shape.map((size, axis) => (axis === dim ? 4 : size + random.below(2)));
        const views = [shuffled(random, shape), shuffled(random, shape), shuffled(random, target)];
        const index = Int32Array.from({ length: room(shape) }, () => random.below(6) - 1);
        const kernel: RoutineKernel = {
          kind: 'routine',
          name: 'scatter',
          inputs: ['int32', dtype],
          outputs: [dtype],
          scalars: [],
          attributes: { dim, reduce },
        };
        check(kernel, [index, filled(random, dtype, room(shape)), filled(random, dtype, room(target))], views);
      }
    }
  });

  it('nonzero', () => {
    const random = new RandomKernel(4);
    for (const shape of [...shapes, []]) {
      for (const capacity of [room(shape), 2]) {
        const rows = [capacity, shape.length];
        const views = [shuffled(random, shape), shuffled(random, rows), contiguousView([1])];
        const kernel: RoutineKernel = {
          kind: 'routine',
          name: 'nonzero',
          inputs: [dtype],
          outputs: ['int32', 'int32'],
          scalars: [],
          attributes: {},
        };
        check(kernel, [filled(random, dtype, room(shape)), new Int32Array(room(rows)), new Int32Array(1)], views);
      }
    }
  });
});

describe('sort', () => {
  const sorted = (dtype: DType, values: readonly number[], descending: boolean): readonly unknown[] => {
    const x = hostArray(dtype, values.length);
    values.forEach((value, i) => void storeValue(x, dtype, i, dtype === 'int64' ? BigInt(value) : value));
    const view = contiguousView([values.length]);
    const kernel: RoutineKernel = {
      kind: 'routine',
      name: 'sort',
      inputs: [dtype],
      outputs: [dtype, 'int32'],
      scalars: [],
      attributes: { dim: 0, descending },
    };
    const outputs = [hostArray(dtype, values.length), new Int32Array(values.length)];
    const [found, indices] = check(kernel, [x, ...outputs], [view, view, view]) as [HostArray, Int32Array];
    return [values.map((_, i) => Number(loadValue(found, dtype, i))), Array.from(indices)];
  };

  it.each(dtypeNames.filter(isFloat))(
    'puts NaN last in %s, keeps equal values in order, and orders -0 with 0',
    (dtype) => {
      const values = [0, Number.NaN, -1, -0, 3, Number.NaN, -1];
      expect(sorted(dtype, values, false)).toEqual([
        [-1, -1, 0, -0, 3, Number.NaN, Number.NaN],
        [2, 6, 0, 3, 4, 1, 5],
      ]);
    },
  );

  it.each(dtypeNames.filter(isFloat))('puts NaN first in %s when descending', (dtype) => {
    const values = [0, Number.NaN, -1, -0, Number.POSITIVE_INFINITY, Number.NaN];
    expect(sorted(dtype, values, true)).toEqual([
      [Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, 0, -0, -1],
      [1, 5, 4, 0, 3, 2],
    ]);
  });

  it('orders the ends of int32', () => {
    expect(sorted('int32', [2147483647, -2147483648, 0, -1], false)).toEqual([
      [-2147483648, -1, 0, 2147483647],
      [1, 3, 2, 0],
    ]);
  });
});
