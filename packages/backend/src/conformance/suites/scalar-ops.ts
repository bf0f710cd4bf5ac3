import { describe } from 'vitest';
import { castValue, type DType, dtypeNames, type Value } from '../../dtype.ts';
import { load, op } from '../../expr.ts';
import { acceptsDType, type ScalarOpName, scalarOps } from '../../scalar-ops.ts';
import { numel, type Shape, type View } from '../../view.ts';
import type { Draw } from '../draw.ts';
import { CaseBuilder, type KernelCase } from '../kernel-case.ts';
import { type Laid, type Layout, lay, layAs, layouts, room } from '../layouts.ts';
import { allowedUlps, isExact } from '../options.ts';
import type { Session } from '../session.ts';
import { sampleValues, specialValues } from '../values.ts';

const SIZES = [0, 1, 2, 3, 4, 7, 8, 9, 15, 31, 33, 63, 65, 1000];

/** The dtype of each operand of an operation. */
function operandDTypes(name: ScalarOpName, dtype: DType): DType[] {
  if (name === 'where') return ['bool', dtype, dtype];
  return new Array<DType>(scalarOps[name].arity).fill(dtype);
}

/** A kernel that applies one operation to laid operands. */
function apply(session: Session, name: ScalarOpName, dtype: DType, operands: readonly Laid[], out: Laid): KernelCase {
  const builder = new CaseBuilder();
  const dtypes = operandDTypes(name, dtype);
  const args = operands.map(({ array, view }, i) => load(builder.read(builder.input(dtypes[i] as DType, array), view)));
  const ulps = allowedUlps(name, dtype, session.options);
  const result = scalarOps[name].result === 'bool' ? 'bool' : dtype;
  const target = builder.output(result, out.array, ulps ? { ulps } : undefined);
  builder.store(builder.write(target, out.view), [], op(name, ...args));
  return builder.loop(out.view.shape);
}

/** Random operands, mostly where the operation's table row says. */
function draws(name: ScalarOpName, dtype: DType, count: number, draw: Draw): Value[][] {
  return operandDTypes(name, dtype).map((operand) =>
    sampleValues(operand, count, draw, operand === 'bool' ? undefined : scalarOps[name].samples),
  );
}

/** Operands close to 0, 1 and -1, and of all magnitudes, where approximations change their formula. */
function delicate(name: ScalarOpName, dtype: DType, count: number, draw: Draw): Value[][] {
  const [low, high] = scalarOps[name].samples ?? [-1e4, 1e4];
  return operandDTypes(name, dtype).map((operand) =>
    Array.from({ length: count }, () => {
      const step = 10 ** draw.real(-9, Math.log10(Math.max(1, high))) * draw.pick([-1, 1]);
      const x = draw.pick([0, 0, 1, -1]) + step;
      return castValue(Math.min(high, Math.max(low, x)), operand);
    }),
  );
}

/** All combinations of special operands. */
function specials(session: Session, name: ScalarOpName, dtype: DType): Value[][] {
  const lists = operandDTypes(name, dtype).map((operand) => usable(name, specialValues(operand, session.numerics)));
  const rows = lists.reduce<Value[][]>((all, list) => all.flatMap((row) => list.map((value) => [...row, value])), [[]]);
  return lists.map((_, i) => rows.map((row) => row[i] as Value));
}

/** Which of -0 and 0 is the larger is left to the device. */
function usable(name: ScalarOpName, values: Value[]): Value[] {
  return name === 'max' || name === 'min' ? values.filter((value) => !Object.is(value, -0)) : values;
}

const expand = (shape: Shape, strides: readonly number[]): View => ({ shape, strides, offset: 0 });

/** Every scalar operation on every dtype that it accepts. */
export function describeScalarOps(session: Session): void {
  describeLength(session);
  for (const name of Object.keys(scalarOps) as ScalarOpName[]) {
    describe(`scalar op ${name}${isExact(name) ? '' : ' (rounded)'}`, () => {
      for (const dtype of dtypeNames) {
        if (acceptsDType(name, dtype)) session.test(dtype, [dtype], () => checkOp(session, name, dtype));
      }
    });
  }
}

/** A long vector, for devices that cut work into pieces. */
function describeLength(session: Session): void {
  session.test('scalar op add: 100,003 elements', ['float32'], async () => {
    const draw = session.draw();
    const [a, b] = draws('add', 'float32', 100_003, draw).map((v) =>
      layAs('float32', v, [100_003], 'contiguous', draw),
    );
    if (!a || !b) return;
    await session.check(apply(session, 'add', 'float32', [a, b], room('float32', [100_003], 'contiguous', draw)));
    const [rows, columns] = [a, b].map(({ array }) => ({
      array,
      view: { shape: [311, 321], strides: [1, 311], offset: 0 },
    }));
    if (!rows || !columns) return;
    await session.check(
      apply(session, 'add', 'float32', [rows, columns], room('float32', [311, 321], 'contiguous', draw)),
    );
  });
}

async function checkOp(session: Session, name: ScalarOpName, dtype: DType): Promise<void> {
  const draw = session.draw(name.length);
  const result = scalarOps[name].result === 'bool' ? 'bool' : dtype;
  const run = (what: string, operands: readonly Laid[], out: Laid): Promise<void> =>
    session.check(apply(session, name, dtype, operands, out), what);
  const laid = (values: readonly Value[][], shape: Shape, layout: Layout): Laid[] =>
    values.map((list, i) => layAs(operandDTypes(name, dtype)[i] as DType, list, shape, layout, draw));

  for (const size of SIZES) {
    await run(
      `${size} elements`,
      laid(draws(name, dtype, size, draw), [size], 'contiguous'),
      room(result, [size], 'contiguous', draw),
    );
  }
  if (!isExact(name)) {
    const values = delicate(name, dtype, 3000, draw);
    await run('delicate values', laid(values, [3000], 'contiguous'), room(result, [3000], 'contiguous', draw));
  }
  const edges = specials(session, name, dtype);
  const count = (edges[0] as Value[]).length;
  await run('special values', laid(edges, [count], 'contiguous'), room(result, [count], 'contiguous', draw));

  for (const layout of layouts) {
    const shape = [3, 5, 7];
    const operands = laid(draws(name, dtype, numel(shape), draw), shape, layout);
    await run(`operands ${layout}`, operands, room(result, shape, 'contiguous', draw));
    await run(
      `result ${layout}`,
      operands.map((o) => o),
      room(result, shape, layout, draw),
    );
  }
  // Each operand in turn is one number, one row and one column; a lone operand is repeated.
  for (let repeated = 0; repeated < scalarOps[name].arity; repeated++) {
    for (const strides of [
      [0, 0],
      [0, 1],
      [1, 0],
    ]) {
      const shape = [6, 9];
      const operands = laid(draws(name, dtype, numel(shape), draw), shape, 'contiguous');
      const operand = operandDTypes(name, dtype)[repeated] as DType;
      const few = draws(name, dtype, numel(shape), draw)[repeated] as Value[];
      operands[repeated] = lay(operand, few, expand(shape, strides), draw);
      await run(`operand ${repeated} repeated by [${strides}]`, operands, room(result, shape, 'contiguous', draw));
    }
  }
}
