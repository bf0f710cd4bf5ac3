import { deepStep } from './training.ts';
import type { Case, CaseWorkload } from './workload.ts';

/** Additions of so many numbers, one after the other, each to the sum before. */
export function adds(count: number, times = 1000): Case {
  return {
    name: `add of ${count}`,
    operation: 'adds',
    options: { times, compiled: false },
    inputs: [{ shape: [count] }, { shape: [count] }],
    figure: { unit: 'µs/op', amount: times },
    tolerance: 1e-6,
  };
}

/** What an operation costs beside its arithmetic. @param limit - Most additions, and layers. */
export function eagerWorkload(limit: number): CaseWorkload {
  const [times, depth] = [Math.min(1000, limit), Math.min(24, limit)];
  return {
    name: 'eager',
    title: 'many small operations, one by one',
    cases: [
      adds(16, times),
      adds(1000, times),
      deepStep('step of 24 layers 8×8', false, depth),
      deepStep('the same, jax-js compiled', true, depth),
    ],
  };
}
