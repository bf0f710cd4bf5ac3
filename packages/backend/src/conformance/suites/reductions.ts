import { describe } from 'vitest';
import { type DType, dtypeNames, dtypes, isFloat, type Value } from '../../dtype.ts';
import { load, op, stage } from '../../expr.ts';
import { computeDType, type ReduceOp } from '../../kernel.ts';
import { contiguousStrides, numel, permuteView, type Shape, type View } from '../../view.ts';
import type { Tolerance } from '../compare.ts';
import type { Draw } from '../draw.ts';
import { CaseBuilder, type KernelCase } from '../kernel-case.ts';
import { type Laid, lay, layAs, room } from '../layouts.ts';
import type { Session } from '../session.ts';
import { sampleValues, wholeValues } from '../values.ts';

/** What each way to fold gives; a new one without a row does not compile. */
const RESULTS: Readonly<Record<ReduceOp, 'value' | 'position'>> = {
  sum: 'value',
  prod: 'value',
  max: 'value',
  min: 'value',
  argmax: 'position',
  argmin: 'position',
};
const OPS = Object.keys(RESULTS) as ReduceOp[];
const isPosition = (reduce: ReduceOp): boolean => RESULTS[reduce] === 'position';

/** Whether an operation folds a dtype. */
function folds(reduce: ReduceOp, dtype: DType): boolean {
  return dtype !== 'bool' || (reduce !== 'sum' && reduce !== 'prod');
}

/** Outer and inner sizes: whole arrays, rows, several axes, empty and single ones, odd lengths. */
const SHAPES: readonly (readonly [outer: Shape, inner: Shape])[] = [
  [[], []],
  [[], [1]],
  [[], [0]],
  [[], [7]],
  [[], [1000]],
  [[], [5, 9]],
  [[0], [3]],
  [[3], []],
  [[4], [0]],
  [[5], [1]],
  [[1], [33]],
  [[9], [31]],
  [[3, 4], [8]],
  [
    [2, 3],
    [3, 5],
  ],
  [[2], [3, 2, 4]],
  [[65], [3]],
];

/** Views of an array with outer and inner axes: how the two interleave in memory. */
function arrangements(outer: Shape, inner: Shape): [string, View][] {
  const shape = [...outer, ...inner];
  const rank = shape.length;
  const rows = { shape, strides: contiguousStrides(shape), offset: 0 };
  // Inner axes outside in memory: the sum of columns.
  const order = [...shape.keys()].map((axis) => (axis + outer.length) % Math.max(1, rank));
  const columnShape = order.map((axis) => shape[axis] as number);
  const back = [...shape.keys()].map((axis) => order.indexOf(axis));
  const columns = permuteView({ shape: columnShape, strides: contiguousStrides(columnShape), offset: 0 }, back);
  const gaps = { shape, strides: contiguousStrides(shape.map((size) => size + 1)).map((s) => s * 3), offset: 2 };
  const turned = {
    shape,
    strides: rows.strides.map((stride) => -stride),
    offset: Math.max(0, numel(shape) - 1),
  };
  const repeated = { shape, strides: rows.strides.map((stride, axis) => (axis === rank - 1 ? 0 : stride)), offset: 0 };
  return [
    ['rows', rows],
    ['columns', columns],
    ['gaps', gaps],
    ['backwards', turned],
    ['repeated', repeated],
  ];
}

/** A kernel that folds `x` over its inner axes. */
function reduction(
  reduce: ReduceOp,
  dtype: DType,
  x: Laid,
  outer: Shape,
  inner: Shape,
  draw: Draw,
  tolerance?: Tolerance,
): KernelCase {
  const builder = new CaseBuilder();
  const result = isPosition(reduce) ? 'int32' : dtype;
  const arg = load(builder.read(builder.input(dtype, x.array), x.view));
  const out = room(result, outer, 'contiguous', draw);
  const value = builder.reduce(reduce, inner, arg);
  builder.store(builder.write(builder.output(result, out.array, tolerance), out.view), [], stage(value));
  return builder.loop(outer);
}

/** Values whose product is exact in any order: ±1, a few ±2 and halves; for integers anything, which wraps. */
function factors(dtype: DType, count: number, draw: Draw): Value[] {
  if (!isFloat(dtype)) return sampleValues(dtype, count, draw);
  return Array.from({ length: count }, () => draw.pick([1, -1, 1, -1, 1, -1, 2, 0.5, -2, -0.5]));
}

function exactValues(reduce: ReduceOp, dtype: DType, count: number, draw: Draw): Value[] {
  if (reduce === 'prod') return factors(dtype, count, draw);
  return reduce === 'sum' && isFloat(dtype) ? wholeValues(dtype, count, draw) : sampleValues(dtype, count, draw);
}

/** Every way to fold, of every dtype, over every arrangement of axes. */
export function describeReductions(session: Session): void {
  for (const reduce of OPS) {
    describe(`reduce ${reduce}`, () => {
      for (const dtype of dtypeNames.filter((name) => folds(reduce, name))) {
        session.test(dtype, isPosition(reduce) ? [dtype, 'int32'] : [dtype], async () => {
          const draw = session.draw(reduce.length);
          for (const [outer, inner] of SHAPES) {
            for (const [name, view] of arrangements(outer, inner)) {
              const x = lay(dtype, exactValues(reduce, dtype, numel(view.shape), draw), view, draw);
              const sample = reduction(reduce, dtype, x, outer, inner, draw);
              await session.check(sample, `[${outer}] over [${inner}], ${name}`);
            }
          }
        });
      }
    });
  }
  describeRounding(session);
  describeChoices(session);
}

