import { backendNames, registerBackend } from '@flambeau/backend';
import { cpu } from '@flambeau/backend-cpu';
import { AsynchronousBackend } from './asynchronous.ts';

// Tests make tensors without choosing a device, as users of the `flambeau` preset do.
if (!backendNames().includes('cpu')) registerBackend('cpu', () => cpu());
// A device that cannot be read at once, for tests that move tensors there and back.
if (!backendNames().includes('asynchronous')) registerBackend('asynchronous', () => new AsynchronousBackend());
