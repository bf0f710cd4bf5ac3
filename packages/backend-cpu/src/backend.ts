import {
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
import type { CpuBuffer } from './buffer.ts';
import { generate } from './generator/generate.ts';
import type { Run } from './generator/generate-loop.ts';
import { canGenerate } from './generator/instantiate.ts';
import { interpreted } from './interpreter/interpret.ts';
import { MAX_BYTES, Memory } from './memory.ts';

/** Settings of the CPU backend. */
export interface CpuOptions {
  /** The device name; `'cpu'` by default. A second name makes a second device, with memory of its own. */
  readonly name?: string;
  /**
   * Whether kernels become generated JavaScript; false leaves them to the interpreter, some hundred times slower.
   * By default generated code is used wherever the page's content security policy allows it.
   */
  readonly generate?: boolean;
}

/**
 * A backend in plain JavaScript, which runs wherever JavaScript does.
 *
 * @throws {DeviceError} `generate: true` was asked for and the page forbids generated code.
 * @example
 * use(cpu());
 */
export function cpu(options: CpuOptions = {}): Backend {
  return new CpuBackend(options);
}

class CpuBackend implements Backend {
  readonly name: string;
  readonly capabilities: Capabilities = {
    dtypes: new Set(dtypeNames),
    maxBufferBytes: MAX_BYTES,
    threads: 1,
    collected: true,
  };
  readonly #generates: boolean;
  readonly #memory = new Memory();
  readonly #executables = new Executables<Run>((kernel) => this.#compile(kernel));
  #disposed = false;

  constructor(options: CpuOptions) {
    this.name = options.name ?? 'cpu';
    this.#generates = options.generate ?? canGenerate();
    if (options.generate && !canGenerate()) {
      throw new DeviceError('cpu', "generated code is forbidden here, by the page's content security policy.");
    }
  }

  allocate(dtype: DType, length: number): DeviceBuffer {
    this.#requireLive('allocate');
    return this.#memory.allocate(dtype, length);
  }

  free(buffer: DeviceBuffer): void {
    this.#memory.free(buffer as CpuBuffer);
  }

  write(buffer: DeviceBuffer, data: HostArray, offset = 0): void {
    const { data: target } = buffer as CpuBuffer;
    requireWritable(buffer, target === null, data, offset);
    (target as Float32Array).set(data as Float32Array, offset);
  }

  async read(buffer: DeviceBuffer, offset: number, length: number): Promise<HostArray> {
    return this.readSync(buffer, offset, length);
  }

  readSync(buffer: DeviceBuffer, offset: number, length: number): HostArray {
    const { data } = buffer as CpuBuffer;
    requireReadable(buffer, data === null, offset, length);
    return data.slice(offset, offset + length);
  }

  prepare(kernel: Kernel): Executable {
    this.#requireLive('prepare');
    return this.#executables.prepare(kernel);
  }

  run(executable: Executable, buffers: readonly DeviceBuffer[], launch: Launch): void {
    (executable as Prepared<Run>).run(buffers as readonly CpuBuffer[], launch);
  }

  async synchronize(): Promise<void> {}

  memory(): BackendMemory {
    return this.#memory.stats();
  }

  dispose(): void {
    this.#disposed = true;
    this.#executables.clear();
    this.#memory.clear();
  }

  #requireLive(what: string): void {
    if (this.#disposed) throw new DeviceError(what, 'the cpu backend was disposed.', { device: 'cpu' });
  }

  #compile(kernel: Kernel): Run {
    if (this.#generates) return generate(kernel);
    const execute = interpreted(kernel);
    return (buffers, launch) =>
      execute(
        buffers.map((buffer) => buffer.data),
        launch,
      );
  }
}
