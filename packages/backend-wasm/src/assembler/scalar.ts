import type { Bytes } from './encoding.ts';
import { type F32, type F64, type I32, type I64, instruction, type Value, type ValueType } from './value.ts';

const I32_UNARY = { clz: 0x67, ctz: 0x68, popcnt: 0x69, extend8_s: 0xc0, extend16_s: 0xc1 } as const;
const I32_BINARY = {
  add: 0x6a,
  sub: 0x6b,
  mul: 0x6c,
  div_s: 0x6d,
  div_u: 0x6e,
  rem_s: 0x6f,
  rem_u: 0x70,
  and: 0x71,
  or: 0x72,
  xor: 0x73,
  shl: 0x74,
  shr_s: 0x75,
  shr_u: 0x76,
  rotl: 0x77,
  rotr: 0x78,
} as const;
const I32_COMPARE = {
  eq: 0x46,
  ne: 0x47,
  lt_s: 0x48,
  lt_u: 0x49,
  gt_s: 0x4a,
  gt_u: 0x4b,
  le_s: 0x4c,
  le_u: 0x4d,
  ge_s: 0x4e,
  ge_u: 0x4f,
} as const;
const I64_UNARY = { clz: 0x79, ctz: 0x7a, popcnt: 0x7b, extend8_s: 0xc2, extend16_s: 0xc3, extend32_s: 0xc4 } as const;
const I64_BINARY = {
  add: 0x7c,
  sub: 0x7d,
  mul: 0x7e,
  div_s: 0x7f,
  div_u: 0x80,
  rem_s: 0x81,
  rem_u: 0x82,
  and: 0x83,
  or: 0x84,
  xor: 0x85,
  shl: 0x86,
  shr_s: 0x87,
  shr_u: 0x88,
  rotl: 0x89,
  rotr: 0x8a,
} as const;
const I64_COMPARE = {
  eq: 0x51,
  ne: 0x52,
  lt_s: 0x53,
  lt_u: 0x54,
  gt_s: 0x55,
  gt_u: 0x56,
  le_s: 0x57,
  le_u: 0x58,
  ge_s: 0x59,
  ge_u: 0x5a,
} as const;
const F32_UNARY = { abs: 0x8b, neg: 0x8c, ceil: 0x8d, floor: 0x8e, trunc: 0x8f, nearest: 0x90, sqrt: 0x91 } as const;
const F32_BINARY = { add: 0x92, sub: 0x93, mul: 0x94, div: 0x95, min: 0x96, max: 0x97, copysign: 0x98 } as const;
const F32_COMPARE = { eq: 0x5b, ne: 0x5c, lt: 0x5d, gt: 0x5e, le: 0x5f, ge: 0x60 } as const;
const F64_UNARY = { abs: 0x99, neg: 0x9a, ceil: 0x9b, floor: 0x9c, trunc: 0x9d, nearest: 0x9e, sqrt: 0x9f } as const;
const F64_BINARY = { add: 0xa0, sub: 0xa1, mul: 0xa2, div: 0xa3, min: 0xa4, max: 0xa5, copysign: 0xa6 } as const;
const F64_COMPARE = { eq: 0x61, ne: 0x62, lt: 0x63, gt: 0x64, le: 0x65, ge: 0x66 } as const;

/** Instructions of one arity by name. */
export type Unary<T extends ValueType, R extends ValueType, Name extends string> = Readonly<
  Record<Name, (a: Value<T>) => Value<R>>
>;
export type Binary<T extends ValueType, R extends ValueType, Name extends string> = Readonly<
  Record<Name, (a: Value<T>, b: Value<T>) => Value<R>>
>;

function unary<T extends ValueType, R extends ValueType, Name extends string>(
  _operand: T,
  result: R,
  codes: Readonly<Record<Name, number>>,
): Unary<T, R, Name> {
  return Object.fromEntries(
    Object.entries<number>(codes).map(([name, code]) => [
      name,
      (a: Value) => instruction(result, [a], (out) => out.byte(code)),
    ]),
  ) as unknown as Unary<T, R, Name>;
}

