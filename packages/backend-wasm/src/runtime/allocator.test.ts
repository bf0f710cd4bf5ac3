import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Allocator } from './allocator.ts';
import { LinearMemory, PAGE_BYTES } from './linear-memory.ts';

const MAXIMUM = 512;

test('blocks never overlap and all that was freed merges again', () => {
  const step = fc.oneof(
    fc.record({ size: fc.integer({ min: 1, max: 400 }).map((lines) => lines * 64) }),
    fc.record({ size: fc.integer({ min: 1, max: 60_000 }).map((lines) => lines * 64) }),
    fc.record({ free: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const linear = new LinearMemory({ shared: false, maximumPages: MAXIMUM });
      const allocator = new Allocator(linear, 128);
      const live: { address: number; size: number }[] = [];
      for (const action of steps) {
        if ('size' in action) {
          const { size } = action;
          const address = allocator.find(size) ?? allocator.extend(size);
          if (address === undefined) continue;
          expect(address % 64).toBe(0);
          expect(address).toBeGreaterThanOrEqual(128);
          expect(address + size + 16).toBeLessThanOrEqual(linear.byteLength);
          for (const other of live) {
            if (address < other.address + other.size && other.address < address + size) throw new Error('overlap');
          }
          live.push({ address, size });
        } else if (live.length > 0) {
          const [block] = live.splice(action.free % live.length, 1);
          if (block) allocator.free(block.address, block.size);
        }
      }
      for (const { address, size } of live) allocator.free(address, size);
      expect(allocator.fragments).toBe(1);
      const all = linear.byteLength - 128 - 64;
      expect(allocator.find(all)).toBe(128);
      expect(allocator.find(64)).toBeUndefined();
    }),
    { numRuns: 100 },
  );
});

test('finds a fit among many stretches of one class before memory grows', () => {
  const linear = new LinearMemory({ shared: false, maximumPages: MAXIMUM });
  const allocator = new Allocator(linear, 64);
  const size = linear.byteLength;
  const addresses: number[] = [];
  for (let i = 0; i < 40; i++) {
    // Sizes of one class; the first, which is freed first and so found last, is the only one that fits.
    addresses.push(allocator.find(i === 0 ? 4992 : 4160) as number, allocator.find(64) as number);
  }
  const used = 64 + 40 * 64 + 4992 + 39 * 4160;
  expect(allocator.find(linear.byteLength - 64 - used)).toBe(used);
  for (let i = 0; i < 40; i++) allocator.free(addresses[2 * i] as number, i === 0 ? 4992 : 4160);
  expect(allocator.find(4992)).toBe(addresses[0]);
  expect(linear.byteLength).toBe(size);
});

test('uses up the maximum, and refuses beyond it without harm', () => {
  const linear = new LinearMemory({ shared: false, maximumPages: MAXIMUM });
  const allocator = new Allocator(linear, 64);
  expect(allocator.extend(MAXIMUM * PAGE_BYTES)).toBeUndefined();
  const all = MAXIMUM * PAGE_BYTES - 128;
  expect(allocator.find(all) ?? allocator.extend(all)).toBe(64);
  expect(allocator.find(64) ?? allocator.extend(64)).toBeUndefined();
  allocator.free(64, all);
  expect(allocator.find(all)).toBe(64);
});
