import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  ArgumentError,
  contiguousView,
  DeviceError,
  type DType,
  dtypeNames,
  dtypes,
  inputAccess,
  type Kernel,
  KernelError,
  load,
  op,
  outputAccess,
} from '@flambeau/backend';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { cpu } from './backend.ts';

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

describe.each([true, false])('cpu with generate: %s', (generate) => {
  it('runs a kernel', async () => {
    const backend = cpu({ generate });
    const x = backend.allocate('float32', 2);
    const y = backend.allocate('float32', 2);
    backend.write(x, Float32Array.of(3, 4));
    backend.run(backend.prepare(doubling()), [x, y], launch);
    await backend.synchronize();
    expect(await backend.read(y, 0, 2)).toEqual(Float32Array.of(6, 8));
  });

  it('prepares equal kernels once', () => {
    const backend = cpu({ generate });
    expect(backend.prepare(doubling())).toBe(backend.prepare(doubling()));
  });

  it('refuses a malformed kernel', () => {
    expect(() => cpu({ generate }).prepare({ ...doubling(), stages: [] } as Kernel)).toThrow(KernelError);
  });
});

describe('memory', () => {
  it.each(dtypeNames)('holds %s and counts its bytes', (dtype) => {
    const backend = cpu();
    const buffer = backend.allocate(dtype, 10);
    expect(backend.memory()).toMatchObject({ buffers: 1, bytes: 10 * dtypes[dtype].bytes });
    backend.free(buffer);
    expect(backend.memory()).toMatchObject({ buffers: 0, bytes: 0, peakBytes: 10 * dtypes[dtype].bytes });
  });

  it('frees a buffer once', () => {
    const backend = cpu();
    const [a, b] = [backend.allocate('float32', 4), backend.allocate('float32', 4)];
    backend.free(a);
    backend.free(a);
    expect(backend.memory().buffers).toBe(1);
    const c = backend.allocate('float32', 4);
    backend.write(b, new Float32Array(4).fill(1));
    backend.write(c, new Float32Array(4).fill(2));
    expect(backend.readSync?.(b, 0, 4)).toEqual(new Float32Array(4).fill(1));
  });

  it('reuses what was freed', () => {
    const backend = cpu();
    for (let i = 0; i < 100; i++) backend.free(backend.allocate('float32', 100_000));
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0, peakBytes: 400_000, pooledBytes: 400_000 });
  });

  it('keeps no more for reuse than is in use, or 64 MiB', () => {
    const backend = cpu();
    const buffers = Array.from({ length: 20 }, (_, i) => backend.allocate('uint8', 5e6 + i));
    for (const buffer of buffers) backend.free(buffer);
    expect(backend.memory().pooledBytes).toBeLessThanOrEqual(64 * 2 ** 20);
  });

  it('keeps neighbours in a slab apart', () => {
    const backend = cpu();
    const lengths: readonly [DType, number][] = [
      ['uint8', 3],
      ['float64', 2],
      ['bool', 1],
      ['int64', 1],
      ['float16', 5],
      ['float32', 0],
      ['int8', 7],
    ];
    const buffers = lengths.map(([dtype, length]) => backend.allocate(dtype, length));
    const read = (i: number): ArrayLike<unknown> =>
      backend.readSync?.(buffers[i] as (typeof buffers)[number], 0, (lengths[i] as readonly [DType, number])[1]) ?? [];
    buffers.forEach((buffer, i) => {
      const data = read(i) as Uint8Array;
      data.fill((buffer.dtype === 'int64' ? BigInt(i + 1) : i + 1) as number);
      backend.write(buffer, data);
    });
    buffers.forEach((_, i) => {
      for (const value of Array.from(read(i))) expect(Number(value)).toBe(i + 1);
    });
  });

  it('writes and reads parts', () => {
    const backend = cpu();
    const buffer = backend.allocate('int32', 4);
    backend.write(buffer, new Int32Array(4));
    backend.write(buffer, Int32Array.of(8, 9), 1);
    expect(backend.readSync?.(buffer, 1, 3)).toEqual(Int32Array.of(8, 9, 0));
  });
});

