import { ArgumentError, constant, type DType, type Expr, isFloat, op } from '@flambeau/backend';
import { requireTensor } from '../core/arguments.ts';
import { KEEP, record } from '../core/dispatch.ts';
import type { StagedProgram, StageScope } from '../kernels/staged.ts';
import type { Tensor } from '../tensor.ts';
import { to } from './conversion.ts';
import { sub } from './pointwise.ts';
import {
  type Dims,
  prepare,
  type ReduceOptions,
  reduceOnce,
  requireFloat,
  runReduction,
  type TypedReduceOptions,
} from './reduction.ts';

/** Order of a vector norm: a number, infinity included, or `'fro'` (2). */
export type NormOrder = number | 'fro' | 'inf' | '-inf';

function normOrder(p: NormOrder): number {
  const order = p === 'fro' ? 2 : p === 'inf' ? Number.POSITIVE_INFINITY : p === '-inf' ? Number.NEGATIVE_INFINITY : p;
  if (typeof order !== 'number' || Number.isNaN(order))
    throw new ArgumentError('norm', `p must be a number, 'fro' or 'inf'; got ${String(p)}.`);
  return order;
}

function normProgram(p: number, dtype: DType): StagedProgram {
  const one = constant(1, dtype);
  const magnitude = (s: StageScope): Expr => op('abs', s.load(0));
  if (p === Number.POSITIVE_INFINITY) return reduceOnce('norm inf', 'max', dtype, magnitude);
  if (p === Number.NEGATIVE_INFINITY) return reduceOnce('norm -inf', 'min', dtype, magnitude);
  if (p === 0) {
    return reduceOnce('norm 0', 'sum', dtype, (s) =>
      op('where', op('eq', s.load(0), constant(0, dtype)), constant(0, dtype), one),
    );
  }
  if (p === 1) return reduceOnce('norm 1', 'sum', dtype, magnitude);
  if (p === 2)
    return reduceOnce(
      'norm 2',
      'sum',
      dtype,
      (s) => op('mul', s.load(0), s.load(0)),
      (s) => op('sqrt', s.result(0)),
    );
  return {
    ...reduceOnce(
      'norm p',
      'sum',
      dtype,
      (s) => op('pow', magnitude(s), s.scalar(0)),
      (s) => op('pow', s.result(0), op('div', one, s.scalar(0))),
    ),
    scalars: [{ dtype, value: p }],
  };
}

/** The `p`-norm of the elements over dimensions. @source PyTorch `torch.norm`, `torch.linalg.vector_norm` */
export function norm(x: Tensor, p: NormOrder = 2, dim?: Dims, options?: TypedReduceOptions): Tensor {
  requireTensor('norm', x);
  const order = normOrder(p);
  const source = options?.dtype ? to(x, options.dtype) : x;
  const { attributes } = prepare('norm', source, dim, options);
  requireFloat('norm', source);
  const [out] = runReduction(normProgram(order, source.dtype), source, attributes) as [Tensor];
  record('norm', { ...attributes, p: order }, [source], [out], KEEP.x | KEEP.out);
  return out;
}

const finiteOrZero = (value: Expr, dtype: DType): Expr =>
  op('where', op('eq', op('abs', value), constant(Number.POSITIVE_INFINITY, dtype)), constant(0, dtype), value);

/** log Σ exp(x), without overflow. @source PyTorch `torch.logsumexp` */
export function logsumexp(x: Tensor, dim: Dims, options?: ReduceOptions): Tensor {
  requireTensor('logsumexp', x);
  const source = isFloat(x.dtype) ? x : to(x, 'float32');
  const { attributes } = prepare('logsumexp', source, dim, options);
  const { dtype } = source;
  const shift = (s: StageScope): Expr => finiteOrZero(s.result(0), dtype);
  const program: StagedProgram = {
    name: 'logsumexp',
    stages: [
      { reduce: 'max', expr: (s) => s.load(0) },
      { reduce: 'sum', expr: (s) => op('exp', op('sub', s.load(0), shift(s))) },
      { store: 'reduced', dtype, expr: (s) => op('add', op('log', s.result(1)), shift(s)) },
    ],
  };
  const [out] = runReduction(program, source, attributes) as [Tensor];
  record('logsumexp', attributes, [source], [out], KEEP.x | KEEP.out);
  return out;
}

/** The p-norm of a difference. @source PyTorch `torch.dist` */
export function dist(x: Tensor, y: Tensor, p: NormOrder = 2): Tensor {
  return norm(sub(x, y), p);
}
