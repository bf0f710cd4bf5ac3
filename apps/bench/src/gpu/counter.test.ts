import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { countGpu } from './counter.ts';

const uniform = 0x40;
const storage = 0x80;

class FakeBuffer {
  usage: number;
  size: number;

  constructor(usage: number, size: number) {
    this.usage = usage;
    this.size = size;
  }

  mapAsync(): string {
    return 'mapped';
  }
}

function fakeClass(...methods: string[]): { new (): Record<string, (...args: unknown[]) => unknown> } {
  const fake = class {};
  for (const method of methods) Object.assign(fake.prototype, { [method]: () => method });
  return fake as never;
}

beforeEach(() => {
  vi.stubGlobal('GPUBufferUsage', { UNIFORM: uniform });
  vi.stubGlobal('GPUMapMode', { READ: 1, WRITE: 2 });
  vi.stubGlobal('GPUQueue', fakeClass('submit', 'writeBuffer'));
  vi.stubGlobal('GPUComputePassEncoder', fakeClass('dispatchWorkgroups', 'dispatchWorkgroupsIndirect'));
  const creations = ['createBindGroup', 'createBuffer', 'createComputePipeline', 'createComputePipelineAsync'];
  vi.stubGlobal('GPUDevice', fakeClass(...creations));
  vi.stubGlobal('GPUCommandEncoder', fakeClass('copyBufferToBuffer'));
  vi.stubGlobal('GPUBuffer', FakeBuffer);
});
afterEach(() => vi.unstubAllGlobals());

function made(name: string): Record<string, (...args: unknown[]) => unknown> {
  return new (globalThis as unknown as Record<string, { new (): Record<string, () => unknown> }>)[name]!();
}

it('counts calls and bytes, and the calls still do what they did', async () => {
  const [queue, pass, device, encoder] = ['GPUQueue', 'GPUComputePassEncoder', 'GPUDevice', 'GPUCommandEncoder'].map(
    made,
  );
  const numbers = new FakeBuffer(uniform, 64);
  const data = new FakeBuffer(storage, 4000);
  const counts = await countGpu(async () => {
    expect(queue!.submit!([])).toBe('submit');
    queue!.writeBuffer!(numbers, 0, new Uint32Array(8));
    queue!.writeBuffer!(data, 0, new Float32Array(100), 10, 50);
    queue!.writeBuffer!(data, 0, new ArrayBuffer(12), 4);
    for (let i = 0; i < 3; i++) pass!.dispatchWorkgroups!(1);
    device!.createBuffer!({ size: 32, usage: uniform, mappedAtCreation: true });
    device!.createBuffer!({ size: 1000, usage: storage });
    device!.createBindGroup!({});
    device!.createComputePipelineAsync!({});
    encoder!.copyBufferToBuffer!(data, 0, numbers, 0, 16);
    encoder!.copyBufferToBuffer!(numbers, data);
    expect(await (data.mapAsync as (...args: number[]) => unknown)(1, 0, 8)).toBe('mapped');
  });
  expect(counts).toEqual({
    dispatches: 3,
    submits: 1,
    uploaded: 32 + 200 + 8 + 32,
    uniform: 32 + 32 + 16,
    downloaded: 8,
    bindGroups: 1,
    buffers: 2,
    pipelines: 1,
  });
});

it('leaves no trace, whether the work succeeds or not', async () => {
  const { prototype } = GPUQueue;
  const { submit } = prototype;
  await expect(countGpu(() => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  expect(prototype.submit).toBe(submit);
});
