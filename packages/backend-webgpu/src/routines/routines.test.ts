import {
  castValue,
  contiguousView,
  type DType,
  type HostArray,
  hostArray,
  isFloat,
  numel,
  type RoutineKernel,
  type Shape,
  storeValue,
  type Value,
  type View,
} from '@flambeau/backend';
import {
  Draw,
  type KernelCase,
  type Laid,
  layAs,
  layouts,
  lengthFor,
  room,
  routineCase,
  Session,
  tiedValues,
  withoutMinusZero,
} from '@flambeau/backend/conformance';
import { interpret } from '@flambeau/backend-cpu';
import { describe, expect, it } from 'vitest';
import { openWebGpu, type WebGpuBackend } from '../backend.ts';
import type { GpuBuffer } from '../runtime/recorder.ts';
import { Programs } from './draft.ts';
import { sortLines } from './sort.ts';
import { planWalk } from './walk.ts';

const HELD: readonly DType[] = ['float32', 'float16', 'bfloat16', 'int32', 'int8', 'uint8', 'bool'];

function filled(dtype: DType, length: number, value: () => Value): HostArray {
  const array = hostArray(dtype, length);
  for (let i = 0; i < length; i++) storeValue(array, dtype, i, value());
  return array;
}

function several(shape: Shape, value: () => Value): Value[] {
  return Array.from({ length: numel(shape) }, value);
}

