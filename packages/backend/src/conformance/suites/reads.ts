import { describe } from 'vitest';
import { castValue, type DType, dtypeNames, dtypes, isFloat, type Value } from '../../dtype.ts';
import { cast, constant, type Expr, gather, index, load, op, random, stage } from '../../expr.ts';
import {
  contiguousView,
  expandView,
  numel,
  padView,
  permuteView,
  type Shape,
  selectView,
  sliceView,
  unsqueezeView,
  type View,
  windowView,
} from '../../view.ts';
import { CaseBuilder } from '../kernel-case.ts';
import { type Laid, layAs, room } from '../layouts.ts';
import type { Session } from '../session.ts';
import { sampleValues } from '../values.ts';

/** Copies what a view of `x` shows, and checks it. */
async function checkRead(
  session: Session,
  dtype: DType,
  x: Laid,
  view: View,
  what: string,
  fill?: Value,
): Promise<void> {
  const draw = session.draw(20);
  const builder = new CaseBuilder();
  const out = room(dtype, view.shape, 'contiguous', draw);
  const source = load(builder.read(builder.input(dtype, x.array), view, fill));
  builder.store(builder.write(builder.output(dtype, out.array), out.view), [], source);
  await session.check(builder.loop(view.shape), what);
}

/** Stores an expression without buffers over a shape. */
async function checkComputed(
  session: Session,
  dtype: DType,
  shape: Shape,
  expr: (b: CaseBuilder) => Expr,
): Promise<void> {
  const builder = new CaseBuilder();
  const out = room(dtype, shape, 'contiguous', session.draw(21));
  builder.store(builder.write(builder.output(dtype, out.array), out.view), [], expr(builder));
  await session.check(builder.loop(shape));
}

/** Views with bounds, by name. */
function boundedViews(base: View): [string, View][] {
  const [rows, columns] = base.shape as [number, number];
  const padded = padView(base, [1, 2], [2, 0]);
  const window = (axis: number, size: number, kernel: number, stride: number, dilation: number, padding: number) => ({
    axis,
    kernel,
    stride,
    dilation,
    padding,
    positions: Math.max(0, Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1),
  });
  return [
    ['padded', padded],
    ['padded far', padView(base, [7, 0], [0, 9])],
    ['cropped', padView(base, [-1, -1], [0, -1])],
    ['cropped and padded', padView(base, [-1, 2], [3, -1])],
    ['padded twice', padView(padded, [1, 0], [0, 1])],
    ['padded, then permuted', permuteView(padded, [1, 0])],
    ['padded, then every other column backwards', sliceView(padded, 1, columns + 1, 3, -2)],
    ['padded, then one row', selectView(padded, 0, 1)],
    ['padded, then one row of padding', selectView(padded, 0, 0)],
    ['padded, then a new axis', unsqueezeView(padded, 1)],
    ['one padded row, repeated', expandView(selectView(padded, 0, 2), [4, columns + 2])],
    ['windows', windowView(base, [window(0, rows, 3, 1, 1, 1), window(1, columns, 3, 1, 1, 1)])],
    ['windows with stride', windowView(base, [window(0, rows, 2, 2, 1, 0), window(1, columns, 3, 3, 1, 1)])],
    ['windows with dilation', windowView(base, [window(0, rows, 2, 1, 3, 2), window(1, columns, 2, 2, 2, 1)])],
    [
      'windows of one axis, backwards',
      windowView(sliceView(base, 1, columns - 1, columns, -1), [window(1, columns, 4, 1, 1, 3)]),
    ],
    ['windows of a padded view', windowView(padded, [window(1, columns + 2, 3, 2, 1, 1)])],
    ['nothing but padding', padView(contiguousView([0, columns]), [2, 0], [1, 0])],
  ];
}

