import { ModuleError } from '../errors.ts';
import { isModule } from '../internals.ts';
import { propertyNames } from '../members.ts';
import { Module } from '../module.ts';
import { typeName } from '../names.ts';
import type { Parameter } from '../parameter.ts';
import { put, tensorTypeName, valueLine, wrapTensors } from './values.ts';

/** What fills a {@link ParameterDict}: an object literal, a Map, another dict, or pairs. */
export type ParameterDictSource = Readonly<Record<string, unknown>> | Iterable<readonly [string, unknown]>;

/** What a {@link ParameterDict} can do beside being indexed by its keys. */
export class ParameterDictBase<V = Parameter> extends Module {
  /** The name that is printed. */
  static override readonly name: string = 'ParameterDict';

  constructor(parameters: ParameterDictSource = {}) {
    super();
    wrapTensors(this);
    this.update(parameters);
  }

  /** Number of values. */
  get size(): number {
    return propertyNames(this).length;
  }

  /** The value of a key, or `fallback`. */
  get(key: string): V | undefined;
  get<D>(key: string, fallback: D): V | D;
  get(key: string, fallback?: unknown): unknown {
    return this.has(key) ? (this as unknown as Record<string, unknown>)[key] : fallback;
  }

  /** Adds or replaces a value; a tensor becomes a parameter. @throws {ModuleError} The key clashes with a method. */
  set(key: string, value: unknown): this {
    put(this, key, value);
    return this;
  }

  /** Whether there is a value of that key. */
  has(key: string): boolean {
    return propertyNames(this).includes(key);
  }

  /** Removes a value; false if there was none. */
  delete(key: string): boolean {
    return this.has(key) && Reflect.deleteProperty(this, key);
  }

  /** Removes and gives the value of a key. @throws {ModuleError} There is none. */
  pop(key: string): V {
    if (!this.has(key)) throw new ModuleError(`'${key}'`, { key });
    const value = this.get(key) as V;
    this.delete(key);
    return value;
  }

  /** Removes and gives the pair put in last. @throws {ModuleError} There is none. */
  popItem(): [key: string, value: V] {
    const key = this.keys().at(-1);
    if (key === undefined) throw new ModuleError('dictionary is empty');
    return [key, this.pop(key)];
  }

  /** The value of a key, put in first if there is none. */
  setDefault(key: string, value: unknown = null): V {
    if (!this.has(key)) this.set(key, value);
    return this.get(key) as V;
  }

  /** Removes all values. */
  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }

  /** A new dict of the same values. */
  copy(): ParameterDict<Record<string, V>> {
    return dictOf(this.entries());
  }

  /** A new dict that has one value under each key. */
  fromKeys(keys: Iterable<string>, value: unknown = null): ParameterDict<Record<string, V>> {
    return dictOf([...keys].map((key) => [key, value]));
  }

  /** A new dict of the values of both; the other's win. */
  union(other: ParameterDictSource): ParameterDict<Record<string, V>> {
    const made = dictOf<V>(this.entries());
    made.update(other);
    return made;
  }

  /** The keys in order of insertion. */
  keys(): string[] {
    return propertyNames(this);
  }

  /** The values in order of insertion. */
  values(): V[] {
    return this.keys().map((key) => this.get(key) as V);
  }

  /** Keys and values in order of insertion. */
  entries(): [key: string, value: V][] {
    return this.keys().map((key) => [key, this.get(key) as V]);
  }

  /** Adds or replaces several values. @throws {ModuleError} Neither a mapping nor pairs. */
  update(parameters: ParameterDictSource): void {
    const source: unknown = parameters;
    if ((typeof source !== 'object' && !isModule(source)) || source === null) {
      throw new ModuleError(
        `ParametersDict.update should be called with an iterable of key/value pairs, but got ${typeName(source)}`,
      );
    }
    if (!(Symbol.iterator in source)) {
      for (const [key, value] of Object.entries(source)) this.set(key, value);
      return;
    }
    [...(source as Iterable<unknown>)].forEach((pair, i) => {
      if (!Array.isArray(pair)) {
        throw new ModuleError(`ParameterDict update sequence element #${i} should be Iterable; is ${typeName(pair)}`);
      }
      if (pair.length !== 2) {
        throw new ModuleError(`ParameterDict update sequence element #${i} has length ${pair.length}; 2 is required`);
      }
      this.set(String(pair[0]), pair[1]);
    });
  }

  *[Symbol.iterator](): Generator<[key: string, value: V]> {
    yield* this.entries();
  }

  /** @throws {ModuleError} Always. */
  forward(): never {
    throw new ModuleError('ParameterDict should not be called.');
  }

  override extraRepr(): string {
    return this.entries()
      .map(([key, value]) => valueLine(key, value, ({ dtype }) => tensorTypeName(dtype)))
      .join('\n');
  }
}

// Outside the class, because a bundler renames classes that speak of themselves inside, and the name is printed.
function dictOf<V>(pairs: Iterable<readonly [string, unknown]>): ParameterDict<Record<string, V>> {
  return new ParameterDict(pairs) as unknown as ParameterDict<Record<string, V>>;
}

/** Parameters by key, each also a property. */
export type ParameterDict<T extends Record<string, unknown> = Record<string, Parameter>> = ParameterDictBase<
  T[keyof T]
> &
  T;

/** Makes a {@link ParameterDict}. */
export interface ParameterDictConstructor {
  new <K extends string = string>(
    parameters?: Readonly<Record<K, unknown>> | Iterable<readonly [K, unknown]>,
  ): ParameterDict<Record<K, Parameter>>;
}

/**
 * Parameters by key that are members of the module that owns it.
 *
 * A plain tensor becomes a parameter when it is put in; values that are no tensors are kept as they are.
 *
 * @example
 * const sides = new ParameterDict({ left: randn([2]), right: randn([3]) });
 * sides.left; // a Parameter
 */
export const ParameterDict: ParameterDictConstructor = ParameterDictBase as unknown as ParameterDictConstructor;
