import { DeviceError } from '@flambeau/backend';
import { expect, test } from 'vitest';
import { openRuntime } from './testing/open-runtime.ts';

async function failure(promise: Promise<unknown>): Promise<DeviceError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DeviceError);
  return error as DeviceError;
}

function thrown(action: () => unknown): DeviceError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(DeviceError);
    return error as DeviceError;
  }
  throw new Error('nothing was thrown');
}

test('a shader that does not compile is shown with its kernel and the line, once, and every time that it is used', async () => {
  const { runtime, add } = await openRuntime();
  const [a, b] = [runtime.allocate('float32', 16), runtime.allocate('float32', 16)];
  runtime.write(a, new Float32Array(16), 0);
  const code =
    '@group(0) @binding(0) var<storage, read_write> to: array<f32>;\n@compute @workgroup_size(1) fn main() {\n  to[0] = nonsense;\n}';
  const program = runtime.program({ code, bindings: ['write'], words: 0 }, () => 'kernel: out0[i] = nonsense');
  runtime.dispatch(program, [a], runtime.reserve(program), 1);
  const told = [failure(runtime.read(a, 0, 1)), failure(runtime.read(b, 0, 1))];
  // Not before others are recorded who wait for the same.
  add(a, b, 16, 0);
  told.push(failure(runtime.read(b, 0, 1)), failure(runtime.synchronize()));
  const [first, ...others] = (await Promise.all(told)) as [DeviceError, ...DeviceError[]];
  for (const other of others) expect(other).toBe(first);
  expect(first.message).toMatch(/^\[webgpu\] the device refused a shader\. line 3: .*nonsense/);
  expect(first.message).toContain('  to[0] = nonsense;\nIt was made for\nkernel: out0[i] = nonsense');
  expect(first.details).toMatchObject({ kernel: 'kernel: out0[i] = nonsense', code });
  // Everything else goes on.
  add(a, b, 16, 3);
  expect((await runtime.read(b, 0, 1))[0]).toBe(3);
  expect(thrown(() => runtime.dispatch(program, [a], 0, 1))).toBe(first);
  await runtime.synchronize();
  runtime.dispose();
});

test('a command that the device refuses is told to who waits for results', async () => {
  const { runtime, add, device } = await openRuntime();
  const a = runtime.allocate('float32', 16);
  // Bound for reading and for writing at once.
  add(a, a, 16, 1);
  expect((await failure(runtime.synchronize())).message).toMatch(/^\[webgpu\] the device refused a command: /);
  await runtime.synchronize();
  device.createBuffer({ size: 16, usage: 0xffff });
  expect((await failure(runtime.read(a, 0, 16))).message).toMatch(/the device refused a command: /);
  await runtime.read(a, 0, 16);
  runtime.dispose();
});

test('a buffer that was freed cannot be bound', async () => {
  const { runtime, add } = await openRuntime();
  const [a, b] = [runtime.allocate('float32', 16), runtime.allocate('float32', 16)];
  runtime.free(a);
  expect(thrown(() => add(a, b, 16, 1)).message).toBe('[run] the buffer of 16 float32 was freed.');
  runtime.dispose();
});

test('what cannot be bound is not allocated', async () => {
  const { runtime } = await openRuntime({ bindingBytes: 4096 });
  expect(runtime.allocate('float32', 1024).length).toBe(1024);
  const before = runtime.statistics.memories;
  const error = thrown(() => runtime.allocate('int8', 1025));
  expect(error.message).toBe(
    '[allocate] webgpu cannot bind a buffer of 1025 elements of int8 (4100 bytes): at most 4096 bytes. Split the tensor.',
  );
  expect(error.details).toMatchObject({ requestedBytes: 4100, maxBufferBytes: 4096 });
  expect(thrown(() => runtime.allocate('float64', 1)).message).toContain("has no dtype 'float64'");
  expect(thrown(() => runtime.allocate('float32', 1.5)).message).toContain('must be a whole number; got 1.5');
  expect(thrown(() => runtime.allocate('float32', -1)).message).toContain('must be a whole number; got -1');
  expect(runtime.statistics.memories).toBe(before);
  runtime.dispose();
});

test('when the device runs out of memory, the next who waits is told, the pool is emptied, and work goes on', async () => {
  const { runtime, add, device } = await openRuntime();
  const kept = runtime.allocate('float32', 16);
  runtime.write(kept, new Float32Array(16).fill(1), 0);
  runtime.free(runtime.allocate('float32', 1000));
  const { createBuffer, popErrorScope } = device;
  // A size beyond all limits makes an invalid buffer, as running out of memory does.
  device.createBuffer = (descriptor) => createBuffer.call(device, { ...descriptor, size: 2 ** 50 });
  device.popErrorScope = async () => ((await popErrorScope.call(device)) ?? { message: 'no memory' }) as GPUError;
  device.pushErrorScope('validation');
  const large = runtime.allocate('float32', 5000);
  Object.assign(device, { createBuffer, popErrorScope });
  await device.popErrorScope();
  add(large, kept, 16, 1);
  const error = await failure(runtime.read(kept, 0, 16));
  expect(error.message).toMatch(
    /^\[allocate\] webgpu has no memory for 20480 bytes; 2 buffers hold 20064 bytes, 4096 more were kept .* Dispose tensors/,
  );
  expect(error.details).toMatchObject({ device: 'webgpu', requestedBytes: 20480, buffers: 2, bytes: 20064 });
  expect(runtime.memory().pooledBytes).toBe(0);
  // The memory that is none is not used again.
  runtime.free(large);
  expect(runtime.memory().pooledBytes).toBe(0);
  const again = runtime.allocate('float32', 5000);
  add(kept, again, 16, 1);
  expect((await runtime.read(again, 0, 1))[0]).toBe(2);
  runtime.dispose();
});

test('when the device is lost, who waits is told, and everybody after', async () => {
  const { runtime, device, add } = await openRuntime();
  const [a, b] = [runtime.allocate('float32', 16), runtime.allocate('float32', 16)];
  add(a, b, 16, 1);
  const pending = [runtime.read(b, 0, 16), runtime.synchronize()].map(failure);
  await Promise.resolve();
  expect(runtime.faults.lost).toBe(false);
  device.destroy();
  const late = failure(runtime.read(a, 0, 16));
  for (const error of await Promise.all([...pending, late])) {
    expect(error.message).toMatch(
      /the device was lost: .*\. Open it again, by await use\('webgpu'\) or with a new backend, and load what was on it anew\.$/,
    );
  }
  expect(runtime.faults.lost).toBe(true);
  expect(thrown(() => runtime.faults.requireLive('write')).message).toMatch(/^\[write\] the device was lost: /);
  runtime.free(a);
  runtime.dispose();
});

test('disposing tells who waits, and nothing is kept of what is freed later', async () => {
  const { runtime, add } = await openRuntime();
  const [a, b] = [runtime.allocate('float32', 16), runtime.allocate('float32', 16)];
  add(a, b, 16, 1);
  const first = failure(runtime.read(b, 0, 16));
  await Promise.resolve();
  const second = failure(runtime.read(b, 0, 16));
  runtime.dispose();
  for (const error of await Promise.all([first, second])) {
    expect(error.message).toBe('[read] the webgpu backend was disposed.');
  }
  runtime.free(a);
  runtime.free(b);
  expect(runtime.memory()).toMatchObject({ buffers: 0, bytes: 0, pooledBytes: 0 });
  expect(runtime.faults.lost).toBe(false);
});
