import type { DType, Value } from './dtype.ts';
import type { Expr } from './expr.ts';
import type { RoutineName } from './routines.ts';
import type { View } from './view.ts';

/** How an access moves along one axis: not at all, by one element, or by a stride known at launch. */
export type AxisStep = 'zero' | 'unit' | 'strided';

/**
 * One way in which a kernel touches one of its buffers. Strides, offset and the numbers of its bounds come with the
 * launch; what is here decides the code.
 */
export interface Access {
  readonly role: 'input' | 'output';
  /** Index into the kernel's inputs or outputs. */
  readonly buffer: number;
  /** One entry per axis in scope (see each kernel kind), then one per computed index of a gather. */
  readonly steps: readonly AxisStep[];
  /** Number of bounds of the view; inputs only. */
  readonly bounds: number;
  /** What a read outside the bounds, or a gather outside its axis, gives; a value of the buffer's dtype. */
  readonly fill: Value;
}

/** How a reduce stage combines its values; `argmax` and `argmin` give the int32 row-major position in the inner axes. */
export type ReduceOp = 'sum' | 'prod' | 'max' | 'min' | 'argmax' | 'argmin';

/** Folds an expression over inner axes into a scalar that later stages read. */
export interface ReduceStage {
  readonly kind: 'reduce';
  readonly op: ReduceOp;
  /** Number of inner axes. */
  readonly inner: number;
  readonly expr: Expr;
}

/** Writes an expression to an output access for each index of its inner axes. */
export interface StoreStage {
  readonly kind: 'store';
  /** The output access that is written. */
  readonly access: number;
  readonly inner: number;
  readonly expr: Expr;
}

/** A stage of a loop kernel. */
export type Stage = ReduceStage | StoreStage;

interface KernelBase {
  /** Dtype of each input buffer. */
  readonly inputs: readonly DType[];
  /** Dtype of each output buffer. */
  readonly outputs: readonly DType[];
  /** Dtype of each run-time scalar. */
  readonly scalars: readonly DType[];
}

/**
 * Everything bound by memory: for each index of the outer axes, the stages run in order.
 *
 * Axes are numbered outer first, then the stage's own inner axes; an access belongs to the one stage that uses it and
 * has a step for every axis in that stage's scope. Launch extents: the outer axes, then each stage's inner axes.
 * Sums of floats are accumulated in float32 or wider; sums of integers wrap. `max`, `min`, `argmax` and `argmin` let NaN win;
 * ties go to the first (of 0 and -0 either may win). An empty reduction gives the identity (for `argmax` and `argmin`, 0).
 * An output may share its buffer with an input whose view is the output's own and which is read in the same stage or an
 * earlier one (so a row can be normalised in place); otherwise the elements written are disjoint from those read.
 */
export interface LoopKernel extends KernelBase {
  readonly kind: 'loop';
  /** Number of outer axes. */
  readonly outer: number;
  readonly accesses: readonly Access[];
  readonly stages: readonly Stage[];
}

/** Numbers of axes in the four groups of a contraction. */
export interface ContractionAxes {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/**
 * Everything bound by arithmetic: `out[b, m, n] = epilogue(Σ_k A[b, m, k] · B[b, n, k])`.
 *
 * Access 0 is A over (batch, m, k), access 1 is B over (batch, n, k), access 2 is the output over (batch, m, n); further
 * ones are loads of the epilogue over (batch, m, n). A and B have the dtype of inputs 0 and 1, which are equal. In
 * the epilogue, `stage 0` is the accumulator, which has A's dtype (float32 for 16-bit floats), and index axes count
 * (batch, m, n). Launch extents: batch, m, n, k. The output is disjoint from every input.
 */
export interface ContractionKernel extends KernelBase {
  readonly kind: 'contraction';
  readonly axes: ContractionAxes;
  readonly accesses: readonly Access[];
  readonly epilogue: Expr;
}

/** An attribute of a routine. */
export type Attribute = number | string | boolean;

/**
 * What fits neither loop nor contraction, by name (see `routines`). Launch views: one per input, then one per output, in order;
 * no extents, no scalars.
 */
export interface RoutineKernel extends KernelBase {
  readonly kind: 'routine';
  readonly name: RoutineName;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** Structure without sizes: what a backend compiles, once per structural key. */
export type Kernel = LoopKernel | ContractionKernel | RoutineKernel;

/** The numbers of one execution of a kernel. */
export interface Launch {
  /** Sizes of the kernel's axes, in the order its kind defines. */
  readonly extents: readonly number[];
  /** One view per access (per operand for a routine). A view's shape is its axes' extents. */
  readonly views: readonly View[];
  /** Values of the run-time scalars. */
  readonly scalars: readonly Value[];
}

/** The dtype in which a float of 16 bits is computed; other dtypes compute as themselves. */
export function computeDType(dtype: DType): DType {
  return dtype === 'float16' || dtype === 'bfloat16' ? 'float32' : dtype;
}

/** The step classes of a view's strides; an axis of size 1 does not move. */
export function stepsOf(view: View): AxisStep[] {
  return view.strides.map((stride, axis) => {
    if (stride === 0 || view.shape[axis] === 1) return 'zero';
    return stride === 1 ? 'unit' : 'strided';
  });
}

/** Describes a read through a view. */
export function inputAccess(buffer: number, view: View, fill: Value = 0): Access {
  return { role: 'input', buffer, steps: stepsOf(view), bounds: view.bounds?.length ?? 0, fill };
}

/** Describes a write through a view. */
export function outputAccess(buffer: number, view: View): Access {
  return { role: 'output', buffer, steps: stepsOf(view), bounds: 0, fill: 0 };
}

/** For each stage of a loop kernel, where its inner extents start in the launch's extents. */
export function innerOffsets(kernel: LoopKernel): number[] {
  let next = kernel.outer;
  return kernel.stages.map((stage) => {
    const start = next;
    next += stage.inner;
    return start;
  });
}
