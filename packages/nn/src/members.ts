import { keep, Tensor } from '@flambeau/autograd';
import { ModuleError } from './errors.ts';
import { registrationHooks } from './global-hooks.ts';
import { internals, isModule, type MemberKind, type Slot } from './internals.ts';
import type { AnyModule } from './module-base.ts';
import { typeName } from './names.ts';
import { Buffer, Parameter } from './parameter.ts';

/*
 * Registration is ownership: a member is an own enumerable property, and nothing else says so. The first time a
 * parameter, buffer or child is seen (when it is registered by name, or else by the first call or traversal) the
 * property becomes an accessor over a slot, so that PyTorch's rules hold for later assignments. Class fields cannot
 * be seen earlier: they are defined, not assigned, and JavaScript tells nobody when a constructor has ended.
 */

const slotKey = Symbol('slot');

interface SlotGetter {
  (): unknown;
  [slotKey]?: Slot;
}

/** The members of a module in order of definition, of all kinds, those that are null included. */
export function members(module: AnyModule): [name: string, slot: Slot][] {
  const found: [string, Slot][] = [];
  const { aliases } = module[internals];
  for (const property of propertyNames(module)) {
    const slot = slotAt(module, property);
    if (slot) found.push([aliases?.get(property) ?? property, slot]);
  }
  return found;
}

/** The member of that name, if there is one. */
export function memberOf(module: AnyModule, name: string): Slot | undefined {
  return slotAt(module, propertyOf(module, name));
}

/** The property that holds the member (or anything else) of that name. */
export function propertyOf(module: AnyModule, name: string): string {
  for (const [property, alias] of module[internals].aliases ?? []) if (alias === name) return property;
  return name;
}

/** The slot that a property shows, if it shows one. */
export function slotAt(module: AnyModule, name: string): Slot | undefined {
  const property = Object.getOwnPropertyDescriptor(module, name);
  if (!property?.enumerable) return undefined;
  if (property.get) return (property.get as SlotGetter)[slotKey];
  const { value } = property;
  if (value instanceof Parameter) return setParameter(module, name, undefined, value);
  if (value instanceof Buffer) return setBuffer(module, name, undefined, value, value.persistent);
  if (isModule(value)) return setModule(module, name, undefined, value);
  const wrapped = value instanceof Tensor && module[internals].wrapsTensors;
  return wrapped ? setParameter(module, name, undefined, new Parameter(value)) : undefined;
}

/** Own property names in order of definition. JavaScript puts names like `2` first, so their place is remembered. */
export function propertyNames(module: AnyModule): string[] {
  const names = Object.keys(module);
  const { order } = module[internals];
  if (!order) return names;
  const present = new Set(names);
  return [...[...order].filter((name) => present.has(name)), ...names.filter((name) => !order.has(name))];
}

/** Makes (or fills) the slot of a parameter. */
function setParameter(module: AnyModule, name: string, slot: Slot | undefined, value: Parameter | null): Slot {
  checkName('parameter', name);
  if (value && !value.isLeaf) {
    throw new ModuleError(
      `Cannot assign non-leaf Tensor to parameter '${name}'. Model parameters must be created explicitly. To express '${name}' as a function of another Tensor, compute the value in the forward() method.`,
    );
  }
  return setSlot(module, name, slot, 'parameter', value && announce(module, 'parameter', name, value));
}

/** Makes (or fills) the slot of a buffer. */
function setBuffer(
  module: AnyModule,
  name: string,
  slot: Slot | undefined,
  value: Tensor | null,
  persistent: boolean,
): Slot {
  checkName('buffer', name);
  const announced = announce(module, 'buffer', name, value);
  const filled = setSlot(module, name, slot, 'buffer', announced && keep(announced));
  filled.persistent = persistent;
  return filled;
}

/** Makes (or fills) the slot of a child. */
export function setModule(module: AnyModule, name: string, slot: Slot | undefined, value: AnyModule | null): Slot {
  checkName('module', name);
  return setSlot(module, name, slot, 'module', announce(module, 'module', name, value));
}

/** Runs the registration hooks, each of which may replace the value. */
function announce<V extends Tensor | AnyModule | null>(module: AnyModule, kind: MemberKind, name: string, value: V): V {
  let current = value;
  for (const { run } of registrationHooks[kind].list()) {
    const replaced = (run as (module: AnyModule, name: string, value: V) => V | null | undefined)(
      module,
      name,
      current,
    );
    if (replaced !== null && replaced !== undefined) current = replaced;
  }
  return current;
}

function setSlot(
  module: AnyModule,
  name: string,
  slot: Slot | undefined,
  kind: MemberKind,
  value: Tensor | AnyModule | null,
): Slot {
  if (slot?.kind === kind) {
    slot.value = value;
    return slot;
  }
  // A name that changes its kind moves to the end, as it does from one of PyTorch's tables to another.
  if (slot) delete (module as unknown as Record<string, unknown>)[name];
  const made: Slot = { kind, value, persistent: true };
  rememberOrder(module, name);
  installSlot(module, name, made);
  return made;
}

