import { ModuleError } from '../errors.ts';
import { Module } from '../module.ts';
import { typeName } from '../names.ts';
import type { Parameter } from '../parameter.ts';
import { position } from './positions.ts';
import { put, valueLine, wrapTensors } from './values.ts';

/**
 * A list of parameters that are members of the module that owns it.
 *
 * A plain tensor becomes a parameter when it is put in; values that are no tensors are kept as they are.
 *
 * @example
 * const scales = new ParameterList([randn([2]), randn([3])]);
 * scales[0]; // a Parameter
 */
export class ParameterList<V = Parameter> extends Module {
  [index: number]: V;

  constructor(values: Iterable<unknown> = []) {
    super();
    wrapTensors(this);
    this.extend(values);
  }

  /** Number of values. */
  override get length(): number {
    return Object.keys(this).filter((name) => /^\d+$/.test(name)).length;
  }

  /** The value at a position; negative ones count from the end. @throws {IndexError} There is none. */
  at(index: number): V {
    return this[position(index, this.length)] as V;
  }

  /** Replaces the value at a position. @throws {IndexError} There is none. */
  set(index: number, value: unknown): void {
    put(this, String(position(index, this.length)), value);
  }

  /** Some of the values in a new list. */
  slice(start?: number, end?: number): ParameterList<V> {
    return listOf([...this].slice(start, end));
  }

  /** Adds a value at the end. */
  append(value: unknown): this {
    put(this, String(this.length), value);
    return this;
  }

  /** Adds values at the end. @throws {ModuleError} Not an iterable. */
  extend(values: Iterable<unknown>): this {
    if (typeof values?.[Symbol.iterator] !== 'function') {
      throw new ModuleError(`ParameterList.extend should be called with an iterable, but got ${typeName(values)}`);
    }
    for (const value of [...values]) this.append(value);
    return this;
  }

  /** Removes and gives the last value. @throws {IndexError} There is none. */
  pop(): V {
    const value = this.at(-1);
    Reflect.deleteProperty(this, String(this.length - 1));
    return value;
  }

  /** A new list of the values of both. */
  concat(other: Iterable<unknown>): ParameterList<V> {
    return listOf([...this, ...other]);
  }

  *[Symbol.iterator](): Generator<V> {
    for (let i = 0; i < this.length; i++) yield this[i] as V;
  }

  /** @throws {ModuleError} Always. */
  forward(): never {
    throw new ModuleError('ParameterList should not be called.');
  }

  override extraRepr(): string {
    return [...this].map((value, i) => valueLine(String(i), value, ({ dtype }) => `torch.${dtype}`)).join('\n');
  }
}

// Outside the class, because a bundler renames classes that speak of themselves inside, and the name is printed.
function listOf<V>(values: Iterable<unknown>): ParameterList<V> {
  return new ParameterList<V>(values);
}
