import { DTypeError } from './errors.ts';

/** Element types of a tensor. `bfloat16` and `float16` are stored in 16 bits and computed in float32. */
export type DType = 'bool' | 'uint8' | 'int8' | 'int32' | 'int64' | 'float16' | 'bfloat16' | 'float32' | 'float64';

/** One element as JavaScript holds it: `bigint` for int64, otherwise a number (bool is 0 or 1). */
export type Value = number | bigint;

/** The typed arrays that hold elements in host memory. 16-bit floats are raw bits in a `Uint16Array`. */
export type HostArray = Uint8Array | Int8Array | Uint16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

/** What promotion looks at first: bool < integer < float. */
export type DTypeKind = 'bool' | 'integer' | 'float';

/** Facts about one dtype. */
export interface DTypeInfo {
  readonly kind: DTypeKind;
  /** Size of one element (bytes). */
  readonly bytes: number;
  /** Smallest and largest finite value. */
  readonly min: Value;
  readonly max: Value;
  /** Distance from 1 to the next value; 0 for integers. */
  readonly epsilon: number;
}

/** One row per dtype, in promotion order. */
export const dtypes: Readonly<Record<DType, DTypeInfo>> = {
  bool: { kind: 'bool', bytes: 1, min: 0, max: 1, epsilon: 0 },
  uint8: { kind: 'integer', bytes: 1, min: 0, max: 255, epsilon: 0 },
  int8: { kind: 'integer', bytes: 1, min: -128, max: 127, epsilon: 0 },
  int32: { kind: 'integer', bytes: 4, min: -2147483648, max: 2147483647, epsilon: 0 },
  int64: { kind: 'integer', bytes: 8, min: -(2n ** 63n), max: 2n ** 63n - 1n, epsilon: 0 },
  float16: { kind: 'float', bytes: 2, min: -65504, max: 65504, epsilon: 2 ** -10 },
  bfloat16: { kind: 'float', bytes: 2, min: -3.3895313892515355e38, max: 3.3895313892515355e38, epsilon: 2 ** -7 },
  float32: { kind: 'float', bytes: 4, min: -3.4028234663852886e38, max: 3.4028234663852886e38, epsilon: 2 ** -23 },
  float64: { kind: 'float', bytes: 8, min: -Number.MAX_VALUE, max: Number.MAX_VALUE, epsilon: 2 ** -52 },
};

/** All dtypes in promotion order. */
export const dtypeNames: readonly DType[] = Object.keys(dtypes) as DType[];

/** Whether a value is the name of a dtype. */
export function isDType(value: unknown): value is DType {
  return typeof value === 'string' && Object.hasOwn(dtypes, value);
}

/** Whether a dtype holds floating-point numbers. */
export function isFloat(dtype: DType): boolean {
  return dtypes[dtype].kind === 'float';
}

/** Whether a dtype holds integers; bool is not one. */
export function isInteger(dtype: DType): boolean {
  return dtypes[dtype].kind === 'integer';
}

/**
 * The dtype in which two dtypes meet.
 *
 * @source PyTorch `torch.promote_types`: the wider of one kind, the higher kind otherwise; int8 with uint8 is the next
 * signed size, which here is int32 (PyTorch's int16 does not exist on every device); float16 with bfloat16 is float32.
 */
export function promoteTypes(a: DType, b: DType): DType {
  if (a === b) return a;
  const first = dtypes[a];
  const second = dtypes[b];
  if (first.kind !== second.kind) {
    if (first.kind === 'float') return a;
    if (second.kind === 'float') return b;
    return first.kind === 'bool' ? b : a;
  }
  if (first.bytes === second.bytes) return first.kind === 'float' ? 'float32' : 'int32';
  return first.bytes > second.bytes ? a : b;
}

/** Allocates zeroed host memory for `length` elements. */
export function hostArray(dtype: DType, length: number): HostArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'int8':
      return new Int8Array(length);
    case 'uint8':
    case 'bool':
      return new Uint8Array(length);
    case 'float16':
    case 'bfloat16':
      return new Uint16Array(length);
  }
}

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

