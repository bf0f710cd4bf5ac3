/** Share of the time waited that a nap takes: results come at most that much later. */
const SHARE = 1 / 8;

/** Longest nap, which is how late other events of the program may be seen (milliseconds). */
const LONGEST = 0.5;

/** What Node and Bun have beyond the web; Deno has it too, but waits by itself. */
interface Host {
  readonly process?: { readonly versions?: { readonly node?: string } };
  readonly Deno?: unknown;
  readonly document?: unknown;
  readonly setImmediate?: (callback: () => void) => void;
}

/**
 * Naps while a program waits for the device. Dawn's bindings for Node ask the device without pause, which takes a core that drivers,
 * above all those in software, could use. Elsewhere this does nothing.
 */
export class Naps {
  readonly #host: Host = globalThis as Host;
  readonly #isNeeded: boolean = Boolean(
    this.#host.process?.versions?.node &&
      this.#host.setImmediate &&
      !this.#host.Deno &&
      // Pages of Electron have processes, too, and must not sleep.
      !this.#host.document,
  );
  /** Nobody writes to it, so that nobody is woken by it; pages may lack such memory. */
  readonly #cell = this.#isNeeded ? new Int32Array(new SharedArrayBuffer(4)) : null;
  #waiting = 0;
  #since = 0;
  #isRunning = false;

  /** Waits for a promise of the device. */
  async during(promise: Promise<unknown>): Promise<void> {
    if (!this.#cell) {
      await promise;
      return;
    }
    this.#waiting++;
    this.#since = performance.now();
    if (!this.#isRunning) {
      this.#isRunning = true;
      this.#host.setImmediate?.(this.#nap);
    }
    try {
      await promise;
    } finally {
      this.#waiting--;
      this.#since = performance.now();
    }
  }

  readonly #nap = (): void => {
    this.#isRunning = this.#waiting > 0;
    if (!this.#isRunning || !this.#cell) return;
    Atomics.wait(this.#cell, 0, 0, Math.min(LONGEST, (performance.now() - this.#since) * SHARE));
    this.#host.setImmediate?.(this.#nap);
  };
}
