import { Bytes } from './encoding.ts';
import { i32, memoryArgument } from './scalar.ts';
import { type I32, instruction, Local, TYPE_CODES, type V128, Value, type ValueType } from './value.ts';

/** Parameter and result types of a function. */
export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A function of a module, defined or imported; its index is known when the module is encoded. */
export interface FunctionReference {
  readonly signature: Signature;
  index: number;
}

/** The end of a block, to jump to. */
export interface Label {
  /** Number of blocks that were open when this one was opened. */
  readonly level: number;
}

/** Writes one function, statement by statement; expressions are {@link Value}s. */
export class FunctionBuilder implements FunctionReference {
  readonly signature: Signature;
  readonly parameters: readonly Local[];
  index = -1;
  readonly #locals: ValueType[] = [];
  /** Statements are written late, when functions have indices. */
  readonly #statements: ((out: Bytes) => void)[] = [];
  #level = 0;

  constructor(signature: Signature) {
    this.signature = signature;
    this.parameters = signature.parameters.map((type, index) => new Local(type, index));
  }

  /** A parameter, with its type. */
  parameter<T extends ValueType>(index: number, type: T): Local<T> {
    const found = this.parameters[index];
    if (found?.type !== type) throw new TypeError(`parameter ${index} is ${found?.type}, not ${type}`);
    return found as Local<T>;
  }

