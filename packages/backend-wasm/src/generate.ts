import type { Kernel } from '@flambeau/backend';
import { generateContraction } from './contraction/generate.ts';
import { generateLoop } from './loop/generate.ts';
import { generateRoutine } from './routines/generate.ts';
import type { Run, Runtime } from './runtime/runtime.ts';

/** Generates code for a verified kernel. */
export function generate(kernel: Kernel, runtime: Runtime): Run {
  switch (kernel.kind) {
    case 'loop':
      return generateLoop({ kernel }, runtime);
    case 'contraction':
      return generateContraction(kernel, runtime);
    case 'routine':
      return generateRoutine(kernel, runtime);
  }
}