/** The error that any order of summation in the compute dtype may make. */
function summationError(dtype: DType, magnitudes: readonly number[]): number {
  const total = magnitudes.reduce((sum, x) => sum + Math.abs(x), 0);
  return total * dtypes[computeDType(dtype)].epsilon * Math.min(magnitudes.length, 64);
}

function describeRounding(session: Session): void {
  describe('sums and products of floats', () => {
    for (const dtype of dtypeNames.filter(isFloat)) {
      session.test(`sum of ${dtype} loses no more than its order may`, [dtype], async () => {
        const draw = session.draw(5);
        for (const size of [3, 100, 1000, 5000]) {
          const values = sampleValues(dtype, size, draw, [-1, 1]) as number[];
          const x = layAs(dtype, values, [size], 'contiguous', draw);
          const tolerance = { absolute: summationError(dtype, values), ulps: 1 };
          await session.check(reduction('sum', dtype, x, [], [size], draw, tolerance), `${size} elements`);
        }
      });

      session.test(`sum of many equal ${dtype} does not stop early`, [dtype, 'float32'], async () => {
        // A single accumulator of 16 bits would stay at 2048 or 256.
        const draw = session.draw(6);
        const size = 4096;
        const x = lay(dtype, new Array<Value>(size).fill(1), { shape: [size], strides: [1], offset: 0 }, draw);
        const builder = new CaseBuilder();
        const sum = builder.reduce('sum', [size], load(builder.read(builder.input(dtype, x.array), x.view)));
        const out = room(computeDType(dtype), [], 'contiguous', draw);
        builder.store(builder.write(builder.output(computeDType(dtype), out.array), out.view), [], stage(sum));
        await session.check(builder.loop([]));
      });

      session.test(`product of ${dtype}`, [dtype], async () => {
        const draw = session.draw(7);
        for (const size of [3, 40, 200]) {
          const values = sampleValues(dtype, size, draw, [0.9, 1.1]);
          const x = layAs(dtype, values, [size], 'contiguous', draw);
          const tolerance = { relative: size * dtypes[computeDType(dtype)].epsilon, ulps: 1 };
          await session.check(reduction('prod', dtype, x, [], [size], draw, tolerance), `${size} elements`);
        }
      });
    }
  });
}

function describeChoices(session: Session): void {
  describe('largest and smallest', () => {
    const edges = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1, 1, 2, 2, -3, -3];
    for (const dtype of dtypeNames) {
      session.test(`of ${dtype}: ties go to the first, NaN wins`, [dtype, 'int32'], async () => {
        const draw = session.draw(8);
        const withEdges = isFloat(dtype) && session.numerics.nonFinite;
        for (let run = 0; run < 30; run++) {
          const size = draw.int(1, 40);
          const values = wholeValues(dtype, size, draw, 2);
          if (withEdges && run % 2) values[draw.int(0, size - 1)] = draw.pick(edges);
          if (withEdges && run % 3 === 0) values[draw.int(0, size - 1)] = Number.NaN;
          const x = layAs(dtype, values, [size], 'contiguous', draw);
          for (const reduce of ['max', 'min', 'argmax', 'argmin'] as const) {
            await session.check(reduction(reduce, dtype, x, [], [size], draw), `${reduce} of [${values}]`);
          }
        }
      });

      session.test(`of ${dtype} at its extremes, among nothing greater`, [dtype, 'int32'], async () => {
        const draw = session.draw(9);
        const { min, max } = dtypes[dtype];
        const infinities = isFloat(dtype) && session.numerics.nonFinite;
        const lists: Value[][] = [
          [min, min, min],
          [max, max, max],
          [max, min],
        ];
        if (infinities) lists.push([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY], [Number.POSITIVE_INFINITY]);
        for (const values of lists) {
          const x = layAs(dtype, values, [values.length], 'contiguous', draw);
          for (const reduce of ['max', 'min', 'argmax', 'argmin'] as const) {
            await session.check(reduction(reduce, dtype, x, [], [values.length], draw), `${reduce} of [${values}]`);
          }
        }
      });
    }

    session.test('of long rows', ['float32', 'int32'], async () => {
      const draw = session.draw(19);
      for (const [outer, inner] of [
        [[], [70001]],
        [[3], [20011]],
      ] as const) {
        const x = layAs(
          'float32',
          wholeValues('float32', numel([...outer, ...inner]), draw, 2),
          [...outer, ...inner],
          'contiguous',
          draw,
        );
        for (const reduce of ['sum', 'max', 'argmin'] as const) {
          await session.check(
            reduction(reduce, 'float32', x, outer, inner, draw),
            `${reduce} of [${outer}] over [${inner}]`,
          );
        }
      }
    });

    session.test('of an expression, not only of a load', ['float32', 'int32'], async () => {
      const draw = session.draw(10);
      const x = layAs('float32', sampleValues('float32', 60, draw), [4, 15], 'permuted', draw);
      for (const reduce of OPS.filter((name) => name !== 'prod')) {
        const builder = new CaseBuilder();
        const value = load(builder.read(builder.input('float32', x.array), x.view));
        const found = builder.reduce(reduce, [15], op('floor', op('mul', value, value)));
        const out = room(isPosition(reduce) ? 'int32' : 'float32', [4], 'gaps', draw);
        const target = builder.output(isPosition(reduce) ? 'int32' : 'float32', out.array);
        builder.store(builder.write(target, out.view), [], stage(found));
        await session.check(builder.loop([4]), reduce);
      }
    });
  });
}
