import {
  ArgumentError,
  adoptBackend,
  type Backend,
  backendNames,
  defaultBackend,
  openBackend,
  setDefaultBackend,
} from '@flambeau/backend';
import { describe } from './arguments.ts';

/**
 * Makes a device the default for new tensors, and opens it: a registered one by name, or a backend, which is then
 * known under its own name. Await it where the device needs time to open or to load, as `'wasm'` of the package `flambeau` does.
 *
 * @throws {ArgumentError} Another backend is open under the name.
 * @throws {DeviceError} The name is unknown, or the device does not open; the default is then what it was.
 * @example
 * use(cpu());
 * await use('wasm');
 */
export function use(device: Backend | string): Promise<void> {
  const name = typeof device === 'string' ? device : device?.name;
  if (typeof device !== 'string') {
    if (typeof name !== 'string' || typeof device.run !== 'function') {
      throw new ArgumentError(
        'use',
        `needs a backend or the name of a registered device; got ${describe(device)}. Write use(cpu()).`,
      );
    }
    adoptBackend(device);
  }
  const before = backendNames().length ? defaultBackend() : name;
  setDefaultBackend(name);
  return openBackend(name).then(
    () => {},
    (error: unknown) => {
      if (defaultBackend() === name) setDefaultBackend(before);
      throw error;
    },
  );
}

/** Name of the device on which new tensors are made. @throws {DeviceError} None is registered. */
export function defaultDevice(): string {
  return defaultBackend();
}

/** Chooses the device on which new tensors are made. @throws {DeviceError} The name is unknown. */
export function setDefaultDevice(name: string): void {
  setDefaultBackend(name);
}
