import fc from 'fast-check';
import { expect, test } from 'vitest';
import { classBytes, sizeClass } from './size-classes.ts';

test('a class holds what belongs to it, the one below does not, and little is wasted', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 33 }), (bytes) => {
      const number = sizeClass(bytes);
      const size = classBytes(number);
      expect(size).toBeGreaterThanOrEqual(bytes);
      expect(size).toBeLessThanOrEqual(Math.max(256, bytes * 1.25 + 64));
      if (number > 0) expect(classBytes(number - 1)).toBeLessThan(bytes);
      expect(sizeClass(size)).toBe(number);
    }),
  );
  expect([0, 1, 2, 3, 4, 5].map(classBytes)).toEqual([256, 320, 384, 448, 512, 640]);
});
