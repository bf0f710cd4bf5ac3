import { castValue, type DType, dtypes } from '@flambeau/backend';
import {
  type FunctionBuilder,
  type FunctionReference,
  f32x4Const,
  type I32,
  i32,
  i32x4,
  i32x4Const,
  type Local,
  type ModuleBuilder,
  shuffle,
  type V128,
  v128,
} from '../assembler/index.ts';
import type { Features } from '../runtime/runtime.ts';
import type { Emitter } from '../vector/emitter.ts';
import { emitLoad, emitLoadLanes } from '../vector/index.ts';
import { until } from './code.ts';
import type { AccessNumbers } from './layout.ts';

/** How an operand walks memory by units: along its lines, or along the depth. */
export type Form = 'lines' | 'depth';

/** Where the tables of an operand stand, relative to those of its addresses (bytes). */
export interface TablePlaces {
  readonly lines: readonly number[];
  readonly depth: readonly number[];
}

const LANES = [0, 1, 2, 3] as const;

/** What all parts of a pack function share. */
export class Packing {
  readonly e: Emitter;
  readonly f: FunctionBuilder;
  readonly dtype: DType;
  readonly bytes: number;
  readonly numbers: AccessNumbers;
  readonly places: TablePlaces;
  readonly parameters: Local<'i32'>;
  /** Where the sliver goes, and bytes from one step of the depth to the next. */
  readonly target: Local<'i32'>;
  readonly step: Local<'i32'>;
  /** Tables at the sliver's first line and at the block's first depth. */
  readonly lines: Local<'i32'>;
  readonly depth: Local<'i32'>;
  readonly count: Local<'i32'>;
  readonly wide: Local<'i32'>;
  readonly #fill: V128 | null;

  constructor(module: ModuleBuilder, features: Features, numbers: AccessNumbers, places: TablePlaces) {
    this.f = module.function({ parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], results: [] });
    this.e = { module, f: this.f, features };
    this.dtype = numbers.dtype;
    this.bytes = dtypes[numbers.dtype].bytes;
    this.numbers = numbers;
    this.places = places;
    const { f } = this;
    this.parameters = f.parameter(0, 'i32');
    this.target = f.parameter(1, 'i32');
    this.step = f.parameter(2, 'i32');
    this.lines = f.parameter(3, 'i32');
    this.depth = f.parameter(4, 'i32');
    this.count = f.parameter(5, 'i32');
    this.wide = f.parameter(6, 'i32');
    const fill = Number(castValue(numbers.access.fill, numbers.dtype));
    this.#fill = Object.is(fill, 0) ? null : f32x4Const(fill);
  }

  /** Four consecutive elements. */
  load(address: I32, offset = 0): V128 {
    return emitLoad(this.e, this.dtype, address, offset * this.bytes).parts[0] as V128;
  }

  loadLanes(addresses: readonly I32[]): V128 {
    return emitLoadLanes(this.e, this.dtype, addresses).parts[0] as V128;
  }

  /** Elements with the fill value where a mask is set. */
  masked(value: V128, outside: V128 | null): V128 {
    if (!outside) return value;
    return this.#fill ? v128.bitselect(this.#fill, value, outside) : v128.andnot(value, outside);
  }

  /** The bound's size in all lanes. */
  extent(bound: number): V128 {
    return v128.load32_splat(this.parameters, 4 * (this.numbers.bounds[bound] as { extent: number }).extent);
  }

  /** A mask of where values, one vector per bound, break any bound. */
  outside(values: (bound: number) => V128, limits: readonly V128[]): V128 | null {
    let mask: V128 | null = null;
    for (let bound = 0; bound < limits.length; bound++) {
      const broken = i32x4.ge_u(values(bound), limits[bound] as V128);
      mask = mask ? v128.or(mask, broken) : broken;
    }
    return mask && this.f.local('v128', mask);
  }

  /**
   * For each bound, its smallest value over eight lines, and how large a table entry of the depth may be above it so that all
   * lines are inside.
   */
  reach(): { readonly low: Local<'v128'>; readonly limit: Local<'v128'> }[] {
    const { f } = this;
    return this.numbers.bounds.map((_, bound) => {
      const at = this.places.lines[bound + 1] as number;
      const [first, second] = [f.let(v128.load(this.lines, at)), f.let(v128.load(this.lines, at + 16))];
      const low = f.local('v128', spread(f, i32x4.min_s(first, second), i32x4.min_s));
      const high = spread(f, i32x4.max_s(first, second), i32x4.max_s);
      const limit = f.local('v128', i32x4.sub(this.extent(bound), i32x4.sub(high, low)));
      f.set(limit, i32x4.max_s(limit, i32x4Const(0)));
      return { low, limit };
    });
  }

  /** The eight addresses of the sliver's lines. */
  addresses(): Local<'i32'>[] {
    return Array.from({ length: 8 }, (_, i) => this.f.local('i32', i32.load(this.lines, 4 * i)));
  }

  /** Whether four table entries from `address` on are consecutive elements from `first` on. */
  consecutive(address: I32, first: I32, offset = 0, skip = 0): I32 {
    const wanted = LANES.map((lane) => (skip + lane) * this.bytes);
    return i32x4.all_true(i32x4.eq(i32x4.sub(v128.load(address, offset), i32x4.splat(first)), i32x4Const(...wanted)));
  }

  /** Runs the body with the number of vectors side by side, 2 or 1, as the launch wants. */
  perWidth(body: (vectors: 1 | 2) => void): void {
    this.f.if(
      this.wide,
      () => body(2),
      () => body(1),
    );
  }
}

