import { ArgumentError, cannotReadNow, castValue, type DType, isDType, isFloat, openBackend } from '@flambeau/backend';
import { describe, requireTensor } from '../core/arguments.ts';
import { type Device, deviceOf } from '../core/device.ts';
import { emptyOn, isTensor, KEEP, record, recordInPlace, requireWritable, snapshot } from '../core/dispatch.ts';
import { isGradEnabled, withGradMode } from '../core/grad-mode.ts';
import type { Scalar } from '../core/graph.ts';
import { contiguousCopy, copyInto } from '../kernels/copy.ts';
import { fillStorage } from '../kernels/elementwise.ts';
import type { Tensor } from '../tensor.ts';
import { expand } from './movement.ts';

const NONE = {};

/** Converts to a dtype; the tensor itself when it has it. */
export function castTo(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  x.runtime.requireDType('to', dtype);
  const out = contiguousCopy(x, dtype);
  if (isFloat(dtype)) record('cast', { dtype }, [x], [out], KEEP.nothing);
  return out;
}

/**
 * Converts to a dtype, or moves to a device, or does as another tensor; gives the tensor itself when nothing changes.
 *
 * @throws {DeviceError} The tensor's device cannot be read at once: use {@link toDevice}. Or a device cannot hold the dtype.
 */
export function to(x: Tensor, target: DType | string | Tensor): Tensor {
  requireTensor('to', x);
  if (isTensor(target)) return moveNow('to', x, target.runtime, target.dtype);
  if (isDType(target)) return castTo(x, target);
  if (typeof target !== 'string')
    throw new ArgumentError('to', `needs a dtype, a device or a Tensor; got ${describe(target)}.`);
  return moveNow('to', x, deviceOf(target), x.dtype);
}

/** Converts and moves, where the tensor can be read at once. */
function moveNow(op: string, x: Tensor, device: Device, dtype: DType): Tensor {
  if (device === x.runtime) return castTo(x, dtype);
  device.requireDType(op, dtype);
  const { backend } = x.runtime;
  if (!backend.readSync) throw cannotReadNow(op, x.device, `Use await toDevice('${device.name}').`);
  if (x.numel() === 0) return moved(x, device, dtype);
  const ready = castWhereHeld(op, x, device, dtype);
  const source = contiguousSource(ready);
  const out = emptyOn(x, device, x.shape, ready.dtype);
  device.backend.write(out.buffer, backend.readSync(source.buffer, source.layout.offset, source.numel()));
  record('copy', NONE, [ready], [out], KEEP.nothing);
  return castTo(out, dtype);
}

/** A tensor without elements, elsewhere. */
function moved(x: Tensor, device: Device, dtype: DType): Tensor {
  const ready = castWhereHeld('to', x, device, dtype);
  const out = emptyOn(x, device, x.shape, ready.dtype);
  record('copy', NONE, [ready], [out], KEEP.nothing);
  return castTo(out, dtype);
}

/** The tensor as the dtype, or as it is where only the other device can convert it. */
function castWhereHeld(op: string, x: Tensor, device: Device, dtype: DType): Tensor {
  if (x.runtime.holds(dtype)) return castTo(x, dtype);
  device.requireDType(op, x.dtype);
  return x;
}

/**
 * Moves to another device, waiting for it to open and for the values; also where {@link to} can only throw.
 *
 * @param dtype - Converts too; on the device that can hold both dtypes.
 * @throws {DeviceError} The device is unknown, does not open, or cannot hold the dtype.
 */
export async function toDevice(x: Tensor, target: string, dtype: DType = x.dtype): Promise<Tensor> {
  requireTensor('toDevice', x);
  if (target === x.device && !x.runtime.backend.lost) return castTo(x, dtype);
  const wanted = isGradEnabled();
  // Values are those of the call, whatever happens while the device opens.
  const ready = x.runtime.holds(dtype) ? castTo(x, dtype) : x;
  const source = contiguousSource(ready);
  const reading = x.numel() ? x.runtime.backend.read(source.buffer, source.layout.offset, source.numel()) : null;
  // Whoever waits below hears of it, unless opening has failed before.
  reading?.catch(() => {});
  await openBackend(target);
  const device = deviceOf(target);
  device.requireDType('toDevice', dtype);
  device.requireDType('toDevice', ready.dtype);
  const data = await reading;
  return withGradMode(wanted, () => {
    if (!data) return moved(ready, device, dtype);
    const out = emptyOn(x, device, x.shape, ready.dtype);
    device.backend.write(out.buffer, data);
    record('copy', NONE, [ready], [out], KEEP.nothing);
    return castTo(out, dtype);
  });
}

/** The gradient of a tensor that was moved here, moved back. @throws {DeviceError} This device cannot be read at once. */
export function moveBack(grad: Tensor, device: string): Tensor {
  if (grad.device === device || grad.runtime.backend.readSync) return to(grad, device);
  throw cannotReadNow(
    'backward',
    grad.device,
    `A gradient must go back to device '${device}'. Differentiate by the moved tensor: ` +
      `(await toDevice(x.detach(), '${grad.device}')).requiresGrad_().`,
  );
}

/** `x`, or an unrecorded row-major copy; for reading. An empty view may start outside its memory, so it is copied. */
export function contiguousSource(x: Tensor): Tensor {
  return x.isContiguous() && x.numel() > 0 ? x : contiguousCopy(x);
}

/**
 * Overwrites `target` with `source`, broadcast and converted; from another device too.
 *
 * @throws {DeviceError} The source is on another device, which cannot be read at once: give its `await toDevice()`.
 */
export function copy_<T extends Tensor>(target: T, source: Tensor | Scalar): T {
  if (!isTensor(source)) return fill_(target, source);
  requireWritable('copy_', target);
  const held = target.runtime.holds(source.dtype) ? source.dtype : target.dtype;
  const local = source.runtime === target.runtime ? source : moveNow('copy_', source, target.runtime, held);
  const spread = expand(local, target.shape);
  const overlapping = local.storage === target.storage && local.layout !== target.layout;
  copyInto(target, overlapping ? contiguousCopy(spread) : spread);
  recordInPlace('cast', { dtype: target.dtype }, [spread], target, KEEP.nothing);
  return target;
}

/** Sets every element to one value. */
export function fill_<T extends Tensor>(target: T, value: Scalar | Tensor): T {
  if (isTensor(value)) return copy_(target, value);
  if (typeof value !== 'number' && typeof value !== 'boolean' && typeof value !== 'bigint') {
    throw new ArgumentError('fill_', `needs a number; got ${describe(value)}.`);
  }
  requireWritable('fill_', target);
  const before = snapshot(target);
  fillStorage(target, castValue(typeof value === 'boolean' ? Number(value) : value, target.dtype));
  recordInPlace('fill', NONE, [before], target, KEEP.nothing);
  return target;
}
