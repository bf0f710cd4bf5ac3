import { load, op } from './expr.ts';
import type { AxisStep, ContractionKernel, LoopKernel } from './kernel.ts';

/** A contraction written as a loop kernel. */
export interface ContractionLoop {
  readonly kernel: LoopKernel;
  /** For each access, the axis of the contraction's view behind each axis in scope; -1 where the view does not have it. */
  readonly viewAxes: readonly (readonly number[])[];
  /** The summands are products, which may be left unrounded. */
  readonly exactSummands: true;
}

/**
 * A contraction as a sum over k for each element of the result: what suits tiny ones, matrix times vector, one product
 * per group, and the dtypes whose products do not fit a float64.
 */
export function contractionAsLoop(kernel: ContractionKernel): ContractionLoop {
  const { batch, m, n, k } = kernel.axes;
  const outer = batch + m + n;
  const range = (start: number, length: number): number[] => Array.from({ length }, (_, i) => start + i);
  const absent = (length: number): number[] => new Array<number>(length).fill(-1);
  const viewAxes = kernel.accesses.map((_, access) => {
    if (access === 0) return [...range(0, batch + m), ...absent(n), ...range(batch + m, k)];
    if (access === 1) return [...range(0, batch), ...absent(m), ...range(batch, n + k)];
    return range(0, outer);
  });
  const accesses = kernel.accesses.map((access, i) => {
    if (i > 1) return access;
    const steps = (viewAxes[i] as number[]).map(
      (axis): AxisStep => (axis < 0 ? 'zero' : (access.steps[axis] as AxisStep)),
    );
    return { ...access, steps };
  });
  const loop: LoopKernel = {
    kind: 'loop',
    inputs: kernel.inputs,
    outputs: kernel.outputs,
    scalars: kernel.scalars,
    outer,
    accesses,
    stages: [
      { kind: 'reduce', op: 'sum', inner: k, expr: op('mul', load(0), load(1)) },
      { kind: 'store', access: 2, inner: 0, expr: kernel.epilogue },
    ],
  };
  return { kernel: loop, viewAxes, exactSummands: true };
}
