import { halfPiParts } from '@flambeau/backend';
import { number, polynomial } from './text.ts';

/** sin r = r + r·w·P(w), w = r², |r| ≤ π/4, to 3.7e-9. @source fitted by tooling/polynomials (row `sin`). */
const SIN: readonly number[] = [-0.166666552, 0.00833219104, -0.000195186061];
/** cos r = 1 - w/2 + w²·P(w), to 1.2e-10. @source fitted by tooling/polynomials (row `cos`). */
const COS: readonly number[] = [1, -0.5, 0.0416666456, -0.00138873095, 0.0000244323273];
/** tan r = r + r·w·P(w), to 1.8e-8. @source fitted by tooling/polynomials (row `tan`). */
const TAN: readonly number[] = [0.333331555, 0.13338834, 0.053408429, 0.0244403016, 0.00310357707, 0.00939512067];
const parts = halfPiParts(14, 4).reduce((rest, part) => `(${rest} - n * ${number(part)})`, 'a');

/** 32 zero bits, then those of 2/π after the point. */
const TWO_OVER_PI = [0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab];

/** Statements that move the words by \`first\` ≤ 4 to the front, by 4, 2 and 1 words: cheaper than a table in memory. */
const words = [4, 2, 1]
  .reduce<{ readonly lines: readonly string[]; readonly names: readonly string[] }>(
    ({ lines, names }, step) => {
      const next = Array.from({ length: step + 3 }, (_, i) => `w${step}${i}`);
      const more = next.map((name, i) => {
        const [near = '0u', far = '0u'] = [names[i], names[i + step]];
        return `  let ${name} = select(${near}, ${far}, (first & ${step}u) != 0u);`;
      });
      return { lines: [...lines, ...more], names: next };
    },
    { lines: [], names: TWO_OVER_PI.map((word) => `0x${word.toString(16)}u`) },
  )
  .lines.join('\n');

/** Sine, cosine and tangent of every angle. */
export const trigonometricFunctions: Readonly<
  Record<'reduceLarge' | 'reduce' | 'sineOf' | 'sin' | 'cos' | 'tangentOf' | 'tan', string>
> = {
  // Payne and Hanek's reduction: only those bits of 2/π count whose products with the mantissa are neither multiples of four
  // quarter turns nor too small to matter: four words from the one that `first` names. Quarter turns modulo 4 come as a fraction of 64 bits.
  reduceLarge: `fn f_reduceLarge(a: f32) -> vec2<f32> {
  let bits = bitcast<u32>(a);
  let mantissa = (bits & 0x7fffffu) | 0x800000u;
  let start = (bits >> 23u) - 120u;
  let first = start >> 5u;
  let shift = start & 31u;
${words}
  let back = 31u - shift;
  let d0 = (w10 << shift) | ((w11 >> 1u) >> back);
  let d1 = (w11 << shift) | ((w12 >> 1u) >> back);
  let d2 = (w12 << shift) | ((w13 >> 1u) >> back);
  let middle = mantissa * d1;
  let low = middle + f_multiplyHigh(mantissa, d2);
  let high = mantissa * d0 + f_multiplyHigh(mantissa, d1) + select(0u, 1u, low < middle);
  let quarters = (high + 0x20000000u) >> 30u;
  // What is left, signed, with 30 + 32 bits after the point.
  let rest = high - (quarters << 30u);
  let isNegative = (rest >> 31u) == 1u;
  let upper = select(rest, ~rest + select(0u, 1u, low == 0u), isNegative);
  let lower = select(low, ~low + 1u, isNegative);
  let size = f32(bitcast<i32>(upper)) * ${number((Math.PI / 2) * 2 ** -30)} + f32(bitcast<i32>(lower >> 1u)) * ${number((Math.PI / 2) * 2 ** -61)};
  return vec2<f32>(f32(quarters), select(size, -size, isNegative));
}`,
  // A magnitude as a number of quarter turns and the rest, at most π/4 and a little. The parts of π/2 have exact products with
  // the number while it has 10 bits.
  reduce: `fn f_reduce(a: f32) -> vec2<f32> {
  if (a > 1600.0f) {
    return f_reduceLarge(a);
  }
  let n = round(a * ${number(2 / Math.PI)});
  return vec2<f32>(n, ${parts});
}`,
  sineOf: `fn f_sineOf(quarters: i32, r: f32) -> f32 {
  let w = r * r;
  let odd = r * w * ${polynomial('w', SIN)} + r;
  let even = ${polynomial('w', COS)};
  let result = select(odd, even, (quarters & 1) == 1);
  return bitcast<f32>(bitcast<u32>(result) ^ ((bitcast<u32>(quarters) << 30u) & 0x80000000u));
}`,
  sin: `fn f_sin(x: f32) -> f32 {
  let reduced = f_reduce(abs(x));
  return select(f_nan(), f_flipSign(f_sineOf(i32(reduced.x), reduced.y), x), f_isFinite(x));
}`,
  cos: `fn f_cos(x: f32) -> f32 {
  let reduced = f_reduce(abs(x));
  return select(f_nan(), f_sineOf(i32(reduced.x) + 1, reduced.y), f_isFinite(x));
}`,
  tangentOf: `fn f_tangentOf(r: f32) -> f32 {
  let w = r * r;
  return r * w * ${polynomial('w', TAN)} + r;
}`,
  tan: `fn f_tan(x: f32) -> f32 {
  let reduced = f_reduce(abs(x));
  let tangent = f_tangentOf(reduced.y);
  let result = select(tangent, -1.0f / tangent, (i32(reduced.x) & 1) == 1);
  return select(f_nan(), f_flipSign(result, x), f_isFinite(x));
}`,
};
