import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomBits } from './philox.ts';

/** Philox2x32-10 in big integers: both output words. */
function philox(key: number, low: number, high: number): [number, number] {
  const mask = 0xffffffffn;
  let [a, b, k] = [BigInt(low), BigInt(high), BigInt(key)];
  for (let round = 0; round < 10; round++) {
    const product = a * 0xd256d193n;
    [a, b] = [(product >> 32n) ^ k ^ b, product & mask];
    k = (k + 0x9e3779b9n) & mask;
  }
  return [Number(a), Number(b)];
}

describe('randomBits', () => {
  it('has a model that gives the known answers of Random123', () => {
    expect(philox(0, 0, 0)).toEqual([0xff1dae59, 0x6cd10df2]);
    expect(philox(0xffffffff, 0xffffffff, 0xffffffff)).toEqual([0x2c3f628b, 0xab4fd7ad]);
    expect(philox(0x13198a2e, 0x243f6a88, 0x85a308d3)).toEqual([0xdd7ce038, 0xf62a4c12]);
  });

  it('agrees with the model under any key and counter, signed or unsigned', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (key, counter) => {
        const want = philox(key >>> 0, counter >>> 0, 0)[0] | 0;
        expect(randomBits(key, counter)).toBe(want);
        expect(randomBits(key >>> 0, counter >>> 0)).toBe(want);
      }),
      { numRuns: 1000 },
    );
  });

  it('spreads every bit evenly over counters', () => {
    const counts = new Array<number>(32).fill(0);
    const runs = 4096;
    for (let counter = 0; counter < runs; counter++) {
      const bits = randomBits(42, counter);
      for (let bit = 0; bit < 32; bit++) counts[bit] = (counts[bit] as number) + ((bits >>> bit) & 1);
    }
    for (const count of counts) expect(Math.abs(count - runs / 2)).toBeLessThan(4.5 * Math.sqrt(runs / 4));
  });
});
