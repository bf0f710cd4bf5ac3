import { type DType, type HostArray, hostArray, storeValue, type Value } from '../dtype.ts';
import { contiguousStrides, numel, type Shape, type View } from '../view.ts';
import { forEachElement } from '../view-overlap.ts';
import type { Draw } from './draw.ts';
import { sampleValue } from './values.ts';

/** Ways in which a logical array may lie in memory. */
export const layouts = ['contiguous', 'offset', 'permuted', 'gaps', 'reversed'] as const;

/** The name of a way in which a logical array lies in memory. */
export type Layout = (typeof layouts)[number];

/** A logical array in host memory. */
export interface Laid {
  readonly array: HostArray;
  readonly view: View;
}

/** Strides and offset of a shape under a layout, without gaps before the first and after the last element. */
function viewOf(shape: Shape, layout: Layout): View {
  switch (layout) {
    case 'contiguous':
      return { shape, strides: contiguousStrides(shape), offset: 0 };
    case 'offset':
      return { shape, strides: contiguousStrides(shape), offset: 5 };
    case 'permuted': {
      const strides = contiguousStrides([...shape].reverse()).reverse();
      return { shape, strides, offset: 0 };
    }
    case 'gaps': {
      const strides = contiguousStrides(shape.map((size) => size + 1)).map((stride) => stride * 2);
      return { shape, strides, offset: 1 };
    }
    case 'reversed': {
      const strides = contiguousStrides(shape).map((stride) => -stride);
      return { shape, strides, offset: Math.max(0, numel(shape) - 1) };
    }
  }
}

/** The length that a buffer needs for a view without bounds, and two elements more. */
export function lengthFor(view: View): number {
  let last = view.offset;
  view.shape.forEach((size, axis) => {
    last += Math.max(0, (view.strides[axis] as number) * (size - 1));
  });
  return last + 3;
}

/** Memory full of random values, so that a read or write beside the view is seen. */
export function garbage(dtype: DType, length: number, draw: Draw): HostArray {
  const array = hostArray(dtype, length);
  for (let i = 0; i < length; i++) storeValue(array, dtype, i, sampleValue(dtype, draw));
  return array;
}

/** Lays logical values, in row-major order, into memory through a view without bounds. */
export function lay(dtype: DType, values: readonly Value[], view: View, draw: Draw): Laid {
  const array = garbage(dtype, lengthFor(view), draw);
  let next = 0;
  forEachElement(view, (element) => storeValue(array, dtype, element, values[next++] as Value));
  return { array, view };
}

/** Lays logical values out under a named layout. */
export function layAs(dtype: DType, values: readonly Value[], shape: Shape, layout: Layout, draw: Draw): Laid {
  return lay(dtype, values, viewOf(shape, layout), draw);
}

/** Garbage with room for a shape under a layout: an output before it is written. */
export function room(dtype: DType, shape: Shape, layout: Layout, draw: Draw): Laid {
  const view = viewOf(shape, layout);
  return { array: garbage(dtype, lengthFor(view), draw), view };
}
