import { type DeviceBuffer, DisposedError, type DType, type Shape } from '@flambeau/backend';
import type { Device } from './device.ts';
import { adopt, trackCreation } from './lifetime.ts';

/** A piece of device memory that one or more tensors view. */
export class Storage {
  readonly device: Device;
  readonly dtype: DType;
  readonly length: number;
  #buffer: DeviceBuffer | null;
  #disposedAt: (() => string) | null = null;

  constructor(device: Device, dtype: DType, length: number) {
    this.device = device;
    this.dtype = dtype;
    this.length = length;
    this.#buffer = device.backend.allocate(dtype, length);
    adopt(this);
    trackCreation(this, this.#buffer);
  }

  /** Size of the memory (bytes) is `length` times the dtype's; whether it was given back. */
  get disposed(): boolean {
    return this.#buffer === null;
  }

  /**
   * The device's buffer.
   * @throws {DisposedError} The storage was disposed; the message names the shape and the place.
   */
  buffer(shape: Shape): DeviceBuffer {
    if (this.#buffer) return this.#buffer;
    throw new DisposedError(
      'tensor',
      `a tensor of shape [${shape.join(', ')}] was used after it was disposed${this.#disposedAt ? ` ${this.#disposedAt()}` : ''}. Clone or keep() it before.`,
      { shape },
    );
  }

  /** Gives the memory back. @param where - For the error of a later use. */
  dispose(where: () => string): void {
    if (!this.#buffer) return;
    this.device.backend.free(this.#buffer);
    this.#buffer = null;
    this.#disposedAt = where;
  }
}
