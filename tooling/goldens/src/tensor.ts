/** Element types that occur in the reference files. `int16` is PyTorch's alone. */
export type GoldenDType =
  | 'bool'
  | 'uint8'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float16'
  | 'bfloat16'
  | 'float32'
  | 'float64';

/** Flat element storage; 16-bit floats are raw bits. */
export type GoldenData =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** A dense tensor in row-major order, as plain data. */
export interface GoldenTensor {
  readonly kind: 'tensor';
  readonly dtype: GoldenDType;
  readonly shape: readonly number[];
  readonly data: GoldenData;
}

type ArrayConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => GoldenData;

const formats: Readonly<Record<string, readonly [GoldenDType, ArrayConstructor, number]>> = {
  BOOL: ['bool', Uint8Array, 1],
  U8: ['uint8', Uint8Array, 1],
  I8: ['int8', Int8Array, 1],
  I16: ['int16', Int16Array, 2],
  I32: ['int32', Int32Array, 4],
  I64: ['int64', BigInt64Array, 8],
  F16: ['float16', Uint16Array, 2],
  BF16: ['bfloat16', Uint16Array, 2],
  F32: ['float32', Float32Array, 4],
  F64: ['float64', Float64Array, 8],
};

/** A tensor from a flat array of numbers. */
export function goldenTensor(dtype: GoldenDType, shape: readonly number[], data: GoldenData): GoldenTensor {
  return { kind: 'tensor', dtype, shape, data };
}

/**
 * Reads a safetensors file: eight bytes of header length, a JSON header, the elements.
 *
 * @throws {Error} A dtype is unknown or a tensor lies outside the file.
 */
export function parseSafetensors(bytes: Uint8Array): Map<string, GoldenTensor> {
  // A copy at offset 0 keeps every tensor aligned for its typed array.
  const buffer = new Uint8Array(bytes).buffer;
  const headerLength = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, headerLength))) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, GoldenTensor>();
  for (const [key, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    if (key === '__metadata__') continue;
    const format = formats[dtype];
    if (!format) throw new Error(`tensor ${key} has the unknown dtype ${dtype}`);
    const [name, Elements, size] = format;
    const [from, to] = offsets;
    if (to < from || 8 + headerLength + to > buffer.byteLength) throw new Error(`tensor ${key} lies outside the file`);
    const data = new Elements(buffer, 8 + headerLength + from, (to - from) / size);
    tensors.set(key, goldenTensor(name, shape, data));
  }
  return tensors;
}

const bits = new DataView(new ArrayBuffer(4));

function fromFloat16(raw: number): number {
  const sign = raw & 0x8000 ? -1 : 1;
  const exponent = (raw >> 10) & 0x1f;
  const fraction = raw & 0x3ff;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function fromBfloat16(raw: number): number {
  bits.setUint32(0, raw << 16);
  return bits.getFloat32(0);
}

/** The elements as numbers, whatever the dtype; int64 beyond 2^53 loses digits. */
export function toNumbers(dtype: string, data: ArrayLike<number> | ArrayLike<bigint>): number[] {
  const values = Array.from(data as ArrayLike<number | bigint>, Number);
  if (!(data instanceof Uint16Array)) return values;
  return values.map(dtype === 'bfloat16' ? fromBfloat16 : fromFloat16);
}
