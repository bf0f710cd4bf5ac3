import {
  countsPositions,
  type DType,
  exprDType,
  type LoopKernel,
  type ReduceStage,
  type Stage,
} from '@flambeau/backend';
import { stagesIn } from './stages.ts';

/** In which pass each stage is folded when rows are cut in chunks; passes count from 0. */
export interface Passes {
  /** For each reduce stage with inner axes, its pass; -1 for other stages. */
  readonly of: readonly number[];
  /** The pass of the stores, which is the last one. */
  readonly last: number;
}

/** A stage waits for the stages it reads. */
export function passesOf({ stages }: LoopKernel): Passes {
  /** The first pass in which a stage's result is known. */
  const known: number[] = [];
  const of = stages.map((stage, s) => {
    const ready = Math.max(0, ...[...stagesIn(stage.expr)].map((read) => known[read] as number));
    const isFold = stage.kind === 'reduce' && stage.inner > 0;
    known[s] = isFold ? ready + 1 : ready;
    return isFold ? ready : -1;
  });
  return { of, last: Math.max(0, ...known) };
}

/** The stages whose results some stages need, directly or through others. */
export function neededBy(
  { stages }: LoopKernel,
  roots: Iterable<number>,
  stop: (stage: number) => boolean,
): Set<number> {
  const found = new Set<number>();
  const visit = (s: number): void => {
    for (const read of stagesIn((stages[s] as Stage).expr)) {
      if (found.has(read)) continue;
      found.add(read);
      if (!stop(read)) visit(read);
    }
  };
  for (const root of roots) visit(root);
  return found;
}

/** Where the parts of each reduce stage stand in scratch memory, counted in parts of one row and chunk. */
export function partSlots(
  kernel: LoopKernel,
  width: number,
): { readonly first: readonly number[]; readonly count: number } {
  let count = 0;
  const first = kernel.stages.map((stage) => {
    const at = count;
    if (stage.kind === 'reduce' && stage.inner > 0) count += (countsPositions(stage) ? 2 : 1) * width;
    return at;
  });
  return { first, count };
}

/** The dtype of what a reduce stage folds. */
export function foldedDType(kernel: LoopKernel, stage: ReduceStage): DType {
  return exprDType(kernel, stage.expr);
}
