import { describe, expect, it } from 'vitest';
import { deviceEngine } from '../engines/devices.ts';
import type { Engine } from '../engines/engine.ts';
import { jaxEngine } from '../engines/jax.ts';
import { tfjsEngine } from '../engines/tfjs.ts';
import { adapterText } from '../gpu/open.ts';
import { measure } from '../measure.ts';
import { convWorkload } from './conv.ts';
import { matmulWorkload } from './matmul.ts';
import { countSteps } from './submits.ts';
import { trainingWorkloads } from './training.ts';

const effort = { rounds: 1, sample: 0, warmUp: 0, settle: 0, patience: 60_000 };
/** Not all of them: a GPU in software compiles a second for each. */
const small = [matmulWorkload(8), convWorkload(8), ...trainingWorkloads(8)];
const cases = small.flatMap(({ name, cases: all }) =>
  all.slice(0, 2).map((test) => [`${name}: ${test.name}`, test] as const),
);
/** The suite says loudly where there is no adapter. */
const adapter = await adapterText().catch(() => undefined);
const engines: Engine[] = adapter
  ? await Promise.all([deviceEngine('webgpu', { threads: 1 }), tfjsEngine('webgpu'), jaxEngine('webgpu')])
  : [];

describe.skipIf(!adapter)('on WebGPU', () => {
  it.each(cases)(
    '%s, in small, gives the same in every engine',
    async (_, test) => {
      const { measurements, failures } = await measure(test, engines, effort);
      expect(failures).toEqual([]);
      const found = measurements.map(({ engine }) => engine);
      expect(found).toEqual(expect.arrayContaining(engines.map(({ name }) => name)));
    },
    120_000,
  );

  it('a training step of ours is submitted as a whole', async () => {
    const counted = (await countSteps(8, engines)).filter(({ engine }) => engine === 'flambeau webgpu');
    expect(counted.map(({ network }) => network)).toEqual(['tiny', 'mlp', 'cnn']);
    for (const { counts } of counted) {
      expect(counts?.submits).toBeLessThanOrEqual(2);
      expect(counts?.dispatches).toBeGreaterThan(10);
      expect(counts).toMatchObject({ downloaded: 4, pipelines: 0 });
    }
  }, 120_000);
});
