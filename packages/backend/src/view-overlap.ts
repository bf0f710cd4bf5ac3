import { type View, viewRange } from './view.ts';

/** Calls `visit` with each element that a view touches, in row-major order of its indices. */
export function forEachElement(view: View, visit: (element: number) => void): void {
  const rank = view.shape.length;
  if (view.shape.includes(0)) return;
  const index = new Array<number>(rank).fill(0);
  for (;;) {
    if (isInside(view, index))
      visit(view.strides.reduce((sum, stride, a) => sum + stride * (index[a] as number), view.offset));
    let axis = rank - 1;
    for (; axis >= 0; axis--) {
      const next = (index[axis] as number) + 1;
      index[axis] = next < (view.shape[axis] as number) ? next : 0;
      if (index[axis]) break;
    }
    if (axis < 0) return;
  }
}

/** Whether an index satisfies all bounds of a view. */
export function isInside(view: View, index: readonly number[]): boolean {
  for (const { start, coefficients, extent } of view.bounds ?? []) {
    const at = coefficients.reduce((sum, c, axis) => sum + c * (index[axis] as number), start);
    if (at < 0 || at >= extent) return false;
  }
  return true;
}

/** Whether two indices of a view without bounds lead to one element. */
export function maySelfOverlap(view: View): boolean {
  const axes = view.shape
    .map((size, axis) => ({ size, stride: Math.abs(view.strides[axis] as number) }))
    .filter(({ size }) => size !== 1)
    .sort((a, b) => a.stride - b.stride);
  if (axes.some(({ size }) => size === 0)) return false;
  let reach = 0;
  const nested = axes.every(({ size, stride }) => {
    const clear = stride > reach;
    reach += stride * (size - 1);
    return clear;
  });
  if (nested) return false;
  const seen = new Set<number>();
  let count = 0;
  forEachElement(view, (element) => {
    seen.add(element);
    count++;
  });
  return seen.size < count;
}

/** Whether two views of one buffer share an element. */
export function viewsOverlap(a: View, b: View): boolean {
  const first = viewRange(a);
  const second = viewRange(b);
  if (!first || !second || first[1] < second[0] || second[1] < first[0]) return false;
  const touched = new Set<number>();
  forEachElement(a, (element) => touched.add(element));
  let shared = false;
  forEachElement(b, (element) => {
    shared ||= touched.has(element);
  });
  return shared;
}
