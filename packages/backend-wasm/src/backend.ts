import {
  ArgumentError,
  type Backend,
  type BackendMemory,
  type Capabilities,
  type DeviceBuffer,
  DeviceError,
  type DType,
  dtypeNames,
  type Executable,
  Executables,
  type HostArray,
  type Kernel,
  type Launch,
  type Prepared,
  requireReadable,
  requireWritable,
} from '@flambeau/backend';
import { generate } from './generate.ts';
import type { OwnedBuffer } from './runtime/buffers.ts';
import { MAX_BYTES } from './runtime/linear-memory.ts';
import type { Run } from './runtime/runtime.ts';
import { type RuntimeOptions, WasmRuntime } from './runtime/wasm-runtime.ts';
import { hostFunction } from './vector/index.ts';

/** Settings of the WebAssembly backend. */
export interface WasmOptions {
  /** The device name; `'wasm'` by default. A second name makes a second device, with memory of its own. */
  readonly name?: string;
  /**
   * Threads that share one kernel, the calling one included; by default as many as the machine has cores, at most 8. Results do
   * not depend on it. More than one needs `SharedArrayBuffer`: in a page, cross-origin isolation.
   */
  readonly threads?: number;
  /** Whether to use relaxed SIMD; by default wherever the engine has it. */
  readonly relaxed?: boolean;
}

/**
 * A backend in WebAssembly: byte code emitted for each kernel, with SIMD and threads.
 *
 * @throws {ArgumentError} `threads` is not a positive whole number.
 * @throws {DeviceError} The engine has no WebAssembly with SIMD, the page forbids it, or relaxed SIMD was asked for where there is none.
 * @example
 * use(wasm({ threads: 2 }));
 */
export function wasm(options: WasmOptions = {}): Backend {
  return new WasmBackend(options);
}

/** {@link wasm}; with what tests want beyond it. */
export class WasmBackend implements Backend {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly #runtime: WasmRuntime;
  readonly #executables = new Executables<Run>((kernel) => generate(kernel, this.#runtime));
  #disposed = false;

  constructor({ name = 'wasm', threads, relaxed, shareAll }: WasmOptions & Pick<RuntimeOptions, 'shareAll'>) {
    if (threads !== undefined && !(Number.isInteger(threads) && threads > 0)) {
      throw new ArgumentError('wasm', `'threads' must be a positive whole number; got ${threads}.`, { threads });
    }
    this.name = name;
    this.#runtime = new WasmRuntime({ threads, relaxed, shareAll, hostFunction });
    this.capabilities = {
      dtypes: new Set(dtypeNames),
      maxBufferBytes: MAX_BYTES,
      threads: this.#runtime.threads,
      collected: true,
    };
  }

  allocate(dtype: DType, length: number): DeviceBuffer {
    this.#requireLive('allocate');
    return this.#runtime.allocate(dtype, length);
  }

  free(buffer: DeviceBuffer): void {
    this.#runtime.free(buffer as OwnedBuffer);
  }

  write(buffer: DeviceBuffer, data: HostArray, offset = 0): void {
    this.#requireLive('write');
    const owned = buffer as OwnedBuffer;
    requireWritable(owned, owned.piece === null, data, offset);
    this.#runtime.write(owned, data, offset);
  }

  async read(buffer: DeviceBuffer, offset: number, length: number): Promise<HostArray> {
    const data = this.readSync(buffer, offset, length);
    // A loop that awaits nothing but results never leaves its task, and dropped buffers would never be found.
    await this.#runtime.relief();
    return data;
  }

  readSync(buffer: DeviceBuffer, offset: number, length: number): HostArray {
    this.#requireLive('read');
    const owned = buffer as OwnedBuffer;
    requireReadable(owned, owned.piece === null, offset, length);
    return this.#runtime.read(owned, offset, length);
  }

  prepare(kernel: Kernel): Executable {
    this.#requireLive('prepare');
    return this.#executables.prepare(kernel);
  }

  run(executable: Executable, buffers: readonly DeviceBuffer[], launch: Launch): void {
    (executable as Prepared<Run>).run(buffers as readonly OwnedBuffer[], launch);
  }

  async synchronize(): Promise<void> {
    await this.#runtime.relief();
  }

  /** Starts the other threads, and waits until they take part. */
  threadsUp(): Promise<void> {
    return this.#runtime.threadsUp();
  }

  memory(): BackendMemory {
    return this.#runtime.memoryStats();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#executables.clear();
    this.#runtime.dispose();
  }

  #requireLive(what: string): void {
    if (this.#disposed) throw new DeviceError(what, `the ${this.name} backend was disposed.`, { device: this.name });
  }
}
