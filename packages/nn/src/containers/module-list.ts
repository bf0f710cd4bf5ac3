import { ModuleError } from '../errors.ts';
import { type AnyModule, ModuleBase } from '../module-base.ts';
import { typeName } from '../names.ts';
import { indentRest, printBlock } from '../repr.ts';
import { type Entry, entriesOf, newEntry, numbered, rebuild } from './ordered.ts';
import { insertPosition, position, span } from './positions.ts';

/**
 * A list of modules that are members of the module that owns it; a plain array's are not.
 *
 * It has no `forward`: loop over it, or index it with `list[0]` and `list.at(-1)`.
 *
 * @example
 * class Net extends Module {
 *   layers = new ModuleList([new Linear(4, 4), new Linear(4, 4)]);
 *   forward(x: Tensor): Tensor {
 *     let y = x;
 *     for (const layer of this.layers) y = layer(y);
 *     return y;
 *   }
 * }
 */
export class ModuleList<M extends AnyModule = AnyModule> extends ModuleBase {
  [index: number]: M;

  constructor(modules: Iterable<M> = []) {
    super();
    this.extend(modules);
  }

  /** Number of modules. */
  override get length(): number {
    return entriesOf(this).length;
  }

  /** The module at a position; negative ones count from the end. @throws {IndexError} There is none. */
  at(index: number): M {
    const entries = entriesOf(this);
    return (entries[position(index, entries.length)] as Entry)[1].value as M;
  }

  /** Replaces the module at a position. @throws {IndexError} There is none. */
  set(index: number, module: M): void {
    this[position(index, this.length)] = module;
  }

  /** Some of the modules in a new list. */
  slice(start?: number, end?: number): ModuleList<M> {
    return listOf([...this].slice(start, end));
  }

  /** Adds a module at the end. @throws {ModuleError} It is no module. */
  append(module: M): this {
    return this.extend([module]);
  }

  /** Adds modules at the end. @throws {ModuleError} Not an iterable, or one of them is no module. */
  extend(modules: Iterable<M>): this {
    if (typeof modules?.[Symbol.iterator] !== 'function') {
      throw new ModuleError(`ModuleList.extend should be called with an iterable, but got ${typeName(modules)}`);
    }
    const entries = entriesOf(this);
    for (const module of modules) entries.push(newEntry(this, String(entries.length), module));
    rebuild(this, entries);
    return this;
  }

  /** Adds a module before a position. @throws {IndexError} Beyond the ends. */
  insert(index: number, module: M): this {
    const entries = entriesOf(this);
    const at = insertPosition(index, entries.length);
    entries.splice(at, 0, newEntry(this, String(at), module));
    rebuild(this, numbered(entries));
    return this;
  }

  /** Removes and gives the module at a position, the last one unless told. @throws {IndexError} There is none. */
  pop(index = -1): M {
    const module = this.at(index);
    this.delete(index);
    return module;
  }

  /** Removes the module at a position, or those up to `end`. @throws {IndexError} There is none. */
  delete(start: number, end?: number): void {
    const entries = entriesOf(this);
    if (end === undefined) entries.splice(position(start, entries.length), 1);
    else entries.splice(...span(start, end, entries.length));
    rebuild(this, numbered(entries));
  }

  /** A new list of the modules of both. */
  concat(other: Iterable<M>): ModuleList<M> {
    return listOf([...this, ...other]);
  }

  *[Symbol.iterator](): Generator<M> {
    for (const [, { value }] of entriesOf(this)) yield value as M;
  }

  /** As PyTorch prints it: neighbours with the same text are folded into one line. */
  override toString(): string {
    return printBlock(typeName(this), '', folded([...this].map(String)));
  }
}

// Outside the class, because a bundler renames classes that speak of themselves inside, and the name is printed.
function listOf<M extends AnyModule>(modules: Iterable<M>): ModuleList<M> {
  return new ModuleList(modules);
}

/** One line per run of equal texts. */
function folded(texts: readonly string[]): string[] {
  const lines: string[] = [];
  for (let start = 0; start < texts.length; ) {
    const text = texts[start] as string;
    let end = start;
    while (texts[end + 1] === text) end++;
    const line = start === end ? `(${start}): ${text}` : `(${start}-${end}): ${end - start + 1} x ${text}`;
    lines.push(indentRest(line));
    start = end + 1;
  }
  return lines;
}
