import { describe, expect, it } from 'vitest';
import { Draw } from './draw.ts';

describe('Draw', () => {
  it('repeats itself under one seed, and not under another', () => {
    const list = (seed: number): number[] => {
      const draw = new Draw(seed);
      return Array.from({ length: 20 }, () => draw.int(0, 1000));
    };
    expect(list(5)).toEqual(list(5));
    expect(list(5)).not.toEqual(list(6));
  });

  it('covers its range evenly', () => {
    const draw = new Draw(1);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10000; i++) {
      const at = draw.int(0, 9);
      counts[at] = (counts[at] as number) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    const reals = Array.from({ length: 1000 }, () => draw.real(-2, 3));
    expect(Math.min(...reals)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...reals)).toBeLessThan(3);
  });

  it('picks from what it is given', () => {
    const draw = new Draw(2);
    const list = [1, 2, 3, 4, 5, 6];
    expect(list).toContain(draw.pick(list));
  });
});
