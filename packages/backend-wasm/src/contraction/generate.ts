import type { ContractionKernel, DType } from '@flambeau/backend';
import type { Run, Runtime } from '../runtime/runtime.ts';
import { generateLoop } from '../loop/generate.ts';
import { contractionAsLoop } from './as-loop.ts';
import { groupSize } from './blocks.ts';
import { isSimpleEpilogue } from './epilogue.ts';
import { packedContraction } from './packed.ts';

/** Dtypes whose accumulator is a float32. */
const PACKED: ReadonlySet<DType> = new Set<DType>(['float32', 'float16', 'bfloat16']);

/** Below so many products per index of the batch, or so few lines of an operand, packing costs more than it saves. */
const FEW_PRODUCTS = 512;
const FEW_LINES = 3;

/** Generates code for a contraction: packed blocks where they pay, a sum per element elsewhere. */
export function generateContraction(kernel: ContractionKernel, runtime: Runtime): Run {
  const plain = (): Run => generateLoop(contractionAsLoop(kernel), runtime);
  const packed = PACKED.has(kernel.inputs[0] as DType) && isSimpleEpilogue(kernel) ? packedContraction(kernel, runtime) : null;
  if (!packed) return plain();
  const { batch, m, n, k } = kernel.axes;
  let runPlain: Run | undefined;
  return (buffers, launch) => {
    const { extents } = launch;
    const rows = groupSize(extents, batch, m);
    const columns = groupSize(extents, batch + m, n);
    const products = rows * columns * groupSize(extents, batch + m + n, k);
    if (products < FEW_PRODUCTS || rows < FEW_LINES || columns < FEW_LINES) {
      runPlain ??= plain();
      runPlain(buffers, launch);
    } else {
      packed(buffers, launch);
    }
  };
}
