import { fromArray, memoryStats, setDefaultDevice } from 'flambeau';
import { deviceTitle, openDevice } from '../engines/devices.ts';
import { trainingStep } from '../engines/flambeau-training.ts';
import { type Recipe, recipeOf } from '../engines/recipes.ts';
import { numbers } from '../numbers.ts';
import { tableText } from '../report.ts';
import { mlpStep } from './training.ts';
import type { SpecialWorkload } from './workload.ts';

/** What is held after so many steps. */
interface Reading {
  readonly steps: number;
  readonly buffers: number;
  /** Bytes in live buffers of the device, the largest so far, and those kept for reuse. */
  readonly bytes: number;
  readonly peakBytes: number;
  readonly pooledBytes: number;
  /** Bytes of this process in memory. */
  readonly rss: number;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function table(title: string, readings: readonly Reading[]): string {
  const head = ['buffers', 'device MB', 'peak MB', 'pooled MB', 'rss MB'];
  const rows = readings.map(({ steps, buffers, bytes, peakBytes, pooledBytes, rss }) => [
    String(steps),
    String(buffers),
    ...[bytes, peakBytes, pooledBytes, rss].map(megabytes),
  ]);
  return tableText({ name: 'steps', title }, head, rows);
}

/**
 * Whether memory grows where nobody frees anything.
 *
 * @param limit - Largest extent of the network (elements).
 */
export function memoryWorkload(limit: number): SpecialWorkload {
  return {
    name: 'mem',
    title: 'memory after steps of mlp in an async loop without scopes',
    async run({ flags }) {
      const device = await openDevice(flags.device, flags);
      setDefaultDevice(device);
      const test = mlpStep(limit);
      const inputs = test.inputs.map((input, i) => {
        const data = numbers(input, i + 1);
        return fromArray(input.classes === undefined ? data : Int32Array.from(data), input.shape);
      });
      const step = trainingStep(recipeOf(test.operation) as Recipe, inputs);
      const last = flags.steps;
      const marks = new Set([100, 1000, 10_000, last].filter((mark) => mark <= last));
      const readings: Reading[] = [];
      for (let steps = 1; steps <= last; steps++) {
        const loss = step();
        await loss.item();
        if (!marks.has(steps)) continue;
        readings.push({ steps, ...memoryStats(device), rss: process.memoryUsage().rss });
      }
      const title = `${this.title}, ${deviceTitle(flags.device, flags)}`;
      return { table: `${table(title, readings)}\n`, record: { workload: this.name, readings } };
    },
  };
}
