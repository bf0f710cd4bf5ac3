import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { type GoldenTensor, parseSafetensors } from './tensor.ts';
import type { Json } from './values.ts';

const folder = new URL('../data/', import.meta.url);
const documents = new Map<string, unknown>();
const sideFiles = new Map<string, Map<string, GoldenTensor>>();

function unpack(path: string): Buffer {
  return brotliDecompressSync(readFileSync(fileURLToPath(new URL(`${path}.br`, folder))));
}

/** A JSON document of the data folder, e.g. `ops/unary`; read once. */
export function readDocument<T = Json>(name: string): T {
  let document = documents.get(name);
  if (document === undefined) {
    document = JSON.parse(unpack(`${name}.json`).toString('utf8'));
    documents.set(name, document);
  }
  return document as T;
}

/** The tensors that stand beside a document; read once. */
export function readTensors(name: string): ReadonlyMap<string, GoldenTensor> {
  let tensors = sideFiles.get(name);
  if (!tensors) {
    tensors = parseSafetensors(unpack(`${name}.safetensors`));
    sideFiles.set(name, tensors);
  }
  return tensors;
}
