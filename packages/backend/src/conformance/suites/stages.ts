import { describe } from 'vitest';
import type { DType } from '../../dtype.ts';
import { cast, constant, type Expr, gather, index, load, op, stage } from '../../expr.ts';
import type { View } from '../../view.ts';
import type { Draw } from '../draw.ts';
import { CaseBuilder, type KernelCase } from '../kernel-case.ts';
import { type Laid, type Layout, layAs, room } from '../layouts.ts';
import type { Session } from '../session.ts';
import { sampleValues } from '../values.ts';

const f32 = (value: number): Expr => constant(value, 'float32');
const FLOATS: readonly DType[] = ['float16', 'bfloat16', 'float32', 'float64'];
/** Relative to 1: what the order of a sum and the last places of exp and log may change. */
const LOOSE = { relative: 1e-5, absolute: 1e-6 };
const HALF = { ulps: 1, absolute: 1e-6 };
const toleranceOf = (dtype: DType): typeof LOOSE | typeof HALF =>
  dtype === 'float16' || dtype === 'bfloat16' ? HALF : LOOSE;

/** Rows of random numbers. */
function rows(dtype: DType, n: number, d: number, layout: Layout, draw: Draw): Laid {
  return layAs(dtype, sampleValues(dtype, n * d, draw, [-4, 4]), [n, d], layout, draw);
}

/** A constant of the dtype in which `dtype` is computed. */
function number(value: number, dtype: DType): Expr {
  return constant(value, dtype === 'float64' ? 'float64' : 'float32');
}

/** `softmax` or its logarithm of each row, into `out`. */
function softmax(dtype: DType, x: Laid, out: Laid, logarithm: boolean): KernelCase {
  const builder = new CaseBuilder();
  const [n, d] = x.view.shape as [number, number];
  const input = builder.input(dtype, x.array);
  const read = (): Expr => load(builder.read(input, x.view));
  const largest = builder.reduce('max', [d], read());
  const centred = (): Expr => op('sub', read(), stage(largest));
  const total = builder.reduce('sum', [d], op('exp', centred()));
  const value = logarithm
    ? op('sub', centred(), op('log', stage(total)))
    : op('div', op('exp', centred()), stage(total));
  builder.store(builder.write(builder.output(dtype, out.array, toleranceOf(dtype)), out.view), [d], value);
  return builder.loop([n]);
}

/** Layer norm of each row with weight and bias, and the mean and reciprocal deviation as further outputs. */
function layerNorm(dtype: DType, x: Laid, draw: Draw): KernelCase {
  const builder = new CaseBuilder();
  const [n, d] = x.view.shape as [number, number];
  const input = builder.input(dtype, x.array);
  const column = (): Expr => {
    const values = layAs(dtype, sampleValues(dtype, d, draw, [0.5, 2]), [d], 'contiguous', draw);
    return load(builder.read(builder.input(dtype, values.array), { shape: [n, d], strides: [0, 1], offset: 0 }));
  };
  const read = (): Expr => load(builder.read(input, x.view));
  const size = number(d, dtype);
  const mean = op('div', stage(builder.reduce('sum', [d], read())), size);
  const centred = (): Expr => op('sub', read(), mean);
  const [left, right] = [centred(), centred()];
  const variance = op('div', stage(builder.reduce('sum', [d], op('mul', left, right))), size);
  const scale = op('rsqrt', op('add', variance, number(1e-5, dtype)));
  const y = room(dtype, [n, d], 'contiguous', draw);
  const value = op('add', op('mul', op('mul', centred(), scale), column()), column());
  const tolerance = toleranceOf(dtype);
  builder.store(builder.write(builder.output(dtype, y.array, tolerance), y.view), [d], value);
  for (const statistic of [mean, scale]) {
    const out = room(dtype, [n], 'contiguous', draw);
    builder.store(builder.write(builder.output(dtype, out.array, tolerance), out.view), [], statistic);
  }
  return builder.loop([n]);
}

/** The loss `-log softmax(x)[target]` of each row, one number per row. */
function crossEntropy(x: Laid, targets: Laid, draw: Draw): KernelCase {
  const builder = new CaseBuilder();
  const [n, d] = x.view.shape as [number, number];
  const input = builder.input('float32', x.array);
  const read = (): Expr => load(builder.read(input, x.view));
  const largest = builder.reduce('max', [d], read());
  const total = builder.reduce('sum', [d], op('exp', op('sub', read(), stage(largest))));
  const [rowStride, columnStride] = x.view.strides as [number, number];
  const table: View = { shape: [n, d], strides: [rowStride, columnStride], offset: x.view.offset };
  const target = load(builder.read(builder.input('int32', targets.array), targets.view));
  const chosen = gather(builder.read(input, table, 0), [target]);
  const out = room('float32', [n], 'contiguous', draw);
  const loss = op('add', op('sub', stage(largest), chosen), op('log', stage(total)));
  builder.store(builder.write(builder.output('float32', out.array, LOOSE), out.view), [], loss);
  return builder.loop([n]);
}

