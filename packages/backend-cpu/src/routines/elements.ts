import { computeDType, type DType, type HostArray } from '@flambeau/backend';
import { instantiate } from '../generator/instantiate.ts';
import { isHalf } from '../generator/library.ts';

/** Values of one line, whatever the dtype: int64 as bigints, everything else as numbers. */
export type Values = Float64Array | BigInt64Array;

/** Copies between a strided line of memory and contiguous values. */
export interface LineCopy {
  read(source: HostArray, offset: number, stride: number, count: number, into: Values): void;
  write(target: HostArray, offset: number, stride: number, count: number, from: Values): void;
}

/** Declarations that the sources below need. */
export function elementPrelude(dtype: DType): string {
  return isHalf(dtype) ? `const ${dtype}Values = ${dtype}Table();` : '';
}

/** Source that reads an element. */
export function readSource(dtype: DType, array: string, at: string): string {
  return isHalf(dtype) ? `${dtype}Values[${array}[${at}]]` : `${array}[${at}]`;
}

/** Source that writes a value of the dtype's kind. */
export function writeSource(dtype: DType, array: string, at: string, value: string): string {
  return `${array}[${at}] = ${isHalf(dtype) ? `${dtype}Bits(${value})` : value};`;
}

/** Room for the values of a line. */
export function makeValues(dtype: DType, count: number): Values {
  return computeDType(dtype) === 'int64' ? new BigInt64Array(count) : new Float64Array(count);
}

const copies = new Map<DType, LineCopy>();

/** The copying functions of a dtype. */
export function lineCopy(dtype: DType): LineCopy {
  let found = copies.get(dtype);
  if (!found) {
    const loop = (name: string, arrays: string, body: string): string =>
      `${name}(${arrays}) { for (let i = 0; i < count; i++) { ${body} offset = offset + stride | 0; } }`;
    found = instantiate<LineCopy>(
      [
        elementPrelude(dtype),
        'return {',
        `${loop('read', 'source, offset, stride, count, into', `into[i] = ${readSource(dtype, 'source', 'offset')};`)},`,
        loop('write', 'target, offset, stride, count, from', writeSource(dtype, 'target', 'offset', 'from[i]')),
        '};',
      ].join('\n'),
    );
    copies.set(dtype, found);
  }
  return found;
}
