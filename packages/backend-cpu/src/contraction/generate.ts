import { type ContractionKernel, contractionAsLoop, type DType } from '@flambeau/backend';
import { generateLoop, type Run } from '../generator/generate-loop.ts';
import { isSimpleEpilogue } from './epilogue.ts';
import { groupSize, packedContraction } from './packed.ts';

/** Dtypes whose sums of products a float64 holds. */
const PACKED: ReadonlySet<DType> = new Set<DType>(['float32', 'float64', 'float16', 'bfloat16', 'int8', 'uint8']);

/** Below so many products per batch, or so few lines of an operand, packing costs more than it saves. */
const FEW_PRODUCTS = 4096;
const FEW_LINES = 3;

/** Generates code for a contraction: packed blocks where they pay, a sum per element elsewhere. */
export function generateContraction(kernel: ContractionKernel): Run {
  const plain = (): Run => generateLoop(contractionAsLoop(kernel));
  if (!PACKED.has(kernel.inputs[0] as DType) || !isSimpleEpilogue(kernel)) return plain();
  const { batch, m, n, k } = kernel.axes;
  let runPlain: Run | undefined;
  let runPacked: Run | undefined;
  return (buffers, launch) => {
    const { extents } = launch;
    const rows = groupSize(extents, batch, m);
    const columns = groupSize(extents, batch + m, n);
    const products = rows * columns * groupSize(extents, batch + m + n, k);
    if (products < FEW_PRODUCTS || rows < FEW_LINES || columns < FEW_LINES) {
      runPlain ??= plain();
      runPlain(buffers, launch);
    } else {
      runPacked ??= packedContraction(kernel);
      runPacked(buffers, launch);
    }
  };
}
