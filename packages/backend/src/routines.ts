import type { Attribute, RoutineKernel } from './kernel.ts';
import { type Shape, sameShape } from './view.ts';

/**
 * The routines that every backend offers, with their operands.
 *
 * | name | inputs | outputs | attributes |
 * |---|---|---|---|
 * | `scatter` | index (int32), source (same shape as index) | target, updated in place | `dim`; `reduce`: `set`, `sum`, `prod`, `max` or `min` |
 * | `cumulate` | x | out, same shape | `dim`; `op`: `sum` or `prod` |
 * | `sort` | x | values, indices (int32), same shapes | `dim`, `descending`; always stable, NaN counts as largest |
 * | `nonzero` | x | coordinates (int32) `[capacity, rank]`, count (int32) `[1]` | |
 *
 * `scatter` adds `source[i]` at `target[i₀ … index[i] … iₙ]`, in row-major order of `i`, so that duplicates are deterministic; an index outside the
 * axis is ignored. `nonzero` lists positions in row-major order and leaves rows beyond the count as they were; positions beyond the capacity are
 * counted and not listed. `dim` counts from the front and needs a rank of at least 1. No operand has bounds, and outputs are disjoint from inputs.
 * `sum` and `prod` wrap on integers and refuse bool; `max` and `min` let NaN win.
 */
export type RoutineName = 'scatter' | 'cumulate' | 'sort' | 'nonzero';

/** What a routine's operands must look like. */
export interface RoutineSignature {
  readonly inputs: number;
  readonly outputs: number;
  readonly attributes: Readonly<Record<string, readonly Attribute[] | 'number' | 'boolean'>>;
}

/** Signatures by name; the verifier checks kernels against them. */
export const routines: Readonly<Record<RoutineName, RoutineSignature>> = {
  scatter: { inputs: 2, outputs: 1, attributes: { dim: 'number', reduce: ['set', 'sum', 'prod', 'max', 'min'] } },
  cumulate: { inputs: 1, outputs: 1, attributes: { dim: 'number', op: ['sum', 'prod'] } },
  sort: { inputs: 1, outputs: 2, attributes: { dim: 'number', descending: 'boolean' } },
  nonzero: { inputs: 1, outputs: 2, attributes: {} },
};

/** What is wrong with the dtypes of a routine whose operands and attributes are as its signature wants, or null. */
export function routineDTypeProblem({ name, inputs, outputs, attributes }: RoutineKernel): string | null {
  const x = name === 'scatter' ? inputs[1] : inputs[0];
  if (name === 'scatter' && inputs[0] !== 'int32') return `the index of 'scatter' must be int32; got ${inputs[0]}.`;
  if (name !== 'nonzero' && x !== outputs[0]) return `'${name}' of ${x} cannot give ${outputs[0]}.`;
  const positions = name === 'sort' ? outputs.slice(1) : name === 'nonzero' ? outputs : [];
  for (const dtype of positions) if (dtype !== 'int32') return `positions of '${name}' must be int32; got ${dtype}.`;
  const fold = attributes.reduce ?? attributes.op;
  if (x === 'bool' && (fold === 'sum' || fold === 'prod'))
    return `'${name}' with ${fold} does not accept bool. Cast first.`;
  return null;
}

/** What is wrong with the shapes of a routine's operands, or null. */
export function routineShapeProblem({ name, attributes }: RoutineKernel, shapes: readonly Shape[]): string | null {
  const first = shapes[0] as Shape;
  const last = shapes.at(-1) as Shape;
  if (name === 'nonzero') {
    const coordinates = shapes[1] as Shape;
    const fits = coordinates.length === 2 && coordinates[1] === first.length && sameShape(last, [1]);
    return fits
      ? null
      : `'nonzero' of [${first}] needs outputs [capacity, ${first.length}] and [1]; got [${coordinates}] and [${last}].`;
  }
  const dim = attributes.dim as number;
  if (!Number.isInteger(dim) || dim < 0 || dim >= first.length) return `dim ${dim} is not an axis of [${first}].`;
  const equal = name === 'scatter' ? shapes.slice(0, 2) : shapes;
  if (!equal.every((shape) => sameShape(shape, first))) {
    return `operands of '${name}' must have one shape; got [${equal.join('], [')}].`;
  }
  if (name === 'scatter') {
    const fits =
      last.length === first.length && first.every((size, axis) => axis === dim || size <= (last[axis] as number));
    if (!fits) return `the target [${last}] of 'scatter' must hold [${first}] but along dim ${dim}.`;
  }
  return null;
}
