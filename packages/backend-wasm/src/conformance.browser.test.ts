import { describeConformance } from '@flambeau/backend/conformance';
import { interpret } from '@flambeau/backend-cpu';
import { expect, test } from 'vitest';
import { wasm } from './index.ts';

// Chromium has relaxed SIMD, so that the first of these has it too.
for (const options of [{ threads: 1 }, { threads: 1, relaxed: false }, { threads: 2 }, { threads: 3 }]) {
  const name = `wasm in Chromium, ${JSON.stringify(options)}`;
  describeConformance({ name, create: () => wasm(options), reference: interpret, runs: 50 });
}

test('the page has the threads that are asked for', () => {
  const device = wasm({ threads: 3 });
  expect(device.capabilities.threads).toBe(3);
  device.dispose();
});
