import { type ContractionKernel, contractionAsLoop, type DType } from '@flambeau/backend';
import { generateLoop } from '../loop/generate.ts';
import type { Run, Runtime } from '../runtime/runtime.ts';
import { isSimpleEpilogue } from './epilogue.ts';
import { PackedContraction } from './packed.ts';

/** Dtypes whose accumulator is a float32. */
const PACKED: ReadonlySet<DType> = new Set<DType>(['float32', 'float16', 'bfloat16']);

/** Generates code for a contraction: packed blocks where they pay, a sum per element elsewhere. */
export function generateContraction(kernel: ContractionKernel, runtime: Runtime): Run {
  const plain = (): Run => generateLoop(contractionAsLoop(kernel), runtime);
  if (!PACKED.has(kernel.inputs[0] as DType) || !isSimpleEpilogue(kernel)) return plain();
  const packed = new PackedContraction(kernel, runtime);
  if (!packed.fits) return plain();
  let runPlain: Run | undefined;
  return (buffers, launch) => {
    if (packed.suits(launch)) {
      packed.run(buffers, launch);
    } else {
      runPlain ??= plain();
      runPlain(buffers, launch);
    }
  };
}
