import type { Slide } from './slides.ts';

/** What is known of a loop's size: the extent, where all its steps are written out, or whether it may be long. */
export type LoopSize = number | 'short' | 'long';

/** What a shader of a loop kernel is made for, beyond the kernel itself. */
export interface Variant {
  /** For each buffer (inputs, then outputs), where the same one stands first; absent when all differ. */
  readonly sharing?: readonly number[] | undefined;
  /** Elements that an invocation computes side by side. */
  readonly width: 1 | 4;
  /** Whether the sizes along that axis are multiples of it, so that nothing is left over. */
  readonly even: boolean;
  /** Along which axis they lie: the outer axis `fast`, or the last loop of each stage. */
  readonly along: 'outer' | 'inner';
  /** The outer axis along which neighbouring invocations lie; -1 where there is none. */
  readonly fast: number;
  /** For each stage, the order in which its inner axes are walked, outermost first; lanes share the last one. */
  readonly loops: readonly (readonly number[])[];
  /** For each of those loops, its size. */
  readonly sizes: readonly (readonly LoopSize[])[];
  /** For each stage, the inner axis that chunks cut; -1 where there is none. */
  readonly cuts: readonly number[];
  /** For each buffer, whether it is bound as vectors of four elements. */
  readonly wide: readonly boolean[];
  /** Windows that slide along the axis of elements side by side. */
  readonly slides: readonly Slide[];
  /** Rows of a workgroup, and the lanes that share a row. */
  readonly rows: number;
  readonly lanes: number;
  /** Whether neighbouring invocations are lanes of one row, not rows. */
  readonly lanesFirst: boolean;
  /** Whether an invocation walks a run of rows along `fast`. */
  readonly runs: boolean;
  /** With chunks, several workgroups share a row, and the kernel takes several passes; this is one of them. */
  readonly pass?: number | undefined;
}
