import type { Kernel } from '@flambeau/backend';
import { generateContraction } from './contraction/generate.ts';
import { generateLoop } from './loop/generate.ts';
import { generateRoutine } from './routines/generate.ts';
import type { Recorder, Run } from './runtime/recorder.ts';

/** Makes a verified kernel ready to run. */
export function generate(kernel: Kernel, recorder: Recorder): Run {
  switch (kernel.kind) {
    case 'loop':
      return generateLoop({ kernel }, recorder);
    case 'contraction':
      return generateContraction(kernel, recorder);
    case 'routine':
      return generateRoutine(kernel, recorder);
  }
}
