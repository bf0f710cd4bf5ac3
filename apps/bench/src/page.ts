import { measureCases } from './cases.ts';
import { deviceEngine } from './engines/devices.ts';
import type { Engine } from './engines/engine.ts';
import { jaxEngine } from './engines/jax.ts';
import { tfjsEngine } from './engines/tfjs.ts';
import { adapterText } from './gpu/open.ts';
import type { CaseResult } from './report.ts';
import { convWorkload } from './workloads/conv.ts';
import { eagerWorkload } from './workloads/eager.ts';
import { mapWorkload } from './workloads/map.ts';
import { matmulWorkload, oddMatmulWorkload } from './workloads/matmul.ts';
import { reductionWorkload } from './workloads/red.ts';
import { countSteps, type StepCounts } from './workloads/submits.ts';
import { trainingWorkloads } from './workloads/training.ts';

/** What the command asks of the page. */
export interface PageRequest {
  readonly peers: readonly string[];
  readonly workload: string;
  readonly rounds: number;
  /** Milliseconds. */
  readonly patience: number;
}

/** What the page offers to the command that opened it. */
export interface PageBench {
  adapter(): Promise<string>;
  /** Results of a workload's cases; null where a page does not have the workload. */
  cases(request: PageRequest): Promise<{ ours: string; results: CaseResult[] } | null>;
  submits(request: PageRequest): Promise<StepCounts[]>;
}

const everything = Number.POSITIVE_INFINITY;
const workloads = [
  matmulWorkload(everything),
  oddMatmulWorkload(everything),
  convWorkload(everything),
  mapWorkload(everything),
  reductionWorkload(everything),
  eagerWorkload(everything),
  ...trainingWorkloads(everything),
];

const opening = new Map<string, Promise<Engine>>();

/** How ours and the peers that a page has are opened. */
const openers: Readonly<Record<string, () => Promise<Engine>>> = {
  webgpu: () => deviceEngine('webgpu', { threads: 1 }),
  'tfjs-webgpu': () => tfjsEngine('webgpu'),
  jax: () => jaxEngine('webgpu'),
};

function engine(name: string): Promise<Engine> {
  const open = openers[name];
  if (!open) throw new Error(`a page has no engine '${name}'`);
  const known = opening.get(name) ?? open();
  opening.set(name, known);
  return known;
}

/** Ours, then its peers as they were asked for. */
async function engines(peers: readonly string[]): Promise<Engine[]> {
  return Promise.all(['webgpu', ...peers].map(engine));
}

const page: PageBench = {
  adapter: adapterText,
  async cases({ peers, workload: asked, rounds, patience }) {
    const workload = workloads.find(({ name }) => name === asked);
    if (!workload) return null;
    const opened = await engines(peers);
    return { ours: opened[0]!.name, results: await measureCases(workload, opened, { rounds, patience, settle: 0 }) };
  },
  submits: async ({ peers }) => countSteps(everything, await engines(peers)),
};

Object.assign(globalThis, { bench: page });