function binary<T extends ValueType, R extends ValueType, Name extends string>(
  _operand: T,
  result: R,
  codes: Readonly<Record<Name, number>>,
): Binary<T, R, Name> {
  return Object.fromEntries(
    Object.entries<number>(codes).map(([name, code]) => [
      name,
      (a: Value, b: Value) => instruction(result, [a, b], (out) => out.byte(code)),
    ]),
  ) as unknown as Binary<T, R, Name>;
}

function convert<T extends ValueType, R extends ValueType>(result: R, ...code: number[]): (a: Value<T>) => Value<R> {
  return (a) => instruction(result, [a], (out) => out.raw(code));
}

/** Writes an alignment hint (log₂ bytes) and an offset (bytes, below 2³²). */
export function memoryArgument(out: Bytes, align: number, offset: number): void {
  out.unsigned(align);
  out.unsigned(offset);
}

/** A load from `address + offset` (bytes). */
export type Load<T extends ValueType> = (address: I32, offset?: number) => Value<T>;

function load<T extends ValueType>(type: T, code: number, align: number): Load<T> {
  return (address, offset = 0) =>
    instruction(type, [address], (out) => {
      out.byte(code);
      memoryArgument(out, align, offset);
    });
}

interface I32Instructions
  extends Unary<'i32', 'i32', keyof typeof I32_UNARY | 'eqz'>,
    Binary<'i32', 'i32', keyof typeof I32_BINARY | keyof typeof I32_COMPARE> {
  readonly const: (value: number) => I32;
  readonly load: Load<'i32'>;
  readonly load8_s: Load<'i32'>;
  readonly load8_u: Load<'i32'>;
  readonly load16_s: Load<'i32'>;
  readonly load16_u: Load<'i32'>;
  readonly wrap: (a: I64) => I32;
  readonly trunc_sat_f32_s: (a: F32) => I32;
  readonly trunc_sat_f32_u: (a: F32) => I32;
  readonly trunc_sat_f64_s: (a: F64) => I32;
  readonly trunc_sat_f64_u: (a: F64) => I32;
  readonly reinterpret: (a: F32) => I32;
}

/** Instructions on 32-bit integers; comparisons give 0 or 1. */
export const i32: I32Instructions = {
  ...unary('i32', 'i32', { ...I32_UNARY, eqz: 0x45 }),
  ...binary('i32', 'i32', { ...I32_BINARY, ...I32_COMPARE }),
  const: (value) =>
    instruction('i32', [], (out) => {
      out.byte(0x41);
      out.signed(value);
    }),
  load: load('i32', 0x28, 2),
  load8_s: load('i32', 0x2c, 0),
  load8_u: load('i32', 0x2d, 0),
  load16_s: load('i32', 0x2e, 1),
  load16_u: load('i32', 0x2f, 1),
  wrap: convert('i32', 0xa7),
  trunc_sat_f32_s: convert('i32', 0xfc, 0),
  trunc_sat_f32_u: convert('i32', 0xfc, 1),
  trunc_sat_f64_s: convert('i32', 0xfc, 2),
  trunc_sat_f64_u: convert('i32', 0xfc, 3),
  reinterpret: convert('i32', 0xbc),
};

interface I64Instructions
  extends Unary<'i64', 'i64', keyof typeof I64_UNARY>,
    Binary<'i64', 'i64', keyof typeof I64_BINARY>,
    Binary<'i64', 'i32', keyof typeof I64_COMPARE> {
  readonly eqz: (a: I64) => I32;
  readonly const: (value: bigint) => I64;
  readonly load: Load<'i64'>;
  readonly extend_i32_s: (a: I32) => I64;
  readonly extend_i32_u: (a: I32) => I64;
  readonly trunc_sat_f64_s: (a: F64) => I64;
  readonly trunc_sat_f64_u: (a: F64) => I64;
  readonly reinterpret: (a: F64) => I64;
}