  /** A new local variable; starts as 0, or as a value. */
  local<T extends ValueType>(type: T, value?: Value<T>): Local<T> {
    const local = new Local(type, this.signature.parameters.length + this.#locals.length);
    this.#locals.push(type);
    if (value) this.set(local, value);
    return local;
  }

  /** A local that holds a value computed here; what is a local already stays one. */
  let<T extends ValueType>(value: Value<T>): Local<T> {
    return value instanceof Local ? value : this.local(value.type, value);
  }

  set<T extends ValueType>(local: Local<T>, value: Value<T>): void {
    this.#write((out) => {
      value.write(out);
      out.byte(0x21);
      out.unsigned(local.index);
    });
  }

  /** `local = local + by`. */
  advance(local: Local<'i32'>, by: I32 | number): void {
    this.set(local, i32.add(local, typeof by === 'number' ? i32.const(by) : by));
  }

  /** Evaluates an expression for its effect. */
  drop(value: Value): void {
    this.#write((out) => {
      value.write(out);
      out.byte(0x1a);
    });
  }

  /** Runs the body once; inside, jump to the label to leave it. */
  block(body: (end: Label) => void): void {
    this.#enclosed(0x02, body);
  }

  /** Runs the body; inside, jump to the label to start over. Leaves when the body ends. */
  loop(body: (again: Label) => void): void {
    this.#enclosed(0x03, body);
  }

  if(condition: I32, body: () => void, otherwise?: () => void): void {
    this.#write((out) => {
      condition.write(out);
      out.byte(0x04);
      out.byte(0x40);
    });
    this.#level++;
    body();
    if (otherwise) {
      this.#write((out) => out.byte(0x05));
      otherwise();
    }
    this.#level--;
    this.#write((out) => out.byte(0x0b));
  }

  /** Runs the body while a condition, evaluated before each time, holds. */
  while(condition: I32, body: () => void): void {
    this.if(condition, () => {
      this.loop((again) => {
        body();
        this.jumpIf(again, condition);
      });
    });
  }

  jump(label: Label): void {
    const depth = this.#level - label.level - 1;
    this.#write((out) => {
      out.byte(0x0c);
      out.unsigned(depth);
    });
  }

  jumpIf(label: Label, condition: I32): void {
    const depth = this.#level - label.level - 1;
    this.#write((out) => {
      condition.write(out);
      out.byte(0x0d);
      out.unsigned(depth);
    });
  }

  return(...values: readonly Value[]): void {
    this.#write((out) => {
      for (const value of values) value.write(out);
      out.byte(0x0f);
    });
  }

  /** Calls a function that returns nothing. */
  call(target: FunctionReference, ...values: readonly Value[]): void {
    this.#write((out) => writeCall(out, target, values));
  }

  /** Stores the low `bytes` of an integer or a whole float at `address + offset`. */
  store(address: I32, value: Value, offset = 0, bytes?: 1 | 2 | 4): void {
    const [code, align] = storeCode(value.type, bytes);
    this.#write((out) => {
      address.write(out);
      value.write(out);
      if (value.type === 'v128') out.byte(0xfd);
      out.byte(code);
      memoryArgument(out, align, offset);
    });
  }

  /** Stores one lane of a vector, of 1, 2, 4 or 8 bytes, at `address + offset`. */
  storeLane(address: I32, value: V128, bytes: 1 | 2 | 4 | 8, lane: number, offset = 0): void {
    const align = Math.log2(bytes);
    this.#write((out) => {
      address.write(out);
      value.write(out);
      out.byte(0xfd);
      out.unsigned(88 + align);
      memoryArgument(out, align, offset);
      out.byte(lane);
    });
  }

  /** Sets `count` bytes at an address. */
  fillMemory(address: I32, value: I32, count: I32): void {
    this.#write((out) => {
      for (const operand of [address, value, count]) operand.write(out);
      out.raw([0xfc, 11, 0]);
    });
  }

  /** Copies `count` bytes, which may overlap. */
  copyMemory(target: I32, source: I32, count: I32): void {
    this.#write((out) => {
      for (const operand of [target, source, count]) operand.write(out);
      out.raw([0xfc, 10, 0, 0]);
    });
  }

  /** The body in the binary format. */
  encode(): Bytes {
    const locals = [...this.#locals];
    const constants = new Map<string, { readonly bytes: Uint8Array; readonly index: number }>();
    const code = new Bytes();
    code.constantLocal = (bytes) => {
      const key = bytes.join();
      let found = constants.get(key);
      if (!found) {
        found = { bytes, index: this.signature.parameters.length + locals.push('v128') - 1 };
        constants.set(key, found);
      }
      return found.index;
    };
    for (const write of this.#statements) write(code);
    const runs: [ValueType, number][] = [];
    for (const type of locals) {
      const last = runs.at(-1);
      if (last?.[0] === type) last[1]++;
      else runs.push([type, 1]);
    }
    const out = new Bytes();
    out.unsigned(runs.length);
    for (const [type, count] of runs) {
      out.unsigned(count);
      out.byte(TYPE_CODES[type]);
    }
    for (const { bytes, index } of constants.values()) {
      out.raw([0xfd, 12]);
      out.raw(bytes);
      out.byte(0x21);
      out.unsigned(index);
    }
    out.raw(code.view());
    out.byte(0x0b);
    return out;
  }

  #write(statement: (out: Bytes) => void): void {
    this.#statements.push(statement);
  }

  #enclosed(code: number, body: (label: Label) => void): void {
    this.#write((out) => {
      out.byte(code);
      out.byte(0x40);
    });
    const label = { level: this.#level };
    this.#level++;
    body(label);
    this.#level--;
    this.#write((out) => out.byte(0x0b));
  }
}

function writeCall(out: Bytes, target: FunctionReference, values: readonly Value[]): void {
  if (values.length !== target.signature.parameters.length)
    throw new TypeError('a call has too many or too few arguments');
  for (const value of values) value.write(out);
  out.byte(0x10);
  out.unsigned(target.index);
}

/** The result of a function that returns one value. */
export function callValue<T extends ValueType>(
  type: T,
  target: FunctionReference,
  ...values: readonly Value[]
): Value<T> {
  if (target.signature.results.length !== 1 || target.signature.results[0] !== type) {
    throw new TypeError(`the function does not return ${type}`);
  }
  return new Value(type, (out) => writeCall(out, target, values));
}

function storeCode(type: ValueType, bytes?: 1 | 2 | 4): readonly [number, number] {
  switch (type) {
    case 'i32':
      return bytes === 1 ? [0x3a, 0] : bytes === 2 ? [0x3b, 1] : [0x36, 2];
    case 'i64':
      return [0x37, 3];
    case 'f32':
      return [0x38, 2];
    case 'f64':
      return [0x39, 3];
    case 'v128':
      return [11, 4];
  }
}

