import { describe, expect, test } from 'vitest';
import { fixedPoint, scientific } from './python-number.ts';

// Expected texts are Python's.
describe('fixedPoint', () => {
  test.each([
    [187161.28125, 4, '187161.2812'],
    [187161.28375, 4, '187161.2838'],
    [0.5, 0, '0'],
    [1.5, 0, '2'],
    [2.5, 0, '2'],
    [-2.5, 0, '-2'],
    [0.125, 2, '0.12'],
    [0.375, 2, '0.38'],
    [-0.00001, 4, '-0.0000'],
    [-0, 4, '-0.0000'],
    [0.1, 4, '0.1000'],
    [1e21, 1, '1000000000000000000000.0'],
    [0.03125, 4, '0.0312'],
  ])('%f with %i digits is %s', (value, digits, text) => {
    expect(fixedPoint(value, digits)).toBe(text);
  });
});

describe('scientific', () => {
  test.each([
    [100125, 4, '1.0012e+05'],
    [100135, 4, '1.0014e+05'],
    [99999.5, 4, '1.0000e+05'],
    [4.3125, 3, '4.312e+00'],
    [1e-5, 4, '1.0000e-05'],
    [-1.5, 0, '-2e+00'],
    [2.5, 0, '2e+00'],
    [1e100, 2, '1.00e+100'],
    [0, 4, '0.0000e+00'],
    [-0, 4, '-0.0000e+00'],
  ])('%f with %i digits is %s', (value, digits, text) => {
    expect(scientific(value, digits)).toBe(text);
  });
});
