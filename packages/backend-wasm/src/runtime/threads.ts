import { CONTROL, PARAMETERS, SCRATCH } from './layout.ts';
import type { LinearMemory } from './linear-memory.ts';
import type { LoadedProgram } from './program.ts';
import { startWorker, type WorkerHandle } from './start-worker.ts';
import { CHUNK_BITS, WORD, WORDS } from './worker-source.ts';

/** Chunks for each thread: enough that threads end together though the machine also does other things. */
const CHUNKS_EACH = 8;

const CHUNK_MASK = 2 ** CHUNK_BITS - 1;

/** How long the main thread looks for the end of a job before it sleeps, where it may (milliseconds). */
const SPIN = 0.5;

/** Work for which it pays to wake a thread: waking costs some 5 to 60 microseconds (milliseconds). */
const WORTH_WAKING = 0.2;

/** Other threads that run programs together with the main thread, which claims work as they do. */
export class Team {
  readonly #words: Int32Array;
  readonly #workers: WorkerHandle[] = [];
  readonly #wakesAlways: boolean;
  readonly #mayWait: boolean;
  #generation = 0;

  /**
   * Starts the threads; they take part in jobs when they have come up, and nobody waits for them.
   *
   * @param scratches - Private memory of each (addresses).
   * @param wakesAlways - Whether they are woken for work of any size.
   * @param onRefused - Told why a thread could not start.
   */
  constructor(
    linear: LinearMemory,
    scratches: readonly number[],
    wakesAlways: boolean,
    onRefused: (reason: string) => void,
  ) {
    this.#wakesAlways = wakesAlways;
    this.#words = new Int32Array(linear.memory.buffer, CONTROL, WORDS);
    this.#mayWait = mayWait(this.#words);
    for (const scratch of scratches) {
      const worker = startWorker({ memory: linear.memory, scratch }, (reason) => {
        const at = this.#workers.indexOf(worker as WorkerHandle);
        if (at >= 0) this.#workers.splice(at, 1);
        if (reason !== undefined) onRefused(reason);
      });
      if (worker) this.#workers.push(worker);
    }
  }

  /** Threads that were started and have not ended. */
  get size(): number {
    return this.#workers.length;
  }

  /** Whether all of them take part. */
  get isUp(): boolean {
    return Atomics.load(this.#words, WORD.up) >= this.#workers.length;
  }

  /**
   * Runs units 0 to `units` of a program and waits for the end.
   *
   * @throws {WebAssembly.RuntimeError} The program trapped, on any thread.
   */
  run(program: LoadedProgram, units: number, grain: number): void {
    const words = this.#words;
    const most = Math.min(CHUNK_MASK, (this.#workers.length + 1) * CHUNKS_EACH);
    const chunk = Math.ceil(units / most / grain) * grain;
    const chunks = Math.ceil(units / chunk);
    words[WORD.program] = program.id;
    words[WORD.address] = program.address;
    words[WORD.length] = program.length;
    words[WORD.units] = units;
    words[WORD.chunk] = chunk;
    words[WORD.chunks] = chunks;
    words[WORD.parameters] = PARAMETERS;
    words[WORD.failed] = 0;
    words[WORD.done] = 0;
    this.#generation++;
    Atomics.store(words, WORD.claim, (this.#generation << CHUNK_BITS) | chunks);
    // The first chunk tells whether the rest is worth waking others for, unless the last job already did.
    let measured = Atomics.load(words, WORD.sleepers) === 0;
    const woken = this.#wakesAlways || (!measured && program.pace * units > WORTH_WAKING);
    if (woken) this.#wake(chunks - 1);
    let mine = 0;
    let trap: unknown;
    for (;;) {
      const claim = Atomics.load(words, WORD.claim);
      const left = claim & CHUNK_MASK;
      if (left === 0) break;
      if (Atomics.compareExchange(words, WORD.claim, claim, claim - 1) !== claim) continue;
      mine++;
      if (trap !== undefined || words[WORD.failed] !== 0) continue;
      const begin = (chunks - left) * chunk;
      const end = Math.min(begin + chunk, units);
      try {
        if (measured) {
          program.run(PARAMETERS, SCRATCH, begin, end);
        } else {
          measured = true;
          const start = performance.now();
          program.run(PARAMETERS, SCRATCH, begin, end);
          program.pace = (performance.now() - start) / (end - begin);
          if (!woken && program.pace * (units - end) > WORTH_WAKING) this.#wake(left - 1);
        }
      } catch (error) {
        trap = error;
        // What nobody has begun need not run.
        Atomics.compareExchange(words, WORD.failed, 0, 1);
      }
    }
    if (mine < chunks) this.#wait(chunks - mine);
    if (trap !== undefined) throw trap;
    if (words[WORD.failed] !== 0) throw this.#failure();
  }

  /** Ends the threads. */
  dispose(): void {
    for (const worker of this.#workers.splice(0)) worker.end();
  }

  /** Wakes as many threads as can help, beside those that are looking for work anyway. */
  #wake(helpers: number): void {
    const words = this.#words;
    const awake = Math.min(Atomics.load(words, WORD.up), this.#workers.length) - Atomics.load(words, WORD.sleepers);
    if (helpers > awake) Atomics.notify(words, WORD.claim, helpers - awake);
  }

  #wait(target: number): void {
    const words = this.#words;
    const end = performance.now() + SPIN;
    for (;;) {
      for (let i = 0; i < 32; i++) {
        if (Atomics.load(words, WORD.done) === target) return;
        pause();
      }
      if (this.#mayWait && performance.now() > end) break;
    }
    Atomics.store(words, WORD.wanted, target);
    for (;;) {
      const done = Atomics.load(words, WORD.done);
      if (done === target) break;
      Atomics.wait(words, WORD.done, done);
    }
    Atomics.store(words, WORD.wanted, 0);
  }

  #failure(): Error {
    const words = this.#words;
    const length = Atomics.load(words, WORD.failed) - 2;
    const text = String.fromCharCode(...words.subarray(WORD.message, WORD.message + Math.max(0, length)));
    return new WebAssembly.RuntimeError(`a thread failed: ${text}`);
  }
}

const pause: () => void = (Atomics as { pause?: () => void }).pause ?? ((): void => {});

/** Whether this thread may sleep; pages must not block. */
function mayWait(words: Int32Array): boolean {
  try {
    Atomics.wait(words, WORD.done, -1, 0);
    return true;
  } catch {
    return false;
  }
}
