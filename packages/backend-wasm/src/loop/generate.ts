import { type Launch, type LoopKernel, type Stage, walk } from '@flambeau/backend';
import { ModuleBuilder } from '../assembler/index.ts';
import type { Program, Run, Runtime } from '../runtime/runtime.ts';
import type { Lanes } from '../vector/emitter.ts';
import { elementCost } from './cost.ts';
import { storeElements } from './element-access.ts';
import { Evaluation } from './evaluate.ts';
import { LaunchLayout, SPLIT_AXIS, SPLIT_SIZE } from './launch-layout.ts';
import { type LoopInput, stageAccesses } from './loop-input.ts';
import { Nest, type Position, type Range, type Site } from './nest.ts';
import { type Loop, type LoopPlan, planElements, planLines, planRows, rowChoice } from './plan.ts';
import { isSmall, type Reduction, reduceLines, reduceRows, validLanes } from './reduce.ts';
import { Specializer } from './specialize.ts';

/** Fewest outer elements for which rows pay, and the most inner ones below which they pay although lines walk better. */
const SHORT_ROW = 3;
const SHORT_LINE = 8;

/** Elements in one unit of an axis that lanes run along. */
const UNIT = 64;

/** What a thread should at least be given (nanoseconds). */
const GRAIN = 15_000;

/** Generates code for a loop kernel: one variant per way in which launches walk memory, made when first needed. */
export function generateLoop(input: LoopInput, runtime: Runtime): Run {
  const specializer = new Specializer(input);
  if (!specializer.open) return generateVariant(input, runtime);
  const variants = new Map<number, Run>();
  let lastKey = -1;
  let last: Run;
  return (buffers, launch) => {
    const key = specializer.key(launch);
    if (key !== lastKey) {
      let run = variants.get(key);
      if (!run) {
        run = generateVariant(specializer.specialize(launch), runtime);
        variants.set(key, run);
      }
      last = run;
      lastKey = key;
    }
    last(buffers, launch);
  };
}

/** Generates code for one layout, by lines or by rows. */
function generateVariant(input: LoopInput, runtime: Runtime): Run {
  const { kernel } = input;
  if (kernel.stages.every((stage) => stage.inner === 0)) return compile(input, planElements(kernel), runtime);
  const lines = (): Run => compile(input, planLines(kernel), runtime);
  const { axis, byRows, byLines } = rowChoice(kernel);
  if (axis < 0 || byRows <= 0) return lines();
  const rows = (): Run => compile(input, planRows(kernel, axis), runtime);
  const rowsByDefault = byRows > byLines;
  let runLines: Run | undefined;
  let runRows: Run | undefined;
  return (buffers, launch) => {
    const length = launch.extents[axis] as number;
    const useRows = rowsByDefault
      ? length >= SHORT_ROW
      : length >= 2 * SHORT_LINE && innerVolume(kernel, launch) < SHORT_LINE;
    if (useRows) {
      runRows ??= rows();
      runRows(buffers, launch);
    } else {
      runLines ??= lines();
      runLines(buffers, launch);
    }
  };
}

/** Size of all stages' inner axes together; a bound on each stage's own. */
function innerVolume(kernel: LoopKernel, launch: Launch): number {
  let volume = 1;
  for (let at = kernel.outer; at < launch.extents.length; at++) volume *= launch.extents[at] as number;
  return volume;
}