/** Bits of the bfloat16 nearest to `x` as a float32 (ties to even). @source PyTorch, too, goes through float32. */
export function toBFloat16Bits(x: number): number {
  scratchFloat[0] = x;
  const bits = scratchBits[0] as number;
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The number that a bfloat16's bits stand for. */
export function fromBFloat16Bits(bits: number): number {
  scratchBits[0] = bits << 16;
  return scratchFloat[0] as number;
}

/** Bits of the float16 nearest to `x` as a float32 (ties to even). @source PyTorch, too, goes through float32. */
export function toFloat16Bits(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(Math.fround(x));
  if (magnitude >= 65520) return sign | 0x7c00;
  if (magnitude < 2 ** -14) return sign | roundHalfEven(magnitude * 2 ** 24);
  const exponent = Math.min(15, Math.floor(Math.log2(magnitude)));
  const scale = magnitude < 2 ** exponent ? exponent - 1 : exponent;
  const mantissa = roundHalfEven((magnitude / 2 ** scale - 1) * 1024);
  return sign | (((scale + 15) << 10) + mantissa);
}

/** The number that a float16's bits stand for. */
export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 31) return mantissa ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent ? sign * 2 ** (exponent - 15) * (1 + mantissa / 1024) : sign * mantissa * 2 ** -24;
}

/** Rounds to the nearest integer, ties to the even one. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest === 0 ? x : Math.round(x);
  const even = floor % 2 === 0 ? floor : floor + 1;
  return even === 0 && x < 0 ? -0 : even;
}

/** The value that remains when `value`, already of the dtype's kind, is stored as `dtype`: rounded, wrapped or 0/1. */
export function roundTo(dtype: DType, value: Value): Value {
  if (typeof value === 'bigint') return dtype === 'int64' ? BigInt.asIntN(64, value) : castValue(value, dtype);
  switch (dtype) {
    case 'float64':
      return value;
    case 'float32':
      return Math.fround(value);
    case 'float16':
      return fromFloat16Bits(toFloat16Bits(value));
    case 'bfloat16':
      return fromBFloat16Bits(toBFloat16Bits(value));
    case 'int32':
      return value | 0;
    case 'int8':
      return (value << 24) >> 24;
    case 'uint8':
      return value & 255;
    case 'bool':
      return value === 0 ? 0 : 1;
    case 'int64':
      return castValue(value, dtype);
  }
}

/**
 * Converts a value to another dtype: floats truncate towards zero when they become integers, anything non-zero is true.
 * NaN and infinities become 0, and other values outside the range wrap, where C leaves both undefined. int64 becomes a
 * narrower float through float64.
 */
export function castValue(value: Value, dtype: DType): Value {
  if (dtype === 'bool') return value === 0 || value === 0n ? 0 : 1;
  if (dtype === 'int64') {
    if (typeof value === 'bigint') return BigInt.asIntN(64, value);
    return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : 0n;
  }
  if (typeof value === 'bigint') {
    return isInteger(dtype) ? roundTo(dtype, Number(BigInt.asIntN(32, value))) : roundTo(dtype, Number(value));
  }
  return roundTo(dtype, value);
}

/** Reads element `index` of host memory as a value. */
export function loadValue(array: HostArray, dtype: DType, index: number): Value {
  const raw = array[index];
  if (raw === undefined) throw new DTypeError('read', `index ${index} lies outside ${array.length} elements.`);
  if (dtype === 'float16') return fromFloat16Bits(raw as number);
  if (dtype === 'bfloat16') return fromBFloat16Bits(raw as number);
  return raw;
}

/** Stores a value of the dtype's kind (see {@link roundTo}) at `index` of host memory. */
export function storeValue(array: HostArray, dtype: DType, index: number, value: Value): void {
  if (dtype === 'int64') (array as BigInt64Array)[index] = castValue(value, 'int64') as bigint;
  else if (dtype === 'float16') array[index] = toFloat16Bits(Number(value));
  else if (dtype === 'bfloat16') array[index] = toBFloat16Bits(Number(value));
  else if (dtype === 'bool') array[index] = castValue(value, 'bool') as number;
  else (array as Float64Array)[index] = Number(value);
}
