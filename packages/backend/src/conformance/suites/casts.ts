import { describe } from 'vitest';
import { castValue, type DType, dtypeNames, isFloat, type Value } from '../../dtype.ts';
import { cast, load } from '../../expr.ts';
import { computeDType } from '../../kernel.ts';
import { CaseBuilder } from '../kernel-case.ts';
import { type Layout, layAs, room } from '../layouts.ts';
import type { Session } from '../session.ts';
import { sampleValues, specialValues } from '../values.ts';

/** Numbers that round, truncate and wrap in all the ways there are. */
function interesting(from: DType, session: Session): Value[] {
  const values = specialValues(from, session.numerics);
  if (!isFloat(from)) return values;
  const more = [
    127.5,
    128,
    255.9,
    256,
    -0.9,
    -1.5,
    300.7,
    65504,
    65519,
    65520,
    2049,
    2051,
    3e9,
    -3e9,
    1e10,
    2 ** 53,
    1e19,
  ];
  return [...values, ...more.flatMap((x) => [x, -x]).map((x) => castValue(x, from))];
}

/** Conversions between all dtypes, in an expression and by storing. */
export function describeCasts(session: Session): void {
  describe('casts', () => {
    for (const from of dtypeNames) {
      session.test(`from ${from}`, [from], async () => {
        const draw = session.draw(1);
        const values = [...interesting(from, session), ...sampleValues(from, 60, draw)];
        const shape = [values.length];
        for (const to of dtypeNames.filter((dtype) => session.has(dtype))) {
          for (const layout of ['contiguous', 'reversed'] as Layout[]) {
            const builder = new CaseBuilder();
            const x = layAs(from, values, shape, layout, draw);
            const y = room(to, shape, 'contiguous', draw);
            const arg = load(builder.read(builder.input(from, x.array), x.view));
            builder.store(builder.write(builder.output(to, y.array), y.view), [], cast(arg, to));
            await session.check(builder.loop(shape), `to ${to}, ${layout}`);
          }
        }
      });
    }

    for (const through of dtypeNames) {
      session.test(`through ${through} and back`, [through, 'float32', 'int32'], async () => {
        const draw = session.draw(2);
        for (const outside of ['float32', 'int32'] as const) {
          const values = [...interesting(outside, session), ...sampleValues(outside, 60, draw)];
          const builder = new CaseBuilder();
          const x = layAs(outside, values, [values.length], 'contiguous', draw);
          const y = room(outside, [values.length], 'contiguous', draw);
          const arg = load(builder.read(builder.input(outside, x.array), x.view));
          const back = cast(cast(arg, through), outside);
          builder.store(builder.write(builder.output(outside, y.array), y.view), [], back);
          await session.check(builder.loop([values.length]), outside);
        }
      });
    }

    for (const half of ['float16', 'bfloat16'] as const) {
      session.test(`every pattern of ${half}, and all of them rounded`, [half], async () => {
        const draw = session.draw(3);
        const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
        const builder = new CaseBuilder();
        const view = { shape: [65536], strides: [1], offset: 0 };
        const x = load(builder.read(builder.input(half, bits), view));
        const wide = room(computeDType(half), [65536], 'contiguous', draw);
        const same = room(half, [65536], 'contiguous', draw);
        builder.store(builder.write(builder.output(computeDType(half), wide.array), wide.view), [], x);
        const again = load(builder.read(0, view));
        builder.store(builder.write(builder.output(half, same.array), same.view), [], again);
        await session.check(builder.loop([65536]));
      });
    }
  });
}
