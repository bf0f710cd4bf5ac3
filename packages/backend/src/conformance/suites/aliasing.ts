import { describe } from 'vitest';
import { dtypeNames, isFloat } from '../../dtype.ts';
import { type Expr, load, op } from '../../expr.ts';
import type { View } from '../../view.ts';
import { CaseBuilder } from '../kernel-case.ts';
import { type Layout, layAs, room } from '../layouts.ts';
import type { Session } from '../session.ts';
import { sampleValues } from '../values.ts';

/** Outputs that share their buffer with inputs, as in-place operations do. */
export function describeAliasing(session: Session): void {
  describe('in place', () => {
    for (const dtype of dtypeNames) {
      session.test(`a value replaced by itself and another: ${dtype}`, [dtype], async () => {
        const draw = session.draw(31);
        const combine = dtype === 'bool' ? 'xor' : 'add';
        for (const layout of ['contiguous', 'offset', 'permuted', 'gaps', 'reversed'] as Layout[]) {
          const x = layAs(dtype, sampleValues(dtype, 77, draw), [7, 11], layout, draw);
          const y = layAs(dtype, sampleValues(dtype, 77, draw), [7, 11], 'contiguous', draw);
          const builder = new CaseBuilder();
          const [from, other] = [builder.input(dtype, x.array), builder.input(dtype, y.array)];
          const value = op(combine, load(builder.read(from, x.view)), load(builder.read(other, y.view)));
          builder.store(builder.write(builder.output(dtype, x.array), x.view), [], value);
          await session.check(builder.loop([7, 11]), layout);
        }
      });
    }

    session.test('a value read twice', ['float32'], async () => {
      const draw = session.draw(32);
      const x = layAs('float32', sampleValues('float32', 100, draw), [100], 'contiguous', draw);
      const builder = new CaseBuilder();
      const from = builder.input('float32', x.array);
      const read = (): Expr => load(builder.read(from, x.view));
      builder.store(
        builder.write(builder.output('float32', x.array), x.view),
        [],
        op('mul', read(), op('add', read(), read())),
      );
      await session.check(builder.loop([100]));
    });

    session.test('a part of a buffer from another part', ['float32', 'int8'], async () => {
      const draw = session.draw(33);
      const parts: [string, View, View][] = [
        ['second half from first', { shape: [20], strides: [1], offset: 0 }, { shape: [20], strides: [1], offset: 20 }],
        [
          'odd elements from even ones',
          { shape: [20], strides: [2], offset: 0 },
          { shape: [20], strides: [2], offset: 1 },
        ],
        [
          'left columns from right ones',
          { shape: [5, 4], strides: [8, 1], offset: 4 },
          { shape: [5, 4], strides: [8, 1], offset: 0 },
        ],
        [
          'a row from another, backwards',
          { shape: [8], strides: [-1], offset: 7 },
          { shape: [8], strides: [1], offset: 16 },
        ],
        [
          'all rows from the first',
          { shape: [4, 8], strides: [0, 1], offset: 0 },
          { shape: [4, 8], strides: [8, 1], offset: 8 },
        ],
      ];
      for (const dtype of ['float32', 'int8'] as const) {
        for (const [name, source, target] of parts) {
          const { array } = layAs(dtype, sampleValues(dtype, 40, draw), [40], 'contiguous', draw);
          const builder = new CaseBuilder();
          const value = op('neg', load(builder.read(builder.input(dtype, array), source)));
          builder.store(builder.write(builder.output(dtype, array), target), [], value);
          await session.check(builder.loop(source.shape), `${name}, ${dtype}`);
        }
      }
    });

    session.test('two outputs, each over its own input', ['float32'], async () => {
      const draw = session.draw(34);
      const [a, b] = [0, 1].map(() => layAs('float32', sampleValues('float32', 33, draw), [33], 'contiguous', draw));
      if (!a || !b) return;
      const builder = new CaseBuilder();
      const [first, second] = [builder.input('float32', a.array), builder.input('float32', b.array)];
      const sum = builder.reduce(
        'sum',
        [],
        op('add', load(builder.read(first, a.view)), load(builder.read(second, b.view))),
      );
      const less = builder.reduce(
        'sum',
        [],
        op('sub', load(builder.read(first, a.view)), load(builder.read(second, b.view))),
      );
      builder.store(builder.write(builder.output('float32', a.array), a.view), [], { kind: 'stage', stage: sum });
      builder.store(builder.write(builder.output('float32', b.array), b.view), [], { kind: 'stage', stage: less });
      await session.check(builder.loop([33]));
    });

    session.test(
      'one buffer as both inputs',
      dtypeNames.filter((dtype) => dtype === 'float32'),
      async () => {
        const draw = session.draw(35);
        const x = layAs('float32', sampleValues('float32', 48, draw), [6, 8], 'contiguous', draw);
        const out = room('float32', [6, 6], 'contiguous', draw);
        const builder = new CaseBuilder();
        const [a, b] = [builder.input('float32', x.array), builder.input('float32', x.array)];
        builder.read(a, x.view);
        builder.read(b, x.view);
        builder.write(builder.output('float32', out.array, { absolute: 1e-3 }), out.view);
        const axes = { batch: 0, m: 1, n: 1, k: 1 };
        await session.check(builder.contraction(axes, [6, 6, 8], { kind: 'stage', stage: 0 }));
      },
    );

    session.test(
      'what lies beside the written elements stays',
      dtypeNames.filter((dtype) => isFloat(dtype)).slice(2),
      async () => {
        // Every check compares the whole buffer; here the gaps are wide and the written part is one column.
        const draw = session.draw(36);
        const column: View = { shape: [9], strides: [13], offset: 5 };
        for (const dtype of dtypeNames.filter((name) => session.has(name))) {
          const { array } = layAs(dtype, sampleValues(dtype, 9 * 13, draw), [9 * 13], 'contiguous', draw);
          const source = layAs(dtype, sampleValues(dtype, 9, draw), [9], 'contiguous', draw);
          const builder = new CaseBuilder();
          const value = load(builder.read(builder.input(dtype, source.array), source.view));
          builder.store(builder.write(builder.output(dtype, array), column), [], value);
          await session.check(builder.loop([9]), dtype);
        }
      },
    );
  });
}
