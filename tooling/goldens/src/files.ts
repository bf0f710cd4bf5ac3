import { unpack } from '#unpack';
import { type GoldenTensor, parseSafetensors } from './tensor.ts';
import type { Json } from './values.ts';

const documents = new Map<string, unknown>();
const sideFiles = new Map<string, Map<string, GoldenTensor>>();

/** A JSON document of the data folder, e.g. `ops/unary`; read once. */
export function readDocument<T = Json>(name: string): T {
  let document = documents.get(name);
  if (document === undefined) {
    document = JSON.parse(new TextDecoder().decode(unpack(`${name}.json`)));
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
