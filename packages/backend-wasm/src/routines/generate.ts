import type { RoutineKernel, RoutineName } from '@flambeau/backend';
import type { Run, Runtime } from '../runtime/runtime.ts';
import { cumulate } from './cumulate.ts';
import { nonzero } from './nonzero.ts';
import { scatter } from './scatter.ts';
import { sort } from './sort.ts';

const makers: Readonly<Record<RoutineName, (kernel: RoutineKernel, runtime: Runtime) => Run>> = {
  scatter,
  cumulate,
  sort,
  nonzero,
};

/** Makes a routine ready; its modules are compiled when launches first need them. */
export function generateRoutine(kernel: RoutineKernel, runtime: Runtime): Run {
  return makers[kernel.name](kernel, runtime);
}
