import { DeviceError, type DType, type HostArray } from '@flambeau/backend';
import type { MemoryType } from '../assembler/index.ts';

/** Size of a page of WebAssembly memory (bytes). */
export const PAGE_BYTES = 65536;

/** Memory at the start (pages): 16 MiB. */
const INITIAL_PAGES = 256;

/** All that 32-bit addresses reach (pages). */
const MAXIMUM_PAGES = 65536;

/** No buffer is larger (bytes): 4 GiB. */
export const MAX_BYTES: number = MAXIMUM_PAGES * PAGE_BYTES;

/** How linear memory is made. */
export interface LinearMemoryOptions {
  /** Whether other threads use it as well. */
  readonly shared: boolean;
  /** Largest size (pages); 4 GiB unless told. */
  readonly maximumPages?: number | undefined;
}

/** The WebAssembly memory of one device, which grows in place, and typed views of all of it. */
export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  /** How modules import it. */
  readonly type: MemoryType;
  /** Views of all of the memory, made anew when it grows. */
  words: Int32Array = new Int32Array(0);
  doubles: Float64Array = new Float64Array(0);
  longs: BigInt64Array = new BigInt64Array(0);
  bytes: Uint8Array = new Uint8Array(0);
  /** All of the memory as elements of a dtype. */
  elements: Readonly<Record<DType, HostArray>> = viewsOf(new ArrayBuffer(0));

  /** @throws {DeviceError} The engine gives no memory. */
  constructor({ shared, maximumPages = MAXIMUM_PAGES }: LinearMemoryOptions) {
    // Engines reserve address space for all of the maximum, and refuse what their process cannot have.
    for (let maximum = Math.min(maximumPages, MAXIMUM_PAGES); ; maximum = Math.floor(maximum / 2)) {
      const initial = Math.min(INITIAL_PAGES, maximum);
      try {
        this.memory = new WebAssembly.Memory({ initial, maximum, shared });
        this.type = { initial, maximum, shared };
        break;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        if (maximum > INITIAL_PAGES) continue;
        const bytes = initial * PAGE_BYTES;
        throw new DeviceError('wasm', `the engine refused ${bytes} bytes of WebAssembly memory: ${error.message}.`, {
          device: 'wasm',
          bytes,
        });
      }
    }
    this.#refresh();
  }

  /** Size (bytes). */
  get byteLength(): number {
    return this.bytes.length;
  }

  /**
   * Adds at least so many bytes, by a quarter of the size where there is room, and makes the views anew. False, and nothing
   * has changed, when the maximum or the engine does not allow it.
   */
  grow(bytes: number): boolean {
    const pages = this.byteLength / PAGE_BYTES;
    const room = this.type.maximum - pages;
    const least = Math.ceil(bytes / PAGE_BYTES);
    if (least > room) return false;
    const wished = Math.min(room, Math.max(least, Math.ceil(pages / 4)));
    for (const by of wished > least ? [wished, least] : [least]) {
      try {
        this.memory.grow(by);
        this.#refresh();
        return true;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }
    return false;
  }

  #refresh(): void {
    const views = viewsOf(this.memory.buffer);
    this.words = views.int32;
    this.doubles = views.float64;
    this.longs = views.int64;
    this.bytes = views.uint8;
    this.elements = views;
  }
}

interface Views extends Readonly<Record<DType, HostArray>> {
  readonly int32: Int32Array;
  readonly float64: Float64Array;
  readonly int64: BigInt64Array;
  readonly uint8: Uint8Array;
}

function viewsOf(buffer: ArrayBufferLike): Views {
  const bytes = new Uint8Array(buffer);
  const halves = new Uint16Array(buffer);
  return {
    float32: new Float32Array(buffer),
    float64: new Float64Array(buffer),
    int32: new Int32Array(buffer),
    int64: new BigInt64Array(buffer),
    int8: new Int8Array(buffer),
    uint8: bytes,
    bool: bytes,
    float16: halves,
    bfloat16: halves,
  };
}
