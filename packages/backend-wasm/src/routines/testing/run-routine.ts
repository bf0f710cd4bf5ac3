import type { HostArray, Launch, RoutineKernel } from '@flambeau/backend';
import type { WasmBuffer } from '../../runtime/runtime.ts';
import { generateRoutine } from '../generate.ts';
import type { PieceRuntime } from './piece-runtime.ts';

/** Runs a routine on copies of arrays; gives them back as they are then. */
export function runRoutine(
  runtime: PieceRuntime,
  kernel: RoutineKernel,
  arrays: readonly HostArray[],
  launch: Launch,
): HostArray[] {
  runtime.clear();
  const dtypes = [...kernel.inputs, ...kernel.outputs];
  const buffers = arrays.map(
    (array, i) => ({ dtype: dtypes[i], length: array.length, address: runtime.place(array) }) as WasmBuffer,
  );
  generateRoutine(kernel, runtime)(buffers, launch);
  return arrays.map((array, i) => {
    const start = (buffers[i] as WasmBuffer).address;
    const copy = array.slice();
    new Uint8Array(copy.buffer).set(runtime.bytes.subarray(start, start + array.byteLength));
    return copy;
  });
}
