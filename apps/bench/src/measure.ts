import type { Engine, Prepared } from './engines/engine.ts';
import { difference, median, numbers } from './numbers.ts';
import type { Case } from './workloads/workload.ts';

/** How long and how often to measure. */
export interface Effort {
  /** Timed samples per engine. */
  readonly rounds: number;
  /** Least length of one sample; short operations are repeated to fill it (milliseconds). */
  readonly sample: number;
  /** Time spent on warming up, at least one run (milliseconds). */
  readonly warmUp: number;
  /** Time spent on untimed runs before each sample (milliseconds): what other engines left behind is collected meanwhile. */
  readonly settle: number;
  /** A peer whose run takes longer is left out of a case (milliseconds). */
  readonly patience: number;
}

/** What one engine took for one case. */
export interface Measurement {
  readonly engine: string;
  /** Time of one run: the median over all samples (milliseconds). */
  readonly median: number;
  /** Time of one run in each sample (milliseconds). */
  readonly samples: readonly number[];
}

/** Why an engine that has the operation did not do it. */
export interface Failure {
  readonly engine: string;
  readonly cannot: string;
}

/** All that was found about one case; ours comes first. */
export interface Comparison {
  readonly measurements: readonly Measurement[];
  readonly failures: readonly Failure[];
}

/** An engine whose result is wrong must not be timed. */
export class WrongResult extends Error {}

/** Lets other tasks run first, such as the collector's finalizers. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** One engine with a case set up in it. */
class Contender {
  readonly name: string;
  readonly prepared: Prepared;
  readonly samples: number[] = [];
  /** Factor from the time it takes to the time that counts. */
  readonly #scale: number;
  /** Runs in one sample. */
  #runs = 1;

  constructor(name: string, prepared: Prepared, scale = 1) {
    this.name = name;
    this.prepared = prepared;
    this.#scale = scale;
  }

  /**
   * @param settle - Time spent on untimed runs before (milliseconds).
   * @returns Time of one run, over as many as a sample has (milliseconds).
   */
  async time(settle: number): Promise<number> {
    if (settle > 0) await this.#repeat(settle);
    await pause();
    return ((await this.prepared.time(this.#runs)) / this.#runs) * this.#scale;
  }

  /**
   * @param length - Time spent on it, at least one run (milliseconds).
   * @param sample - Least length of one sample (milliseconds).
   * @returns Time of the last run (milliseconds).
   */
  async warmUp(length: number, sample: number): Promise<number> {
    const last = await this.#repeat(length);
    this.#runs = Math.max(1, Math.ceil(sample / Math.max(last, 1e-4)));
    return last;
  }

  /** Runs it, at least once, until the time is over. @returns Time of the last run (milliseconds). */
  async #repeat(length: number): Promise<number> {
    const started = performance.now();
    let last = 0;
    do {
      await pause();
      last = await this.prepared.time(1);
    } while (performance.now() - started < length);
    return last;
  }
}

function dataOf(test: Case): Float32Array[] {
  return test.inputs.map((input, i) => numbers(input, i + 1));
}

/** An error in one line. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split('\n')[0] as string;
}

/** Our engine on the work that a case should come close to, scaled as if it were as much. */
async function referenceOf(test: Case, ours: Engine, name: string): Promise<Contender[]> {
  if (!test.reference) return [];
  const prepared = await ours.prepare(test.reference, dataOf(test.reference));
  return prepared ? [new Contender(name, prepared, test.figure.amount / test.reference.figure.amount)] : [];
}

/** Sets a case up in an engine and compares its result; null where the engine does not have the operation. */
async function admitted(
  test: Case,
  engine: Engine,
  data: readonly Float32Array[],
  expected: { by?: string; numbers?: Float32Array },
): Promise<Contender | null> {
  const prepared = await engine.prepare(test, data);
  if (!prepared) return null;
  try {
    const result = await prepared.result(test.settle ?? 1);
    if (result && expected.numbers) {
      const off = difference(result, expected.numbers);
      if (off > test.tolerance) {
        const names = `${engine.name} and ${expected.by}`;
        throw new WrongResult(`${test.name}: ${names} differ by ${off.toExponential(1)} of the largest value.`);
      }
    } else if (result) Object.assign(expected, { by: engine.name, numbers: result });
    return new Contender(engine.name, prepared);
  } catch (error) {
    prepared.close();
    throw error;
  }
}

/**
 * Measures one case in every engine that has it: results are compared, then samples are taken in turns (A B A B …), so
 * that whatever else the machine does falls on all alike.
 *
 * @param engines - Ours, then its peers. A peer that fails is reported; ours must not.
 * @param reference - What the case's reference is called.
 * @throws {WrongResult} Two engines disagree.
 */
export async function measure(
  test: Case,
  engines: readonly Engine[],
  effort: Effort,
  reference = 'reference',
): Promise<Comparison> {
  const data = dataOf(test);
  const contenders: Contender[] = [];
  const failures: Failure[] = [];
  const expected = {};
  try {
    for (const engine of engines) {
      try {
        const contender = await admitted(test, engine, data, expected);
        if (contender) contenders.push(contender);
        if (engine === engines[0]) contenders.push(...(await referenceOf(test, engine, reference)));
      } catch (error) {
        if (engine === engines[0] || error instanceof WrongResult) throw error;
        failures.push({ engine: engine.name, cannot: reasonOf(error) });
      }
    }
    const timed: Contender[] = [];
    for (const contender of contenders) {
      const time = await contender.warmUp(effort.warmUp * (test.warmUps ?? 1), effort.sample);
      if (contender === contenders[0] || time <= effort.patience) timed.push(contender);
      else failures.push({ engine: contender.name, cannot: `${test.name}: a run takes ${(time / 1e3).toFixed(1)} s` });
    }
    for (let round = 0; round < effort.rounds; round++) {
      for (const contender of timed) contender.samples.push(await contender.time(effort.settle));
    }
    const measurements = timed.map(({ name, samples }) => ({ engine: name, median: median(samples), samples }));
    return { measurements, failures };
  } finally {
    for (const contender of contenders) contender.prepared.close();
  }
}
