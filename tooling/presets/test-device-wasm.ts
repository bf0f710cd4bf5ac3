import { backendNames, openBackend, registerBackend, setDefaultBackend } from '@flambeau/backend';
import { wasm } from '@flambeau/backend-wasm';
import { inject } from 'vitest';
import { parseDevice } from './devices.ts';

// Comes after `test-device.ts`: cpu stays there for tests that move tensors between devices.
if (!backendNames().includes('wasm')) {
  const { options } = parseDevice(inject('device'));
  registerBackend('wasm', () => wasm(options));
  await openBackend('wasm');
}
setDefaultBackend('wasm');
