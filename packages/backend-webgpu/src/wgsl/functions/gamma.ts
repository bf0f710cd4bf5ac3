import { lgammaCoefficients } from '@flambeau/backend';
import { number, polynomial } from './text.ts';

const { minimum, minimumValue, nearOne, aboveTwo, stirlingConstant } = lgammaCoefficients;
// As many terms as float32 tells apart.
const nearTwo = lgammaCoefficients.nearTwo.map((terms) => terms.slice(0, 4)) as [number[], number[]];
const nearMinimum = lgammaCoefficients.nearMinimum.slice(0, 10);
const stirling = lgammaCoefficients.stirling.slice(0, 3);

const ROOT = 1.4616321449683622;
/** digamma(t + 3/2) / (t + 3/2 - root) for |t| ≤ 1/2, to 8.8e-9. @source fitted by tooling/polynomials (row `digammaOne`). */
const DIGAMMA_ABOVE_ONE: readonly number[] = [
  0.951055884, -0.423627436, 0.240541562, -0.14840126, 0.0950099304, -0.0620268099, 0.0405992568, -0.0259265397,
  0.0181741696, -0.0161433462, 0.00930083171,
];
/** digamma(t + 5/2) for |t| ≤ 1/2, to 1.6e-8. @source fitted by tooling/polynomials (row `digammaTwo`). */
const DIGAMMA_ABOVE_TWO: readonly number[] = [
  0.70315665, 0.490357697, -0.118103132, 0.037320219, -0.0130507192, 0.0047942563, -0.00197450956, 0.000807355449,
];
const DIGAMMA_SERIES = [1 / 12, -1 / 120, 1 / 252, -1 / 240] as const;
/** The gamma function's logarithm and the derivatives of that. */
export const gammaFunctions: Readonly<
  Record<
    | 'sinPi'
    | 'cotPi'
    | 'lgammaPositive'
    | 'lgamma'
    | 'digammaAboveOne'
    | 'digammaPositive'
    | 'digamma'
    | 'zeta'
    | 'polygamma',
    string
  >
