import { deviceEngine } from '../engines/devices.ts';
import { convWorkload } from './conv.ts';
import { adds } from './eager.ts';
import { maps } from './map.ts';
import { matmul } from './matmul.ts';
import { deepStep, tinyStep } from './training.ts';
import type { Case, CaseWorkload } from './workload.ts';

function withoutReference({ reference: _, ...test }: Case): Case {
  return test;
}

/** What a second thread brings, and what it costs where there is nothing to share. */
export function threadsWorkload(limit: number): CaseWorkload {
  const size = Math.min(1024, limit);
  return {
    name: 'threads',
    title: 'ours on several threads against ours on one',
    cases: [
      matmul(size, size, size),
      ...maps(Math.min(1e6, 1000 * limit)),
      ...convWorkload(limit).cases.map(withoutReference),
      { ...tinyStep(), name: 'tiny' },
      adds(16),
      deepStep('step of 24 layers 8×8', false),
    ],
    async engines({ device, threads }) {
      if (device !== 'wasm') return 'only wasm has threads: --device wasm';
      const several = await deviceEngine(device, { threads: Math.max(2, threads) });
      return [several, await deviceEngine(device, { threads: 1 })];
    },
  };
}
