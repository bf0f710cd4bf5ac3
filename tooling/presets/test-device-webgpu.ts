import { backendNames, openBackend, registerBackend, setDefaultBackend } from '@flambeau/backend';
import { inject } from 'vitest';
import { openWebGpu } from '../../packages/backend-webgpu/src/backend.ts';
import { parseDevice } from './devices.ts';

// Comes after `test-device.ts`: cpu stays there for tests that move tensors between devices.
if (!backendNames().includes('webgpu')) {
  const { options } = parseDevice(inject('device'));
  registerBackend('webgpu', () => openWebGpu(options));
  await openBackend('webgpu');
}
setDefaultBackend('webgpu');
