import { fromFloat16Bits, toFloat16Bits } from '@flambeau/backend';
import { expect, it } from 'vitest';
import { RandomKernel } from '../testing/random-kernel.ts';
import { float16BitsOf32 } from './half.ts';

it('keeps every float16', () => {
  for (let bits = 0; bits < 65536; bits++) {
    const value = fromFloat16Bits(bits);
    if (value === value) expect(float16BitsOf32(value)).toBe(bits);
  }
});

it('rounds as the contract does, also halfway, at the ends and for NaN', () => {
  const random = new RandomKernel(3);
  const ends = [65504, 65519.99, 65520, 65536, 1e30, 2 ** -25, 2 ** -25 * 1.001, 2 ** -14, 2 ** -26];
  const cases = [...ends, ...ends.map((x) => -x), Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < 20_000; i++) {
    const between = (fromFloat16Bits(i) + fromFloat16Bits(i + 1)) / 2;
    cases.push(between, (random.next() - 0.5) * 2 ** (random.below(60) - 40));
  }
  for (const x of cases.map(Math.fround)) expect(float16BitsOf32(x), String(x)).toBe(toFloat16Bits(x));
});
