import { setDefaultBackend } from '@flambeau/backend';

// Comes after `test-device.ts`, which registers it.
setDefaultBackend('asynchronous');
