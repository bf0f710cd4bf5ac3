import { DeviceError } from '@flambeau/backend';
import { expect, test, vi } from 'vitest';
import { LinearMemory, PAGE_BYTES } from './linear-memory.ts';

test('grows in place and makes its views anew', () => {
  const linear = new LinearMemory({ shared: false, maximumPages: 1024 });
  linear.words[5] = 42;
  const before = linear.byteLength;
  expect(linear.grow(1)).toBe(true);
  // A quarter more at least.
  expect(linear.byteLength).toBe(before * 1.25);
  expect(linear.words[5]).toBe(42);
  for (const view of [linear.words, linear.doubles, linear.longs, linear.bytes]) {
    expect(view.byteLength).toBe(linear.byteLength);
  }
  expect(linear.grow(1024 * PAGE_BYTES)).toBe(false);
  expect(linear.byteLength).toBe(before * 1.25);
});

test('takes the exact need where the engine refuses more', () => {
  const linear = new LinearMemory({ shared: false });
  const grow = vi.spyOn(linear.memory, 'grow').mockImplementation((pages) => {
    if (pages > 3) throw new RangeError('no');
    return WebAssembly.Memory.prototype.grow.call(linear.memory, pages);
  });
  const before = linear.byteLength;
  expect(linear.grow(3 * PAGE_BYTES)).toBe(true);
  expect(linear.byteLength).toBe(before + 3 * PAGE_BYTES);
  expect(linear.grow(4 * PAGE_BYTES)).toBe(false);
  expect(linear.byteLength).toBe(before + 3 * PAGE_BYTES);
  grow.mockRestore();
});

test('asks for less where the engine refuses the address space', () => {
  const { Memory } = WebAssembly;
  const limits = { most: 20000 };
  class Limited extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      if ((descriptor.maximum as number) > limits.most) throw new RangeError('could not allocate memory');
      super(descriptor);
    }
  }
  vi.stubGlobal('WebAssembly', { ...WebAssembly, Memory: Limited });
  expect(new LinearMemory({ shared: true }).type).toEqual({ initial: 256, maximum: 16384, shared: true });
  limits.most = 10;
  expect(() => new LinearMemory({ shared: true })).toThrow(DeviceError);
  vi.unstubAllGlobals();
});
