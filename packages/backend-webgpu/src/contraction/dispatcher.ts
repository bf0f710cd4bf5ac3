import { type ContractionKernel, isFloat, type Launch, printKernel } from '@flambeau/backend';
import type { GpuBuffer, Program, Recorder } from '../runtime/recorder.ts';
import type { Shader } from '../shader.ts';
import { COMBINE_WORKGROUP, combineShader } from './combine.ts';
import { keyOf, pushResults, type ResultPaths, resultBuffers } from './results.ts';
import type { Sizes } from './roles.ts';

/** A program with the positions of its launch numbers that are floats. */
export interface Prepared {
  readonly program: Program;
  readonly floats: ReadonlySet<number>;
}

/** Keeps a kernel's programs, and enqueues them. */
export class Dispatcher {
  readonly #kernel: ContractionKernel;
  readonly #recorder: Recorder;
  readonly #programs = new Map<string, Prepared>();

  constructor(kernel: ContractionKernel, recorder: Recorder) {
    this.#kernel = kernel;
    this.#recorder = recorder;
  }

  /** A program by a key of its own; where it writes results, its last launch numbers are the kernel's scalars. */
  program(key: string, writesResults: boolean, shader: () => Shader): Prepared {
    const known = this.#programs.get(key);
    if (known) return known;
    const kernel = this.#kernel;
    const made = shader();
    const first = made.words - kernel.scalars.length;
    const floats = new Set<number>();
    if (writesResults) kernel.scalars.forEach((dtype, slot) => isFloat(dtype) && floats.add(first + slot));
    const program = { program: this.#recorder.program(made, () => printKernel(kernel)), floats };
    this.#programs.set(key, program);
    return program;
  }

  /** Enqueues a dispatch with launch numbers. */
  dispatch(
    { program, floats }: Prepared,
    buffers: readonly GpuBuffer[],
    numbers: readonly number[],
    workgroups: number,
  ): void {
    const at = this.#recorder.reserve(program);
    const { ints, floats: reals } = this.#recorder;
    for (let i = 0; i < numbers.length; i++) {
      if (floats.has(i)) reals[at + i] = numbers[i] as number;
      else ints[at + i] = numbers[i] as number;
    }
    this.#recorder.dispatch(program, buffers, at, workgroups);
  }

  /** The buffers to bind where results are written, and others after them. */
  bound({ variant }: ResultPaths, buffers: readonly GpuBuffer[], more: readonly GpuBuffer[]): GpuBuffer[] {
    const own = resultBuffers(this.#kernel).map((buffer) => buffers[buffer] as GpuBuffer);
    return [...own.filter((_, i) => variant.shared[i] === i), ...more];
  }

  /** Adds sums of parts of the depth and writes results. */
  combine(
    { batches, rows, columns }: Sizes,
    parts: number,
    partial: GpuBuffer,
    results: ResultPaths,
    buffers: readonly GpuBuffer[],
    launch: Launch,
  ): void {
    const { variant } = results;
    const program = this.program(`combine ${keyOf(variant)}`, true, () =>
      combineShader(this.#kernel, variant, this.#recorder.limits),
    );
    const numbers = [batches, rows, columns, parts];
    pushResults(numbers, results, launch);
    const workgroups = Math.ceil((batches * rows * columns) / COMBINE_WORKGROUP);
    this.dispatch(program, this.bound(results, buffers, [partial]), numbers, workgroups);
  }
}
