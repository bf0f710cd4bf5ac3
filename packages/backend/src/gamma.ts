import { lgammaCoefficients } from './coefficients.ts';
import { polynomial } from './polynomial.ts';

const { nearTwo, minimum, minimumValue, minimumValueLow, nearMinimum, nearOne, aboveTwo, stirling, stirlingConstant } =
  lgammaCoefficients;

/**
 * log |Γ(x)|.
 *
 * @source rational approximations of fdlibm's e_lgamma_r; good to 3 ulp in float64, except beside the zeros at negative x, where
 * the error is that size in absolute terms.
 */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (!Number.isFinite(x)) return Number.POSITIVE_INFINITY;
  if (x <= 0 && Number.isInteger(x)) return Number.POSITIVE_INFINITY;
  if (Math.abs(x) < 2 ** -70) return -Math.log(Math.abs(x));
  if (x < 0) return Math.log(Math.PI / Math.abs(x * sinPi(x))) - lgamma(-x);
  if (x < 2) return lgammaBelowTwo(x);
  if (x < 8) {
    const y = x - Math.floor(x);
    let product = 1;
    for (let factor = y + 2; factor < x - 0.5; factor++) product *= factor;
    const base = y * (polynomial(y, aboveTwo[0]) / polynomial(y, aboveTwo[1])) + 0.5 * y;
    return base + Math.log(product);
  }
  if (x > 2 ** 58) return x * (Math.log(x) - 1);
  const z = 1 / x;
  return (x - 0.5) * (Math.log(x) - 1) + (stirlingConstant + z * polynomial(z * z, stirling));
}

/** lgamma on (0, 2); below 0.9 one step of the recurrence leads to (1, 2). */
function lgammaBelowTwo(x: number): number {
  const shifted = x <= 0.9;
  const value = shifted ? x + 1 : x;
  const shift = shifted ? -Math.log(x) : 0;
  // Above the split points fdlibm uses, so that y keeps all of x's digits.
  if (value >= 1.73163) {
    const y = shifted ? 1 - x : 2 - x;
    const z = y * y;
    return shift + (y * polynomial(z, nearTwo[0]) + z * polynomial(z, nearTwo[1]) - 0.5 * y);
  }
  if (value >= 1.23164) {
    const y = shifted ? x - (minimum - 1) : x - minimum;
    return shift + (minimumValue + (y * y * polynomial(y, nearMinimum) - minimumValueLow));
  }
  const y = shifted ? x : x - 1;
  return shift + (y * (polynomial(y, nearOne[0]) / polynomial(y, nearOne[1])) - 0.5 * y);
}

/** sin(πx), exact in the reduction of its argument. */
function sinPi(x: number): number {
  const nearest = Math.round(x);
  const sine = Math.sin(Math.PI * (x - nearest));
  return nearest % 2 === 0 ? sine : -sine;
}

/** The positive zero of digamma in two parts. */
const ROOT = 1.4616321449683622;
const ROOT_LOW = 9.549995429965697e-17;
/** digamma(t + 1.5) / (t + 1.5 - root) for |t| <= 0.5; a Chebyshev fit, off by less than 1e-18. */
const DIGAMMA_ABOVE_ONE = [
  0.9510558760318328, -0.42362742128146047, 0.24054248424078736, -0.14840492305391761, 0.09498872445283,
  -0.06192213327165706, 0.04076083394462657, -0.02697579684427536, 0.017907248195969127, -0.011908215172584002,
  0.007927024067961237, -0.00528001782089874, 0.0035180800751066694, -0.002344650082351321, 0.0015635679757533885,
  -0.001042261556504223, 0.0006899717801166841, -0.0004599625144612576, 0.0003268068044141764, -0.0002178682145501451,
  9.173383289174792e-5, -6.11554261750751e-5, 0.00012230983055406747, -8.153978973309418e-5,
] as const;
/** B₂ₖ/2k and B₂ₖ, the coefficients of the asymptotic series. */
const DIGAMMA_SERIES = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12] as const;
const TRIGAMMA_SERIES = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510] as const;

/**
 * The derivative of {@link lgamma}.
 *
 * @source asymptotic series from 10 on, a polynomial on [1, 2], the recurrence between, reflection below 0. Good to
 * 4 ulp in float64, except beside the zeros at negative x.
 */
