import type { Kernel } from '@flambeau/backend';
import { generateContraction } from '../contraction/generate.ts';
import { generateRoutine } from '../routines/generate.ts';
import { generateLoop, type Run } from './generate-loop.ts';

/** Generates code for a verified kernel. */
export function generate(kernel: Kernel): Run {
  switch (kernel.kind) {
    case 'loop':
      return generateLoop({ kernel });
    case 'contraction':
      return generateContraction(kernel);
    case 'routine':
      return generateRoutine(kernel);
  }
}
