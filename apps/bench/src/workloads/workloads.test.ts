import { describe, expect, it } from 'vitest';
import { deviceEngine } from '../engines/devices.ts';
import type { Engine } from '../engines/engine.ts';
import { jaxEngine } from '../engines/jax.ts';
import { loopEngine } from '../engines/loops.ts';
import { tfjsEngine } from '../engines/tfjs.ts';
import { parseFlags } from '../flags.ts';
import { measure } from '../measure.ts';
import { workloads, workloadsUpTo } from './index.ts';

const effort = { rounds: 1, sample: 0, warmUp: 0, settle: 0, patience: 60_000 };
const small = workloadsUpTo(8);
const cases = small.flatMap((workload) =>
  'cases' in workload && !workload.engines
    ? workload.cases.map((test) => [`${workload.name}: ${test.name}`, test] as const)
    : [],
);
const engines: Promise<Engine[]> = Promise.all([
  deviceEngine('cpu', { threads: 1 }),
  loopEngine(),
  tfjsEngine('wasm'),
  tfjsEngine('cpu'),
  jaxEngine('wasm'),
]);

const noEngines = async (): Promise<Engine[]> => [];

describe('every case, in small', () => {
  it.each(cases)(
    '%s gives the same here and elsewhere',
    async (_, test) => {
      const { measurements, failures } = await measure(test, await engines, effort);
      const names = measurements.map(({ engine }) => engine);
      expect(names).toEqual(expect.arrayContaining(['flambeau cpu', 'tfjs cpu', 'jax-js wasm']));
      for (const { engine, cannot } of failures) expect(`${engine}: ${cannot}`).toMatch(/^tfjs wasm: Kernel/);
    },
    60_000,
  );
});

describe('the workload', () => {
  it('roof gives a figure for each kind of loop', async () => {
    const roof = small.find(({ name }) => name === 'roof');
    const { record } = (await (roof &&
      'run' in roof &&
      roof.run({ flags: parseFlags(['--rounds', '1']), engines: noEngines }))) as {
      record: { loops: { figure: number }[] };
    };
    for (const { figure } of record.loops) expect(figure).toBeGreaterThan(0);
  });

  it('mem reads memory at its marks and at the end', async () => {
    const mem = small.find(({ name }) => name === 'mem');
    const { record, table } = (await (mem &&
      'run' in mem &&
      mem.run({ flags: parseFlags(['--device', 'cpu', '--steps', '110']), engines: noEngines }))) as {
      table: string;
      record: { readings: { steps: number; bytes: number }[] };
    };
    expect(record.readings.map(({ steps }) => steps)).toEqual([100, 110]);
    expect(record.readings[0]?.bytes).toBeGreaterThan(0);
    expect(table).toContain('110');
  });

  it('threads is left out where there are none', async () => {
    const threads = small.find(({ name }) => name === 'threads');
    expect(await (threads && 'cases' in threads && threads.engines?.(parseFlags(['--device', 'cpu'])))).toContain(
      '--device wasm',
    );
  });

  it('names are those of BENCH', () => {
    const names = ['mm', 'mm-odd', 'conv', 'map', 'red', 'eager', 'tiny', 'mlp', 'cnn', 'gpt', 'start', 'mem', 'roof'];
    expect(workloads.map(({ name }) => name).sort()).toEqual([...names, 'threads', 'submits'].sort());
  });
});
