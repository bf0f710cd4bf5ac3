import { type DType, isFloat, type RoutineKernel, type View } from '@flambeau/backend';
import type { Run } from '../generator/generate-loop.ts';
import { lineCopy, makeValues, type Values } from './elements.ts';
import { strideAlong, walkLines } from './lines.ts';

/** Longest line whose positions fit beside a 32-bit key in a float64's 53 bits. */
const MOST_PACKED = 2 ** 21;

const pun = new Float32Array(1);
const punBits = new Int32Array(pun.buffer);

/** A number from 0 to 2³² - 1 that orders as its float32 does; NaN is the largest, and -0 equals 0. */
function floatKey(value: number): number {
  if (value !== value) return 4294967295;
  pun[0] = value + 0;
  const bits = punBits[0] as number;
  return (bits < 0 ? ~bits : bits ^ -2147483648) >>> 0;
}

function integerKey(value: number): number {
  return value + 2147483648;
}

/** Sorts positions by keys and positions packed into one number: the engine sorts plain numbers fastest. */
function sortPacked(line: Float64Array, float: boolean, descending: boolean, order: Int32Array): void {
  const count = line.length;
  const packed = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const value = line[i] as number;
    const key = float ? floatKey(value) : integerKey(value);
    packed[i] = (descending ? 4294967295 - key : key) * MOST_PACKED + i;
  }
  packed.sort();
  for (let i = 0; i < count; i++) order[i] = (packed[i] as number) % MOST_PACKED;
}

/** Whether `a` must stand before `b`, NaN counting as the largest. */
function precedes<T extends number | bigint>(a: T, b: T, descending: boolean): boolean {
  if (a !== a) return descending && b === b;
  if (b !== b) return !descending;
  return descending ? a > b : a < b;
}

/** Stable bottom-up merge sort of positions. */
function sortMerging(line: Values, descending: boolean, order: Int32Array): void {
  const count = line.length;
  let from = order;
  let to: Int32Array = new Int32Array(count);
  for (let i = 0; i < count; i++) from[i] = i;
  for (let width = 1; width < count; width *= 2) {
    for (let start = 0; start < count; start += 2 * width) {
      const middle = Math.min(start + width, count);
      const end = Math.min(start + 2 * width, count);
      let left = start;
      let right = middle;
      for (let i = start; i < end; i++) {
        const takeRight =
          left >= middle ||
          (right < end &&
            precedes(line[from[right] as number] as number, line[from[left] as number] as number, descending));
        to[i] = from[takeRight ? right++ : left++] as number;
      }
    }
    [from, to] = [to, from];
  }
  if (from !== order) order.set(from);
}

/** Sorts each line along `dim`; stable, NaN counts as the largest. */
export function sort({ inputs, attributes }: RoutineKernel): Run {
  const dtype = inputs[0] as DType;
  const dim = attributes.dim as number;
  const descending = attributes.descending as boolean;
  const copy = lineCopy(dtype);
  const indexCopy = lineCopy('int32');
  return (buffers, launch) => {
    const views = launch.views as readonly [View, View, View];
    const [source, values, indices] = buffers.map((buffer) => buffer.data);
    const [x, valueView, indexView] = views;
    const count = x.shape[dim] ?? 1;
    const line = makeValues(dtype, count);
    const sorted = makeValues(dtype, count);
    const order = new Int32Array(count);
    const positions = new Float64Array(count);
    const packs = line instanceof Float64Array && dtype !== 'float64' && count <= MOST_PACKED;
    walkLines(x.shape, dim, views, ({ offsets }) => {
      const [from, valuesAt, indicesAt] = offsets as unknown as [number, number, number];
      copy.read(source as Float32Array, from, strideAlong(x, dim), count, line);
      if (packs) sortPacked(line, isFloat(dtype), descending, order);
      else sortMerging(line, descending, order);
      for (let i = 0; i < count; i++) {
        const at = order[i] as number;
        sorted[i] = line[at] as never;
        positions[i] = at;
      }
      copy.write(values as Float32Array, valuesAt, strideAlong(valueView, dim), count, sorted);
      indexCopy.write(indices as Int32Array, indicesAt, strideAlong(indexView, dim), count, positions);
    });
  };
}
