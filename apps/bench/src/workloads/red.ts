import type { OperationName } from '../engines/engine.ts';
import { type Case, type CaseWorkload, floats } from './workload.ts';

/** Reductions of a matrix and functions of its rows. */
export function reductionWorkload(limit: number): CaseWorkload {
  const size = Math.min(1000, limit);
  const reduction = (operation: OperationName, name: string, writes: number, tolerance = 1e-4): Case => ({
    name,
    operation,
    inputs: [{ shape: [size, size] }],
    figure: { unit: 'GB/s', amount: floats(size * size + writes) },
    tolerance,
  });
  return {
    name: 'red',
    title: `reductions and row-wise functions of [${size}, ${size}] float32`,
    cases: [
      // The terms cancel, so that the sum is far smaller than what was added.
      reduction('sum', 'sum to a scalar', 0, 2e-3),
      reduction('sumRows', 'row sums', size),
      reduction('sumColumns', 'column sums', size),
      reduction('max', 'max of rows', size),
      reduction('argmax', 'argmax of rows', size),
      reduction('softmax', 'softmax', size * size),
      reduction('logSoftmax', 'log-softmax', size * size),
      reduction('layerNorm', 'layer norm', size * size),
    ],
  };
}
