import { afterEach, expect, test, vi } from 'vitest';
import { Collector } from './collector.ts';

const MIB = 2 ** 20;

/** Sizes of the arrays that were made to press the garbage collector. */
function watchPulses(): number[] {
  const sizes: number[] = [];
  const Original = ArrayBuffer;
  vi.stubGlobal(
    'ArrayBuffer',
    class extends Original {
      constructor(bytes: number) {
        super(0);
        sizes.push(bytes);
      }
      override get byteLength(): number {
        return sizes.at(-1) as number;
      }
    },
  );
  return sizes;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test('presses when enough was handed out, gently first, and then at greater distances', () => {
  const pulses = watchPulses();
  const collector = new Collector();
  for (let i = 0; i < 256; i++) collector.allocated(MIB);
  expect(pulses).toEqual([]);
  collector.allocated(MIB);
  expect(pulses).toHaveLength(1);
  for (let i = 0; i < 255; i++) collector.allocated(MIB);
  expect(pulses).toHaveLength(1);
  collector.allocated(MIB);
  expect(pulses).toHaveLength(2);
  expect(pulses[1]).toBeGreaterThan(pulses[0] as number);
  for (let i = 0; i < 512; i++) collector.allocated(MIB);
  expect(pulses).toHaveLength(3);
});

test('memory given back by hand does not count', () => {
  const pulses = watchPulses();
  const collector = new Collector();
  for (let i = 0; i < 2000; i++) {
    collector.allocated(MIB);
    collector.freed(MIB);
  }
  expect(pulses).toEqual([]);
  expect(collector.relief()).toBeUndefined();
});

test('relief ends soon after a collection that found something', async () => {
  const pulses = watchPulses();
  const collector = new Collector();
  collector.allocated(300 * MIB);
  const before = pulses.length;
  const relief = collector.relief();
  expect(collector.relief()).toBe(relief);
  collector.collected(0);
  await relief;
  expect(pulses).toHaveLength(before + 1);
  expect(collector.relief()).toBeUndefined();
});

test('where nothing is found the memory counts as live, and relief is worth less', async () => {
  watchPulses();
  const collector = new Collector();
  collector.allocated(1000 * MIB);
  await collector.relief();
  collector.allocated(400 * MIB);
  expect(collector.relief()).toBeUndefined();
  collector.allocated(200 * MIB);
  expect(collector.relief()).toBeInstanceOf(Promise);
});
