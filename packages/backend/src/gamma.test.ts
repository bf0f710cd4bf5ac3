import { describe, expect, it } from 'vitest';
import { ulp } from './conformance/compare.ts';
import { digamma, lgamma, polygamma, trigamma } from './gamma.ts';
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

  it('of higher order follow their recurrence, also across the line where reflection takes over', () => {
    for (const n of [2, 3, 4, 7]) {
      let factorial = 1;
      for (let k = 2; k <= n; k++) factorial *= k;
      for (const x of [-40.3, -12.7, -12.2, -11.6, -3.25, 0.4, 5.5]) {
        const step = ((n % 2 === 0 ? 1 : -1) * factorial) / x ** (n + 1);
        const next = polygamma(n, x + 1);
        expect(Math.abs(polygamma(n, x) + step - next) / Math.max(Math.abs(next), 1e-3)).toBeLessThan(1e-9);
      }
    }
  });

  it('of even order are those of the reflected argument at halves', () => {
    expect(polygamma(10, -88.5)).toBe(polygamma(10, 89.5));
  });

  it('of any order end at once, however far the argument', () => {
    expect(polygamma(2, -1e9 - 0.25)).toBeCloseTo(polygamma(2, -100.25), 3);
    expect(polygamma(2, -1e300)).toBeNaN();
    expect(polygamma(1e300, 1.5)).toBeNaN();
    expect(polygamma(2, 1e300)).toBeCloseTo(0, 12);
  });
});
