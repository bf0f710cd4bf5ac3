import { type DType, dtypes, numel, type RoutineKernel, type View } from '@flambeau/backend';
import { type FunctionBuilder, type I32, i32, type Local, select } from '../assembler/index.ts';
import { type Run, type Runtime, SCRATCH_BYTES } from '../runtime/runtime.ts';
import { lazily, makeProgram } from './program.ts';
import { positionOf, type SortKey, sortKey } from './sort-key.ts';
import { extra, forEachPanel, grainOf, lineLength, lineStride, planWalk, times, unitsOf, writeWalk } from './walk.ts';

/** Longest line that is sorted by insertion: below, the counting of the radix sort costs more than it saves. */
const SHORT = 48;

/** Bytes of one digit's counters, one for each of its 256 values. */
const COUNTERS = 1024;
/** Scratch memory in front of the records: counters for up to eight digits. */
const COUNTER_ROOM: number = 8 * COUNTERS;

/** The most memory that is borrowed for the records of lines too long for scratch memory (bytes). */
const MOST_BORROWED = 2 ** 27;
/** Lines for each thread that are sorted at a time when their records are in borrowed memory. */
const LINES_AT_ONCE = 2;

/** Sorts records from `first` to `end` by insertion. */
function insertionSort(f: FunctionBuilder, key: SortKey, first: Local<'i32'>, end: I32, spare: I32): void {
  const size = key.recordBytes;
  const limit = f.let(end);
  const next = f.local('i32', i32.add(first, i32.const(size)));
  f.while(i32.lt_u(next, limit), () => {
    key.copy(f, spare, next);
    const hole = f.local('i32', next);
    f.block((placed) => {
      f.loop((again) => {
        f.jumpIf(placed, i32.le_u(hole, first));
        const before = f.local('i32', i32.sub(hole, i32.const(size)));
        f.jumpIf(placed, i32.eqz(key.isAfter(before, spare)));
        key.copy(f, hole, before);
        f.set(hole, before);
        f.jump(again);
      });
    });
    key.copy(f, hole, spare);
    f.advance(next, size);
  });
}

/** The counter of a record's digit. */
function counterOf(counters: I32, record: I32, offset: number): I32 {
  return i32.add(counters, i32.shl(i32.load8_u(record, offset), i32.const(2)));
}

/**
 * Sorts `count` records by their digits, least significant first, moving between two areas. Digits must have been counted.
 * Ends with `records` at the sorted ones.
 */
function radixSort(
  f: FunctionBuilder,
  key: SortKey,
  records: Local<'i32'>,
  other: Local<'i32'>,
  count: Local<'i32'>,
): void {
  const size = key.recordBytes;
  key.digits.forEach((offset, d) => {
    const counters = f.local('i32', i32.add(f.parameter(1, 'i32'), i32.const(d * COUNTERS)));
    // Where all records have the same digit, they stay.
    f.if(i32.ne(i32.load(counterOf(counters, records, offset)), count), () => {
      const counter = f.local('i32', counters);
      const place = f.local('i32', other);
      times(f, i32.const(256), [[counter, 4]], () => {
        const found = f.local('i32', i32.load(counter));
        f.store(counter, place);
        f.advance(place, i32.mul(found, i32.const(size)));
      });
      const record = f.local('i32', records);
      times(f, count, [[record, size]], () => {
        const slot = f.local('i32', counterOf(counters, record, offset));
        const to = f.local('i32', i32.load(slot));
        f.store(slot, i32.add(to, i32.const(size)));
        key.copy(f, to, record);
      });
      const swapped = f.local('i32', records);
      f.set(records, other);
      f.set(other, swapped);
    });
  });
}

