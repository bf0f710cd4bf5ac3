import { randomBits } from '@flambeau/backend';
import { expect, it } from 'vitest';
import { RandomKernel } from '../testing/random-kernel.ts';
import { fastRandomBits } from './philox.ts';

it('gives the bits of the contract', () => {
  const random = new RandomKernel(5);
  const word = (): number => (random.next() * 2 ** 32) | 0;
  for (let i = 0; i < 10_000; i++) {
    const [key, counter] = [word(), i < 100 ? i : word()];
    expect(fastRandomBits(key, counter)).toBe(randomBits(key, counter));
  }
});
