import { number, polynomial } from './text.ts';

/** e^r = 1 + r·P(r) for |r| ≤ ln 2 / 2, to 3.2e-9. @source fitted by tooling/polynomials (row `exp`). */
export const EXP: readonly number[] = [1, 0.49999994, 0.166665226, 0.0416682921, 0.00836853217, 0.00138182985];
/** sinh x = x + x·w·P(w), w = x² ≤ 1, to 2.6e-8. @source fitted by tooling/polynomials (row `sinhSmall`). */
const SINH_SMALL: readonly number[] = [0.166667178, 0.00833022315, 0.000203766336];
/** tanh x = x + x·w·P(w), w = x² < 0.33, to 5.3e-8. @source fitted by tooling/polynomials (row `tanhSmall`). */
const TANH_SMALL: readonly number[] = [-0.333328158, 0.13317652, -0.0524735488, 0.0160606466];
/** Rounded to 16 bits, so that its product with n is exact. */
export const LN2_HIGH: number = Math.round(Math.LN2 * 2 ** 16) / 2 ** 16;
export const LN2_LOW: number = Math.LN2 - LN2_HIGH;

/** P of e^(k·r) = 1 + k·r·P(k·r), with all in one polynomial. */
function scaled(k: number): readonly number[] {
  return [1, ...EXP.map((c, i) => c * k ** (i + 1))];
}

/** What remains of `x` after `n` times ln 2 / scale. */
const reduced = (x: string, n: string, scale = 1): string =>
  `(${x} - ${n} * ${number(LN2_HIGH / scale)}) - ${n} * ${number(LN2_LOW / scale)}`;

/** Exponentials and hyperbolic functions. NaN is put back at the end, since min and max may drop it. */
export const exponentialFunctions: Readonly<
  Record<'keepNan' | 'twoTo' | 'exp' | 'exp2' | 'expm1' | 'sigmoid' | 'quarterExp' | 'cosh' | 'sinh' | 'tanh', string>
> = {
  keepNan: `fn f_keepNan(result: f32, x: f32) -> f32 {
  return select(result, x, f_isNan(x));
}`,
  // For a whole number that gives a normal one: the sum's last digits are n + 127.
  twoTo: `fn f_twoTo(n: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(n + ${number(1.5 * 2 ** 23 + 127)}) << 23u);
}`,
  // Times 2^n in two factors, lest one be subnormal or infinite.
  exp: `fn f_exp(x: f32) -> f32 {
  let t = clamp(x, -105.0f, 89.0f);
  let n = round(t * ${number(1 / Math.LN2)});
  let r = ${reduced('t', 'n')};
  let half = trunc(n * 0.5f);
  return f_keepNan(${polynomial('r', scaled(1))} * f_twoTo(half) * f_twoTo(n - half), x);
}`,
  exp2: `fn f_exp2(x: f32) -> f32 {
  let t = clamp(x, -151.0f, 129.0f);
  let n = round(t);
  let r = t - n;
  let half = trunc(n * 0.5f);
  return f_keepNan(${polynomial('r', scaled(Math.LN2))} * f_twoTo(half) * f_twoTo(n - half), x);
}`,
  // 2^n·(e^r - 1) + (2^n - 1), in halves lest 2^n overflow.
  expm1: `fn f_expm1(x: f32) -> f32 {
  let t = clamp(x, -18.0f, 89.0f);
  let n = round(t * ${number(1 / Math.LN2)});
  let r = ${reduced('t', 'n')};
  let power = f_twoTo(n - 1.0f);
  let half = ${polynomial('r', EXP)} * r * power + (power - 0.5f);
  let result = select(half + half, x, abs(x) < ${number(2 ** -25)});
  return f_keepNan(f_withSign(result, x), x);
}`,
  // e^-|x| never overflows.
  sigmoid: `fn f_sigmoid(x: f32) -> f32 {
  let power = f_exp(-abs(x));
  return select(1.0f, power, x < 0.0f) / (1.0f + power);
}`,
  // e^|x| / 4, finite wherever sinh and cosh are.
  quarterExp: `fn f_quarterExp(x: f32) -> f32 {
  let t = min(abs(x), 89.5f);
  let n = round(t * ${number(1 / Math.LN2)});
  let r = ${reduced('t', 'n')};
  return ${polynomial('r', scaled(1))} * f_twoTo(n - 2.0f);
}`,
  cosh: `fn f_cosh(x: f32) -> f32 {
  let quarter = f_quarterExp(x);
  let half = quarter + 0.0625f / quarter;
  return f_keepNan(half + half, x);
}`,
  sinh: `fn f_sinh(x: f32) -> f32 {
  let a = abs(x);
  let w = a * a;
  let quarter = f_quarterExp(x);
  let half = quarter - 0.0625f / quarter;
  let small = a * w * ${polynomial('w', SINH_SMALL)} + a;
  return f_keepNan(f_withSign(select(half + half, small, a < 1.0f), x), x);
}`,
  // Beyond the polynomial, 1 - 2 / (e^2x + 1): what is left of 1 needs few correct digits. From 9.02 on it is 1.
  tanh: `fn f_tanh(x: f32) -> f32 {
  let a = abs(x);
  let w = a * a;
  let small = a * w * ${polynomial('w', TANH_SMALL)} + a;
  let root = f_quarterExp(min(a, 9.02f));
  let large = 1.0f - 2.0f / (16.0f * root * root + 1.0f);
  return f_keepNan(f_withSign(select(large, small, a < 0.57f), x), x);
}`,
};
