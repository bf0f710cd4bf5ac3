import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { fromArray, type Tensor } from 'flambeau';
import { UsageError } from './errors.ts';

/** The header of a safetensors file: where each tensor's bytes are, counted from the end of the header. */
type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

const alignment = 8;

/**
 * Writes float32 tensors as a safetensors file, beside the old one first, so that a crash leaves that one whole.
 *
 * @source https://github.com/huggingface/safetensors, section "Format".
 */
export async function saveWeights(path: string, weights: ReadonlyMap<string, Tensor>): Promise<void> {
  const header: Header = {};
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const [name, weight] of weights) {
    const values = Float32Array.from((await weight.float().toArray()) as Float32Array);
    header[name] = { dtype: 'F32', shape: [...weight.shape], data_offsets: [end, end + values.byteLength] };
    parts.push(new Uint8Array(values.buffer));
    end += values.byteLength;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / alignment) * alignment;
  const start = new Uint8Array(8 + padded).fill(' '.charCodeAt(0));
  new DataView(start.buffer).setBigUint64(0, BigInt(padded), true);
  start.set(text, 8);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, Buffer.concat([start, ...parts]));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw new UsageError(`cannot write ${path}: ${(error as Error).message}.`);
  }
}

/**
 * Reads what {@link saveWeights} wrote.
 *
 * @throws {UsageError} The file is missing, or not what it should be.
 */
export async function loadWeights(path: string): Promise<Map<string, Tensor>> {
  const file = await readFile(path).catch((error: Error) => {
    throw new UsageError(`cannot read ${path}: ${error.message}.`);
  });
  const fail = (): never => {
    throw new UsageError(`${path} is no complete file of float32 weights.`);
  };
  const size = file.length < 8 ? fail() : Number(file.readBigUInt64LE(0));
  if (8 + size > file.length) fail();
  let header: Header;
  try {
    header = JSON.parse(file.toString('utf8', 8, 8 + size)) as Header;
  } catch {
    return fail();
  }
  const data = file.subarray(8 + size);
  return new Map(
    Object.entries(header).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const length = shape.reduce((product, extent) => product * extent, 1);
        if (dtype !== 'F32' || to - from !== 4 * length || !(from >= 0 && to <= data.length)) fail();
        return [
          name,
          fromArray(new Float32Array(data.buffer.slice(data.byteOffset + from, data.byteOffset + to)), shape),
        ];
      },
    ),
  );
}
