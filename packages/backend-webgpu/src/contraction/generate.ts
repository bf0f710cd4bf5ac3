import { type ContractionKernel, contractionAsLoop, type DType, type Expr, type Launch, walk } from '@flambeau/backend';
import { generateLoop } from '../loop/generate.ts';
import type { GpuBuffer, Recorder, Run } from '../runtime/recorder.ts';
import { PackedContraction } from './packed.ts';
import { outputBuffer, resultBuffers } from './results.ts';
import { TiledContraction } from './tiled.ts';

/** Dtypes whose accumulator is a float32. */
const FLOATS: ReadonlySet<DType> = new Set<DType>(['float32', 'float16', 'bfloat16']);

/** A contraction in blocks. */
interface Blocked {
  /** Whether blocks pay for a launch. */
  suits(launch: Launch): boolean;
  run(buffers: readonly GpuBuffer[], launch: Launch): void;
}

/** Makes a contraction ready to run: in blocks where they pay, as a sum per element elsewhere. */
export function generateContraction(kernel: ContractionKernel, recorder: Recorder): Run {
  let runPlain: Run | undefined;
  const plain: Run = (buffers, launch) => {
    runPlain ??= generateLoop(contractionAsLoop(kernel), recorder);
    runPlain(buffers, launch);
  };
  if (!FLOATS.has(kernel.inputs[0] as DType) || !isSimpleEpilogue(kernel)) return plain;
  // Both operands are bound beside the buffers of results.
  if (resultBuffers(kernel).length + 2 > recorder.limits.storageBuffers) return plain;
  const [a, b, output] = [kernel.accesses[0]?.buffer ?? 0, kernel.accesses[1]?.buffer ?? 0, outputBuffer(kernel)];
  const blocked: Blocked = recorder.limits.software
    ? new PackedContraction(kernel, recorder)
    : new TiledContraction(kernel, recorder);
  return (buffers, launch) => {
    const isApart = buffers[output] !== buffers[a] && buffers[output] !== buffers[b];
    if (isApart && blocked.suits(launch)) blocked.run(buffers, launch);
    else plain(buffers, launch);
  };
}

/** Whether an epilogue consists of what blocks write: no indices, no computed ones, loads without bounds. */
function isSimpleEpilogue({ epilogue, accesses }: ContractionKernel): boolean {
  let isSimple = true;
  walk(epilogue, (expr: Expr) => {
    if (expr.kind === 'gather' || expr.kind === 'index' || expr.kind === 'random') isSimple = false;
    if (expr.kind === 'load' && accesses[expr.access]?.bounds) isSimple = false;
  });
  return isSimple;
}
