import { expect, test } from 'vitest';
import { openRuntime } from './testing/open-runtime.ts';

const MIB = 2 ** 20;

test('memory is used again, oldest first, whatever the dtype', async () => {
  const { runtime } = await openRuntime();
  const [a, b] = [runtime.allocate('float32', 100), runtime.allocate('float32', 100)];
  const { memory } = a;
  runtime.free(a);
  runtime.free(b);
  runtime.free(b);
  expect(runtime.memory()).toEqual({ buffers: 0, bytes: 0, peakBytes: 800, pooledBytes: 2 * 448 });
  const c = runtime.allocate('uint8', 112);
  expect(c.memory).toBe(memory);
  expect(runtime.memory()).toEqual({ buffers: 1, bytes: 448, peakBytes: 800, pooledBytes: 448 });
  expect(runtime.statistics.memories).toBe(2);
  runtime.dispose();
});

test('the pool keeps as much as is in use, and 64 MiB at least', async () => {
  const { runtime } = await openRuntime();
  const some = Array.from({ length: 10 }, () => runtime.allocate('float32', 2 * MIB));
  for (const buffer of some.slice(1)) runtime.free(buffer);
  expect(runtime.memory()).toMatchObject({ buffers: 1, bytes: 8 * MIB, pooledBytes: 64 * MIB });
  const more = Array.from({ length: 20 }, () => runtime.allocate('float32', 2 * MIB));
  expect(runtime.memory()).toMatchObject({ buffers: 21, bytes: 168 * MIB, pooledBytes: 0 });
  for (const buffer of more.slice(10)) runtime.free(buffer);
  expect(runtime.memory().pooledBytes).toBe(80 * MIB);
  runtime.dispose();
});

test('what was kept for longest makes room', async () => {
  const { runtime } = await openRuntime();
  const large = [runtime.allocate('float32', 6 * MIB), runtime.allocate('float32', 8 * MIB)];
  const other = runtime.allocate('float32', 7 * MIB);
  for (const buffer of large) runtime.free(buffer);
  expect(runtime.memory().pooledBytes).toBe(56 * MIB);
  runtime.free(other);
  expect(runtime.memory().pooledBytes).toBe(60 * MIB);
  const { memories } = runtime.statistics;
  runtime.allocate('float32', 8 * MIB);
  runtime.allocate('float32', 7 * MIB);
  expect(runtime.statistics.memories).toBe(memories);
  runtime.allocate('float32', 6 * MIB);
  expect(runtime.statistics.memories).toBe(memories + 1);
  runtime.dispose();
});

test('a large pool shrinks as less is in use', async () => {
  const { runtime } = await openRuntime();
  const buffers = Array.from({ length: 20 }, () => runtime.allocate('float32', 2 * MIB));
  for (const buffer of buffers) runtime.free(buffer);
  expect(runtime.memory()).toMatchObject({ buffers: 0, bytes: 0, pooledBytes: 64 * MIB });
  runtime.dispose();
});

test('a thousand rounds of making and dropping leave the pool at its bound', async () => {
  const { runtime, add } = await openRuntime();
  const round = (): void => {
    const buffers = [300, 5000, 70_000, 300].map((length) => runtime.allocate('float32', length));
    runtime.write(buffers[0] as (typeof buffers)[0], new Float32Array(300), 0);
    add(buffers[0] as (typeof buffers)[0], buffers[3] as (typeof buffers)[0], 16, 1);
    for (const buffer of buffers) runtime.free(buffer);
  };
  round();
  const { pooledBytes } = runtime.memory();
  // Memory that is written while work on it waits comes from elsewhere, which makes the pool a little larger.
  for (let i = 0; i < 1000; i++) {
    round();
    if (i % 10 === 9) await runtime.synchronize();
  }
  expect(runtime.memory()).toMatchObject({ buffers: 0, bytes: 0 });
  expect(runtime.memory().pooledBytes - pooledBytes).toBeLessThan(16 * 2048);
  expect(runtime.statistics.memories).toBeLessThan(20);
  runtime.dispose();
});

test('dropped buffers come back in a loop that only awaits results', async () => {
  const { runtime } = await openRuntime();
  const kept = runtime.allocate('float32', 100);
  runtime.write(kept, new Float32Array(100).fill(1), 0);
  for (let i = 0; i < 100; i++) {
    for (let k = 0; k < 10; k++) runtime.allocate('float32', MIB / 2);
    await runtime.read(kept, 0, 1);
    await runtime.relief();
  }
  // Two gigabytes were dropped.
  expect(runtime.memory().bytes).toBeLessThan(768 * MIB);
  expect(runtime.statistics.memories).toBeLessThan(900);
  expect((await runtime.read(kept, 99, 1))[0]).toBe(1);
  runtime.dispose();
});

test('memory beyond the pool is given up after the work that uses it', async () => {
  const { runtime, add } = await openRuntime();
  const out = runtime.allocate('float32', 16);
  const large = runtime.allocate('float32', 20 * MIB);
  runtime.write(large, new Float32Array(16).fill(2), 0);
  add(large, out, 16, 1);
  runtime.free(large);
  expect(runtime.memory().pooledBytes).toBe(0);
  expect((await runtime.read(out, 0, 1))[0]).toBe(3);
  runtime.dispose();
});
