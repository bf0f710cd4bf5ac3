import { type HostArray, hostArray } from '@flambeau/backend';
import { expect, test } from 'vitest';
import { openRuntime } from './testing/open-runtime.ts';

function filled(length: number, value: number): Float32Array<ArrayBuffer> {
  return new Float32Array(length).fill(value);
}

test('elements of every dtype come back as they were written, at any offset', async () => {
  const { runtime } = await openRuntime();
  for (const dtype of ['float32', 'float16', 'bfloat16', 'int32', 'int8', 'uint8', 'bool'] as const) {
    const data = hostArray(dtype, 9);
    for (let i = 0; i < 9; i++) data[i] = dtype === 'bool' ? i % 2 : i;
    const buffer = runtime.allocate(dtype, 9);
    runtime.write(buffer, data, 0);
    runtime.write(buffer, data.subarray(1, 4), 3);
    const [all, some] = await Promise.all([runtime.read(buffer, 0, 9), runtime.read(buffer, 3, 5)]);
    const wanted = [0, 1, 2, 1, 2, 3, 6, 7, 8].map((i) => Number(data[i]));
    expect([...all]).toEqual(wanted);
    expect([...some]).toEqual(wanted.slice(3, 8));
    expect(all.constructor).toBe(data.constructor);
  }
  runtime.dispose();
});

test('a buffer without elements can be written, read and bound', async () => {
  const { runtime, add } = await openRuntime();
  const [empty, other] = [runtime.allocate('float32', 0), runtime.allocate('float32', 0)];
  runtime.write(empty, new Float32Array(0), 0);
  add(empty, other, 0, 1);
  expect(await runtime.read(other, 0, 0)).toEqual(new Float32Array(0));
  await runtime.synchronize();
  expect(runtime.memory()).toMatchObject({ buffers: 2, bytes: 0 });
  runtime.dispose();
});

test('writes do not overtake work that is not submitted yet, nor make it be submitted', async () => {
  const { runtime, add } = await openRuntime();
  const [a, b] = [runtime.allocate('float32', 32), runtime.allocate('float32', 32)];
  const host = filled(32, 1);
  runtime.write(a, host, 0);
  // The host's memory is the caller's again.
  host.fill(100);
  add(a, b, 32, 1);
  runtime.write(a, filled(32, 5), 0);
  runtime.write(b, filled(3, 9), 7);
  add(b, a, 16, 10);
  runtime.write(a, filled(1, -1), 0);
  const before = runtime.statistics.submits;
  const [first, second] = (await Promise.all([runtime.read(a, 0, 32), runtime.read(b, 0, 32)])) as Float32Array[];
  expect(runtime.statistics.submits - before).toBe(1);
  const sum = [...filled(7, 12), ...filled(3, 19), ...filled(6, 12)];
  expect([...(first as Float32Array)]).toEqual([-1, ...sum.slice(1), ...filled(16, 5)]);
  expect([...(second as Float32Array)]).toEqual([...filled(7, 2), ...filled(3, 9), ...filled(22, 2)]);
  runtime.dispose();
});

test('memory freed and used again at once keeps the order', async () => {
  const { runtime, add } = await openRuntime();
  const out = runtime.allocate('float32', 16);
  for (let i = 1; i <= 3; i++) {
    const a = runtime.allocate('float32', 16);
    runtime.write(a, filled(16, i), 0);
    const b = runtime.allocate('float32', 16);
    add(a, b, 16, 10 * i);
    runtime.free(a);
    add(b, out, 4 * i, 0);
    runtime.free(b);
  }
  expect(runtime.statistics.submits).toBe(0);
  expect([...(await runtime.read(out, 0, 12))]).toEqual([...filled(12, 33)]);
  runtime.dispose();
});

test('reads of one turn come in one map, and each sees what was enqueued before it', async () => {
  const { runtime, add } = await openRuntime();
  const buffers = Array.from({ length: 20 }, (_, i) => {
    const buffer = runtime.allocate('float32', 100 + i);
    runtime.write(buffer, filled(100 + i, i), 0);
    return buffer;
  });
  const all = await Promise.all(buffers.map((buffer, i) => runtime.read(buffer, i, 50)));
  all.forEach((data, i) => expect([...data]).toEqual([...filled(50, i)]));
  expect(runtime.statistics).toMatchObject({ submits: 1, maps: 1, downloadedBytes: 20 * 50 * 4 });

  const [a, b] = buffers as [(typeof buffers)[0], (typeof buffers)[0]];
  add(a, b, 100, 3);
  const early = runtime.read(b, 0, 4);
  add(a, b, 100, 7);
  const late = runtime.read(b, 0, 4);
  runtime.free(b);
  expect([...(await early), ...(await late)]).toEqual([3, 3, 3, 3, 7, 7, 7, 7]);
  expect(runtime.statistics.submits).toBe(2);
  runtime.dispose();
});

