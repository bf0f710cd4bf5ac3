import {
  type ContractionKernel,
  type DType,
  type Expr,
  type HostArray,
  type Launch,
  stageDType,
  walk,
} from '@flambeau/backend';
import { ExpressionSource } from '../generator/expression-source.ts';
import { instantiate } from '../generator/instantiate.ts';
import { Level } from '../generator/levels.ts';
import { isHalf } from '../generator/library.ts';
import { asNumber, roundSource } from '../generator/scalar-source.ts';
import { AccessSource } from '../generator/walker.ts';
import type { OffsetTable } from './tables.ts';

/**
 * Applies the epilogue to a block of accumulators and writes the result.
 *
 * `offsets` has one entry per access from 2 on, for the current batch; `tables` two per access: over m and over n.
 */
export type Finish = (
  arrays: readonly HostArray[],
  launch: Launch,
  accumulators: Float64Array,
  stride: number,
  row: number,
  rows: number,
  column: number,
  columns: number,
  offsets: Int32Array,
  tables: readonly OffsetTable[],
) => void;

/** Whether an epilogue consists of what {@link finishOf} can write: loads without bounds, no computed indices. */
export function isSimpleEpilogue(kernel: ContractionKernel): boolean {
  let simple = true;
  walk(kernel.epilogue, (expr: Expr) => {
    if (expr.kind === 'gather' || expr.kind === 'index') simple = false;
    if (expr.kind === 'load' && kernel.accesses[expr.access]?.bounds) simple = false;
  });
  return simple;
}

/** Generates the epilogue of a contraction, with operands swapped where the result runs along m by units. */
export function finishOf(kernel: ContractionKernel): Finish {
  const { accesses } = kernel;
  const rank = kernel.axes.batch + kernel.axes.m + kernel.axes.n;
  const sources = accesses.map(
    (access, i) =>
      new AccessSource(
        i,
        access,
        Array.from({ length: rank }, (_, axis) => axis),
      ),
  );
  const chain = [new Level(null, 'top'), new Level(null, 'row'), new Level(null, 'column')] as const;
  const [top, rowLevel, columnLevel] = chain;
  const dtype = stageDType(kernel, 0);
  const accumulator = roundSource('accumulators[at + j | 0]', dtype);
  const expression = new ExpressionSource({
    kernel,
    accesses: sources,
    chain,
    prefix: 'q',
    position: (access) => ({ element: `o${access} + n${access}[column + j | 0] | 0`, inside: '', bounds: [] }),
    accessLevel: () => 2,
    stage: () => ({ source: { text: accumulator, form: 'number' }, level: 2 }),
    index: () => ({ text: '0', level: 0 }),
  });
  const target = kernel.outputs[accesses[2]?.buffer ?? 0] as DType;
  const half = isHalf(target);
  expression.add(kernel.epilogue);
  const value = asNumber(expression.write(kernel.epilogue, half));
  const store = `out0[o2 + n2[column + j | 0] | 0] = ${half ? `${target}BitsOf32(${value})` : value};`;
  const used = accesses.flatMap((_, i) => (i >= 2 ? [i] : []));
  return instantiate<Finish>(
    [
      ...[...new Set(kernel.inputs)].filter(isHalf).map((name) => `const ${name}Values = ${name}Table();`),
      'return function finish(arrays, launch, accumulators, stride, row, rows, column, columns, offsets, tables) {',
      'const { scalars } = launch;',
      ...kernel.inputs.map((_, i) => `const in${i} = arrays[${i}];`),
      `const out0 = arrays[${kernel.inputs.length}];`,
      ...kernel.scalars.map((name, i) => `const x${i} = castValue(scalars[${i}], '${name}');`),
      ...used.map((i) => `const m${i} = tables[${2 * (i - 2)}].values, n${i} = tables[${2 * (i - 2) + 1}].values;`),
      ...top.head,
      'for (let i = 0; i < rows; i++) {',
      'const at = Math.imul(i, stride);',
      ...used.map((i) => `const o${i} = offsets[${i - 2}] + m${i}[row + i | 0] | 0;`),
      ...rowLevel.head,
      'for (let j = 0; j < columns; j++) {',
      ...columnLevel.head,
      store,
      '}',
      '}',
      '};',
    ].join('\n'),
  );
}
