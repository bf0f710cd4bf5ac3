import { type Launch, type View, viewRange } from '@flambeau/backend';
import type { Runtime, WasmBuffer } from '../runtime/runtime.ts';
import type { AccessNumbers } from './layout.ts';

/** Bytes behind an element that are read with it, at most. */
const AHEAD = 64;

/**
 * Packing reads what lies outside of bounds before it drops it, which must be memory: the rare buffer so close to the end of
 * memory that it is not, is copied to where there is enough around it.
 */
export class Surroundings {
  readonly #operands: readonly AccessNumbers[];
  readonly #runtime: Runtime;
  readonly #borrowed: number[] = [];

  constructor(operands: readonly AccessNumbers[], runtime: Runtime) {
    this.#operands = operands.filter(({ bounds }) => bounds.length > 0);
    this.#runtime = runtime;
  }

  /** The buffers to read from; give back what was borrowed with `release`. */
  secure(buffers: readonly WasmBuffer[], { views }: Launch): readonly WasmBuffer[] {
    let safe = buffers;
    for (const { view, buffer, bytes } of this.#operands) {
      const [low, high] = viewRange(views[view] as View) ?? [0, 0];
      const { address, length } = safe[buffer] as WasmBuffer;
      const end = address + high * bytes + AHEAD;
      if (address + low * bytes >= 0 && end <= 4 * this.#runtime.words.length) continue;
      safe = safe.with(buffer, this.#copy(safe[buffer] as WasmBuffer, bytes, Math.min(0, low), Math.max(length, high)));
    }
    return safe;
  }

  release(): void {
    for (const address of this.#borrowed.splice(0)) this.#runtime.release(address);
  }

  /** A copy of a buffer with memory from element `low` to `high`. */
  #copy(buffer: WasmBuffer, bytes: number, low: number, high: number): WasmBuffer {
    const { dtype, length, address } = buffer;
    const before = Math.ceil((-low * bytes) / AHEAD) * AHEAD;
    const borrowed = this.#runtime.borrow(before + high * bytes + AHEAD);
    this.#borrowed.push(borrowed);
    const memory = new Uint8Array(this.#runtime.words.buffer);
    memory.copyWithin(borrowed + before, address, address + length * bytes);
    return { dtype, length, address: borrowed + before };
  }
}
