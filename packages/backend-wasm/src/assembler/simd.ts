import { type Load, memoryArgument } from './scalar.ts';
import { type I32, instruction, type V128, type Value, type ValueType } from './value.ts';

const PREFIX = 0xfd;

function simd<T extends ValueType>(
  type: T,
  code: number,
  operands: readonly Value[],
  ...immediates: number[]
): Value<T> {
  return instruction(type, operands, (out) => {
    out.byte(PREFIX);
    out.unsigned(code);
    out.raw(immediates);
  });
}

type Vectors<Name extends string, Arity extends 1 | 2 | 3> = Readonly<
  Record<
    Name,
    Arity extends 1
      ? (a: V128) => V128
      : Arity extends 2
        ? (a: V128, b: V128) => V128
        : (a: V128, b: V128, c: V128) => V128
  >
>;

function vectors<Name extends string, Arity extends 1 | 2 | 3>(
  codes: Readonly<Record<Name, number>>,
  _arity: Arity,
): Vectors<Name, Arity> {
  return Object.fromEntries(
    Object.entries<number>(codes).map(([name, code]) => [name, (...operands: V128[]) => simd('v128', code, operands)]),
  ) as Vectors<Name, Arity>;
}

function load(code: number, align: number): Load<'v128'> {
  return (address, offset = 0) =>
    instruction('v128', [address], (out) => {
      out.byte(PREFIX);
      out.unsigned(code);
      memoryArgument(out, align, offset);
    });
}

const lane = (result: ValueType, code: number) => (a: V128, index: number) => simd(result, code, [a], index);
const replace = (code: number) => (a: V128, index: number, value: Value) => simd('v128', code, [a, value], index);
const shift = (code: number) => (a: V128, count: I32) => simd('v128', code, [a, count]);
const test = (code: number) => (a: V128) => simd('i32', code, [a]);
const splat = (code: number) => (a: Value) => simd('v128', code, [a]);

/** Lane access, splat and shifts of one shape. */
interface Shaped<T extends ValueType> {
  readonly splat: (a: Value<T>) => V128;
  readonly extract_lane: (a: V128, index: number) => Value<T>;
  readonly replace_lane: (a: V128, index: number, value: Value<T>) => V128;
}
interface Shifts {
  readonly shl: (a: V128, count: I32) => V128;
  readonly shr_s: (a: V128, count: I32) => V128;
  readonly shr_u: (a: V128, count: I32) => V128;
}
interface Tests {
  /** 1 when every lane is not 0. */
  readonly all_true: (a: V128) => I32;
  /** The top bit of each lane, lane 0 lowest. */
  readonly bitmask: (a: V128) => I32;
}

const V_BITWISE = { and: 78, andnot: 79, or: 80, xor: 81 } as const;

interface V128Instructions extends Vectors<'not', 1>, Vectors<keyof typeof V_BITWISE, 2>, Vectors<'bitselect', 3> {
  readonly load: Load<'v128'>;
  readonly load8_splat: Load<'v128'>;
  readonly load16_splat: Load<'v128'>;
  readonly load32_splat: Load<'v128'>;
  readonly load64_splat: Load<'v128'>;
  readonly load32_zero: Load<'v128'>;
  readonly load64_zero: Load<'v128'>;
  readonly load16x4_u: Load<'v128'>;
  readonly load16x4_s: Load<'v128'>;
  readonly load32x2_s: Load<'v128'>;
  /** The vector with one lane of 1, 2, 4 or 8 bytes read from `address + offset`. */
  readonly load_lane: (address: I32, a: V128, bytes: 1 | 2 | 4 | 8, index: number, offset?: number) => V128;
  /** Sixteen bytes, lowest first. Made once at the start of the function: engines do not move constants out of loops. */
  readonly const: (bytes: Uint8Array) => V128;
  readonly any_true: (a: V128) => I32;
}

