import { expect, test } from 'vitest';

test('the page is cross-origin isolated, so that it can share memory with workers', () => {
  expect(globalThis.crossOriginIsolated).toBe(true);
  expect(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer).toBeInstanceOf(SharedArrayBuffer);
});
