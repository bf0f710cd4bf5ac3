import type { Transposes } from '../engines/engine.ts';
import type { Case, CaseWorkload } from './workload.ts';

const notations: Readonly<Record<Transposes, string>> = { nn: 'A·B', nt: 'A·Bᵀ', tn: 'Aᵀ·B' };

/** The product of an `[m, k]` and a `[k, n]` matrix, of which one may lie transposed. */
export function matmul(m: number, k: number, n: number, transposes: Transposes = 'nn'): Case {
  return {
    name: `${m}×${k}×${n} ${notations[transposes]}`,
    operation: 'matmul',
    options: { transposes },
    inputs: [{ shape: transposes[0] === 't' ? [k, m] : [m, k] }, { shape: transposes[1] === 't' ? [n, k] : [k, n] }],
    figure: { unit: 'GFLOP/s', amount: 2 * m * n * k },
    tolerance: 1e-5,
  };
}

/** Square products. @param limit - Largest size (elements). */
export function matmulWorkload(limit: number): CaseWorkload {
  const sizes = [256, 512, 1024].map((size) => Math.min(size, limit));
  return {
    name: 'mm',
    title: 'float32 matrix products',
    cases: sizes.flatMap((n) => (['nn', 'nt', 'tn'] as const).map((transposes) => matmul(n, n, n, transposes))),
  };
}

/** Products of sizes that fit no tile; where all are large, beside the next even ones. */
export function oddMatmulWorkload(limit: number): CaseWorkload {
  const cut = (...sizes: [number, number, number]): Case =>
    matmul(...(sizes.map((size) => Math.min(size, limit)) as [number, number, number]));
  return {
    name: 'mm-odd',
    title: 'float32 matrix products of awkward sizes; beside them ours of the neighbouring even size',
    reference: 'ours, even',
    cases: [
      { ...cut(255, 255, 255), reference: cut(256, 256, 256) },
      { ...cut(257, 257, 257), reference: cut(256, 256, 256) },
      { ...cut(127, 784, 250), reference: cut(128, 784, 256) },
      cut(128, 256, 10),
      cut(1, 4096, 4096),
    ],
  };
}
