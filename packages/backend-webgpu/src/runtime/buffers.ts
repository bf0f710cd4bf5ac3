import { type BackendMemory, Collector, DeviceError, type DType, dtypes } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import { storageBytes } from '../shader.ts';
import type { Batch } from './batch.ts';
import type { Faults } from './faults.ts';
import { usage } from './flags.ts';
import type { GpuBuffer } from './recorder.ts';
import { classBytes, sizeClass } from './size-classes.ts';
import type { WebGpuStatistics } from './statistics.ts';

/** Freed memory kept for reuse, at least; more where more is in use (bytes). */
const POOL = 64 * 2 ** 20;

/** Pieces of one size kept for reuse: each is an object of the driver. */
const KEPT = 1024;

/** Elements are counted with signed 32-bit integers. */
const MAX_LENGTH = 2 ** 31 - 1;

/** What is known about one piece of memory; must not refer to its {@link Token}, or that would never die. */
interface Holding {
  /** A number of its own, never used again. */
  readonly id: number;
  readonly memory: GPUBuffer;
  readonly size: number;
  readonly sizeClass: number;
  readonly owner: WeakRef<Buffers>;
  /** Bytes of the live buffer within; negative when there is none. */
  bytes: number;
  /** {@link Batch.number} when it was last used. */
  lastUse: number;
  /** Grows with every piece kept for reuse. */
  pooledAt: number;
  /** Whether the device had no memory for it. */
  isVoid: boolean;
}

/** Memory for one buffer at a time; watched by the garbage collector. */
export interface Piece {
  readonly id: number;
  readonly memory: GPUBuffer;
  readonly size: number;
  readonly sizeClass: number;
  readonly holding: Holding;
}

/** A buffer, and what keeps its memory from being collected. */
export class OwnedBuffer implements GpuBuffer {
  readonly dtype: DType;
  readonly length: number;
  /** Null once freed. */
  piece: Piece | null;

  constructor(dtype: DType, length: number, piece: Piece) {
    this.dtype = dtype;
    this.length = length;
    this.piece = piece;
  }

  get memory(): GPUBuffer | null {
    return this.piece?.memory ?? null;
  }
}

/** What buffers need of the device they are for. */
interface Home {
  /** The name that users gave the device. */
  readonly name: string;
  readonly device: GPUDevice;
  readonly limits: DeviceLimits;
  readonly batch: Batch;
  readonly faults: Faults;
  readonly statistics: WebGpuStatistics;
}

/** Hands out device memory; takes back what is freed and what the garbage collector finds dropped. */
export class Buffers {
  /**
   * Shared by all, as it must never die: V8 (11 to 13 at least) calls no registry of the process any more once one has died between
   * the collection that found something for it and the task that would have told it.
   */
  static #registry: FinalizationRegistry<Holding> | undefined;
  static #ids = 0;
  readonly #home: Home;
  readonly #collector = new Collector();
  /** By size class, highest id first: work that repeats then meets the same memory again, and its bind groups. */
  readonly #pool: (Piece[] | undefined)[] = [];
  /** Every piece that is not destroyed. */
  readonly #holdings = new Set<Holding>();
  #buffers = 0;
  #bytes = 0;
  #peakBytes = 0;
  #pooledBytes = 0;
  #puts = 0;
  #disposed = false;
  readonly #self: WeakRef<Buffers>;
  readonly #dropped: FinalizationRegistry<Holding>;

