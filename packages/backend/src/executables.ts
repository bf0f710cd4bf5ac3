import type { Executable } from './backend.ts';
import type { Kernel } from './kernel.ts';
import { structuralKey } from './print.ts';
import { verifyKernel } from './verify.ts';

/** A kernel made ready, with the function that runs it. */
export interface Prepared<Run> extends Executable {
  readonly run: Run;
}

/**
 * The kernels that a backend has made ready: each structure is verified and compiled once, and a kernel object that comes again
 * is found without being looked at.
 */
export class Executables<Run> {
  readonly #compile: (kernel: Kernel) => Run;
  readonly #byKernel = new WeakMap<Kernel, Prepared<Run>>();
  readonly #byKey = new Map<string, Prepared<Run>>();

  /** @param compile - Makes a verified kernel ready. */
  constructor(compile: (kernel: Kernel) => Run) {
    this.#compile = compile;
  }

  /** @throws {KernelError} The kernel breaks a rule. */
  prepare(kernel: Kernel): Prepared<Run> {
    const known = this.#byKernel.get(kernel);
    if (known) return known;
    const key = structuralKey(kernel);
    let prepared = this.#byKey.get(key);
    if (!prepared) {
      verifyKernel(kernel);
      prepared = { kernel, run: this.#compile(kernel) };
      this.#byKey.set(key, prepared);
    }
    this.#byKernel.set(kernel, prepared);
    return prepared;
  }

  clear(): void {
    this.#byKey.clear();
  }
}
