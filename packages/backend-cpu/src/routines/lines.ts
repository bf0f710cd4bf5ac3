import type { View } from '@flambeau/backend';

/** One line along an axis: its index elsewhere, and where it starts in each view. */
export interface Line {
  /** The index of the line's first element. */
  readonly index: Int32Array;
  /** Element of each view at that index. */
  readonly offsets: Int32Array;
}

/**
 * Visits every line along `axis` in row-major order. The views may have further sizes, but move together.
 *
 * @param shape - Extents to walk; the one of `axis` is not walked. A scalar has one line.
 */
export function walkLines(
  shape: readonly number[],
  axis: number,
  views: readonly View[],
  visit: (line: Line) => void,
): void {
  if (shape.includes(0)) return;
  const rank = shape.length;
  const line: Line = { index: new Int32Array(rank), offsets: Int32Array.from(views, (view) => view.offset) };
  const { index, offsets } = line;
  for (;;) {
    visit(line);
    let at = rank - 1;
    for (; at >= 0; at--) {
      if (at === axis) continue;
      const next = (index[at] as number) + 1;
      const wraps = next === shape[at];
      index[at] = wraps ? 0 : next;
      const moved = wraps ? 1 - next : 1;
      for (let v = 0; v < views.length; v++)
        offsets[v] = (offsets[v] as number) + moved * ((views[v] as View).strides[at] as number);
      if (!wraps) break;
    }
    if (at < 0) return;
  }
}

/** A view's stride along an axis; 0 for a scalar. */
export function strideAlong(view: View, axis: number): number {
  return view.strides[axis] ?? 0;
}
