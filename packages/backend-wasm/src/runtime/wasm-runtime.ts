import { ArgumentError, type BackendMemory, DeviceError, type DType, dtypes, type HostArray } from '@flambeau/backend';
import type { MemoryType } from '../assembler/index.ts';
import { Allocator, BLOCK_ALIGNMENT } from './allocator.ts';
import { Buffers, type OwnedBuffer } from './buffers.ts';
import { detectFeatures, threadsObstacle } from './features.ts';
import { BASE, PARAMETERS, SCRATCH } from './layout.ts';
import { LinearMemory } from './linear-memory.ts';
import { type Export, LoadedProgram } from './program.ts';
import { type Features, type Program, type Runtime, SCRATCH_BYTES, type WasmBuffer } from './runtime.ts';
import { availableThreads } from './start-worker.ts';
import { Team } from './threads.ts';

/** By default no more threads than this: most kernels are bound by memory before, and every thread has memory of its own. */
const MOST_THREADS = 8;

/** Host functions by name. */
export type HostFunctions = (name: string) => (...values: never[]) => unknown;

/** How a runtime is made. */
export interface RuntimeOptions {
  /** Threads that share work, this one included; by default as many as there are processors, at most 8. */
  readonly threads?: number | undefined;
  /** Whether to use relaxed SIMD; without it results do not depend on the machine. By default wherever the engine has it. */
  readonly relaxed?: boolean | undefined;
  /** Whether even the smallest work is shared and everybody woken for it, as tests want. */
  readonly shareAll?: boolean | undefined;
  /** Host functions that modules import by name. */
  readonly hostFunction?: HostFunctions | undefined;
  /** Largest size of linear memory (pages of 64 KiB); 4 GiB unless told. */
  readonly maximumPages?: number | undefined;
}

/** Memory, buffers, compiled programs and threads of one device. */
export class WasmRuntime implements Runtime {
  readonly features: Features;
  readonly memory: MemoryType;
  readonly parameters: number = PARAMETERS;
  /** Threads that share work, this one included. */
  readonly threads: number;
  readonly #linear: LinearMemory;
  readonly #buffers: Buffers;
  readonly #hostFunction: HostFunctions;
  readonly #borrowed = new Map<number, number>();
  readonly #shareAll: boolean;
  #team: Team | null = null;
  #programs = 0;

  /** @throws {DeviceError} The engine cannot run this device's programs. */
  constructor({ threads, relaxed, shareAll = false, hostFunction = noHost, maximumPages }: RuntimeOptions = {}) {
    const features = detectFeatures();
    if (relaxed && !features.relaxed) {
      throw new DeviceError('wasm', "'relaxed' asks for relaxed SIMD, which this engine lacks. Leave it out.", {
        device: 'wasm',
      });
    }
    this.features = { relaxed: relaxed ?? features.relaxed };
    this.threads = possibleThreads(threads);
    this.#shareAll = shareAll;
    this.#hostFunction = hostFunction;
    this.#linear = new LinearMemory({ shared: this.threads > 1, maximumPages });
    this.memory = this.#linear.type;
    this.#buffers = new Buffers(new Allocator(this.#linear, BASE));
  }

  get words(): Int32Array {
    return this.#linear.words;
  }

  get doubles(): Float64Array {
    return this.#linear.doubles;
  }

  get longs(): BigInt64Array {
    return this.#linear.longs;
  }

  /** All of linear memory as bytes; made anew when memory grows. */
  get bytes(): Uint8Array {
    return this.#linear.bytes;
  }

