import { describe } from 'vitest';
import { decompositions, decompositionUlps } from '../../decompositions.ts';
import { castValue } from '../../dtype.ts';
import { type Expr, load, op, walk } from '../../expr.ts';
import { type ScalarOpName, scalarOps } from '../../scalar-ops.ts';
import type { Draw } from '../draw.ts';
import { CaseBuilder, type KernelCase } from '../kernel-case.ts';
import { layAs, room } from '../layouts.ts';
import { allowedUlps } from '../options.ts';
import type { Session } from '../session.ts';
import { sampleValues } from '../values.ts';

const SIZE = 2000;

/** Operands from the samples of an operation; quotients stay small enough for a device without long division. */
function operands(name: ScalarOpName, draw: Draw): number[][] {
  const { samples = [-100, 100], arity } = scalarOps[name];
  return Array.from({ length: arity }, (_, i) => {
    const values = sampleValues('float32', SIZE, draw, i === 0 ? samples : [0.1, 10]) as number[];
    return values.map((x, at) => (at % 3 ? x : (castValue(Math.round(x), 'float32') as number)));
  });
}

/** What the operations that an expression uses may be off by, in all. */
function slack(session: Session, expr: Expr): number {
  let largest = 0;
  walk(expr, (part) => {
    if (part.kind === 'op') largest = Math.max(largest, allowedUlps(part.op, 'float32', session.options));
  });
  return 2 * largest;
}

/** Operations written with simpler ones, as a backend that lacks them computes them. */
export function describeDecompositions(session: Session): void {
  describe('decompositions', () => {
    for (const [key, write] of Object.entries(decompositions)) {
      const name = key as ScalarOpName;
      session.test(name, ['float32'], async () => {
        const draw = session.draw(name.length);
        const laid = operands(name, draw).map((values) => layAs('float32', values, [SIZE], 'contiguous', draw));
        const out = room('float32', [SIZE], 'contiguous', draw);
        const build = (meaning: (a: Expr, b: Expr) => Expr): KernelCase => {
          const builder = new CaseBuilder();
          const [a, b] = laid.map(({ array, view }) => load(builder.read(builder.input('float32', array), view)));
          const expr = meaning(a as Expr, b ?? (a as Expr));
          // The sign of a zero is not promised, so the tolerance is never nothing.
          const tolerance = {
            ulps: (decompositionUlps[name] as number) + slack(session, expr),
            absolute: Number.MIN_VALUE,
          };
          builder.store(builder.write(builder.output('float32', out.array, tolerance), out.view), [], expr);
          return builder.loop([SIZE]);
        };
        const whole = build((a, b) => (laid.length === 1 ? op(name, a) : op(name, a, b)));
        await session.check(
          build((a, b) => write('float32', a, b)),
          '',
          whole,
        );
      });
    }
  });
}