  constructor(home: Home) {
    this.#home = home;
    this.#self = new WeakRef(this);
    Buffers.#registry ??= new FinalizationRegistry((holding) => {
      const owner = holding.owner.deref();
      if (owner) owner.#drop(holding);
    });
    this.#dropped = Buffers.#registry;
  }

  /** @throws {DeviceError} The device has no such dtype, or cannot bind so much memory. */
  allocate(dtype: DType, length: number): OwnedBuffer {
    const { limits } = this.#home;
    if (!dtypes[dtype] || dtype === 'float64' || dtype === 'int64') throw this.#refuseDType(dtype);
    const bytes = length * storageBytes(dtype, limits);
    if (length >>> 0 !== length || length > MAX_LENGTH || bytes > limits.bindingBytes) {
      throw this.#refusal(dtype, length, bytes);
    }
    const piece = this.take(bytes);
    piece.holding.bytes = bytes;
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
    const { holding } = piece;
    this.#buffers--;
    this.#bytes -= holding.bytes;
    this.#collector.freed(holding.bytes);
    holding.bytes = -1;
    this.put(piece);
  }

  /** Memory that is not a buffer and not counted, for a while; give it back with `put`. */
  take(bytes: number): Piece {
    const number = sizeClass(bytes);
    const piece = this.#pool[number]?.pop();
    if (!piece) return this.#make(number);
    this.#pooledBytes -= piece.size;
    return piece;
  }

  /** As `take`, but memory that nothing recorded touches, so that a write may overtake what is recorded. */
  takeIdle(bytes: number): Piece {
    const number = sizeClass(bytes);
    const pieces = this.#pool[number] ?? [];
    const at = pieces.findLastIndex(({ holding }) => holding.lastUse !== this.#home.batch.number);
    if (at < 0) return this.#make(number);
    const [piece] = pieces.splice(at, 1) as [Piece];
    this.#pooledBytes -= piece.size;
    return piece;
  }

  put(piece: Piece): void {
    let pieces = this.#pool[piece.sizeClass];
    if (!pieces) {
      pieces = [];
      this.#pool[piece.sizeClass] = pieces;
    }
    const bound = Math.max(POOL, this.#bytes) - piece.size;
    if (pieces.length === KEPT || bound < 0 || this.#disposed || piece.holding.isVoid) {
      this.#destroy(piece.holding);
      return;
    }
    while (this.#pooledBytes > bound) this.#evict();
    piece.holding.pooledAt = ++this.#puts;
    let [low, high] = [0, pieces.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pieces[middle] as Piece).id > piece.id) low = middle + 1;
      else high = middle;
    }
    pieces.splice(low, 0, piece);
    this.#pooledBytes += piece.size;
  }

  /** Puts a buffer into other memory, whose content becomes its own. */
  move(buffer: OwnedBuffer, piece: Piece): void {
    const before = buffer.piece as Piece;
    piece.holding.bytes = before.holding.bytes;
    before.holding.bytes = -1;
    buffer.piece = piece;
    this.put(before);
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

  /** Gives up all that is kept for reuse. */
  clear(): void {
    for (const pieces of this.#pool) for (const { holding } of pieces ?? []) this.#destroy(holding);
    this.#pool.length = 0;
    this.#pooledBytes = 0;
  }

  /** Gives up everything, in use or not. */
  dispose(): void {
    this.#disposed = true;
    for (const holding of this.#holdings) holding.memory.destroy();
    this.#holdings.clear();
    this.#pool.length = 0;
    this.#pooledBytes = 0;
  }

  #make(number: number): Piece {
    const { device, limits, faults, statistics } = this.#home;
    const size = Math.min(classBytes(number), limits.bindingBytes);
    device.pushErrorScope('out-of-memory');
    const memory = device.createBuffer({ size, usage: usage.storage | usage.copySource | usage.copyDestination });
    const refusal = device.popErrorScope();
    const holding: Holding = {
      id: ++Buffers.#ids,
      memory,
      size,
      sizeClass: number,
      owner: this.#self,
      bytes: -1,
      lastUse: 0,
      pooledAt: 0,
      isVoid: false,
    };
    faults.watch(
      refusal.then(
        (error) => {
          if (error) this.#exhausted(holding, error.message);
        },
        () => {},
      ),
    );
    statistics.memories++;
    this.#holdings.add(holding);
    return this.#watch(holding);
  }

  #watch(holding: Holding): Piece {
    const { id, memory, size, sizeClass } = holding;
    const piece = { id, memory, size, sizeClass, holding };
    this.#dropped.register(piece, holding);
    return piece;
  }

  /** The collector found that nothing refers to a piece of memory any more. */
  #drop(holding: Holding): void {
    if (!this.#holdings.has(holding)) return;
    if (holding.bytes >= 0) {
      this.#bytes -= holding.bytes;
      this.#buffers--;
      holding.bytes = -1;
    }
    this.#collector.collected(this.#bytes);
    this.put(this.#watch(holding));
  }

  /** Gives up what has been kept for longest. */
  #evict(): void {
    let oldest: Piece | undefined;
    for (const pieces of this.#pool) {
      for (const piece of pieces ?? []) {
        if (!oldest || piece.holding.pooledAt < oldest.holding.pooledAt) oldest = piece;
      }
    }
    const { size, sizeClass, holding } = oldest as Piece;
    const pieces = this.#pool[sizeClass] as Piece[];
    pieces.splice(pieces.indexOf(oldest as Piece), 1);
    this.#pooledBytes -= size;
    this.#destroy(holding);
  }

  #destroy(holding: Holding): void {
    if (this.#holdings.delete(holding)) this.#home.batch.destroy(holding.memory, holding.lastUse);
  }

  /** The device had no memory for a piece; it says so after the piece was handed out. */
  #exhausted(holding: Holding, message: string): void {
    const stats = this.stats();
    const { size } = holding;
    holding.isVoid = true;
    this.clear();
    const held = `${stats.buffers} buffers hold ${stats.bytes} bytes, ${stats.pooledBytes} more were kept for reuse and are given up`;
    this.#home.faults.report(
      new DeviceError(
        'allocate',
        `${this.#home.name} has no memory for ${size} bytes; ${held}. What was computed since is void. ` +
          `Dispose tensors or use a scope. (${message})`,
        { device: this.#home.name, requestedBytes: size, ...stats },
      ),
    );
  }

  #refuseDType(dtype: DType): DeviceError {
    const { name } = this.#home;
    return new DeviceError('allocate', `${name} has no dtype '${dtype}'. Use float32 or int32, or another device.`, {
      device: name,
      dtype,
    });
  }

  #refusal(dtype: DType, length: number, bytes: number): DeviceError {
    const { name, limits } = this.#home;
    if (!Number.isInteger(length) || length < 0) {
      return new DeviceError('allocate', `the length of a buffer must be a whole number; got ${length}.`, { length });
    }
    return new DeviceError(
      'allocate',
      `${name} cannot bind a buffer of ${length} elements of ${dtype} (${bytes} bytes): at most ${limits.bindingBytes} bytes. ` +
        'Split the tensor.',
      { device: name, dtype, length, requestedBytes: bytes, maxBufferBytes: limits.bindingBytes },
    );
  }
}
