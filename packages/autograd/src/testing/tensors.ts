import { expect } from 'vitest';
import { arange, tensor } from '../functions/creation.ts';
import { reshape } from '../functions/movement.ts';
import type { Tensor } from '../tensor.ts';

/** Elements as numbers, in row-major order. */
export const values = (x: Tensor): number[] => Array.from(x.toArraySync(), Number);
/** 0, 1, 2 … in a shape, as float32. */
export const counting = (...shape: number[]): Tensor =>
  reshape(
    arange(
      shape.reduce((a, b) => a * b, 1),
      { dtype: 'float32' },
    ),
    shape,
  );
/** An int32 tensor. */
export const int = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: 'int32' });

/** Compares shape and elements. */
export function expectTensor(x: Tensor, shape: readonly number[], expected: readonly number[]): void {
  expect(x.shape).toEqual(shape);
  expect(values(x)).toEqual(expected);
}
