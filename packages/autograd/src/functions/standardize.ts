import { contiguousView, type Expr, expandView, op } from '@flambeau/backend';
import { normalizeDims, reducedShape, requireTensor } from '../core/arguments.ts';
import { KEEP, record } from '../core/dispatch.ts';
import { runStaged, type StagedProgram, type StageScope } from '../kernels/staged.ts';
import type { Tensor } from '../tensor.ts';
import { requireFloat } from './reduction.ts';

/** What {@link standardize} gives. */
export type Standardized = [y: Tensor, rstd: Tensor, mean: Tensor, variance: Tensor];

/**
 * (x − mean)/√(variance + eps) over dimensions, with the biased variance: the core of every normalisation layer, in one kernel.
 *
 * @returns y in the shape of x; rstd = 1/√(variance + eps), mean and variance with the dimensions as 1. Gradients flow to x
 * from y and rstd; mean and variance have no history.
 */
export function standardize(x: Tensor, dims: readonly number[], eps: number): Standardized {
  requireTensor('standardize', x);
  requireFloat('standardize', x);
  const axes = normalizeDims('standardize', dims, x.ndim);
  const { dtype } = x;
  const average = (s: StageScope): Expr => op('div', s.result(0), s.scalar(0));
  const centered = (s: StageScope): Expr => op('sub', s.load(0), average(s));
  const spreadOf = (s: StageScope): Expr => op('div', s.result(1), s.scalar(0));
  const rstd = (s: StageScope): Expr => op('rsqrt', op('add', spreadOf(s), s.scalar(1)));
  const program: StagedProgram = {
    name: 'standardize',
    stages: [
      { reduce: 'sum', expr: (s) => s.load(0) },
      { reduce: 'sum', expr: (s) => op('mul', centered(s), centered(s)) },
      { store: 'full', dtype, expr: (s) => op('mul', centered(s), rstd(s)) },
      { store: 'reduced', dtype, expr: rstd },
      { store: 'reduced', dtype, expr: average },
      { store: 'reduced', dtype, expr: spreadOf },
    ],
    scalars: [
      { dtype, value: axes.reduce((product, axis) => product * (x.shape[axis] as number), 1) },
      { dtype, value: eps },
    ],
  };
  const [y, ...rows] = runStaged(program, [x], [x.layout], axes) as [Tensor, ...Tensor[]];
  const shape = reducedShape(x.shape, axes, true);
  const [r, m, v] = rows.map((row) => row.create(row.storage, contiguousView(shape))) as [Tensor, Tensor, Tensor];
  record('standardize', { dims: axes, eps }, [x], [y, r], KEEP.out | KEEP.out1);
  return [y, r, m, v];
}

/** rstd·(g − mean g − y·mean(g·y)): the gradient of {@link standardize} by its input. */
export function standardizeGrad(grad: Tensor, y: Tensor, rstd: Tensor, dims: readonly number[]): Tensor {
  const { dtype } = y;
  const average =
    (reduce: number) =>
    (s: StageScope): Expr =>
      op('div', s.result(reduce), s.scalar(0));
  const program: StagedProgram = {
    name: 'standardizeGrad',
    stages: [
      { reduce: 'sum', expr: (s) => s.load(0) },
      { reduce: 'sum', expr: (s) => op('mul', s.load(0), s.load(1)) },
      {
        store: 'full',
        dtype,
        expr: (s) =>
          op('mul', s.load(2), op('sub', op('sub', s.load(0), average(0)(s)), op('mul', s.load(1), average(1)(s)))),
      },
    ],
    scalars: [{ dtype, value: dims.reduce((product, axis) => product * (y.shape[axis] as number), 1) }],
  };
  const layouts = [grad.layout, y.layout, expandView(rstd.layout, y.shape)];
  const [out] = runStaged(program, [grad, y, rstd], layouts, dims) as [Tensor];
  record('standardizeGrad', { dims }, [grad, y, rstd], [out], KEEP.x | KEEP.y | KEEP.z);
  return out;
}
