import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

const folder = new URL('../data/', import.meta.url);

/** The bytes of a file of the data folder, e.g. `ops/unary.json`. */
export function unpack(path: string): Uint8Array {
  return brotliDecompressSync(readFileSync(fileURLToPath(new URL(`${path}.br`, folder))));
}
