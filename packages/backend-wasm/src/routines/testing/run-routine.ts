import type { DType, HostArray, RoutineKernel } from '@flambeau/backend';
import type { KernelCase } from '@flambeau/backend/conformance';
import type { WasmRuntime } from '../../runtime/wasm-runtime.ts';
import { generateRoutine } from '../generate.ts';

/** Runs a routine on copies of a case's arrays; gives them back as they are then. */
export function runRoutine(runtime: WasmRuntime, { kernel, arrays, launch }: KernelCase): HostArray[] {
  const dtypes = [...kernel.inputs, ...kernel.outputs];
  const buffers = arrays.map((array, i) => runtime.allocate(dtypes[i] as DType, array.length));
  arrays.forEach((array, i) => void runtime.write(buffers[i] as (typeof buffers)[0], array));
  generateRoutine(kernel as RoutineKernel, runtime)(buffers, launch);
  return buffers.map((buffer) => {
    const found = runtime.read(buffer, 0, buffer.length);
    runtime.free(buffer);
    return found;
  });
}
