import { type BackendMemory, Collector, DeviceError, type DType, type DTypeInfo, dtypes } from '@flambeau/backend';
import { type Allocator, BLOCK_ALIGNMENT } from './allocator.ts';
import type { WasmBuffer } from './runtime.ts';

/** Buffers up to this size share slabs, which the garbage collector watches as a whole (bytes). */
const SMALL = 4096;
const SLAB = 65536;

/** Sizes of small pieces are multiples of this (bytes). */
const QUANTUM = 16;

/** Small pieces of one size kept for reuse: each keeps its slab from being collected. */
const KEPT = 1024;

/** Freed memory kept in its pieces for reuse, at least; more where more is in use (bytes). */
const POOL = 64 * 2 ** 20;

/** Elements are addressed with signed 32-bit integers. */
const MAX_LENGTH = 2 ** 31 - 1;

/** Where freed buffers point: beyond all memory but a full 4 GiB, so that using one traps. */
const NOWHERE = 2 ** 32 - 16;

/** What is known about one watched stretch of memory; must not refer to its {@link Token}, or that would never die. */
interface Holding {
  /** Negative when the stretch was given back. */
  address: number;
  readonly size: number;
  readonly owner: WeakRef<Buffers>;
  /** Bytes and number of the live buffers within. */
  bytes: number;
  buffers: number;
}

/** Watched by the garbage collector; every buffer within the stretch refers to it. */
interface Token {
  readonly holding: Holding;
}

/** Memory for one buffer at a time. */
interface Piece {
  readonly address: number;
  readonly size: number;
  readonly token: Token;
}

/** A buffer, and what keeps its memory from being collected. */
export class OwnedBuffer implements WasmBuffer {
  readonly dtype: DType;
  readonly length: number;
  address: number;
  /** Null once freed. */
  piece: Piece | null;

  constructor(dtype: DType, length: number, piece: Piece) {
    this.dtype = dtype;
    this.length = length;
    this.address = piece.address;
    this.piece = piece;
  }
}

/** Hands out buffers in linear memory; takes back what is freed and what the garbage collector finds dropped. */
export class Buffers {
  /**
   * Shared by all, as it must never die: V8 (11 to 13 at least) calls no registry of the process any more once one has died between
   * the collection that found something for it and the task that would have told it.
   */
  static #registry: FinalizationRegistry<Holding> | undefined;
  readonly #allocator: Allocator;
  readonly #collector = new Collector();
  readonly #small: Piece[][] = Array.from({ length: SMALL / QUANTUM + 1 }, () => []);
  readonly #large = new Map<number, Piece[]>();
  readonly #slabs = new Set<Holding>();
  #slab: Token | null = null;
  #used = SLAB;
  #buffers = 0;
  #bytes = 0;
  #peakBytes = 0;
  #pooledBytes = 0;
  readonly #self: WeakRef<Buffers>;
  readonly #dropped: FinalizationRegistry<Holding>;