/** Sequentially consistent 32-bit atomics (address must be a multiple of 4). */
export const atomic: {
  readonly load: (address: I32, offset?: number) => I32;
  readonly add: (address: I32, value: I32, offset?: number) => I32;
} = {
  load: (address, offset = 0) =>
    instruction('i32', [address], (out) => {
      out.raw([0xfe, 0x10]);
      memoryArgument(out, 2, offset);
    }),
  add: (address, value, offset = 0) =>
    instruction('i32', [address, value], (out) => {
      out.raw([0xfe, 0x1e]);
      memoryArgument(out, 2, offset);
    }),
};

/** Memory that a module imports, as `env.memory`. */
export interface MemoryType {
  /** Pages of 64 KiB. */
  readonly initial: number;
  readonly maximum: number;
  readonly shared: boolean;
}

interface Imported extends FunctionReference {
  readonly name: string;
}

/** Collects functions and writes a module, which imports its memory and host functions from `env`. */
export class ModuleBuilder {
  readonly #memory: MemoryType;
  readonly #imports: Imported[] = [];
  readonly #functions: FunctionBuilder[] = [];
  readonly #exports: [string, FunctionBuilder][] = [];

  constructor(memory: MemoryType) {
    this.#memory = memory;
  }

  /** Names of the imported host functions. */
  get imports(): readonly string[] {
    return this.#imports.map(({ name }) => name);
  }

  /** A host function, imported once under its name. */
  import(name: string, signature: Signature): FunctionReference {
    let found = this.#imports.find((each) => each.name === name);
    if (!found) {
      found = { name, signature, index: -1 };
      this.#imports.push(found);
    }
    return found;
  }

  /** A new function; pass a name to export it. */
  function(signature: Signature, name?: string): FunctionBuilder {
    const built = new FunctionBuilder(signature);
    this.#functions.push(built);
    if (name !== undefined) this.#exports.push([name, built]);
    return built;
  }

  /** The module in the binary format. */
  encode(): Uint8Array<ArrayBuffer> {
    [...this.#imports, ...this.#functions].forEach((each, index) => {
      each.index = index;
    });
    const types = new Map<string, { signature: Signature; index: number }>();
    const typeOf = (signature: Signature): number => {
      const key = `${signature.parameters}>${signature.results}`;
      const found = types.get(key) ?? { signature, index: types.size };
      types.set(key, found);
      return found.index;
    };
    for (const each of [...this.#imports, ...this.#functions]) typeOf(each.signature);
    const out = new Bytes();
    out.raw([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    section(out, 1, [...types.values()], (body, { signature }) => {
      body.byte(0x60);
      for (const list of [signature.parameters, signature.results]) {
        body.unsigned(list.length);
        for (const type of list) body.byte(TYPE_CODES[type]);
      }
    });
    const imports: (Imported | null)[] = [null, ...this.#imports];
    section(out, 2, imports, (body, each) => {
      body.name('env');
      body.name(each?.name ?? 'memory');
      if (each) {
        body.byte(0x00);
        body.unsigned(typeOf(each.signature));
        return;
      }
      const { initial, maximum, shared } = this.#memory;
      body.byte(0x02);
      body.byte(shared ? 0x03 : 0x01);
      body.unsigned(initial);
      body.unsigned(maximum);
    });
    section(out, 3, this.#functions, (body, each) => body.unsigned(typeOf(each.signature)));
    section(out, 7, this.#exports, (body, [name, each]) => {
      body.name(name);
      body.byte(0x00);
      body.unsigned(each.index);
    });
    section(out, 10, this.#functions, (body, each) => body.sized(each.encode()));
    return out.view().slice();
  }
}

function section<T>(out: Bytes, id: number, entries: readonly T[], write: (out: Bytes, entry: T) => void): void {
  const body = new Bytes();
  body.unsigned(entries.length);
  for (const entry of entries) write(body, entry);
  out.byte(id);
  out.sized(body);
}
