import {
  acceptsDType,
  castValue,
  type DType,
  DTypeError,
  dtypes,
  isFloat,
  type ScalarOpName,
  type Value,
} from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { number } from './functions/text.ts';
import type { FunctionName, Library } from './library.ts';

/** The type that a value of a dtype has in shaders. */
export function valueType(dtype: DType): 'f32' | 'i32' | 'bool' {
  if (dtype === 'bool') return 'bool';
  return isFloat(dtype) ? 'f32' : 'i32';
}

/** A constant, rounded or wrapped to its dtype. */
export function emitConstant(library: Library, value: Value, dtype: DType): string {
  const held = Number(castValue(value, dtype));
  if (dtype === 'bool') return held ? 'true' : 'false';
  if (!isFloat(dtype)) return held < 0 ? `i32(${held})` : `${held}i`;
  if (Number.isNaN(held)) return `${library.use('nan')}()`;
  // A constant -0 becomes 0 in some compilers.
  if (Object.is(held, -0)) return `${library.use('negativeZero')}()`;
  if (Number.isFinite(Math.fround(held))) return number(held);
  return `${held < 0 ? '-' : ''}${library.use('infinity')}()`;
}

/** Brings an integer back into the range of its dtype. */
function narrow(text: string, dtype: DType): string {
  if (dtype === 'int8') return `((${text} << 24u) >> 24u)`;
  return dtype === 'uint8' ? `(${text} & 255i)` : text;
}

type Template = (a: string, b: string, c: string) => string;

/** Operations on floats that WGSL has with the same meaning, or that are one expression. */
const FLOAT: Readonly<Partial<Record<ScalarOpName, Template>>> = {
  neg: (a) => `(-${a})`,
  abs: (a) => `abs(${a})`,
  floor: (a) => `floor(${a})`,
  ceil: (a) => `ceil(${a})`,
  round: (a) => `round(${a})`,
  trunc: (a) => `trunc(${a})`,
  sqrt: (a) => `sqrt(${a})`,
  rsqrt: (a) => `(1.0f / sqrt(${a}))`,
  reciprocal: (a) => `(1.0f / ${a})`,
  // Of all but NaN.
  signbit: (a) => `((bitcast<u32>(${a}) - 0x80000000u) <= 0x7f800000u)`,
  add: (a, b) => `(${a} + ${b})`,
  sub: (a, b) => `(${a} - ${b})`,
  mul: (a, b) => `(${a} * ${b})`,
  div: (a, b) => `(${a} / ${b})`,
  truncDiv: (a, b) => `trunc(${a} / ${b})`,
};

/** Operations on integers, before narrowing. */
const INTEGER: Readonly<Partial<Record<ScalarOpName, Template>>> = {
  neg: (a) => `(-${a})`,
  abs: (a) => `abs(${a})`,
  sign: (a) => `sign(${a})`,
  signbit: (a) => `(${a} < 0i)`,
  not: (a) => `(~${a})`,
  add: (a, b) => `(${a} + ${b})`,
  sub: (a, b) => `(${a} - ${b})`,
  mul: (a, b) => `(${a} * ${b})`,
  max: (a, b) => `max(${a}, ${b})`,
  min: (a, b) => `min(${a}, ${b})`,
  eq: (a, b) => `(${a} == ${b})`,
  ne: (a, b) => `(${a} != ${b})`,
  lt: (a, b) => `(${a} < ${b})`,
  le: (a, b) => `(${a} <= ${b})`,
  gt: (a, b) => `(${a} > ${b})`,
  ge: (a, b) => `(${a} >= ${b})`,
  and: (a, b) => `(${a} & ${b})`,
  or: (a, b) => `(${a} | ${b})`,
  xor: (a, b) => `(${a} ^ ${b})`,
};

const INTEGER_FUNCTIONS: Readonly<Partial<Record<ScalarOpName, FunctionName>>> = {
  floorDiv: 'intFloorDiv',
  truncDiv: 'intTruncDiv',
  remainder: 'intRemainder',
  fmod: 'intFmod',
  pow: 'intPow',
  shiftLeft: 'shiftLeft',
  shiftRight: 'shiftRight',
};

const BOOL: Readonly<Partial<Record<ScalarOpName, Template>>> = {
  not: (a) => `(!${a})`,
  max: (a, b) => `(${a} | ${b})`,
  min: (a, b) => `(${a} & ${b})`,
  eq: (a, b) => `(${a} == ${b})`,
  ne: (a, b) => `(${a} != ${b})`,
  lt: (a, b) => `(!${a} & ${b})`,
  le: (a, b) => `(!${a} | ${b})`,
  gt: (a, b) => `(${a} & !${b})`,
  ge: (a, b) => `(${a} | !${b})`,
  and: (a, b) => `(${a} & ${b})`,
  or: (a, b) => `(${a} | ${b})`,
  xor: (a, b) => `(${a} != ${b})`,
};

