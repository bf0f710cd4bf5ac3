import { describe } from 'vitest';
import { castValue, type DType, dtypeNames, isFloat, type Value } from '../../dtype.ts';
import type { RoutineName } from '../../routines.ts';
import { numel, type Shape, type View } from '../../view.ts';
import type { Draw } from '../draw.ts';
import type { KernelCase } from '../kernel-case.ts';
import { type Layout, lay, layAs, layouts, room } from '../layouts.ts';
import { routineCase } from '../routine-case.ts';
import type { Session } from '../session.ts';
import { sampleValues, tiedValues, wholeValues, withoutMinusZero } from '../values.ts';

const SHAPES: readonly Shape[] = [[1], [7], [0], [33], [3, 5], [4, 0], [0, 4], [2, 3, 4], [65, 2], [1, 1, 9]];

/** Factors and terms whose cumulation is exact. */
function cumulable(op: 'sum' | 'prod', dtype: DType, count: number, draw: Draw): Value[] {
  if (!isFloat(dtype)) return sampleValues(dtype, count, draw);
  if (op === 'sum') return wholeValues(dtype, count, draw, 2);
  return Array.from({ length: count }, () => draw.pick([1, -1, 1, -1, 1, 0.5, 2]));
}

/** The tests of each routine; a new routine without a row does not compile. */
const TESTS: Readonly<Record<RoutineName, (session: Session) => void>> = {
  cumulate: describeCumulate,
  sort: describeSort,
  nonzero: describeNonzero,
  scatter: describeScatter,
};

/** Every routine, on every dtype, along every axis, through strided views. */
export function describeRoutines(session: Session): void {
  for (const [name, tests] of Object.entries(TESTS)) describe(`routine ${name}`, () => tests(session));
}

function describeCumulate(session: Session): void {
  for (const dtype of dtypeNames.filter((name) => name !== 'bool')) {
    session.test(dtype, [dtype], async () => {
      const draw = session.draw(60);
      for (const shape of SHAPES) {
        for (let dim = 0; dim < shape.length; dim++) {
          for (const op of ['sum', 'prod'] as const) {
            const layout = draw.pick(layouts);
            const x = layAs(dtype, cumulable(op, dtype, numel(shape), draw), shape, layout, draw);
            const out = room(dtype, shape, draw.pick(layouts), draw);
            await session.check(
              routineCase('cumulate', { dim, op }, [[dtype, x]], [[dtype, out]]),
              `${op} of [${shape}] along ${dim}, ${layout}`,
            );
          }
        }
      }
    });
  }
}

function describeSort(session: Session): void {
  for (const dtype of dtypeNames) {
    session.test(`${dtype}: stable, NaN largest`, [dtype, 'int32'], async () => {
      const draw = session.draw(61);
      for (const shape of [...SHAPES, [200]]) {
        for (let dim = 0; dim < shape.length; dim++) {
          for (const descending of [false, true]) {
            const layout = draw.pick(layouts);
            const x = layAs(dtype, tiedValues(dtype, numel(shape), draw, session.numerics), shape, layout, draw);
            const [values, indices] = [
              room(dtype, shape, draw.pick(layouts), draw),
              room('int32', shape, draw.pick(layouts), draw),
            ];
            const sample = routineCase(
              'sort',
              { dim, descending },
              [[dtype, x]],
              [
                [dtype, values],
                ['int32', indices],
              ],
            );
            await session.check(sample, `[${shape}] along ${dim}${descending ? ', descending' : ''}, ${layout}`);
          }
        }
      }
    });
  }
}

