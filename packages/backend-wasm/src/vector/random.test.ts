import { randomBits } from '@flambeau/backend';
import { expect, it } from 'vitest';
import { emitConstant, emitRandom } from './index.ts';
import { runVector } from './testing/run-vector.ts';
import { Random } from './testing/values.ts';

it('random bits are those of the contract', () => {
  const random = new Random(3);
  const edges = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 12345];
  const keys = [...edges.flatMap((key) => edges.map(() => key)), ...Array.from({ length: 1000 }, () => random.bits())];
  const counters = [...edges.flatMap(() => edges), ...Array.from({ length: 1000 }, () => random.bits())];
  const got = runVector(
    [
      { dtype: 'int32', values: keys },
      { dtype: 'int32', values: counters },
    ],
    'int32',
    (e, key, counter) => emitRandom(e, key, counter ?? key),
  );
  expect(Array.from(got as Int32Array)).toEqual(keys.map((key, i) => randomBits(key, counters[i] as number)));
});

it('a key may be a constant', () => {
  const counters = Array.from({ length: 64 }, (_, i) => i);
  const got = runVector([{ dtype: 'int32', values: counters }], 'int32', (e, counter) =>
    emitRandom(e, emitConstant(e, -77, 'int32'), counter),
  );
  expect(Array.from(got as Int32Array)).toEqual(counters.map((counter) => randomBits(-77, counter)));
});
