import { type GoldenTensor, toNumbers } from './tensor.ts';

/** How far a value may lie from the reference: `|got − expected| ≤ atol + rtol · |expected|`. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** A tensor read back from the library under test. */
export interface ReadTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number> | ArrayLike<bigint>;
}

const exact: Tolerance = { rtol: 0, atol: 0 };

/** Whether a dtype's values are rounded. */
export function isFloating(dtype: string): boolean {
  return dtype.startsWith('float') || dtype === 'bfloat16';
}

function close(got: number, expected: number, { rtol, atol }: Tolerance): boolean {
  if (Object.is(got, expected) || got === expected) return true;
  if (Number.isNaN(got) || Number.isNaN(expected)) return Number.isNaN(got) && Number.isNaN(expected);
  if (!Number.isFinite(got) || !Number.isFinite(expected)) return false;
  return Math.abs(got - expected) <= atol + rtol * Math.abs(expected);
}

const show = (x: number): string => (Object.is(x, -0) ? '-0' : String(x));

/**
 * Compares a result with its reference: shape, dtype, every element; NaN equals NaN.
 *
 * @param dtype - The dtype that the result must have, or `undefined` where it is not compared.
 * @returns What differs, or `null`.
 */
export function compareTensors(
  got: ReadTensor,
  expected: GoldenTensor,
  tolerance: Tolerance,
  dtype: string | undefined = expected.dtype,
): string | null {
  const shape = got.shape.join(', ');
  if (shape !== expected.shape.join(', ')) return `shape [${shape}], expected [${expected.shape.join(', ')}]`;
  if (dtype !== undefined && got.dtype !== dtype) return `dtype ${got.dtype}, expected ${dtype}`;
  const a = toNumbers(got.dtype, got.data);
  const b = toNumbers(expected.dtype, expected.data);
  if (a.length !== b.length) return `${a.length} elements, expected ${b.length}`;
  const allowed = isFloating(expected.dtype) ? tolerance : exact;
  let count = 0;
  let worst = -1;
  let worstError = -1;
  for (const [i, x] of a.entries()) {
    const y = b[i] as number;
    if (close(x, y, allowed)) continue;
    count++;
    const error = Math.abs(x - y) / Math.max(1, Math.abs(y));
    if (worst < 0 || error > worstError || Number.isNaN(error)) {
      worst = i;
      worstError = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    }
  }
  if (count === 0) return null;
  const at = `element ${worst} is ${show(a[worst] as number)}, expected ${show(b[worst] as number)}`;
  return `${count} of ${a.length} elements differ; ${at} (allowed ${allowed.atol} + ${allowed.rtol} · |expected|)`;
}

/** Where a zero has the wrong sign; `null` when every sign agrees. */
export function compareZeroSigns(got: ReadTensor, expected: GoldenTensor): string | null {
  const a = toNumbers(got.dtype, got.data);
  const b = toNumbers(expected.dtype, expected.data);
  const i = a.findIndex((x, at) => x === 0 && b[at] === 0 && !Object.is(x, b[at]));
  return i < 0 ? null : `element ${i} is ${show(a[i] as number)}, expected ${show(b[i] as number)}`;
}