/** Instructions on 128 bits of any shape. `bitselect(a, b, mask)` takes bits of `a` where the mask has 1. */
export const v128: V128Instructions = {
  ...vectors({ not: 77 }, 1),
  ...vectors(V_BITWISE, 2),
  ...vectors({ bitselect: 82 }, 3),
  load: load(0, 4),
  load8_splat: load(7, 0),
  load16_splat: load(8, 1),
  load32_splat: load(9, 2),
  load64_splat: load(10, 3),
  load32_zero: load(92, 2),
  load64_zero: load(93, 3),
  load16x4_s: load(3, 3),
  load16x4_u: load(4, 3),
  load32x2_s: load(5, 3),
  load_lane: (address, a, bytes, index, offset = 0) =>
    instruction('v128', [address, a], (out) => {
      const align = Math.log2(bytes);
      out.byte(PREFIX);
      out.unsigned(84 + align);
      memoryArgument(out, align, offset);
      out.byte(index);
    }),
  const: (bytes) =>
    instruction('v128', [], (out) => {
      if (out.constantLocal) {
        out.byte(0x20);
        out.unsigned(out.constantLocal(bytes));
      } else {
        out.byte(PREFIX);
        out.unsigned(12);
        out.raw(bytes);
      }
    }),
  any_true: test(83),
};

/** The bytes of two vectors at sixteen positions, 0–15 in `a` and 16–31 in `b`. */
export function shuffle(a: V128, b: V128, positions: readonly number[]): V128 {
  return simd('v128', 13, [a, b], ...positions);
}

const I8_BINARY = { add: 110, sub: 113, min_s: 118, min_u: 119, max_s: 120, max_u: 121, eq: 35, ne: 36 } as const;
const I8_NARROW = { narrow_i16x8_s: 101, narrow_i16x8_u: 102, swizzle: 14, relaxed_swizzle: 0x100 } as const;

interface I8x16Instructions
  extends Vectors<keyof typeof I8_BINARY | keyof typeof I8_NARROW, 2>,
    Shifts,
    Tests,
    Vectors<'abs' | 'neg' | 'popcnt', 1> {
  readonly splat: (a: I32) => V128;
  readonly extract_lane_s: (a: V128, index: number) => I32;
  readonly extract_lane_u: (a: V128, index: number) => I32;
  readonly replace_lane: (a: V128, index: number, value: I32) => V128;
}

export const i8x16: I8x16Instructions = {
  ...vectors({ ...I8_BINARY, ...I8_NARROW }, 2),
  ...vectors({ abs: 96, neg: 97, popcnt: 98 }, 1),
  splat: splat(15) as I8x16Instructions['splat'],
  extract_lane_s: lane('i32', 21) as I8x16Instructions['extract_lane_s'],
  extract_lane_u: lane('i32', 22) as I8x16Instructions['extract_lane_u'],
  replace_lane: replace(23),
  shl: shift(107),
  shr_s: shift(108),
  shr_u: shift(109),
  all_true: test(99),
  bitmask: test(100),
};

const I16_UNARY = {
  extend_low_i8x16_s: 135,
  extend_high_i8x16_s: 136,
  extend_low_i8x16_u: 137,
  extend_high_i8x16_u: 138,
  abs: 128,
  neg: 129,
} as const;
const I16_BINARY = { narrow_i32x4_s: 133, narrow_i32x4_u: 134, add: 142, sub: 145, mul: 149 } as const;

interface I16x8Instructions
  extends Vectors<keyof typeof I16_UNARY, 1>,
    Vectors<keyof typeof I16_BINARY, 2>,
    Shifts,
    Tests {
  readonly splat: (a: I32) => V128;
  readonly extract_lane_s: (a: V128, index: number) => I32;
  readonly extract_lane_u: (a: V128, index: number) => I32;
  readonly replace_lane: (a: V128, index: number, value: I32) => V128;
}

