import { number, polynomial } from './text.ts';

/** asin x = x + x·w·P(w), w = x² ≤ 1/4, to 5e-9. @source fitted by tooling/polynomials (row `asin`). */
const ASIN: readonly number[] = [0.166667536, 0.0749525204, 0.0454760417, 0.0241520926, 0.0422117971];
/** atan x = x + x·w·P(w), w = x² ≤ 1, to 1.5e-8. @source fitted by tooling/polynomials (row `atan`). */
const ATAN: readonly number[] = [
  -0.333331674, 0.199941471, -0.142142847, 0.106792226, -0.0758115426, 0.0435600914, -0.0165850837, 0.00297553698,
];
const HALF_PI = number(Math.PI / 2);
const HALF_PI_LOW = number(Math.PI / 2 - Math.fround(Math.PI / 2));
/** Below it, asinh x and atanh x are x in float32. */
const TINY = number(2 ** -13);

/** Inverse trigonometric and hyperbolic functions. */
export const inverseFunctions: Readonly<
  Record<
    'halvedAsin' | 'complement' | 'asin' | 'acos' | 'atanOfSlope' | 'atan' | 'atan2' | 'asinh' | 'acosh' | 'atanh',
    string
  >
> = {
  // π/2 - x, with π/2 in two parts.
  complement: `fn f_complement(x: f32) -> f32 {
  return ${HALF_PI} - (x - ${HALF_PI_LOW});
}`,
  // asin of |x|, as it is up to ½; beyond, what π/2 is more than twice a smaller angle.
  halvedAsin: `fn f_halvedAsin(a: f32) -> f32 {
  let isBeyond = a > 0.5f;
  let w = select(a * a, (1.0f - a) * 0.5f, isBeyond);
  let root = select(a, sqrt(max(w, 0.0f)), isBeyond);
  return root * w * ${polynomial('w', ASIN)} + root;
}`,
  asin: `fn f_asin(x: f32) -> f32 {
  let a = abs(x);
  let angle = f_halvedAsin(a);
  let result = select(angle, f_complement(angle + angle), a > 0.5f);
  return select(f_nan(), f_withSign(result, x), bitcast<u32>(a) <= 0x3f800000u);
}`,
  acos: `fn f_acos(x: f32) -> f32 {
  let a = abs(x);
  let angle = f_halvedAsin(a);
  let twice = angle + angle;
  let outer = select(twice, ${number(Math.PI)} - twice, x < 0.0f);
  let result = select(f_complement(f_flipSign(angle, x)), outer, a > 0.5f);
  return select(f_nan(), result, bitcast<u32>(a) <= 0x3f800000u);
}`,
  atanOfSlope: `fn f_atanOfSlope(x: f32) -> f32 {
  let w = x * x;
  return x * w * ${polynomial('w', ATAN)} + x;
}`,
  // Angles of more than 45° through their complement.
  atan: `fn f_atan(x: f32) -> f32 {
  let a = abs(x);
  let isSteep = a > 1.0f;
  let angle = f_atanOfSlope(select(a, 1.0f / min(max(a, 1.0f), 1e30f), isSteep));
  return f_keepNan(f_withSign(select(angle, f_complement(angle), isSteep), x), x);
}`,
  // Infinities become the largest numbers, beside which others do not count; two of them have slope 1, two zeros slope 0.
  // Both are halved where a quotient's divisor would else be too large for some devices.
  atan2: `fn f_atan2(y: f32, x: f32) -> f32 {
  let width = bitcast<u32>(x) & 0x7fffffffu;
  let height = bitcast<u32>(y) & 0x7fffffffu;
  let isSteep = height > width;
  let shorter = min(width, height);
  let longer = max(width, height);
  let scale = select(1.0f, 0.0625f, longer > 0x7d000000u);
  let quotient = (bitcast<f32>(shorter) * scale) / (bitcast<f32>(select(longer, 0x3f800000u, longer == 0u || longer == 0x7f800000u)) * scale);
  let slope = select(select(quotient, 0.0f, longer == 0x7f800000u || shorter == 0u), 1.0f, shorter == longer && longer != 0u);
  let angle = f_atanOfSlope(slope);
  let right = select(angle, f_complement(angle), isSteep);
  let result = select(right, ${number(Math.PI)} - right, (bitcast<u32>(x) >> 31u) == 1u);
  return select(f_withSign(result, y), f_nan(), longer > 0x7f800000u);
}`,
  asinh: `fn f_asinh(x: f32) -> f32 {
  let a = abs(x);
  let usual = f_log1p(a + a * a / (1.0f + sqrt(a * a + 1.0f)));
  let large = f_log(a) + ${number(Math.LN2)};
  let result = select(select(usual, large, a > 1e9f), a, a < ${TINY});
  return f_withSign(result, x);
}`,
  acosh: `fn f_acosh(x: f32) -> f32 {
  let m = x - 1.0f;
  let usual = f_log1p(m + sqrt(m * (m + 2.0f)));
  let result = select(usual, f_log(x) + ${number(Math.LN2)}, x > 1e9f);
  return f_keepNan(select(result, f_nan(), x < 1.0f), x);
}`,
  atanh: `fn f_atanh(x: f32) -> f32 {
  let a = abs(x);
  let inside = select(0.5f * f_log1p(2.0f * a / (1.0f - min(a, 0.99999994f))), a, a < ${TINY});
  let outside = select(f_nan(), f_infinity(), bitcast<u32>(a) == 0x3f800000u);
  return f_withSign(select(outside, inside, bitcast<u32>(a) < 0x3f800000u), x);
}`,
};
