import { type DType, exprDType, isFloat, type ReduceStage, type ScalarOpName, walk } from '@flambeau/backend';
import type { ExpressionSource } from './expression-source.ts';
import { LANES, Level, wrapAll, wrapLanes } from './levels.ts';
import { ROW } from './loop-plan.ts';
import { betterSource, combineSource, finishSource, isArg, rowArray, startSource } from './reduce-source.ts';
import { asNumber } from './scalar-source.ts';
import type { StageSource } from './stage-source.ts';

/** Largest expression whose reduction is unrolled (nodes). */
const UNROLL_LIMIT = 16;

/** Operations that do not become calls; of calls, an engine inlines only so many into one function. */
const CHEAP: ReadonlySet<ScalarOpName> = new Set<ScalarOpName>([
  'neg',
  'abs',
  'sqrt',
  'add',
  'sub',
  'mul',
  'div',
  'max',
  'min',
  'where',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
]);

/** Whether copies of a float reduction's body side by side pay. */
function unrolls(stage: ReduceStage, dtype: DType): boolean {
  let size = 0;
  let cheap = isFloat(dtype);
  walk(stage.expr, (expr) => {
    size++;
    if (expr.kind === 'op' && !CHEAP.has(expr.op)) cheap = false;
    if (expr.kind === 'gather' || expr.kind === 'random') cheap = false;
  });
  return cheap && size <= UNROLL_LIMIT;
}

/** A reduction while it is written. */
export interface Reduction {
  readonly source: StageSource;
  readonly stage: ReduceStage;
  /** The loops over its inner axes, and in rows the one along the row. */
  readonly levels: readonly Level[];
  /** Whether the summands of sums are left unrounded. */
  readonly exactSummands: boolean;
}

function summand({ stage, exactSummands }: Reduction, expression: ExpressionSource): string {
  expression.add(stage.expr);
  return asNumber(expression.write(stage.expr, !(exactSummands && stage.op === 'sum')));
}

/** Writes a reduction whose result is a variable `r`. */
export function reduceLine(reduction: Reduction): string {
  const { source, stage, levels } = reduction;
  const { op } = stage;
  const { number: s, prelude } = source;
  const dtype = exprDType(source.kernel, stage.expr);
  const expression = source.expressions(levels);
  const value = summand(reduction, expression);
  const start = `let a${s} = ${startSource(op, dtype)};`;
  if (op !== 'sum' && op !== 'prod') {
    const count = isArg(op) ? [`let r${s} = 0, k${s} = 0;`] : [];
    const place = isArg(op) ? ` r${s} = k${s};` : '';
    const next = isArg(op) ? `\nk${s} = k${s} + 1 | 0;` : '';
    // A running maximum rarely changes, which branch prediction likes.
    const better = betterSource(op, dtype, `y${s}`, `a${s}`);
    const take = `const y${s} = ${value};\nif (${better}) { a${s} = y${s};${place} }${next}`;
    const finish = isArg(op) ? [] : [`const r${s} = a${s};`];
    return [...prelude.head, start, ...count, wrapAll(levels, take), ...finish].join('\n');
  }
  const finish = `const r${s} = ${finishSource(op, dtype, `a${s}`)};`;
  const last = levels.at(-1);
  const combine = (text: string): string => combineSource(op, dtype, `a${s}`, text);
  const line =
    last && unrolls(stage, dtype) ? unrolled(last, s, value, op, combine) : wrapAll(levels.slice(-1), combine(value));
  return [...prelude.head, start, wrapAll(levels.slice(0, -1), line), finish].join('\n');
}

/** A balanced tree of sums or products. */
function fold(op: 'sum' | 'prod', values: readonly string[]): string {
  if (values.length === 1) return values[0] as string;
  const half = values.length / 2;
  return `(${fold(op, values.slice(0, half))} ${op === 'sum' ? '+' : '*'} ${fold(op, values.slice(half))})`;
}

/** Several values at a time are combined pairwise, so that the additions do not wait for each other. */
function unrolled(
  level: Level,
  s: number,
  value: string,
  op: 'sum' | 'prod',
  combine: (text: string) => string,
): string {
  const { counter, limit } = level;
  const names = Array.from({ length: LANES }, (_, lane) => `l${s}_${lane}`);
  const next = [...level.step, `${counter} = ${counter} + 1 | 0;`].join('\n');
  const lanes = names.map((name) => `{\n${[...level.head, `${name} = ${value};`, next].join('\n')}\n}`);
  return [
    ...level.before,
    `let ${counter} = 0, ${names.join(', ')};`,
    `for (const whole = ${limit} & ~${LANES - 1}; ${counter} < whole;) {`,
    ...lanes,
    `${combine(fold(op, names))}\n}`,
    `while (${counter} < ${limit}) {\n${[...level.head, combine(value), next].join('\n')}\n}`,
  ].join('\n');
}

/** Writes a reduction whose results are a row of values; `factory` takes the declaration of the row. */
export function reduceRows(reduction: Reduction, factory: string[]): string {
  const { source, stage, levels } = reduction;
  const { op } = stage;
  const { number: s, prelude } = source;
  const dtype = exprDType(source.kernel, stage.expr);
  const expression = source.expressions(levels);
  const value = summand(reduction, expression);
  const row = `row${s}[w]`;
  const limit = (levels.at(-1) as Level).limit;
  factory.push(`const row${s} = new ${rowArray(dtype)}(${ROW});`);
  const start = [`row${s}.fill(${startSource(op, dtype)}, 0, ${limit});`];
  if (op === 'sum' || op === 'prod') {
    const take = combineSource(op, dtype, row, value);
    const several = levels.length > 1 && source.isPlain && unrolls(stage, dtype);
    const loops = several ? severalLines(reduction, op, take) : wrapAll(levels, take);
    return [...prelude.head, ...start, loops].join('\n');
  }
  if (isArg(op)) {
    factory.push(`const at${s} = new Int32Array(${ROW});`);
    start.push(`at${s}.fill(0, 0, ${limit});`, `let k${s} = 0;`);
    levels.at(-2)?.step.push(`k${s} = k${s} + 1 | 0;`);
  }
  const place = isArg(op) ? ` at${s}[w] = k${s};` : '';
  const better = betterSource(op, dtype, `y${s}`, `best${s}`);
  const take = `const y${s} = ${value}, best${s} = ${row};\nif (${better}) { ${row} = y${s};${place} }`;
  return [...prelude.head, ...start, wrapAll(levels, take)].join('\n');
}

/** Loops that take several lines into the row in one pass, so that the row is loaded and stored less often. */
function severalLines(reduction: Reduction, op: 'sum' | 'prod', takeOne: string): string {
  const { source, stage, levels } = reduction;
  const [tail, tailRow] = levels.slice(-2) as [Level, Level];
  const main = new Level(tail.loop, tail.counter);
  const mainRow = new Level(tailRow.loop, tailRow.counter);
  const around = levels.slice(0, -2);
  const values = Array.from({ length: LANES }, (_, index) =>
    summand(reduction, source.expressions([...around, main, mainRow], { level: main, index })),
  );
  const dtype = exprDType(source.kernel, stage.expr);
  const takeAll = combineSource(op, dtype, `row${source.number}[w]`, fold(op, values));
  const lines = wrapLanes(main, mainRow.wrap(takeAll), tail, tailRow.wrap(takeOne));
  return wrapAll(around, lines);
}
