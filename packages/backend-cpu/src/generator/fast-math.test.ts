import { scalarOps } from '@flambeau/backend';
import { describe, expect, it } from 'vitest';
import { RandomKernel } from '../testing/random-kernel.ts';
import { erf32, exp32, log32, sigmoid32, tanh32 } from './fast-math.ts';

type Unary = (x: number) => number;

const cases: readonly (readonly [string, Unary, Unary, number, number])[] = [
  ['exp', exp32, Math.exp, -104, 89],
  ['tanh', tanh32, Math.tanh, -10, 10],
  ['tanh', tanh32, Math.tanh, -0.01, 0.01],
  ['sigmoid', sigmoid32, scalarOps.sigmoid.float as Unary, -80, 80],
  ['log', log32, Math.log, 0, 5],
  ['log', log32, Math.log, 0.98, 1.02],
  ['log', log32, Math.log, 0, 3e38],
  ['erf', erf32, scalarOps.erf.float as Unary, -4.2, 4.2],
  ['erf', erf32, scalarOps.erf.float as Unary, -0.1, 0.1],
];

describe('functions of float32 are exact to half a unit of the last place', () => {
  it.each(cases)('%s', (_, fast, exact, low, high) => {
    const random = new RandomKernel(11);
    for (let i = 0; i < 20_000; i++) {
      const x = Math.fround(low + (high - low) * random.next());
      const want = exact(x);
      expect(Math.abs(fast(x) - want)).toBeLessThanOrEqual(Math.abs(want) * 2.5e-8);
    }
  });

  it.each([
    ['exp', exp32, Math.exp],
    ['tanh', tanh32, Math.tanh],
    ['log', log32, Math.log],
    ['erf', erf32, scalarOps.erf.float as Unary],
    ['sigmoid', sigmoid32, scalarOps.sigmoid.float as Unary],
  ] as const)('%s at the ends of the line', (_, fast, exact) => {
    const ends = [0, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-40, -1e-40, 3.4e38, -3.4e38];
    for (const x of [...ends, 200, -200, 1e-20]) {
      expect(Math.fround(fast(x)), String(x)).toBe(Math.fround(exact(x)));
    }
  });

  it('keep the sign of zero', () => {
    expect(Object.is(tanh32(-0), -0)).toBe(true);
    expect(Object.is(erf32(-0), -0)).toBe(true);
    expect(Object.is(log32(1), 0)).toBe(true);
  });
});