/** What expressions read: bounded views, indices, gathers, scalars, constants and random bits. */
export function describeReads(session: Session): void {
  describe('bounded views', () => {
    for (const dtype of dtypeNames) {
      session.test(`of ${dtype}`, [dtype], async () => {
        const draw = session.draw(22);
        const x = layAs(dtype, sampleValues(dtype, 35, draw), [5, 7], 'contiguous', draw);
        for (const [name, view] of boundedViews(x.view)) {
          await checkRead(session, dtype, x, view, name);
          await checkRead(session, dtype, x, view, `${name}, filled`, castValue(3, dtype));
        }
      });
    }

    session.test('filled with special values', ['float32', 'int32'], async () => {
      const draw = session.draw(23);
      const x = layAs('float32', sampleValues('float32', 35, draw), [5, 7], 'permuted', draw);
      const fills = [-0, 0.1, 3.4e38, ...(session.numerics.nonFinite ? [Number.NaN, Number.NEGATIVE_INFINITY] : [])];
      for (const fill of fills) {
        await checkRead(
          session,
          'float32',
          x,
          padView(x.view, [1, 0], [0, 2]),
          `fill ${fill}`,
          castValue(fill, 'float32'),
        );
      }
      const n = layAs('int32', sampleValues('int32', 35, draw), [5, 7], 'gaps', draw);
      for (const fill of [dtypes.int32.min, -1])
        await checkRead(session, 'int32', n, padView(n.view, [2, 2], [2, 2]), `fill ${fill}`, fill);
    });

    session.test('under a reduction, as pooling reads', ['float32'], async () => {
      const draw = session.draw(24);
      const x = layAs('float32', sampleValues('float32', 2 * 9 * 8, draw), [2, 9, 8], 'contiguous', draw);
      const axis = { kernel: 3, stride: 2, dilation: 1, padding: 1 };
      const view = windowView(x.view, [
        { ...axis, axis: 1, positions: 5 },
        { ...axis, axis: 2, positions: 4 },
      ]);
      for (const reduce of ['max', 'argmax'] as const) {
        const builder = new CaseBuilder();
        const dtype = reduce === 'max' ? 'float32' : 'int32';
        const source = load(builder.read(builder.input('float32', x.array), view, -1e30));
        const found = builder.reduce(reduce, [3, 3], source);
        const out = room(dtype, [2, 5, 4], 'contiguous', draw);
        builder.store(builder.write(builder.output(dtype, out.array), out.view), [], stage(found));
        await session.check(builder.loop([2, 5, 4]), reduce);
      }
    });
  });

  describe('views of every dtype', () => {
    for (const dtype of dtypeNames) {
      session.test(dtype, [dtype], async () => {
        const draw = session.draw(25);
        for (const layout of ['contiguous', 'offset', 'permuted', 'gaps', 'reversed'] as const) {
          for (const shape of [[], [1], [0], [2, 0, 3], [65], [3, 1, 4], [2, 3, 4, 5], [2, 1, 2, 3, 2, 2]]) {
            const x = layAs(dtype, sampleValues(dtype, numel(shape), draw), shape, layout, draw);
            await checkRead(session, dtype, x, x.view, `[${shape}] ${layout}`);
          }
        }
        const x = layAs(dtype, sampleValues(dtype, 6, draw), [1, 6], 'contiguous', draw);
        await checkRead(session, dtype, x, expandView(x.view, [3, 5, 6]), 'expanded');
        await checkRead(session, dtype, x, sliceView(x.view, 1, 5, 6, -1), 'flipped');
      });
    }
  });

  describeComputed(session);
  describeGathers(session);
}

function describeComputed(session: Session): void {
  describe('computed values', () => {
    session.test('indices along every axis', ['int32'], async () => {
      await checkComputed(session, 'int32', [3, 4, 5], () =>
        op(
          'add',
          op('mul', index(0), constant(100, 'int32')),
          op('sub', op('mul', index(1), constant(10, 'int32')), index(2)),
        ),
      );
    });

    session.test('a triangle by comparing indices', ['bool'], async () => {
      await checkComputed(session, 'bool', [7, 9], () => op('le', index(0), index(1)));
    });

    session.test('indices inside a stage', ['int32'], async () => {
      const builder = new CaseBuilder();
      const expr = op('mul', op('add', index(0), constant(1, 'int32')), op('sub', index(1), index(2)));
      const sum = builder.reduce('max', [4, 6], expr);
      const out = room('int32', [5], 'contiguous', session.draw(26));
      builder.store(builder.write(builder.output('int32', out.array), out.view), [], stage(sum));
      await session.check(builder.loop([5]));
    });

    for (const dtype of dtypeNames) {
      session.test(`constants and scalars of ${dtype}`, [dtype], async () => {
        const { min, max } = dtypes[dtype];
        const special: Value[] = isFloat(dtype) ? [-0, castValue(0.1, dtype)] : [];
        if (isFloat(dtype) && session.numerics.nonFinite) special.push(Number.NaN, Number.NEGATIVE_INFINITY);
        for (const value of [castValue(1, dtype), min, max, ...special]) {
          await checkComputed(session, dtype, [5], () => constant(value, dtype));
          await checkComputed(session, dtype, [5], (builder) => builder.scalar(dtype, value));
        }
      });
    }

    session.test('several scalars, in their order', ['float32', 'int32'], async () => {
      await checkComputed(session, 'float32', [4], (builder) => {
        const a = builder.scalar('float32', 7);
        const b = builder.scalar('int32', 3);
        const c = builder.scalar('float32', 2);
        return op('div', op('sub', a, cast(b, 'float32')), c);
      });
    });

    session.test('random bits of a counter under a key', ['int32'], async () => {
      for (const key of [0, 1, -1, 123456789, -(2 ** 31)]) {
        for (const start of [0, -5, 2 ** 31 - 3]) {
          await checkComputed(session, 'int32', [6, 11], (builder) => {
            const row = op('mul', index(0), constant(11, 'int32'));
            const counter = op('add', op('add', row, index(1)), builder.scalar('int32', start));
            return random(builder.scalar('int32', key), counter);
          });
        }
      }
    });

    session.test('uniform numbers from random bits', ['float32', 'int32'], async () => {
      await checkComputed(session, 'float32', [257], () => {
        const bits = random(constant(99, 'int32'), index(0));
        const high = op('and', op('shiftRight', bits, constant(8, 'int32')), constant(0xffffff, 'int32'));
        return op('mul', cast(high, 'float32'), constant(2 ** -24, 'float32'));
      });
    });
  });
}

