import type { DType } from '../dtype.ts';
import type { Attribute } from '../kernel.ts';
import type { RoutineName } from '../routines.ts';
import type { Tolerance } from './compare.ts';
import { CaseBuilder, type KernelCase } from './kernel-case.ts';
import type { Laid } from './layouts.ts';

/** A routine on arrays that lie in any way; arrays that are one object are one buffer. */
export function routineCase(
  name: RoutineName,
  attributes: Readonly<Record<string, Attribute>>,
  inputs: readonly (readonly [DType, Laid])[],
  outputs: readonly (readonly [DType, Laid])[],
  tolerance?: Tolerance,
): KernelCase {
  const builder = new CaseBuilder();
  for (const [dtype, { array }] of inputs) builder.input(dtype, array);
  for (const [dtype, { array }] of outputs) builder.output(dtype, array, tolerance);
  return builder.routine(
    name,
    attributes,
    [...inputs, ...outputs].map(([, { view }]) => view),
  );
}
