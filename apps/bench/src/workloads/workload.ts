import type { OperationName, OperationOptions } from '../engines/engine.ts';

/** What a median time is turned into for a table. */
export interface Figure {
  readonly unit: 'GFLOP/s' | 'GB/s' | 'µs/op' | 'steps/s';
  /** Operations, bytes or steps of one run. */
  readonly amount: number;
}

/** One measured operation. */
export interface Case {
  readonly name: string;
  readonly operation: OperationName;
  readonly options?: OperationOptions;
  readonly inputs: readonly (readonly number[])[];
  /** How often the operation runs before results are compared, for those that change what they work on; 1 if absent. */
  readonly settle?: number;
  /** How often the operation runs in one timed sample; 1 if absent. */
  readonly repeat?: number;
  readonly figure: Figure;
  /** Largest allowed difference between engines, relative to the largest value. */
  readonly tolerance: number;
}

/** A named group of cases; one table. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly cases: readonly Case[];
}

/** Bytes of `count` float32 numbers. */
export function floats(count: number): number {
  return 4 * count;
}
