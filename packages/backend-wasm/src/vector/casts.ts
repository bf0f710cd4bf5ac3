import { castValue, type DType } from '@flambeau/backend';
import {
  callValue,
  type F64,
  type FunctionReference,
  f32x4,
  f32x4Const,
  f64,
  f64x2,
  f64x2Const,
  type I32,
  type I64,
  i32,
  i32x4,
  i32x4Const,
  i64,
  i64x2,
  i64x2Const,
  select,
  shuffle,
  type V128,
  v128,
} from '../assembler/index.ts';
import type { Emitter, Lanes } from './emitter.ts';
import { emitFromBFloat16, emitFromFloat16, emitToBFloat16, emitToFloat16 } from './half.ts';
import { helper } from './helpers.ts';
import { emitConstant, keepLanes, lowWords, upperHalf, widenMask, words } from './lanes.ts';

/** Words wrapped to the range of int8 or uint8. */
export function wrapWords(dtype: DType, value: V128): V128 {
  if (dtype === 'uint8') return v128.and(value, i32x4Const(255));
  return dtype === 'int8' ? i32x4.shr_s(i32x4.shl(value, i32.const(24)), i32.const(24)) : value;
}

/** Four float32 as two pairs of float64. */
export function widenFloats(e: Emitter, value: V128): [V128, V128] {
  const single = e.f.let(value);
  return [e.f.let(f64x2.promote_low_f32x4(single)), e.f.let(f64x2.promote_low_f32x4(upperHalf(single)))];
}

/** Two pairs of float64 rounded to four float32. */
export function narrowFloats(first: V128, second: V128): V128 {
  return shuffle(f32x4.demote_f64x2_zero(first), f32x4.demote_f64x2_zero(second), words(0, 1, 4, 5));
}

/** Four float32 rounded to a 16-bit float, or as they are. */
function roundFloats(e: Emitter, value: V128, dtype: DType): V128 {
  if (dtype === 'float16') return emitFromFloat16(e, emitToFloat16(e, value));
  return dtype === 'bfloat16' ? emitFromBFloat16(e, emitToBFloat16(e, value)) : value;
}

/** Converts to another dtype as `castValue` does; of a 16-bit float the result is rounded to it, in float32. */
export function emitCast(e: Emitter, value: Lanes, to: DType): Lanes {
  if (value.constant !== undefined) return emitConstant(e, castValue(value.constant, to), to);
  if (value.dtype === to) return value;
  switch (to) {
    case 'bool':
      return keepLanes(e, to, [toMask(value)]);
    case 'int8':
    case 'uint8':
    case 'int32':
      return keepLanes(e, to, [wrapWords(to, toWords(e, value))]);
    case 'int64':
      return keepLanes(e, to, toLongs(e, value));
    case 'float64':
      return keepLanes(e, to, toDoubles(e, value));
    default:
      return keepLanes(e, 'float32', [roundFloats(e, toFloats(e, value), to)]);
  }
}

function toMask({ dtype, parts }: Lanes): V128 {
  const [first, second] = parts as [V128, V128];
  switch (dtype) {
    case 'bool':
      return first;
    case 'float32':
      return f32x4.ne(first, f32x4Const(0));
    case 'float64':
      return lowWords(f64x2.ne(first, f64x2Const(0)), f64x2.ne(second, f64x2Const(0)));
    case 'int64':
      return lowWords(i64x2.ne(first, i64x2Const(0n)), i64x2.ne(second, i64x2Const(0n)));
    default:
      return i32x4.ne(first, i32x4Const(0));
  }
}

/** As int32, wrapped. */
function toWords(e: Emitter, { dtype, parts }: Lanes): V128 {
  const [first, second] = parts as [V128, V128];
  switch (dtype) {
    case 'bool':
      return v128.and(first, i32x4Const(1));
    case 'int64':
      return lowWords(first, second);
    case 'float64': {
      const [low, high] = doublesToLongs(e, [first, second]);
      return lowWords(low, high);
    }
    case 'float32':
      return floatsToWords(e, first);
    default:
      return first;
  }
}

function toLongs(e: Emitter, { dtype, parts }: Lanes): V128[] {
  const [first, second] = parts as [V128, V128];
  switch (dtype) {
    case 'bool':
      return widenMask(first).map((mask) => v128.and(mask, i64x2Const(1n)));
    case 'int64':
      return [first, second];
    case 'float64':
      return doublesToLongs(e, [first, second]);
    case 'float32':
      return doublesToLongs(e, widenFloats(e, first));
    default:
      return widenMask(first);
  }
}

