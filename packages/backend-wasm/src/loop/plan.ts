import { type Access, type AxisStep, countsPositions, innerOffsets, type LoopKernel } from '@flambeau/backend';
import { accessesOf, type SizedInput } from './sized-input.ts';

/** One loop of a nest. */
export interface Loop {
  /** The axis in scope that it runs along. */
  readonly axis: number;
  /** Where the axis's size stands in the launch's extents. */
  readonly extent: number;
  /** The axis's size, where it is short and known. */
  readonly size?: number | undefined;
  /** Side of the tiles in which the axis is walked (elements); 0 for all of it at once. */
  readonly tile: number;
}

/** How the loops of a kernel are ordered, and along which axis elements are computed side by side. */
export interface LoopPlan {
  /**
   * `rows`: lanes run along an outer axis, so that stage results differ from lane to lane. `lines`: lanes run along an inner
   * axis of each stage, and a stage result is one value.
   */
  readonly mode: 'rows' | 'lines';
  /** Loops around all stages, outermost first; in rows, without the one that lanes run along. */
  readonly outer: readonly Loop[];
  /** In rows, the loop that lanes run along; absent for a kernel without axes. */
  readonly lanes?: Loop;
  /** Loops of each stage inside them, outermost first; in lines, the last one is run along by lanes. */
  readonly inner: readonly (readonly Loop[])[];
}

/** Side lengths of a tile of a transposing copy: along the axis that lanes run along, and across. */
const TILE_ALONG = 16;
const TILE_ACROSS = 64;

const WEIGHT: Readonly<Record<AxisStep, number>> = { unit: 2, zero: 1, strided: 0 };

function score(accesses: readonly Access[], axis: number): number {
  return accesses.reduce((sum, access) => sum + WEIGHT[access.steps[axis] as AxisStep], 0);
}

/** The axis with the best score in a range of axes; the later one where equal, -1 where there is none. */
function best(accesses: readonly Access[], from: number, to: number): number {
  let found = -1;
  for (let axis = from; axis < to; axis++) {
    if (found < 0 || score(accesses, axis) >= score(accesses, found)) found = axis;
  }
  return found;
}

function whole(axis: number, extent: number): Loop {
  return { axis, extent, tile: 0 };
}

function inside(axis: number, extent: number, sizes: SizedInput['sizes']): Loop {
  return { axis, extent, size: sizes?.get(extent), tile: 0 };
}

/** The outer axis along which lanes could run, and how well each way walks the memory. */
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

/** Lanes along the inner axes of each stage; the axis that walks memory by units goes last. */
export function planLines({ kernel, sizes }: SizedInput): LoopPlan {
  const offsets = innerOffsets(kernel);
  const inner = kernel.stages.map((stage, s) => {
    const axes = Array.from({ length: stage.inner }, (_, i) => kernel.outer + i);
    const last = countsPositions(stage)
      ? -1
      : best(accessesOf(kernel, stage), kernel.outer, kernel.outer + stage.inner);
    if (last >= 0) axes.push(...axes.splice(axes.indexOf(last), 1));
    return axes.map((axis) => inside(axis, (offsets[s] as number) + axis - kernel.outer, sizes));
  });
  return { mode: 'lines', outer: Array.from({ length: kernel.outer }, (_, axis) => whole(axis, axis)), inner };
}

/** Lanes along an outer axis, inside all other outer ones. */
export function planRows({ kernel, sizes }: SizedInput, axis: number): LoopPlan {
  const offsets = innerOffsets(kernel);
  const rest = Array.from({ length: kernel.outer }, (_, other) => other).filter((other) => other !== axis);
  const inner = kernel.stages.map((stage, s) =>
    Array.from({ length: stage.inner }, (_, i) => inside(kernel.outer + i, (offsets[s] as number) + i, sizes)),
  );
  return {
    mode: 'rows',
    outer: rest.map((other) => whole(other, other)),
    ...(axis >= 0 && { lanes: whole(axis, axis) }),
    inner,
  };
}

/** Lanes along the best outer axis of a kernel whose stages have no axes of their own; in tiles where it transposes. */
export function planElements(input: SizedInput): LoopPlan {
  const { kernel } = input;
  const accesses = kernel.stages.flatMap((stage) => accessesOf(kernel, stage));
  const along = best(accesses, 0, kernel.outer);
  const plan = planRows(input, along);
  const across = plan.outer.find(({ axis }) => accesses.some((access) => access.steps[axis] === 'unit'));
  if (!across || !plan.lanes) return plan;
  // Some access walks by units along another axis: in tiles, both ways stay in cache.
  const outer = plan.outer.filter((loop) => loop !== across);
  return { ...plan, outer: [...outer, { ...across, tile: TILE_ACROSS }], lanes: { ...plan.lanes, tile: TILE_ALONG } };
}
