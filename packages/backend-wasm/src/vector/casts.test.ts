import { castValue, computeDType, type DType, dtypeNames, type Value } from '@flambeau/backend';
import { describe, expect, it } from 'vitest';
import { emitCast, emitConstant } from './index.ts';
import { difference } from './testing/compare.ts';
import { arrayOf, engineFeatures, runVector } from './testing/run-vector.ts';
import { edgeValues, Random, randomValues } from './testing/values.ts';

/** Edges of the source and of the target, alone and among ordinary values, and random values. */
function samples(from: DType, to: DType): Value[] {
  const edges = [...edgeValues(from), ...edgeValues(to).map((value) => castValue(value, from))];
  const random = new Random(from.length + 16 * to.length);
  const apart = edges.flatMap((value) => [castValue(3, from), value, castValue(-2.75, from), castValue(1, from)]);
  const ordinary = randomValues(from, 3000, random, [-300, 300]);
  return [...edges, ...new Array<Value>(4 - (edges.length % 4)).fill(castValue(0, from)), ...apart, ...ordinary].concat(
    randomValues(from, 3000, random),
  );
}

const cases = engineFeatures().flatMap((features) => dtypeNames.map((from) => ({ from, ...features })));

describe.each(cases)('from $from, relaxed: $relaxed', ({ from, relaxed }) => {
  it.each(dtypeNames)('to %s', (to) => {
    const values = samples(from, to);
    // The rounding of a cast must not be left to the store, which is of the compute dtype.
    const stored = computeDType(to);
    const want = arrayOf({ dtype: stored, values: values.map((value) => castValue(value, to)) });
    const got = runVector([{ dtype: from, values }], stored, (e, arg) => emitCast(e, arg, to), { relaxed });
    expect(difference(stored, got, want, 0, [values])).toBeNull();
  });

  it.each(dtypeNames)('constants to %s', (to) => {
    for (const value of edgeValues(from)) {
      const got = runVector([{ dtype: 'bool', values: [0, 0, 0, 0] }], computeDType(to), (e) =>
        emitCast(e, emitConstant(e, value, from), to),
      );
      const want = arrayOf({ dtype: computeDType(to), values: new Array<Value>(4).fill(castValue(value, to)) });
      expect(difference(computeDType(to), got, want, 0, [[value, value, value, value]])).toBeNull();
    }
  });
});
