import type { Tensor } from '@flambeau/autograd';
import { ModuleError } from '../errors.ts';
import { isModule } from '../internals.ts';
import { setModule } from '../members.ts';
import { Module } from '../module.ts';
import type { AnyModule } from '../module-base.ts';
import { typeName } from '../names.ts';
import { type Entry, entriesOf, newEntry, numbered, rebuild } from './ordered.ts';
import { insertPosition, position, span } from './positions.ts';

/** Children with names: pairs in order, a Map, or an object literal. */
export type NamedModules = Iterable<readonly [string, AnyModule]> | Readonly<Record<string, AnyModule>>;

/** The pairs of any of them. @throws {ModuleError} There are no pairs in it, e.g. in an array of modules. */
function pairsOf(named: NamedModules): (readonly [string, AnyModule])[] {
  const pairs =
    Symbol.iterator in named ? [...(named as Iterable<readonly [string, AnyModule]>)] : Object.entries(named);
  if (!pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) {
    throw new ModuleError(`${typeName(named)} is not a Module subclass, nor names with modules`);
  }
  return pairs;
}

/** What a {@link Sequential} is and can do. */
export class SequentialBase extends Module {
  /** The name that is printed. */
  static override readonly name: string = 'Sequential';

  [index: number]: AnyModule;

  constructor(...modules: AnyModule[] | [NamedModules]) {
    super();
    const [first] = modules;
    const named = modules.length === 1 && typeof first === 'object' && first !== null;
    const pairs = named ? pairsOf(first) : (modules as AnyModule[]).map((module, i) => [String(i), module] as const);
    rebuild(
      this,
      pairs.map(([name, module]) => newEntry(this, name, module)),
    );
  }

  /** Number of children. */
  override get length(): number {
    return entriesOf(this).length;
  }

  /** The child at a position; negative ones count from the end. @throws {IndexError} There is none. */
  at(index: number): AnyModule {
    const entries = entriesOf(this);
    return (entries[position(index, entries.length)] as Entry)[1].value as AnyModule;
  }

  /** Replaces the child at a position; its name stays. @throws {IndexError} There is none. */
  set(index: number, module: AnyModule): void {
    this[position(index, this.length)] = module;
  }

  /** Some of the children, under the names they have here, in a new Sequential of the same class. */
  slice(start?: number, end?: number): this {
    const part = new (this.constructor as new () => this)();
    rebuild(
      part,
      entriesOf(this)
        .slice(start, end)
        .map(([name, slot]): Entry => [name, { ...slot }]),
    );
    return part;
  }

  /** Adds a child at the end. */
  append(module: AnyModule): this {
    return this.insert(this.length, module);
  }

  /** Adds a child before a position. @throws {IndexError} Beyond the ends. */
  insert(index: number, module: AnyModule): this {
    if (!isModule(module))
      throw new ModuleError(`module should be of type: ${typeName(this)}; got ${typeName(module)}`);
    const entries = entriesOf(this);
    const at = insertPosition(index, entries.length);
    const dense = entries.every(([name], i) => name === String(i));
    const taken = new Set(entries.map(([name]) => name));
    let number = entries.length;
    while (taken.has(String(number))) number++;
    entries.splice(at, 0, newEntry(this, String(number), module));
    rebuild(this, dense ? numbered(entries) : entries);
    return this;
  }

  /** Adds all of them at the end. */
  extend(modules: Iterable<AnyModule>): this {
    for (const module of modules) this.append(module);
    return this;
  }

  /** Removes and gives the child at a position, the last one unless told; the others are numbered anew. */
  pop(index = -1): AnyModule {
    const module = this.at(index);
    this.delete(index);
    return module;
  }

  /** Removes the child at a position, or those up to `end`; the others are numbered anew. */
  delete(start: number, end?: number): void {
    const entries = entriesOf(this);
    if (end === undefined) entries.splice(position(start, entries.length), 1);
    else entries.splice(...span(start, end, entries.length));
    rebuild(this, numbered(entries));
  }

  /** A new Sequential of the children of both. @throws {ModuleError} The other is not a Sequential. */
  plus(other: SequentialBase): SequentialBase {
    return joined(this, other);
  }

  /** A new Sequential that has the same children `factor` times. @throws {ModuleError} Not a positive integer. */
  times(factor: number): SequentialBase {
    return repeated(this, factor);
  }

  *[Symbol.iterator](): Generator<AnyModule> {
    for (const [, { value }] of entriesOf(this)) if (isModule(value)) yield value;
  }

  /** Adds a child under a name, or replaces the one that has it. @throws {ModuleError} The name cannot be had. */
  override registerModule(name: string, module: AnyModule | null): void {
    const entries = entriesOf(this);
    const known = entries.find(([other]) => other === name);
    if (known) setModule(this, name, known[1], module);
    else rebuild(this, [...entries, newEntry(this, name, module)]);
  }

  /** The same as `registerModule`. */
  override addModule(name: string, module: AnyModule | null): void {
    this.registerModule(name, module);
  }

  forward(input: Tensor): Tensor {
    let current = input;
    for (const property of Object.keys(this)) {
      const child: unknown = this[property as unknown as number];
      if (isModule(child)) current = child(current);
    }
    return current;
  }
}

/** Modules that run one after the other. */
export type Sequential = SequentialBase;

/** Makes a {@link Sequential}; children that are named in an object literal are known to the compiler by their names. */
export interface SequentialConstructor {
  new <T extends Readonly<Record<string, AnyModule>>>(named: T): Sequential & T;
  new (...modules: AnyModule[] | [NamedModules]): Sequential;
  readonly prototype: Sequential;
}

/**
 * Runs modules one after the other, each on what the one before returned.
 *
 * `seq[0]` and `seq.at(-1)` are the children by position; children given with names are properties as well.
 *
 * @example
 * new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10))
 * new Sequential({ fc: new Linear(784, 10), act: new ReLU() })
 */
export const Sequential: SequentialConstructor = SequentialBase as unknown as SequentialConstructor;

function joined(first: Sequential, second: Sequential): Sequential {
  if (!(second instanceof SequentialBase)) {
    throw new ModuleError(`add operator supports only objects of Sequential class, but ${typeName(second)} is given.`);
  }
  return new SequentialBase(...first, ...second);
}

function repeated(sequential: Sequential, factor: number): Sequential {
  const name = typeName(sequential);
  if (!Number.isInteger(factor)) throw new ModuleError(`unsupported operand type(s) for *: ${name} and ${factor}`);
  if (factor <= 0) throw new ModuleError(`Non-positive multiplication factor ${factor} for ${name}`);
  return new SequentialBase(...Array.from({ length: factor }, () => [...sequential]).flat());
}
