import { expect, test } from 'vitest';

/** What a GPU answers when it is asked for the first word of a buffer that a shader has written. */
async function compute(): Promise<number> {
  // TypeScript knows neither these nor the mode of mapping for reading, 1, by name.
  const usage = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, storage: 0x80 };
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('no adapter');
  const device = await adapter.requestDevice();
  const code =
    '@group(0) @binding(0) var<storage, read_write> a: array<i32>; @compute @workgroup_size(1) fn main() { a[0] = 42; }';
  const compiled = { module: device.createShaderModule({ code }) };
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: compiled });
  const written = device.createBuffer({ size: 4, usage: usage.storage | usage.copySource });
  const read = device.createBuffer({ size: 4, usage: usage.mapRead | usage.copyTarget });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: written } }],
    }),
  );
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(written, 0, read, 0, 4);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(1);
  const answer = new Int32Array(read.getMappedRange())[0] ?? 0;
  device.destroy();
  return answer;
}

test('the page has a GPU', async () => {
  expect(await compute()).toBe(42);
});

test('a worker has a GPU', async () => {
  const source = `(${compute})().then(postMessage, (error) => postMessage(String(error)));`;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url, { type: 'module' });
  const answer = await new Promise((told) => worker.addEventListener('message', ({ data }) => told(data)));
  worker.terminate();
  URL.revokeObjectURL(url);
  expect(answer).toBe(42);
});
