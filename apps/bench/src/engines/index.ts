import type { Engine } from './engine.ts';
import { jaxEngine } from './jax.ts';
import { loopEngine } from './loops.ts';
import { pytorchEngine } from './pytorch.ts';
import { roofEngine } from './roof.ts';
import { tfjsEngine } from './tfjs.ts';

/** What is opened to compare with. */
export interface Peer {
  /** Whether it takes part where no peers are named. */
  readonly usual: boolean;
  /** Opens it; null where this machine does not have it. */
  open(threads: number): Engine | Promise<Engine | null>;
}

/** What our devices are compared with. */
export const peers: Readonly<Record<string, Peer>> = {
  roof: { usual: true, open: () => roofEngine() },
  loops: { usual: true, open: () => loopEngine() },
  'tfjs-wasm': { usual: true, open: () => tfjsEngine('wasm') },
  // A step of the convolutional network takes it ten seconds.
  'tfjs-cpu': { usual: false, open: () => tfjsEngine('cpu') },
  jax: { usual: true, open: () => jaxEngine() },
  pytorch: { usual: true, open: (threads) => pytorchEngine(threads) },
};
