import { cpu } from '@flambeau/backend-cpu';
import type { Engine } from './engine.ts';
import { flambeauEngine } from './flambeau.ts';
import { handEngine } from './hand.ts';
import { jaxEngine } from './jax.ts';
import { kernelEngine } from './kernels.ts';
import { tfjsEngine } from './tfjs.ts';

type Maker = () => Engine | Promise<Engine>;

/** Our devices by name. */
export const devices: Readonly<Record<string, Maker>> = {
  cpu: () => flambeauEngine('cpu') as Engine,
};

/** What they are compared with. */
export const peers: Readonly<Record<string, Maker>> = {
  kernels: () => kernelEngine(cpu()) as Engine,
  loops: () => handEngine() as Engine,
  tfjs: async () => (await tfjsEngine()) as Engine,
  jax: async () => (await jaxEngine()) as Engine,
};
