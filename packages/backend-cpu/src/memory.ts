import {
  type BackendMemory,
  DeviceError,
  type DType,
  type DTypeInfo,
  dtypes,
  type HostArray,
  hostArray,
} from '@flambeau/backend';
import { CpuBuffer } from './buffer.ts';

/** What one piece of memory holds now; the collector reports pieces, and each may hold many small buffers. */
export class Ledger {
  bytes = 0;
  buffers = 0;
}

/** Buffers up to this size share slabs: an array of its own costs a microsecond, a part of a slab a tenth (bytes). */
const SMALL = 4096;
const SLAB = 65536;

/** Freed memory kept for reuse, at least; more where more is in use (bytes). */
const POOL = 64 * 2 ** 20;

/** Elements are addressed with signed 32-bit integers. */
const MAX_LENGTH = 2 ** 31 - 1;

/** Largest buffer (bytes); engines end near here. */
export const MAX_BYTES: number = 2 ** 32;

interface Piece {
  readonly data: HostArray;
  readonly ledger: Ledger;
}

/** What counts a piece, and where it is counted too. */
interface Counted {
  readonly ledger: Ledger;
  readonly total: Ledger;
}

// One for all memories, and never dropped: V8 forgets every registry's callbacks when one dies at the wrong moment.
const dropped = new FinalizationRegistry<Counted>(({ ledger, total }) => {
  total.bytes -= ledger.bytes;
  total.buffers -= ledger.buffers;
});

/** Hands out host memory and counts it: what is freed, and what the garbage collector finds dropped. */
export class Memory {
  #slab = new ArrayBuffer(0);
  #used = 0;
  #slabLedger = new Ledger();
  readonly #pool = new Map<DType, Map<number, Piece[]>>();
  #pooledBytes = 0;
  readonly #total = new Ledger();
  #peakBytes = 0;
  /** @throws {DeviceError} The memory is not available. */
  allocate(dtype: DType, length: number): CpuBuffer {
    const info = dtypes[dtype] as DTypeInfo | undefined;
    if (!info) throw new DeviceError('allocate', `cpu has no dtype '${dtype}'.`, { device: 'cpu', dtype });
    const bytes = length * info.bytes;
    if (length >>> 0 !== length) throw this.#refusal(dtype, length, bytes);
    const pieces = this.#pool.get(dtype)?.get(length);
    let piece = pieces?.pop();
    if (piece) this.#pooledBytes -= bytes;
    else piece = bytes <= SMALL ? this.#carve(dtype, length, bytes) : this.#separate(dtype, length, bytes);
    const { data, ledger } = piece;
    ledger.bytes += bytes;
    ledger.buffers++;
    const total = this.#total;
    total.buffers++;
    total.bytes += bytes;
    if (total.bytes > this.#peakBytes) this.#peakBytes = total.bytes;
    return new CpuBuffer(dtype, length, data, ledger);
  }

  /** Gives a buffer back; a second time does nothing. */
  free(buffer: CpuBuffer): void {
    const { ledger, data, dtype, length } = buffer;
    if (!ledger) return;
    const bytes = data.byteLength;
    ledger.bytes -= bytes;
    ledger.buffers--;
    this.#total.bytes -= bytes;
    this.#total.buffers--;
    buffer.ledger = null;
    buffer.data = null as never;
    if (this.#pooledBytes + bytes > Math.max(POOL, this.#total.bytes)) return;
    this.#pooledBytes += bytes;
    let lengths = this.#pool.get(dtype);
    if (!lengths) {
      lengths = new Map();
      this.#pool.set(dtype, lengths);
    }
    const pieces = lengths.get(length);
    if (pieces) pieces.push({ data, ledger });
    else lengths.set(length, [{ data, ledger }]);
  }

  /** What is held now. */
  stats(): BackendMemory {
    const { bytes, buffers } = this.#total;
    return { buffers, bytes, peakBytes: this.#peakBytes, pooledBytes: this.#pooledBytes };
  }

  /** Drops what is kept for reuse. */
  clear(): void {
    this.#pool.clear();
    this.#pooledBytes = 0;
    this.#slab = new ArrayBuffer(0);
    this.#used = 0;
  }

  /** A part of the current slab. */
  #carve(dtype: DType, length: number, bytes: number): Piece {
    const room = (bytes + 7) & ~7;
    if (this.#used + room > this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(SLAB);
      this.#used = 0;
      this.#slabLedger = new Ledger();
      dropped.register(this.#slab, { ledger: this.#slabLedger, total: this.#total });
    }
    const data = arrayOn(dtype, this.#slab, this.#used, length);
    this.#used += room;
    return { data, ledger: this.#slabLedger };
  }

  #separate(dtype: DType, length: number, bytes: number): Piece {
    let data: HostArray;
    try {
      if (length > MAX_LENGTH || bytes > MAX_BYTES) throw new RangeError();
      data = hostArray(dtype, length);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw this.#refusal(dtype, length, bytes);
    }
    const ledger = new Ledger();
    dropped.register(data.buffer, { ledger, total: this.#total });
    return { data, ledger };
  }

  #refusal(dtype: DType, length: number, bytes: number): DeviceError {
    if (!Number.isInteger(length) || length < 0) {
      return new DeviceError('allocate', `the length of a buffer must be a whole number; got ${length}.`, { length });
    }
    const live = this.#total;
    const request = `${length} elements of ${dtype} (${bytes} bytes)`;
    const held = `${live.buffers} buffers hold ${live.bytes} bytes`;
    return new DeviceError('allocate', `cpu has no memory for ${request}; ${held}. Dispose tensors or use a scope.`, {
      device: 'cpu',
      dtype,
      length,
      requestedBytes: bytes,
      ...this.stats(),
    });
  }
}

function arrayOn(dtype: DType, buffer: ArrayBuffer, offset: number, length: number): HostArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, offset, length);
    case 'float64':
      return new Float64Array(buffer, offset, length);
    case 'int32':
      return new Int32Array(buffer, offset, length);
    case 'int64':
      return new BigInt64Array(buffer, offset, length);
    case 'int8':
      return new Int8Array(buffer, offset, length);
    case 'uint8':
    case 'bool':
      return new Uint8Array(buffer, offset, length);
    case 'float16':
    case 'bfloat16':
      return new Uint16Array(buffer, offset, length);
  }
}
