import { type DType, FormatError } from '@flambeau/backend';

/** An array read from an IDX file. */
export interface IdxArray {
  /** 16-bit integers become int32. */
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Elements in row-major order; for bytes a view of the file's memory, not a copy. */
  readonly data: Uint8Array | Int8Array | Int32Array | Float32Array | Float64Array;
}

interface ElementType {
  readonly dtype: DType;
  readonly bytes: number;
  /** Reads big-endian elements. */
  read(view: DataView, count: number): IdxArray['data'];
}

function reader<T extends IdxArray['data']>(
  array: new (count: number) => T,
  at: (view: DataView, index: number) => number,
) {
  return (view: DataView, count: number): T => {
    const data = new array(count);
    for (let i = 0; i < count; i++) data[i] = at(view, i);
    return data;
  };
}

const elementTypes: Readonly<Record<number, ElementType>> = {
  8: { dtype: 'uint8', bytes: 1, read: (v, n) => new Uint8Array(v.buffer, v.byteOffset, n) },
  9: { dtype: 'int8', bytes: 1, read: (v, n) => new Int8Array(v.buffer, v.byteOffset, n) },
  11: { dtype: 'int32', bytes: 2, read: reader(Int32Array, (view, i) => view.getInt16(2 * i)) },
  12: { dtype: 'int32', bytes: 4, read: reader(Int32Array, (view, i) => view.getInt32(4 * i)) },
  13: { dtype: 'float32', bytes: 4, read: reader(Float32Array, (view, i) => view.getFloat32(4 * i)) },
  14: { dtype: 'float64', bytes: 8, read: reader(Float64Array, (view, i) => view.getFloat64(8 * i)) },
};

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}

/**
 * Reads an IDX file, the format of MNIST and its relatives. Nothing is allocated before the sizes are known to fit the file.
 *
 * @param bytes - The whole file, not compressed (see {@link gunzip}).
 * @param name - What the error messages call it.
 * @throws {FormatError} It is no IDX file, or shorter or longer than its header says.
 * @source Y. LeCun, C. Cortes, C. Burges: "The MNIST database of handwritten digits", section "File formats".
 */
export function parseIdx(bytes: Uint8Array | ArrayBuffer, name = 'IDX file'): IdxArray {
  const file = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  const fail = (what: string): never => {
    throw new FormatError('parseIdx', `${name}: ${what}`, { name, bytes: file.length });
  };
  if (file[0] === 0x1f && file[1] === 0x8b) fail('expected an IDX file; got gzip. Decompress it with gunzip() first.');
  if (file.length < 4) fail(`expected at least 4 bytes; got ${file.length}. The file is truncated.`);
  const [zero, one, code, rank] = file as unknown as [number, number, number, number];
  const element = elementTypes[code];
  if (zero !== 0 || one !== 0 || !element) {
    const got = [...file.subarray(0, 4)].map(hex).join(' ');
    return fail(`expected the magic number of an IDX file (0x00 0x00, then a type from 0x08 to 0x0e); got ${got}.`);
  }
  const start = 4 + 4 * rank;
  if (file.length < start) fail(`expected a header of ${start} bytes; got ${file.length}. The file is truncated.`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  // A product of up to 255 sizes can pass 2^53; it then is inexact but still far larger than any file.
  const count = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  const expected = start + count * element.bytes;
  if (file.length !== expected) {
    const state = file.length < expected ? 'The file is truncated.' : 'Bytes follow the data.';
    fail(`shape [${shape.join(', ')}] of ${element.dtype} needs ${expected} bytes; got ${file.length}. ${state}`);
  }
  return { dtype: element.dtype, shape, data: element.read(new DataView(view.buffer, view.byteOffset + start), count) };
}

/** Options of {@link gunzip}. */
export interface GunzipOptions {
  /** Largest result (bytes); default 1 GiB. */
  maxBytes?: number;
}

/**
 * Decompresses a gzip file; anything else is returned as it is.
 *
 * @throws {FormatError} The file is damaged, or grows beyond `maxBytes`.
 */
export async function gunzip(bytes: Uint8Array, { maxBytes = 2 ** 30 }: GunzipOptions = {}): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new FormatError('gunzip', `the gzip file is damaged: ${(error as Error).message}.`);
  }
  if (size > maxBytes) throw new FormatError('gunzip', `the file decompresses to more than ${maxBytes} bytes.`);
  const joined = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
