import { backendNames, registerBackend } from '@flambeau/backend';
import { cpu } from '@flambeau/backend-cpu';

// Tests make tensors without choosing a device, as users of the `flambeau` preset do.
if (!backendNames().includes('cpu')) registerBackend('cpu', () => cpu());
