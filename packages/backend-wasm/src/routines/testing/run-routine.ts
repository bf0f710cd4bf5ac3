import type { DType, HostArray, Launch, RoutineKernel } from '@flambeau/backend';
import type { WasmRuntime } from '../../runtime/wasm-runtime.ts';
import { generateRoutine } from '../generate.ts';

/** Runs a routine on copies of arrays; gives them back as they are then. */
export function runRoutine(
  runtime: WasmRuntime,
  kernel: RoutineKernel,
  arrays: readonly HostArray[],
  launch: Launch,
): HostArray[] {
  const dtypes = [...kernel.inputs, ...kernel.outputs];
  const buffers = arrays.map((array, i) => runtime.allocate(dtypes[i] as DType, array.length));
  arrays.forEach((array, i) => void runtime.write(buffers[i] as (typeof buffers)[0], array));
  generateRoutine(kernel, runtime)(buffers, launch);
  return buffers.map((buffer) => {
    const found = runtime.read(buffer, 0, buffer.length);
    runtime.free(buffer);
    return found;
  });
}
