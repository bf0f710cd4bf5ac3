import { castValue, type DType, type HostArray, type Value } from '@flambeau/backend';
import { instantiate } from '../generator/instantiate.ts';
import { isHalf } from '../generator/library.ts';
import { literal } from '../generator/scalar-source.ts';
import { TILE_COLUMNS } from './micro-kernel.ts';

/** One bound of an operand's view, as tables over its lines and its depth. */
export interface PackedBound {
  /** The bound's value at the current batch. */
  start: number;
  extent: number;
  lines: Int32Array;
  depth: Int32Array;
  /** Smallest and largest entry of `depth`. */
  depthLow: number;
  depthHigh: number;
}

/**
 * Copies `width` lines of an operand, from line `line` on and `count` deep from `from` on, into a sliver: k-major, from
 * element `at` of the panel on, as float64 so that the micro-kernel converts nothing.
 */
export type Pack = (
  source: HostArray,
  offset: number,
  lines: Int32Array,
  line: number,
  width: number,
  depth: Int32Array,
  from: number,
  count: number,
  panel: Float64Array,
  at: number,
  bounds: readonly PackedBound[],
) => void;

function packSource(dtype: DType, bounds: number, fill: Value): string {
  const half = isHalf(dtype);
  const read = (at: string): string => (half ? `${dtype}Values[source[${at}]]` : `source[${at}]`);
  const range = (length: number): number[] => Array.from({ length }, (_, i) => i);
  const plain = (width: number): string =>
    [
      `case ${width}: {`,
      ...range(width).map((i) => `const o${i} = offset + lines[line + ${i}] | 0;`),
      'for (let k = from; k < end; k++) {',
      'const d = depth[k];',
      ...range(width).map((i) => `panel[at + ${i} | 0] = ${read(`o${i} + d | 0`)};`),
      `at = at + ${width} | 0;`,
      '}',
      'return;',
      '}',
    ].join('\n');
  const test = (rows: string): string =>
    range(bounds)
      .map((b) => `const l${b} = s${b} + r${b}[line + i] | 0;${rows}`.replaceAll('#', String(b)))
      .join('\n');
  const checked = [
    ...range(bounds).map(
      (b) =>
        `const bound${b} = bounds[${b}], s${b} = bound${b}.start | 0, e${b} = bound${b}.extent | 0, r${b} = bound${b}.lines, d${b} = bound${b}.depth, low${b} = bound${b}.depthLow, high${b} = bound${b}.depthHigh;`,
    ),
    'let inside = true;',
    'for (let i = 0; i < width; i++) {',
    test(' if (l# + low# < 0 || l# + high# >= e#) inside = false;'),
    '}',
    'if (!inside) {',
    'for (let i = 0; i < width; i++) {',
    test(''),
    'const o = offset + lines[line + i] | 0;',
    'let p = at + i | 0;',
    'for (let k = from; k < end; k++) {',
    `panel[p] = ${range(bounds)
      .map((b) => `(l${b} + d${b}[k] >>> 0) < e${b}`)
      .join(' && ')} ? ${read('o + depth[k] | 0')} : ${literal(castValue(fill, dtype))};`,
    'p = p + width | 0;',
    '}',
    '}',
    'return;',
    '}',
  ];
  return [
    ...(half ? [`const ${dtype}Values = ${dtype}Table();`] : []),
    'return function pack(source, offset, lines, line, width, depth, from, count, panel, at, bounds) {',
    'const end = from + count | 0;',
    ...(bounds ? checked : []),
    'switch (width) {',
    ...range(TILE_COLUMNS).map((i) => plain(i + 1)),
    '}',
    '};',
  ].join('\n');
}

const packs = new Map<string, Pack>();

/** The packing function of an operand. */
export function packOf(dtype: DType, bounds: number, fill: Value): Pack {
  const key = `${dtype} ${bounds} ${literal(fill)}`;
  let found = packs.get(key);
  if (!found) {
    found = instantiate<Pack>(packSource(dtype, bounds, fill));
    packs.set(key, found);
  }
  return found;
}
