import type { OpSample } from './cases.ts';
import type { ReadTensor } from './compare.ts';
import { type GoldenTensor, toNumbers } from './tensor.ts';

interface Excuse {
  /** Elements of the output of the sample `special`. */
  readonly elements: readonly number[];
  readonly reason: string;
}

const overflow =
  "1e30 by 1e-30: 1.13's vector kernel overflows in the quotient and answers NaN; the remainder itself is finite";

/** Single elements of edge-value samples whose reference is an accident of PyTorch's build. */
const excuses: Readonly<Record<string, Excuse>> = {
  floor_divide: { elements: [131], reason: overflow },
  remainder: { elements: [131], reason: overflow },
  fmod: { elements: [131], reason: overflow },
  __rmod__: { elements: [142], reason: overflow },
};

/** The result, with the reference's value at excused elements. */
export function excused(op: string, sample: OpSample, got: ReadTensor, expected: GoldenTensor): ReadTensor {
  const excuse = sample.sample === 'special' ? excuses[op] : undefined;
  if (!excuse) return got;
  const reference = toNumbers(expected.dtype, expected.data);
  const data = toNumbers(got.dtype, got.data).map((x, i) =>
    excuse.elements.includes(i) ? (reference[i] as number) : x,
  );
  return { ...got, data };
}

/** The excuses among the given ops, for the runner's summary. */
export function excuseList(ops: ReadonlySet<string>): readonly string[] {
  const given = Object.entries(excuses).filter(([op]) => ops.has(op));
  return given.map(([op, { elements, reason }]) => `${op} special [${elements.join(', ')}]: ${reason}`);
}
