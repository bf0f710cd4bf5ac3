import { computeDType, type DType, dtypes } from '@flambeau/backend';
import {
  f32x4,
  f64x2,
  f64x2Const,
  type I32,
  i32,
  i32x4,
  i32x4Const,
  i64x2,
  type Local,
  shuffle,
  type V128,
  v128,
} from '../assembler/index.ts';
import { type Emitter, emitLoad, emitStore } from '../vector/index.ts';
import { sumType } from './element.ts';
import { type Fold, totals } from './totals.ts';
import { forEachPanel, lineLength, times } from './walk.ts';

const LOW = [0, 1, 2, 3, 4, 5, 6, 7];
const HIGH = [8, 9, 10, 11, 12, 13, 14, 15];
/** The first half of the first vector, then that of the second. */
const LOW_HALVES: readonly number[] = [...LOW, 16, 17, 18, 19, 20, 21, 22, 23];
/** As above, behind one word of the first vector. */
const AFTER_WORD: readonly number[] = [0, 1, 2, 3, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27];

/** Four contiguous elements that compute in float32, as two pairs of float64. */
function loadPairs(e: Emitter, dtype: DType, from: I32): readonly [V128, V128] {
  const four = emitLoad(e, dtype, from).parts[0] as V128;
  return [f64x2.promote_low_f32x4(four), f64x2.promote_low_f32x4(shuffle(four, four, [...HIGH, ...LOW]))];
}

function storePairs(e: Emitter, dtype: DType, to: I32, low: V128, high: V128): void {
  const four = shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), LOW_HALVES);
  emitStore(e, dtype, to, { dtype: 'float32', parts: [e.f.let(four)] });
}

/**
 * Whether {@link scanBody} sums a dtype: where the order of additions does not show. It shows in float64; in float64 totals of
 * narrower floats, errors are some 2⁻²⁹ of what rounding to the dtype loses anyway.
 */
export function canScan(dtype: DType): boolean {
  return dtype === 'int32' || computeDType(dtype) === 'float32';
}

/** Sums along contiguous lines, four elements at a time: their own running sums, then the total before them on top. */
export function scanBody(e: Emitter, dtype: DType): void {
  const { f } = e;
  const { add, store } = totals(e, dtype, 'sum');
  const float = dtype !== 'int32';
  const total = f.local(sumType(dtype));
  const carry = f.local('v128');
  const both = (pair: V128): V128 => shuffle(pair, pair, [...HIGH, ...HIGH]);
  const scanFloats = (from: I32, to: I32): void => {
    const zero = f64x2Const(0);
    const [low, high] = loadPairs(e, dtype, from).map((loaded) => {
      const pair = f.let(loaded);
      return f.let(f64x2.add(pair, shuffle(zero, pair, LOW_HALVES)));
    }) as [Local<'v128'>, Local<'v128'>];
    const own = f.let(f64x2.add(high, both(low)));
    storePairs(e, dtype, to, f64x2.add(low, carry), f64x2.add(own, carry));
    f.set(carry, f64x2.add(carry, both(own)));
  };
  const scanWords = (from: I32, to: I32): void => {
    const zero = i32x4Const(0);
    const four = f.let(v128.load(from));
    const pairs = f.let(i32x4.add(four, shuffle(zero, four, AFTER_WORD)));
    const own = f.let(i32x4.add(pairs, shuffle(zero, pairs, LOW_HALVES)));
    f.store(to, i32x4.add(own, carry));
    f.set(carry, i32x4.add(carry, i32x4.splat(i32x4.extract_lane(own, 3))));
  };
  forEachPanel(f, 2, 1, ({ at: [x, out] }) => {
    const [from, to] = [x as Local<'i32'>, out as Local<'i32'>];
    const { bytes } = dtypes[dtype];
    const length = f.let(lineLength(f));
    const moving = (by: number) => [[from, by] as const, [to, by] as const];
    f.set(carry, f64x2Const(0));
    times(f, i32.shr_u(length, i32.const(2)), moving(4 * bytes), () => (float ? scanFloats : scanWords)(from, to));
    f.set(total, float ? f64x2.extract_lane(carry, 0) : i32x4.extract_lane(carry, 0));
    times(f, i32.and(length, i32.const(3)), moving(bytes), () => {
      f.set(total, add(total, from));
      store(to, total);
    });
  });
}

/** How several contiguous columns take up one row at once. */
export interface VectorStep {
  readonly columns: number;
  /** Size of their totals (bytes). */
  readonly bytes: number;
  /** Adds the row at `from` to totals in memory, and stores those as elements at `to`. */
  write(from: I32, to: I32, totals: I32): void;
}

/** The vector code of a dtype; null where there is none. */
export function vectorStep(e: Emitter, dtype: DType, op: Fold): VectorStep | null {
  const { f } = e;
  const name = op === 'sum' ? 'add' : 'mul';
  if (computeDType(dtype) === 'float32') {
    return {
      columns: 4,
      bytes: 32,
      write(from, to, at) {
        const row = loadPairs(e, dtype, from);
        const total = (half: 0 | 1): V128 => f.let(f64x2[name](v128.load(at, 16 * half), row[half]));
        const [low, high] = [total(0), total(1)];
        f.store(at, low);
        f.store(at, high, 16);
        storePairs(e, dtype, to, low, high);
      },
    };
  }
  const fold = { float64: f64x2[name], int32: i32x4[name], int64: i64x2[name] }[dtype as string];
  if (!fold) return null;
  return {
    columns: 16 / dtypes[dtype].bytes,
    bytes: 16,
    write(from, to, at) {
      const total = f.let(fold(v128.load(at), v128.load(from)));
      f.store(at, total);
      f.store(to, total);
    },
  };
}