function describeNonzero(session: Session): void {
  for (const dtype of dtypeNames) {
    session.test(dtype, [dtype, 'int32'], async () => {
      const draw = session.draw(62);
      for (const shape of [[], ...SHAPES]) {
        const count = numel(shape);
        const zero = castValue(0, dtype);
        const edges: Value[] = isFloat(dtype) ? [-0, ...(session.numerics.nonFinite ? [Number.NaN] : [])] : [];
        const values = sampleValues(dtype, count, draw).map((value) => draw.pick([value, zero, zero, ...edges]));
        for (const capacity of [count, count + 3, Math.floor(count / 4)]) {
          const x = layAs(dtype, values, shape, draw.pick(layouts), draw);
          const places = room(
            'int32',
            [capacity, shape.length],
            draw.pick(['contiguous', 'permuted'] as Layout[]),
            draw,
          );
          const found = room('int32', [1], 'offset', draw);
          const sample = routineCase(
            'nonzero',
            {},
            [[dtype, x]],
            [
              ['int32', places],
              ['int32', found],
            ],
          );
          await session.check(sample, `[${shape}] with room for ${capacity}`);
        }
      }
    });
  }
}

function describeScatter(session: Session): void {
  for (const reduce of ['set', 'sum', 'prod', 'max', 'min'] as const) {
    for (const dtype of dtypeNames.filter((name) => name !== 'bool' || (reduce !== 'sum' && reduce !== 'prod'))) {
      session.test(`${reduce} of ${dtype}: duplicates in order, outside ignored`, [dtype, 'int32'], async () => {
        const draw = session.draw(63);
        for (const shape of SHAPES) {
          for (let dim = 0; dim < shape.length; dim++) {
            await session.check(scatter(session, reduce, dtype, shape, dim, draw), `[${shape}] along ${dim}`);
          }
        }
      });
    }
  }

  session.test('a source and an index that repeat', ['float32', 'int32'], async () => {
    const draw = session.draw(64);
    const row: View = { shape: [5, 4], strides: [0, 1], offset: 0 };
    const one: View = { shape: [5, 4], strides: [0, 0], offset: 0 };
    const column: View = { shape: [5, 4], strides: [1, 0], offset: 0 };
    for (const [indexView, sourceView] of [
      [row, one],
      [column, row],
      [one, column],
    ] as const) {
      const at = lay('int32', wholeValues('int32', 20, draw, 2), indexView, draw);
      const source = lay('float32', wholeValues('float32', 20, draw), sourceView, draw);
      const target = layAs('float32', wholeValues('float32', 24, draw), [6, 4], 'gaps', draw);
      const inputs = [
        ['int32', at],
        ['float32', source],
      ] as const;
      await session.check(routineCase('scatter', { dim: 0, reduce: 'sum' }, inputs, [['float32', target]]));
    }
  });
}

function scatter(session: Session, reduce: string, dtype: DType, shape: Shape, dim: number, draw: Draw): KernelCase {
  const extent = draw.int(1, 6);
  // Along other axes the target may be longer than the source.
  const room = shape.map((size, axis) => (axis === dim ? extent : size + draw.int(0, 1)));
  const count = numel(shape);
  const places = Array.from({ length: count }, () =>
    draw.int(0, 9) ? draw.int(0, extent - 1) : draw.pick([-1, extent, 2 ** 31 - 1]),
  );
  const plain = reduce === 'sum' ? wholeValues(dtype, count, draw, 2) : cumulable('prod', dtype, count, draw);
  const compared = reduce === 'max' || reduce === 'min' || reduce === 'set';
  // Which zero wins is left to the device.
  const source = compared ? tiedValues(dtype, count, draw, session.numerics).map(withoutMinusZero) : plain;
  const old = (compared ? sampleValues(dtype, numel(room), draw) : wholeValues(dtype, numel(room), draw, 2)).map(
    withoutMinusZero,
  );
  const at = layAs('int32', places, shape, draw.pick(layouts), draw);
  const from = layAs(dtype, source, shape, draw.pick(layouts), draw);
  const target = layAs(dtype, old, room, draw.pick(layouts), draw);
  return routineCase(
    'scatter',
    { dim, reduce },
    [
      ['int32', at],
      [dtype, from],
    ],
    [[dtype, target]],
  );
}