/** Makes a property the one that shows a slot. */
export function installSlot(module: AnyModule, name: string, slot: Slot): void {
  const get: SlotGetter = () => slot.value;
  get[slotKey] = slot;
  const set = (next: unknown): void => assign(module, name, slot, next ?? null);
  Object.defineProperty(module, name, { get, set, enumerable: true, configurable: true });
}

/** A slot for a child, not yet installed. @throws {ModuleError} It cannot be a child of that name. */
export function moduleSlot(module: AnyModule, name: string, value: AnyModule | null): Slot {
  checkName('module', name);
  requireModule(value);
  return { kind: 'module', value: announce(module, 'module', name, value), persistent: true };
}

/** Notes that a name is about to be defined. */
export function rememberOrder(module: AnyModule, name: string): void {
  if (Object.hasOwn(module, name)) return;
  const state = module[internals];
  if (/^(0|[1-9]\d*)$/.test(name)) state.order ??= new Set(Object.keys(module));
  state.order?.delete(name);
  state.order?.add(name);
}

/** PyTorch's rules for `module.name = value` where `name` is a member. */
function assign(module: AnyModule, name: string, slot: Slot, given: unknown): void {
  const wrap = given instanceof Tensor && !(given instanceof Parameter) && module[internals].wrapsTensors;
  const value = wrap ? new Parameter(given) : given;
  if (value instanceof Parameter) {
    setParameter(module, name, slot, value);
  } else if (slot.kind === 'parameter') {
    if (value !== null) throw cannotAssign(value, 'parameter', name, 'Parameter');
    slot.value = null;
  } else if (isModule(value)) {
    setModule(module, name, slot, value);
  } else if (slot.kind === 'module') {
    if (value !== null) throw cannotAssign(value, 'child module', name, 'Module');
    setModule(module, name, slot, null);
  } else {
    if (value !== null && !(value instanceof Tensor)) throw cannotAssign(value, 'buffer', name, 'Buffer, Tensor');
    setBuffer(module, name, slot, value, value instanceof Buffer ? value.persistent : slot.persistent);
  }
}

function cannotAssign(value: unknown, kind: string, name: string, expected: string): ModuleError {
  return new ModuleError(`cannot assign '${typeName(value)}' as ${kind} '${name}' (${expected} or null expected)`);
}

function checkName(kind: MemberKind, name: unknown): void {
  if (typeof name !== 'string') throw new ModuleError(`${kind} name should be a string. Got ${typeName(name)}`);
  if (name.includes('.')) {
    throw new ModuleError(`${kind} name can't contain "."${kind === 'module' ? `, got: ${name}` : ''}`);
  }
  if (name === 'then' && kind === 'module') {
    throw new ModuleError(`module name can't be "then": awaiting the module would call the child`);
  }
  if (name === '') throw new ModuleError(`${kind} name can't be empty string ""`);
}

/** The slot that a registration by name will fill. @throws {ModuleError} Something else has that name. */
function claim(module: AnyModule, kind: MemberKind, name: string): Slot | undefined {
  checkName(kind, name);
  const slot = memberOf(module, name);
  if (slot?.kind === kind) return slot;
  // A field declared with null or undefined holds nothing yet; TypeScript's classes declare what they register later.
  const taken = slot !== undefined || ((module as unknown as Record<string, unknown>)[name] ?? null) !== null;
  if (taken) throw new ModuleError(`attribute '${name}' already exists`);
  return undefined;
}

/** `module.registerParameter`. */
export function registerParameter(module: AnyModule, name: string, value: Parameter | null): void {
  const slot = claim(module, 'parameter', name);
  if (value !== null && !(value instanceof Parameter)) {
    throw new ModuleError(
      `cannot assign '${typeName(value)}' object to parameter '${name}' (Parameter or null required)`,
    );
  }
  setParameter(module, name, slot, value);
}

/** `module.registerBuffer`. */
export function registerBuffer(module: AnyModule, name: string, value: Tensor | null, persistent: boolean): void {
  const slot = claim(module, 'buffer', name);
  if (value !== null && !(value instanceof Tensor)) {
    throw new ModuleError(`cannot assign '${typeName(value)}' object to buffer '${name}' (Tensor or null required)`);
  }
  setBuffer(module, name, slot, value, persistent);
}

/** `module.registerModule`. */
export function registerModule(module: AnyModule, name: string, value: AnyModule | null): void {
  requireModule(value);
  setModule(module, name, claim(module, 'module', name), value);
}

function requireModule(value: unknown): void {
  if (value !== null && !isModule(value)) throw new ModuleError(`${typeName(value)} is not a Module subclass`);
}
