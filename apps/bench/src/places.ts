import { measureCases } from './cases.ts';
import { deviceEngine } from './engines/devices.ts';
import type { Engine } from './engines/engine.ts';
import { peers } from './engines/index.ts';
import type { Flags } from './flags.ts';
import { adapterText } from './gpu/open.ts';
import type { PageHost } from './page-host.ts';
import { type CaseResult, leftOut, recordOf, tableOf } from './report.ts';
import { submitsFindings } from './workloads/submits.ts';
import type { CaseWorkload, Findings, SpecialWorkload, Workload } from './workloads/workload.ts';

/** Where workloads run. */
export interface Place {
  /** The program that runs them, and its version. */
  readonly program: string;
  /** Peers that this machine does not have, as far as was looked for them. */
  readonly absent: readonly string[];
  /** The adapter of all engines on WebGPU, as text. @throws {Error} There is none. */
  adapter(): Promise<string>;
  run(workload: CaseWorkload | SpecialWorkload): Promise<Findings>;
  close(): Promise<void>;
}

/**
 * Untimed runs before a sample on WebGPU in Node (milliseconds). While an engine waits there, the bindings leave a hundred
 * megabytes of garbage a second; pauses of 30 ms and more follow, up to a tenth of a second after the wait.
 */
const SETTLE = 120;

function findingsOf(workload: CaseWorkload, results: readonly CaseResult[], ours: string): Findings {
  const failed = results.filter(({ measurements }) => measurements.length === 0).length;
  return { table: tableOf(workload, results, ours), record: recordOf(workload, results, ours), failed };
}

/** This process, with the engines of the command line, ours first. They are opened when the first workload needs them. */
class InProcess implements Place {
  readonly program: string = `node ${process.version}`;
  readonly absent: string[] = [];
  readonly #flags: Flags;
  #opened: Promise<Engine[]> | undefined;

  constructor(flags: Flags) {
    this.#flags = flags;
  }

  adapter(): Promise<string> {
    return adapterText();
  }

  async run(workload: CaseWorkload | SpecialWorkload): Promise<Findings> {
    const flags = this.#flags;
    if ('run' in workload) return workload.run({ flags, engines: () => this.#engines() });
    const engines = await (workload.engines?.(flags) ?? this.#engines());
    if (typeof engines === 'string') return leftOut(workload, engines);
    const { rounds, patience } = flags;
    const settle = flags.device === 'webgpu' ? SETTLE : 0;
    const results = await measureCases(workload, engines, { rounds, patience: patience * 1e3, settle });
    return findingsOf(workload, results, (engines[0] as Engine).name);
  }

  async close(): Promise<void> {
    for (const engine of (await this.#opened) ?? []) engine.close();
  }

  #engines(): Promise<Engine[]> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  async #open(): Promise<Engine[]> {
    const { device, threads } = this.#flags;
    const engines = [await deviceEngine(device, { threads })];
    for (const name of this.#flags.peers) {
      const engine = await peers[name]?.open(threads, device);
      if (engine) engines.push(engine);
      else this.absent.push(name);
    }
    return engines;
  }
}

/** A page of a headless Chromium, for the workloads that it has. */
class InPage implements Place {
  readonly program: string;
  readonly absent: readonly string[] = [];
  readonly #flags: Flags;
  readonly #host: PageHost;

  constructor(flags: Flags, host: PageHost) {
    this.#flags = flags;
    this.#host = host;
    this.program = host.version;
  }

  adapter(): Promise<string> {
    return this.#host.call('adapter');
  }

  async run(workload: Workload): Promise<Findings> {
    const { peers: asked, rounds, patience } = this.#flags;
    const request = { peers: asked, workload: workload.name, rounds, patience: patience * 1e3 };
    if (workload.name === 'submits') return submitsFindings(await this.#host.call('submits', request));
    const found = await this.#host.call('cases', request);
    return found ? findingsOf(workload as CaseWorkload, found.results, found.ours) : leftOut(workload, 'not in a page');
  }

  close(): Promise<void> {
    return this.#host.close();
  }
}

/** Opens the place that the command line asks for. */
export async function openPlace(flags: Flags): Promise<Place> {
  if (!flags.page) return new InProcess(flags);
  const { PageHost } = await import('./page-host.ts');
  return new InPage(flags, await PageHost.open());
}
