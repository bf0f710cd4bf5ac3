import type { HostArray, Launch, LoopKernel } from '@flambeau/backend';
import { instantiate } from './instantiate.ts';
import { type LoopPlan, planLines, planRows, rowChoice } from './loop-plan.ts';
import { type LoopInput, loopSource } from './loop-source.ts';
import { prime } from './prime.ts';
import { Specializer } from './specialize.ts';

/** Memory as generated code sees it. */
export interface DataHolder {
  readonly data: HostArray;
}

/** Runs a kernel on buffers: inputs, then outputs. */
export type Run = (buffers: readonly DataHolder[], launch: Launch) => void;

/** Fewest outer elements for which rows pay, and the most inner ones below which they pay although lines walk better. */
const SHORT_ROW = 4;
const SHORT_LINE = 16;

/** Generates code for a loop kernel: one variant per way in which launches walk memory, made when first needed. */
export function generateLoop(input: LoopInput): Run {
  const specializer = new Specializer(input);
  if (!specializer.open) return generateVariant(input);
  const variants = new Map<number, Run>();
  let lastKey = -1;
  let last: Run;
  return (buffers, launch) => {
    const key = specializer.key(launch);
    if (key !== lastKey) {
      let run = variants.get(key);
      if (!run) {
        run = generateVariant(specializer.specialize(launch));
        variants.set(key, run);
      }
      last = run;
      lastKey = key;
    }
    last(buffers, launch);
  };
}

/** Generates code for one layout, by lines or by rows. */
function generateVariant(input: LoopInput): Run {
  const { kernel } = input;
  const lines = (): Run => compile(input, planLines(kernel));
  const { axis, byRows, byLines } = rowChoice(kernel);
  if (axis < 0 || byRows <= 0) return lines();
  const rows = (): Run => compile(input, planRows(kernel, axis));
  const rowsByDefault = byRows > byLines;
  let runLines: Run | undefined;
  let runRows: Run | undefined;
  return (buffers, launch) => {
    const length = launch.extents[axis] as number;
    const useRows = rowsByDefault
      ? length >= SHORT_ROW
      : length >= SHORT_LINE && innerVolume(kernel, launch) < SHORT_LINE;
    if (useRows) {
      runRows ??= rows();
      runRows(buffers, launch);
    } else {
      runLines ??= lines();
      runLines(buffers, launch);
    }
  };
}

function compile(input: LoopInput, plan: LoopPlan): Run {
  const run = instantiate<Run>(loopSource(input, plan));
  prime(run, input, plan);
  return run;
}

/** Size of all stages' inner axes together; a bound on each stage's own. */
function innerVolume(kernel: LoopKernel, launch: Launch): number {
  let volume = 1;
  for (let at = kernel.outer; at < launch.extents.length; at++) volume *= launch.extents[at] as number;
  return volume;
}
