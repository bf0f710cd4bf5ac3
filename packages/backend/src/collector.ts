/** Garbage that is worth a collection, at least; more where more is in use (bytes). */
const WORTH = 256 * 2 ** 20;

/** Makes V8 begin to collect in the background (bytes). */
const GENTLE = 2 ** 30;

/** More than half of V8's usual heap limit, beyond which it collects at once (bytes). */
const FIRM = 2 ** 32;

/** Engines report dropped objects in a task of their own, which comes within so many. */
const TASKS = 10;

/**
 * Makes the JavaScript engine collect garbage when dropped buffers may hold much device memory, which the engine does not see.
 *
 * An engine counts memory of array buffers as pressure, so a large one, made and dropped and never touched, starts a collection.
 * Where that finds dropped buffers, the engine says so between two tasks, never within one nor among its microtasks.
 */
export class Collector {
  #since = 0;
  #live = 0;
  #limit = WORTH;
  #firm = FIRM;
  #relief: Promise<void> | null = null;

  /** Counts memory handed out. */
  allocated(bytes: number): void {
    this.#since += bytes;
    if (this.#since > this.#limit) this.#press();
  }

  /** Counts memory that was given back by hand. */
  freed(bytes: number): void {
    this.#since = this.#since > bytes ? this.#since - bytes : 0;
  }

  /** Takes note that a collection has taken place, and of what is live after it. */
  collected(liveBytes: number): void {
    this.#since = 0;
    this.#live = liveBytes;
    this.#limit = this.#worth();
  }

  /** Collects at once; what was dropped is known in the next task. */
  collect(): void {
    if (!pulse(this.#firm)) this.#firm = GENTLE;
  }

  /**
   * Resolves in a later task, after dropped buffers were found; undefined when that is not worth a pause. Whoever waits for
   * results in a loop must await it, or a loop that never leaves its task fills the memory.
   */
  relief(): Promise<void> | undefined {
    if (this.#relief) return this.#relief;
    if (this.#since <= this.#worth()) return undefined;
    this.#relief = this.#wait();
    return this.#relief;
  }

  async #wait(): Promise<void> {
    const before = this.#since;
    // The first may end a collection that had begun before the objects in question were made, and finds none of them.
    for (let attempt = 0; attempt < 2 && this.#since >= before; attempt++) {
      this.collect();
      for (let task = 0; task < TASKS && this.#since >= before; task++) await nextTask();
    }
    this.#relief = null;
    // Where nothing was found, the memory is in use.
    if (this.#since >= before) this.collected(this.#live + before);
  }

  #worth(): number {
    return Math.max(WORTH, this.#live / 2);
  }

  /** A gentle push first, a firm one when that brought nothing, and then at ever greater distances. */
  #press(): void {
    if (this.#limit <= this.#worth()) pulse(GENTLE);
    else this.collect();
    this.#limit *= 2;
  }
}

function pulse(bytes: number): boolean {
  try {
    return new ArrayBuffer(bytes).byteLength === bytes;
  } catch {
    // An engine that has no such array collects before it says so.
    return false;
  }
}

/** Waits for the next task, without the pause that pages add to timers. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
