import { type Access, type DType, dtypes, type LoopKernel } from '@flambeau/backend';
import { f64, type I32, i32, i32x4, i32x4Const, i64, type Local, select } from '../assembler/index.ts';
import { type Emitter, LANES, type Lanes } from '../vector/emitter.ts';
import { emitCast, splatValue } from '../vector/index.ts';
import { type LaunchLayout, SPLIT_AXIS, SPLIT_SIZE } from './launch-layout.ts';
import type { Loop } from './plan.ts';
import type { SizedInput } from './sized-input.ts';

/** From where to where a loop runs; `from` is absent for 0. */
export interface Range {
  readonly from?: I32;
  readonly to: Local<'i32'>;
}

/** Where the code at hand stands in a nest: the counters of the loops around it, and how far they have moved each access. */
export interface Position {
  readonly counters: ReadonlyMap<number, I32>;
  readonly addresses: readonly Local<'i32'>[];
  /** For each access, the running values of its bounds. */
  readonly bounds: readonly (readonly Local<'i32'>[])[];
}

/** One group of four elements along the axis that lanes run along; `axis` is -1 where there is but one element. */
export interface Site {
  readonly position: Position;
  readonly axis: number;
  /** How many groups this one lies ahead of the position. */
  readonly block: number;
  /** Number of elements that count, 1 to 3; absent when all do. */
  readonly count?: Local<'i32'>;
  /** All ones in the lanes that count. */
  readonly valid?: Lanes;
}

/** Writes the loops of one kernel: counters, running addresses and bounds, strides kept in locals. */
export class Nest {
  readonly e: Emitter;
  readonly kernel: LoopKernel;
  readonly #layout: LaunchLayout;
  readonly #parameters: Local<'i32'>;
  readonly #strides: readonly (readonly (I32 | null)[])[];
  readonly #coefficients: readonly (readonly (readonly (Local<'i32'> | null)[])[])[];
  readonly #boundExtents: readonly (readonly Local<'i32'>[])[];
  readonly #extents: Local<'i32'>[] = [];
  readonly #scalars: Lanes[] = [];
  /** The position before any loop. */
  readonly start: Position;