/** Loop kernels in which stages read one another. */
export function describeStages(session: Session): void {
  describe('loop stages', () => {
    for (const dtype of FLOATS) {
      session.test(`softmax rows of ${dtype}`, [dtype], async () => {
        const draw = session.draw(11);
        for (const [n, d] of [
          [1, 1],
          [3, 7],
          [5, 33],
          [2, 0],
          [0, 4],
          [1, 1000],
        ] as const) {
          for (const layout of ['contiguous', 'permuted'] as Layout[]) {
            const x = rows(dtype, n, d, layout, draw);
            for (const logarithm of [false, true]) {
              await session.check(
                softmax(dtype, x, room(dtype, [n, d], layout, draw), logarithm),
                `[${n}, ${d}] ${layout}`,
              );
            }
          }
        }
      });

      session.test(`layer norm of ${dtype}, with its statistics`, [dtype], async () => {
        const draw = session.draw(12);
        for (const [n, d] of [
          [1, 2],
          [3, 7],
          [4, 64],
          [2, 129],
        ] as const) {
          await session.check(layerNorm(dtype, rows(dtype, n, d, 'contiguous', draw), draw), `[${n}, ${d}]`);
        }
      });
    }

    session.test('softmax rows in place', ['float32'], async () => {
      const draw = session.draw(13);
      const x = rows('float32', 6, 10, 'contiguous', draw);
      await session.check(softmax('float32', x, x, false));
      const columns = rows('float32', 6, 10, 'permuted', draw);
      await session.check(softmax('float32', columns, columns, true));
    });

    session.test('cross entropy with gathered targets', ['float32', 'int32'], async () => {
      const draw = session.draw(14);
      for (const layout of ['contiguous', 'gaps'] as Layout[]) {
        const targets = layAs('int32', [0, 3, 6, -1, 7, 2], [6], 'contiguous', draw);
        await session.check(crossEntropy(rows('float32', 6, 7, layout, draw), targets, draw), layout);
      }
    });

    session.test('several outputs over different axes', ['float32', 'int32', 'bool'], async () => {
      const draw = session.draw(15);
      const x = rows('float32', 5, 9, 'contiguous', draw);
      const builder = new CaseBuilder();
      const input = builder.input('float32', x.array);
      const read = (): Expr => load(builder.read(input, x.view));
      const best = builder.reduce('argmax', [9], read());
      const top = builder.reduce('max', [9], read());
      const outs = [
        room('int32', [5], 'gaps', draw),
        room('bool', [5, 9], 'permuted', draw),
        room('float32', [5, 4], 'contiguous', draw),
      ] as const;
      builder.store(builder.write(builder.output('int32', outs[0].array), outs[0].view), [], stage(best));
      const isTop = op('eq', read(), stage(top));
      builder.store(builder.write(builder.output('bool', outs[1].array), outs[1].view), [9], isTop);
      const scaled = op('mul', stage(top), cast(op('add', index(1), stage(best)), 'float32'));
      builder.store(builder.write(builder.output('float32', outs[2].array), outs[2].view), [4], scaled);
      await session.check(builder.loop([5]));
    });

    session.test('a stage without inner axes names a value', ['float32'], async () => {
      // An optimizer step: moment and parameter are replaced, both from the values before.
      const draw = session.draw(16);
      const [p, g, m] = [0, 1, 2].map(() =>
        layAs('float32', sampleValues('float32', 40, draw), [40], 'contiguous', draw),
      ) as [Laid, Laid, Laid];
      const builder = new CaseBuilder();
      const [pin, gin, min] = [p, g, m].map(({ array }) => builder.input('float32', array)) as [number, number, number];
      const read = (buffer: number): Expr => load(builder.read(buffer, p.view));
      const lr = builder.scalar('float32', 0.125);
      const moment = builder.reduce('max', [], op('add', op('mul', read(min), f32(0.5)), read(gin)));
      const moved = builder.reduce('max', [], op('sub', read(pin), op('mul', lr, stage(moment))));
      builder.store(builder.write(builder.output('float32', p.array), p.view), [], stage(moved));
      builder.store(builder.write(builder.output('float32', m.array), m.view), [], stage(moment));
      await session.check(builder.loop([40]));
    });

    session.test('two writes into parts of one output', ['float32'], async () => {
      const draw = session.draw(17);
      const [a, b] = [rows('float32', 3, 4, 'contiguous', draw), rows('float32', 3, 2, 'permuted', draw)];
      const out = room('float32', [3, 6], 'contiguous', draw);
      const builder = new CaseBuilder();
      const target = builder.output('float32', out.array);
      const part = (size: number, offset: number): View => ({ shape: [3, size], strides: [6, 1], offset });
      const [from, to] = [a, b].map(({ array }) => builder.input('float32', array)) as [number, number];
      builder.store(builder.write(target, part(4, 0)), [3, 4], load(builder.read(from, a.view)));
      builder.store(builder.write(target, part(2, 4)), [3, 2], op('neg', load(builder.read(to, b.view))));
      await session.check(builder.loop([]));
    });

    session.test('reductions of reductions', ['float32'], async () => {
      const draw = session.draw(18);
      const x = rows('float32', 4, 12, 'contiguous', draw);
      const builder = new CaseBuilder();
      const input = builder.input('float32', x.array);
      const read = (): Expr => op('floor', load(builder.read(input, x.view)));
      const low = builder.reduce('min', [12], read());
      const above = builder.reduce('sum', [12], op('sub', read(), stage(low)));
      const high = builder.reduce('max', [12], op('mul', op('sub', read(), stage(low)), stage(above)));
      const out = room('float32', [4], 'contiguous', draw);
      builder.store(
        builder.write(builder.output('float32', out.array), out.view),
        [],
        op('add', stage(high), stage(low)),
      );
      await session.check(builder.loop([4]));
    });
  });
}
