import { type DType, type HostArray, hostArray, loadValue, storeValue, type Value } from '@flambeau/backend';
import { MAP_READ, usage } from '../../runtime/flags.ts';
import { storageType } from '../../shader.ts';
import { leastLimits } from '../../testing/limits.ts';
import { Library } from '../library.ts';
import { Lines } from '../lines.ts';
import { fromStorage, toStorage } from '../scalar.ts';

/** Elements that one invocation computes. */
const STRETCH = 16;
const GROUP = 64;

/** A scalar function of a shader: what its operands and its result are stored as, and its code. */
export interface ScalarShader {
  readonly operands: readonly DType[];
  readonly result: DType;
  /** Writes what is needed and returns the text of the result, in value form. */
  readonly write: (library: Library, lines: Lines, args: readonly string[]) => string;
}

/** The whole shader that applies a scalar function to arrays. */
function scalarShader({ operands, result, write }: ScalarShader): string {
  const library = new Library();
  const lines = new Lines();
  const { length } = operands;
  const bindings = [...operands, result].map((dtype, i) => {
    const access = i < length ? 'read' : 'read_write';
    return `@group(0) @binding(${i}) var<storage, ${access}> b${i}: array<${storageType(dtype, leastLimits)}>;\n`;
  });
  lines.block(
    `for (var i = id.x * ${STRETCH}u; i < min((id.x + 1u) * ${STRETCH}u, arrayLength(&b${length})); i++)`,
    () => {
      const args = operands.map((dtype, i) => lines.let(fromStorage(`b${i}[i]`, dtype, leastLimits)));
      lines.add(`b${length}[i] = ${toStorage(library, write(library, lines, args), result, leastLimits)};`);
    },
  );
  return `${bindings.join('')}${library.declarations}@compute @workgroup_size(${GROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {\n${lines.text}}\n`;
}

/** Words of device memory for elements. */
function toWords(array: HostArray, dtype: DType): Float32Array | Int32Array {
  const words =
    storageType(dtype, leastLimits) === 'f32' ? new Float32Array(array.length) : new Int32Array(array.length);
  // Bits of NaN go as they are.
  if (array instanceof Float32Array) return new Float32Array(array);
  for (let i = 0; i < array.length; i++) words[i] = Number(loadValue(array, dtype, i));
  return words;
}

/** Applies a scalar function to arrays on a device. */
export async function runScalar(
  device: GPUDevice,
  shader: ScalarShader,
  arrays: readonly HostArray[],
): Promise<HostArray> {
  const length = arrays[0]?.length ?? 0;
  const kind = usage.storage | usage.copySource | usage.copyDestination;
  const size = 4 * length;
  const buffers = [...arrays, null].map(() => device.createBuffer({ size, usage: kind }));
  const read = device.createBuffer({ size, usage: usage.mapRead | usage.copyDestination });
  arrays.forEach((array, i) => {
    const words = toWords(array, shader.operands[i] as DType);
    device.queue.writeBuffer(buffers[i] as GPUBuffer, 0, words as Float32Array<ArrayBuffer>);
  });
  const module = device.createShaderModule({ code: scalarShader(shader) });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(Math.ceil(length / STRETCH / GROUP));
  pass.end();
  encoder.copyBufferToBuffer(buffers.at(-1) as GPUBuffer, 0, read, 0, size);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(MAP_READ);
  const result = fromWords(read.getMappedRange().slice(0), shader.result);
  read.destroy();
  for (const buffer of buffers) buffer.destroy();
  return result;
}

function fromWords(memory: ArrayBuffer, dtype: DType): HostArray {
  const words: ArrayLike<number> =
    storageType(dtype, leastLimits) === 'f32' ? new Float32Array(memory) : new Int32Array(memory);
  if (dtype === 'float32') return words as Float32Array;
  const array = hostArray(dtype, words.length);
  for (let i = 0; i < words.length; i++) storeValue(array, dtype, i, words[i] as Value);
  return array;
}
