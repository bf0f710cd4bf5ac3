import type { DeviceBuffer } from './backend.ts';
import type { DType } from './dtype.ts';
import { walk } from './expr.ts';
import {
  type Access,
  type ContractionKernel,
  innerOffsets,
  type Kernel,
  type Launch,
  type LoopKernel,
  type RoutineKernel,
} from './kernel.ts';
import { routineShapeProblem } from './routines.ts';
import { failKernel, fitsDType } from './verify.ts';
import { sameShape, type View, viewRange } from './view.ts';
import { maySelfOverlap, viewsOverlap } from './view-overlap.ts';

/** For each access of a kernel, the launch extents of the axes in its scope. */
export function accessExtents(
  kernel: LoopKernel | ContractionKernel,
  extents: readonly number[],
): (readonly number[])[] {
  if (kernel.kind === 'contraction') {
    const { batch, m, n, k } = kernel.axes;
    const group = (start: number, length: number): readonly number[] => extents.slice(start, start + length);
    const [b, rows, columns, depth] = [group(0, batch), group(batch, m), group(batch + m, n), group(batch + m + n, k)];
    const result = [...b, ...rows, ...columns];
    return kernel.accesses.map((_, i) =>
      i === 0 ? [...b, ...rows, ...depth] : i === 1 ? [...b, ...columns, ...depth] : result,
    );
  }
  const offsets = innerOffsets(kernel);
  const scopes: (readonly number[])[] = kernel.accesses.map(() => []);
  kernel.stages.forEach((stage, index) => {
    const start = offsets[index] as number;
    const scope = [...extents.slice(0, kernel.outer), ...extents.slice(start, start + stage.inner)];
    walk(stage.expr, (expr) => {
      if (expr.kind === 'load' || expr.kind === 'gather') scopes[expr.access] = scope;
    });
    if (stage.kind === 'store') scopes[stage.access] = scope;
  });
  return scopes;
}

/**
 * Checks the numbers of one execution: ranks and extents agree, views fit their buffers and the steps that the kernel
 * was compiled for, dtypes are the kernel's, outputs overlap neither themselves nor what is still to be read.
 * Reads through bounds are checked when they happen, by the interpreter.
 *
 * @throws {KernelError} With what is wrong and the kernel's text.
 */
export function verifyLaunch(kernel: Kernel, buffers: readonly DeviceBuffer[], launch: Launch): void {
  const declared = [...kernel.inputs, ...kernel.outputs];
  if (buffers.length !== declared.length) {
    failKernel(kernel, `needs ${declared.length} buffers; got ${buffers.length}.`);
  }
  buffers.forEach((buffer, i) => {
    if (buffer.dtype !== declared[i]) failKernel(kernel, `buffer ${i} must be ${declared[i]}; got ${buffer.dtype}.`);
  });
  verifyScalars(kernel, launch);
  verifyExtents(kernel, launch.extents);
  const views = kernel.kind === 'routine' ? buffers.length : kernel.accesses.length;
  if (launch.views.length !== views) failKernel(kernel, `needs ${views} views; got ${launch.views.length}.`);
  launch.views.forEach((view, i) => {
    verifyView(kernel, view, i);
    const buffer = buffers[bufferOf(kernel, i)] as DeviceBuffer;
    const range = viewRange(view);
    if (!view.bounds?.length && range && (range[0] < 0 || range[1] >= buffer.length)) {
      failKernel(kernel, `view ${i} reaches elements ${range[0]} to ${range[1]} of a buffer of ${buffer.length}.`);
    }
  });
  if (kernel.kind === 'routine') verifyRoutineViews(kernel, launch);
  else verifyAccessViews(kernel, launch);
  verifyAliasing(kernel, buffers, launch);
}

function verifyScalars(kernel: Kernel, { scalars }: Launch): void {
  if (scalars.length !== kernel.scalars.length) {
    failKernel(kernel, `needs ${kernel.scalars.length} scalars; got ${scalars.length}.`);
  }
  scalars.forEach((value, slot) => {
    const dtype = kernel.scalars[slot] as DType;
    if (!fitsDType(value, dtype)) {
      failKernel(kernel, `scalar ${slot} is ${dtype} and cannot be ${typeof value} ${value}.`);
    }
  });
}

function verifyExtents(kernel: Kernel, extents: readonly number[]): void {
  const wanted =
    kernel.kind === 'routine'
      ? 0
      : kernel.kind === 'loop'
        ? kernel.stages.reduce((sum, stage) => sum + stage.inner, kernel.outer)
        : kernel.axes.batch + kernel.axes.m + kernel.axes.n + kernel.axes.k;
  if (extents.length !== wanted) failKernel(kernel, `needs ${wanted} extents; got ${extents.length}.`);
  for (const extent of extents) {
    if (!Number.isInteger(extent) || extent < 0) failKernel(kernel, `an extent cannot be ${extent}.`);
  }
}

