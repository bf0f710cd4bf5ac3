import { noGrad, Tensor } from '@flambeau/autograd';
import { makeCallable } from './callable.ts';
import { defineAliases } from './containers/ordered.ts';
import { ModuleError } from './errors.ts';
import { internals, isModule } from './internals.ts';
import { installSlot, members, slotAt } from './members.ts';
import type { AnyModule } from './module-base.ts';
import { Buffer, Parameter } from './parameter.ts';
import { isUninitialized, UninitializedBuffer, UninitializedParameter } from './uninitialized.ts';

/**
 * A copy of a module (or tensor, or array or object of them) that shares nothing with the original.
 *
 * Parameters that are tied stay tied in the copy, and hooks are copied too. Functions and instances of classes that
 * are neither modules, tensors nor collections are shared. `#private` fields of a subclass cannot be copied: keep a
 * module's state in ordinary fields.
 *
 * @throws {ModuleError} A tensor with a history is among the values.
 * @source Python `copy.deepcopy`.
 */
export function deepcopy<T>(value: T): T {
  return copyValue(value, new Map()) as T;
}

type Memo = Map<unknown, unknown>;

function copyValue(value: unknown, memo: Memo): unknown {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return value;
  if (memo.has(value)) return memo.get(value);
  if (isModule(value)) return copyModule(value, memo);
  if (value instanceof Tensor) return remember(memo, value, copyTensor(value));
  if (Array.isArray(value)) {
    const copy: unknown[] = remember(memo, value, []);
    for (const item of value) copy.push(copyValue(item, memo));
    return copy;
  }
  if (ArrayBuffer.isView(value) || value instanceof Date) return remember(memo, value, structuredClone(value));
  if (value.constructor === Map) {
    const copy: Memo = remember(memo, value, new Map());
    for (const [key, item] of value as Memo) copy.set(copyValue(key, memo), copyValue(item, memo));
    return copy;
  }
  if (value.constructor === Set) {
    const copy: Set<unknown> = remember(memo, value, new Set());
    for (const item of value as Set<unknown>) copy.add(copyValue(item, memo));
    return copy;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof value === 'function' || (prototype !== Object.prototype && prototype !== null)) return value;
  const copy = remember(memo, value, Object.create(prototype as object | null) as object);
  copyProperties(value, copy, memo);
  return copy;
}

function remember<T>(memo: Memo, value: unknown, copy: T): T {
  memo.set(value, copy);
  return copy;
}

function copyModule(module: AnyModule, memo: Memo): AnyModule {
  members(module);
  const copy = remember(memo, module, makeCallable(Object.getPrototypeOf(module) as object) as AnyModule);
  const from = module[internals];
  const to = copy[internals];
  to.order = from.order && new Set(from.order);
  to.aliases = from.aliases && new Map(from.aliases);
  to.wrapsTensors = from.wrapsTensors;
  to.hooks.copyFrom(from.hooks);
  copy.training = module.training;
  copyProperties(module, copy, memo);
  defineAliases(copy);
  return copy;
}

/** Copies own properties; those that show a slot get a slot of their own, other accessors belong to a container. */
function copyProperties(from: object, to: object, memo: Memo): void {
  for (const key of Reflect.ownKeys(from)) {
    const property = Object.getOwnPropertyDescriptor(from, key) as PropertyDescriptor;
    if (key === internals || (key === 'training' && isModule(from))) continue;
    if ('value' in property) {
      Object.defineProperty(to, key, { ...property, value: copyValue(property.value, memo) });
      continue;
    }
    const slot = isModule(from) && typeof key === 'string' ? slotAt(from, key) : undefined;
    if (!slot) continue;
    const value = copyValue(slot.value, memo) as typeof slot.value;
    installSlot(to as AnyModule, key as string, { ...slot, value });
  }
}

function copyTensor(tensor: Tensor): Tensor {
  if (isUninitialized(tensor)) {
    const { dtype, device, requiresGrad } = tensor;
    if (tensor instanceof UninitializedParameter) return new UninitializedParameter({ dtype, device, requiresGrad });
    return new UninitializedBuffer({ dtype, device, persistent: tensor.persistent });
  }
  if (!tensor.isLeaf) {
    throw new ModuleError(
      'Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.',
    );
  }
  const data = noGrad(() => tensor.detach().clone());
  if (tensor instanceof Parameter) return new Parameter(data, { requiresGrad: tensor.requiresGrad });
  if (tensor instanceof Buffer) return new Buffer(data, { persistent: tensor.persistent });
  data.requiresGrad = tensor.requiresGrad;
  if (tensor.grad) data.grad = tensor.grad.detach().clone();
  return data;
}
