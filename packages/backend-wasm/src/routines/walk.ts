import type { View } from '@flambeau/backend';
import { type FunctionBuilder, type I32, i32, type Local } from '../assembler/index.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** One axis of a walk: how far it goes, and how it moves in each operand (bytes). */
interface Axis {
  readonly extent: number;
  readonly strides: readonly number[];
}

/**
 * How a routine walks its operands: independent lines along one axis. Lines that lie side by side along a further axis, the
 * columns, are walked together.
 */
export interface Walk {
  /** Where each operand starts (bytes). */
  readonly bases: readonly number[];
  /** Along the lines. */
  readonly line: Axis;
  /** Across the lines; an extent of 1 where every line is walked alone. */
  readonly columns: Axis;
  /** Remaining axes, innermost first. */
  readonly outer: readonly Axis[];
}

/** Columns that are never divided between threads. */
const GROUP = 16;

/** Places of launch numbers (words). */
const GROUPS = 0;
const COLUMNS = 1;
const LENGTH = 2;
const RANK = 3;
const FIRST = 4;
const EXTRAS = 5;
const EXTRA_COUNT = 3;
const OPERANDS: number = EXTRAS + EXTRA_COUNT;

/** A memory access cheaper than a cache line of its own costs the bytes it moves by. */
function cost({ strides }: Axis, ignored: number): number {
  return strides.reduce((sum, stride, k) => sum + (k === ignored ? 0 : Math.min(64, Math.abs(stride))), 0);
}

/** Joins axes that walk as one in all operands; gives them innermost first. */
function joined(axes: readonly Axis[]): Axis[] {
  const reach = ({ strides }: Axis): number => strides.reduce((sum, stride) => sum + Math.abs(stride), 0);
  const found: Axis[] = [];
  for (const axis of [...axes].sort((a, b) => reach(a) - reach(b))) {
    const last = found.at(-1);
    if (last?.strides.every((stride, k) => stride * last.extent === axis.strides[k])) {
      found[found.length - 1] = { extent: last.extent * axis.extent, strides: last.strides };
    } else found.push(axis);
  }
  return found;
}

/**
 * Plans a walk along `dim` of a shape that is not empty.
 *
 * @param addresses - Where each operand's buffer starts (bytes).
 * @param sizes - Size of each operand's elements (bytes).
 * @param alone - Always walk lines one by one.
 * @param wandering - An operand whose place along the line is not known in advance.
 */
export function planWalk(
  shape: readonly number[],
  dim: number,
  views: readonly View[],
  addresses: readonly number[],
  sizes: readonly number[],
  alone = false,
  wandering = -1,
): Walk {
  const axis = (a: number): Axis => ({
    extent: shape[a] as number,
    strides: views.map((view, k) => (view.strides[a] as number) * (sizes[k] as number)),
  });
  const line = axis(dim);
  const others = joined(shape.flatMap((extent, a) => (a === dim || extent === 1 ? [] : [axis(a)])));
  const none: Axis = { extent: 1, strides: views.map(() => 0) };
  let columns = none;
  if (!alone) {
    const cheapest = others.reduce<Axis | null>(
      (best, each) => (best && cost(best, -1) <= cost(each, -1) ? best : each),
      null,
    );
    if (cheapest && (line.extent === 1 || cost(cheapest, -1) <= cost(line, wandering))) columns = cheapest;
  }
  return {
    bases: views.map((view, k) => (addresses[k] as number) + view.offset * (sizes[k] as number)),
    line,
    columns,
    outer: others.filter((each) => each !== columns),
  };
}

/** Number of units that a walk has for threads. */
export function unitsOf({ columns, outer }: Walk): number {
  return outer.reduce((units, { extent }) => units * extent, Math.ceil(columns.extent / GROUP));
}

/** The least number of units that is worth a thread. */
export function grainOf({ line, columns }: Walk, elements = 16384): number {
  return Math.max(1, Math.ceil(elements / (line.extent * Math.min(GROUP, columns.extent))));
}

/**
 * Writes a walk's launch numbers.
 *
 * @param extras - Further numbers, for {@link extra}.
 * @param first - The first line that is walked.
 */
export function writeWalk(runtime: Runtime, walk: Walk, extras: readonly number[] = [], first = 0): void {
  const { words } = runtime;
  const at = runtime.parameters >>> 2;
  const { line, columns, outer, bases } = walk;
  words[at + GROUPS] = Math.ceil(columns.extent / GROUP);
  words[at + COLUMNS] = columns.extent;
  words[at + LENGTH] = line.extent;
  words[at + RANK] = outer.length;
  words[at + FIRST] = first;
  extras.forEach((value, i) => {
    words[at + EXTRAS + i] = value;
  });
  let next = at + OPERANDS;
  for (const row of [bases, line.strides, columns.strides]) for (const value of row) words[next++] = value;
  for (const { extent, strides } of outer) {
    words[next++] = extent;
    for (const stride of strides) words[next++] = stride;
  }
}

