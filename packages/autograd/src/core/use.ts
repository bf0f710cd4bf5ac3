import {
  ArgumentError,
  type Backend,
  backendNames,
  defaultBackend,
  registerBackend,
  setDefaultBackend,
} from '@flambeau/backend';
import { describe } from './arguments.ts';

/**
 * Makes a device the default for new tensors: a registered one by name, or a backend, which is registered under its name first.
 *
 * @throws {DeviceError} The name is unknown.
 * @example
 * use(cpu());
 * use('cpu');
 */
export function use(device: Backend | string): void {
  if (typeof device === 'string') {
    setDefaultBackend(device);
    return;
  }
  if (typeof device?.name !== 'string' || typeof device.run !== 'function') {
    throw new ArgumentError(
      'use',
      `needs a backend or the name of a registered device; got ${describe(device)}. Write use(cpu()).`,
    );
  }
  if (!backendNames().includes(device.name)) registerBackend(device.name, () => device);
  setDefaultBackend(device.name);
}

/** Name of the device on which new tensors are made. @throws {DeviceError} None is registered. */
export function defaultDevice(): string {
  return defaultBackend();
}

/** Chooses the device on which new tensors are made. @throws {DeviceError} The name is unknown. */
export function setDefaultDevice(name: string): void {
  setDefaultBackend(name);
}
