import { describe, expect, it } from 'vitest';
import type { Engine } from './engines/engine.ts';
import { loopEngine } from './engines/loops.ts';
import { measure, WrongResult } from './measure.ts';
import { figureOf, recordOf, tableOf } from './report.ts';
import { matmul } from './workloads/matmul.ts';

const effort = { rounds: 3, sample: 0, warmUp: 0, settle: 0, patience: 60_000 };
const test = matmul(2, 3, 4);

/** Plain loops under another name, with some of what is set up replaced. */
function altered(name: string, change: (prepared: Awaited<ReturnType<Engine['prepare']>> & object) => object): Engine {
  const engine = loopEngine();
  return {
    ...engine,
    name,
    async prepare(...args) {
      const prepared = await engine.prepare(...args);
      if (!prepared) return null;
      const { result, time, close } = prepared;
      const bound = { result: result.bind(prepared), time: time.bind(prepared), close: close.bind(prepared) };
      return { ...bound, ...change(bound) };
    },
  };
}

/** Plain loops that write down when they are run, and say that it took that long. */
function spy(name: string, order: string[], milliseconds = 1): Engine {
  const time = async (): Promise<number> => {
    order.push(name);
    return milliseconds;
  };
  return altered(name, () => ({ time }));
}

describe('measure', () => {
  it('does not time an engine whose result is wrong', async () => {
    let timed = false;
    const wrong = altered('wrong', ({ result }) => ({
      result: async (runs: number) => (await result(runs))?.map((x) => x + 1) ?? null,
      time: async () => {
        timed = true;
        return 1;
      },
    }));
    await expect(measure(test, [loopEngine(), wrong], effort)).rejects.toThrow(WrongResult);
    expect(timed).toBe(false);
  });

  it('takes samples in turns', async () => {
    const order: string[] = [];
    await measure(test, [spy('a', order), spy('b', order)], effort);
    expect(order.slice(-2 * effort.rounds).join('')).toBe('ababab');
  });

  it('lets each engine run untimed before its samples', async () => {
    const order: string[] = [];
    const { measurements } = await measure(test, [spy('a', order), spy('b', order, 2)], { ...effort, settle: 1e-6 });
    expect(order.slice(-4 * effort.rounds).join('')).toBe('aabbaabbaabb');
    expect(measurements).toMatchObject([{ samples: [1, 1, 1] }, { samples: [2, 2, 2] }]);
  });

  it('goes on without a peer that fails, but not without ours', async () => {
    const failing = altered('broken', () => ({ result: () => Promise.reject(new Error('no kernel\nfor this')) }));
    const { measurements, failures } = await measure(test, [loopEngine(), failing], effort);
    expect(measurements.map(({ engine }) => engine)).toEqual(['loops']);
    expect(failures).toEqual([{ engine: 'broken', cannot: 'no kernel' }]);
    await expect(measure(test, [failing, loopEngine()], effort)).rejects.toThrow('no kernel');
  });

  it('does not wait for a peer that takes too long, but for ours', async () => {
    const slow = (name: string): Engine => altered(name, () => ({ time: async () => 61_000 }));
    const { measurements, failures } = await measure(test, [slow('ours'), slow('theirs')], effort);
    expect(measurements.map(({ engine }) => engine)).toEqual(['ours']);
    expect(failures).toEqual([{ engine: 'theirs', cannot: `${test.name}: a run takes 61.0 s` }]);
  });

  it('times a reference as if it were as much work', async () => {
    const steady = altered('ours', () => ({ time: async (runs: number) => runs }));
    const referred = { ...test, reference: matmul(4, 3, 4) };
    const { measurements } = await measure(referred, [steady], effort, 'larger');
    expect(measurements).toMatchObject([
      { engine: 'ours', median: 1 },
      { engine: 'larger', median: 0.5 },
    ]);
  });
});

describe('what is reported', () => {
  const workload = { name: 'mm', title: 'products', cases: [test] };
  const measurements = [
    { engine: 'ours', median: 2, samples: [2] },
    { engine: 'theirs', median: 5, samples: [5] },
  ];
  const results = [{ test, measurements, failures: [{ engine: 'third', cannot: 'no kernel' }] }];

  it('is work per time', () => {
    expect(figureOf({ unit: 'GFLOP/s', amount: 2e9 }, 1000)).toBe(2);
    expect(figureOf({ unit: 'µs/op', amount: 1000 }, 2)).toBe(2);
    expect(figureOf({ unit: 'steps/s', amount: 1 }, 20)).toBe(50);
  });

  it('says how many times faster we are, and who cannot and why', () => {
    const table = tableOf(workload, results, 'ours');
    expect(table).toContain('×2.5');
    expect(table).toContain('third cannot: no kernel');
  });

  it('is written as data too', () => {
    const record = recordOf(workload, results, 'ours');
    expect(record).toMatchObject({ cases: [{ engines: [{ ours: 1 }, { engine: 'theirs', ours: 2.5 }] }] });
  });
});
