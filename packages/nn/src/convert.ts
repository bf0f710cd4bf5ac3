import {
  companionsOf,
  type DType,
  deviceOf,
  empty,
  keep,
  noGrad,
  openBackend,
  Tensor,
  toDevice,
} from '@flambeau/autograd';
import { ArgumentError, DeviceError, isDType, isFloat } from '@flambeau/backend';
import { isModule, type Slot } from './internals.ts';
import { members } from './members.ts';
import type { AnyModule } from './module-base.ts';
import { typeName } from './names.ts';
import { namedModules } from './traversal.ts';
import { convertUninitialized, isUninitialized } from './uninitialized.ts';

/** Where to a module is moved, and in which dtype its floating-point tensors are held. */
export interface ModuleTarget {
  readonly device?: string;
  readonly dtype?: DType;
}

/** Which modules `toEmpty` reallocates, and where. */
export interface ToEmptyOptions {
  readonly device?: string;
  /** Whether descendants are included; true unless said otherwise. */
  readonly recurse?: boolean;
}

/** Every slot of a module tree that holds a tensor. */
function tensorSlots(module: AnyModule, recurse = true): Slot[] {
  const owners = recurse ? [...namedModules(module)].map(([, owner]) => owner) : [module];
  return owners.flatMap((owner) =>
    members(owner).flatMap(([, slot]) => (slot.value !== null && !isModule(slot.value) ? [slot] : [])),
  );
}

/** Puts a converted tensor in the place of an old one: parameters keep their identity, buffers are replaced. */
function replace(slot: Slot, converted: ReadonlyMap<Tensor, Tensor>): void {
  const before = slot.value as Tensor;
  const after = converted.get(before);
  if (!after || after === before) return;
  if (slot.kind === 'buffer') {
    slot.value = keep(after);
    return;
  }
  const { grad } = before;
  before.grad = null;
  before.data = after;
  if (grad) {
    grad.data = converted.get(grad) ?? grad;
    before.grad = grad;
  }
}

/** The distinct tensors (and gradients) that a conversion concerns. */
function tensorsOf(slots: readonly Slot[]): Tensor[] {
  const found = new Set<Tensor>();
  for (const { value } of slots) {
    const tensor = value as Tensor;
    if (isUninitialized(tensor)) continue;
    found.add(tensor);
    if (tensor.grad) found.add(tensor.grad);
  }
  return [...found];
}

/** Converts all tensors at once or none. */
function convertAll(module: AnyModule, dtypeOf: (tensor: Tensor) => DType): void {
  const slots = tensorSlots(module);
  noGrad(() => {
    const converted = new Map(tensorsOf(slots).map((tensor) => [tensor, tensor.detach().to(dtypeOf(tensor))]));
    for (const slot of slots) {
      if (isUninitialized(slot.value)) convertUninitialized(slot.value, { dtype: dtypeOf(slot.value) });
      else replace(slot, converted);
    }
  });
}

function floatDType(dtype: DType): (tensor: Tensor) => DType {
  if (!isFloat(dtype)) {
    throw new ArgumentError(
      '',
      `nn.Module.to only accepts floating point or complex dtypes, but got desired dtype=${dtype}`,
    );
  }
  return (tensor) => (isFloat(tensor.dtype) ? dtype : tensor.dtype);
}

/** Casts floating-point parameters, their gradients and buffers. */
export function castFloats(module: AnyModule, dtype: DType): void {
  convertAll(module, floatDType(dtype));
}

/** Casts parameters, gradients and buffers of every dtype. */
export function castEverything(module: AnyModule, dtype: DType): void {
  if (!isDType(dtype)) throw new ArgumentError('type', `needs a dtype; got ${String(dtype)}.`);
  convertAll(module, () => dtype);
}

/**
 * Moves a module to a device, in place, once all values have arrived there: parameters keep their identity, and with each go
 * its gradient and what optimizers keep for it.
 */
export async function moveTo(module: AnyModule, { device, dtype }: ModuleTarget): Promise<void> {
  const dtypeOf = dtype === undefined ? (tensor: Tensor): DType => tensor.dtype : floatDType(dtype);
  if (device !== undefined) {
    await openBackend(device);
    requireHeld(module, device, dtypeOf);
  }
  const slots = tensorSlots(module);
  const tensors = tensorsOf(slots);
  const companions = device === undefined ? [] : [...new Set(tensors.flatMap(companionsOf))];
  // All reads are asked for before the first is waited for: what arrives is the state of one moment.
  const arriving = [...tensors, ...companions].map(async (tensor): Promise<[Tensor, Tensor]> => {
    return [tensor, await toDevice(tensor.detach(), device ?? tensor.device, dtypeOf(tensor))];
  });
  const converted = new Map(await Promise.all(arriving));
  noGrad(() => {
    for (const slot of slots) {
      if (isUninitialized(slot.value)) convertUninitialized(slot.value, { device, dtype: dtypeOf(slot.value) });
      else replace(slot, converted);
    }
    for (const companion of companions) companion.data = converted.get(companion) as Tensor;
  });
}

/** @throws {DeviceError} The device cannot hold a tensor of the module; the message names all that it cannot. */
function requireHeld(module: AnyModule, device: string, dtypeOf: (tensor: Tensor) => DType): void {
  const { dtypes } = deviceOf(device).backend.capabilities;
  const refused = [...module.namedParameters(), ...module.namedBuffers()].filter(
    ([, tensor]) => !dtypes.has(dtypeOf(tensor)),
  );
  if (refused.length === 0) return;
  const list = refused.map(([name, tensor]) => `${name} (${dtypeOf(tensor)})`).join(', ');
  const floats = refused.every(([, tensor]) => isFloat(tensor.dtype));
  throw new DeviceError(
    'to',
    `device '${device}' cannot hold ${list}. ` +
      (floats
        ? `Convert on the way: to({ device: '${device}', dtype: 'float32' }).`
        : 'Replace integer buffers by int32 ones first, as in module.steps = module.steps.int().'),
    { device, names: refused.map(([name]) => name) },
  );
}

/** What the argument of `module.to` means. */
export function parseTarget(target: unknown): ModuleTarget {
  if (isDType(target)) return { dtype: target };
  if (typeof target === 'string') return { device: target };
  if (target instanceof Tensor) return { device: target.device, dtype: target.dtype };
  if (typeof target === 'object' && target !== null && !Array.isArray(target)) return target as ModuleTarget;
  throw new ArgumentError('to', `needs a dtype, a device, a Tensor or { device, dtype }; got ${typeName(target)}.`);
}

/** Gives parameters and buffers fresh memory of undefined content. */
export function toEmpty(module: AnyModule, { device, recurse = true }: ToEmptyOptions): void {
  const slots = tensorSlots(module, recurse);
  noGrad(() => {
    const fresh = (tensor: Tensor): Tensor =>
      empty(tensor.shape, { dtype: tensor.dtype, device: device ?? tensor.device });
    const converted = new Map(tensorsOf(slots).map((tensor) => [tensor, fresh(tensor)]));
    for (const slot of slots) {
      if (isUninitialized(slot.value)) convertUninitialized(slot.value, { device });
      else replace(slot, converted);
    }
  });
}

/** Sets or drops the gradients of a module's parameters. */
export function zeroGrad(parameters: Iterable<Tensor>, setToNone: boolean): void {
  for (const parameter of parameters) {
    if (setToNone) {
      parameter.releaseGrad();
      continue;
    }
    const { grad } = parameter;
    if (grad) {
      const plain = grad.requiresGrad ? grad.detach() : grad;
      noGrad(() => plain.zero_());
      parameter.grad = plain;
    }
  }
}
