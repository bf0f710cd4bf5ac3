import type { Engine, OperationName, OperationOptions } from '../engines/engine.ts';
import type { Flags } from '../flags.ts';

/** What a median time is turned into for a table. */
export interface Figure {
  readonly unit: 'GFLOP/s' | 'GB/s' | 'µs/op' | 'steps/s';
  /** Operations, bytes or steps of one run. */
  readonly amount: number;
}

/** An array that an operation works on. */
export interface Input {
  readonly shape: readonly number[];
  /** Half of the range of its numbers; 2 when absent. */
  readonly scale?: number;
  /** Middle of the range of its numbers; 0 when absent. */
  readonly offset?: number;
  /** Its numbers are integers from 0 up to this one, which is not among them. */
  readonly classes?: number;
}

/** One measured operation. */
export interface Case {
  readonly name: string;
  readonly operation: OperationName;
  readonly options?: OperationOptions;
  readonly inputs: readonly Input[];
  /** How often the operation runs before results are compared, for those that change what they work on; 1 if absent. */
  readonly settle?: number;
  readonly figure: Figure;
  /** How many times the usual warm-up it takes until each library's memory has come round; 1 if absent. */
  readonly warmUps?: number;
  /** Largest allowed difference between engines, relative to the largest value. */
  readonly tolerance: number;
  /** Other work of ours that is timed in turns with this, as if it were as much: what this should come close to. */
  readonly reference?: Case;
}

/** What a workload that measures in its own way found. */
export interface Findings {
  readonly table: string;
  readonly record: object;
  /** Cases that could not be measured; 0 when absent. */
  readonly failed?: number;
}

/** A named group of measurements; one table. */
export interface Workload {
  readonly name: string;
  readonly title: string;
}

/** Operations that are timed in all engines. */
export interface CaseWorkload extends Workload {
  readonly cases: readonly Case[];
  /** What the cases' reference is called in the table. */
  readonly reference?: string;
  /** Engines of its own, the first being ours; those of the command line when absent, nothing where it cannot run. */
  readonly engines?: (flags: Flags) => Promise<readonly Engine[] | string>;
}

/** What the command line asks for, and its engines, ours first. */
export interface Setting {
  readonly flags: Flags;
  engines(): Promise<readonly Engine[]>;
}

/** A workload that measures in its own way. */
export interface SpecialWorkload extends Workload {
  run(setting: Setting): Promise<Findings>;
}

/** Bytes of `count` float32 numbers. */
export function floats(count: number): number {
  return 4 * count;
}
