import { ArgumentError, castValue, DeviceError, type DType, isDType, isFloat, openBackend } from '@flambeau/backend';
import { describe, requireTensor } from '../core/arguments.ts';
import { deviceOf } from '../core/device.ts';
import { emptyOn, isTensor, KEEP, record, recordInPlace, requireWritable, snapshot } from '../core/dispatch.ts';
import type { Scalar } from '../core/graph.ts';
import { contiguousCopy, copyInto } from '../kernels/copy.ts';
import { fillStorage } from '../kernels/elementwise.ts';
import type { Tensor } from '../tensor.ts';
import { expand } from './movement.ts';

const NONE = {};

/** Converts to a dtype; the tensor itself when it has it. */
export function castTo(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const out = contiguousCopy(x, dtype);
  if (isFloat(dtype)) record('cast', { dtype }, [x], [out], KEEP.nothing);
  return out;
}

/**
 * Converts to a dtype, or moves to a device, or does as another tensor; gives the tensor itself when nothing changes.
 *
 * @throws {DeviceError} The device cannot be read at once: use {@link toDevice}.
 */
export function to(x: Tensor, target: DType | string | Tensor): Tensor {
  requireTensor('to', x);
  if (isTensor(target)) return to(castTo(x, target.dtype), target.device);
  if (isDType(target)) return castTo(x, target);
  if (typeof target !== 'string')
    throw new ArgumentError('to', `needs a dtype, a device or a Tensor; got ${describe(target)}.`);
  if (target === x.device) return x;
  const device = deviceOf(target);
  const { backend } = x.runtime;
  if (!backend.readSync) {
    throw new DeviceError('to', `device '${x.device}' cannot be read at once. Use await toDevice('${target}').`, {
      device: x.device,
    });
  }
  const source = contiguousSource(x);
  const out = emptyOn(x, device, x.shape, x.dtype);
  device.backend.write(out.buffer, backend.readSync(source.buffer, source.layout.offset, source.numel()));
  record('copy', NONE, [x], [out], KEEP.nothing);
  return out;
}

/** Moves to another device, waiting for the values; also where `to` can only throw. */
export async function toDevice(x: Tensor, target: string): Promise<Tensor> {
  requireTensor('toDevice', x);
  if (target === x.device) return x;
  await openBackend(target);
  const device = deviceOf(target);
  const source = contiguousSource(x);
  const data = await x.runtime.backend.read(source.buffer, source.layout.offset, source.numel());
  const out = emptyOn(x, device, x.shape, x.dtype);
  device.backend.write(out.buffer, data);
  record('copy', NONE, [x], [out], KEEP.nothing);
  return out;
}

/** `x`, or an unrecorded row-major copy; for reading. An empty view may start outside its memory, so it is copied. */
export function contiguousSource(x: Tensor): Tensor {
  return x.isContiguous() && x.numel() > 0 ? x : contiguousCopy(x);
}

/** Overwrites `target` with `source`, broadcast and converted; across devices that can be read at once too. */
export function copy_<T extends Tensor>(target: T, source: Tensor | Scalar): T {
  if (!isTensor(source)) return fill_(target, source);
  requireWritable('copy_', target);
  const local = source.device === target.device ? source : to(source, target.device);
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
