import type { Tensor } from '@flambeau/autograd';
import { ModuleError } from './errors.ts';
import { isModule, type MemberKind } from './internals.ts';
import { memberOf, members, propertyOf } from './members.ts';
import type { AnyModule } from './module-base.ts';
import { snakeCase, typeName } from './names.ts';
import { Parameter } from './parameter.ts';

/** Which members a traversal yields. */
export interface TraversalOptions {
  /** Whether descendants are visited too; true unless said otherwise. */
  readonly recurse?: boolean;
}

/** Which members a traversal with names yields, and how they are called. */
export interface NamedTraversalOptions extends TraversalOptions {
  /** Put before every name, with a dot. */
  readonly prefix?: string;
  /** Whether something reachable by several names is yielded under the first one only; true unless said otherwise. */
  readonly removeDuplicate?: boolean;
}

/** How `namedModules` names, and whether it repeats. */
export type NamedModulesOptions = Omit<NamedTraversalOptions, 'recurse'>;

/** Appends a name to a dotted path, which may be empty. */
function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** The values of one kind that a module holds itself, without nulls. */
function* own(module: AnyModule, kind: MemberKind): Generator<[name: string, value: Tensor | AnyModule]> {
  for (const [name, slot] of members(module)) {
    if (slot.kind === kind && slot.value !== null) yield [name, slot.value];
  }
}

/** Direct children, each once. */
export function* namedChildren(module: AnyModule): Generator<[name: string, module: AnyModule]> {
  const seen = new Set<unknown>();
  for (const [name, child] of own(module, 'module')) {
    if (seen.has(child)) continue;
    seen.add(child);
    yield [name, child as AnyModule];
  }
}

/** The module and its descendants, parents first. */
export function* namedModules(
  module: AnyModule,
  { prefix = '', removeDuplicate = true }: NamedModulesOptions = {},
): Generator<[path: string, module: AnyModule]> {
  const seen = new Set<AnyModule>();
  const pending: [string, AnyModule][] = [[prefix, module]];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [path, current] = next;
    if (removeDuplicate && seen.has(current)) continue;
    seen.add(current);
    yield next;
    const children = [...own(current, 'module')].map(([name, child]): [string, AnyModule] => [
      join(path, name),
      child as AnyModule,
    ]);
    pending.push(...children.reverse());
  }
}

/** Parameters or buffers of the module, then of its descendants. */
export function* namedTensors(
  module: AnyModule,
  kind: 'parameter' | 'buffer',
  { prefix = '', recurse = true, removeDuplicate = true }: NamedTraversalOptions = {},
): Generator<[path: string, tensor: Tensor]> {
  const owners: Iterable<[string, AnyModule]> = recurse
    ? namedModules(module, { prefix, removeDuplicate })
    : [[prefix, module]];
  const seen = new Set<unknown>();
  for (const [path, owner] of owners) {
    for (const [name, tensor] of own(owner, kind)) {
      if (removeDuplicate && seen.has(tensor)) continue;
      seen.add(tensor);
      yield [join(path, name), tensor as Tensor];
    }
  }
}

/** The name as the module has it, which may be given as a checkpoint spells it. @throws {ModuleError} Nothing. */
function known(module: AnyModule, name: string): string {
  if (propertyOf(module, name) in module) return name;
  const member = members(module).find(([other]) => snakeCase(other) === name);
  if (!member) throw new ModuleError(`${typeName(module)} has no attribute \`${name}\``);
  return member[0];
}

/** What the module has under that name, member or not. @throws {ModuleError} Nothing. */
function read(module: AnyModule, name: string): unknown {
  return (module as unknown as Record<string, unknown>)[propertyOf(module, known(module, name))];
}

/** @throws {ModuleError} A path is not a string. */
function requireString(target: unknown): void {
  if (typeof target !== 'string') throw new ModuleError(`a path must be a string; got ${typeName(target)}`);
}

/** The descendant at a dotted path; the empty path is the module itself. */
export function getSubmodule(module: AnyModule, target: string): AnyModule {
  requireString(target);
  let current = module;
  for (const name of target === '' ? [] : target.split('.')) {
    const value = read(current, name);
    if (!isModule(value)) throw new ModuleError(`\`${name}\` is not an nn.Module`);
    current = value;
  }
  return current;
}

/** The owner of what a dotted path names, and the last name. */
function locate(module: AnyModule, target: string): [owner: AnyModule, name: string] {
  requireString(target);
  const dot = target.lastIndexOf('.');
  const owner = getSubmodule(module, target.slice(0, Math.max(0, dot)));
  return [owner, target.slice(dot + 1)];
}

/** The parameter at a dotted path. */
export function getParameter(module: AnyModule, target: string): Parameter {
  const [owner, name] = locate(module, target);
  const value = read(owner, name);
  if (!(value instanceof Parameter)) throw new ModuleError(`\`${name}\` is not an nn.Parameter`);
  return value;
}

/** The buffer at a dotted path. */
export function getBuffer(module: AnyModule, target: string): Tensor {
  const [owner, name] = locate(module, target);
  const slot = memberOf(owner, known(owner, name));
  if (slot?.kind !== 'buffer' || slot.value === null) throw new ModuleError(`\`${name}\` is not a buffer`);
  return slot.value as Tensor;
}

/** Replaces (or, unless strict, creates) the child at a dotted path. */
export function setSubmodule(module: AnyModule, target: string, child: AnyModule, strict: boolean): void {
  requireString(target);
  if (target === '') throw new ModuleError('Cannot set the submodule without a target name!');
  if (!isModule(child)) throw new ModuleError(`\`module\` is not an nn.Module, found ${typeName(child)}`);
  const [owner, name] = locate(module, target);
  const property = propertyOf(owner, name);
  if (strict) known(owner, name);
  if (property in owner) {
    if (memberOf(owner, name)?.kind !== 'module') throw new ModuleError(`\`${name}\` is not an nn.Module`);
    (owner as unknown as Record<string, AnyModule>)[property] = child;
  } else {
    owner.registerModule(name, child);
  }
}
