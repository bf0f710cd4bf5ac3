import { cpu } from '@flambeau/backend-cpu';
import { describe, expect, it } from 'vitest';
import type { Engine } from './engines/engine.ts';
import { flambeauEngine } from './engines/flambeau.ts';
import { handEngine } from './engines/hand.ts';
import { kernelEngine } from './engines/kernels.ts';
import { difference, measure, median, numbers, WrongResult } from './measure.ts';
import { figureOf, tableOf } from './report.ts';
import { workloads } from './workloads/index.ts';
import type { Case } from './workloads/workload.ts';

const effort = { rounds: 3, sample: 0, warmUp: 0 };

/** A workload's case with every extent cut to at most 6. */
function small(test: Case): Case {
  return { ...test, inputs: test.inputs.map((shape) => shape.map((extent) => Math.min(extent, 6))), repeat: 2 };
}

const cases = workloads.flatMap((workload) =>
  workload.cases.map((test) => [`${workload.name}: ${test.name}`, test] as const),
);

describe('every case', () => {
  it.each(cases)('%s runs through tensors and agrees with kernels and plain loops', async (_, test) => {
    const engines = [flambeauEngine('cpu'), kernelEngine(cpu()), handEngine()] as Engine[];
    const found = await measure(small(test), engines, effort);
    expect(found[0]?.engine).toBe('flambeau');
    for (const one of found) expect(one.samples).toHaveLength(effort.rounds);
  });
});

describe('measure', () => {
  const [, test] = cases.find(([name]) => name.startsWith('map: add')) as readonly [string, Case];

  it('does not time an engine whose result is wrong', async () => {
    const right = handEngine() as Engine;
    const wrong: Engine = {
      ...right,
      name: 'wrong',
      read: async (value) => (await right.read(value)).map((x) => x + 1),
    };
    await expect(measure(small(test), [right, wrong], effort)).rejects.toThrow(WrongResult);
  });

  it('takes samples in turns', async () => {
    const order: string[] = [];
    const spy = (name: string): Engine => {
      const engine = handEngine() as Engine;
      return { ...engine, name, wait: async () => void order.push(name) };
    };
    await measure({ ...small(test), repeat: 1 }, [spy('a'), spy('b')], effort);
    const timed = order.slice(-2 * effort.rounds).join('');
    expect(timed).toBe('ababab');
  });
});

describe('what is reported', () => {
  it('is the middle sample', () => {
    expect(median([5, 1, 9])).toBe(5);
  });

  it('is work per time', () => {
    expect(figureOf({ unit: 'GFLOP/s', amount: 2e9 }, 1000)).toBe(2);
    expect(figureOf({ unit: 'µs/op', amount: 1000 }, 2)).toBe(2);
  });

  it('says how many times faster we are', () => {
    const workload = workloads[0] as (typeof workloads)[number];
    const measurements = [
      { engine: 'ours', median: 2, samples: [2] },
      { engine: 'theirs', median: 5, samples: [5] },
    ];
    const results = [{ test: workload.cases[0] as Case, measurements }];
    expect(tableOf(workload, results, 'ours')).toContain('×2.5');
  });

  it('rests on the same numbers in every run', () => {
    expect(numbers(3, 1)).toEqual(numbers(3, 1));
    expect(difference(Float32Array.of(1, 2), Float32Array.of(1, 2))).toBe(0);
    expect(difference(Float32Array.of(1, Number.NaN), Float32Array.of(1, 2))).toBe(Number.POSITIVE_INFINITY);
  });
});
