import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { Reference } from './conformance/index.ts';
import {
  ArgumentError,
  type Backend,
  constant,
  contiguousView,
  type DeviceBuffer,
  DeviceError,
  dtypeNames,
  dtypes,
  expandView,
  type HostArray,
  hostArray,
  inputAccess,
  type Kernel,
  type Launch,
  load,
  op,
  openBackend,
  outputAccess,
  printKernel,
  registerBackend,
  unregisterBackend,
  verifyKernel,
} from './index.ts';

const rows = contiguousView([4, 3]);
const bias = expandView(contiguousView([3]), [4, 3]);

const kernel: Kernel = {
  kind: 'loop',
  inputs: ['float32', 'float32'],
  outputs: ['float32'],
  scalars: [],
  outer: 2,
  accesses: [inputAccess(0, rows), inputAccess(1, bias), outputAccess(0, rows)],
  stages: [
    { kind: 'store', access: 2, inner: 0, expr: op('max', op('add', load(0), load(1)), constant(0, 'float32')) },
  ],
};
const launch: Launch = { extents: [4, 3], views: [rows, bias, rows], scalars: [] };

/** Stands for the interpreter, which lives a floor above: it knows the one kernel of this page. */
const interpret: Reference = (_, arrays) => {
  const [x, b, y] = arrays as [Float32Array, Float32Array, Float32Array];
  y.forEach((_value, i) => {
    y[i] = Math.max((x[i] as number) + (b[i % 3] as number), 0);
  });
};

interface Memory extends DeviceBuffer {
  readonly data: HostArray;
}

function slow(): Backend {
  const live = new Set<DeviceBuffer>();
  let bytes = 0;
  let peakBytes = 0;
  const part = (buffer: DeviceBuffer, offset: number, length: number): HostArray => {
    if (offset < 0 || offset + length > buffer.length)
      throw new ArgumentError('slow', 'the range must lie in the buffer.');
    return (buffer as Memory).data.subarray(offset, offset + length);
  };
  return {
    name: 'slow',
    capabilities: { dtypes: new Set(dtypeNames), maxBufferBytes: 2 ** 30, threads: 1, collected: true },
    allocate(dtype, length) {
      if (length * dtypes[dtype].bytes > 2 ** 30) throw new DeviceError('slow', `no room for ${length} elements.`);
      const buffer: Memory = { dtype, length, data: hostArray(dtype, length) };
      live.add(buffer);
      bytes += buffer.data.byteLength;
      peakBytes = Math.max(peakBytes, bytes);
      return buffer;
    },
    free(buffer) {
      if (live.delete(buffer)) bytes -= (buffer as Memory).data.byteLength;
    },
    write(buffer, data, offset = 0) {
      part(buffer, offset, data.length).set(data as never);
    },
    async read(buffer, offset, length) {
      return part(buffer, offset, length).slice();
    },
    prepare(kernel) {
      verifyKernel(kernel);
      return { kernel };
    },
    run({ kernel }, buffers, launch) {
      interpret(
        kernel,
        buffers.map((buffer) => (buffer as Memory).data),
        launch,
      );
    },
    async synchronize() {},
    memory: () => ({ buffers: live.size, bytes, peakBytes, pooledBytes: 0 }),
    dispose: () => live.clear(),
  };
}

/** The code and output blocks of the page, in order. */
const page = readFileSync(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map((found) => found[1] as string);

it('prints the kernel as the page says', () => {
  verifyKernel(kernel);
  expect(`${printKernel(kernel)}\n`).toBe(blocks('text')[0]);
});

it('runs the backend of the page', async () => {
  registerBackend('slow', () => slow());
  const device = await openBackend('slow');
  const [x, b, y] = [12, 3, 12].map((length) => device.allocate('float32', length)) as [
    DeviceBuffer,
    DeviceBuffer,
    DeviceBuffer,
  ];
  device.write(
    x,
    Float32Array.from({ length: 12 }, (_, i) => i - 6),
  );
  device.write(b, Float32Array.of(1, 2, 3));
  device.run(device.prepare(kernel), [x, b, y], launch);
  expect(await device.read(y, 0, 12)).toEqual(Float32Array.of(0, 0, 0, 0, 0, 2, 1, 3, 5, 4, 6, 8));
  expect(device.memory()).toEqual({ buffers: 3, bytes: 108, peakBytes: 108, pooledBytes: 0 });
  device.free(x);
  expect(device.memory().bytes).toBe(60);
  expect(() => device.write(b, new Float32Array(4))).toThrow(ArgumentError);
  expect(() => device.allocate('float64', 2 ** 28)).toThrow(DeviceError);
  unregisterBackend('slow');
});

it('shows the code that runs here', () => {
  const flat = (code: string): string =>
    code
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/,? ([)\]])/g, '$1')
      .replaceAll(/([([]) /g, '$1');
  const here = flat(readFileSync(fileURLToPath(import.meta.url), 'utf8'));
  const shown = blocks('ts').filter((code) => !code.startsWith('describeConformance'));
  expect(shown).toHaveLength(3);
  for (const code of shown) {
    for (const piece of code.split('\n\n'))
      expect(here).toContain(flat(piece.replace(/console\.log\(.*\);\s*$/m, '')).trim());
  }
});
