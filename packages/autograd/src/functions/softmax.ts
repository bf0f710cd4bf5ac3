import { type DType, type Expr, op } from '@flambeau/backend';
import { normalizeDim, requireTensor } from '../core/arguments.ts';
import { KEEP, record } from '../core/dispatch.ts';
import { runStaged, type StagedProgram, type StageScope } from '../kernels/staged.ts';
import type { Tensor } from '../tensor.ts';
import { to } from './conversion.ts';
import { requireFloat } from './reduction.ts';

/** Options of softmax and its kin. */
export interface SoftmaxOptions {
  /** Converted to this first. */
  readonly dtype?: DType;
}

function softmaxLike(name: 'softmax' | 'logSoftmax', x: Tensor, dim: number, options?: SoftmaxOptions): Tensor {
  requireTensor(name, x);
  const source = options?.dtype ? to(x, options.dtype) : x;
  requireFloat(name, source);
  const axis = normalizeDim(name, dim, source.ndim);
  const { dtype } = source;
  const shifted = (s: StageScope): Expr => op('sub', s.load(0), s.result(0));
  const program: StagedProgram = {
    name,
    stages: [
      { reduce: 'max', expr: (s) => s.load(0) },
      { reduce: 'sum', expr: (s) => op('exp', shifted(s)) },
      {
        store: 'full',
        dtype,
        expr: (s) =>
          name === 'softmax'
            ? op('div', op('exp', shifted(s)), s.result(1))
            : op('sub', shifted(s), op('log', s.result(1))),
      },
    ],
  };
  const [out] = runStaged(program, [source], [source.layout], source.ndim ? [axis] : []) as [Tensor];
  record(name, { dim: axis }, [source], [out], KEEP.out);
  return out;
}

/** exp(x) / Σ exp(x) along a dimension. @throws {DTypeError} Not a float. @source PyTorch `torch.softmax` */
export function softmax(x: Tensor, dim: number, options?: SoftmaxOptions): Tensor {
  return softmaxLike('softmax', x, dim, options);
}

/** log of {@link softmax}, without under- or overflow. */
export function logSoftmax(x: Tensor, dim: number, options?: SoftmaxOptions): Tensor {
  return softmaxLike('logSoftmax', x, dim, options);
}

/**
 * The gradient of softmax by its input: `y·(g − Σ g·y)`, or of log-softmax: `g − e^y·Σ g`, along a dimension.
 */
export function softmaxGrad(name: 'softmaxGrad' | 'logSoftmaxGrad', grad: Tensor, out: Tensor, dim: number): Tensor {
  const plain = name === 'softmaxGrad';
  const [g, y] = [(s: StageScope): Expr => s.load(0), (s: StageScope): Expr => s.load(1)];
  const program: StagedProgram = {
    name,
    stages: [
      { reduce: 'sum', expr: (s) => (plain ? op('mul', g(s), y(s)) : g(s)) },
      {
        store: 'full',
        dtype: out.dtype,
        expr: (s) =>
          plain
            ? op('mul', y(s), op('sub', g(s), s.result(0)))
            : op('sub', g(s), op('mul', op('exp', y(s)), s.result(0))),
      },
    ],
  };
  const [result] = runStaged(program, [grad, out], [grad.layout, out.layout], out.ndim ? [dim] : []) as [Tensor];
  record(name, { dim }, [grad, out], [result], KEEP.x | KEEP.y);
  return result;
}
