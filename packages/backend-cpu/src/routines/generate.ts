import type { RoutineKernel, RoutineName } from '@flambeau/backend';
import type { Run } from '../generator/generate-loop.ts';
import { cumulate } from './cumulate.ts';
import { nonzero } from './nonzero.ts';
import { scatter } from './scatter.ts';
import { sort } from './sort.ts';

const makers: Readonly<Record<RoutineName, (kernel: RoutineKernel) => Run>> = { scatter, cumulate, sort, nonzero };

/** Makes a routine ready, with the parts that touch memory generated for its dtypes. */
export function generateRoutine(kernel: RoutineKernel): Run {
  return makers[kernel.name](kernel);
}
