import { describe, expect, it } from 'vitest';
import { difference, median, numbers } from './numbers.ts';

describe('numbers', () => {
  it('are the same in every run, and others for another seed', () => {
    const input = { shape: [2, 3] };
    expect(numbers(input, 1)).toHaveLength(6);
    expect(numbers(input, 1)).toEqual(numbers(input, 1));
    expect(numbers(input, 1)).not.toEqual(numbers(input, 2));
  });

  it('stay in the range of the input', () => {
    const scaled = [...numbers({ shape: [1000], scale: 0.1, offset: 1 }, 3)];
    expect(Math.min(...scaled)).toBeGreaterThanOrEqual(0.9 - 1e-6);
    expect(Math.max(...scaled)).toBeLessThanOrEqual(1.1 + 1e-6);
    expect(Math.max(...scaled) - Math.min(...scaled)).toBeGreaterThan(0.15);
  });

  it('are whole numbers where classes are asked for', () => {
    expect(new Set(numbers({ shape: [1000], classes: 4 }, 5))).toEqual(new Set([0, 1, 2, 3]));
  });
});

describe('median', () => {
  it('is the middle one', () => {
    expect(median([5, 1, 9])).toBe(5);
  });
});

describe('difference', () => {
  it('is relative to the largest value expected', () => {
    expect(difference(Float32Array.of(1, 2), Float32Array.of(1, 2))).toBe(0);
    expect(difference(Float32Array.of(1, 5), Float32Array.of(1, 4))).toBe(0.25);
  });

  it('has no bound where a number or a length is wrong', () => {
    expect(difference(Float32Array.of(1, Number.NaN), Float32Array.of(1, 2))).toBe(Number.POSITIVE_INFINITY);
    expect(difference(Float32Array.of(1), Float32Array.of(1, 2))).toBe(Number.POSITIVE_INFINITY);
  });
});
