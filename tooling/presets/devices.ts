/** What a test project hands to its files. */
declare module 'vitest' {
  interface ProvidedContext {
    /** The device on which tensors are made, with its options: `cpu`, `wasm`, `wasm:threads=3,relaxed=0`, `asynchronous`. */
    device: string;
  }
}

/** A device as its text names it. */
export interface ChosenDevice {
  readonly name: 'cpu' | 'wasm' | 'webgpu' | 'asynchronous';
  readonly options: {
    readonly threads?: number;
    readonly relaxed?: boolean;
    /** Whether shaders are made for a GPU in software or for one in hardware, whatever there is. */
    readonly software?: boolean;
  };
}

/** The options of each device that are on or off. */
const switches: Readonly<Record<ChosenDevice['name'], readonly string[]>> = {
  cpu: [],
  wasm: ['relaxed'],
  webgpu: ['software'],
  asynchronous: [],
};

/**
 * Reads `cpu`, `webgpu`, `asynchronous` or `wasm:threads=3,relaxed=0`.
 *
 * @throws {Error} The device or an option is unknown.
 */
export function parseDevice(text: string): ChosenDevice {
  const [first = '', list = ''] = text.split(':');
  if (!Object.hasOwn(switches, first)) throw new Error(`unknown test device '${text}'`);
  const name = first as ChosenDevice['name'];
  const options: Record<string, number | boolean> = {};
  for (const option of list.split(',').filter(Boolean)) {
    const [key = '', value = ''] = option.split('=');
    if (name === 'wasm' && key === 'threads' && Number(value) >= 1) options.threads = Number(value);
    else if (switches[name].includes(key) && /^[01]$/.test(value)) options[key] = value === '1';
    else throw new Error(`unknown option '${option}' of the test device '${text}'`);
  }
  return { name, options };
}
