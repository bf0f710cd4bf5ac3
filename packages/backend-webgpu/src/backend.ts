import {
  ArgumentError,
  type Backend,
  type BackendMemory,
  type Capabilities,
  type DeviceBuffer,
  type DType,
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
import { type DeviceOptions, openDevice } from './runtime/device.ts';
import { GpuRuntime } from './runtime/gpu-runtime.ts';
import type { Run } from './runtime/recorder.ts';
import type { WebGpuStatistics } from './runtime/statistics.ts';

/** Settings of the WebGPU backend. */
export interface WebGpuOptions {
  /** The device name; `'webgpu'` by default. A second name makes a second device, with memory of its own. */
  readonly name?: string;
  /** Which of a machine's GPUs is wanted; by default what the browser or the driver prefers. */
  readonly powerPreference?: 'low-power' | 'high-performance';
  /** Where adapters come from; by default `navigator.gpu`, or the package `webgpu` where there is none, as in Node. */
  readonly gpu?: GPU;
}

/**
 * A backend on the GPU: shaders generated for each kernel, in browsers, Node (with the package `webgpu`), Deno and Bun.
 *
 * @throws {DeviceError} There is no WebGPU here, or no GPU.
 * @example
 * await use(await webgpu());
 */
export async function webgpu(options: WebGpuOptions = {}): Promise<Backend> {
  return openWebGpu(options);
}

/** {@link webgpu}; with what tests want beyond it. */
export async function openWebGpu(
  options: WebGpuOptions & Pick<DeviceOptions, 'software'> = {},
): Promise<WebGpuBackend> {
  const { name = 'webgpu', gpu, powerPreference, software } = options;
  const opened = await openDevice({ gpu, powerPreference, software });
  return new WebGpuBackend(name, new GpuRuntime(name, opened));
}

/**
 * What a WebGPU backend was asked to do so far: kernels, submits and bytes are what its speed hangs on.
 *
 * @returns A copy, so that the difference of two is what happened between them.
 * @throws {ArgumentError} The backend is another one.
 */
export function webgpuStatistics(backend: Backend): WebGpuStatistics {
  if (backend instanceof WebGpuBackend) return backend.statistics();
  throw new ArgumentError('webgpuStatistics', `needs a backend of webgpu(); got '${backend?.name}'.`);
}

/** {@link webgpu} */
export class WebGpuBackend implements Backend {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly #runtime: GpuRuntime;
  readonly #executables = new Executables<Run>((kernel) => generate(kernel, this.#runtime));
  #disposed = false;

  constructor(name: string, runtime: GpuRuntime) {
    this.name = name;
    this.#runtime = runtime;
    this.capabilities = {
      dtypes: new Set<DType>(['float32', 'float16', 'bfloat16', 'int32', 'int8', 'uint8', 'bool']),
      maxBufferBytes: runtime.limits.bindingBytes,
      threads: 1,
      collected: true,
    };
  }

  get lost(): boolean {
    return this.#runtime.faults.lost;
  }

  /** What kernels run on, for tests that go below them. */
  get recorder(): GpuRuntime {
    return this.#runtime;
  }

  allocate(dtype: DType, length: number): DeviceBuffer {
    this.#runtime.faults.requireLive('allocate');
    return this.#runtime.allocate(dtype, length);
  }

  free(buffer: DeviceBuffer): void {
    this.#runtime.free(buffer as OwnedBuffer);
  }

  write(buffer: DeviceBuffer, data: HostArray, offset = 0): void {
    this.#runtime.faults.requireLive('write');
    const owned = buffer as OwnedBuffer;
    requireWritable(owned, owned.piece === null, data, offset);
    this.#runtime.write(owned, data, offset);
  }

  async read(buffer: DeviceBuffer, offset: number, length: number): Promise<HostArray> {
    this.#runtime.faults.requireLive('read');
    const owned = buffer as OwnedBuffer;
    requireReadable(owned, owned.piece === null, offset, length);
    const data = await this.#runtime.read(owned, offset, length);
    // Dropped buffers are found between tasks, and only when somebody looks.
    await this.#runtime.relief();
    return data;
  }

  prepare(kernel: Kernel): Executable {
    this.#runtime.faults.requireLive('prepare');
    return this.#executables.prepare(kernel);
  }

  run(executable: Executable, buffers: readonly DeviceBuffer[], launch: Launch): void {
    this.#runtime.faults.requireLive('run');
    this.#runtime.launch((executable as Prepared<Run>).run, buffers as readonly OwnedBuffer[], launch);
  }

  async synchronize(): Promise<void> {
    this.#runtime.faults.requireLive('synchronize');
    await this.#runtime.synchronize();
    await this.#runtime.relief();
  }

  memory(): BackendMemory {
    return this.#runtime.memory();
  }

  /** {@link webgpuStatistics} */
  statistics(): WebGpuStatistics {
    return { ...this.#runtime.statistics };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#executables.clear();
    this.#runtime.dispose();
  }
}
