import type { RoutineKernel, RoutineName } from '@flambeau/backend';
import type { Recorder, Run } from '../runtime/recorder.ts';
import { cumulate } from './cumulate.ts';
import { nonzero } from './nonzero.ts';
import { scatter } from './scatter.ts';
import { sort } from './sort.ts';

const makers: Readonly<Record<RoutineName, (kernel: RoutineKernel, recorder: Recorder) => Run>> = {
  scatter,
  cumulate,
  sort,
  nonzero,
};

/** Makes a routine ready; its shaders are compiled when launches first need them. */
export function generateRoutine(kernel: RoutineKernel, recorder: Recorder): Run {
  return makers[kernel.name](kernel, recorder);
}
