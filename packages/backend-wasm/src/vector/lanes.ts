import { castValue, computeDType, type DType, type Value as Element } from '@flambeau/backend';
import {
  f32x4,
  f32x4Const,
  f64x2,
  f64x2Const,
  type I32,
  i32,
  i32x4,
  i32x4Const,
  i64x2,
  i64x2Const,
  Local,
  shuffle,
  type V128,
  type Value,
  v128,
} from '../assembler/index.ts';
import type { Emitter, Lanes } from './emitter.ts';

/** Whether four elements of a compute dtype take two vectors. */
export function isWide(dtype: DType): boolean {
  return dtype === 'float64' || dtype === 'int64';
}

/** Lanes of values computed here and kept in locals. */
export function keepLanes(e: Emitter, dtype: DType, parts: readonly V128[]): Lanes {
  return { dtype, parts: parts.map((part) => e.f.let(part)) };
}

/** Four equal elements, rounded to a dtype; for a 16-bit float they are float32. */
export function emitConstant(_e: Emitter, value: Element, dtype: DType): Lanes {
  const rounded = castValue(value, dtype);
  const compute = computeDType(dtype);
  return { dtype: compute, parts: constantParts(compute, rounded), constant: rounded };
}

function constantParts(dtype: DType, value: Element): V128[] {
  switch (dtype) {
    case 'float32':
      return [f32x4Const(value as number)];
    case 'float64':
      return [f64x2Const(value as number), f64x2Const(value as number)];
    case 'int64':
      return [i64x2Const(value as bigint), i64x2Const(value as bigint)];
    case 'bool':
      return [i32x4Const(value ? -1 : 0)];
    default:
      return [i32x4Const(value as number)];
  }
}

/** Positions of the bytes of 32-bit words: 0–3 of a first vector, 4–7 of a second. */
export function words(...at: readonly number[]): number[] {
  return at.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]);
}

/** The low words of the 64-bit lanes of two vectors. */
export function lowWords(first: V128, second: V128): V128 {
  return shuffle(first, second, words(0, 2, 4, 6));
}

/** Lanes 2 and 3 of a vector moved to the front. */
export function upperHalf(value: V128): V128 {
  return shuffle(value, value, words(2, 3, 2, 3));
}

/** The two 64-bit masks of a mask of four words. */
export function widenMask(mask: V128): [V128, V128] {
  return [i64x2.extend_low_i32x4_s(mask), i64x2.extend_high_i32x4_s(mask)];
}

/** Element `index` of four as a number (i32, i64, f32 or f64; 0 or 1 for bool). */
export function laneValue(_e: Emitter, lanes: Lanes, index: number): Value {
  const [first, second] = lanes.parts as [V128, V128];
  const half = index < 2 ? first : second;
  switch (lanes.dtype) {
    case 'float32':
      return f32x4.extract_lane(first, index);
    case 'float64':
      return f64x2.extract_lane(half, index % 2);
    case 'int64':
      return i64x2.extract_lane(half, index % 2);
    case 'bool':
      return i32.and(i32x4.extract_lane(first, index), i32.const(1));
    default:
      return i32x4.extract_lane(first, index);
  }
}

/** Four times one number: an i32, i64, f32 or f64 that is a value of the compute dtype; for bool, any but 0 is true. */
export function splatValue(e: Emitter, dtype: DType, value: Value): Lanes {
  const compute = computeDType(dtype);
  switch (compute) {
    case 'float32':
      return keepLanes(e, compute, [f32x4.splat(value as Value<'f32'>)]);
    case 'float64': {
      const part = e.f.let(f64x2.splat(value as Value<'f64'>));
      return { dtype: compute, parts: [part, part] };
    }
    case 'int64': {
      const part = e.f.let(i64x2.splat(value as Value<'i64'>));
      return { dtype: compute, parts: [part, part] };
    }
    case 'bool':
      return keepLanes(e, compute, [i32x4.ne(i32x4.splat(value as I32), i32x4Const(0))]);
    default:
      return keepLanes(e, compute, [i32x4.splat(value as I32)]);
  }
}

/** `base`, `base + 1`, `base + 2`, `base + 3` as int32. */
export function emitIndexLanes(e: Emitter, base: I32): Lanes {
  return keepLanes(e, 'int32', [i32x4.add(i32x4.splat(base), i32x4Const(0, 1, 2, 3))]);
}

/** Whether lanes are known to have no bit set. */
export function isZero({ constant }: Lanes): boolean {
  return Object.is(constant, 0) || constant === 0n;
}

/** Elements of `a` where the condition (bool) is true, of `b` elsewhere. */
export function emitSelect(e: Emitter, condition: Lanes, a: Lanes, b: Lanes): Lanes {
  if (condition.constant !== undefined) return condition.constant ? a : b;
  const [mask] = condition.parts as [V128];
  const masks = isWide(a.dtype) ? widenMask(mask) : [mask];
  const choose = (x: V128, y: V128, where: V128): V128 => {
    if (isZero(b)) return v128.and(x, where);
    return isZero(a) ? v128.andnot(y, where) : v128.bitselect(x, y, where);
  };
  return keepLanes(
    e,
    a.dtype,
    a.parts.map((part, i) => choose(part, b.parts[i] as V128, masks[i] as V128)),
  );
}

/** An address that may be used several times. */
export function keepAddress(e: Emitter, address: I32): I32 {
  return address instanceof Local ? address : e.f.let(address);
}
