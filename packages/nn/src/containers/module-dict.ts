import { ModuleError } from '../errors.ts';
import { isModule } from '../internals.ts';
import { type AnyModule, ModuleBase } from '../module-base.ts';
import { typeName } from '../names.ts';
import { entriesOf } from './ordered.ts';

/** Modules by key. */
export type ModuleRecord = Record<string, AnyModule>;

/** What fills a {@link ModuleDict}: an object literal, a Map, another dict, or pairs. */
export type ModuleDictSource<T extends ModuleRecord> =
  | Partial<T>
  | ModuleDictBase<T>
  | Iterable<readonly [keyof T & string, T[keyof T]]>;

/** What a {@link ModuleDict} can do beside being indexed by its keys. */
export class ModuleDictBase<T extends ModuleRecord = ModuleRecord> extends ModuleBase {
  /** The name that is printed. */
  static override readonly name: string = 'ModuleDict';

  constructor(modules: ModuleDictSource<T> = {}) {
    super();
    this.update(modules);
  }

  /** Number of modules. */
  get size(): number {
    return entriesOf(this).length;
  }

  /** The module of a key. @throws {ModuleError} There is none. */
  get<K extends keyof T & string>(key: K): T[K] {
    const found = entriesOf(this).find(([name]) => name === key);
    if (!found) throw new ModuleError(`'${key}'`, { key });
    return found[1].value as T[K];
  }

  /** Adds or replaces a module. @throws {ModuleError} The key clashes with a method, or the value is no module. */
  set<K extends keyof T & string>(key: K, module: T[K]): this {
    this.registerModule(key, module);
    return this;
  }

  /** Whether there is a module of that key. */
  has(key: string): boolean {
    return entriesOf(this).some(([name]) => name === key);
  }

  /** Removes a module; false if there was none. */
  delete(key: keyof T & string): boolean {
    return this.has(key) && Reflect.deleteProperty(this, key);
  }

  /** Removes and gives the module of a key. @throws {ModuleError} There is none. */
  pop<K extends keyof T & string>(key: K): T[K] {
    const module = this.get(key);
    this.delete(key);
    return module;
  }

  /** Removes all modules. */
  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }

  /** The keys in order of insertion. */
  keys(): (keyof T & string)[] {
    return entriesOf(this).map(([name]) => name);
  }

  /** The modules in order of insertion. */
  values(): T[keyof T][] {
    return entriesOf(this).map(([, { value }]) => value as T[keyof T]);
  }

  /** Keys and modules in order of insertion. */
  entries(): [key: keyof T & string, module: T[keyof T]][] {
    return entriesOf(this).map(([name, { value }]) => [name, value as T[keyof T]]);
  }

  /** Adds or replaces several modules. @throws {ModuleError} Neither a mapping nor pairs. */
  update(modules: ModuleDictSource<T>): void {
    const source: unknown = modules;
    if ((typeof source !== 'object' && !isModule(source)) || source === null) {
      throw new ModuleError(
        `ModuleDict.update should be called with an iterable of key/value pairs, but got ${typeName(source)}`,
      );
    }
    if (Symbol.iterator in source) {
      [...(source as Iterable<unknown>)].forEach((pair, i) => {
        this.set(...(checkPair(pair, i) as [keyof T & string, T[keyof T & string]]));
      });
    } else {
      for (const [key, module] of Object.entries(source)) this.set(key, module);
    }
  }

  *[Symbol.iterator](): Generator<[key: keyof T & string, module: T[keyof T]]> {
    yield* this.entries();
  }
}

function checkPair(pair: unknown, i: number): unknown[] {
  if (!Array.isArray(pair)) {
    throw new ModuleError(`ModuleDict update sequence element #${i} should be Iterable; is ${typeName(pair)}`);
  }
  if (pair.length !== 2) {
    throw new ModuleError(`ModuleDict update sequence element #${i} has length ${pair.length}; 2 is required`);
  }
  return pair;
}

/** Modules by key, each also a property: `dict.one(x)`. */
export type ModuleDict<T extends ModuleRecord = ModuleRecord> = ModuleDictBase<T> & T;

/** Makes a {@link ModuleDict}. */
export interface ModuleDictConstructor {
  new <T extends ModuleRecord>(modules: T): ModuleDict<T>;
  new <T extends ModuleRecord = ModuleRecord>(modules?: ModuleDictSource<T>): ModuleDict<T>;
}

/**
 * Modules by key that are members of the module that owns it; a plain object's are not.
 *
 * It keeps the order of insertion, refuses keys that are names of its own methods, and has no `forward`.
 *
 * @example
 * const heads = new ModuleDict({ one: new Linear(4, 1), two: new Linear(4, 2) });
 * heads.one(x);
 */
export const ModuleDict: ModuleDictConstructor = ModuleDictBase as unknown as ModuleDictConstructor;
