import { type ScalarOpName, scalarOps } from '@flambeau/backend';
import {
  callValue,
  type FunctionBuilder,
  type I64,
  i32,
  i64,
  i64x2,
  i64x2Const,
  select,
  type V128,
  v128,
} from '../assembler/index.ts';
import type { Emitter, Lanes } from './emitter.ts';
import { emitLaneByLane, helper } from './helpers.ts';
import { keepLanes, lowWords } from './lanes.ts';

type Native = (a: V128, b: V128) => V128;

const zero = i64x2Const(0n);

/** Operations on pairs of int64 that need few instructions; comparisons give masks. */
const native: Readonly<Partial<Record<ScalarOpName, Native>>> = {
  neg: (a) => i64x2.neg(a),
  abs: (a) => i64x2.abs(a),
  sign: (a) => i64x2.sub(i64x2.lt_s(a, zero), i64x2.gt_s(a, zero)),
  signbit: (a) => i64x2.lt_s(a, zero),
  not: (a) => v128.not(a),
  add: (a, b) => i64x2.add(a, b),
  sub: (a, b) => i64x2.sub(a, b),
  mul: (a, b) => i64x2.mul(a, b),
  max: (a, b) => v128.bitselect(a, b, i64x2.gt_s(a, b)),
  min: (a, b) => v128.bitselect(a, b, i64x2.lt_s(a, b)),
  eq: (a, b) => i64x2.eq(a, b),
  ne: (a, b) => i64x2.ne(a, b),
  lt: (a, b) => i64x2.lt_s(a, b),
  le: (a, b) => i64x2.le_s(a, b),
  gt: (a, b) => i64x2.gt_s(a, b),
  ge: (a, b) => i64x2.ge_s(a, b),
  and: (a, b) => v128.and(a, b),
  or: (a, b) => v128.or(a, b),
  xor: (a, b) => v128.xor(a, b),
};

const number = (value: number): I64 => i64.const(BigInt(value));

/** Whether a rest has the other sign than the divisor. */
const across = (rest: I64, b: I64): ReturnType<typeof i64.lt_s> =>
  i32.and(i64.ne(rest, number(0)), i64.lt_s(i64.xor(rest, b), number(0)));

/** Bodies of functions of two int64; the divisor is neither 0 nor -1. */
const divisions: Readonly<Partial<Record<ScalarOpName, (f: FunctionBuilder, a: I64, b: I64) => I64>>> = {
  truncDiv: (_, a, b) => i64.div_s(a, b),
  fmod: (_, a, b) => i64.rem_s(a, b),
  floorDiv: (f, a, b) => {
    const rest = f.let(i64.rem_s(a, b));
    return i64.sub(i64.div_s(a, b), i64.extend_i32_u(across(rest, b)));
  },
  remainder: (f, a, b) => {
    const rest = f.let(i64.rem_s(a, b));
    return select(across(rest, b), i64.add(rest, b), rest);
  },
};

/** Operations on int64. */
export function emitInt64Op(e: Emitter, name: ScalarOpName, args: readonly Lanes[]): Lanes {
  const [a, b] = args as [Lanes, Lanes];
  const known = b?.constant as bigint | undefined;
  const parts = a.parts.map((part, i) => {
    const other = b?.parts[i] ?? part;
    return native[name]?.(part, other) ?? emitLonger(e, name, part, other, known);
  });
  if (scalarOps[name].result === 'operand') return keepLanes(e, 'int64', parts);
  return keepLanes(e, 'bool', [lowWords(parts[0] as V128, parts[1] as V128)]);
}

function emitLonger(e: Emitter, name: ScalarOpName, a: V128, b: V128, known?: bigint): V128 {
  if (known !== undefined && known > 0n && (known & (known - 1n)) === 0n) {
    if (name === 'floorDiv') return i64x2.shr_s(a, i32.const(known.toString(2).length - 1));
    if (name === 'remainder') return v128.and(a, i64x2Const(known - 1n));
  }
  const by = known === undefined ? 0 : Number(BigInt.asUintN(64, known));
  switch (name) {
    case 'shiftLeft':
      if (known !== undefined) return by > 63 ? zero : i64x2.shl(a, i32.const(by));
      return emitLaneByLane(e, 'int64.shiftLeft', i64x2, 2, [a, b], (x, y) =>
        select(i64.lt_u(y, number(64)), i64.shl(x, y), number(0)),
      );
    case 'shiftRight':
      if (known !== undefined) return i64x2.shr_s(a, i32.const(Math.min(by, 63)));
      return emitLaneByLane(e, 'int64.shiftRight', i64x2, 2, [a, b], (x, y) =>
        i64.shr_s(x, select(i64.lt_u(y, number(64)), y, number(63))),
      );
    case 'pow':
      if (known === 2n) return i64x2.mul(a, a);
      return emitScalarCalls(e, name, a, b, writePower);
    default: {
      const division = divisions[name];
      if (!division) throw new TypeError(`'${name}' has no code on int64`);
      return emitScalarCalls(e, name, a, b, (f, x, y) => {
        f.if(i64.eqz(y), () => f.return(number(0)));
        // The smallest number by -1 would trap.
        const isQuotient = name === 'floorDiv' || name === 'truncDiv';
        f.if(i64.eq(y, number(-1)), () => f.return(isQuotient ? i64.sub(number(0), x) : number(0)));
        f.return(division(f, x, y));
      });
    }
  }
}

type Body = (f: FunctionBuilder, a: I64, b: I64) => void;

function emitScalarCalls(e: Emitter, name: ScalarOpName, a: V128, b: V128, write: Body): V128 {
  const target = helper(e.module, `int64.${name}`, { parameters: ['i64', 'i64'], results: ['i64'] }, (f) =>
    write(f, f.parameter(0, 'i64'), f.parameter(1, 'i64')),
  );
  return emitLaneByLane(e, `int64x2.${name}`, i64x2, 2, [a, b], (x, y) => callValue('i64', target, x, y));
}

function writePower(f: FunctionBuilder): void {
  const base = f.parameter(0, 'i64');
  const exponent = f.parameter(1, 'i64');
  const odd = i32.wrap(i64.and(exponent, number(1)));
  f.if(i64.lt_s(exponent, number(0)), () => {
    f.if(i64.eq(base, number(1)), () => f.return(base));
    f.if(i64.eq(base, number(-1)), () => f.return(select(odd, base, number(1))));
    f.return(number(0));
  });
  const result = f.local('i64', number(1));
  f.while(i64.ne(exponent, number(0)), () => {
    f.set(result, i64.mul(result, select(odd, base, number(1))));
    f.set(base, i64.mul(base, base));
    f.set(exponent, i64.shr_u(exponent, number(1)));
  });
  f.return(result);
}
