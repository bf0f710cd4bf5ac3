import {
  ArgumentError,
  type DType,
  type HostArray,
  loadValue,
  type Shape,
  ShapeError,
  type Value,
} from '@flambeau/backend';
import { describe } from '../core/arguments.ts';

/** Nested arrays of numbers, booleans (bool) or bigints (int64), or one such value. */
export type NestedValues = number | boolean | bigint | readonly NestedValues[];

/** Elements in row-major order as nested arrays. */
export function nest(data: HostArray, dtype: DType, shape: Shape): NestedValues {
  let next = 0;
  const build = (axis: number): NestedValues => {
    if (axis === shape.length) {
      const value = loadValue(data, dtype, next++);
      return dtype === 'bool' ? value !== 0 : value;
    }
    return Array.from({ length: shape[axis] as number }, () => build(axis + 1));
  };
  return build(0);
}

/** Nested arrays as their shape and elements in row-major order. */
export interface Flattened {
  readonly shape: number[];
  readonly values: (number | boolean | bigint)[];
}

/**
 * Flattens nested arrays.
 *
 * @throws {ShapeError} Rows differ in length; the message names the place.
 * @throws {ArgumentError} Something is no number, boolean or bigint.
 */
export function unnest(data: unknown): Flattened {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level) || ArrayBuffer.isView(level); level = (level as readonly unknown[])[0]) {
    shape.push((level as { readonly length: number }).length);
  }
  const values: (number | boolean | bigint)[] = [];
  const visit = (item: unknown, axis: number, path: string): void => {
    const list = Array.isArray(item) || ArrayBuffer.isView(item);
    if (axis < shape.length) {
      const { length } = (list ? item : []) as { readonly length: number };
      if (!list || length !== shape[axis]) {
        const got = list ? `length ${length}` : 'a single value';
        throw new ShapeError(
          'tensor',
          `rows must have equal lengths; expected length ${shape[axis]} at data${path}, got ${got}.`,
        );
      }
      for (let i = 0; i < length; i++) visit((item as readonly unknown[])[i], axis + 1, `${path}[${i}]`);
    } else if (typeof item === 'number' || typeof item === 'boolean' || typeof item === 'bigint') {
      values.push(item);
    } else if (list) {
      throw new ShapeError('tensor', `rows must have equal depth; data${path} is an array, its neighbours are not.`);
    } else {
      throw new ArgumentError(
        'tensor',
        `data must be numbers, booleans or bigints; got ${describe(item)} at data${path}.`,
      );
    }
  };
  visit(data, 0, '');
  return { shape, values };
}

/** The dtype of a value list: bool if all are, int64 if any is a bigint, the default float otherwise. */
export function inferDType(values: readonly (number | boolean | bigint)[], fallback: DType): DType {
  if (values.some((value) => typeof value === 'bigint')) return 'int64';
  return values.length > 0 && values.every((value) => typeof value === 'boolean') ? 'bool' : fallback;
}

/** A JavaScript value as kernels hold it. */
export function rawValue(value: number | boolean | bigint): Value {
  return typeof value === 'boolean' ? Number(value) : value;
}
