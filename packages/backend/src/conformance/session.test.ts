import { describe, expect, it } from 'vitest';
import type { Backend, DeviceBuffer, Executable } from '../backend.ts';
import { type HostArray, hostArray } from '../dtype.ts';
import { load, op } from '../expr.ts';
import { Choices } from './choices.ts';
import { CaseBuilder, type KernelCase } from './kernel-case.ts';
import type { Reference } from './options.ts';
import { Session } from './session.ts';
import { randomContraction, randomLoop } from './suites/random-kernels.ts';

interface FakeBuffer extends DeviceBuffer {
  readonly data: HostArray;
}

/** A device that runs every kernel as `behave` says. */
function device(behave: Reference): Backend {
  const backend: Partial<Backend> = {
    name: 'fake',
    allocate: (dtype, length): FakeBuffer => ({ dtype, length, data: hostArray(dtype, length) }),
    free: () => {},
    write: (buffer, data) => (buffer as FakeBuffer).data.set(data as never),
    read: async (buffer) => (buffer as FakeBuffer).data.slice(),
    prepare: (kernel): Executable => ({ kernel }),
    run: ({ kernel }, buffers, launch) =>
      behave(
        kernel,
        buffers.map((buffer) => (buffer as FakeBuffer).data),
        launch,
      ),
  };
  return backend as Backend;
}

/** Negates the first array into the second, whatever the kernel says. */
const negate: Reference = (_, arrays) => {
  (arrays[0] as Float32Array).forEach((x, i) => {
    (arrays[1] as Float32Array)[i] = -x;
  });
};

function session(behave: Reference): Session {
  const made = new Session({ name: 'fake', create: () => device(behave), reference: negate });
  Object.defineProperty(made, 'backend', { value: device(behave) });
  return made;
}

function sample(inPlace = false, tolerance = 0): KernelCase {
  const builder = new CaseBuilder();
  const view = { shape: [3], strides: [1], offset: 0 };
  const x = Float32Array.of(1, 2, 3);
  const value = op('neg', load(builder.read(builder.input('float32', x), view)));
  const out = builder.output('float32', inPlace ? x : new Float32Array(3), tolerance ? { ulps: tolerance } : undefined);
  builder.store(builder.write(out, view), [], value);
  return builder.loop([3]);
}

describe('a check', () => {
  it('passes when device and reference agree, in place too, and leaves the sample as it was', async () => {
    const separate = sample();
    await session(negate).check(separate);
    await session(negate).check(sample(true));
    expect(separate.arrays).toEqual([Float32Array.of(1, 2, 3), new Float32Array(3)]);
  });

  it('fails with the kernel, its launch and the elements that differ', async () => {
    const wrong: Reference = (kernel, arrays, launch) => {
      negate(kernel, arrays, launch);
      (arrays[1] as Float32Array)[2] = 7;
    };
    const failed = session(wrong).check(sample(), 'three elements');
    await expect(failed).rejects.toThrow('three elements: output 0 differs in 1 of 3 elements');
    await expect(failed).rejects.toThrow('element 2: got 7, expected -3');
    await expect(failed).rejects.toThrow('out0#1[i0:1] = neg(in0#0[i0:1])');
    await expect(failed).rejects.toThrow('extents [3]');
  });

  it('allows an output the error that the sample grants', async () => {
    const near: Reference = (kernel, arrays, launch) => {
      negate(kernel, arrays, launch);
      (arrays[1] as Float32Array)[0] = -1 - 2 ** -22;
    };
    await session(near).check(sample(false, 2));
    await expect(session(near).check(sample(false, 1))).rejects.toThrow('(off by -2.00 ulp)');
  });

  it('sees an input that was written', async () => {
    const rude: Reference = (kernel, arrays, launch) => {
      negate(kernel, arrays, launch);
      (arrays[0] as Float32Array)[0] = 0;
    };
    await expect(session(rude).check(sample())).rejects.toThrow('input 0 differs');
  });

  it('refuses a sample that is not a kernel', async () => {
    const builder = new CaseBuilder();
    const view = { shape: [3], strides: [1], offset: 0 };
    const value = load(builder.read(builder.input('float32', new Float32Array(2)), view));
    builder.store(builder.write(builder.output('float32', new Float32Array(3)), view), [], value);
    await expect(session(negate).check(builder.loop([3]))).rejects.toThrow('reaches elements 0 to 2 of a buffer of 2');
  });
});

describe('random kernels', () => {
  it('are the simplest when the choices run dry', () => {
    const made = session(negate);
    Object.defineProperty(made, 'has', { value: () => true });
    expect(randomLoop(made, new Choices([])).launch.extents).toEqual([]);
    expect(randomContraction(made, new Choices([])).launch.extents).toEqual([]);
    const long = Array.from({ length: 300 }, (_, i) => (i * 7919) % 104729);
    expect(randomLoop(made, new Choices(long))).toEqual(randomLoop(made, new Choices(long)));
  });
});
