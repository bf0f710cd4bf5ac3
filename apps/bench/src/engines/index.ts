import type { Engine } from './engine.ts';
import { jaxEngine } from './jax.ts';
import { loopEngine } from './loops.ts';
import { pytorchEngine } from './pytorch.ts';
import { roofEngine } from './roof.ts';
import { tfjsEngine } from './tfjs.ts';

/** What is opened to compare with. */
export interface Peer {
  /** Beside which of our devices it takes part where no peers are named. */
  readonly usual: readonly string[];
  /** Opens it; null where this machine does not have it. @param device - Ours, which those that can do likewise follow. */
  open(threads: number, device: string): Engine | Promise<Engine | null>;
}

const onProcessor = ['cpu', 'wasm'];

/** What our devices are compared with. */
export const peers: Readonly<Record<string, Peer>> = {
  roof: { usual: onProcessor, open: () => roofEngine() },
  loops: { usual: onProcessor, open: () => loopEngine() },
  'tfjs-wasm': { usual: onProcessor, open: () => tfjsEngine('wasm') },
  // A step of the convolutional network takes it ten seconds.
  'tfjs-cpu': { usual: [], open: () => tfjsEngine('cpu') },
  'tfjs-webgpu': { usual: ['webgpu'], open: () => tfjsEngine('webgpu') },
  jax: {
    usual: [...onProcessor, 'webgpu'],
    open: (_, device) => jaxEngine(device === 'webgpu' ? 'webgpu' : 'wasm'),
  },
  pytorch: { usual: onProcessor, open: (threads) => pytorchEngine(threads) },
};
