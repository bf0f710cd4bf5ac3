import type { Backend } from '../backend.ts';
import type { DType, HostArray } from '../dtype.ts';
import type { Kernel, Launch } from '../kernel.ts';
import type { ScalarOpName } from '../scalar-ops.ts';
import type { Numerics } from './compare.ts';

/**
 * Executes a kernel on host arrays, inputs then outputs, and writes the outputs: the meaning that a backend is compared
 * with. Arrays that are the same object share memory.
 */
export type Reference = (kernel: Kernel, arrays: readonly HostArray[], launch: Launch) => void;

/** What the conformance suite needs to know about a backend. */
export interface ConformanceOptions {
  /** How the backend is called in test names. */
  readonly name: string;
  /** Makes the backend under test; it is disposed afterwards. */
  readonly create: () => Backend | Promise<Backend>;
  /** The interpreter: `interpret` of `@flambeau/backend-cpu`. */
  readonly reference: Reference;
  /** Seed of all random choices; printed with every failure. Default 1. */
  readonly seed?: number;
  /** Number of random kernels of each kind. Default 200. */
  readonly runs?: number;
  /** What the device does not do with floats at the edge of IEEE 754. Default: it does everything. */
  readonly numerics?: Partial<Numerics>;
  /** Errors of single operations that this device may make, in units of the last place of float32. */
  readonly ulps?: Readonly<Partial<Record<ScalarOpName, number>>>;
  /** Tests to leave out, by a part of their name, each with the reason that is printed. */
  readonly skip?: Readonly<Record<string, string>>;
}

/** Operations whose result is one certain value; the others may differ in the last places. */
const EXACT: ReadonlySet<ScalarOpName> = new Set<ScalarOpName>([
  'neg',
  'abs',
  'sign',
  'floor',
  'ceil',
  'round',
  'trunc',
  'sqrt',
  'reciprocal',
  'isnan',
  'signbit',
  'not',
  'add',
  'sub',
  'mul',
  'div',
  'floorDiv',
  'truncDiv',
  'remainder',
  'fmod',
  'max',
  'min',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'and',
  'or',
  'xor',
  'shiftLeft',
  'shiftRight',
  'where',
]);

/** Whether an operation must give the reference's value exactly, as long as no option says otherwise. */
export function isExact(name: ScalarOpName): boolean {
  return EXACT.has(name);
}

/** The error that an operation may make on a dtype (units of the last place of the output dtype). */
export function allowedUlps(name: ScalarOpName, dtype: DType, options: ConformanceOptions): number {
  const stated = options.ulps?.[name];
  if (stated === undefined && EXACT.has(name)) return 0;
  // A 16-bit result is computed in float32 and can only be rounded the other way.
  if (dtype === 'float16' || dtype === 'bfloat16') return 1;
  return stated ?? (dtype === 'float64' ? 2 : 4);
}
