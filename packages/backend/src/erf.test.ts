import { describe, expect, it } from 'vitest';
import { ulp } from './conformance/compare.ts';
import { erf, erfc, erfinv } from './erf.ts';
import { specialSamples } from './special-samples.ts';

/** The largest error over the samples (ulp of float64), and where it is. */
function worst(name: string, f: (x: number) => number): { error: number; at: number } {
  let result = { error: 0, at: 0 };
  for (const [x, value, rest] of specialSamples[name] ?? []) {
    const error = Math.abs(f(x) - value - rest) / ulp('float64', value);
    if (!(error <= result.error)) result = { error, at: x };
  }
  return result;
}

describe.each([
  ['erf', erf, 1],
  ['erfc', erfc, 3],
  ['erfinv', erfinv, 2],
] as const)('%s', (name, f, ulps) => {
  it(`is within ${ulps} ulp of mpmath`, () => {
    const { error, at } = worst(name, f);
    expect(error, `at ${at}`).toBeGreaterThan(0);
    expect(error, `at ${at}`).toBeLessThanOrEqual(ulps);
  });
});

describe('limits', () => {
  it.each([
    [erf, 0, 0],
    [erf, -0, -0],
    [erf, Number.POSITIVE_INFINITY, 1],
    [erf, Number.NEGATIVE_INFINITY, -1],
    [erf, Number.NaN, Number.NaN],
    [erfc, 0, 1],
    [erfc, Number.POSITIVE_INFINITY, 0],
    [erfc, Number.NEGATIVE_INFINITY, 2],
    [erfc, Number.NaN, Number.NaN],
    [erfc, 30, 0],
    [erfinv, 0, 0],
    [erfinv, -0, -0],
    [erfinv, 1, Number.POSITIVE_INFINITY],
    [erfinv, -1, Number.NEGATIVE_INFINITY],
    [erfinv, 1.0000001, Number.NaN],
    [erfinv, Number.NaN, Number.NaN],
    [erfinv, 5e-324, 5e-324],
  ] as const)('%o at %d is %d', (f, x, y) => {
    expect(f(x)).toBe(y);
  });

  it('mirror: erf is odd, erfc(-x) is 2 - erfc(x)', () => {
    for (let x = 0.01; x < 6; x += 0.037) {
      expect(erf(-x)).toBe(-erf(x));
      expect(erfc(-x)).toBeCloseTo(2 - erfc(x), 15);
      expect(erfinv(-Math.tanh(x))).toBe(-erfinv(Math.tanh(x)));
    }
  });
});
