import {
  backendNames,
  contiguousView,
  DeviceError,
  type Executable,
  getBackend,
  inputAccess,
  type Kernel,
  KernelError,
  load,
  op,
  openBackend,
  outputAccess,
  registerBackend,
  unregisterBackend,
} from '@flambeau/backend';
import { cpu } from '@flambeau/backend-cpu';
import { afterEach, describe, expect, it } from 'vitest';
import { openWebGpu, type WebGpuBackend } from './backend.ts';
import { webgpu, webgpuStatistics } from './index.ts';

const view = contiguousView([2]);
const launch = { extents: [2], views: [view, view], scalars: [] };

function doubling(): Kernel {
  return {
    kind: 'loop',
    inputs: ['float32'],
    outputs: ['float32'],
    scalars: [],
    outer: 1,
    accesses: [inputAccess(0, view), outputAccess(0, view)],
    stages: [{ kind: 'store', access: 1, inner: 0, expr: op('add', load(0), load(0)) }],
  };
}

afterEach(() => {
  for (const name of backendNames()) unregisterBackend(name);
});

describe.each([true, false])('webgpu with software: %s', (software) => {
  it('runs a kernel', async () => {
    const backend = await openWebGpu({ software });
    const x = backend.allocate('float32', 2);
    const y = backend.allocate('float32', 2);
    backend.write(x, Float32Array.of(3, 4));
    const executable = backend.prepare(doubling());
    expect(backend.prepare(doubling())).toBe(executable);
    backend.run(executable, [x, y], launch);
    await backend.synchronize();
    expect(await backend.read(y, 0, 2)).toEqual(Float32Array.of(6, 8));
    backend.dispose();
  });
});

describe('webgpu', () => {
  it('says what it can do', async () => {
    const backend = await webgpu({ name: 'gpu2' });
    expect(backend.name).toBe('gpu2');
    expect([...backend.capabilities.dtypes].sort()).toEqual(
      ['bfloat16', 'bool', 'float16', 'float32', 'int32', 'int8', 'uint8'].sort(),
    );
    expect(backend.capabilities.maxBufferBytes).toBeGreaterThanOrEqual(2 ** 27);
    expect(() => backend.allocate('int64', 1)).toThrow("[allocate] gpu2 has no dtype 'int64'.");
    expect(() => backend.prepare({ ...doubling(), stages: [] } as Kernel)).toThrow(KernelError);
    backend.dispose();
  });

  it('says what to do where there is no GPU', async () => {
    const gpu = { requestAdapter: async () => null } as unknown as GPU;
    await expect(webgpu({ gpu })).rejects.toThrow(
      "[webgpu] no GPU adapter was found. Install a driver for Vulkan, Metal or Direct3D 12; in a browser, look whether hardware acceleration is on; or use the devices 'wasm' and 'cpu'.",
    );
  });

  it('counts what it was asked to do', async () => {
    const backend = await webgpu();
    const [x, y] = [backend.allocate('float32', 2), backend.allocate('float32', 2)];
    backend.write(x, Float32Array.of(3, 4));
    const before = webgpuStatistics(backend);
    backend.run(backend.prepare(doubling()), [x, y], launch);
    await backend.read(y, 0, 2);
    expect(before).toMatchObject({ dispatches: 0, submits: 0, uploadedBytes: 8, pipelines: 0 });
    expect(webgpuStatistics(backend)).toMatchObject({ dispatches: 1, submits: 1, pipelines: 1, downloadedBytes: 8 });
    expect(() => webgpuStatistics(cpu())).toThrow("[webgpuStatistics] needs a backend of webgpu(); got 'cpu'.");
    backend.dispose();
  });

  it('checks what it reads and writes', async () => {
    const backend = await webgpu();
    const x = backend.allocate('float32', 4);
    expect(() => backend.write(x, new Int32Array(4))).toThrow('[write] needs a Float32Array; got a Int32Array.');
    expect(() => backend.write(x, new Float32Array(4), 1)).toThrow('[write] cannot touch 4 elements from 1');
    await expect(backend.read(x, 3, 2)).rejects.toThrow('[read] cannot touch 2 elements from 3');
    backend.free(x);
    await expect(backend.read(x, 0, 1)).rejects.toThrow('[read] the buffer of 4 float32 was freed.');
    expect(() => backend.write(x, new Float32Array(4))).toThrow('[write] the buffer of 4 float32 was freed.');
    backend.dispose();
  });

  it('refuses everything after its end', async () => {
    const backend = await webgpu();
    const x = backend.allocate('float32', 4);
    const executable = backend.prepare(doubling());
    backend.dispose();
    backend.dispose();
    await refusesAll(backend as WebGpuBackend, x, executable, /^\[\w+\] the webgpu backend was disposed\.$/);
    backend.free(x);
  });

  it('opens anew after the device was lost', async () => {
    registerBackend('webgpu', () => webgpu());
    const first = (await openBackend('webgpu')) as WebGpuBackend;
    const x = first.allocate('float32', 4);
    const executable = first.prepare(doubling());
    first.recorder.device.destroy();
    await first.recorder.device.lost;
    await Promise.resolve();
    expect(first.lost).toBe(true);
    await refusesAll(
      first,
      x,
      executable,
      /^\[\w+\] the device was lost: .*Open it again, by await use\('webgpu'\) or/,
    );
    expect(getBackend('webgpu')).toBe(first);

    const second = await openBackend('webgpu');
    expect(second).not.toBe(first);
    expect([second.lost, getBackend('webgpu')]).toEqual([false, second]);
    const y = second.allocate('float32', 1);
    second.write(y, Float32Array.of(5));
    expect(await second.read(y, 0, 1)).toEqual(Float32Array.of(5));
  });
});

async function refusesAll(
  backend: WebGpuBackend,
  buffer: ReturnType<WebGpuBackend['allocate']>,
  executable: Executable,
  message: RegExp,
): Promise<void> {
  for (const action of [
    () => backend.allocate('float32', 1),
    () => backend.write(buffer, new Float32Array(4)),
    () => backend.read(buffer, 0, 1),
    () => backend.prepare(doubling()),
    () => backend.run(executable, [buffer, buffer], launch),
    () => backend.synchronize(),
  ]) {
    const error = await (async () => action())().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(DeviceError);
    expect((error as Error).message).toMatch(message);
  }
}
