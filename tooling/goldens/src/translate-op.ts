import type { OpSample } from './cases.ts';
import { type OpRow, opTable } from './op-table.ts';
import { bind, camelCase } from './signature.ts';
import type { GoldenValue } from './values.ts';

/** A call as Flambeau would write it; its values are still plain data. */
export interface TranslatedCall {
  /** Path of the function, e.g. `sum` or `linalg.norm`. */
  readonly name: string;
  readonly property: boolean;
  /** The input first. */
  readonly positional: ReadonlyArray<GoldenValue | undefined>;
  readonly options: Readonly<Record<string, GoldenValue>>;
  /** Seed to set before the call. */
  readonly seed: number | undefined;
  /** Paths whose recorded gradient does not count. */
  readonly withoutGradient: readonly string[];
}

function rowOf(op: string): OpRow {
  const row = opTable[op] ?? opTable[op.split('/')[0] ?? op] ?? {};
  return typeof row === 'string' ? { signature: row } : row;
}

/** Flambeau's name of a PyTorch op: `nn.functional.leaky_relu` → `leakyRelu`, `linalg.vector_norm` → `linalg.vectorNorm`. */
export function flambeauName(op: string): string {
  const base = (op.split('/')[0] ?? op).replace(/^nn\.functional\./, '');
  return rowOf(op).call ?? base.split('.').map(camelCase).join('.');
}

/**
 * Translates a recorded call.
 *
 * @throws {Error} An argument has no place in the op's signature.
 */
export function translateOp(op: string, sample: Pick<OpSample, 'input' | 'args' | 'kwargs'>): TranslatedCall {
  const row = rowOf(op);
  const python = { args: [sample.input, ...sample.args], kwargs: sample.kwargs };
  const call = row.adapt ? row.adapt(python) : python;
  const { positional, options } = bind(row.signature, call.args, call.kwargs);
  return {
    name: flambeauName(op),
    property: row.property ?? false,
    positional,
    options,
    seed: row.seed,
    withoutGradient: row.withoutGradient ?? [],
  };
}
