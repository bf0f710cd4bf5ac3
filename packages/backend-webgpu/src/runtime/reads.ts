import type { HostArray } from '@flambeau/backend';
import type { Batch, Followers } from './batch.ts';
import type { Piece } from './buffers.ts';
import type { Faults } from './faults.ts';
import { MAP_READ, usage } from './flags.ts';
import type { Naps } from './naps.ts';
import { classBytes, sizeClass } from './size-classes.ts';
import type { WebGpuStatistics } from './statistics.ts';

/** Results that come back together, at most, unless one alone is larger (bytes). */
const TOGETHER = 64 * 2 ** 20;

/** Memory for results that is kept for reuse, at most (bytes). */
const KEPT = 64 * 2 ** 20;

interface Request {
  readonly piece: Piece;
  /** Where to begin in the piece; a multiple of 4, as all here (bytes). */
  readonly from: number;
  readonly bytes: number;
  /** Where the copy begins in the memory of its group. */
  readonly at: number;
  readonly take: (memory: ArrayBuffer, at: number) => HostArray;
  readonly resolve: (data: HostArray) => void;
  readonly reject: (error: unknown) => void;
}

interface Group {
  readonly requests: Request[];
  bytes: number;
}

interface Recorded {
  readonly group: Group;
  readonly memory: GPUBuffer;
}

/** Brings results back: what is asked for in one turn comes in one submit and one map. */
export class Reads implements Followers {
  readonly #device: GPUDevice;
  readonly #batch: Batch;
  readonly #faults: Faults;
  readonly #naps: Naps;
  readonly #statistics: WebGpuStatistics;
  /** Asked for since the last work was recorded. */
  #open: Group | null = null;
  /** Copies recorded and not yet submitted. */
  #recorded: Recorded[] = [];
  #isAwaited = false;
  /** Memory for reuse, by size class. */
  readonly #pool: (GPUBuffer[] | undefined)[] = [];
  #pooledBytes = 0;

  constructor(device: GPUDevice, batch: Batch, faults: Faults, naps: Naps, statistics: WebGpuStatistics) {
    this.#device = device;
    this.#batch = batch;
    this.#faults = faults;
    this.#naps = naps;
    this.#statistics = statistics;
  }

  /**
   * Reads memory after all work enqueued before.
   *
   * @param from - First byte; a multiple of 4, and so is `bytes`.
   * @param take - Copies the result out of mapped memory.
   */
  request(piece: Piece, from: number, bytes: number, take: Request['take']): Promise<HostArray> {
    if (this.#open && this.#open.bytes + bytes > TOGETHER) this.#batch.flush();
    // What is enqueued from now on must come after.
    this.#batch.endPass();
    piece.holding.lastUse = this.#batch.number;
    this.#open ??= { requests: [], bytes: 0 };
    const group = this.#open;
    const promise = new Promise<HostArray>((resolve, reject) => {
      group.requests.push({ piece, from, bytes, at: group.bytes, take, resolve, reject });
    });
    group.bytes += bytes;
    if (!this.#isAwaited) {
      this.#isAwaited = true;
      queueMicrotask(() => {
        this.#isAwaited = false;
        this.#batch.submit();
      });
    }
    return promise;
  }

  record(encoder: () => GPUCommandEncoder): void {
    const group = this.#open;
    if (!group) return;
    this.#open = null;
    const memory = this.#take(group.bytes);
    const commands = encoder();
    for (const { piece, from, bytes, at } of group.requests) {
      commands.copyBufferToBuffer(piece.memory, from, memory, at, bytes);
    }
    this.#recorded.push({ group, memory });
  }

  submitted(): void {
    if (!this.#recorded.length) return;
    const recorded = this.#recorded;
    this.#recorded = [];
    const waiter = this.#faults.wait();
    for (const { group, memory } of recorded) void this.#finish(group, memory, waiter);
  }

  async #finish({ requests, bytes }: Group, memory: GPUBuffer, waiter: number): Promise<void> {
    try {
      await this.#naps.during(memory.mapAsync(MAP_READ, 0, bytes));
      await this.#faults.settle('read', waiter);
      const mapped = memory.getMappedRange(0, bytes);
      const results = requests.map(({ take, at }) => take(mapped, at));
      memory.unmap();
      requests.forEach(({ resolve }, i) => {
        resolve(results[i] as HostArray);
      });
    } catch (error) {
      const reason = await this.#faults.explain('read', waiter, error);
      memory.destroy();
      for (const { reject } of requests) reject(reason);
      return;
    }
    this.#statistics.maps++;
    this.#statistics.downloadedBytes += bytes;
    this.#put(memory);
  }

  #take(bytes: number): GPUBuffer {
    const number = sizeClass(bytes);
    const known = this.#pool[number]?.pop();
    if (known) {
      this.#pooledBytes -= known.size;
      return known;
    }
    // A result may be nearly as large as memory can be, its class larger.
    const size = Math.max(bytes, Math.min(classBytes(number), this.#device.limits.maxBufferSize));
    return this.#device.createBuffer({ size, usage: usage.mapRead | usage.copyDestination });
  }

  #put(memory: GPUBuffer): void {
    if (this.#pooledBytes + memory.size > KEPT) {
      memory.destroy();
      return;
    }
    const number = sizeClass(memory.size);
    const pieces = this.#pool[number];
    if (pieces) pieces.push(memory);
    else this.#pool[number] = [memory];
    this.#pooledBytes += memory.size;
  }
}
