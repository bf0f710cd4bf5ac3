import type { Shape } from '@flambeau/backend';

/** Axes merged where every operand walks them as one. */
export interface Collapsed {
  readonly extents: number[];
  /** Per operand, its strides over `extents`. */
  readonly strides: number[][];
}

/**
 * Drops axes of size 1 and merges neighbours that all operands walk as one axis; an empty shape gives rank 0.
 *
 * @param shape - Sizes of the axes.
 * @param operands - Strides of each operand over `shape`.
 */
export function collapse(shape: Shape, operands: readonly (readonly number[])[]): Collapsed {
  const extents: number[] = [];
  const strides: number[][] = operands.map(() => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis] as number;
    if (size === 1) continue;
    const last = extents.length - 1;
    if (last >= 0 && operands.every((s, i) => strides[i]?.[last] === (s[axis] as number) * size)) {
      extents[last] = (extents[last] as number) * size;
      operands.forEach((s, i) => {
        (strides[i] as number[])[last] = s[axis] as number;
      });
    } else {
      extents.push(size);
      operands.forEach((s, i) => {
        (strides[i] as number[]).push(s[axis] as number);
      });
    }
  }
  return { extents, strides };
}