> = {
  sinPi: `fn f_sinPi(x: f32) -> f32 {
  let n = round(2.0f * x);
  return f_sineOf(i32(n), (x - 0.5f * n) * ${number(Math.PI)});
}`,
  cotPi: `fn f_cotPi(x: f32) -> f32 {
  let n = round(2.0f * x);
  let tangent = f_tangentOf((x - 0.5f * n) * ${number(Math.PI)});
  return select(1.0f / tangent, -tangent, (i32(n) & 1) == 1);
}`,
  lgammaPositive: `fn f_lgammaPositive(x: f32) -> f32 {
  if (x < 2.0f) {
    let isShifted = x <= 0.9f;
    let value = select(x, x + 1.0f, isShifted);
    let shift = select(0.0f, -f_log(x), isShifted);
    if (value >= 1.73163f) {
      let y = select(2.0f, 1.0f, isShifted) - x;
      let z = y * y;
      return shift + (y * ${polynomial('z', nearTwo[0])} + z * ${polynomial('z', nearTwo[1])} - 0.5f * y);
    }
    if (value >= 1.23164f) {
      let y = x - select(${number(minimum)}, ${number(minimum - 1)}, isShifted);
      return shift + (${number(minimumValue)} + y * y * ${polynomial('y', nearMinimum)});
    }
    let y = select(x - 1.0f, x, isShifted);
    return shift + (y * (${polynomial('y', nearOne[0])} / ${polynomial('y', nearOne[1])}) - 0.5f * y);
  }
  if (x < 8.0f) {
    let y = x - floor(x);
    var product = 1.0f;
    for (var factor = y + 2.0f; factor < x - 0.5f; factor += 1.0f) {
      product *= factor;
    }
    return y * (${polynomial('y', aboveTwo[0])} / ${polynomial('y', aboveTwo[1])}) + 0.5f * y + f_log(product);
  }
  let z = 1.0f / x;
  let w = z * z;
  return (x - 0.5f) * (f_log(x) - 1.0f) + (${number(stirlingConstant)} + z * ${polynomial('w', stirling)});
}`,
  lgamma: `fn f_lgamma(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let a = abs(x);
  if ((bits & 0x7fffffffu) >= 0x7f800000u) {
    return abs(x);
  }
  if (a < 1e-10f) {
    return -f_log(a);
  }
  if (x > 0.0f) {
    return f_lgammaPositive(x);
  }
  if (floor(x) == x) {
    return f_infinity();
  }
  return f_log(${number(Math.PI)} / abs(x * f_sinPi(x))) - f_lgammaPositive(a);
}`,
  // The second part of the root is taken off the product, as compilers may add both parts up beforehand.
  digammaAboveOne: `fn f_digammaAboveOne(x: f32) -> f32 {
  let t = x - 1.5f;
  let slope = ${polynomial('t', DIGAMMA_ABOVE_ONE)};
  return (x - ${number(ROOT)}) * slope - slope * ${number(ROOT - Math.fround(ROOT))};
}`,
  digammaPositive: `fn f_digammaPositive(x: f32) -> f32 {
  if (x < 1.0f) {
    return f_digammaAboveOne(x + 1.0f) - 1.0f / x;
  }
  if (x < 2.0f) {
    return f_digammaAboveOne(x);
  }
  if (x < 10.0f) {
    let t = x - floor(x) - 0.5f;
    var sum = ${polynomial('t', DIGAMMA_ABOVE_TWO)};
    for (var y = x - 1.0f; y > t + 2.0f; y -= 1.0f) {
      sum += 1.0f / y;
    }
    return sum;
  }
  let z = 1.0f / x;
  let s = z * z;
  return f_log(x) - (0.5f * z + s * ${polynomial('s', DIGAMMA_SERIES)});
}`,
  digamma: `fn f_digamma(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits << 1u) == 0u) {
    return f_withSign(f_infinity(), f_flipSign(x, -1.0f));
  }
  if (bits < 0x80000000u) {
    return select(f_digammaPositive(x), x, bits >= 0x7f800000u);
  }
  if (abs(x) < 1e-10f) {
    return -1.0f / x;
  }
  if (bits >= 0xff800000u || floor(x) == x) {
    return f_nan();
  }
  return f_digammaPositive(1.0f - x) - ${number(Math.PI)} * f_cotPi(x);
}`,
  // Hurwitz' zeta function of n + 1 at x > 0: smaller terms first, those from 12 + n on by Euler and Maclaurin.
  zeta: `fn f_zeta(n: f32, x: f32) -> f32 {
  let s = n + 1.0f;
  let steps = max(0.0f, ceil(12.0f + n - x));
  let y = x + steps;
  let z = 1.0f / y;
  let w = z * z;
  let first = s / 12.0f * w;
  let second = s * (s + 1.0f) * (s + 2.0f) / 720.0f * w * w;
  let third = s * (s + 1.0f) * (s + 2.0f) / 30240.0f * (s + 3.0f) * (s + 4.0f) * w * w * w;
  var sum = f_powOfMagnitudes(y, -n) * (1.0f / n + (0.5f * z + (first - (second - third))));
  for (var i = steps - 1.0f; i >= 0.0f; i -= 1.0f) {
    sum += f_powOfMagnitudes(x + i, -s);
  }
  return sum;
}`,
  // Below 0, terms on both sides of it are told apart: with -x = k - 1 + g and f = 1 - g they are those of the zeta function at f,
  // and those at g without those at k + g. Of odd powers, many cancel.
  polygamma: `fn f_polygamma(n: f32, x: f32) -> f32 {
  if (f_isNan(x) || !(f_isFinite(n) && n >= 0.0f && n <= 170.0f && floor(n) == n)) {
    return f_nan();
  }
  if (n == 0.0f) {
    return f_digamma(x);
  }
  let isOdd = (i32(n) & 1) == 1;
  if (!f_isFinite(x)) {
    return select(f_nan(), 0.0f, x > 0.0f);
  }
  if ((bitcast<u32>(x) << 1u) == 0u || (x < 0.0f && floor(x) == x)) {
    return select(f_nan(), f_infinity(), isOdd);
  }
  var sum = 0.0f;
  if (x > 0.0f) {
    sum = f_zeta(n, x);
  } else {
    let g = -x - floor(-x);
    let near = f_zeta(n, g);
    let far = f_zeta(n, 1.0f - x);
    let other = f_zeta(n, 1.0f - g);
    sum = select((other - near) + far, (other + near) - far, isOdd);
  }
  // 33! is the largest in reach.
  for (var k = 34.0f; k <= n; k += 1.0f) {
    sum *= k;
  }
  var factorial = 1.0f;
  for (var k = 2.0f; k <= min(n, 33.0f); k += 1.0f) {
    factorial *= k;
  }
  sum *= factorial;
  return select(-sum, sum, isOdd);
}`,
};
