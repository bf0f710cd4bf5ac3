import { type Launch, type LoopKernel, stageAccesses } from '@flambeau/backend';
import type { Program, Run, Runtime } from '../runtime/runtime.ts';
import { elementCost } from './cost.ts';
import { emitLoop } from './emit.ts';
import { LaunchLayout, SPLIT_AXIS, SPLIT_SIZE } from './launch-layout.ts';
import { type Loop, type LoopPlan, planElements, planLines, planRows, rowChoice } from './plan.ts';
import type { SizedInput } from './sized-input.ts';
import { SizeSpecializer } from './specialize.ts';

/** Fewest outer elements for which rows pay, and the length of lines below which they pay although lines walk better. */
const SHORT_ROW = 3;
const SHORT_LINE = 8;

/** Elements in one unit of an axis that lanes run along. */
const UNIT = 64;

/** What a thread should at least be given (nanoseconds). */
const GRAIN = 15_000;

/** Generates code for a loop kernel: one variant per way in which launches walk memory, made when first needed. */
export function generateLoop(input: SizedInput, runtime: Runtime): Run {
  const specializer = new SizeSpecializer(input);
  if (!specializer.isOpen) return generateVariant(input, runtime);
  const variants = new Map<string, Run>();
  let lastStrides = -1;
  let lastSizes = -1;
  let last: Run;
  return (buffers, launch) => {
    const strides = specializer.stridesKey(launch);
    const sizes = specializer.sizesKey(launch);
    if (strides !== lastStrides || sizes !== lastSizes) {
      const key = `${strides} ${sizes}`;
      let run = variants.get(key);
      if (!run) {
        run = generateVariant(specializer.specialize(launch), runtime);
        variants.set(key, run);
      }
      last = run;
      lastStrides = strides;
      lastSizes = sizes;
    }
    last(buffers, launch);
  };
}

/** Generates code for one layout, by lines or by rows. */
function generateVariant(input: SizedInput, runtime: Runtime): Run {
  const { kernel } = input;
  if (kernel.stages.every((stage) => stage.inner === 0)) return compile(input, planElements(input), runtime);
  const plan = planLines(input);
  const lines = (): Run => compile(input, plan, runtime);
  const { axis, byRows, byLines } = rowChoice(kernel);
  if (axis < 0) return lines();
  const rows = (): Run => compile(input, planRows(input, axis), runtime);
  const rowsByDefault = byRows > byLines;
  // Launch extents of the axes that lanes would run along.
  const along = plan.inner.flatMap((loops) => loops.at(-1)?.extent ?? []);
  let runLines: Run | undefined;
  let runRows: Run | undefined;
  return (buffers, launch) => {
    const { extents } = launch;
    const isShort = along.every((extent) => (extents[extent] as number) < SHORT_LINE);
    if ((extents[axis] as number) >= SHORT_ROW && (rowsByDefault || isShort)) {
      runRows ??= rows();
      runRows(buffers, launch);
    } else {
      runLines ??= lines();
      runLines(buffers, launch);
    }
  };
}

/** Compiles one variant, and decides at each launch which axis threads share. */
function compile(input: SizedInput, plan: LoopPlan, runtime: Runtime): Run {
  const { kernel } = input;
  const layout = new LaunchLayout(input, scopesOf(kernel));
  let program: Program | undefined;
  const costs = kernel.stages.map((stage) => elementCost(kernel, stage));
  const loops = plan.lanes ? [...plan.outer, plan.lanes] : plan.outer;
  const splitBase = runtime.parameters >>> 2;
  return (buffers, launch) => {
    program ??= emitLoop(input, plan, layout, runtime);
    layout.write(runtime, buffers, launch);
    const { words } = runtime;
    let split: Loop | undefined;
    let extent = 1;
    let volume = 1;
    for (const loop of loops) {
      const size = launch.extents[loop.extent] as number;
      volume *= size;
      if (split && size <= extent) continue;
      split = loop;
      extent = size;
    }
    if (volume === 0) return;
    const size = split && split === plan.lanes ? UNIT : 1;
    const units = Math.ceil(extent / size);
    words[splitBase + SPLIT_AXIS] = split ? split.axis : -1;
    words[splitBase + SPLIT_SIZE] = size;
    if (runtime.threads === 1 || units === 1) runtime.dispatch(program, units, units);
    else {
      const work = (volume / units) * stageCost(kernel, costs, launch);
      runtime.dispatch(program, units, Math.max(1, Math.ceil(GRAIN / work)));
    }
  };
}

/** Time for all stages at one outer index (nanoseconds, roughly). */
function stageCost(kernel: LoopKernel, costs: readonly number[], launch: Launch): number {
  let sum = 0;
  let at = kernel.outer;
  kernel.stages.forEach((stage, s) => {
    let elements = 1;
    for (let i = 0; i < stage.inner; i++) elements *= launch.extents[at++] as number;
    sum += elements * (costs[s] as number);
  });
  return sum;
}

/** Number of axes in scope of each access, without a gather's computed indices. */
function scopesOf(kernel: LoopKernel): number[] {
  const scopes = kernel.accesses.map(() => kernel.outer);
  for (const stage of kernel.stages)
    for (const number of stageAccesses(stage)) scopes[number] = kernel.outer + stage.inner;
  return scopes;
}