export function digamma(x: number): number {
  if (x === 0) return Object.is(x, -0) ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  if (x < 0) {
    if (Number.isInteger(x) || !Number.isFinite(x)) return Number.NaN;
    return digamma(1 - x) - Math.PI / Math.tan(Math.PI * (x - Math.round(x)));
  }
  if (x < 1) return digammaAboveOne(x + 1) - 1 / x;
  if (x < 10) {
    const start = x - Math.floor(x) + 1;
    let sum = 0;
    for (let y = x - 1; y > start - 0.5; y--) sum += 1 / y;
    return sum + digammaAboveOne(start);
  }
  const s = 1 / (x * x);
  return Math.log(x) - (0.5 / x + s * polynomial(s, DIGAMMA_SERIES));
}

function digammaAboveOne(x: number): number {
  return (x - ROOT - ROOT_LOW) * polynomial(x - 1.5, DIGAMMA_ABOVE_ONE);
}

/** The derivative of {@link digamma}. @source recurrence to x ≥ 10, then the asymptotic series; reflection below 0. */
export function trigamma(x: number): number {
  if (x <= 0) {
    if (Number.isInteger(x)) return Number.POSITIVE_INFINITY;
    return (Math.PI / sinPi(x)) ** 2 - trigamma(1 - x);
  }
  const steps = x < 10 ? Math.ceil(10 - x) : 0;
  const y = x + steps;
  const s = 1 / (y * y);
  let sum = (s / y) * polynomial(s, TRIGAMMA_SERIES) + s / 2 + 1 / y;
  for (let i = steps - 1; i >= 0; i--) sum += 1 / ((x + i) * (x + i));
  return sum;
}

/** The derivatives of cot by the chain rule: dⁿ/dxⁿ cot(πx) = πⁿ·p(cot(πx)) with p ← −(1 + c²)·p′, from p = c. */
function cotangentDerivative(n: number, x: number): number {
  let coefficients = [0, 1];
  for (let k = 0; k < n; k++) {
    const next = new Array<number>(coefficients.length + 1).fill(0);
    coefficients.forEach((value, power) => {
      if (power === 0) return;
      next[power - 1] = (next[power - 1] as number) - power * value;
      next[power + 1] = (next[power + 1] as number) - power * value;
    });
    coefficients = next;
  }
  const rest = x - Math.round(x);
  // Beyond 45° by the complement, so that halves give 0: of even orders there, nothing else remains.
  const isSteep = Math.abs(rest) > 0.25;
  const cotangent = isSteep
    ? Math.sign(rest) * Math.tan(Math.PI * (0.5 - Math.abs(rest)))
    : 1 / Math.tan(Math.PI * rest);
  return Math.PI ** n * polynomial(cotangent, coefficients);
}

/**
 * The `n`-th derivative of {@link digamma}, for integers 0 ≤ n ≤ 170; NaN for other n (171! is no float64).
 *
 * @source n = 0 and 1 as above; otherwise (−1)ⁿ⁺¹·n!·ζ(n + 1, x), the Hurwitz zeta function by recurrence to x ≥ 12 and Euler–Maclaurin.
 */
export function polygamma(n: number, x: number): number {
  if (!Number.isInteger(n) || n < 0 || n > 170 || Number.isNaN(x)) return Number.NaN;
  if (n === 0) return digamma(x);
  if (n === 1) return trigamma(x);
  if (x <= 0 && Number.isInteger(x)) return n % 2 === 1 ? Number.POSITIVE_INFINITY : Number.NaN;
  if (!Number.isFinite(x)) return x > 0 ? 0 : Number.NaN;
  // The recurrence would take a step for every unit below zero.
  if (x < -12) return (n % 2 === 1 ? -1 : 1) * polygamma(n, 1 - x) - Math.PI * cotangentDerivative(n, x);
  const s = n + 1;
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  let sum = 0;
  let y = x;
  for (; y < 12 + n; y++) sum += y ** -s;
  // ζ(s, y) ≈ y^(1−s)/(s−1) + y^(−s)/2 + Σ B₂ₖ/(2k)!·s(s+1)…(s+2k−2)·y^(−s−2k+1)
  sum += y ** (1 - s) / (s - 1) + 0.5 * y ** -s;
  let term = s * y ** (-s - 1);
  let scale = 2;
  for (let k = 0; k < TRIGAMMA_SERIES.length; k++) {
    sum += ((TRIGAMMA_SERIES[k] as number) / scale) * term;
    const order = 2 * k + 2;
    term *= ((s + order - 1) * (s + order)) / (y * y);
    scale *= (order + 1) * (order + 2);
  }
  return (n % 2 === 1 ? 1 : -1) * factorial * sum;
}