function toFloats(e: Emitter, lanes: Lanes): V128 {
  const [first] = lanes.parts as [V128];
  switch (lanes.dtype) {
    case 'bool':
      return v128.and(first, f32x4Const(1));
    case 'float32':
      return first;
    case 'float64':
    case 'int64': {
      const [low, high] = toDoubles(e, lanes) as [V128, V128];
      return narrowFloats(low, high);
    }
    default:
      return f32x4.convert_i32x4_s(first);
  }
}

function toDoubles(e: Emitter, { dtype, parts }: Lanes): V128[] {
  const [first, second] = parts as [V128, V128];
  switch (dtype) {
    case 'bool':
      return widenMask(first).map((mask) => v128.and(mask, f64x2Const(1)));
    case 'float32':
      return widenFloats(e, first);
    case 'float64':
      return [first, second];
    case 'int64':
      return [first, second].map((part) => {
        const high = f64x2.convert_low_i32x4_s(shuffle(part, part, words(1, 3, 1, 3)));
        const low = f64x2.convert_low_i32x4_u(shuffle(part, part, words(0, 2, 0, 2)));
        // Both are exact: only the sum rounds.
        return f64x2.add(f64x2.mul(high, f64x2Const(2 ** 32)), low);
      });
    default:
      return [f64x2.convert_low_i32x4_s(first), f64x2.convert_low_i32x4_s(upperHalf(first))];
  }
}

/** A float64 truncated and wrapped to 64 bits; NaN and infinities give 0. */
function wrappingTruncation(e: Emitter): FunctionReference {
  return helper(e.module, 'truncate', { parameters: ['f64'], results: ['i64'] }, (f) => {
    const x = f.parameter(0, 'f64');
    f.if(f64.lt(f64.abs(x), f64.const(2 ** 63)), () => f.return(i64.trunc_sat_f64_s(x)));
    const bits = f.let(i64.reinterpret(x));
    const field = i64.and(i64.shr_u(bits, i64.const(52n)), i64.const(0x7ffn));
    const exponent = f.let(i64.sub(field, i64.const(1075n)));
    const fraction = i64.or(i64.and(bits, i64.const(2n ** 52n - 1n)), i64.const(2n ** 52n));
    const magnitude = f.let(i64.shl(fraction, exponent));
    const signed = select(f64.lt(x, f64.const(0)), i64.sub(i64.const(0n), magnitude), magnitude);
    f.return(select(i64.lt_s(exponent, i64.const(64n)), signed, i64.const(0n)));
  });
}

const truncateLane = (target: FunctionReference, value: F64): I64 => callValue('i64', target, value);

/** Adding this brings the integer part of a float64 below 2⁵¹ to the low bits. */
const SHIFTER = 1.5 * 2 ** 52;
const SHIFTER_BITS = 0x4338000000000000n;

function doublesToLongs(e: Emitter, parts: readonly [V128, V128]): [V128, V128] {
  const { f } = e;
  const first = f.local('v128');
  const second = f.local('v128');
  const inRange = (part: V128): V128 => f64x2.lt(f64x2.abs(part), f64x2Const(2 ** 51));
  const both: I32 = i64x2.all_true(v128.and(inRange(parts[0]), inRange(parts[1])));
  const quick = (part: V128): V128 =>
    i64x2.sub(f64x2.add(f64x2.trunc(part), f64x2Const(SHIFTER)), i64x2Const(SHIFTER_BITS));
  const target = wrappingTruncation(e);
  const careful = (part: V128): V128 => {
    const lane = (index: number): I64 => truncateLane(target, f64x2.extract_lane(part, index));
    return i64x2.replace_lane(i64x2.splat(lane(0)), 1, lane(1));
  };
  f.if(
    both,
    () => {
      f.set(first, quick(parts[0]));
      f.set(second, quick(parts[1]));
    },
    () => {
      f.set(first, careful(parts[0]));
      f.set(second, careful(parts[1]));
    },
  );
  return [first, second];
}

function floatsToWords(e: Emitter, value: V128): V128 {
  const { f, features } = e;
  const result = f.local('v128');
  const inRange = f32x4.lt(f32x4.abs(value), f32x4Const(2 ** 31));
  const target = wrappingTruncation(e);
  const truncate = features.relaxed ? i32x4.relaxed_trunc_f32x4_s : i32x4.trunc_sat_f32x4_s;
  f.if(
    i32x4.all_true(inRange),
    () => f.set(result, truncate(value)),
    () => {
      for (let i = 0; i < 4; i++) {
        const lane = i32.wrap(truncateLane(target, f64.promote(f32x4.extract_lane(value, i))));
        f.set(result, i32x4.replace_lane(result, i, lane));
      }
    },
  );
  return result;
}
