import { ArgumentError, IndexError, type Shape, ShapeError } from '@flambeau/backend';
import type { Tensor } from '../tensor.ts';
import { isTensor } from './dispatch.ts';

/** @throws {ArgumentError} Not a tensor. */
export function requireTensor(op: string, value: unknown, what = 'the input'): asserts value is Tensor {
  if (isTensor(value)) return;
  const got = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
  throw new ArgumentError(op, `${what} must be a Tensor; got ${got}. Make one with tensor().`);
}

/** @throws {ArgumentError} Not an integer. */
export function requireInteger(op: string, value: unknown, what: string): asserts value is number {
  if (Number.isSafeInteger(value)) return;
  throw new ArgumentError(op, `${what} must be an integer; got ${describe(value)}.`);
}

/** @throws {ArgumentError} Not a number. */
export function requireNumber(op: string, value: unknown, what: string): asserts value is number {
  if (typeof value === 'number') return;
  throw new ArgumentError(op, `${what} must be a number; got ${describe(value)}.`);
}

/** A short text for a value of unknown type. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(describe).join(', ')}]`;
  if (isTensor(value)) return `a Tensor of shape [${value.shape.join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `an object (${Object.getPrototypeOf(value)?.constructor?.name ?? 'Object'})`;
  return String(value);
}

/**
 * A dimension counted from the front, in `[0, rank)`; 0-d tensors accept -1 and 0.
 * @throws {IndexError} Out of range.
 */
export function normalizeDim(op: string, dim: unknown, rank: number): number {
  requireInteger(op, dim, 'a dimension');
  const range = Math.max(1, rank);
  if (dim < -range || dim >= range) {
    throw new IndexError(
      op,
      `Dimension out of range (expected to be in range of [${-range}, ${range - 1}], but got ${dim}).`,
      { dim, rank },
    );
  }
  return dim < 0 ? dim + range : dim;
}

/**
 * Dimensions as a sorted list without repeats; all of them when none is given.
 * @throws {ArgumentError} A dimension appears twice.
 */
export function normalizeDims(op: string, dims: number | readonly number[] | null | undefined, rank: number): number[] {
  if (dims === undefined || dims === null || (Array.isArray(dims) && dims.length === 0)) {
    return Array.from({ length: rank }, (_, dim) => dim);
  }
  const list = (Array.isArray(dims) ? dims : [dims]).map((dim) => normalizeDim(op, dim, rank));
  if (new Set(list).size !== list.length) throw new ArgumentError(op, `a dimension appears twice in [${list}].`);
  return (rank === 0 ? [] : list).sort((a, b) => a - b);
}

/**
 * A shape as a checked array of its own.
 * @throws {ShapeError} A size is no integer or negative.
 */
export function requireShape(op: string, shape: unknown): number[] {
  if (!Array.isArray(shape)) throw new ShapeError(op, `a shape must be an array of integers; got ${describe(shape)}.`);
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new ShapeError(op, `sizes must be non-negative integers; got ${describe(shape)}.`, { shape });
    }
    count *= size;
  }
  if (!Number.isSafeInteger(count)) throw new ShapeError(op, `[${shape.join(', ')}] has too many elements.`, { shape });
  return [...shape];
}

/**
 * A shape in which one size may be -1, to be inferred from the number of elements.
 * @throws {ShapeError} The sizes do not fit.
 */
export function inferShape(op: string, shape: unknown, elements: number): number[] {
  if (!Array.isArray(shape)) throw new ShapeError(op, `a shape must be an array of integers; got ${describe(shape)}.`);
  const hole = shape.indexOf(-1);
  const known = requireShape(op, hole < 0 ? shape : shape.with(hole, 1));
  const product = known.reduce((a, b) => a * b, 1);
  if (hole >= 0) {
    if (product === 0) {
      throw new ShapeError(
        op,
        `cannot infer a size in [${shape.join(', ')}] for ${elements} elements, because -1 could be any value.`,
        { shape },
      );
    }
    known[hole] = elements / product;
  }
  if ((hole < 0 && product !== elements) || !Number.isInteger(known[hole] ?? 0)) {
    throw new ShapeError(op, `shape '[${shape.join(', ')}]' is invalid for input of size ${elements}.`, { shape });
  }
  return known;
}

/** The shape without the given dimensions, or with them as 1. */
export function reducedShape(shape: Shape, dims: readonly number[], keepDim: boolean): number[] {
  if (keepDim) return shape.map((size, dim) => (dims.includes(dim) ? 1 : size));
  return shape.filter((_, dim) => !dims.includes(dim));
}
