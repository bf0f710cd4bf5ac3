import type { DeviceBuffer, Launch } from '@flambeau/backend';
import type { MemoryType } from '../assembler/index.ts';

/** What the engine offers beyond plain WebAssembly with SIMD. */
export interface Features {
  /** Relaxed SIMD: fused multiply-add, minimum and maximum of one instruction. */
  readonly relaxed: boolean;
}

/** A buffer in linear memory. */
export interface WasmBuffer extends DeviceBuffer {
  /** Where it starts (bytes); a multiple of 16, and at least 16 bytes behind its end may be read. */
  readonly address: number;
}

/**
 * A compiled module, which exports `run(parameters, scratch, begin, end)` (four i32, no result): does units `begin` to `end` of
 * the work that the launch numbers at `parameters` describe. Units are independent of each other, so that threads may
 * share them; `scratch` is memory of the calling thread alone, {@link SCRATCH_BYTES} long.
 */
export interface Program {
  /** Imports host functions, which only the main thread has: never shared with other threads. */
  readonly hosted: boolean;
}

/** Size of the area that holds one launch's numbers (bytes). */
export const PARAMETER_BYTES = 16384;

/** Size of each thread's private memory (bytes). */
export const SCRATCH_BYTES: number = 2 ** 21;

/** What generators of code need from the running backend. */
export interface Runtime {
  readonly features: Features;
  /** Threads that share work, this one included. */
  readonly threads: number;
  /** How modules import the memory. */
  readonly memory: MemoryType;
  /** Address of the area for launch numbers (bytes, a multiple of 16). */
  readonly parameters: number;
  /** All of linear memory as words, to write launch numbers; made anew when memory grows, so read it at each launch. */
  readonly words: Int32Array;
  /** The same memory as float64 and int64. */
  readonly doubles: Float64Array;
  readonly longs: BigInt64Array;
  /** Compiles a module, on this thread now and on others when they first need it. */
  load(module: Uint8Array<ArrayBuffer>, imports: readonly string[]): Program;
  /**
   * Runs units 0 to `units` of a program, with the launch numbers that were written to `parameters`, and waits for the end.
   *
   * @param grain - A thread is given at least so many units at a time; work of fewer than two grains stays on this thread.
   */
  dispatch(program: Program, units: number, grain: number): void;
  /** Memory for the time of one launch, e.g. for tables (bytes); give it back with `release`. */
  borrow(bytes: number): number;
  release(address: number): void;
}

/** Runs a kernel on buffers: inputs, then outputs. */
export type Run = (buffers: readonly WasmBuffer[], launch: Launch) => void;
