import type { DeviceBuffer, Launch } from '@flambeau/backend';
import type { DeviceLimits } from '../limits.ts';
import type { Shader } from '../shader.ts';

/** A buffer in device memory, whose size is a multiple of 16 bytes so that elements can be read and written in fours up to the end. */
export interface GpuBuffer extends DeviceBuffer {
  readonly memory: GPUBuffer | null;
}

/** A shader made ready to run; opaque to generators. */
export interface Program {
  readonly shader: Shader;
}

/** What generators need from the running device: enqueues dispatches, which run in order, each seeing what those before wrote. */
export interface Recorder {
  readonly limits: DeviceLimits;
  /**
   * Compiles a shader, or finds it compiled.
   *
   * @param title - What a message about a failure shows: the kernel's text.
   */
  program(shader: Shader, title: () => string): Program;
  /** Launch numbers of dispatches not submitted yet, as integers and as floats; read these anew after each `reserve`. */
  readonly ints: Int32Array;
  readonly floats: Float32Array;
  /** Makes room for the launch numbers of the next dispatch of a program, and returns the index of the first. */
  reserve(program: Program): number;
  /**
   * Enqueues a dispatch.
   *
   * @param buffers - One for each of the shader's bindings, all different where one of them is written.
   * @param at - What `reserve` returned.
   * @param workgroups - How many are needed. They are laid out in a plane when the device has no line so long, and may then be
   *   more: the shader finds its own number as `workgroup_id.x + workgroup_id.y * num_workgroups.x`, and must stop beyond its last.
   */
  dispatch(program: Program, buffers: readonly GpuBuffer[], at: number, workgroups: number): void;
  /** Memory until the launch that is being enqueued is over. */
  borrow(bytes: number): GpuBuffer;
  /** Gives borrowed memory back early, for what the same launch borrows later. */
  release(buffer: GpuBuffer): void;
}

/** Runs a kernel on buffers: inputs, then outputs. */
export type Run = (buffers: readonly GpuBuffer[], launch: Launch) => void;
