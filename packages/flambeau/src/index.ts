import { backendNames, registerBackend } from '@flambeau/backend';
import { cpu } from '@flambeau/backend-cpu';
import * as data from '@flambeau/data';
import * as nn from '@flambeau/nn';
import * as optim from '@flambeau/optim';

// The preset is all of autograd by definition, and a new op must not need a second line here.
export * from '@flambeau/autograd';
export {
  ArgumentError,
  DeviceError,
  DisposedError,
  DTypeError,
  FlambeauError,
  FormatError,
  GradError,
  IndexError,
  KernelError,
  ShapeError,
  StateDictError,
} from '@flambeau/backend';
export { cpu, data, nn, optim };

// The one thing that happens at import: everybody has a device. It opens when the first tensor is made; code of the others
// is loaded when they are opened, so that who does not use them does not load them.
if (!backendNames().includes('cpu')) registerBackend('cpu', () => cpu());
if (!backendNames().includes('wasm')) {
  registerBackend('wasm', async () => (await import('@flambeau/backend-wasm')).wasm());
}
if (!backendNames().includes('webgpu')) {
  registerBackend('webgpu', async () => (await import('@flambeau/backend-webgpu')).webgpu());
}
