import {
  type Backend,
  type BackendMemory,
  type Capabilities,
  type DeviceBuffer,
  DeviceError,
  type DType,
  type Executable,
  type HostArray,
  type Kernel,
  type Launch,
  printKernel,
} from '@flambeau/backend';
import { cpu } from '@flambeau/backend-cpu';

/** What WebGPU guarantees: storage buffers that one shader may bind. */
const MOST_BUFFERS = 8;

/**
 * Stands in for a GPU in tests: a device that cannot be read at once, whose reads arrive in a later task, and that has
 * neither float64 nor int64.
 */
export class AsynchronousBackend implements Backend {
  readonly name = 'asynchronous';
  readonly capabilities: Capabilities;
  /** How often it was read. */
  reads = 0;
  /** Kernels that bind more than {@link MOST_BUFFERS} different buffers, printed, with the largest number of them. */
  readonly crowded: Map<string, number> = new Map();
  readonly #cpu: Backend = cpu({ name: this.name });

  constructor() {
    const dtypes = [...this.#cpu.capabilities.dtypes].filter((dtype) => !isWide(dtype));
    this.capabilities = { ...this.#cpu.capabilities, dtypes: new Set(dtypes) };
  }

  allocate(dtype: DType, length: number): DeviceBuffer {
    this.#refuse('allocate', [dtype]);
    return this.#cpu.allocate(dtype, length);
  }

  free(buffer: DeviceBuffer): void {
    this.#cpu.free(buffer);
  }

  write(buffer: DeviceBuffer, data: HostArray, offset?: number): void {
    this.#cpu.write(buffer, data, offset);
  }

  async read(buffer: DeviceBuffer, offset: number, length: number): Promise<HostArray> {
    this.reads++;
    const data = this.#cpu.readSync?.(buffer, offset, length) as HostArray;
    await new Promise((resolve) => setTimeout(resolve, 0));
    return data;
  }

  prepare(kernel: Kernel): Executable {
    this.#refuse('prepare', dtypesIn(kernel));
    return this.#cpu.prepare(kernel);
  }

  run(executable: Executable, buffers: readonly DeviceBuffer[], launch: Launch): void {
    const different = new Set(buffers).size;
    if (different > MOST_BUFFERS) {
      const text = printKernel(executable.kernel);
      this.crowded.set(text, Math.max(different, this.crowded.get(text) ?? 0));
    }
    this.#cpu.run(executable, buffers, launch);
  }

  async synchronize(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }

  memory(): BackendMemory {
    return this.#cpu.memory();
  }

  dispose(): void {
    this.#cpu.dispose();
  }

  #refuse(op: string, dtypes: readonly DType[]): void {
    const wide = dtypes.find(isWide);
    if (wide) throw new DeviceError(op, `a kernel or buffer of ${wide} reached the device '${this.name}'.`);
  }
}

function isWide(dtype: DType): boolean {
  return dtype === 'float64' || dtype === 'int64';
}

/** Every dtype that a kernel names, in its expressions too. */
function dtypesIn(value: unknown): DType[] {
  if (Array.isArray(value)) return value.flatMap(dtypesIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(dtypesIn);
  return value === 'float64' || value === 'int64' ? [value] : [];
}
