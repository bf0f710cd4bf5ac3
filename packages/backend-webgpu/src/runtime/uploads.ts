import type { Shader } from '../shader.ts';
import type { Batch } from './batch.ts';
import { type Buffers, OwnedBuffer, type Piece } from './buffers.ts';
import type { Recorder } from './recorder.ts';

/** Replaces the bits of words that a mask names; what WebGPU's copies, which move whole words, cannot do. */
const merge: Shader = {
  bindings: ['read', 'write'],
  words: 4,
  code: `struct Launch {
  first_word: u32,
  words: u32,
  first_mask: u32,
  last_mask: u32,
}
@group(0) @binding(0) var<storage, read> source: array<u32>;
@group(0) @binding(1) var<storage, read_write> destination: array<u32>;
@group(1) @binding(0) var<uniform> launch: Launch;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (workgroup.x + workgroup.y * workgroups.x) * 64u + local;
  if (i >= launch.words) {
    return;
  }
  var mask = 0xffffffffu;
  if (i == 0u) {
    mask &= launch.first_mask;
  }
  if (i == launch.words - 1u) {
    mask &= launch.last_mask;
  }
  let at = launch.first_word + i;
  destination[at] = (destination[at] & ~mask) | (source[i] & mask);
}
`,
};

/** Brings elements to the device, in the order of the calls, without ending what is recorded. */
export class Uploads {
  readonly #queue: GPUQueue;
  readonly #batch: Batch;
  readonly #buffers: Buffers;
  readonly #recorder: Recorder;

  constructor(queue: GPUQueue, batch: Batch, buffers: Buffers, recorder: Recorder) {
    this.#queue = queue;
    this.#batch = batch;
    this.#buffers = buffers;
    this.#recorder = recorder;
  }

  /**
   * Writes whole words.
   *
   * @param at - First byte; a multiple of 4, as is the number of bytes.
   * @param isWhole - Whether nothing remains of what the buffer held.
   */
  write(
    buffer: OwnedBuffer,
    data: Float32Array | Int32Array | Uint16Array | Uint32Array,
    at: number,
    isWhole: boolean,
  ): void {
    const piece = buffer.piece as Piece;
    // A write of the queue overtakes what is recorded.
    if (piece.holding.lastUse !== this.#batch.number) {
      this.#send(piece, at, data);
    } else if (isWhole) {
      const idle = this.#buffers.takeIdle(piece.size);
      this.#send(idle, at, data);
      this.#buffers.move(buffer, idle);
    } else {
      const idle = this.#stage(data);
      this.#batch.copy(idle.memory, piece.memory, at, data.byteLength);
      this.#buffers.put(idle);
    }
  }

  /** Writes elements of 16 bits; `at` counts them. */
  writeHalves(buffer: OwnedBuffer, data: Uint16Array, at: number): void {
    const { length } = data;
    const end = at + length;
    // Beyond the last element nobody looks.
    const isFree = end % 2 === 0 || end === buffer.length;
    const shift = at % 2;
    if (shift === 0 && length % 2 === 0) {
      this.write(buffer, data, at * 2, length === buffer.length);
      return;
    }
    const words = Math.ceil((shift + length) / 2);
    const padded = new Uint32Array(words);
    new Uint16Array(padded.buffer).set(data, shift);
    if (shift === 0 && isFree) {
      this.write(buffer, padded, at * 2, length === buffer.length);
      return;
    }
    const recorder = this.#recorder;
    const program = recorder.program(merge, () => 'a write of 16-bit elements');
    const piece = this.#stage(padded);
    const idle = new OwnedBuffer('int32', words, piece);
    const first = recorder.reserve(program);
    recorder.ints.set([at >> 1, words, shift ? 0xffff0000 : -1, isFree ? -1 : 0x0000ffff], first);
    recorder.dispatch(program, [idle, buffer], first, Math.ceil(words / 64));
    this.#buffers.put(piece);
  }

  /** Elements in memory of their own, from where the device copies them in its turn. */
  #stage(data: Float32Array | Int32Array | Uint16Array | Uint32Array): Piece {
    const idle = this.#buffers.takeIdle(data.byteLength);
    this.#send(idle, 0, data);
    idle.holding.lastUse = this.#batch.number;
    return idle;
  }

  #send(piece: Piece, at: number, data: ArrayBufferView): void {
    this.#queue.writeBuffer(piece.memory, at, data as ArrayBufferView<ArrayBuffer>);
  }
}
