import { instantiate } from '../generator/instantiate.ts';

/**
 * Adds to a tile of `c` the product of a sliver of A and a sliver of B: `c[i, j] += Σ_k a[k, i]·b[k, j]`.
 * Slivers lie k-major from elements `at` on.
 */
export type MicroKernel = (
  a: Float64Array,
  atA: number,
  b: Float64Array,
  atB: number,
  c: Float64Array,
  atC: number,
  stride: number,
  depth: number,
) => void;

/** Rows and columns of the largest tile: twelve accumulators and what they need fit the sixteen registers of x64. */
export const TILE_ROWS = 3;
export const TILE_COLUMNS = 4;

function microKernelSource(rows: number, columns: number): string {
  const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
  const tile = range(rows).flatMap((i) => range(columns).map((j) => [i, j] as const));
  return [
    'return function microKernel(a, atA, b, atB, c, atC, stride, depth) {',
    `let ${tile.map(([i, j]) => `c${i}${j} = 0`).join(', ')};`,
    'for (let k = 0; k < depth; k++) {',
    ...range(rows).map((i) => `const a${i} = a[atA + ${i} | 0];`),
    ...range(columns).flatMap((j) => [
      `const b${j} = b[atB + ${j} | 0];`,
      ...range(rows).map((i) => `c${i}${j} += a${i} * b${j};`),
    ]),
    `atA = atA + ${rows} | 0;`,
    `atB = atB + ${columns} | 0;`,
    '}',
    ...range(rows).flatMap((i) => [
      ...range(columns).map((j) => `c[atC + ${j} | 0] += c${i}${j};`),
      'atC = atC + stride | 0;',
    ]),
    '};',
  ].join('\n');
}

const kernels = new Map<number, MicroKernel>();

/** The micro-kernel of a tile of `rows` × `columns`. */
export function microKernel(rows: number, columns: number): MicroKernel {
  const key = rows * 16 + columns;
  let found = kernels.get(key);
  if (!found) {
    found = instantiate<MicroKernel>(microKernelSource(rows, columns));
    kernels.set(key, found);
  }
  return found;
}

/**
 * Widths of the slivers that cover `count` rows or columns: as many of the widest as leave a rest of at least 2, so that
 * nothing is padded and no sliver is a single line (unless `count` is 1).
 */
export function sliverWidth(rest: number, widest: number): number {
  if (rest >= widest + 2 || rest === widest) return widest;
  if (rest === widest + 1) return widest - 1;
  return rest;
}
