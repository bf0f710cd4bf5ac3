import { type FileHandle, open } from 'node:fs/promises';
import { cpus } from 'node:os';
import { hasRelaxedSimd } from './engines/roof.ts';
import { type Flags, UsageError } from './flags.ts';
import { openPlace, type Place } from './places.ts';
import { workloads } from './workloads/index.ts';

/** Opens the file for the results ahead of the work, which takes minutes. */
async function openReport(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w');
  } catch (error) {
    throw new UsageError(`--json cannot be written: ${(error as Error).message}`);
  }
}

/** What is in a time on WebGPU, where asking for work and its being done are far apart. */
const howRunsEnd = `A run ends when the device has done all of it, for each engine alike:
training steps with an awaited read of the loss, anything else with an awaited empty queue.`;

async function adapterOf(place: Place): Promise<string> {
  try {
    return await place.adapter();
  } catch (error) {
    throw new UsageError(`--device webgpu cannot be used: ${(error as Error).message}`);
  }
}

/** What is printed of the device, and how to read the tables. */
function deviceText({ device, threads, rounds }: Flags, adapter: string | undefined): string {
  const means = `medians of ${rounds}; ×: how many times faster ours is`;
  if (adapter !== undefined) return `device webgpu, for all engines on ${adapter}; ${means}\n${howRunsEnd}\n`;
  const alone = threads > 1 ? ' (loops, tfjs, jax-js and the roof: 1)' : '';
  return `device ${device}, threads ${threads}${alone}; ${means}\n`;
}

/**
 * Runs the workloads, prints a table after each, and writes the results if asked.
 *
 * @returns How many cases could not be measured, because ours failed or engines disagree.
 */
export async function bench(flags: Flags, print: (text: string) => void): Promise<number> {
  const file = flags.json === undefined ? undefined : await openReport(flags.json);
  const { device, threads, rounds } = flags;
  const place = await openPlace(flags);
  const { program } = place;
  const machine = `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores`;
  const relaxedSimd = hasRelaxedSimd();
  const records: object[] = [];
  let adapter: string | undefined;
  let told = false;
  let failures = 0;
  try {
    adapter = device === 'webgpu' ? await adapterOf(place) : undefined;
    print(`${program}, ${machine}, ${relaxedSimd ? 'relaxed' : 'plain'} SIMD`);
    print(deviceText(flags, adapter));
    for (const workload of workloads.filter(({ name }) => flags.workloads.includes(name))) {
      const { table, record, failed = 0 } = await place.run(workload);
      if (place.absent.length && !told) print(`absent on this machine: ${place.absent.join(', ')}\n`);
      told = place.absent.length > 0;
      print(table);
      records.push(record);
      failures += failed;
    }
  } finally {
    await place.close();
  }
  const { absent } = place;
  const about = { program, machine, relaxedSimd, device, adapter, threads, rounds, absent };
  await file?.writeFile(`${JSON.stringify({ ...about, workloads: records }, null, 2)}\n`);
  await file?.close();
  return failures;
}