/** Extras of the launch: borrowed memory (0: the scratch memory holds the records), and how much of it each line has (bytes). */
function sortBody(f: FunctionBuilder, dtype: DType, descending: boolean): void {
  const key = sortKey(dtype, descending);
  const size = key.recordBytes;
  const scratch = f.parameter(1, 'i32');
  forEachPanel(f, 3, 1, ({ at, unit }) => {
    const [x, values, indices] = at as readonly [Local<'i32'>, Local<'i32'>, Local<'i32'>];
    const steps = [0, 1, 2].map((k) => f.let(lineStride(f, 3, k))) as [Local<'i32'>, Local<'i32'>, Local<'i32'>];
    const count = f.local('i32', lineLength(f));
    const borrowed = f.local('i32', extra(f, 0));
    const own = i32.add(borrowed, i32.mul(unit, extra(f, 1)));
    const records = f.local('i32', select(borrowed, own, i32.add(scratch, i32.const(COUNTER_ROOM))));
    const end = f.local('i32', i32.add(records, i32.mul(count, i32.const(size))));
    const other = f.local('i32', end);
    const long = f.local('i32', i32.gt_u(count, i32.const(SHORT)));
    const position = f.local('i32', i32.const(0));
    const from = f.local('i32', x);
    const record = f.local('i32', records);
    const moving = [[from, steps[0]] as const, [record, size] as const, [position, 1] as const];
    f.if(
      long,
      () => {
        f.fillMemory(scratch, i32.const(0), i32.const(key.digits.length * COUNTERS));
        times(f, count, moving, () => {
          key.pack(f, record, from, position);
          key.digits.forEach((offset, d) => {
            const counter = f.local('i32', counterOf(scratch, record, offset));
            f.store(counter, i32.add(i32.load(counter, d * COUNTERS), i32.const(1)), d * COUNTERS);
          });
        });
        radixSort(f, key, records, other, count);
      },
      () => {
        times(f, count, moving, () => key.pack(f, record, from, position));
        insertionSort(f, key, records, end, scratch);
      },
    );
    f.set(record, records);
    const writing = [[record, size] as const, [values, steps[1]] as const, [indices, steps[2]] as const];
    times(f, count, writing, () => {
      key.unpack(f, record, values, (at) => i32.add(x, i32.mul(at, steps[0])));
      f.store(indices, positionOf(record));
    });
  });
}

/** Sorts each line along `dim`; stable, NaN counts as the largest. */
export function sort({ inputs, attributes }: RoutineKernel, runtime: Runtime): Run {
  const dtype = inputs[0] as DType;
  const dim = attributes.dim as number;
  const { bytes } = dtypes[dtype];
  const recordBytes = bytes === 8 ? 16 : 8;
  const program = lazily<'sort'>(() =>
    makeProgram(runtime, (f) => sortBody(f, dtype, attributes.descending as boolean)),
  );
  return (buffers, launch) => {
    const [x] = launch.views as readonly [View, View, View];
    if (numel(x.shape) === 0) return;
    const addresses = buffers.map(({ address }) => address);
    const walk = planWalk(x.shape, dim, launch.views, addresses, [bytes, bytes, 4], true);
    const chosen = program('sort');
    const lines = unitsOf(walk);
    const needed = 2 * recordBytes * walk.line.extent;
    if (COUNTER_ROOM + needed <= SCRATCH_BYTES) {
      writeWalk(runtime, walk, [0, 0]);
      runtime.dispatch(chosen, lines, grainOf(walk, 2048));
      return;
    }
    const wanted = runtime.threads === 1 ? 1 : LINES_AT_ONCE * runtime.threads;
    const atOnce = Math.min(lines, wanted, Math.max(1, Math.floor(MOST_BORROWED / needed)));
    const area = runtime.borrow(needed * atOnce);
    try {
      for (let first = 0; first < lines; first += atOnce) {
        writeWalk(runtime, walk, [area, needed], first);
        runtime.dispatch(chosen, Math.min(atOnce, lines - first), 1);
      }
    } finally {
      runtime.release(area);
    }
  };
}
