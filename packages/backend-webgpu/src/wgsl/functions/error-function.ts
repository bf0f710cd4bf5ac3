import { EXP, LN2_HIGH, LN2_LOW } from './exponential.ts';
import { number, polynomial } from './text.ts';

/** erf x = x·P(x²) for |x| ≤ 1, to 4.1e-8. @source fitted by tooling/polynomials (row `erfSmall`). */
const ERF_SMALL: readonly number[] = [
  1 + 0.128379121,
  -0.37612322,
  0.112801462,
  -0.0267103538,
  0.00491645047,
  -0.000562700327,
];
/**
 * erfc x = P(x)^-8 for 1 ≤ x ≤ 3.95, with an error of at most 1.2e-8.
 *
 * @source after 7.1.28 of Abramowitz and Stegun's Handbook; fitted by tooling/polynomials (row `erfLarge`).
 */
const ERF_LARGE: readonly number[] = [
  0.996377945, 0.159718841, 0.0484197959, 0.0748031139, -0.0337025821, 0.0179993063, -0.00405222597, 0.000547898584,
];
/** erfc x = e^(-x²)·P(x - 5/4) for 0.5 ≤ x ≤ 2, to 3.3e-9. @source fitted by tooling/polynomials (row `erfcMiddle`). */
const ERFC_MIDDLE: readonly number[] = [
  0.367822915, -0.208821878, 0.106795609, -0.0502180718, 0.0220110565, -0.00908450596, 0.00355452741, -0.00131184468,
  0.000469427177, -0.000190040577, 0.0000622086955,
];
/** erfc x = e^(-x²)·P(1 / x²) / x for 2 ≤ x ≤ 10.2, to 4.2e-9. @source fitted by tooling/polynomials (row `erfcFar`). */
const ERFC_FAR: readonly number[] = [
  0.564189553, -0.282087952, 0.422606975, -1.03743422, 3.25260901, -10.2439632, 25.7325954, -41.4919434, 30.7511253,
];
/**
 * erfinv x = x·P(w - 5/2) for w = -log(1 - x²) ≤ 5, to 4e-8, and x·Q(√w - 3) for w < 16.8, to 1.2e-8.
 *
 * @source after Giles, Approximating the erfinv function; fitted by tooling/polynomials (rows `erfinvNear`, `erfinvFar`).
 */
const ERFINV_NEAR: readonly number[] = [
  1.50140941, 0.24664028, -0.0041776686, -0.00125275576, 0.000218577334, -0.00000494338201, -0.00000352361894,
  4.59926156e-7, 2.81801906e-8, -8.23506774e-9,
];
const ERFINV_FAR: readonly number[] = [
  2.83297682, 1.00167501, 0.00944482535, -0.00763781229, 0.0056895772, -0.00359656545, 0.00147935376, -0.000055488279,
  -0.000305190712, 0.000113257964,
];

/** The error function and its relatives. */
export const errorFunctions: Readonly<Record<'expOfSquare' | 'erf' | 'erfc' | 'erfinv', string>> = {
  // e^(-a²) for 0 ≤ a ≤ 10.2; twelve digits of a have an exact square.
  expOfSquare: `fn f_expOfSquare(a: f32) -> f32 {
  let high = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let n = round(a * a * ${number(-1 / Math.LN2)});
  let r = ((-high * high - n * ${number(LN2_HIGH)}) - n * ${number(LN2_LOW)}) - (a - high) * (a + high);
  let half = trunc(n * 0.5f);
  return ${polynomial('r', [1, ...EXP])} * f_twoTo(half) * f_twoTo(n - half);
}`,
  // Near 0 a polynomial, beyond 1 - 1 / (polynomial)^8; from 3.95 on it is 1.
  erf: `fn f_erf(x: f32) -> f32 {
  let a = min(abs(x), 3.95f);
  let w = a * a;
  let small = a * ${polynomial('w', ERF_SMALL)};
  let p = ${polynomial('a', ERF_LARGE)};
  let square = p * p;
  let fourth = square * square;
  return f_keepNan(f_withSign(select(1.0f - 1.0f / (fourth * fourth), small, a < 1.0f), x), x);
}`,
  // Near 0, 1 - erf x.
  erfc: `fn f_erfc(x: f32) -> f32 {
  let w = x * x;
  let near = 1.0f - x * ${polynomial('w', ERF_SMALL)};
  let a = clamp(abs(x), 0.5f, 10.2f);
  let t = a - 1.25f;
  let u = 1.0f / (a * a);
  let factor = select(${polynomial('u', ERFC_FAR)} / a, ${polynomial('t', ERFC_MIDDLE)}, a < 2.0f);
  let tail = f_expOfSquare(a) * factor;
  return f_keepNan(select(select(tail, 2.0f - tail, x < 0.0f), near, abs(x) < 0.5f), x);
}`,
  erfinv: `fn f_erfinv(x: f32) -> f32 {
  let a = bitcast<u32>(x) & 0x7fffffffu;
  if (a >= 0x3f800000u) {
    return select(f_nan(), f_withSign(f_infinity(), x), a == 0x3f800000u);
  }
  let t = bitcast<f32>(a);
  let w = -select(f_log((1.0f - t) * (1.0f + t)), f_log1p(-t * t), t < 0.5f);
  if (w < 5.0f) {
    let u = w - 2.5f;
    return x * ${polynomial('u', ERFINV_NEAR)};
  }
  let v = sqrt(w) - 3.0f;
  return x * ${polynomial('v', ERFINV_FAR)};
}`,
};
