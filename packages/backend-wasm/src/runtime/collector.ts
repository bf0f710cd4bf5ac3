/** Garbage that is worth a collection, at least; more where more is in use (bytes). */
const WORTH = 96 * 2 ** 20;

/** Makes V8 begin to collect in the background (bytes). */
const GENTLE = 2 ** 30;

/** More than half of V8's usual heap limit, beyond which it collects at once (bytes). */
const FIRM = 2 ** 32;

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
    this.collect();
    const relief = nextTask().then(() => {
      this.#relief = null;
      // Where nothing was found, the memory is in use.
      if (this.#since > this.#worth()) this.collected(this.#live + this.#since);
    });
    this.#relief = relief;
    return relief;
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

/** Waits for two tasks: engines report dropped objects in a task of their own. */
async function nextTask(): Promise<void> {
  for (let task = 0; task < 2; task++) {
    await new Promise<void>((resolve) => {
      if (typeof setImmediate === 'function') setImmediate(resolve);
      else setTimeout(resolve);
    });
  }
}
