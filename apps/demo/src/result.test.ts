import { expect, test } from 'vitest';
import { classResults, percent } from './result.ts';

test('a confusion matrix is summed up row by row', () => {
  expect(
    classResults([
      [8, 2, 0],
      [0, 5, 0],
      [0, 0, 0],
    ]),
  ).toEqual([
    { digit: 0, total: 10, right: 8, rival: { digit: 1, times: 2 } },
    { digit: 1, total: 5, right: 5, rival: null },
    { digit: 2, total: 0, right: 0, rival: null },
  ]);
});

test('shares are written as percentages', () => {
  expect([percent(0.97514), percent(1), percent(0.5, 0)]).toEqual(['97.51 %', '100.00 %', '50 %']);
});
