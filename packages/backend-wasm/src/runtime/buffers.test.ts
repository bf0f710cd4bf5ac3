import { DeviceError, dtypeNames, dtypes } from '@flambeau/backend';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Allocator } from './allocator.ts';
import { Buffers, type OwnedBuffer } from './buffers.ts';
import { LinearMemory, PAGE_BYTES } from './linear-memory.ts';

function setUp(maximumPages = 1024): { linear: LinearMemory; allocator: Allocator; buffers: Buffers } {
  const linear = new LinearMemory({ shared: false, maximumPages });
  const allocator = new Allocator(linear, 1024);
  return { linear, allocator, buffers: new Buffers(allocator) };
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sizeOf({ dtype, length }: OwnedBuffer): number {
  return length * dtypes[dtype].bytes;
}

test('live buffers never overlap, counts are right, and clearing leaves one stretch', () => {
  const step = fc.oneof(
    fc.record({ dtype: fc.constantFrom(...dtypeNames), length: fc.nat(300) }),
    fc.record({ dtype: fc.constantFrom(...dtypeNames), length: fc.nat(30_000) }),
    fc.record({ free: fc.nat() }),
    fc.constant('clear' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const { linear, allocator, buffers } = setUp();
      const live: OwnedBuffer[] = [];
      let peak = 0;
      const held = (): number => live.reduce((sum, buffer) => sum + sizeOf(buffer), 0);
      for (const action of steps) {
        if (action === 'clear') {
          buffers.clear();
        } else if ('dtype' in action) {
          const buffer = buffers.allocate(action.dtype, action.length);
          const end = buffer.address + Math.max(1, sizeOf(buffer));
          expect(buffer.address % 16).toBe(0);
          expect(end + 16).toBeLessThanOrEqual(linear.byteLength);
          for (const other of live) {
            const otherEnd = other.address + Math.max(1, sizeOf(other));
            if (buffer.address < otherEnd && other.address < end) throw new Error('overlap');
          }
          live.push(buffer);
        } else if (live.length > 0) {
          const [buffer] = live.splice(action.free % live.length, 1);
          if (buffer) {
            buffers.free(buffer);
            buffers.free(buffer);
          }
        }
        peak = Math.max(peak, held());
        expect(buffers.stats()).toMatchObject({ buffers: live.length, bytes: held(), peakBytes: peak });
      }
      for (const buffer of live) buffers.free(buffer);
      buffers.clear();
      expect(buffers.stats()).toEqual({ buffers: 0, bytes: 0, peakBytes: peak, pooledBytes: 0 });
      expect(allocator.fragments).toBe(1);
    }),
    { numRuns: 100 },
  );
});

test('reuses what was freed last, first', () => {
  const { buffers } = setUp();
  for (const length of [10, 10_000]) {
    const first = buffers.allocate('float32', length);
    const second = buffers.allocate('float32', length);
    const { address } = second;
    buffers.free(first);
    buffers.free(second);
    expect(buffers.allocate('int32', length).address).toBe(address);
  }
});

test('refuses what does not fit, says what is held, and stays usable', () => {
  const { buffers } = setUp(512);
  const live = [1000, 2_000_000].map((length) => buffers.allocate('float32', length));
  const freed = buffers.allocate('float64', 1_000_000);
  buffers.free(freed);
  const refused = (): unknown => {
    try {
      return buffers.allocate('float32', 7_000_000);
    } catch (error) {
      return error;
    }
  };
  const error = refused() as DeviceError;
  expect(error).toBeInstanceOf(DeviceError);
  expect(error.message).toBe(
    '[allocate] wasm has no memory for 7000000 elements of float32 (28000000 bytes); 2 buffers hold 8004000 bytes, 0 more are ' +
      'kept for reuse. Dispose tensors or use a scope; in a loop, await a result to let dropped tensors be collected.',
  );
  expect(error.details).toMatchObject({ requestedBytes: 28_000_000, buffers: 2, bytes: 8_004_000, pooledBytes: 0 });
  expect(buffers.allocate('float32', 3_000_000).length).toBe(3_000_000);
  expect(() => buffers.allocate('float32', 3_500_000)).toThrow(DeviceError);
  for (const buffer of live) buffers.free(buffer);
  expect(buffers.allocate('float32', 2_000_000).length).toBe(2_000_000);
});

test('refuses small buffers too when nothing is left', () => {
  const { buffers } = setUp(32);
  const live: OwnedBuffer[] = [];
  expect(() => {
    for (;;) live.push(buffers.allocate('float32', 1024));
  }).toThrow('no memory for 1024 elements of float32 (4096 bytes)');
  // Whole slabs but for the parts at both ends of memory.
  expect(live.length).toBeGreaterThan((30 * PAGE_BYTES) / 4096);
  for (const buffer of live) buffers.free(buffer);
  const most = 31 * PAGE_BYTES;
  expect(buffers.allocate('uint8', most).length).toBe(most);
});

test('refuses lengths that are none', () => {
  const { buffers } = setUp();
  for (const length of [-1, 1.5, Number.NaN, 2 ** 40]) {
    expect(() => buffers.allocate('float32', length)).toThrow(DeviceError);
  }
  expect(() => buffers.allocate('complex' as never, 1)).toThrow("[allocate] wasm has no dtype 'complex'.");
});

test.each([
  ['small', 1000, 1000],
  ['large', 20_000, 40],
])('dropped %s buffers come back in a loop that leaves its task', async (_name, length, count) => {
  const { linear, buffers } = setUp(65536);
  const kept = buffers.allocate('float32', 100);
  for (let i = 0; i < 600; i++) {
    for (let k = 0; k < count; k++) buffers.allocate('float32', length);
    await nextTask();
  }
  // About two gigabytes were dropped.
  expect(linear.byteLength).toBeLessThan(768 * 2 ** 20);
  expect(buffers.stats().bytes).toBeLessThan(768 * 2 ** 20);
  expect(kept.address).toBeGreaterThan(0);
});

test('awaiting relief is enough for a loop that never leaves its task', async () => {
  const { linear, buffers } = setUp(65536);
  for (let i = 0; i < 600; i++) {
    for (let k = 0; k < 40; k++) buffers.allocate('float32', 20_000);
    await buffers.relief();
  }
  expect(linear.byteLength).toBeLessThan(768 * 2 ** 20);
});

test('memory in use asks for no relief again and again', async () => {
  const { buffers } = setUp(65536);
  const live: OwnedBuffer[] = [];
  let reliefs = 0;
  for (let i = 0; i < 40; i++) {
    live.push(buffers.allocate('float32', 2_500_000));
    const relief = buffers.relief();
    if (relief) reliefs++;
    await relief;
  }
  expect(live.length).toBe(40);
  expect(reliefs).toBeGreaterThan(0);
  expect(reliefs).toBeLessThan(8);
  expect(buffers.stats().bytes).toBe(400_000_000);
});

test('a refusal lets a caller who waits find what was dropped', async () => {
  const { buffers } = setUp(512);
  expect(() => {
    for (;;) buffers.allocate('float32', 1_000_000);
  }).toThrow(DeviceError);
  for (let task = 0; task < 1000 && buffers.stats().bytes > 0; task++) await nextTask();
  expect(buffers.allocate('float32', 6_000_000).length).toBe(6_000_000);
});
