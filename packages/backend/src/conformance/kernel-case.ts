import type { DType, HostArray, Value } from '../dtype.ts';
import { type Expr, scalar } from '../expr.ts';
import {
  type Access,
  type Attribute,
  type ContractionAxes,
  inputAccess,
  type Kernel,
  type Launch,
  outputAccess,
  type ReduceOp,
  type Stage,
} from '../kernel.ts';
import type { RoutineName } from '../routines.ts';
import type { View } from '../view.ts';
import type { Tolerance } from './compare.ts';

/** A kernel with everything that one execution of it needs. */
export interface KernelCase {
  readonly kernel: Kernel;
  readonly launch: Launch;
  /** Inputs, then outputs with what they hold before. Arrays that are the same object share a buffer. */
  readonly arrays: readonly HostArray[];
  /** How far each output may lie from the reference; exact where absent. */
  readonly tolerances?: readonly (Tolerance | undefined)[];
}

/** A piece of memory as a case declares it. */
interface Operand {
  readonly dtype: DType;
  readonly array: HostArray;
}

/** Puts a case together: declare buffers, accesses and scalars, then finish with `loop`, `contraction` or `routine`. */
export class CaseBuilder {
  readonly #inputs: Operand[] = [];
  readonly #outputs: Operand[] = [];
  readonly #scalars: { dtype: DType; value: Value }[] = [];
  readonly #accesses: Access[] = [];
  readonly #views: View[] = [];
  readonly #stages: Stage[] = [];
  readonly #inner: number[] = [];
  readonly #tolerances: (Tolerance | undefined)[] = [];

  /** Declares an input buffer and returns its number. */
  input(dtype: DType, array: HostArray): number {
    return this.#inputs.push({ dtype, array }) - 1;
  }

  /** Declares an output buffer and returns its number. */
  output(dtype: DType, array: HostArray, tolerance?: Tolerance): number {
    this.#tolerances.push(tolerance);
    return this.#outputs.push({ dtype, array }) - 1;
  }

  /** Declares a way to read an input and returns its access. */
  read(buffer: number, view: View, fill?: Value): number {
    const nothing = this.#inputs[buffer]?.dtype === 'int64' ? 0n : 0;
    this.#views.push(view);
    return this.#accesses.push(inputAccess(buffer, view, fill ?? nothing)) - 1;
  }

  /** Declares a way to write an output and returns its access. */
  write(buffer: number, view: View): number {
    this.#views.push(view);
    return this.#accesses.push(outputAccess(buffer, view)) - 1;
  }

  /** Declares a run-time scalar and returns its expression. */
  scalar(dtype: DType, value: Value): Expr {
    return scalar(this.#scalars.push({ dtype, value }) - 1);
  }

  /** Adds a stage that folds an expression over inner axes, and returns its number. */
  reduce(op: ReduceOp, inner: readonly number[], expr: Expr): number {
    this.#inner.push(...inner);
    return this.#stages.push({ kind: 'reduce', op, inner: inner.length, expr }) - 1;
  }

  /** Adds a stage that stores an expression over inner axes. */
  store(access: number, inner: readonly number[], expr: Expr): void {
    this.#inner.push(...inner);
    this.#stages.push({ kind: 'store', access, inner: inner.length, expr });
  }

  /** The loop kernel over the outer axes with the stages added so far. */
  loop(outer: readonly number[]): KernelCase {
    return this.#finish([...outer, ...this.#inner], {
      ...this.#declared(),
      kind: 'loop',
      outer: outer.length,
      accesses: this.#accesses,
      stages: this.#stages,
    });
  }

  /** The contraction of accesses 0 and 1 into access 2; `extents` are batch, m, n, k. */
  contraction(axes: ContractionAxes, extents: readonly number[], epilogue: Expr): KernelCase {
    return this.#finish(extents, {
      ...this.#declared(),
      kind: 'contraction',
      axes,
      accesses: this.#accesses,
      epilogue,
    });
  }

  /** The routine on views of all inputs, then of all outputs. */
  routine(name: RoutineName, attributes: Readonly<Record<string, Attribute>>, views: readonly View[]): KernelCase {
    const kernel: Kernel = { ...this.#declared(), kind: 'routine', name, attributes };
    return this.#finish([], kernel, views);
  }

  #declared(): Pick<Kernel, 'inputs' | 'outputs' | 'scalars'> {
    const dtypes = (list: readonly { dtype: DType }[]): DType[] => list.map(({ dtype }) => dtype);
    return { inputs: dtypes(this.#inputs), outputs: dtypes(this.#outputs), scalars: dtypes(this.#scalars) };
  }

  #finish(extents: readonly number[], kernel: Kernel, views: readonly View[] = this.#views): KernelCase {
    return {
      kernel,
      launch: { extents, views, scalars: this.#scalars.map(({ value }) => value) },
      arrays: [...this.#inputs, ...this.#outputs].map(({ array }) => array),
      tolerances: this.#tolerances,
    };
  }
}
