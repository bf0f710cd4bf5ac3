import type { MemoryType } from '../../assembler/index.ts';
import { type Features, PARAMETER_BYTES, type Program, type Runtime, SCRATCH_BYTES } from '../../runtime/runtime.ts';

const PAGE = 65536;
const FIRST = 64;
/** As much of the scratch memory as routines are likely to read before they write it (bytes). */
const RUBBISH = 32768;

interface Loaded extends Program {
  readonly run: (parameters: number, scratch: number, begin: number, end: number) => void;
}

/**
 * A runtime of one thread, which does units in pieces, last piece first and each with other rubbish in its scratch memory: what comes
 * out must not depend on who does what when.
 */
export class PieceRuntime implements Runtime {
  readonly features: Features = { relaxed: false };
  readonly threads: number;
  readonly memory: MemoryType;
  readonly parameters: number = FIRST;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly longs: BigInt64Array;
  readonly bytes: Uint8Array;
  readonly #memory: WebAssembly.Memory;
  readonly #scratch: number;
  readonly #start: number;
  #next: number;
  #borrowed = 0;

  constructor(pieces = 1, megabytes = 64) {
    const pages = (megabytes * 2 ** 20) / PAGE;
    this.memory = { initial: pages, maximum: pages, shared: false };
    this.#memory = new WebAssembly.Memory(this.memory);
    const { buffer } = this.#memory;
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.longs = new BigInt64Array(buffer);
    this.bytes = new Uint8Array(buffer);
    this.threads = pieces;
    this.#scratch = FIRST + PARAMETER_BYTES;
    this.#start = this.#scratch + SCRATCH_BYTES;
    this.#next = this.#start;
  }

  load(module: Uint8Array<ArrayBuffer>): Program {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(module), { env: { memory: this.#memory } });
    return { hosted: false, run: instance.exports.run } as Loaded;
  }

  dispatch(program: Program, units: number, grain: number): void {
    const most = Math.max(1, Math.floor(units / (this.threads > 1 ? 1 : grain)));
    const pieces = Math.min(this.threads, most);
    for (let piece = pieces - 1; piece >= 0; piece--) {
      if (this.threads > 1) this.bytes.fill(0xa5 ^ piece, this.#scratch, this.#scratch + RUBBISH);
      const [begin, end] = [piece, piece + 1].map((at) => Math.floor((units * at) / pieces)) as [number, number];
      (program as Loaded).run(this.parameters, this.#scratch, begin, end);
    }
  }

  /** Places bytes in memory for good, until `clear`; gives their address. */
  place(data: ArrayBufferView): number {
    const address = this.#take(data.byteLength);
    this.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), address);
    return address;
  }

  clear(): void {
    this.#next = this.#start;
  }

  borrow(bytes: number): number {
    this.#borrowed = this.#next;
    return this.#take(bytes);
  }

  release(): void {
    this.#next = this.#borrowed;
  }

  #take(bytes: number): number {
    const address = this.#next;
    this.#next += Math.ceil((bytes + 16) / 16) * 16;
    if (this.#next > this.bytes.length) throw new RangeError(`${bytes} bytes do not fit any more`);
    return address;
  }
}
