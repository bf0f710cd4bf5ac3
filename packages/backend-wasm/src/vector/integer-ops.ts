import { type DType, type ScalarOpName, scalarOps } from '@flambeau/backend';
import {
  callValue,
  f32x4,
  f64x2,
  f64x2Const,
  type I32,
  i32,
  i32x4,
  i32x4Const,
  select,
  type V128,
  v128,
} from '../assembler/index.ts';
import { wrapWords } from './casts.ts';
import type { Emitter, Lanes } from './emitter.ts';
import { emitLaneByLane, helper } from './helpers.ts';
import { keepLanes, lowWords, upperHalf } from './lanes.ts';

type Native = (a: V128, b: V128) => V128;

/** Operations on words that need few instructions; what may leave int8 or uint8 is wrapped afterwards. */
const native: Readonly<Partial<Record<ScalarOpName, Native>>> = {
  neg: (a) => i32x4.neg(a),
  abs: (a) => i32x4.abs(a),
  sign: (a) => i32x4.max_s(i32x4.min_s(a, i32x4Const(1)), i32x4Const(-1)),
  signbit: (a) => i32x4.shr_s(a, i32.const(31)),
  not: (a) => v128.not(a),
  add: (a, b) => i32x4.add(a, b),
  sub: (a, b) => i32x4.sub(a, b),
  mul: (a, b) => i32x4.mul(a, b),
  max: (a, b) => i32x4.max_s(a, b),
  min: (a, b) => i32x4.min_s(a, b),
  eq: (a, b) => i32x4.eq(a, b),
  ne: (a, b) => i32x4.ne(a, b),
  lt: (a, b) => i32x4.lt_s(a, b),
  le: (a, b) => i32x4.le_s(a, b),
  gt: (a, b) => i32x4.gt_s(a, b),
  ge: (a, b) => i32x4.ge_s(a, b),
  and: (a, b) => v128.and(a, b),
  or: (a, b) => v128.or(a, b),
  xor: (a, b) => v128.xor(a, b),
};

/** Operations whose result lies in the range of its operands' dtype. */
const CLOSED: ReadonlySet<ScalarOpName> = new Set<ScalarOpName>([
  'sign',
  'max',
  'min',
  'and',
  'or',
  'xor',
  'shiftRight',
  'fmod',
  'remainder',
]);

/** Operations on int32, int8 and uint8. */
export function emitIntegerOp(e: Emitter, name: ScalarOpName, dtype: DType, args: readonly Lanes[]): Lanes {
  const [a, b] = args.map(({ parts }) => parts[0] as V128) as [V128, V128];
  const result = native[name]?.(a, b) ?? emitLonger(e, name, dtype, a, b, args[1]?.constant as number | undefined);
  if (scalarOps[name].result === 'bool') return keepLanes(e, 'bool', [result]);
  return keepLanes(e, dtype, [CLOSED.has(name) ? result : wrapWords(dtype, result)]);
}

function emitLonger(e: Emitter, name: ScalarOpName, dtype: DType, a: V128, b: V128, known?: number): V128 {
  if (known !== undefined && known > 0 && (known & (known - 1)) === 0) {
    if (name === 'floorDiv') return i32x4.shr_s(a, i32.const(31 - Math.clz32(known)));
    if (name === 'remainder') return v128.and(a, i32x4Const(known - 1));
  }
  switch (name) {
    case 'floorDiv':
    case 'truncDiv':
      return v128.and(emitQuotient(e, name, dtype, a, b), i32x4.ne(b, i32x4Const(0)));
    case 'remainder':
    case 'fmod': {
      const quotient = emitQuotient(e, name === 'fmod' ? 'truncDiv' : 'floorDiv', dtype, a, b);
      return v128.and(i32x4.sub(a, i32x4.mul(quotient, b)), i32x4.ne(b, i32x4Const(0)));
    }
    case 'pow':
      return emitPower(e, a, b, known);
    case 'shiftLeft':
      if (known !== undefined) return known >>> 0 > 31 ? i32x4Const(0) : i32x4.shl(a, i32.const(known));
      return emitLaneByLane(e, 'int32.shiftLeft', i32x4, 4, [a, b], (x, y) =>
        select(i32.lt_u(y, i32.const(32)), i32.shl(x, y), i32.const(0)),
      );
    case 'shiftRight':
      if (known !== undefined) return i32x4.shr_s(a, i32.const(Math.min(known >>> 0, 31)));
      return emitLaneByLane(e, 'int32.shiftRight', i32x4, 4, [a, b], (x, y) =>
        i32.shr_s(x, select(i32.lt_u(y, i32.const(32)), y, i32.const(31))),
      );
    default:
      throw new TypeError(`'${name}' has no code on ${dtype}`);
  }
}

/** Adding this to a whole float64 below 2⁵¹ brings its low 32 bits to the low word. */
const SHIFTER = 1.5 * 2 ** 52;

/** The quotient, rounded down or towards zero and wrapped; anything where the divisor is 0. */
function emitQuotient(e: Emitter, rounding: 'floorDiv' | 'truncDiv', dtype: DType, a: V128, b: V128): V128 {
  const { f } = e;
  const how = rounding === 'floorDiv' ? 'floor' : 'trunc';
  if (dtype !== 'int32') {
    // Quotients of bytes are far enough from the next whole number for float32.
    const quotient = f32x4.div(f32x4.convert_i32x4_s(a), f32x4.convert_i32x4_s(b));
    return f.let(i32x4.trunc_sat_f32x4_s(f32x4[how](quotient)));
  }
  const half = (x: V128, y: V128): V128 => {
    const quotient = f64x2.div(f64x2.convert_low_i32x4_s(x), f64x2.convert_low_i32x4_s(y));
    return f64x2.add(f64x2[how](quotient), f64x2Const(SHIFTER));
  };
  return f.let(lowWords(half(a, b), half(upperHalf(a), upperHalf(b))));
}

function emitPower(e: Emitter, a: V128, b: V128, known?: number): V128 {
  if (known === 1) return a;
  if (known === 2) return i32x4.mul(a, a);
  if (known === 3) return i32x4.mul(i32x4.mul(a, a), a);
  const target = helper(e.module, 'int32.power', { parameters: ['i32', 'i32'], results: ['i32'] }, (f) => {
    const base = f.parameter(0, 'i32');
    const exponent = f.parameter(1, 'i32');
    const one = i32.const(1);
    const odd = i32.and(exponent, one);
    f.if(i32.lt_s(exponent, i32.const(0)), () => {
      f.if(i32.eq(base, one), () => f.return(one));
      f.if(i32.eq(base, i32.const(-1)), () => f.return(select(odd, base, one)));
      f.return(i32.const(0));
    });
    const result = f.local('i32', one);
    f.while(exponent, () => {
      f.set(result, i32.mul(result, select(odd, base, one)));
      f.set(base, i32.mul(base, base));
      f.set(exponent, i32.shr_u(exponent, one));
    });
    f.return(result);
  });
  const call = (x: I32, y: I32): I32 => callValue('i32', target, x, y);
  return emitLaneByLane(e, 'int32.powers', i32x4, 4, [a, b], call as (...values: readonly I32[]) => I32);
}
