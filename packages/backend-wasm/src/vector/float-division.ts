import {
  callValue,
  type F64,
  type FunctionReference,
  f64,
  f64x2,
  f64x2Const,
  i32,
  i64,
  i64x2,
  i64x2Const,
  type Local,
  select,
  type V128,
  v128,
} from '../assembler/index.ts';
import { narrowFloats, widenFloats } from './casts.ts';
import type { Emitter, Lanes } from './emitter.ts';
import { emitLaneByLane, helper } from './helpers.ts';
import { keepLanes } from './lanes.ts';

const FRACTION = 2n ** 52n - 1n;

/** The rest of a division of float64, exact for all operands, with the sign of the first. */
function exactRest(e: Emitter): FunctionReference {
  return helper(e.module, 'fmod', { parameters: ['f64', 'f64'], results: ['f64'] }, (f) => {
    const x = f.parameter(0, 'f64');
    const y = f.parameter(1, 'f64');
    const infinity = f64.const(Number.POSITIVE_INFINITY);
    // Also where either is NaN.
    const defined = i32.and(f64.lt(f64.abs(x), infinity), f64.gt(f64.abs(y), f64.const(0)));
    f.if(i32.eqz(i32.and(defined, f64.eq(y, y))), () => f.return(f64.const(Number.NaN)));
    f.if(f64.lt(f64.abs(x), f64.abs(y)), () => f.return(x));
    const [a, aExponent] = digits(f, x);
    const [b, bExponent] = digits(f, y);
    f.set(a, i64.rem_u(a, b));
    // Both have at most 53 bits: eleven more fit.
    f.while(i32.and(i64.gt_s(aExponent, bExponent), i64.ne(a, i64.const(0n))), () => {
      const distance = f.let(i64.sub(aExponent, bExponent));
      const step = f.let(select(i64.lt_s(distance, i64.const(11n)), distance, i64.const(11n)));
      f.set(a, i64.rem_u(i64.shl(a, step), b));
      f.set(aExponent, i64.sub(aExponent, step));
    });
    f.if(i64.eqz(a), () => f.return(f64.copysign(f64.const(0), x)));
    const lead = f.let(i64.sub(i64.clz(a), i64.const(11n)));
    f.set(a, i64.shl(a, lead));
    f.set(bExponent, i64.sub(bExponent, lead));
    const normal = i64.or(i64.and(a, i64.const(FRACTION)), i64.shl(bExponent, i64.const(52n)));
    const subnormal = i64.shr_u(a, i64.sub(i64.const(1n), bExponent));
    const bits = select(i64.gt_s(bExponent, i64.const(0n)), normal, subnormal);
    f.return(f64.copysign(f64.reinterpret(bits), x));
  });
}

/** |x| as digits·2^exponent with 53 digits, the exponent as biased; x is not 0. */
function digits(f: Emitter['f'], x: F64): [Local<'i64'>, Local<'i64'>] {
  const bits = f.let(i64.and(i64.reinterpret(x), i64.const(2n ** 63n - 1n)));
  const exponent = f.local('i64', i64.shr_u(bits, i64.const(52n)));
  const fraction = f.local('i64', i64.and(bits, i64.const(FRACTION)));
  f.if(
    i64.eqz(exponent),
    () => {
      const lead = f.let(i64.sub(i64.clz(fraction), i64.const(11n)));
      f.set(fraction, i64.shl(fraction, lead));
      f.set(exponent, i64.sub(i64.const(1n), lead));
    },
    () => f.set(fraction, i64.or(fraction, i64.const(2n ** 52n))),
  );
  return [fraction, exponent];
}

function carefulRest(e: Emitter, a: V128, b: V128): V128 {
  const target = exactRest(e);
  return emitLaneByLane(e, 'float64.fmod', f64x2, 2, [a, b], (x, y) => callValue('f64', target, x, y));
}

/** Rests of float64 that have no more than 24 digits: the quotient's product is exact while the quotient is small. */
function emitSingleRests(e: Emitter, a: readonly V128[], b: readonly V128[]): V128[] {
  const { f } = e;
  const quotients = a.map((part, i) => f.let(f64x2.trunc(f64x2.div(part, b[i] as V128))));
  const results = a.map(() => f.local('v128'));
  const small = quotients.map((quotient, i) => {
    const finite = f64x2.lt(f64x2.abs(b[i] as V128), f64x2Const(Number.POSITIVE_INFINITY));
    return v128.and(f64x2.lt(f64x2.abs(quotient), f64x2Const(2 ** 28)), finite);
  });
  const sign = i64x2Const(-(2n ** 63n));
  f.if(
    i64x2.all_true(v128.and(small[0] as V128, small[1] as V128)),
    () => {
      a.forEach((part, i) => {
        const rest = f64x2.sub(part, f64x2.mul(quotients[i] as V128, b[i] as V128));
        f.set(results[i] as Local<'v128'>, v128.bitselect(part, rest, sign));
      });
    },
    () => {
      a.forEach((part, i) => {
        f.set(results[i] as Local<'v128'>, carefulRest(e, part, b[i] as V128));
      });
    },
  );
  return results;
}

/** Where a rest is not 0 and has the other sign than the divisor. */
function isAcross(rest: V128, y: V128): V128 {
  const zero = f64x2Const(0);
  return v128.and(f64x2.ne(rest, zero), v128.xor(f64x2.lt(rest, zero), f64x2.lt(y, zero)));
}

function remainder(rest: V128, y: V128): V128 {
  return v128.bitselect(f64x2.add(rest, y), rest, isAcross(rest, y));
}

/** As `floorDivide` of the contract, step by step. */
function floorDivide(e: Emitter, x: V128, y: V128, rest: V128): V128 {
  const { f } = e;
  const one = f64x2Const(1);
  const zero = f64x2Const(0);
  const ratio = f.let(f64x2.div(x, y));
  const exact = f64x2.div(f64x2.sub(x, rest), y);
  const quotient = f.let(f64x2.sub(exact, v128.and(isAcross(rest, y), one)));
  const floor = f.let(f64x2.floor(quotient));
  const above = f64x2.gt(f64x2.sub(quotient, floor), f64x2Const(0.5));
  const nearest = f64x2.add(floor, v128.and(above, one));
  const signedZero = v128.and(ratio, i64x2Const(-(2n ** 63n)));
  const whole = v128.bitselect(signedZero, nearest, f64x2.eq(quotient, zero));
  return f.let(v128.bitselect(ratio, whole, f64x2.eq(y, zero)));
}

/** The divisions with a rest on float32 or float64, exactly as the contract computes them in float64. */
export function emitFloatDivision(e: Emitter, name: 'fmod' | 'remainder' | 'floorDiv', a: Lanes, b: Lanes): Lanes {
  const single = a.dtype === 'float32';
  const x = single ? widenFloats(e, a.parts[0] as V128) : a.parts;
  const y = single ? widenFloats(e, b.parts[0] as V128) : b.parts;
  const rests = single ? emitSingleRests(e, x, y) : x.map((part, i) => carefulRest(e, part, y[i] as V128));
  const results = rests.map((rest, i) => {
    const divisor = y[i] as V128;
    if (name === 'fmod') return rest;
    return name === 'remainder' ? remainder(rest, divisor) : floorDivide(e, x[i] as V128, divisor, rest);
  });
  return keepLanes(e, a.dtype, single ? [narrowFloats(results[0] as V128, results[1] as V128)] : results);
}
