import type { Engine } from '../engines/engine.ts';
import { countGpu, type GpuCounts } from '../gpu/counter.ts';
import { reasonOf } from '../measure.ts';
import { numbers } from '../numbers.ts';
import { leftOut, short, tableText } from '../report.ts';
import { trainingWorkloads } from './training.ts';
import type { Case, Findings, SpecialWorkload } from './workload.ts';

/** The training steps that are looked at; the transformer takes minutes on a software adapter. */
const networks = ['tiny', 'mlp', 'cnn'];

/** Steps that are counted. */
const counted = 2;
/** Steps before, until pipelines and pooled buffers are there: at most so many, and no more after so long (milliseconds). */
const before = { steps: 20, time: 3000 } as const;

const columns: readonly (readonly [keyof GpuCounts, string])[] = [
  ['submits', 'submits'],
  ['dispatches', 'dispatches'],
  ['uploaded', 'bytes up'],
  ['uniform', 'of them launches'],
  ['downloaded', 'bytes down'],
  ['bindGroups', 'bind groups'],
  ['buffers', 'buffers'],
  ['pipelines', 'pipelines'],
];

function countText(count: number): string {
  return Number.isInteger(count) ? String(count) : short(count);
}

/** What one step asks for, on average; null where the engine does not have it. */
async function perStep(test: Case, engine: Engine): Promise<GpuCounts | null> {
  const prepared = await engine.prepare(
    test,
    test.inputs.map((input, i) => numbers(input, i + 1)),
  );
  if (!prepared) return null;
  try {
    let time = 0;
    for (let done = 0; done < before.steps && time < before.time; done++) time += await prepared.time(1);
    const counts = await countGpu(async () => {
      await prepared.time(counted);
    });
    return Object.fromEntries(
      Object.entries(counts).map(([name, count]) => [name, count / counted]),
    ) as object as GpuCounts;
  } finally {
    prepared.close();
  }
}

/** What one training step of a network asks of WebGPU in an engine, or why it does not work. */
export interface StepCounts {
  readonly network: string;
  readonly engine: string;
  readonly counts?: GpuCounts;
  readonly cannot?: string;
}

/** Counts one training step of each network in each engine. @param limit - Largest extent (elements). */
export async function countSteps(limit: number, engines: readonly Engine[]): Promise<StepCounts[]> {
  const found: StepCounts[] = [];
  for (const { name: network, cases } of trainingWorkloads(limit).filter(({ name }) => networks.includes(name))) {
    for (const engine of engines) {
      try {
        const counts = await perStep(cases[0] as Case, engine);
        if (counts) found.push({ network, engine: engine.name, counts });
      } catch (error) {
        found.push({ network, engine: engine.name, cannot: reasonOf(error) });
      }
    }
  }
  return found;
}

const about = {
  name: 'submits',
  title: 'what one training step asks of WebGPU, counted at its interface for each engine alike',
} as const;

/** The counts as a table and as data. */
export function submitsFindings(found: readonly StepCounts[]): Findings {
  const rows = found.map(({ network, engine, counts }) => [
    `${network}, ${engine}`,
    ...columns.map(([key]) => (counts ? countText(counts[key]) : 'cannot')),
  ]);
  const notes = found.flatMap(({ network, engine, cannot }) =>
    cannot ? [`  ${engine} cannot: ${network}: ${cannot}`] : [],
  );
  const head = columns.map(([, title]) => title);
  const table = [tableText(about, head, rows), ...notes, ''].join('\n');
  const failed = found.filter(({ engine, cannot }) => cannot && engine.startsWith('flambeau')).length;
  return { table, record: { workload: about.name, steps: found }, failed };
}

/** What a training step asks of WebGPU in each engine. @param limit - Largest extent (elements). */
export function submitsWorkload(limit: number): SpecialWorkload {
  return {
    ...about,
    async run({ flags, engines }) {
      if (flags.device === 'webgpu') return submitsFindings(await countSteps(limit, await engines()));
      return leftOut(about, 'only WebGPU is asked for work in this way: --device webgpu');
    },
  };
}
