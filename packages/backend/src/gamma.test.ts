import { describe, expect, it } from 'vitest';
import { ulp } from './conformance/compare.ts';
import { digamma, lgamma, trigamma } from './gamma.ts';
import { specialSamples } from './special-samples.ts';

const { POSITIVE_INFINITY: infinity, NEGATIVE_INFINITY: minusInfinity, NaN: nan } = Number;

describe.each([
  ['lgamma', lgamma],
  ['digamma', digamma],
  ['trigamma', trigamma],
] as const)('%s', (name, f) => {
  const samples = specialSamples[name] ?? [];

  it('is within 4 ulp of mpmath', () => {
    expect(samples.length).toBeGreaterThan(40);
    for (const [x, value, rest] of samples) {
      // Beside a zero at negative x, 4 ulp of 1 is what an argument in float64 can give.
      const unit = ulp('float64', x < 0 ? Math.max(1, Math.abs(value)) : value);
      expect(Math.abs(f(x) - value - rest) / unit, `at ${x}`).toBeLessThanOrEqual(4);
    }
  });
});

describe('limits', () => {
  it.each([
    [lgamma, 1, 0],
    [lgamma, 2, 0],
    [lgamma, 0, infinity],
    [lgamma, -0, infinity],
    [lgamma, -3, infinity],
    [lgamma, infinity, infinity],
    [lgamma, minusInfinity, infinity],
    [lgamma, nan, nan],
    [digamma, 0, minusInfinity],
    [digamma, -0, infinity],
    [digamma, -2, nan],
    [digamma, minusInfinity, nan],
    [digamma, infinity, infinity],
    [digamma, nan, nan],
    [trigamma, 0, infinity],
    [trigamma, -4, infinity],
    [trigamma, infinity, 0],
    [trigamma, minusInfinity, nan],
    [trigamma, nan, nan],
  ] as const)('%o at %d is %d', (f, x, y) => {
    expect(f(x)).toBe(y);
  });

  it('follow from one another by differences', () => {
    for (let x = 0.3; x < 12; x += 0.171) {
      const h = 1e-5;
      expect((lgamma(x + h) - lgamma(x - h)) / (2 * h)).toBeCloseTo(digamma(x), 4);
      expect((digamma(x + h) - digamma(x - h)) / (2 * h)).toBeCloseTo(trigamma(x), 4);
      expect(lgamma(x + 1)).toBeCloseTo(lgamma(x) + Math.log(x), 12);
    }
  });
});