  constructor(allocator: Allocator) {
    this.#allocator = allocator;
    this.#self = new WeakRef(this);
    Buffers.#registry ??= new FinalizationRegistry((holding) => {
      const owner = holding.owner.deref();
      if (owner) owner.#drop(holding);
    });
    this.#dropped = Buffers.#registry;
  }

  /** @throws {DeviceError} The memory is not available. */
  allocate(dtype: DType, length: number): OwnedBuffer {
    const info = dtypes[dtype] as DTypeInfo | undefined;
    if (!info) throw new DeviceError('allocate', `wasm has no dtype '${dtype}'.`, { device: 'wasm', dtype });
    const bytes = length * info.bytes;
    if (length >>> 0 !== length || length > MAX_LENGTH) throw this.#refusal(dtype, length, bytes);
    const piece = bytes <= SMALL ? this.#takeSmall(bytes) : this.#takeLarge(bytes);
    if (!piece) throw this.#refusal(dtype, length, bytes);
    const { holding } = piece.token;
    holding.bytes += bytes;
    holding.buffers++;
    this.#buffers++;
    this.#bytes += bytes;
    if (this.#bytes > this.#peakBytes) this.#peakBytes = this.#bytes;
    this.#collector.allocated(bytes);
    return new OwnedBuffer(dtype, length, piece);
  }

  /** Gives a buffer back; a second time does nothing. */
  free(buffer: OwnedBuffer): void {
    const { piece } = buffer;
    if (!piece) return;
    buffer.piece = null;
    buffer.address = NOWHERE;
    const bytes = buffer.length * dtypes[buffer.dtype].bytes;
    const { holding } = piece.token;
    holding.bytes -= bytes;
    holding.buffers--;
    this.#buffers--;
    this.#bytes -= bytes;
    this.#collector.freed(bytes);
    if (piece.size <= SMALL) {
      const pieces = this.#small[piece.size / QUANTUM] as Piece[];
      if (pieces.length === KEPT) return;
      pieces.push(piece);
    } else {
      if (this.#pooledBytes + piece.size > Math.max(POOL, this.#bytes)) {
        this.#giveBack(holding);
        return;
      }
      const pieces = this.#large.get(piece.size);
      if (pieces) pieces.push(piece);
      else this.#large.set(piece.size, [piece]);
    }
    this.#pooledBytes += piece.size;
  }

  /** Memory for a while, which is not a buffer and not counted; undefined when there is none. Give it back with `release`. */
  borrow(size: number): number | undefined {
    return this.#place(size);
  }

  release(address: number, size: number): void {
    this.#allocator.free(address, size);
  }

  /** What is held now. */
  stats(): BackendMemory {
    return {
      buffers: this.#buffers,
      bytes: this.#bytes,
      peakBytes: this.#peakBytes,
      pooledBytes: this.#pooledBytes,
    };
  }

  /** {@link Collector.relief} */
  relief(): Promise<void> | undefined {
    return this.#collector.relief();
  }

  /** Merges all that is kept for reuse. */
  clear(): void {
    this.#clearLarge();
    this.#clearSmall();
  }

  #takeSmall(bytes: number): Piece | undefined {
    const size = Math.max(QUANTUM, (bytes + QUANTUM - 1) & -QUANTUM);
    const piece = (this.#small[size / QUANTUM] as Piece[]).pop();
    if (piece) {
      this.#pooledBytes -= size;
      return piece;
    }
    if (!this.#slab || this.#used + size > SLAB) {
      const address = this.#place(SLAB);
      if (address === undefined) return undefined;
      this.#slab = this.#watch(address, SLAB);
      this.#slabs.add(this.#slab.holding);
      this.#used = 0;
    }
    const address = this.#slab.holding.address + this.#used;
    this.#used += size;
    return { address, size, token: this.#slab };
  }

  #takeLarge(bytes: number): Piece | undefined {
    const size = Math.ceil(bytes / BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT;
    const piece = this.#large.get(size)?.pop();
    if (piece) {
      this.#pooledBytes -= size;
      return piece;
    }
    const address = this.#place(size);
    return address === undefined ? undefined : { address, size, token: this.#watch(address, size) };
  }

  /** Free memory: as it lies, after merging what is kept, or by growing. */
  #place(size: number): number | undefined {
    const allocator = this.#allocator;
    let address = allocator.find(size);
    if (address !== undefined) return address;
    this.#clearLarge();
    address = allocator.find(size) ?? allocator.extend(size);
    if (address !== undefined) return address;
    this.#clearSmall();
    return allocator.find(size) ?? allocator.extend(size);
  }

  #watch(address: number, size: number): Token {
    const holding: Holding = { address, size, owner: this.#self, bytes: 0, buffers: 0 };
    const token = { holding };
    this.#dropped.register(token, holding);
    return token;
  }

  /** The collector found that nothing refers to a stretch of memory any more. */
  #drop(holding: Holding): void {
    this.#bytes -= holding.bytes;
    this.#buffers -= holding.buffers;
    this.#collector.collected(this.#bytes);
    if (holding.address >= 0) this.#giveBack(holding);
  }

  #giveBack(holding: Holding): void {
    this.#allocator.free(holding.address, holding.size);
    this.#slabs.delete(holding);
    holding.address = -1;
  }

  #clearLarge(): void {
    for (const pieces of this.#large.values()) {
      for (const { token, size } of pieces) {
        this.#pooledBytes -= size;
        this.#giveBack(token.holding);
      }
    }
    this.#large.clear();
  }

  #clearSmall(): void {
    for (const pieces of this.#small) {
      for (const { size } of pieces) this.#pooledBytes -= size;
      pieces.length = 0;
    }
    for (const holding of this.#slabs) if (holding.buffers === 0) this.#giveBack(holding);
    if (this.#slab && this.#slab.holding.address < 0) this.#slab = null;
  }

  #refusal(dtype: DType, length: number, bytes: number): DeviceError {
    if (!Number.isInteger(length) || length < 0) {
      return new DeviceError('allocate', `the length of a buffer must be a whole number; got ${length}.`, { length });
    }
    // Whoever catches the error and waits a moment finds again what was merely forgotten. The first collection may only end one
    // that had begun before.
    this.#collector.collect();
    this.#collector.collect();
    const stats = this.stats();
    const request = `${length} elements of ${dtype} (${bytes} bytes)`;
    const held = `${stats.buffers} buffers hold ${stats.bytes} bytes, ${stats.pooledBytes} more are kept for reuse`;
    const remedy = 'Dispose tensors or use a scope; in a loop, await a result to let dropped tensors be collected.';
    return new DeviceError('allocate', `wasm has no memory for ${request}; ${held}. ${remedy}`, {
      device: 'wasm',
      dtype,
      length,
      requestedBytes: bytes,
      ...stats,
    });
  }
}
