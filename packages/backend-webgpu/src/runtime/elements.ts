import { type DType, fromFloat16Bits, type HostArray, hostArray, toFloat16Bits } from '@flambeau/backend';
import type { storageType } from '../shader.ts';

/** How elements lie in device memory. */
export type Storage = ReturnType<typeof storageType>;

/** Host elements as they lie in device memory. */
export function widen(data: HostArray, dtype: DType, storage: Storage): Float32Array | Int32Array | Uint16Array {
  if (storage === 'f16') return data as Uint16Array;
  if (storage === 'i32') return data instanceof Int32Array ? data : new Int32Array(data as Uint8Array);
  if (data instanceof Float32Array) return data;
  const bits = data as Uint16Array;
  const out = new Float32Array(bits.length);
  if (dtype === 'bfloat16') {
    const words = new Uint32Array(out.buffer);
    for (let i = 0; i < bits.length; i++) words[i] = (bits[i] as number) << 16;
  } else {
    for (let i = 0; i < bits.length; i++) out[i] = fromFloat16Bits(bits[i] as number);
  }
  return out;
}

/** Device elements, `length` of them from byte `at` of `memory`, as the host holds them; a copy. */
export function narrow(memory: ArrayBuffer, at: number, length: number, dtype: DType, storage: Storage): HostArray {
  if (storage === 'f16') return new Uint16Array(memory, at, length).slice();
  if (storage === 'i32') {
    const words = new Int32Array(memory, at, length);
    if (dtype === 'int32') return words.slice();
    return dtype === 'int8' ? Int8Array.from(words) : Uint8Array.from(words);
  }
  if (dtype === 'float32') return new Float32Array(memory, at, length).slice();
  const out = hostArray(dtype, length) as Uint16Array;
  if (dtype === 'bfloat16') {
    const words = new Uint32Array(memory, at, length);
    for (let i = 0; i < length; i++) out[i] = (words[i] as number) >>> 16;
  } else {
    const values = new Float32Array(memory, at, length);
    for (let i = 0; i < length; i++) out[i] = toFloat16Bits(values[i] as number);
  }
  return out;
}