/** What code inside a walk sees. */
export interface Panel {
  /** Where the panel's first line starts in each operand. */
  readonly at: readonly Local<'i32'>[];
  /** Number of columns. */
  readonly width: Local<'i32'>;
  /** Number of the panel's first line, among those that the dispatch walks. */
  readonly unit: Local<'i32'>;
}

/** A number given to {@link writeWalk}. */
export function extra(f: FunctionBuilder, index: number): I32 {
  return i32.load(f.parameter(0, 'i32'), 4 * (EXTRAS + index));
}

/** Number of elements of each line. */
export function lineLength(f: FunctionBuilder): I32 {
  return i32.load(f.parameter(0, 'i32'), 4 * LENGTH);
}

/** An operand's stride along the line (bytes). */
export function lineStride(f: FunctionBuilder, operands: number, operand: number): I32 {
  return i32.load(f.parameter(0, 'i32'), 4 * (OPERANDS + operands + operand));
}

/** An operand's stride from column to column (bytes). */
export function columnStride(f: FunctionBuilder, operands: number, operand: number): I32 {
  return i32.load(f.parameter(0, 'i32'), 4 * (OPERANDS + 2 * operands + operand));
}

/**
 * Emits the walk over the units of `run(parameters, scratch, begin, end)`: calls for one panel of columns at a time.
 *
 * @param most - The widest panel (columns).
 */
export function forEachPanel(f: FunctionBuilder, operands: number, most: number, body: (panel: Panel) => void): void {
  const parameters = f.parameter(0, 'i32');
  const end = f.parameter(3, 'i32');
  const word = (at: number): I32 => i32.load(parameters, 4 * at);
  const unit = f.local('i32', f.parameter(2, 'i32'));
  f.while(i32.lt_u(unit, end), () => {
    const groups = f.local('i32', word(GROUPS));
    const rest = f.local('i32', i32.div_u(unit, groups));
    const group = f.local('i32', i32.sub(unit, i32.mul(rest, groups)));
    // As many groups as there are in this row of columns, among the units asked for, and in a panel.
    const taken = f.local('i32', i32.sub(groups, group));
    for (const limit of [i32.sub(end, unit), i32.const(Math.max(1, Math.floor(most / GROUP)))]) {
      const bound = f.let(limit);
      f.if(i32.gt_u(taken, bound), () => f.set(taken, bound));
    }
    f.advance(rest, word(FIRST));
    const column = f.local('i32', i32.mul(group, i32.const(GROUP)));
    const at = Array.from({ length: operands }, (_, k) =>
      f.local('i32', i32.add(word(OPERANDS + k), i32.mul(column, columnStride(f, operands, k)))),
    );
    const axis = f.local('i32', i32.add(parameters, i32.const(4 * (OPERANDS + 3 * operands))));
    const left = f.local('i32', word(RANK));
    f.while(left, () => {
      const extent = f.local('i32', i32.load(axis));
      const next = f.local('i32', i32.const(0));
      // The outermost axis needs no division.
      f.if(i32.ge_u(rest, extent), () => {
        f.set(next, i32.div_u(rest, extent));
        f.set(rest, i32.sub(rest, i32.mul(next, extent)));
      });
      at.forEach((local, k) => void f.advance(local, i32.mul(rest, i32.load(axis, 4 * (k + 1)))));
      f.set(rest, next);
      f.advance(axis, 4 * (operands + 1));
      f.advance(left, -1);
    });
    const width = f.local('i32', i32.sub(word(COLUMNS), column));
    const widest = f.let(i32.mul(taken, i32.const(GROUP)));
    f.if(i32.gt_u(width, widest), () => f.set(width, widest));
    body({ at, width, unit });
    f.advance(unit, taken);
  });
}

/** Emits a loop that runs its body so many times, in which pointers advance by strides after each. */
export function times(
  f: FunctionBuilder,
  count: I32,
  moving: readonly (readonly [Local<'i32'>, I32 | number])[],
  body: () => void,
): void {
  const left = f.local('i32', count);
  f.while(left, () => {
    body();
    for (const [local, by] of moving) f.advance(local, by);
    f.advance(left, -1);
  });
}
