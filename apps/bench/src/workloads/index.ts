import { convWorkload } from './conv.ts';
import { eagerWorkload } from './eager.ts';
import { mapWorkload } from './map.ts';
import { matmulWorkload, oddMatmulWorkload } from './matmul.ts';
import { memoryWorkload } from './mem.ts';
import { reductionWorkload } from './red.ts';
import { roofWorkload } from './roof.ts';
import { startWorkload } from './start.ts';
import { submitsWorkload } from './submits.ts';
import { threadsWorkload } from './threads.ts';
import { trainingWorkloads } from './training.ts';
import type { CaseWorkload, SpecialWorkload } from './workload.ts';

/**
 * The workloads that can be measured, in the order of a full run: memory first, before others leave theirs behind.
 *
 * @param limit - Largest extent of what they work on (elements); for a quick look whether they work at all.
 */
export function workloadsUpTo(limit: number): (CaseWorkload | SpecialWorkload)[] {
  return [
    memoryWorkload(limit),
    startWorkload,
    roofWorkload,
    matmulWorkload(limit),
    oddMatmulWorkload(limit),
    convWorkload(limit),
    mapWorkload(limit),
    reductionWorkload(limit),
    eagerWorkload(limit),
    ...trainingWorkloads(limit),
    submitsWorkload(limit),
    threadsWorkload(limit),
  ];
}

/** The workloads in their full size. */
export const workloads: readonly (CaseWorkload | SpecialWorkload)[] = workloadsUpTo(Number.POSITIVE_INFINITY);
