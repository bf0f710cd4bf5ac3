import { DeviceError, type ErrorDetails } from '@flambeau/backend';

/** Keeps what went wrong on a device until somebody waits for a result: WebGPU reports errors later than it makes them. */
export class Faults {
  readonly #device: string;
  readonly #pending = new Set<Promise<void>>();
  #fault: DeviceError | null = null;
  #isConsequence = false;
  /** Who began to wait until the fault was first told is told, too; null when nobody was. */
  #toldTo: number | null = null;
  #waiters = 0;
  #end: { readonly what: string; readonly details: ErrorDetails } | null = null;
  #lost = false;
  readonly #gone: Promise<void>;

  /** @param device - The name that users gave it. */
  constructor(device: string, gpu: GPUDevice) {
    this.#device = device;
    this.#gone = gpu.lost.then(({ reason, message }) => {
      if (this.#end) return;
      const why = (message || reason || 'unknown').replace(/\.?$/, '.');
      this.#lost = true;
      this.#close(
        `the device was lost: ${why} Open it again, by await use('${device}') or with a new backend, and load what was on it anew.`,
        {
          reason,
        },
      );
    });
    gpu.onuncapturederror = (event) => {
      // Who waits for a result is told; the console need not be.
      event.preventDefault();
      const { message } = event.error;
      this.report(new DeviceError('webgpu', `the device refused a command: ${message}`, this.#details({})), true);
    };
  }

  /** Whether the device went away by itself. */
  get lost(): boolean {
    return this.#lost;
  }

  /** @throws {DeviceError} The device was lost or disposed. */
  requireLive(op: string): void {
    if (this.#end) throw this.#ended(op);
  }

  /** Ends the life of the device, as its owner wishes. */
  dispose(): void {
    if (!this.#lost) this.#close(`the ${this.#device} backend was disposed.`, {});
  }

  /** Takes note of an error; `isConsequence` that it may follow from another one, which then takes its place. */
  report(error: DeviceError, isConsequence = false): void {
    const isNews = this.#toldTo !== null || !this.#fault || (this.#isConsequence && !isConsequence);
    if (!isNews) return;
    this.#fault = error;
    this.#toldTo = null;
    this.#isConsequence = isConsequence;
  }

  /** Makes whoever waits for results wait for this, too; it must not reject. */
  watch(check: Promise<void>): void {
    this.#pending.add(check);
    const done = (): void => void this.#pending.delete(check);
    check.then(done, done);
  }

  /** Begins to wait for what was enqueued; the number is for `settle`. */
  wait(): number {
    return ++this.#waiters;
  }

  /**
   * Waits for errors of what was enqueued before `wait`. Each goes to all who wait when it is first told, and to nobody after.
   *
   * @throws {DeviceError} What went wrong.
   */
  async settle(op: string, waiter: number): Promise<void> {
    await Promise.all(this.#pending);
    this.requireLive(op);
    const fault = this.#tell(waiter);
    if (fault) throw fault;
  }

  /** The error behind a rejection of WebGPU itself, which knows less. */
  async explain(op: string, waiter: number, error: unknown): Promise<DeviceError> {
    if (error instanceof DeviceError) return error;
    // The device says that it was lost after what was waited for was rejected.
    await Promise.race([this.#gone, new Promise((resolve) => setTimeout(resolve, 10))]);
    if (this.#end) return this.#ended(op);
    return this.#tell(waiter) ?? new DeviceError(op, (error as Error).message, this.#details({}));
  }

  #tell(waiter: number): DeviceError | null {
    if (!this.#fault) return null;
    this.#toldTo ??= this.#waiters;
    return waiter <= this.#toldTo ? this.#fault : null;
  }

  #close(what: string, details: ErrorDetails): void {
    this.#end = { what, details };
  }

  #ended(op: string): DeviceError {
    const { what, details } = this.#end as { what: string; details: ErrorDetails };
    return new DeviceError(op, what, this.#details(details));
  }

  #details(details: ErrorDetails): ErrorDetails {
    return { device: this.#device, ...details };
  }
}
