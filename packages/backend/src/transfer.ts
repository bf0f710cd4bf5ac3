import type { DeviceBuffer } from './backend.ts';
import { dtypeNames, type HostArray, hostArray } from './dtype.ts';
import { ArgumentError, DeviceError } from './errors.ts';

const classes = new Map(dtypeNames.map((dtype) => [dtype, hostArray(dtype, 0).constructor]));

/**
 * Checks what a backend is asked to read from a buffer, for backends to call first.
 *
 * @param isFreed - Whether the buffer was given back.
 * @param offset - First element.
 * @param length - Number of elements.
 * @throws {DeviceError} The buffer was given back.
 * @throws {ArgumentError} The range leaves the buffer.
 */
export function requireReadable(buffer: DeviceBuffer, isFreed: boolean, offset: number, length: number): void {
  requireRange('read', buffer, isFreed, offset, length);
}

/**
 * Checks what a backend is asked to write into a buffer, for backends to call first.
 *
 * @param isFreed - Whether the buffer was given back.
 * @param offset - First element to be written.
 * @throws {DeviceError} The buffer was given back.
 * @throws {ArgumentError} The data leaves the buffer, or is not of the class that holds the buffer's dtype.
 */
export function requireWritable(buffer: DeviceBuffer, isFreed: boolean, data: HostArray, offset: number): void {
  requireRange('write', buffer, isFreed, offset, data.length);
  const wanted = classes.get(buffer.dtype);
  if (data.constructor === wanted) return;
  throw new ArgumentError('write', `needs a ${wanted?.name}; got a ${data.constructor.name}.`);
}

/**
 * The error of a call that needs values now, on a device that gives them only later.
 *
 * @param device - The name that users gave it.
 * @param remedy - What to call instead.
 */
export function cannotReadNow(op: string, device: string, remedy: string): DeviceError {
  return new DeviceError(op, `device '${device}' cannot be read at once. ${remedy}`, { device });
}

function requireRange(op: string, buffer: DeviceBuffer, isFreed: boolean, offset: number, length: number): void {
  if (isFreed) throw new DeviceError(op, `the buffer of ${buffer.length} ${buffer.dtype} was freed.`);
  if (offset >= 0 && length >= 0 && offset + length <= buffer.length) return;
  const range = `${length} elements from ${offset}`;
  throw new ArgumentError(op, `cannot touch ${range} in a buffer of ${buffer.length}.`, { offset, length });
}
