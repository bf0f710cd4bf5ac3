import { type FileHandle, open } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { Engine } from './engines/engine.ts';
import { devices, peers } from './engines/index.ts';
import { type Flags, UsageError } from './flags.ts';
import { type Effort, measure } from './measure.ts';
import { type CaseResult, recordOf, tableOf } from './report.ts';
import { workloads } from './workloads/index.ts';

async function openEngines(flags: Flags): Promise<Engine[]> {
  const makers = [devices[flags.device], ...flags.peers.map((name) => peers[name])];
  const engines: Engine[] = [];
  for (const make of makers) if (make) engines.push(await make());
  return engines;
}

/** Opens the file for the results ahead of the work, which takes minutes. */
async function openReport(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w');
  } catch (error) {
    throw new UsageError(`--json cannot be written: ${(error as Error).message}`);
  }
}

/** Runs the workloads, prints a table after each, and writes the results if asked. */
export async function bench(flags: Flags, print: (text: string) => void): Promise<void> {
  const file = flags.json === undefined ? undefined : await openReport(flags.json);
  const effort: Effort = { rounds: flags.rounds, sample: 20, warmUp: 300 };
  const engines = await openEngines(flags);
  const ours = (engines[0] as Engine).name;
  const machine = cpus()[0]?.model ?? 'unknown processor';
  print(`node ${process.version}, ${machine}; medians of ${flags.rounds}; ×: how many times faster ${ours} is\n`);
  const records: object[] = [];
  try {
    for (const workload of workloads.filter(({ name }) => flags.workloads.includes(name))) {
      const results: CaseResult[] = [];
      for (const test of workload.cases) results.push({ test, measurements: await measure(test, engines, effort) });
      print(tableOf(workload, results, ours));
      records.push(recordOf(workload, results, ours));
    }
  } finally {
    for (const engine of engines) engine.close();
  }
  const report = { node: process.version, machine, ours, rounds: flags.rounds, workloads: records };
  await file?.writeFile(`${JSON.stringify(report, null, 2)}\n`);
  await file?.close();
}
