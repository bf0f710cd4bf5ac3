import { type FileHandle, open } from 'node:fs/promises';
import { cpus } from 'node:os';
import { deviceEngine } from './engines/devices.ts';
import type { Engine } from './engines/engine.ts';
import { peers } from './engines/index.ts';
import { hasRelaxedSimd } from './engines/roof.ts';
import { type Flags, UsageError } from './flags.ts';
import { type Effort, measure, reasonOf } from './measure.ts';
import { type CaseResult, recordOf, tableOf } from './report.ts';
import { workloads } from './workloads/index.ts';
import type { CaseWorkload, Findings } from './workloads/workload.ts';

/** The engines of the command line, ours first. They are opened when the first workload needs them. */
class Engines {
  readonly absent: string[] = [];
  readonly #flags: Flags;
  #opened: Promise<Engine[]> | undefined;

  constructor(flags: Flags) {
    this.#flags = flags;
  }

  all(): Promise<Engine[]> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async #open(): Promise<Engine[]> {
    const { device, threads } = this.#flags;
    const engines = [await deviceEngine(device, { threads })];
    for (const name of this.#flags.peers) {
      const engine = await peers[name]?.open(threads);
      if (engine) engines.push(engine);
      else this.absent.push(name);
    }
    return engines;
  }

  async close(): Promise<void> {
    for (const engine of (await this.#opened) ?? []) engine.close();
  }
}

/** Opens the file for the results ahead of the work, which takes minutes. */
async function openReport(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w');
  } catch (error) {
    throw new UsageError(`--json cannot be written: ${(error as Error).message}`);
  }
}

async function runCases(workload: CaseWorkload, flags: Flags, usual: Engines): Promise<Findings> {
  const engines = await (workload.engines?.(flags) ?? usual.all());
  if (typeof engines === 'string') {
    return {
      table: `${workload.title}\n  left out: ${engines}\n`,
      record: { workload: workload.name, leftOut: engines },
    };
  }
  const effort: Effort = { rounds: flags.rounds, sample: 60, warmUp: 300 };
  const ours = (engines[0] as Engine).name;
  const results: CaseResult[] = [];
  for (const test of workload.cases) {
    try {
      results.push({ test, ...(await measure(test, engines, effort, workload.reference)) });
    } catch (error) {
      // The rest of a long run is still worth having.
      results.push({
        test,
        measurements: [],
        failures: [{ engine: ours, cannot: `${test.name}: ${reasonOf(error)}` }],
      });
    }
  }
  const failed = results.filter(({ measurements }) => measurements.length === 0).length;
  return { table: tableOf(workload, results, ours), record: recordOf(workload, results, ours), failed };
}

/**
 * Runs the workloads, prints a table after each, and writes the results if asked.
 *
 * @returns How many cases could not be measured, because ours failed or engines disagree.
 */
export async function bench(flags: Flags, print: (text: string) => void): Promise<number> {
  const file = flags.json === undefined ? undefined : await openReport(flags.json);
  const { device, threads, rounds } = flags;
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores`;
  const relaxedSimd = hasRelaxedSimd();
  print(`node ${process.version}, ${machine}, ${relaxedSimd ? 'relaxed' : 'plain'} SIMD`);
  const alone = threads > 1 ? ' (loops, tfjs, jax-js and the roof: 1)' : '';
  print(`device ${device}, threads ${threads}${alone}; medians of ${rounds}; ×: how many times faster ours is\n`);
  const engines = new Engines(flags);
  const records: object[] = [];
  let told = false;
  let failures = 0;
  try {
    for (const workload of workloads.filter(({ name }) => flags.workloads.includes(name))) {
      const {
        table,
        record,
        failed = 0,
      } = await ('run' in workload ? workload.run({ flags }) : runCases(workload, flags, engines));
      if (engines.absent.length && !told) print(`absent on this machine: ${engines.absent.join(', ')}\n`);
      told = engines.absent.length > 0;
      print(table);
      records.push(record);
      failures += failed;
    }
  } finally {
    await engines.close();
  }
  const { absent } = engines;
  const report = { node: process.version, machine, relaxedSimd, device, threads, rounds, absent, workloads: records };
  await file?.writeFile(`${JSON.stringify(report, null, 2)}\n`);
  await file?.close();
  return failures;
}