function verifyView(kernel: Kernel, view: View, i: number): void {
  const rank = view.shape.length;
  if (view.strides.length !== rank)
    failKernel(kernel, `view ${i} has ${rank} sizes and ${view.strides.length} strides.`);
  for (const bound of view.bounds ?? []) {
    if (bound.coefficients.length !== rank) failKernel(kernel, `view ${i} has a bound that is not over ${rank} axes.`);
  }
  for (const number of [view.offset, ...view.shape, ...view.strides]) {
    if (!Number.isSafeInteger(number)) failKernel(kernel, `view ${i} has a size, stride or offset of ${number}.`);
  }
}

function verifyAccessViews(kernel: LoopKernel | ContractionKernel, launch: Launch): void {
  const scopes = accessExtents(kernel, launch.extents);
  launch.views.forEach((view, i) => {
    const access = kernel.accesses[i] as Access;
    const scope = scopes[i] as readonly number[];
    if (!sameShape(view.shape.slice(0, scope.length), scope)) {
      failKernel(kernel, `view ${i} has shape [${view.shape}], its axes have extents [${scope}].`);
    }
    if (view.shape.length !== access.steps.length) failKernel(kernel, `view ${i} needs rank ${access.steps.length}.`);
    if ((view.bounds?.length ?? 0) !== access.bounds) failKernel(kernel, `view ${i} needs ${access.bounds} bounds.`);
    access.steps.forEach((step, axis) => {
      const stride = view.strides[axis] as number;
      if ((view.shape[axis] as number) > 1 && step !== 'strided' && stride !== (step === 'unit' ? 1 : 0)) {
        failKernel(kernel, `view ${i} has stride ${stride} along axis ${axis}, which was compiled as '${step}'.`);
      }
    });
  });
}

function verifyRoutineViews(kernel: RoutineKernel, launch: Launch): void {
  launch.views.forEach((view, i) => {
    if (view.bounds?.length) failKernel(kernel, `view ${i} of a routine has bounds.`);
  });
  const problem = routineShapeProblem(
    kernel,
    launch.views.map((view) => view.shape),
  );
  if (problem) failKernel(kernel, problem);
}

/** The position, among inputs then outputs, of the buffer that view `i` is a view of. */
function bufferOf(kernel: Kernel, i: number): number {
  if (kernel.kind === 'routine') return i;
  const access = kernel.accesses[i] as Access;
  return access.role === 'input' ? access.buffer : kernel.inputs.length + access.buffer;
}

function verifyAliasing(kernel: Kernel, buffers: readonly DeviceBuffer[], launch: Launch): void {
  const stages = kernel.kind === 'loop' ? stageOfAccess(kernel) : [];
  const gathered = kernel.kind === 'routine' ? new Set<number>() : gatheredAccesses(kernel);
  launch.views.forEach((output, o) => {
    const target = bufferOf(kernel, o);
    if (target < kernel.inputs.length) return;
    if (maySelfOverlap(output)) failKernel(kernel, `view ${o} writes an element twice.`);
    launch.views.forEach((input, i) => {
      const source = bufferOf(kernel, i);
      if (source >= kernel.inputs.length || buffers[source] !== buffers[target]) return;
      const inPlace =
        kernel.kind === 'loop' &&
        !gathered.has(i) &&
        (stages[i] as number) <= (stages[o] as number) &&
        sameElements(input, output);
      if (!inPlace && viewsOverlap(input, output)) {
        failKernel(kernel, `view ${o} writes elements that view ${i} reads at another place or time.`);
      }
    });
  });
}

function sameElements(a: View, b: View): boolean {
  if (a.bounds?.length || a.offset !== b.offset || !sameShape(a.shape, b.shape)) return false;
  return a.strides.every((stride, axis) => stride === b.strides[axis] || (a.shape[axis] as number) <= 1);
}

function stageOfAccess(kernel: LoopKernel): number[] {
  const stages: number[] = [];
  kernel.stages.forEach((stage, index) => {
    walk(stage.expr, (expr) => {
      if (expr.kind === 'load' || expr.kind === 'gather') stages[expr.access] = index;
    });
    if (stage.kind === 'store') stages[stage.access] = index;
  });
  return stages;
}

function gatheredAccesses(kernel: LoopKernel | ContractionKernel): Set<number> {
  const found = new Set<number>();
  const roots = kernel.kind === 'loop' ? kernel.stages.map((stage) => stage.expr) : [kernel.epilogue];
  for (const root of roots) {
    walk(root, (expr) => {
      if (expr.kind === 'gather') found.add(expr.access);
    });
  }
  return found;
}
