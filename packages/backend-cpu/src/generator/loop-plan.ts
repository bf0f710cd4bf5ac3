import {
  type Access,
  type AxisStep,
  type Expr,
  innerOffsets,
  type LoopKernel,
  type Stage,
  walk,
} from '@flambeau/backend';
import type { Loop } from './levels.ts';

/** How the loops of a kernel are ordered. */
export interface LoopPlan {
  /** Loops around all stages, outermost first. */
  readonly outer: readonly Loop[];
  /** Loops of each stage inside them, outermost first. */
  readonly inner: readonly (readonly Loop[])[];
  /** Whether the last loop of each stage runs along an outer axis, so that stage results are rows of values. */
  readonly rows: boolean;
}

/** Elements of a row of stage results: such rows stay in the nearest cache. */
export const ROW = 1024;

/** Side lengths of a tile of a transposing copy, along the output's axis and the input's. */
const TILE_WRITE = 16;
const TILE_READ = 64;

const WEIGHT: Readonly<Record<AxisStep, number>> = { unit: 2, zero: 1, strided: 0 };

/** The accesses that a stage reads and writes. */
function stageAccesses(stage: Stage): number[] {
  const found = new Set<number>();
  const visit = (expr: Expr): void => {
    if (expr.kind === 'load' || expr.kind === 'gather') found.add(expr.access);
  };
  walk(stage.expr, visit);
  if (stage.kind === 'store') found.add(stage.access);
  return [...found];
}

function score(accesses: readonly Access[], axis: number): number {
  return accesses.reduce((sum, access) => sum + WEIGHT[access.steps[axis] as AxisStep], 0);
}

function accessesOf(kernel: LoopKernel, stage: Stage): Access[] {
  return stageAccesses(stage).map((access) => kernel.accesses[access] as Access);
}

/** The axis with the best score in a range of axes; the later one where equal, -1 where there is none. */
function best(accesses: readonly Access[], from: number, to: number): number {
  let found = -1;
  for (let axis = from; axis < to; axis++) {
    if (found < 0 || score(accesses, axis) >= score(accesses, found)) found = axis;
  }
  return found;
}

/** Inner loops of a stage: the axis that walks memory by units goes last, except where positions are counted. */
function innerLoops(kernel: LoopKernel, stage: Stage, offset: number): Loop[] {
  const axes = Array.from({ length: stage.inner }, (_, i) => kernel.outer + i);
  if (stage.kind === 'store' || stage.op.startsWith('arg') === false) {
    const last = best(accessesOf(kernel, stage), kernel.outer, kernel.outer + stage.inner);
    if (last >= 0) axes.push(...axes.splice(axes.indexOf(last), 1));
  }
  return axes.map((axis) => full(axis, offset + axis - kernel.outer));
}

function full(axis: number, extent: number): Loop {
  return { axis, extent, role: 'full', chunk: 0 };
}

/** The outer axis along which rows of stage results could run, and how well each way walks the memory. */
export function rowChoice(kernel: LoopKernel): {
  readonly axis: number;
  readonly byRows: number;
  readonly byLines: number;
} {
  const stages = kernel.stages.filter((stage) => stage.inner > 0);
  const accesses = stages.flatMap((stage) => accessesOf(kernel, stage));
  const axis = stages.length ? best(accesses, 0, kernel.outer) : -1;
  let byLines = 0;
  for (const stage of stages) {
    const own = accessesOf(kernel, stage);
    byLines += score(own, best(own, kernel.outer, kernel.outer + stage.inner));
  }
  return { axis, byRows: axis < 0 ? -1 : score(accesses, axis), byLines };
}

/** Loops with the stages' inner axes innermost, each outer index on its own. */
export function planLines(kernel: LoopKernel): LoopPlan {
  const offsets = innerOffsets(kernel);
  const inner = kernel.stages.map((stage, s) => innerLoops(kernel, stage, offsets[s] as number));
  const axes = Array.from({ length: kernel.outer }, (_, axis) => axis);
  if (kernel.stages.some((stage) => stage.inner > 0))
    return { outer: axes.map((axis) => full(axis, axis)), inner, rows: false };
  const accesses = kernel.stages.flatMap((stage) => accessesOf(kernel, stage));
  const last = best(accesses, 0, kernel.outer);
  if (last < 0) return { outer: [], inner, rows: false };
  const across = axes.find((axis) => axis !== last && accesses.some((access) => access.steps[axis] === 'unit'));
  const rest = axes.filter((axis) => axis !== last && axis !== across).map((axis) => full(axis, axis));
  if (across === undefined) return { outer: [...rest, full(last, last)], inner, rows: false };
  // Some access walks by units along another axis: in tiles, both ways stay in cache.
  const tile = (axis: number, role: Loop['role'], chunk: number): Loop => ({ axis, extent: axis, role, chunk });
  const tiles = [tile(across, 'chunk', TILE_READ), tile(last, 'chunk', TILE_WRITE)];
  const within = [tile(across, 'within', TILE_READ), tile(last, 'within', TILE_WRITE)];
  return { outer: [...rest, ...tiles, ...within], inner, rows: false };
}

/** Loops with one outer axis innermost, in rows of at most {@link ROW}. */
export function planRows(kernel: LoopKernel, axis: number): LoopPlan {
  const offsets = innerOffsets(kernel);
  const rest = Array.from({ length: kernel.outer }, (_, other) => other).filter((other) => other !== axis);
  const row: Loop = { axis, extent: axis, role: 'within', chunk: ROW };
  return {
    outer: [...rest.map((other) => full(other, other)), { ...row, role: 'chunk' }],
    inner: kernel.stages.map((stage, s) => [
      ...Array.from({ length: stage.inner }, (_, i) => full(kernel.outer + i, (offsets[s] as number) + i)),
      row,
    ]),
    rows: true,
  };
}
