import { backendNames, openBackend, registerBackend } from 'flambeau';
import { openGpu } from '../gpu/open.ts';
import type { Engine } from './engine.ts';
import { flambeauEngine } from './flambeau.ts';

/** How one of our devices is opened. */
export interface DeviceOptions {
  readonly threads: number;
}

/** Our devices by name; each is registered when it is asked for, and gives its name there. */
const devices: Readonly<Record<string, (options: DeviceOptions) => Promise<string>>> = {
  cpu: async () => 'cpu',
  wasm: async ({ threads }) => {
    const { wasm } = await import('@flambeau/backend-wasm');
    const name = `wasm-${threads}`;
    if (!backendNames().includes(name)) registerBackend(name, () => wasm({ threads, name }));
    return name;
  },
  webgpu: async () => {
    await openGpu();
    return 'webgpu';
  },
};

/** Names of our devices. */
export const deviceNames: readonly string[] = Object.keys(devices);

/** Opens one of our devices and gives the name under which it is registered. */
export async function openDevice(device: string, options: DeviceOptions): Promise<string> {
  const name = await (devices[device] as (options: DeviceOptions) => Promise<string>)(options);
  await openBackend(name);
  return name;
}

/** What tables call one of our devices; only wasm has threads, whatever is asked for. */
export function deviceTitle(device: string, { threads }: DeviceOptions): string {
  return threads === 1 || device !== 'wasm' ? `flambeau ${device}` : `flambeau ${device} ×${threads}`;
}

/** Ours, on a device. */
export async function deviceEngine(device: string, options: DeviceOptions): Promise<Engine> {
  return flambeauEngine(await openDevice(device, options), deviceTitle(device, options));
}
