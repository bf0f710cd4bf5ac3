import { type DType, dtypes } from '@flambeau/backend';
import { type FunctionBuilder, type I32, type I64, i32, i64, type Local, select, v128 } from '../assembler/index.ts';

/**
 * How a dtype's elements become records that sort as unsigned integers: a key that orders as the elements do, and the
 * element's position in its line.
 */
export interface SortKey {
  /** Size of a record (bytes): the position first, and the key behind it. */
  readonly recordBytes: 8 | 16;
  /** Bytes of a record that decide its place, least significant first (offsets). */
  readonly digits: readonly number[];
  /** Writes the record of an element. */
  pack(f: FunctionBuilder, record: I32, element: I32, position: Local<'i32'>): void;
  /** Writes the element that a record stands for; `original` is where it was read. */
  unpack(f: FunctionBuilder, record: I32, element: Local<'i32'>, original: (position: I32) => I32): void;
  /** Copies a record. */
  copy(f: FunctionBuilder, target: I32, source: I32): void;
  /** Whether the record at an address belongs behind another. */
  isAfter(record: I32, other: I32): I32;
}

const SIGN = -0x80000000;
const SIGN_64: bigint = -(2n ** 63n);

/** The position in a record. */
export function positionOf(record: I32): I32 {
  return i32.load(record);
}

/** Keys of up to 32 bits; narrower ones stand in the upper bits. */
function narrowKey(dtype: DType, descending: boolean): SortKey {
  const { bytes, kind } = dtypes[dtype];
  const shift = i32.const(32 - 8 * bytes);
  const read = bytes === 1 ? i32.load8_u : bytes === 2 ? i32.load16_u : i32.load;
  const bitsAt = (address: I32): I32 => (bytes === 4 ? read(address) : i32.shl(read(address), shift));
  const write = (f: FunctionBuilder, address: I32, bits: I32): void =>
    f.store(address, bytes === 4 ? bits : i32.shr_u(bits, shift), 0, bytes === 4 ? undefined : (bytes as 1 | 2));
  const infinity = dtype === 'float16' ? 0x7c000000 : 0x7f800000;
  const turned = (key: I32): I32 => (descending ? i32.xor(key, i32.const(-1)) : key);
  const signed = dtype === 'int8' || dtype === 'int32';
  const flipped = (bits: I32): I32 => (signed ? i32.xor(bits, i32.const(SIGN)) : bits);
  /** -0 counts as 0, and every NaN as the largest key. */
  const floatKey = (f: FunctionBuilder, loaded: I32): I32 => {
    const bits = f.let(loaded);
    const magnitude = f.let(i32.and(bits, i32.const(0x7fffffff)));
    const one = f.local('i32', select(magnitude, bits, i32.const(0)));
    const key = i32.xor(one, i32.or(i32.shr_s(one, i32.const(31)), i32.const(SIGN)));
    return select(i32.gt_u(magnitude, i32.const(infinity)), i32.const(-1), key);
  };
  return {
    recordBytes: 8,
    digits: [4, 5, 6, 7].slice(4 - bytes),
    pack(f, record, address, position) {
      const key = kind === 'float' ? floatKey(f, bitsAt(address)) : flipped(bitsAt(address));
      f.store(record, turned(key), 4);
      f.store(record, position);
    },
    unpack(f, record, address, original) {
      const key = f.local('i32', turned(i32.load(record, 4)));
      if (kind !== 'float') {
        write(f, address, flipped(key));
        return;
      }
      const lost = i32.or(i32.eq(key, i32.const(SIGN)), i32.eq(key, i32.const(-1)));
      f.if(
        lost,
        () => write(f, address, bitsAt(original(positionOf(record)))),
        () => {
          const sign = i32.xor(i32.shr_s(key, i32.const(31)), i32.const(-1));
          write(f, address, i32.xor(key, i32.or(sign, i32.const(SIGN))));
        },
      );
    },
    copy: (f, target, source) => f.store(target, i64.load(source)),
    isAfter: (record, other) => i64.gt_u(i64.load(record), i64.load(other)),
  };
}

/** Keys of 64 bits. */
function wideKey(dtype: DType, descending: boolean): SortKey {
  const turned = (key: I64): I64 => (descending ? i64.xor(key, i64.const(-1n)) : key);
  const flipped = (bits: I64): I64 => i64.xor(bits, i64.const(SIGN_64));
  const float = dtype === 'float64';
  const floatKey = (f: FunctionBuilder, loaded: I64): I64 => {
    const bits = f.let(loaded);
    const magnitude = f.let(i64.and(bits, i64.const(2n ** 63n - 1n)));
    const one = f.local('i64', select(i64.eqz(magnitude), i64.const(0n), bits));
    const key = i64.xor(one, i64.or(i64.shr_s(one, i64.const(63n)), i64.const(SIGN_64)));
    return select(i64.gt_u(magnitude, i64.const(0x7ff0000000000000n)), i64.const(-1n), key);
  };
  return {
    recordBytes: 16,
    digits: [8, 9, 10, 11, 12, 13, 14, 15],
    pack(f, record, address, position) {
      const key = float ? floatKey(f, i64.load(address)) : flipped(i64.load(address));
      f.store(record, turned(key), 8);
      f.store(record, position);
    },
    unpack(f, record, address, original) {
      const key = f.local('i64', turned(i64.load(record, 8)));
      if (!float) {
        f.store(address, flipped(key));
        return;
      }
      const lost = i32.or(i64.eq(key, i64.const(SIGN_64)), i64.eq(key, i64.const(-1n)));
      f.if(
        lost,
        () => f.store(address, i64.load(original(positionOf(record)))),
        () => {
          const sign = i64.xor(i64.shr_s(key, i64.const(63n)), i64.const(-1n));
          f.store(address, i64.xor(key, i64.or(sign, i64.const(SIGN_64))));
        },
      );
    },
    copy: (f, target, source) => f.store(target, v128.load(source)),
    isAfter: (record, other) => i64.gt_u(i64.load(record, 8), i64.load(other, 8)),
  };
}

/** The records of a dtype; descending order turns the keys around, and leaves equal elements in their order. */
export function sortKey(dtype: DType, descending: boolean): SortKey {
  return dtypes[dtype].bytes === 8 ? wideKey(dtype, descending) : narrowKey(dtype, descending);
}
