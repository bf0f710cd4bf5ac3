import type { Float64Error } from './cases.ts';
import type { Tolerance } from './compare.ts';

/**
 * What rounding may do when nothing is known of a case, by the reference's dtype.
 *
 * float32: 16 units in the last place, and 1e-6 near zero; tighter than `torch.testing.assert_close` (1.3e-6, 1e-5) near
 * zero, and wider above it because that default compares PyTorch with itself. The 16-bit floats have 11 and 8 bits.
 */
const base: Readonly<Record<string, Tolerance>> = {
  float64: { rtol: 1e-7, atol: 1e-7 },
  float32: { rtol: 2e-6, atol: 1e-6 },
  float16: { rtol: 1e-3, atol: 1e-5 },
  bfloat16: { rtol: 1.6e-2, atol: 1e-5 },
};

/** Another order of summation or another formula errs as PyTorch's own float32 result does, a few times over. */
const ERROR_FACTOR = 4;

/** Wider bounds for single ops or classes, each with its reason. */
const exceptions: Readonly<Record<string, Tolerance & { readonly reason: string }>> = {
  MultiheadAttention: {
    rtol: 2e-6,
    atol: 3e-6,
    reason: 'gradients through its softmax cancel; another order of summation errs five times as far as PyTorch',
  },
};

/**
 * The tolerance for one comparison.
 *
 * @param name - The op (with or without variant) or class.
 * @param dtype - The reference's dtype.
 * @param error - How far PyTorch's own float32 result lies from its float64 result, relative above 1.
 */
export function toleranceFor(name: string, dtype: string, error: number | null | undefined): Tolerance {
  const wider = exceptions[name] ?? exceptions[name.split('/')[0] ?? name];
  const { rtol, atol } = (dtype === 'float32' ? wider : undefined) ?? base[dtype] ?? { rtol: 0, atol: 0 };
  const allowance = dtype === 'float32' ? ERROR_FACTOR * (error ?? 0) : 0;
  return { rtol: rtol + allowance, atol: atol + allowance };
}

/** The recorded error of the outputs or of the gradients. */
export function errorOf(error: Float64Error | null, part: keyof Float64Error): number | null {
  return error === null ? null : error[part];
}

/** The table of exceptions, for the runner's summary. */
export function toleranceExceptions(): readonly string[] {
  return Object.entries(exceptions).map(
    ([name, { rtol, atol, reason }]) => `${name}: ${atol} + ${rtol} · |x|: ${reason}`,
  );
}
