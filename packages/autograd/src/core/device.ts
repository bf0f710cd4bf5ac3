import {
  type Backend,
  type DeviceBuffer,
  DeviceError,
  type DType,
  type Executable,
  getBackend,
  isFloat,
  type Kernel,
  type Launch,
} from '@flambeau/backend';

/** A backend as tensors see it: with the kernels that were prepared for them, by cheap keys. */
export class Device {
  readonly backend: Backend;
  readonly name: string;
  readonly #prepared = new Map<string | number, Executable>();

  constructor(backend: Backend) {
    this.backend = backend;
    this.name = backend.name;
  }

  /**
   * Finds a prepared kernel, or builds and prepares it.
   *
   * @param key - Names the structure within one op family; cheaper to make than the kernel itself.
   */
  prepare(key: string | number, build: () => Kernel): Executable {
    let executable = this.#prepared.get(key);
    if (executable === undefined) {
      executable = this.backend.prepare(build());
      this.#prepared.set(key, executable);
    }
    return executable;
  }

  /** Runs one kernel; the only way from tensors to a device. */
  realize(executable: Executable, buffers: readonly DeviceBuffer[], launch: Launch): void {
    this.backend.run(executable, buffers, launch);
  }

  /** Whether the device can store and compute a dtype. */
  holds(dtype: DType): boolean {
    return this.backend.capabilities.dtypes.has(dtype);
  }

  /** @throws {DeviceError} The device cannot hold a dtype. */
  requireDType(op: string, dtype: DType): void {
    if (this.holds(dtype)) return;
    const instead = isFloat(dtype) ? 'float32' : 'int32';
    throw new DeviceError(
      op,
      `device '${this.name}' cannot hold ${dtype}. Use ${instead} there, or another device, such as 'cpu'.`,
      { dtype, device: this.name },
    );
  }
}

const devices = new WeakMap<Backend, Device>();

/**
 * The device of a name.
 *
 * @throws {DeviceError} The name is unknown, or the device must be opened with `await` first.
 */
export function deviceOf(name: string): Device {
  const backend = getBackend(name);
  let device = devices.get(backend);
  if (!device) {
    device = new Device(backend);
    devices.set(backend, device);
  }
  return device;
}