test('more results than come back together', async () => {
  const { runtime } = await openRuntime();
  const length = 6 * 2 ** 20;
  const buffers = [1, 2, 3].map((value) => {
    const buffer = runtime.allocate('float32', length);
    runtime.write(buffer, filled(length, value), 0);
    return buffer;
  });
  const all = await Promise.all(buffers.map((buffer) => runtime.read(buffer, 0, length)));
  expect(all.map((data) => [data[0], data[length - 1]])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
  expect(runtime.statistics).toMatchObject({ submits: 1, maps: 2 });
  runtime.dispose();
});

test('much work is submitted in parts, with its own launch numbers each', async () => {
  const { runtime, add } = await openRuntime();
  const [a, b] = [runtime.allocate('float32', 16), runtime.allocate('float32', 16)];
  runtime.write(a, filled(16, 0), 0);
  let sum = 0;
  for (let i = 0; i < 1300; i++) {
    add(a, b, 16, i);
    add(b, a, 16, 1);
    sum += i + 1;
  }
  expect((await runtime.read(a, 15, 1))[0]).toBe(sum);
  expect(runtime.statistics.submits).toBe(3);
  expect(runtime.statistics).toMatchObject({ dispatches: 2600, bindGroups: 2, pipelines: 1 });
  runtime.dispose();
});

test('more workgroups than stand in a line stand in a plane', async () => {
  const { runtime, add } = await openRuntime({ workgroups: 7 });
  const length = 16 * 40 + 3;
  const [a, b] = [runtime.allocate('float32', length), runtime.allocate('float32', length + 100)];
  runtime.write(a, filled(length, 1), 0);
  runtime.write(b, filled(length + 100, 0), 0);
  add(a, b, length, 1);
  expect([...(await runtime.read(b, 0, length + 100))]).toEqual([...filled(length, 2), ...filled(100, 0)]);
  runtime.dispose();
});

test('launch numbers beyond one block, and programs without any', async () => {
  const { runtime } = await openRuntime();
  const out = runtime.allocate('int32', 2);
  const head = '@group(0) @binding(0) var<storage, read_write> to: array<i32>;\n';
  const main = '@compute @workgroup_size(1) fn main()';
  const members = Array.from({ length: 100 }, (_, i) => `m${i}: i32`).join();
  const many = runtime.program(
    {
      bindings: ['write'],
      words: 100,
      code: `${head}struct Launch { ${members} }\n@group(1) @binding(0) var<uniform> launch: Launch;\n${main} { to[0] += launch.m99; }`,
    },
    () => 'many',
  );
  const none = runtime.program(
    { bindings: ['write'], words: 0, code: `${head}${main} { to[1] += to[0]; }` },
    () => 'none',
  );
  runtime.write(out, new Int32Array(2), 0);
  for (let i = 1; i <= 3; i++) {
    const at = runtime.reserve(many);
    runtime.ints.fill(1000, at, at + 99);
    runtime.ints[at + 99] = i;
    runtime.dispatch(many, [out], at, 1);
    runtime.dispatch(none, [out], runtime.reserve(none), 1);
  }
  expect([...(await runtime.read(out, 0, 2))]).toEqual([6, 1 + 3 + 6]);
  runtime.dispose();
});

test('borrowed memory is not counted, and comes back', async () => {
  const { runtime, add } = await openRuntime();
  const [a, b] = [runtime.allocate('float32', 16), runtime.allocate('float32', 16)];
  runtime.write(a, filled(16, 1), 0);
  const between = runtime.borrow(64);
  expect(runtime.memory()).toMatchObject({ buffers: 2, bytes: 128, pooledBytes: 0 });
  add(a, between, 16, 1);
  add(between, b, 16, 1);
  runtime.release(between);
  runtime.release(between);
  expect(runtime.memory()).toMatchObject({ buffers: 2, bytes: 128, pooledBytes: 256 });
  expect((await runtime.read(b, 0, 1))[0]).toBe(3);
  runtime.dispose();
});

test('what a launch borrowed comes back when it is over, also where it fails', async () => {
  const { runtime } = await openRuntime();
  const launch = { extents: [], views: [], scalars: [] };
  const early = (): void => {
    runtime.release(runtime.borrow(64));
    runtime.borrow(1000);
  };
  runtime.launch(early, [], launch);
  expect(runtime.memory().pooledBytes).toBe(256 + 1024);
  const fail = (): void => {
    runtime.borrow(64);
    throw new Error('in the middle');
  };
  expect(() => runtime.launch(fail, [], launch)).toThrow('in the middle');
  expect(runtime.memory().pooledBytes).toBe(256 + 1024);
  runtime.dispose();
});

test('elements of 16 bits at odd places leave their neighbours alone', async () => {
  // What is written here moves words only, so that it needs no device with 16-bit floats.
  const { runtime } = await openRuntime({ f16: true });
  for (const length of [1, 2, 5, 8]) {
    const buffer = runtime.allocate('float16', length);
    const model = Uint16Array.from({ length }, (_, i) => 1000 + i);
    runtime.write(buffer, model, 0);
    let next = 1;
    for (let from = 0; from < length; from++) {
      for (let to = from + 1; to <= length; to++) {
        const data = Uint16Array.from({ length: to - from }, () => next++);
        model.set(data, from);
        runtime.write(buffer, data, from);
        const [all, some] = (await Promise.all([
          runtime.read(buffer, 0, length),
          runtime.read(buffer, from, to - from),
        ])) as [HostArray, HostArray];
        expect([...all]).toEqual([...model]);
        expect([...some]).toEqual([...data]);
      }
    }
  }
  runtime.dispose();
});
