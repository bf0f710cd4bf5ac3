import type { Engine } from './engines/engine.ts';
import type { Case } from './workloads/workload.ts';

/** How long and how often to measure. */
export interface Effort {
  /** Timed samples per engine. */
  readonly rounds: number;
  /** Least length of one sample; short operations are repeated to fill it (milliseconds). */
  readonly sample: number;
  /** Time spent on warming up, at least one run (milliseconds). */
  readonly warmUp: number;
}

/** What one engine took for one case. */
export interface Measurement {
  readonly engine: string;
  /** Time of one run: the median over all samples (milliseconds). */
  readonly median: number;
  /** Time of one run in each sample (milliseconds). */
  readonly samples: readonly number[];
}

/** An engine whose result is wrong must not be timed. */
export class WrongResult extends Error {}

/** One engine with a case set up in it. */
class Contender {
  readonly engine: Engine;
  readonly samples: number[] = [];
  /** Runs in one sample. */
  runs = 1;
  readonly #inputs: readonly unknown[];
  readonly #body: () => unknown;
  readonly #repeat: number;

  constructor(engine: Engine, inputs: readonly unknown[], body: () => unknown, repeat: number) {
    this.engine = engine;
    this.#inputs = inputs;
    this.#body = body;
    this.#repeat = repeat;
  }

  /** Runs so often and gives the numbers of the last run. */
  async result(runs: number): Promise<Float32Array> {
    for (let run = 1; run < runs; run++) this.engine.release(this.#body());
    const value = this.#body();
    const numbers = await this.engine.read(value);
    this.engine.release(value);
    return numbers;
  }

  /** Time of one run, over `runs` of them (milliseconds). */
  async time(): Promise<number> {
    const { engine } = this;
    const started = performance.now();
    for (let run = 0; run < this.runs; run++) {
      for (let i = 1; i < this.#repeat; i++) engine.release(this.#body());
      const value = this.#body();
      await engine.wait(value);
      engine.release(value);
    }
    return (performance.now() - started) / this.runs;
  }

  close(): void {
    for (const input of this.#inputs) this.engine.release(input);
  }
}

/** Numbers between -2 and 2 that are the same in every run. */
export function numbers(length: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 4 - 2;
  });
}

/** The middle one of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] as number;
}

/** Largest difference between two results, relative to the largest value expected. */
export function difference(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < found.length; i++) {
    const off = Math.abs((found[i] as number) - (expected[i] as number));
    if (off > worst || off !== off) worst = off === off ? off : Number.POSITIVE_INFINITY;
    largest = Math.max(largest, Math.abs(expected[i] as number));
  }
  return worst / (largest || 1);
}

function setUp(test: Case, engines: readonly Engine[]): Contender[] {
  const data = test.inputs.map((shape, i) =>
    numbers(
      shape.reduce((size, extent) => size * extent, 1),
      i + 1,
    ),
  );
  return engines.flatMap((engine) => {
    const inputs = test.inputs.map((shape, i) => engine.array((data[i] as Float32Array).slice(), shape));
    const body = engine.operation(test.operation, inputs, test.options ?? {});
    if (body) return [new Contender(engine, inputs, body, test.repeat ?? 1)];
    for (const input of inputs) engine.release(input);
    return [];
  });
}

async function agree(test: Case, contenders: readonly Contender[]): Promise<void> {
  const [first, ...others] = contenders;
  if (!first) return;
  const runs = test.settle ?? 1;
  const expected = await first.result(runs);
  for (const other of others) {
    const off = difference(await other.result(runs), expected);
    if (off <= test.tolerance) continue;
    const names = `${other.engine.name} and ${first.engine.name}`;
    throw new WrongResult(`${test.name}: ${names} differ by ${off.toExponential(1)} of the largest value.`);
  }
}

async function warmUp(contender: Contender, effort: Effort): Promise<void> {
  const started = performance.now();
  let last = 0;
  do last = await contender.time();
  while (performance.now() - started < effort.warmUp);
  contender.runs = Math.max(1, Math.ceil(effort.sample / Math.max(last, 1e-4)));
}

/**
 * Measures one case in every engine that has it: results are compared, then samples are taken in turns (A B A B …), so
 * that whatever else the machine does falls on all alike.
 *
 * @throws {WrongResult} Two engines disagree.
 */
export async function measure(test: Case, engines: readonly Engine[], effort: Effort): Promise<Measurement[]> {
  const contenders = setUp(test, engines);
  try {
    await agree(test, contenders);
    for (const contender of contenders) await warmUp(contender, effort);
    for (let round = 0; round < effort.rounds; round++) {
      for (const contender of contenders) contender.samples.push(await contender.time());
    }
    return contenders.map(({ engine, samples }) => ({ engine: engine.name, median: median(samples), samples }));
  } finally {
    for (const contender of contenders) contender.close();
  }
}