export const i16x8: I16x8Instructions = {
  ...vectors(I16_UNARY, 1),
  ...vectors(I16_BINARY, 2),
  splat: splat(16) as I16x8Instructions['splat'],
  extract_lane_s: lane('i32', 24) as I16x8Instructions['extract_lane_s'],
  extract_lane_u: lane('i32', 25) as I16x8Instructions['extract_lane_u'],
  replace_lane: replace(26),
  shl: shift(139),
  shr_s: shift(140),
  shr_u: shift(141),
  all_true: test(131),
  bitmask: test(132),
};

const I32_UNARY = {
  abs: 160,
  neg: 161,
  extend_low_i16x8_s: 167,
  extend_high_i16x8_s: 168,
  extend_low_i16x8_u: 169,
  extend_high_i16x8_u: 170,
  /** Floats beyond the range saturate, NaN gives 0. */
  trunc_sat_f32x4_s: 248,
  trunc_sat_f32x4_u: 249,
  trunc_sat_f64x2_s_zero: 252,
  trunc_sat_f64x2_u_zero: 253,
  relaxed_trunc_f32x4_s: 0x101,
} as const;
const I32_BINARY = {
  eq: 55,
  ne: 56,
  lt_s: 57,
  lt_u: 58,
  gt_s: 59,
  gt_u: 60,
  le_s: 61,
  le_u: 62,
  ge_s: 63,
  ge_u: 64,
  add: 174,
  sub: 177,
  mul: 181,
  min_s: 182,
  min_u: 183,
  max_s: 184,
  max_u: 185,
  dot_i16x8_s: 186,
} as const;

interface I32x4Instructions
  extends Vectors<keyof typeof I32_UNARY, 1>,
    Vectors<keyof typeof I32_BINARY, 2>,
    Vectors<'relaxed_laneselect', 3>,
    Shaped<'i32'>,
    Shifts,
    Tests {}

/** Comparisons give lanes of all ones or all zeros. */
export const i32x4: I32x4Instructions = {
  ...vectors(I32_UNARY, 1),
  ...vectors(I32_BINARY, 2),
  ...vectors({ relaxed_laneselect: 0x10b }, 3),
  splat: splat(17),
  extract_lane: lane('i32', 27) as Shaped<'i32'>['extract_lane'],
  replace_lane: replace(28),
  shl: shift(171),
  shr_s: shift(172),
  shr_u: shift(173),
  all_true: test(163),
  bitmask: test(164),
};

const I64_UNARY = {
  abs: 192,
  neg: 193,
  extend_low_i32x4_s: 199,
  extend_high_i32x4_s: 200,
  extend_low_i32x4_u: 201,
  extend_high_i32x4_u: 202,
} as const;
const I64_BINARY = {
  add: 206,
  sub: 209,
  mul: 213,
  eq: 214,
  ne: 215,
  lt_s: 216,
  gt_s: 217,
  le_s: 218,
  ge_s: 219,
  extmul_low_i32x4_s: 220,
  extmul_high_i32x4_s: 221,
  extmul_low_i32x4_u: 222,
  extmul_high_i32x4_u: 223,
} as const;

interface I64x2Instructions
  extends Vectors<keyof typeof I64_UNARY, 1>,
    Vectors<keyof typeof I64_BINARY, 2>,
    Shaped<'i64'>,
    Shifts,
    Tests {}

export const i64x2: I64x2Instructions = {
  ...vectors(I64_UNARY, 1),
  ...vectors(I64_BINARY, 2),
  splat: splat(18),
  extract_lane: lane('i64', 29) as Shaped<'i64'>['extract_lane'],
  replace_lane: replace(30),
  shl: shift(203),
  shr_s: shift(204),
  shr_u: shift(205),
  all_true: test(195),
  bitmask: test(196),
};

