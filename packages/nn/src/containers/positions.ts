import { IndexError } from '@flambeau/backend';

/**
 * A position counted from the start; negative ones count from the end.
 *
 * @throws {IndexError} There is nothing at that position.
 */
export function position(index: number, length: number): number {
  if (!Number.isInteger(index) || index < -length || index >= length) {
    throw new IndexError('', `index ${index} is out of range`, { index, length });
  }
  return index < 0 ? index + length : index;
}

/**
 * Where to insert: like a position, but the end is allowed too.
 *
 * @throws {IndexError} Beyond the ends.
 */
export function insertPosition(index: number, length: number): number {
  if (!Number.isInteger(index) || index < -length || index > length) {
    throw new IndexError('', `Index out of range: ${index}`, { index, length });
  }
  return index < 0 ? index + length : index;
}

/** Start and number of what `slice(start, end)` would give, for a list of `length`. */
export function span(start: number, end: number, length: number): [start: number, count: number] {
  const from = start < 0 ? Math.max(0, start + length) : Math.min(start, length);
  const to = end < 0 ? Math.max(0, end + length) : Math.min(end, length);
  return [from, Math.max(0, to - from)];
}
