import type { OperationName } from '../engines/engine.ts';
import { type Case, type CaseWorkload, floats } from './workload.ts';

const operations: readonly (readonly [operation: OperationName, arity: number, name?: string])[] = [
  ['add', 2],
  ['mulAdd', 3, 'x·y+z'],
  ['chain', 2, '8-op chain'],
  ['exp', 1],
  ['tanh', 1],
  ['gelu', 1],
  ['sigmoid', 1],
  ['div', 2, 'division'],
  ['minimum', 2],
];

/** The element-wise operations on so many numbers. */
export function maps(count: number): Case[] {
  return operations.map(([operation, arity, name = operation]) => ({
    name: `${name}, ${count.toExponential().replace('+', '')}`,
    operation,
    inputs: new Array(arity).fill({ shape: [count] }),
    figure: { unit: 'GB/s', amount: floats(count * (arity + 1)) },
    tolerance: 1e-5,
  }));
}

/** Element-wise operations. @param limit - Largest count divided by 1000. */
export function mapWorkload(limit: number): CaseWorkload {
  return {
    name: 'map',
    title: 'element-wise operations on float32',
    cases: [1e6, 1e7].flatMap((count) => maps(Math.min(count, 1000 * limit))),
  };
}
