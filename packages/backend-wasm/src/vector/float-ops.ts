import { isFloat, type ScalarOpName, scalarOps } from '@flambeau/backend';
import {
  f32x4,
  f32x4Const,
  f64x2,
  f64x2Const,
  i32,
  i32x4,
  i64x2,
  i64x2Const,
  type V128,
  v128,
} from '../assembler/index.ts';
import type { Emitter, Lanes } from './emitter.ts';
import { emitFloatDivision } from './float-division.ts';
import { emitHostCalls } from './host.ts';
import { isZero, keepLanes, lowWords } from './lanes.ts';

type FloatVectors = Pick<
  typeof f32x4,
  | 'ceil'
  | 'floor'
  | 'trunc'
  | 'nearest'
  | 'abs'
  | 'neg'
  | 'sqrt'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'gt'
  | 'le'
  | 'ge'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pmin'
  | 'pmax'
>;

/** Instructions of one width. */
interface Form {
  readonly float: FloatVectors;
  readonly constant: (value: number) => V128;
  /** All ones where the sign bit is set. */
  readonly signs: (a: V128) => V128;
}

const SINGLE: Form = {
  float: f32x4,
  constant: f32x4Const,
  signs: (a) => i32x4.shr_s(a, i32.const(31)),
};
const DOUBLE: Form = {
  float: f64x2,
  constant: f64x2Const,
  signs: (a) => i64x2.lt_s(a, i64x2Const(0n)),
};

type Native = (form: Form, a: V128, b: V128) => V128;

/** Operations that need few instructions; comparisons give masks. */
const native: Readonly<Partial<Record<ScalarOpName, Native>>> = {
  neg: ({ float }, a) => float.neg(a),
  abs: ({ float }, a) => float.abs(a),
  sign: ({ float, constant }, a) => {
    const positive = v128.and(float.gt(a, constant(0)), constant(1));
    return v128.or(positive, v128.and(float.lt(a, constant(0)), constant(-1)));
  },
  floor: ({ float }, a) => float.floor(a),
  ceil: ({ float }, a) => float.ceil(a),
  round: ({ float }, a) => float.nearest(a),
  trunc: ({ float }, a) => float.trunc(a),
  sqrt: ({ float }, a) => float.sqrt(a),
  rsqrt: ({ float, constant }, a) => float.div(constant(1), float.sqrt(a)),
  reciprocal: ({ float, constant }, a) => float.div(constant(1), a),
  isnan: ({ float }, a) => float.ne(a, a),
  signbit: ({ float, signs }, a) => v128.and(float.eq(a, a), signs(a)),
  add: ({ float }, a, b) => float.add(a, b),
  sub: ({ float }, a, b) => float.sub(a, b),
  mul: ({ float }, a, b) => float.mul(a, b),
  div: ({ float }, a, b) => float.div(a, b),
  truncDiv: ({ float }, a, b) => float.trunc(float.div(a, b)),
  // These instructions give their first operand where either is NaN; all ones are NaN.
  max: ({ float }, a, b) => v128.or(float.pmax(b, a), float.ne(a, a)),
  min: ({ float }, a, b) => v128.or(float.pmin(b, a), float.ne(a, a)),
  eq: ({ float }, a, b) => float.eq(a, b),
  ne: ({ float }, a, b) => float.ne(a, b),
  lt: ({ float }, a, b) => float.lt(a, b),
  le: ({ float }, a, b) => float.le(a, b),
  gt: ({ float }, a, b) => float.gt(a, b),
  ge: ({ float }, a, b) => float.ge(a, b),
};

/** Powers with an exponent that is known. */
const powers: Readonly<Record<number, Native>> = {
  [-1]: ({ float, constant }, a) => float.div(constant(1), a),
  0: ({ constant }) => constant(1),
  // The power of -0 is 0, that of -∞ is ∞.
  0.5: ({ float, constant }, a) => {
    const infinite = float.eq(a, constant(Number.NEGATIVE_INFINITY));
    return float.sqrt(v128.bitselect(float.abs(a), float.add(a, constant(0)), infinite));
  },
  1: (_, a) => a,
  2: ({ float }, a) => float.mul(a, a),
  3: ({ float }, a) => float.mul(float.mul(a, a), a),
};

/** Larger or smaller of an operand and a number that is known, where that takes fewer instructions than of any two. */
function extremeWithConstant(name: ScalarOpName, a: Lanes, b: Lanes): Native | undefined {
  if (name !== 'max' && name !== 'min') return undefined;
  const choose = name === 'max' ? 'pmax' : 'pmin';
  // Each gives its first operand where either is NaN or both are equal.
  if (a.constant !== undefined && !Number.isNaN(a.constant)) return ({ float }, x, y) => float[choose](y, x);
  if (b.constant === undefined || Number.isNaN(b.constant)) return undefined;
  if (b.constant) return ({ float }, x, y) => float[choose](x, y);
  if (!isZero(b)) return undefined;
  // A zero must not keep its sign.
  const away = name === 'max' ? 'le' : 'ge';
  return ({ float, constant }, x) => v128.andnot(x, float[away](x, constant(0)));
}

/** Float operations on float32 or float64, by polynomials where there are some and by host functions else. */
export function emitFloatOp(
  e: Emitter,
  name: ScalarOpName,
  args: readonly Lanes[],
  polynomials: Readonly<Partial<Record<ScalarOpName, (e: Emitter, ...args: readonly V128[]) => V128>>>,
): Lanes {
  const [a, b] = args as [Lanes, Lanes];
  const { dtype } = a;
  if (!isFloat(dtype)) throw new TypeError(`${dtype} is no float`);
  const form = dtype === 'float32' ? SINGLE : DOUBLE;
  const exponent = name === 'pow' && b.constant !== undefined ? powers[Number(b.constant)] : undefined;
  const simple = exponent ?? extremeWithConstant(name, a, b) ?? native[name];
  if (simple) {
    const parts = a.parts.map((part, i) => simple(form, part, b?.parts[i] ?? part));
    if (scalarOps[name].result === 'operand') return keepLanes(e, dtype, parts);
    return keepLanes(e, 'bool', dtype === 'float32' ? parts : [lowWords(parts[0] as V128, parts[1] as V128)]);
  }
  if (name === 'fmod' || name === 'remainder' || name === 'floorDiv') return emitFloatDivision(e, name, a, b);
  const polynomial = dtype === 'float32' ? polynomials[name] : undefined;
  const parts = a.parts.map((_, i) => {
    const operands = args.map((arg) => arg.parts[i] as V128);
    return polynomial ? polynomial(e, ...operands) : emitHostCalls(e, name, dtype, operands);
  });
  return keepLanes(e, dtype, parts);
}