  constructor(e: Emitter, input: SizedInput, layout: LaunchLayout) {
    this.e = e;
    this.kernel = input.kernel;
    this.#layout = layout;
    const { f } = e;
    this.#parameters = f.parameter(0, 'i32');
    const { kernel } = input;
    const word = (at: number): Local<'i32'> => f.local('i32', i32.load(this.#parameters, 4 * at));
    this.#strides = kernel.accesses.map((access, number) => {
      const words = layout.accesses[number]?.strides ?? [];
      return access.steps.map((step, axis) => {
        if (step === 'zero') return null;
        return step === 'unit' ? i32.const(this.bytes(number)) : word(words[axis] as number);
      });
    });
    this.#coefficients = layout.accesses.map(({ bounds }) =>
      bounds.map(({ coefficients }) => coefficients.map((at) => (at < 0 ? null : word(at)))),
    );
    this.#boundExtents = layout.accesses.map(({ bounds }) => bounds.map(({ extent }) => word(extent)));
    this.start = {
      counters: new Map(),
      addresses: layout.accesses.map(({ address }) => word(address)),
      bounds: layout.accesses.map(({ bounds }) => bounds.map(({ start }) => word(start))),
    };
  }

  /** Size of an element of an access (bytes). */
  bytes(number: number): number {
    return dtypes[this.dtype(number)].bytes;
  }

  /** The stored dtype behind an access. */
  dtype(number: number): DType {
    const { role, buffer } = this.access(number);
    return (role === 'input' ? this.kernel.inputs : this.kernel.outputs)[buffer] as DType;
  }

  access(number: number): Access {
    return this.kernel.accesses[number] as Access;
  }

  /** The stride (bytes) of an access along an axis or computed index; null where it does not move. */
  stride(number: number, axis: number): I32 | null {
    return this.#strides[number]?.[axis] ?? null;
  }

  /** The coefficient of a bound; null where its value stays the same. */
  coefficient(number: number, bound: number, axis: number): Local<'i32'> | null {
    return this.#coefficients[number]?.[bound]?.[axis] ?? null;
  }

  /** Where a bound ends. */
  boundExtent(number: number, bound: number): I32 {
    return this.#boundExtents[number]?.[bound] as I32;
  }

  /** The size along computed index `i` of a gather. */
  gatherSize(number: number, i: number): I32 {
    return this.#load(this.#layout.accesses[number]?.sizes[i] as number);
  }

  /** A launch extent. */
  extent(number: number): Local<'i32'> {
    let found = this.#extents[number];
    if (!found) {
      found = this.e.f.local('i32', this.#load(this.#layout.extent(number)));
      this.#extents[number] = found;
    }
    return found;
  }

  /** All of a loop's axis. */
  range(loop: Loop): Range {
    return { to: this.extent(loop.extent) };
  }

  /** The part of an outer loop's axis that the function was called for: units `begin` to `end` where the axis is split. */
  share(loop: Loop): Range {
    const { f } = this.e;
    const n = this.extent(loop.extent);
    const isSplit = f.local('i32', i32.eq(this.#load(SPLIT_AXIS), i32.const(loop.axis)));
    const size = f.local('i32', this.#load(SPLIT_SIZE));
    const from = f.local('i32', i32.mul(i32.mul(f.parameter(2, 'i32'), size), isSplit));
    const to = f.local('i32', i32.mul(f.parameter(3, 'i32'), size));
    f.set(to, select(i32.and(isSplit, i32.lt_s(to, n)), to, n));
    return { from, to };
  }

  /** Run-time scalar `slot` in all lanes. Ask for it before any loop, so that it is loaded once. */
  scalar(slot: number): Lanes {
    let found = this.#scalars[slot];
    if (!found) {
      found = this.#loadScalar(slot);
      this.#scalars[slot] = found;
    }
    return found;
  }

  /** A loop over single elements. */
  scalarLoop(
    at: Position,
    accesses: readonly number[],
    axis: number,
    { from, to }: Range,
    body: (at: Position) => void,
  ): void {
    const { f } = this.e;
    const counter = f.local('i32', from ?? i32.const(0));
    const inside = this.#enter(at, accesses, axis, counter, from);
    f.while(i32.lt_s(counter, to), () => {
      body(inside);
      this.#step(inside, accesses, axis, 1);
      f.advance(counter, 1);
    });
  }

  /** Loops over single elements, nested; the inner ones of short axes are written out. */
  loops(at: Position, accesses: readonly number[], loops: readonly Loop[], body: (at: Position) => void): void {
    const [first, ...rest] = loops;
    if (!first) {
      body(at);
      return;
    }
    const { axis, size } = first;
    if (size === undefined) {
      this.scalarLoop(at, accesses, axis, this.range(first), (inside) => this.loops(inside, accesses, rest, body));
      return;
    }
    let inside = at;
    for (let i = 0; i < size; i++) {
      if (i > 0) inside = this.#moved(inside, accesses, axis, i32.const(1));
      this.loops({ ...inside, counters: new Map([...inside.counters, [axis, i32.const(i)]]) }, accesses, rest, body);
    }
  }

  /** A loop over tiles of a range: the body gets each tile's own range. */
  tiles({ from, to }: Range, side: number, body: (range: Range) => void): void {
    const { f } = this.e;
    const start = f.local('i32', from ?? i32.const(0));
    f.while(i32.lt_s(start, to), () => {
      const end = f.local('i32', i32.add(start, i32.const(side)));
      f.set(end, select(i32.lt_s(end, to), end, to));
      body({ from: start, to: end });
      f.set(start, end);
    });
  }

  /**
   * A loop in groups of four elements: `blocks` groups at a time as long as so many are left, then one at a time, then the
   * incomplete last one.
   */
  lanesLoop(
    at: Position,
    accesses: readonly number[],
    axis: number,
    { from, to }: Range,
    blocks: number,
    body: (sites: readonly Site[]) => void,
  ): void {
    const { f } = this.e;
    const counter = f.local('i32', from ?? i32.const(0));
    const position = this.#enter(at, accesses, axis, counter, from);
    for (const groups of blocks > 1 ? [blocks, 1] : [1]) {
      const elements = groups * LANES;
      const last = f.local('i32', i32.sub(to, i32.const(elements)));
      f.while(i32.le_s(counter, last), () => {
        body(Array.from({ length: groups }, (_, block) => ({ position, axis, block })));
        this.#step(position, accesses, axis, elements);
        f.advance(counter, elements);
      });
    }
    f.if(i32.lt_s(counter, to), () => {
      const count = f.local('i32', i32.sub(to, counter));
      const valid = f.local('v128', i32x4.lt_s(i32x4Const(0, 1, 2, 3), i32x4.splat(count)));
      body([{ position, axis, block: 0, count, valid: { dtype: 'bool', parts: [valid] } }]);
    });
  }

  #load(word: number): I32 {
    return i32.load(this.#parameters, 4 * word);
  }

  #loadScalar(slot: number): Lanes {
    const dtype = this.kernel.scalars[slot] as DType;
    const at = 4 * (this.#layout.scalars[slot] as number);
    if (dtype === 'int64') return splatValue(this.e, 'int64', i64.load(this.#parameters, at));
    if (dtypes[dtype].kind !== 'float') return splatValue(this.e, dtype, i32.load(this.#parameters, at));
    const wide = splatValue(this.e, 'float64', f64.load(this.#parameters, at));
    return dtype === 'float64' ? wide : emitCast(this.e, wide, dtype);
  }

  /** The position at the start of a loop: what moves along its axis gets a local of its own. */
  #enter(at: Position, accesses: readonly number[], axis: number, counter: Local<'i32'>, from?: I32): Position {
    const counters = new Map([...at.counters, [axis, counter]]);
    return { ...this.#moved(at, accesses, axis, from ? counter : null), counters };
  }

  /** A position with locals of its own for what moves along an axis, `by` elements further on; null for none. */
  #moved(at: Position, accesses: readonly number[], axis: number, by: I32 | null): Position {
    const { f } = this.e;
    const moved = (before: Local<'i32'>, step: I32 | null): Local<'i32'> => {
      if (!step) return before;
      return f.local('i32', by ? i32.add(before, i32.mul(by, step)) : before);
    };
    return {
      counters: at.counters,
      addresses: at.addresses.map((before, number) =>
        accesses.includes(number) ? moved(before, this.stride(number, axis)) : before,
      ),
      bounds: at.bounds.map((values, number) =>
        accesses.includes(number)
          ? values.map((before, b) => moved(before, this.coefficient(number, b, axis)))
          : values,
      ),
    };
  }

  #step(at: Position, accesses: readonly number[], axis: number, count: number): void {
    const { f } = this.e;
    const advance = (local: Local<'i32'>, by: I32 | null): void => {
      if (by) f.advance(local, count === 1 ? by : i32.mul(by, i32.const(count)));
    };
    for (const number of accesses) {
      advance(at.addresses[number] as Local<'i32'>, this.stride(number, axis));
      at.bounds[number]?.forEach((local, b) => advance(local, this.coefficient(number, b, axis)));
    }
  }
}