  load(bytes: Uint8Array<ArrayBuffer>, imports: readonly string[]): Program {
    const env: WebAssembly.ModuleImports = { memory: this.#linear.memory };
    for (const name of imports) env[name] = this.#hostFunction(name);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env });
    return new LoadedProgram(exports.run as Export, imports.length > 0, bytes);
  }

  dispatch(program: Program, units: number, grain: number): void {
    const loaded = program as LoadedProgram;
    const least = this.#shareAll ? 1 : grain;
    if (this.threads === 1 || units < 2 * least || loaded.hosted) loaded.run(PARAMETERS, SCRATCH, 0, units);
    else this.#share(loaded, units, least);
  }

  borrow(bytes: number): number {
    const size = Math.max(1, Math.ceil(bytes / BLOCK_ALIGNMENT)) * BLOCK_ALIGNMENT;
    const address = this.#buffers.borrow(size);
    if (address === undefined) {
      const { buffers, bytes: held } = this.#buffers.stats();
      throw new DeviceError(
        'wasm',
        `no memory for ${bytes} bytes of working space; ${buffers} buffers hold ${held} bytes. Dispose tensors or use a scope.`,
        { device: 'wasm', requestedBytes: bytes, ...this.#buffers.stats() },
      );
    }
    this.#borrowed.set(address, size);
    return address;
  }

  release(address: number): void {
    const size = this.#borrowed.get(address);
    if (size === undefined) throw new ArgumentError('wasm', `nothing was borrowed at address ${address}.`, { address });
    this.#borrowed.delete(address);
    this.#buffers.release(address, size);
  }

  /** @throws {DeviceError} The memory is not available. */
  allocate(dtype: DType, length: number): WasmBuffer {
    return this.#buffers.allocate(dtype, length);
  }

  /** Gives a buffer back; a second time does nothing. */
  free(buffer: WasmBuffer): void {
    this.#buffers.free(buffer as OwnedBuffer);
  }

  /** Copies host elements into a buffer, from element `offset` on. */
  write({ dtype, address }: WasmBuffer, data: HostArray, offset = 0): void {
    // Arrays of one dtype are of one class.
    (this.#linear.elements[dtype] as Float32Array).set(data as Float32Array, address / dtypes[dtype].bytes + offset);
  }

  /** A copy of `length` elements from `offset` on, in memory of its own. */
  read({ dtype, address }: WasmBuffer, offset: number, length: number): HostArray {
    const from = address / dtypes[dtype].bytes + offset;
    return this.#linear.elements[dtype].slice(from, from + length);
  }

  /**
   * Resolves after dropped buffers were found; undefined when that is not worth a pause. Reads and synchronisation await it.
   */
  relief(): Promise<void> | undefined {
    return this.#buffers.relief();
  }

  /** Memory held in buffers now. */
  memoryStats(): BackendMemory {
    return this.#buffers.stats();
  }

  /** Starts the other threads, and waits until they take part. */
  async threadsUp(): Promise<void> {
    if (this.threads === 1) return;
    this.#team ??= this.#start();
    while (!this.#team.isUp) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** Ends the other threads; the runtime cannot be used afterwards. */
  dispose(): void {
    this.#team?.dispose();
    this.#buffers.clear();
  }

  #share(program: LoadedProgram, units: number, grain: number): void {
    this.#team ??= this.#start();
    if (this.#team.size === 0 || !this.#publish(program)) program.run(PARAMETERS, SCRATCH, 0, units);
    else this.#team.run(program, units, grain);
  }

  /** Starts the other threads, as far as there is memory for each. */
  #start(): Team {
    const scratches: number[] = [];
    while (scratches.length < this.threads - 1) {
      const scratch = this.#buffers.borrow(SCRATCH_BYTES);
      if (scratch === undefined) break;
      scratches.push(scratch);
    }
    return new Team(this.#linear, scratches, this.#shareAll, warnOnce);
  }

  /** Puts a program where other threads find it; false when there is no memory for that. */
  #publish(program: LoadedProgram): boolean {
    if (program.address > 0) return true;
    const size = Math.ceil(program.length / BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT;
    const address = this.#buffers.borrow(size);
    if (address === undefined) return false;
    this.#linear.bytes.set(program.bytes, address);
    program.address = address;
    program.id = this.#programs++;
    return true;
  }
}

/** Threads that can share memory here. */
function possibleThreads(wished: number | undefined): number {
  const threads = wished ?? Math.min(MOST_THREADS, availableThreads());
  const obstacle = threads > 1 ? threadsObstacle() : undefined;
  if (obstacle === undefined) return threads;
  warnOnce(obstacle);
  return 1;
}

let warned = false;

function warnOnce(reason: string): void {
  if (warned) return;
  warned = true;
  console.warn(`[wasm] work is not shared among threads: ${reason}.`);
}

function noHost(name: string): never {
  throw new ArgumentError('wasm', `a module imports host function '${name}', and there is none.`, { name });
}