describe.each([true, false])('routines on a device that counts as software: %s', (software) => {
  const session = new Session({
    name: 'webgpu',
    create: () => openWebGpu({ software }),
    reference: interpret,
    numerics: { subnormals: false },
  });
  session.manage();

  const tied = (dtype: DType, shape: Shape, draw: Draw): Value[] =>
    tiedValues(dtype, numel(shape), draw, session.numerics);

  /** Logical values in any layout. */
  function laid(dtype: DType, shape: Shape, draw: Draw, values = tied(dtype, shape, draw)): Laid {
    return layAs(dtype, values, shape, draw.pick(layouts), draw);
  }

  function empty(dtype: DType, shape: Shape, draw: Draw): Laid {
    return room(dtype, shape, draw.pick(layouts), draw);
  }

  function cumulateCase(dtype: DType, shape: Shape, dim: number, op: string, draw: Draw, values?: Value[]): KernelCase {
    const x = laid(dtype, shape, draw, values);
    return routineCase('cumulate', { dim, op }, [[dtype, x]], [[dtype, empty(dtype, shape, draw)]]);
  }

  for (const dtype of HELD) {
    it(`sorts long lines of ${dtype} through any view`, async () => {
      const draw = new Draw(11);
      for (const shape of [[17], [65], [700], [3, 300], [300, 5], [2, 130, 3], [40, 20]]) {
        for (const dim of shape.keys()) {
          const [values, places] = [empty(dtype, shape, draw), empty('int32', shape, draw)];
          const outputs = [[dtype, values] as const, ['int32', places] as const];
          const descending = draw.int(0, 1) > 0;
          await session.check(routineCase('sort', { dim, descending }, [[dtype, laid(dtype, shape, draw)]], outputs));
        }
      }
    });

    it(`lists what is not zero in long arrays of ${dtype}`, async () => {
      const draw = new Draw(12);
      for (const shape of [[3000], [40, 50], [7, 3, 90], []]) {
        const places = empty('int32', [draw.pick([0, 5, numel(shape)]), shape.length], draw);
        const outputs = [['int32', places] as const, ['int32', empty('int32', [1], draw)] as const];
        await session.check(routineCase('nonzero', {}, [[dtype, laid(dtype, shape, draw)]], outputs));
      }
    });

    it(`scatters ${dtype} with many duplicates, in order`, async () => {
      const draw = new Draw(13);
      // Which zero wins is left to the device.
      const plain = (shape: Shape): Laid => laid(dtype, shape, draw, tied(dtype, shape, draw).map(withoutMinusZero));
      const reduces = (['set', 'max', 'min', 'sum', 'prod'] as const).slice(0, dtype === 'bool' ? 3 : 5);
      for (const shape of [[600], [300, 4], [3, 280, 2], [257, 8], [5, 40]]) {
        for (const reduce of reduces) {
          const dim = shape.indexOf(Math.max(...shape));
          const extent = draw.pick([1, 7, 900]);
          const target = shape.map((size, axis) => (axis === dim ? extent : size + draw.int(0, 1)));
          const inputs = [
            [
              'int32',
              laid(
                'int32',
                shape,
                draw,
                several(shape, () => draw.int(-1, extent)),
              ),
            ] as const,
            [dtype, plain(shape)] as const,
          ];
          await session.check(routineCase('scatter', { dim, reduce }, inputs, [[dtype, plain(target)]]));
        }
      }
    });
  }

  for (const dtype of HELD.filter((held) => held !== 'bool')) {
    it(`cumulates long lines of ${dtype}`, async () => {
      const draw = new Draw(14);
      const signs = (): Value => castValue(draw.pick(isFloat(dtype) ? [1, -1] : [1, -1, 3, 7]), dtype);
      for (const shape of [[3000], [500, 3], [2, 300, 2], [20, 40]]) {
        for (const dim of shape.keys()) {
          await session.check(
            cumulateCase(
              dtype,
              shape,
              dim,
              'sum',
              draw,
              isFloat(dtype) ? several(shape, () => draw.int(-1, 1)) : undefined,
            ),
          );
          await session.check(cumulateCase(dtype, shape, dim, 'prod', draw, several(shape, signs)));
        }
      }
    });
  }

  it('sums fractions to within rounding', async () => {
    const draw = new Draw(15);
    const x = laid(
      'float32',
      [20000],
      draw,
      several([20000], () => Math.fround(draw.unit())),
    );
    const out = empty('float32', [20000], draw);
    const tolerance = { absolute: 0.2 };
    await session.check(
      routineCase('cumulate', { dim: 0, op: 'sum' }, [['float32', x]], [['float32', out]], tolerance),
    );
  });

  it('scatters rows in order, from an index that all columns share', async () => {
    const draw = new Draw(16);
    for (const [rows, columns, offset] of [
      [300, 8, 0],
      [300, 8, 1],
      [270, 64, 4],
      [40, 6, 0],
    ] as const) {
      for (const dtype of ['float32', 'int32', 'float16'] as const) {
        for (const reduce of ['set', 'sum', 'prod', 'max'] as const) {
          const index: View = { shape: [rows, columns], strides: [1, 0], offset };
          const any = (view: View): Laid => ({
            view,
            array: filled(dtype, lengthFor(view), () => draw.real(-2.5, 2.5)),
          });
          const at = { view: index, array: filled('int32', lengthFor(index), () => draw.int(-1, 50)) };
          const inputs = [['int32', at] as const, [dtype, any(contiguousView([rows, columns], offset))] as const];
          const out = any(contiguousView([50, columns], offset));
          await session.check(routineCase('scatter', { dim: 0, reduce }, inputs, [[dtype, out]]));
        }
      }
    }
  });

  it('sorts some lines of an array', async () => {
    const draw = new Draw(19);
    const backend = session.backend as WebGpuBackend;
    const view = contiguousView([5, 100]);
    const x = filled('int32', 500, () => draw.int(0, 999));
    const { kernel } = routineCase(
      'sort',
      { dim: 1, descending: false },
      [['int32', { view, array: x }]],
      [
        ['int32', { view, array: x.slice() }],
        ['int32', { view, array: x.slice() }],
      ],
    );
    const buffers = [x, x, x].map(() => backend.allocate('int32', 500) as GpuBuffer);
    for (const buffer of buffers) backend.write(buffer, x);
    const walk = planWalk(view.shape, 1, [view, view, view], 0);
    const programs = new Programs(kernel as RoutineKernel, backend.recorder);
    sortLines(backend.recorder, programs, { dtype: 'int32', descending: false }, { ...walk, lines: 2 }, buffers, 3);
    const values = await backend.read(buffers[1] as GpuBuffer, 0, 500);
    const expected = Int32Array.from(x as Int32Array);
    for (const line of [3, 4]) expected.subarray(100 * line, 100 * line + 100).sort();
    expect(values).toEqual(expected);
  });

  it('has operands in one memory', async () => {
    const draw = new Draw(17);
    const memory = (): HostArray => filled('int32', 2000, () => draw.int(-1, 398));
    const part = (array: HostArray, offset: number, shape: Shape = [400]): readonly ['int32', Laid] => [
      'int32',
      { array, view: contiguousView(shape, offset) },
    ];
    const one = memory();
    await session.check(
      routineCase('sort', { dim: 0, descending: true }, [part(one, 800)], [part(one, 0), part(one, 400)]),
    );
    await session.check(routineCase('cumulate', { dim: 0, op: 'sum' }, [part(one, 4)], [part(one, 1000)]));
    const outputs = [part(one, 400, [400, 1]), part(one, 1999, [1])];
    await session.check(routineCase('nonzero', {}, [part(one, 0)], outputs));
    for (const reduce of ['set', 'sum'] as const) {
      for (const index of [one, memory()]) {
        const inputs = [part(index, 0), part(one, 400)];
        await session.check(routineCase('scatter', { dim: 0, reduce }, inputs, [part(one, 800)]));
      }
    }
  });

  it('has more elements than workgroups in one line', async () => {
    const draw = new Draw(18);
    const size = 1_100_000;
    const array = filled('int32', size, () => (draw.int(0, 999) ? 0 : 1));
    const int32 = (own: HostArray, shape: Shape): readonly ['int32', Laid] => [
      'int32',
      { array: own, view: contiguousView(shape) },
    ];
    const lists = [int32(new Int32Array(2000), [2000, 1]), int32(new Int32Array(1), [1])];
    await session.check(routineCase('nonzero', {}, [int32(array, [size])], lists));
    const sums = int32(new Int32Array(size), [size, 1]);
    await session.check(routineCase('cumulate', { dim: 1, op: 'sum' }, [int32(array, [size, 1])], [sums]));
  });
});