/** Instructions on 64-bit integers. */
export const i64: I64Instructions = {
  ...unary('i64', 'i64', I64_UNARY),
  ...binary('i64', 'i64', I64_BINARY),
  ...binary('i64', 'i32', I64_COMPARE),
  eqz: convert('i32', 0x50),
  const: (value) =>
    instruction('i64', [], (out) => {
      out.byte(0x42);
      out.signed64(value);
    }),
  load: load('i64', 0x29, 3),
  extend_i32_s: convert('i64', 0xac),
  extend_i32_u: convert('i64', 0xad),
  trunc_sat_f64_s: convert('i64', 0xfc, 6),
  trunc_sat_f64_u: convert('i64', 0xfc, 7),
  reinterpret: convert('i64', 0xbd),
};

const floatBytes = new DataView(new ArrayBuffer(8));

interface F32Instructions
  extends Unary<'f32', 'f32', keyof typeof F32_UNARY>,
    Binary<'f32', 'f32', keyof typeof F32_BINARY>,
    Binary<'f32', 'i32', keyof typeof F32_COMPARE> {
  readonly const: (value: number) => F32;
  readonly load: Load<'f32'>;
  readonly convert_i32_s: (a: I32) => F32;
  readonly convert_i32_u: (a: I32) => F32;
  readonly demote: (a: F64) => F32;
  readonly reinterpret: (a: I32) => F32;
}

/** Instructions on 32-bit floats. */
export const f32: F32Instructions = {
  ...unary('f32', 'f32', F32_UNARY),
  ...binary('f32', 'f32', F32_BINARY),
  ...binary('f32', 'i32', F32_COMPARE),
  const: (value) =>
    instruction('f32', [], (out) => {
      out.byte(0x43);
      floatBytes.setFloat32(0, value, true);
      out.raw(new Uint8Array(floatBytes.buffer, 0, 4));
    }),
  load: load('f32', 0x2a, 2),
  convert_i32_s: convert('f32', 0xb2),
  convert_i32_u: convert('f32', 0xb3),
  demote: convert('f32', 0xb6),
  reinterpret: convert('f32', 0xbe),
};

interface F64Instructions
  extends Unary<'f64', 'f64', keyof typeof F64_UNARY>,
    Binary<'f64', 'f64', keyof typeof F64_BINARY>,
    Binary<'f64', 'i32', keyof typeof F64_COMPARE> {
  readonly const: (value: number) => F64;
  readonly load: Load<'f64'>;
  readonly convert_i32_s: (a: I32) => F64;
  readonly convert_i32_u: (a: I32) => F64;
  readonly convert_i64_s: (a: I64) => F64;
  readonly promote: (a: F32) => F64;
  readonly reinterpret: (a: I64) => F64;
}

/** Instructions on 64-bit floats. */
export const f64: F64Instructions = {
  ...unary('f64', 'f64', F64_UNARY),
  ...binary('f64', 'f64', F64_BINARY),
  ...binary('f64', 'i32', F64_COMPARE),
  const: (value) =>
    instruction('f64', [], (out) => {
      out.byte(0x44);
      floatBytes.setFloat64(0, value, true);
      out.raw(new Uint8Array(floatBytes.buffer, 0, 8));
    }),
  load: load('f64', 0x2b, 3),
  convert_i32_s: convert('f64', 0xb7),
  convert_i32_u: convert('f64', 0xb8),
  convert_i64_s: convert('f64', 0xb9),
  promote: convert('f64', 0xbb),
  reinterpret: convert('f64', 0xbf),
};

/** `a` where the condition is not 0, `b` elsewhere; both are evaluated. */
export function select<T extends ValueType>(condition: I32, a: Value<T>, b: Value<T>): Value<T> {
  return instruction(a.type, [a, b, condition], (out) => out.byte(0x1b));
}