/** Compiles one variant, and decides at each launch which axis threads share. */
function compile(input: LoopInput, plan: LoopPlan, runtime: Runtime): Run {
  const { kernel } = input;
  const layout = new LaunchLayout(input, scopesOf(kernel));
  let program: Program | undefined;
  const costs = kernel.stages.map((stage) => elementCost(kernel, stage));
  const loops = plan.lanes ? [...plan.outer, plan.lanes] : plan.outer;
  const splitBase = runtime.parameters >>> 2;
  return (buffers, launch) => {
    program ??= emit(input, plan, layout, runtime);
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

function emit(input: LoopInput, plan: LoopPlan, layout: LaunchLayout, runtime: Runtime): Program {
  const { kernel } = input;
  const module = new ModuleBuilder(runtime.memory);
  const f = module.function({ parameters: ['i32', 'i32', 'i32', 'i32'], results: [] }, 'run');
  const nest = new Nest({ module, f, features: runtime.features }, input, layout);
  const all = kernel.accesses.map((_, number) => number);
  // Whatever is loaded once must be loaded ahead of the loops.
  for (const stage of kernel.stages) {
    walk(stage.expr, (expr) => {
      if (expr.kind === 'scalar') nest.scalar(expr.slot);
    });
  }
  for (const loop of plan.inner.flat()) nest.extent(loop.extent);
  const shares = new Map<Loop, Range>();
  for (const loop of [...plan.outer, ...(plan.lanes ? [plan.lanes] : [])]) shares.set(loop, nest.share(loop));
  const share = (loop: Loop): Range => shares.get(loop) as Range;

  const outer = (loops: readonly Loop[], at: Position, body: (at: Position, tile?: Range) => void): void => {
    const [first, ...rest] = loops;
    if (!first) body(at);
    else if (!first.tile || !plan.lanes) {
      nest.scalarLoop(at, all, first.axis, share(first), (inside) => outer(rest, inside, body));
    } else {
      const { lanes } = plan;
      nest.tiles(share(first), first.tile, (across) => {
        nest.tiles(share(lanes), lanes.tile, (along) => {
          nest.scalarLoop(at, all, first.axis, across, (inside) => body(inside, along));
        });
      });
    }
  };
  outer(plan.outer, nest.start, (at, tile) => {
    if (plan.mode === 'lines') emitLines(nest, input, plan, at);
    else if (plan.lanes) emitRows(nest, input, plan, plan.lanes, at, tile ?? share(plan.lanes));
    else emitSites(nest, input, plan, [{ position: at, axis: -1, block: 0 }]);
  });
  return runtime.load(module.encode(), module.imports);
}

function reductionOf(
  nest: Nest,
  input: LoopInput,
  plan: LoopPlan,
  number: number,
  results: ReadonlyMap<number, Lanes>,
): Reduction {
  const stage = input.kernel.stages[number] as Extract<Stage, { kind: 'reduce' }>;
  return { nest, stage, loops: plan.inner[number] ?? [], fuse: input.exactSummands === true, results };
}

/** The stages at one outer index, each with lanes along its own inner axis. */
function emitLines(nest: Nest, input: LoopInput, plan: LoopPlan, at: Position): void {
  const results = new Map<number, Lanes>();
  input.kernel.stages.forEach((stage, s) => {
    if (stage.kind === 'reduce') {
      results.set(s, reduceLines(reductionOf(nest, input, plan, s, results), at));
      return;
    }
    const accesses = stageAccesses(stage);
    const store = (site: Site): void =>
      storeElements(nest, stage.access, site, new Evaluation(nest, site, results).of(stage.expr));
    const walkLoops = (loops: readonly Loop[], inside: Position): void => {
      const [first, ...rest] = loops;
      if (!first) store({ position: inside, axis: -1, block: 0 });
      else if (rest.length) {
        nest.scalarLoop(inside, accesses, first.axis, nest.range(first), (next) => walkLoops(rest, next));
      } else {
        const blocks = isSmall(stage.expr) ? 2 : 1;
        nest.lanesLoop(
          inside,
          accesses,
          first.axis,
          nest.range(first),
          blocks,
          (sites) => sites.forEach(store),
          (site) => store({ ...site, valid: validLanes(nest, site.count as NonNullable<Site['count']>) }),
        );
      }
    };
    walkLoops(plan.inner[s] ?? [], at);
  });
}

/** Groups of the row that are worked on side by side: whole cache lines where a column is walked down. */
function blocksOf({ stages }: LoopKernel): number {
  if (!stages.every((stage) => isSmall(stage.expr))) return 1;
  return stages.some((stage) => stage.kind === 'reduce') ? 4 : 2;
}

/** The stages with lanes along an outer axis. */
function emitRows(nest: Nest, input: LoopInput, plan: LoopPlan, lanes: Loop, at: Position, range: Range): void {
  const all = input.kernel.accesses.map((_, number) => number);
  nest.lanesLoop(
    at,
    all,
    lanes.axis,
    range,
    blocksOf(input.kernel),
    (sites) => emitSites(nest, input, plan, sites),
    (site) => {
      emitSites(nest, input, plan, [{ ...site, valid: validLanes(nest, site.count as NonNullable<Site['count']>) }]);
    },
  );
}

function emitSites(nest: Nest, input: LoopInput, plan: LoopPlan, sites: readonly Site[]): void {
  const results = sites.map(() => new Map<number, Lanes>());
  input.kernel.stages.forEach((stage, s) => {
    const loops = plan.inner[s] ?? [];
    if (stage.kind === 'reduce') {
      // Every site has results of its own; the code of a reduction looks at those of its site.
      const found = reduceRows(
        sites.map((_, i) => reductionOf(nest, input, plan, s, results[i] as Map<number, Lanes>)),
        sites,
      );
      found.forEach((value, i) => results[i]?.set(s, value));
      return;
    }
    const accesses = stageAccesses(stage);
    const walkLoops = (rest: readonly Loop[], position: Position): void => {
      const [first, ...others] = rest;
      if (first) {
        nest.scalarLoop(position, accesses, first.axis, nest.range(first), (next) => walkLoops(others, next));
        return;
      }
      sites.forEach((site, i) => {
        const here = { ...site, position };
        const value = new Evaluation(nest, here, results[i] as Map<number, Lanes>).of(stage.expr);
        storeElements(nest, stage.access, here, value);
      });
    };
    walkLoops(loops, (sites[0] as Site).position);
  });
}