function describeGathers(session: Session): void {
  describe('gathers', () => {
    for (const dtype of dtypeNames) {
      session.test(`rows of a table of ${dtype}, outside ones filled`, [dtype, 'int32'], async () => {
        const draw = session.draw(27);
        for (const layout of ['contiguous', 'permuted', 'gaps', 'reversed'] as const) {
          const table = layAs(dtype, sampleValues(dtype, 30, draw), [6, 5], layout, draw);
          const at = layAs('int32', [0, 5, 3, 3, -1, 6, 2147483647, -2147483648, 1], [9], 'contiguous', draw);
          const builder = new CaseBuilder();
          const out = room(dtype, [9, 5], 'contiguous', draw);
          const [rowStride, columnStride] = table.view.strides as [number, number];
          const view = { shape: [9, 5, 6], strides: [0, columnStride, rowStride], offset: table.view.offset };
          const position = load(builder.read(builder.input('int32', at.array), expandColumns(at.view, 5)));
          const source = gather(builder.read(builder.input(dtype, table.array), view, castValue(2, dtype)), [position]);
          builder.store(builder.write(builder.output(dtype, out.array), out.view), [], source);
          await session.check(builder.loop([9, 5]), layout);
        }
      });
    }

    session.test('two computed indices, from an expression', ['float32', 'int32'], async () => {
      const draw = session.draw(28);
      const table = layAs('float32', sampleValues('float32', 24, draw), [4, 6], 'permuted', draw);
      const builder = new CaseBuilder();
      const out = room('float32', [5, 8], 'contiguous', draw);
      const view = { ...table.view, shape: [5, 8, 4, 6], strides: [0, 0, ...table.view.strides] };
      const at = [
        op('sub', index(0), constant(1, 'int32')),
        op('remainder', op('mul', index(1), index(0)), constant(7, 'int32')),
      ];
      const source = gather(builder.read(builder.input('float32', table.array), view, 9), at);
      builder.store(builder.write(builder.output('float32', out.array), out.view), [], source);
      await session.check(builder.loop([5, 8]));
    });

    session.test('through bounds', ['float32', 'int32'], async () => {
      const draw = session.draw(29);
      const table = layAs('float32', sampleValues('float32', 6, draw), [6], 'contiguous', draw);
      const padded = padView(table.view, [2], [3]);
      const view: View = {
        shape: [14, ...padded.shape],
        strides: [0, ...padded.strides],
        offset: padded.offset,
        bounds: (padded.bounds ?? []).map((b) => ({ ...b, coefficients: [0, ...b.coefficients] })),
      };
      const builder = new CaseBuilder();
      const out = room('float32', [14], 'contiguous', draw);
      const at = op('sub', index(0), constant(1, 'int32'));
      const source = gather(builder.read(builder.input('float32', table.array), view, -7), [at]);
      builder.store(builder.write(builder.output('float32', out.array), out.view), [], source);
      await session.check(builder.loop([14]));
    });

    session.test('inside a reduction: sums of looked-up rows', ['float32', 'int32'], async () => {
      const draw = session.draw(30);
      const table = layAs(
        'float32',
        sampleValues('float32', 40, draw).map((x) => Math.round(x as number)),
        [10, 4],
        'contiguous',
        draw,
      );
      const at = layAs('int32', sampleValues('int32', 21, draw, [0, 11]), [3, 7], 'contiguous', draw);
      const builder = new CaseBuilder();
      const position = load(
        builder.read(builder.input('int32', at.array), { shape: [3, 4, 7], strides: [7, 0, 1], offset: 0 }),
      );
      const view = { shape: [3, 4, 7, 10], strides: [0, 1, 0, 4], offset: 0 };
      const sum = builder.reduce(
        'sum',
        [7],
        gather(builder.read(builder.input('float32', table.array), view), [position]),
      );
      const out = room('float32', [3, 4], 'contiguous', draw);
      builder.store(builder.write(builder.output('float32', out.array), out.view), [], stage(sum));
      await session.check(builder.loop([3, 4]));
    });
  });
}

/** A vector as the rows of a matrix that repeats it along columns. */
function expandColumns(view: View, columns: number): View {
  return { shape: [...view.shape, columns], strides: [...view.strides, 0], offset: view.offset };
}
