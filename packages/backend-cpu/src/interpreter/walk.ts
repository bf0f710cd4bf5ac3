import { KernelError, type View } from '@flambeau/backend';

/** Calls `visit` with every index of a box in row-major order; the array is the same one each time. */
export function forEachIndex(extents: readonly number[], visit: (index: number[], position: number) => void): void {
  const rank = extents.length;
  if (extents.includes(0)) return;
  const index = new Array<number>(rank).fill(0);
  for (let position = 0; ; position++) {
    visit(index, position);
    let axis = rank - 1;
    for (; axis >= 0; axis--) {
      const next = (index[axis] as number) + 1;
      if (next < (extents[axis] as number)) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Whether an index lies inside all bounds of a view. */
export function insideBounds(view: View, index: readonly number[]): boolean {
  for (const bound of view.bounds ?? []) {
    let at = bound.start;
    for (let axis = 0; axis < index.length; axis++)
      at += (bound.coefficients[axis] as number) * (index[axis] as number);
    if (at < 0 || at >= bound.extent) return false;
  }
  return true;
}

/**
 * The element of a buffer of `length` elements at an index of a view.
 *
 * @throws {KernelError} The element lies outside the buffer.
 */
export function elementAt(view: View, index: readonly number[], length: number): number {
  let at = view.offset;
  for (let axis = 0; axis < index.length; axis++) at += (view.strides[axis] as number) * (index[axis] as number);
  if (at >= 0 && at < length) return at;
  throw new KernelError('kernel', `index [${index}] is element ${at} of a buffer of ${length}.`, { index, view });
}
