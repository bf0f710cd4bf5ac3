import { Tensor } from '@flambeau/autograd';
import { ArgumentError, IndexError } from '@flambeau/backend';

/** A size per spatial axis, or one for all of them. */
export type SizeLike = number | readonly number[];

/** @throws {ArgumentError} The value is not a tensor. */
export function requireTensor(op: string, name: string, value: unknown): void {
  if (value instanceof Tensor) return;
  throw new ArgumentError(op, `${name} must be a Tensor; got ${describe(value)}.`, { [name]: value });
}

/** @throws {ArgumentError} The value is not an integer of at least `least`. */
export function requireInteger(op: string, name: string, value: unknown, least = 0): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return;
  const wanted = least === Number.MIN_SAFE_INTEGER ? 'an integer' : `an integer of at least ${least}`;
  throw new ArgumentError(op, `${name} must be ${wanted}; got ${describe(value)}.`, { [name]: value });
}

/** @throws {ArgumentError} The value is not a number (infinities pass, NaN does not). */
export function requireNumber(op: string, name: string, value: unknown): void {
  if (typeof value === 'number' && !Number.isNaN(value)) return;
  throw new ArgumentError(op, `${name} must be a number; got ${describe(value)}.`, { [name]: value });
}

/** @throws {ArgumentError} The value is not a probability. */
export function requireProbability(op: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0 && value <= 1) return;
  throw new ArgumentError(op, `dropout probability has to be between 0 and 1, but got ${describe(value)}`, {
    p: value,
  });
}

/**
 * One integer per spatial axis.
 *
 * @throws {ArgumentError} Not an integer of at least `least`, or not `rank` of them.
 */
export function sizesOf(op: string, name: string, value: SizeLike, rank: number, least: number): number[] {
  const sizes = typeof value === 'number' ? Array.from({ length: rank }, () => value) : value;
  if (!Array.isArray(sizes) || sizes.length !== rank) {
    throw new ArgumentError(op, `${name} must be a number or ${rank} numbers; got ${describe(value)}.`, {
      [name]: value,
    });
  }
  for (const size of sizes) requireInteger(op, name, size, least);
  return [...sizes];
}

/**
 * A dimension counted from the start.
 *
 * @throws {IndexError} The tensor has no such dimension.
 */
export function dimOf(op: string, tensor: Tensor, dim: number): number {
  const rank = Math.max(tensor.shape.length, 1);
  if (Number.isInteger(dim) && dim >= -rank && dim < rank) return dim < 0 ? dim + rank : dim;
  throw new IndexError(
    op,
    `Dimension out of range (expected to be in range of [${-rank}, ${rank - 1}], but got ${describe(dim)})`,
    { shape: tensor.shape, dim },
  );
}

/** A value as an error message shows it. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(describe).join(', ')}]`;
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'plain object'}`;
  return String(value);
}

/** A shape as an error message shows it. */
export function shapeText(tensor: Tensor): string {
  return `[${tensor.shape.join(', ')}]`;
}
