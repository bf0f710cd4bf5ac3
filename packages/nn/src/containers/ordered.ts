import { ModuleError } from '../errors.ts';
import { internals, type Slot } from '../internals.ts';
import { installSlot, members, moduleSlot, slotAt } from '../members.ts';
import type { AnyModule } from '../module-base.ts';

/*
 * Children by position. JavaScript cannot tell `seq[1]` from `seq['1']`, so the properties are the positions, and a
 * child that is not called as its position is (it has a name, or is part of a slice) has its name beside.
 */

/** A child with its name. */
export type Entry = [name: string, slot: Slot];

/** The children of a container with their names, in order. */
export function entriesOf(module: AnyModule): Entry[] {
  return members(module).filter(([, slot]) => slot.kind === 'module');
}

/** The same children under the names 0, 1, 2... */
export function numbered(entries: readonly Entry[]): Entry[] {
  return entries.map(([, slot], i) => [String(i), slot]);
}

/** Whether a name can only be a position. */
function isNumber(name: string): boolean {
  return /^\d+$/.test(name);
}

/** A child that is about to be added. @throws {ModuleError} It is no module, or the name cannot be had. */
export function newEntry(module: AnyModule, name: string, value: AnyModule | null): Entry {
  const slot = moduleSlot(module, name, value);
  if (!isNumber(name) && name in module) throw new ModuleError(`attribute '${name}' already exists`);
  return [name, slot];
}

/** Makes these the children of a container. */
export function rebuild(module: AnyModule, entries: readonly Entry[]): void {
  const state = module[internals];
  for (const alias of state.aliases?.values() ?? []) {
    if (!isNumber(alias)) Reflect.deleteProperty(module, alias);
  }
  for (const property of Object.keys(module)) {
    if (slotAt(module, property)?.kind === 'module') Reflect.deleteProperty(module, property);
  }
  const aliases = new Map<string, string>();
  entries.forEach(([name, slot], i) => {
    const property = String(i);
    installSlot(module, property, slot);
    if (name !== property) aliases.set(property, name);
  });
  state.aliases = aliases.size > 0 ? aliases : null;
  defineAliases(module);
}

/** Makes children with names properties of those names too. */
export function defineAliases(module: AnyModule): void {
  const target = module as unknown as Record<string, unknown>;
  for (const [property, name] of module[internals].aliases ?? []) {
    if (isNumber(name)) continue;
    Object.defineProperty(module, name, {
      configurable: true,
      get: () => target[property],
      set: (value: unknown) => {
        target[property] = value;
      },
    });
  }
}