const F32_UNARY = {
  ceil: 103,
  floor: 104,
  trunc: 105,
  nearest: 106,
  abs: 224,
  neg: 225,
  sqrt: 227,
  convert_i32x4_s: 250,
  convert_i32x4_u: 251,
  demote_f64x2_zero: 94,
} as const;
const F_COMPARE = (first: number): Readonly<Record<'eq' | 'ne' | 'lt' | 'gt' | 'le' | 'ge', number>> => ({
  eq: first,
  ne: first + 1,
  lt: first + 2,
  gt: first + 3,
  le: first + 4,
  ge: first + 5,
});
/** `pmin(a, b)` is `b < a ? b : a`, `pmax(a, b)` is `a < b ? b : a`. */
const F_BINARY = (
  first: number,
): Readonly<Record<'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' | 'pmin' | 'pmax', number>> => ({
  add: first,
  sub: first + 1,
  mul: first + 2,
  div: first + 3,
  min: first + 4,
  max: first + 5,
  pmin: first + 6,
  pmax: first + 7,
});

/** `relaxed_madd(a, b, c)` is `a·b + c`, `relaxed_nmadd` is `c - a·b`, rounded once or twice as the machine likes. */
type FloatVectors = Vectors<
  keyof ReturnType<typeof F_COMPARE> | keyof ReturnType<typeof F_BINARY> | 'relaxed_min' | 'relaxed_max',
  2
> &
  Vectors<'relaxed_madd' | 'relaxed_nmadd', 3>;

export const f32x4: FloatVectors & Vectors<keyof typeof F32_UNARY, 1> & Shaped<'f32'> = {
  ...vectors(F32_UNARY, 1),
  ...vectors({ ...F_COMPARE(65), ...F_BINARY(228), relaxed_min: 0x10d, relaxed_max: 0x10e }, 2),
  ...vectors({ relaxed_madd: 0x105, relaxed_nmadd: 0x106 }, 3),
  splat: splat(19),
  extract_lane: lane('f32', 31) as Shaped<'f32'>['extract_lane'],
  replace_lane: replace(32),
};

const F64_UNARY = {
  ceil: 116,
  floor: 117,
  trunc: 122,
  nearest: 148,
  abs: 236,
  neg: 237,
  sqrt: 239,
  convert_low_i32x4_s: 254,
  convert_low_i32x4_u: 255,
  promote_low_f32x4: 95,
} as const;

export const f64x2: FloatVectors & Vectors<keyof typeof F64_UNARY, 1> & Shaped<'f64'> = {
  ...vectors(F64_UNARY, 1),
  ...vectors({ ...F_COMPARE(71), ...F_BINARY(240), relaxed_min: 0x10f, relaxed_max: 0x110 }, 2),
  ...vectors({ relaxed_madd: 0x107, relaxed_nmadd: 0x108 }, 3),
  splat: splat(20),
  extract_lane: lane('f64', 33) as Shaped<'f64'>['extract_lane'],
  replace_lane: replace(34),
};

const scratch = new DataView(new ArrayBuffer(16));
const scratchBytes = new Uint8Array(scratch.buffer);

/** A vector constant whose four lanes are one float. */
export function f32x4Const(value: number): V128 {
  for (let i = 0; i < 4; i++) scratch.setFloat32(4 * i, value, true);
  return v128.const(scratchBytes.slice());
}

/** A vector constant whose two lanes are one float. */
export function f64x2Const(value: number): V128 {
  for (let i = 0; i < 2; i++) scratch.setFloat64(8 * i, value, true);
  return v128.const(scratchBytes.slice());
}

/** A vector constant of four integers; one number stands for all. */
export function i32x4Const(...values: readonly number[]): V128 {
  for (let i = 0; i < 4; i++) scratch.setInt32(4 * i, values[i % values.length] as number, true);
  return v128.const(scratchBytes.slice());
}

/** A vector constant whose two lanes are one integer. */
export function i64x2Const(value: bigint): V128 {
  for (let i = 0; i < 2; i++) scratch.setBigInt64(8 * i, BigInt.asIntN(64, value), true);
  return v128.const(scratchBytes.slice());
}
