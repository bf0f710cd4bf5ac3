/** What a test project hands to its files. */
declare module 'vitest' {
  interface ProvidedContext {
    /** The device on which tensors are made, with its options: `cpu`, `wasm`, `wasm:threads=3,relaxed=0`. */
    device: string;
  }
}

/** A device as its text names it. */
export interface ChosenDevice {
  readonly name: 'cpu' | 'wasm';
  readonly options: { readonly threads?: number; readonly relaxed?: boolean };
}

/**
 * Reads `cpu`, `wasm` or `wasm:threads=3,relaxed=0`.
 *
 * @throws {Error} The device or an option is unknown.
 */
export function parseDevice(text: string): ChosenDevice {
  const [name, list = ''] = text.split(':');
  const options: { threads?: number; relaxed?: boolean } = {};
  for (const option of list.split(',').filter(Boolean)) {
    const [key, value] = option.split('=');
    if (key === 'threads' && Number(value) >= 1) options.threads = Number(value);
    else if (key === 'relaxed' && (value === '0' || value === '1')) options.relaxed = value === '1';
    else throw new Error(`unknown option '${option}' of the test device '${text}'`);
  }
  if (name !== 'cpu' && name !== 'wasm') throw new Error(`unknown test device '${text}'`);
  return { name, options };
}