/** A reduction over the four lanes, in all lanes. */
function spread(f: FunctionBuilder, value: V128, combine: (a: V128, b: V128) => V128): Local<'v128'> {
  const whole = f.local('v128', value);
  const swapped = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
  f.set(whole, combine(whole, shuffle(whole, whole, swapped)));
  f.set(whole, combine(whole, shuffle(whole, whole, [4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11])));
  return whole;
}

/**
 * Writes `pack(parameters, target, step, lines, depth, count, wide)`: copies a sliver of eight lines (four unless `wide`),
 * `count` deep, so that the lines' elements lie side by side for each step of the depth.
 *
 * Elements outside of bounds are read all the same, and replaced by the fill value.
 */
export function packFunction(packing: Packing, form: Form): FunctionReference {
  if (form === 'depth') packAlongDepth(packing);
  else if (packing.numbers.bounds.length) packBoundedLines(packing);
  else packLines(packing);
  return packing.f;
}

/** Depth steps per turn of the plain copying loop. */
const UNROLL = 4;

function packLines(p: Packing): void {
  const { f, target, step, depth, count } = p;
  const first = f.local('i32', i32.load(p.lines));
  const end = f.local('i32', i32.add(depth, i32.shl(count, i32.const(2))));
  const address = f.local('i32');
  const copyStep = (vectors: 1 | 2, offset: number): void => {
    f.set(address, i32.add(first, i32.load(depth, offset)));
    f.store(target, p.load(address));
    if (vectors === 2) f.store(target, p.load(address, 4), 16);
    f.advance(target, step);
  };
  const whole = f.local('i32', i32.add(depth, i32.shl(i32.and(count, i32.const(-UNROLL)), i32.const(2))));
  p.perWidth((vectors) => {
    const plain = i32.and(
      p.consecutive(p.lines, first),
      vectors === 2 ? p.consecutive(p.lines, first, 16, 4) : i32.const(1),
    );
    f.if(
      plain,
      () => {
        until(f, depth, whole, () => {
          for (let i = 0; i < UNROLL; i++) copyStep(vectors, 4 * i);
          f.advance(depth, 4 * UNROLL);
        });
        until(f, depth, end, () => {
          copyStep(vectors, 0);
          f.advance(depth, 4);
        });
      },
      () => {
        const addresses = p.addresses();
        until(f, depth, end, () => {
          gatherStep(p, addresses, vectors, i32.load(depth), null);
          f.advance(target, step);
          f.advance(depth, 4);
        });
      },
    );
  });
}

/** Copies one step of the depth, line by line. */
function gatherStep(
  p: Packing,
  addresses: readonly I32[],
  vectors: 1 | 2,
  offset: I32,
  outside: readonly (V128 | null)[] | null,
): void {
  const { f } = p;
  const by = f.local('i32', offset);
  const values = Array.from({ length: vectors }, (_, v) => {
    const each = addresses.slice(4 * v, 4 * v + 4).map((address) => i32.add(address, by));
    return f.local('v128', p.masked(p.loadLanes(each), outside?.[v] ?? null));
  });
  values.forEach((value, v) => f.store(p.target, value, 16 * v));
}

/** The masks of one step of the depth for each vector of lines. */
function lineMasks(p: Packing, vectors: 1 | 2, at: I32, limits: readonly V128[]): (V128 | null)[] {
  return Array.from({ length: vectors }, (_, v) =>
    p.outside(
      (bound) =>
        i32x4.add(
          v128.load(p.lines, (p.places.lines[bound + 1] as number) + 16 * v),
          v128.load32_splat(at, p.places.depth[bound + 1]),
        ),
      limits,
    ),
  );
}

