import { type DType, dtypeNames, type HostArray, printKernel } from '@flambeau/backend';
import { describe, expect, it } from 'vitest';
import { cpu } from './backend.ts';
import { interpret } from './interpreter/interpret.ts';
import { agree, RandomKernel, type Sample, volume } from './testing/random-kernel.ts';

const backend = cpu({ generate: true });

/** Runs a sample through the backend and returns the outputs. */
function generated({ kernel, arrays, launch }: Sample): HostArray[] {
  const declared = [...kernel.inputs, ...kernel.outputs];
  const buffers = arrays.map((array, i) => {
    const buffer = backend.allocate(declared[i] as DType, array.length);
    backend.write(buffer, array);
    return buffer;
  });
  backend.run(backend.prepare(kernel), buffers, launch);
  return buffers.slice(kernel.inputs.length).map((buffer) => backend.readSync?.(buffer, 0, buffer.length) as HostArray);
}

function check(sample: Sample, name: string): void {
  const found = generated(sample);
  const expected = sample.arrays.slice();
  interpret(sample.kernel, expected, sample.launch);
  sample.kernel.outputs.forEach((dtype, i) => {
    const reference = expected[sample.kernel.inputs.length + i] as HostArray;
    if (agree(found[i] as HostArray, reference, dtype, dtype === 'float64' ? 1e-9 : 1e-4)) return;
    expect(found[i], `${name}\n${printKernel(sample.kernel)}\n${JSON.stringify(sample.launch.extents)}`).toEqual(
      reference,
    );
  });
}

describe.each(dtypeNames)('generated code on %s', (dtype) => {
  it('equals the interpreter on random loop kernels', () => {
    for (let seed = 0; seed < 250; seed++) {
      const sample = new RandomKernel(seed).loop(dtype);
      if (volume(sample) < 1e6) check(sample, `loop seed ${seed}`);
    }
  });

  it.skipIf(dtype === 'bool')('equals the interpreter on random contractions', () => {
    for (let seed = 0; seed < 60; seed++) {
      const sample = new RandomKernel(seed).contraction(dtype, 9);
      if (volume(sample) < 3e4) check(sample, `contraction seed ${seed}`);
    }
  });
});