/**
 * An operation on operands of `dtype` (for `where`, the dtype of the branches).
 *
 * @param args - Names or literals: their text may stand twice in the result. At least one is no literal, as WGSL refuses what it
 * can compute itself when that overflows.
 * @throws {DTypeError} The operation does not accept the dtype.
 */
export function emitOp(library: Library, op: ScalarOpName, dtype: DType, args: readonly string[]): string {
  if (!acceptsDType(op, dtype)) throw new DTypeError(op, `does not accept ${dtype}.`, { dtype });
  const [a = '', b = '', c = ''] = args;
  if (op === 'where') return `select(${c}, ${b}, ${a})`;
  if (dtype === 'bool') return (BOOL[op] as Template)(a, b, c);
  if (isFloat(dtype)) {
    const template = FLOAT[op];
    return template
      ? template(a, b, c)
      : `${library.use(FLOAT_FUNCTIONS[op] ?? (op as FunctionName))}(${args.join(', ')})`;
  }
  const template = INTEGER[op];
  const called = INTEGER_FUNCTIONS[op];
  const text = called ? `${library.use(called)}(${args.join(', ')})` : (template as Template)(a, b, c);
  return narrow(text, resultDType(op, dtype));
}

const COMPARISONS: ReadonlySet<ScalarOpName> = new Set<ScalarOpName>(['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'signbit']);
const resultDType = (op: ScalarOpName, dtype: DType): DType => (COMPARISONS.has(op) ? 'bool' : dtype);

/** Functions on floats whose name is not the operation's. */
const FLOAT_FUNCTIONS: Readonly<Partial<Record<ScalarOpName, FunctionName>>> = { isnan: 'isNan' };

/** A conversion of a value. Floats of 16 bits are rounded and stay f32. */
export function emitCast(library: Library, text: string, from: DType, to: DType): string {
  if (from === to && valueType(from) !== 'f32') return text;
  if (to === 'bool') {
    if (from === 'bool') return text;
    return isFloat(from) ? `((bitcast<u32>(${text}) << 1u) != 0u)` : `(${text} != 0i)`;
  }
  if (isFloat(to)) {
    const float = isFloat(from) ? text : from === 'bool' ? `select(0.0f, 1.0f, ${text})` : `f32(${text})`;
    return round(library, float, from, to);
  }
  if (from === 'bool') return `select(0i, 1i, ${text})`;
  const integer = isFloat(from) ? `${library.use('toInt')}(${text})` : text;
  return holds(to, from) ? integer : narrow(integer, to);
}

/** Whether every value of an integer dtype is one of another. */
function holds(wide: DType, dtype: DType): boolean {
  if (isFloat(dtype)) return false;
  const [outer, inner] = [dtypes[wide], dtypes[dtype]];
  return Number(inner.min) >= Number(outer.min) && Number(inner.max) <= Number(outer.max);
}

function round(library: Library, text: string, from: DType, to: DType): string {
  if (to === 'float32' || from === 'bool' || from === to) return text;
  if (to === 'bfloat16') return dtypes[from].bytes === 1 ? text : `${library.use('toBfloat16')}(${text})`;
  return dtypes[from].bytes === 1 ? text : `${library.use('toFloat16')}(${text})`;
}

/** 32 random bits of a counter under a key. */
export function emitRandom(library: Library, key: string, counter: string): string {
  return `${library.use('random')}(${key}, ${counter})`;
}

/** The value of an element as it lies in memory. */
export function fromStorage(text: string, dtype: DType, limits: DeviceLimits): string {
  if (dtype === 'bool') return `(${text} != 0i)`;
  return dtype === 'float16' && limits.f16 ? `f32(${text})` : text;
}

/** The element that holds a value. Floats of 16 bits are rounded; integers are in their range already. */
export function toStorage(library: Library, text: string, dtype: DType, limits: DeviceLimits): string {
  if (dtype === 'bool') return `select(0i, 1i, ${text})`;
  if (dtype === 'bfloat16') return `${library.use('toBfloat16')}(${text})`;
  if (dtype !== 'float16') return text;
  const rounded = `${library.use('toFloat16')}(${text})`;
  return limits.f16 ? `f16(${rounded})` : rounded;
}
