import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend, DeviceBuffer } from '../backend.ts';
import type { DType, HostArray } from '../dtype.ts';
import { printKernel } from '../print.ts';
import { verifyKernel } from '../verify.ts';
import { verifyLaunch } from '../verify-launch.ts';
import { difference, type Numerics } from './compare.ts';
import { Draw } from './draw.ts';
import type { KernelCase } from './kernel-case.ts';
import type { ConformanceOptions } from './options.ts';

/** One run of the suite: the backend under test, and how a kernel is compared with the reference on it. */
export class Session {
  readonly options: ConformanceOptions;
  readonly numerics: Numerics;
  readonly seed: number;
  readonly runs: number;
  #backend: Backend | undefined;

  constructor(options: ConformanceOptions) {
    this.options = options;
    this.numerics = { signedZeros: true, subnormals: true, nonFinite: true, ...options.numerics };
    this.seed = options.seed ?? 1;
    this.runs = options.runs ?? 200;
  }

  /** Opens the backend before the tests of the current block and disposes it after them. */
  manage(): void {
    beforeAll(async () => {
      this.#backend = await this.options.create();
    });
    afterAll(() => this.#backend?.dispose());
  }

  /** The backend under test. */
  get backend(): Backend {
    if (!this.#backend) throw new Error('the backend is open only while tests run');
    return this.#backend;
  }

  /** Whether the device holds a dtype. */
  has(dtype: DType): boolean {
    return this.backend.capabilities.dtypes.has(dtype);
  }

  /** Random choices for one test, the same under the same seed. */
  draw(salt = 0): Draw {
    return new Draw(Math.imul(this.seed, 0x9e3779b1) + salt);
  }

  /** A test that is skipped, with the reason, where the device lacks a dtype or the options say so. */
  test(name: string, dtypes: readonly DType[], body: () => Promise<void> | void, timeout = 60_000): void {
    it(
      name,
      async ({ skip }) => {
        const missing = dtypes.find((dtype) => !this.has(dtype));
        if (missing) skip(`${this.options.name} has no ${missing}`);
        for (const [part, reason] of Object.entries(this.options.skip ?? {})) if (name.includes(part)) skip(reason);
        await body();
      },
      timeout,
    );
  }

  /**
   * Runs a kernel on the backend and in the reference, and compares everything that it may have touched.
   *
   * @param meaning - What the reference runs instead, on copies of the same arrays.
   */
  async check(sample: KernelCase, what = '', meaning: KernelCase = sample): Promise<void> {
    const wanted = copies(sample.arrays);
    verifyKernel(sample.kernel);
    verifyLaunch(sample.kernel, bound(sample), sample.launch);
    this.options.reference(meaning.kernel, wanted, meaning.launch);
    const got = await this.execute(sample);
    const { inputs, outputs } = sample.kernel;
    [...inputs, ...outputs].forEach((dtype, i) => {
      const shared = sample.arrays.indexOf(sample.arrays[i] as HostArray, inputs.length) - inputs.length;
      const tolerance = sample.tolerances?.[shared < 0 ? i - inputs.length : shared] ?? {};
      const report = difference(dtype, got[i] as HostArray, wanted[i] as HostArray, tolerance, this.numerics);
      if (!report) return;
      const place = i < inputs.length ? `input ${i}` : `output ${i - inputs.length}`;
      expect.fail(`${what && `${what}: `}${place} ${report}\n${describeCase(sample)}`);
    });
  }

  /** Runs a kernel on the backend and gives back the content of all its buffers. */
  async execute(sample: KernelCase): Promise<HostArray[]> {
    const { backend } = this;
    const declared = [...sample.kernel.inputs, ...sample.kernel.outputs];
    const buffers = new Map<HostArray, DeviceBuffer>();
    sample.arrays.forEach((array, i) => {
      if (buffers.has(array)) return;
      const buffer = backend.allocate(declared[i] as DType, array.length);
      buffers.set(array, buffer);
      backend.write(buffer, array);
    });
    const operands = sample.arrays.map((array) => buffers.get(array) as DeviceBuffer);
    backend.run(backend.prepare(sample.kernel), operands, sample.launch);
    const found = new Map<HostArray, HostArray>();
    for (const [array, buffer] of buffers) found.set(array, await backend.read(buffer, 0, array.length));
    for (const buffer of buffers.values()) backend.free(buffer);
    return sample.arrays.map((array) => found.get(array) as HostArray);
  }
}

/** A kernel and its launch as text, for messages. */
function describeCase({ kernel, launch }: KernelCase): string {
  const number = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
  const views = launch.views.map((view, i) => `  view ${i}: ${JSON.stringify(view, number)}`);
  const numbers = `  extents [${launch.extents}], scalars [${launch.scalars}]`;
  return [printKernel(kernel), numbers, ...views].join('\n');
}

/** Copies arrays; those that were the same object stay one. */
function copies(arrays: readonly HostArray[]): HostArray[] {
  const made = new Map(arrays.map((array) => [array, array.slice()]));
  return arrays.map((array) => made.get(array) as HostArray);
}

/** The arrays of a case as buffers, for the verifier. */
function bound({ kernel, arrays }: KernelCase): DeviceBuffer[] {
  const declared = [...kernel.inputs, ...kernel.outputs];
  const made = new Map<HostArray, DeviceBuffer>();
  arrays.forEach((array, i) => {
    if (!made.has(array)) made.set(array, { dtype: declared[i] as DType, length: array.length });
  });
  return arrays.map((array) => made.get(array) as DeviceBuffer);
}
