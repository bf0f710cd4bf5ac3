import { CONTROL } from './layout.ts';

/** Words by which threads agree, from `CONTROL` on; those that change often lie on cache lines of their own (indices). */
export const WORD = {
  /** Generation of the job, then in the low bits the chunks that nobody has claimed. */
  claim: 0,
  /** Chunks that other threads have finished. */
  done: 16,
  /** Value of `done` at which to wake the main thread; 0 while it does not sleep. */
  wanted: 17,
  /** Threads that sleep until there is work. */
  sleepers: 32,
  /** Other threads that have come up. */
  up: 33,
  /** Not 0 after a chunk failed: 1 while the message is written, then 2 plus its length (UTF-16 units). */
  failed: 34,
  /** Fields of the job: stable while one of its chunks is claimed and not done. */
  program: 48,
  address: 49,
  length: 50,
  units: 51,
  chunk: 52,
  chunks: 53,
  parameters: 54,
  /** Text of the failure, one UTF-16 unit a word. */
  message: 64,
} as const;

/** Longest text of a failure (UTF-16 units). */
const MESSAGE_LENGTH = 128;

/** Words in use. */
export const WORDS: number = WORD.message + MESSAGE_LENGTH;

/** Bits of `claim` that count chunks. */
export const CHUNK_BITS = 10;

/** How long a thread looks for the next job before it sleeps (milliseconds). */
const SPIN = 0.1;

/**
 * The program of the other threads, as text: it runs where no module of ours can be loaded. It is given the memory and never
 * returns, so it receives no messages; modules reach it as bytes in linear memory.
 */
export const workerSource: string = `
'use strict';
function work({ memory, scratch }) {
  const words = new Int32Array(memory.buffer, ${CONTROL}, ${WORDS});
  const mask = ${2 ** CHUNK_BITS - 1};
  const pause = Atomics.pause || (() => {});
  const programs = [];
  const load = (id) => {
    const address = words[${WORD.address}] >>> 0;
    const end = address + words[${WORD.length}];
    // This thread hears of growth a moment late.
    while (memory.buffer.byteLength < end) pause();
    const module = new WebAssembly.Module(new Uint8Array(memory.buffer).slice(address, end));
    return new WebAssembly.Instance(module, { env: { memory } }).exports.run;
  };
  const runChunk = (index) => {
    const id = words[${WORD.program}];
    const run = (programs[id] ||= load(id));
    const begin = index * words[${WORD.chunk}];
    run(words[${WORD.parameters}], scratch, begin, Math.min(begin + words[${WORD.chunk}], words[${WORD.units}]));
  };
  const fail = (error) => {
    if (Atomics.compareExchange(words, ${WORD.failed}, 0, 1) !== 0) return;
    const text = String(error).slice(0, ${MESSAGE_LENGTH});
    for (let i = 0; i < text.length; i++) words[${WORD.message} + i] = text.charCodeAt(i);
    Atomics.store(words, ${WORD.failed}, 2 + text.length);
  };
  Atomics.add(words, ${WORD.up}, 1);
  for (;;) {
    let claim = Atomics.load(words, ${WORD.claim});
    if ((claim & mask) === 0) {
      const end = performance.now() + ${SPIN};
      do {
        for (let i = 0; i < 32 && (claim & mask) === 0; i++) {
          pause();
          claim = Atomics.load(words, ${WORD.claim});
        }
      } while ((claim & mask) === 0 && performance.now() < end);
      if ((claim & mask) === 0) {
        Atomics.add(words, ${WORD.sleepers}, 1);
        Atomics.wait(words, ${WORD.claim}, claim);
        Atomics.sub(words, ${WORD.sleepers}, 1);
      }
      continue;
    }
    if (Atomics.compareExchange(words, ${WORD.claim}, claim, claim - 1) !== claim) continue;
    try {
      if (words[${WORD.failed}] === 0) runChunk(words[${WORD.chunks}] - (claim & mask));
    } catch (error) {
      fail(error);
    }
    const done = Atomics.add(words, ${WORD.done}, 1) + 1;
    if (done === Atomics.load(words, ${WORD.wanted})) Atomics.notify(words, ${WORD.done});
  }
}
if (typeof WorkerGlobalScope === 'undefined') work(require('node:worker_threads').workerData);
else globalThis.onmessage = (event) => work(event.data);
`;
