import { EXP } from './exponential.ts';
import { LOG } from './logarithm.ts';
import { number, polynomial } from './text.ts';

const EXP2: readonly number[] = [1, ...EXP.map((c, i) => c * Math.LN2 ** (i + 1))];
/** log2 e, times 2 as in the series of atanh: the first twelve digits, the rest. */
const SCALE = 2 / Math.LN2;
const SCALE_HIGH = Math.floor(SCALE * 2 ** 10) / 2 ** 10;

/** Powers of floats. */
export const powerFunctions: Readonly<Record<'highPart' | 'powOfMagnitudes' | 'pow', string>> = {
  // The first twelve digits.
  highPart: `fn f_highPart(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}`,
  // 2^(b·log2 a) for finite a > 0 and b. Numbers are split in parts whose products are exact. Of each product the nearest
  // integer is taken away at once, so that what is left has few digits before its point.
  powOfMagnitudes: `fn f_powOfMagnitudes(a: f32, b: f32) -> f32 {
  let parts = f_logParts(a);
  let f = parts.y;
  let f1 = f_highPart(f);
  let d = f + 2.0f;
  let s = f / d;
  let s1 = f_highPart(s);
  let s2 = (((f - 2.0f * s1) - s1 * f1) - s1 * (f - f1)) / d;
  let w = s * s;
  let main = s1 * ${number(SCALE_HIGH)};
  let m1 = f_highPart(main);
  let m2 = (main - m1) + (s1 * ${number(SCALE - SCALE_HIGH)} + (s2 * ${number(SCALE)} + s * w * ${polynomial(
    'w',
    LOG.map((c) => c / Math.LN2),
  )}));
  let rough = b * (parts.x + (m1 + m2));
  if (abs(rough) > 300.0f) {
    return select(0.0f, f_infinity(), rough > 0.0f);
  }
  let b1 = f_highPart(b);
  let b2 = b - b1;
  let terms = vec4<f32>(b1 * parts.x, b2 * parts.x, b1 * m1, b2 * m1);
  let whole = round(terms);
  let rest = terms - whole;
  let last = b * m2;
  let lastWhole = round(last);
  let sum = ((rest.x + rest.z) + (rest.y + rest.w)) + (last - lastWhole);
  let sumWhole = round(sum);
  let r = sum - sumWhole;
  let n = clamp(i32((whole.x + whole.z) + (whole.y + whole.w) + (lastWhole + sumWhole)), -252, 254);
  let half = n / 2;
  return ${polynomial('r', EXP2)} * f_powerOfTwo(half) * f_powerOfTwo(n - half);
}`,
  // What the C standard says of zeros, infinities, NaN and negative bases.
  pow: `fn f_pow(a: f32, b: f32) -> f32 {
  let x = bitcast<u32>(a) & 0x7fffffffu;
  let y = bitcast<u32>(b) & 0x7fffffffu;
  if (bitcast<u32>(a) == 0x3f800000u || y == 0u) {
    return 1.0f;
  }
  if (x > 0x7f800000u || y > 0x7f800000u) {
    return f_nan();
  }
  let isNegative = bitcast<u32>(a) != x;
  let isFalling = bitcast<u32>(b) != y;
  if (y == 0x7f800000u) {
    if (x == 0x3f800000u) {
      return 1.0f;
    }
    return select(0.0f, f_infinity(), (x > 0x3f800000u) != isFalling);
  }
  // Floats from 2^24 on are even.
  let isWhole = y >= 0x4b800000u || (y >= 0x3f800000u && trunc(b) == b);
  let isOdd = y < 0x4b800000u && isWhole && (i32(b) & 1) == 1;
  var result = 0.0f;
  if (x == 0u || x == 0x7f800000u) {
    result = select(0.0f, f_infinity(), (x == 0u) == isFalling);
  } else if (isNegative && !isWhole) {
    return f_nan();
  } else if (b == 2.0f) {
    result = a * a;
  } else {
    result = f_powOfMagnitudes(bitcast<f32>(x), b);
  }
  return select(result, -result, isNegative && isOdd);
}`,
};
