import type { Engine, Library, Operation, Prepared } from './engine.ts';

function concatenated(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0] as Float32Array;
  const all = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

class InProcess<Value> implements Prepared {
  readonly #library: Library<Value>;
  readonly #inputs: readonly Value[];
  readonly #operation: Operation<Value>;

  constructor(library: Library<Value>, inputs: readonly Value[], operation: Operation<Value>) {
    this.#library = library;
    this.#inputs = inputs;
    this.#operation = operation;
  }

  async result(runs: number): Promise<Float32Array> {
    const library = this.#library;
    const operation = this.#operation;
    await library.enter?.();
    for (let run = 1; run < runs; run++) for (const value of await operation.run()) library.release(value);
    const parts: Float32Array[] = [];
    for (const value of await operation.run()) {
      const common = operation.toCommon?.(value) ?? value;
      parts.push(await library.read(common));
      if (common !== value) library.release(common);
      library.release(value);
    }
    return concatenated(parts);
  }

  async time(runs: number): Promise<number> {
    const library = this.#library;
    const operation = this.#operation;
    await library.enter?.();
    const started = performance.now();
    for (let run = 0; run < runs; run++) {
      const running = operation.run();
      const values = running instanceof Promise ? await running : running;
      if (!operation.ended) {
        const waiting = library.wait(values);
        if (waiting instanceof Promise) await waiting;
      }
      for (const value of values) library.release(value);
    }
    return performance.now() - started;
  }

  close(): void {
    for (const input of this.#inputs) this.#library.release(input);
  }
}

/** The engine that a library of this process is. */
export function inProcess<Value>(library: Library<Value>): Engine {
  return {
    name: library.name,
    async prepare(test, data) {
      await library.enter?.();
      const inputs = test.inputs.map((input, i) => library.array((data[i] as Float32Array).slice(), input));
      const operation = library.operation(test.operation, inputs, test.options ?? {});
      if (operation) return new InProcess(library, inputs, operation);
      for (const input of inputs) library.release(input);
      return null;
    },
    close: () => library.close(),
  };
}