describe('what is wrong is said', () => {
  it('when memory does not suffice, with what was asked for and what is live', () => {
    const backend = cpu();
    backend.allocate('float32', 8);
    expect(() => backend.allocate('float64', 2 ** 40)).toThrow(DeviceError);
    expect(() => backend.allocate('float64', 2 ** 40)).toThrow(
      /8796093022208 bytes.*1 buffers hold 32 bytes.*Dispose tensors or use a scope/,
    );
  });

  it('when a length is no length', () => {
    expect(() => cpu().allocate('float32', -1)).toThrow(DeviceError);
    expect(() => cpu().allocate('float32', 1.5)).toThrow(DeviceError);
    expect(() => cpu().allocate('float32', Number.NaN)).toThrow(DeviceError);
  });

  it('when a dtype is unknown', () => {
    expect(() => cpu().allocate('complex64' as DType, 1)).toThrow(DeviceError);
  });

  it('when a range leaves the buffer', () => {
    const backend = cpu();
    const buffer = backend.allocate('float32', 4);
    expect(() => backend.write(buffer, new Float32Array(3), 2)).toThrow(ArgumentError);
    expect(() => backend.readSync?.(buffer, 3, 2)).toThrow(ArgumentError);
  });

  it('when host memory has another type', () => {
    const backend = cpu();
    expect(() => backend.write(backend.allocate('float32', 1), new Float64Array(1))).toThrow(ArgumentError);
  });

  it('when a buffer was freed, or the backend disposed', () => {
    const backend = cpu();
    const buffer = backend.allocate('float32', 1);
    backend.free(buffer);
    expect(() => backend.readSync?.(buffer, 0, 1)).toThrow(DeviceError);
    backend.dispose();
    expect(() => backend.allocate('float32', 1)).toThrow(DeviceError);
    expect(() => backend.prepare(doubling())).toThrow(DeviceError);
  });
});

describe("where the page's policy forbids generated code", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  /** A fresh copy of the backend that finds `Function` forbidden, and the number of times it tried. */
  async function restricted(): Promise<{ module: typeof import('./backend.ts'); attempts: () => number }> {
    let attempts = 0;
    vi.stubGlobal('Function', function Forbidden() {
      attempts++;
      throw new EvalError('unsafe-eval is not an allowed source of script');
    });
    vi.resetModules();
    return { module: await import('./backend.ts'), attempts: () => attempts };
  }

  it('the interpreter serves, and the attempt is made once', async () => {
    const { module, attempts } = await restricted();
    for (let i = 0; i < 3; i++) {
      const backend = module.cpu();
      const x = backend.allocate('float32', 2);
      const y = backend.allocate('float32', 2);
      backend.write(x, Float32Array.of(3, 4));
      backend.run(backend.prepare(doubling()), [x, y], launch);
      expect(backend.readSync?.(y, 0, 2)).toEqual(Float32Array.of(6, 8));
    }
    expect(attempts()).toBe(1);
  });

  it('asking for generated code is an error', async () => {
    const { module } = await restricted();
    expect(() => module.cpu({ generate: true })).toThrow(/content security policy/);
  });
});

describe('dropped buffers', () => {
  /** Makes the engine collect, and waits until its finalizers have run. */
  async function collect(done: () => boolean): Promise<void> {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    for (let attempt = 0; attempt < 100 && !done(); attempt++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  it('are counted off when the collector finds them, small ones and large', async () => {
    const backend = cpu();
    const kept = backend.allocate('float32', 50_000);
    for (let i = 0; i < 20; i++) backend.allocate('float32', 100_000);
    for (let i = 0; i < 10_000; i++) backend.allocate('float32', 16);
    expect(backend.memory().buffers).toBe(10_021);
    // The slab in use still counts its buffers: fewer than a thousand of 64 bytes.
    await collect(() => backend.memory().buffers < 1100);
    expect(backend.memory().buffers).toBeLessThan(1100);
    expect(backend.memory().bytes).toBeLessThan(300_000);
    expect(backend.memory().bytes).toBeGreaterThanOrEqual(kept.length * 4);
  });
});