/** Bounds repeat along the depth with a period: each of its steps is judged once, and copied for all repetitions. */
function packBoundedLines(p: Packing): void {
  const { f, target, step, count } = p;
  const first = f.local('i32', i32.load(p.lines));
  const addresses = p.addresses();
  const reach = p.reach();
  const limits = p.numbers.bounds.map((_, bound) => f.local('v128', p.extent(bound)));
  const start = f.local('i32', target);
  const tap = f.local('i32', p.depth);
  const end = f.local('i32', i32.add(p.depth, i32.shl(count, i32.const(2))));
  const ahead = f.local('i32', i32.shl(i32.load(p.parameters, 4 * p.numbers.period), i32.const(2)));
  const farAhead = f.local('i32', i32.mul(step, i32.shr_u(ahead, i32.const(2))));
  const taps = f.local('i32', i32.add(p.depth, ahead));
  f.if(i32.gt_u(taps, end), () => f.set(taps, end));
  const at = f.local('i32');
  const address = f.local('i32');
  const repeat = (body: () => void): void => {
    f.set(at, tap);
    f.set(target, start);
    until(f, at, end, () => {
      body();
      f.advance(at, ahead);
      f.advance(target, farAhead);
    });
  };
  p.perWidth((vectors) => {
    const plain = f.local(
      'i32',
      i32.and(p.consecutive(p.lines, first), vectors === 2 ? p.consecutive(p.lines, first, 16, 4) : i32.const(1)),
    );
    const copies = (masks: readonly (V128 | null)[] | null): void => {
      f.if(
        plain,
        () =>
          repeat(() => {
            f.set(address, i32.add(first, i32.load(at)));
            for (let v = 0; v < vectors; v++) {
              f.store(target, p.masked(p.load(address, 4 * v), masks?.[v] ?? null), 16 * v);
            }
          }),
        () => repeat(() => gatherStep(p, addresses, vectors, i32.load(at), masks)),
      );
    };
    until(f, tap, taps, () => {
      const broken = p.outside(
        (bound) =>
          i32x4.add((reach[bound] as (typeof reach)[number]).low, v128.load32_splat(tap, p.places.depth[bound + 1])),
        reach.map(({ limit }) => limit),
      ) as V128;
      f.if(
        v128.any_true(broken),
        () => copies(lineMasks(p, vectors, tap, limits)),
        () => copies(null),
      );
      f.advance(start, step);
      f.advance(tap, 4);
    });
  });
}

/** Four rows of four elements, transposed. */
function transposed(f: FunctionBuilder, rows: readonly V128[]): Local<'v128'>[] {
  const [a, b, c, d] = rows as [V128, V128, V128, V128];
  const low = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
  const high = low.map((position) => position + 8);
  const front = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
  const back = front.map((position) => position + 8);
  const [ab, cd] = [f.local('v128', shuffle(a, b, low)), f.local('v128', shuffle(c, d, low))];
  const [AB, CD] = [f.local('v128', shuffle(a, b, high)), f.local('v128', shuffle(c, d, high))];
  return [
    f.local('v128', shuffle(ab, cd, front)),
    f.local('v128', shuffle(ab, cd, back)),
    f.local('v128', shuffle(AB, CD, front)),
    f.local('v128', shuffle(AB, CD, back)),
  ];
}

function packAlongDepth(p: Packing): void {
  const { f, target, step, depth, count } = p;
  const bounded = p.numbers.bounds.length > 0;
  const addresses = p.addresses();
  const reach = p.reach();
  const limits = p.numbers.bounds.map((_, bound) => f.local('v128', p.extent(bound)));
  const whole = f.local('i32', i32.add(depth, i32.shl(i32.and(count, i32.const(-4)), i32.const(2))));
  const end = f.local('i32', i32.add(depth, i32.shl(count, i32.const(2))));
  const first = f.local('i32');
  const oneByOne = (vectors: 1 | 2, offset: number): void => {
    const at = offset ? f.local('i32', i32.add(depth, i32.const(offset))) : depth;
    gatherStep(p, addresses, vectors, i32.load(at), bounded ? lineMasks(p, vectors, at, limits) : null);
    f.advance(target, step);
  };
  const block = (vectors: 1 | 2, guarded: boolean): void => {
    const columns: Local<'v128'>[][] = [];
    for (let v = 0; v < vectors; v++) {
      const rows = LANES.map((lane) => {
        const line = 4 * v + lane;
        const value = p.load(i32.add(addresses[line] as I32, first));
        if (!guarded) return f.let(value);
        const mask = p.outside(
          (bound) =>
            i32x4.add(
              v128.load(depth, p.places.depth[bound + 1]),
              v128.load32_splat(p.lines, (p.places.lines[bound + 1] as number) + 4 * line),
            ),
          limits,
        );
        return f.local('v128', p.masked(value, mask));
      });
      columns.push(transposed(f, rows));
    }
    for (const lane of LANES) {
      columns.forEach((column, v) => f.store(target, column[lane] as V128, 16 * v));
      f.advance(target, step);
    }
  };
  p.perWidth((vectors) => {
    until(f, depth, whole, () => {
      f.set(first, i32.load(depth));
      f.if(
        p.consecutive(depth, first),
        () => {
          if (!bounded) {
            block(vectors, false);
            return;
          }
          const broken = p.outside(
            (bound) =>
              i32x4.add((reach[bound] as (typeof reach)[number]).low, v128.load(depth, p.places.depth[bound + 1])),
            reach.map(({ limit }) => limit),
          ) as V128;
          f.if(
            v128.any_true(broken),
            () => block(vectors, true),
            () => block(vectors, false),
          );
        },
        () => {
          for (const lane of LANES) oneByOne(vectors, 4 * lane);
        },
      );
      f.advance(depth, 16);
    });
    until(f, depth, end, () => {
      oneByOne(vectors, 0);
      f.advance(depth, 4);
    });
  });
}
