/**
 * Transcendental functions of float32 arguments, computed in float64 to about 1e-13 relative: after rounding to float32
 * they agree with the exact functions but for one value in a million, at a third of the cost of `Math`'s.
 *
 * Constants stand as literals in the functions: a number in a module's scope is fetched and unboxed on each call.
 */

const LOWEST_POWER = -1074;

/** 2^(i / 32). */
const fractions = Float64Array.from({ length: 32 }, (_, i) => 2 ** (i / 32));

/** Powers of two with exponents from -1074 to 1023. */
const powers = Float64Array.from({ length: 2098 }, (_, i) => 2 ** (i + LOWEST_POWER));

/** e^x for a float32 x: 2^(n/32) from tables, times the series of the rest. */
export function exp32(x: number): number {
  if (!(Math.abs(x) < 150)) return Math.exp(x);
  const n = (x * 46.16624130844683) | 0;
  const r = x - n * 0.02166084939249829;
  const r2 = r * r;
  const scale = (fractions[n & 31] as number) * (powers[((n >> 5) + 1074) | 0] as number);
  return (
    scale + scale * (r + r2 * (0.5 + r * 0.16666666666666666 + r2 * (0.041666666666666664 + r * 0.008333333333333333)))
  );
}

/** 1 / (1 + e^-x) for a float32 x. */
export function sigmoid32(x: number): number {
  return 1 / (1 + exp32(-x));
}

/** The hyperbolic tangent of a float32 x. */
export function tanh32(x: number): number {
  if (Math.abs(x) < 1e-3) return x * (1 - x * x * 0.3333333333333333);
  if (x > 20) return 1;
  const e = exp32(x + x);
  return (e - 1) / (e + 1);
}

const CELLS = 128;
/** A point in each cell of [1, 2); the first and last are its ends, so that log(1) is exactly 0 and near 1 nothing cancels. */
const points = Float64Array.from({ length: CELLS }, (_, i) =>
  i === 0 ? 1 : i === CELLS - 1 ? 2 : 1 + (i + 0.5) / CELLS,
);
const cellInverse = points.map((point) => 1 / point);
const cellLog = points.map(Math.log);
const pun = new Float32Array(1);
const punBits = new Int32Array(pun.buffer);

/** The natural logarithm of a float32 x: exponent and leading bits from tables, the rest by its series. */
export function log32(x: number): number {
  if (!(x >= 1.2e-38 && x < 3.5e38)) return Math.log(x);
  pun[0] = x;
  const bits = punBits[0] as number;
  const exponent = ((bits >> 23) - 127) | 0;
  const cell = (bits >> 16) & 127;
  const r = x * (powers[(1074 - exponent) | 0] as number) * (cellInverse[cell] as number) - 1;
  const tail =
    -0.5 + r * (0.3333333333333333 + r * (-0.25 + r * (0.2 + r * (-0.16666666666666666 + r * 0.14285714285714285))));
  return exponent * Math.LN2 + (cellLog[cell] as number) + (r + r * r * tail);
}

const ERF_CELLS = 129;
/** erf and its slope at the multiples of 1/32. */
const erfAt = Float64Array.from({ length: ERF_CELLS }, (_, i) => erfSeries(i / 32));
const erfSlope = Float64Array.from(
  { length: ERF_CELLS },
  (_, i) => (2 / Math.sqrt(Math.PI)) * Math.exp(-((i / 32) ** 2)),
);

/** erf(x) = 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!, whose terms are all positive. */
function erfSeries(x: number): number {
  let term = x;
  let sum = 0;
  for (let n = 0; n < 120; n++) {
    sum += term;
    term *= (2 * x * x) / (2 * n + 3);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** The error function of a float32 x: Taylor's series around the nearest multiple of 1/32. */
export function erf32(x: number): number {
  if (!(Math.abs(x) < 3.95)) return x > 0 ? 1 : x < 0 ? -1 : x;
  const magnitude = Math.abs(x);
  const cell = (magnitude * 32 + 0.5) | 0;
  if (cell === 0) return x * 1.1283791670955126 * (1 - x * x * (0.3333333333333333 - x * x * 0.1));
  const c = cell * 0.03125;
  const d = magnitude - c;
  const c2 = c * c;
  // Derivatives of the slope over factorials are Hermite polynomials of c.
  const h2 = (2 * c2 - 1) * 0.3333333333333333;
  const h3 = c * (3 - 2 * c2) * 0.16666666666666666;
  const h4 = (4 * c2 * c2 - 12 * c2 + 3) * 0.03333333333333333;
  const h5 = c * (20 * c2 - 4 * c2 * c2 - 15) * 0.011111111111111112;
  const series = d * (1 + d * (d * (h2 + d * (h3 + d * (h4 + d * h5))) - c));
  const value = (erfAt[cell] as number) + (erfSlope[cell] as number) * series;
  // The sign by a product: a branch on it would be mispredicted every other time.
  return value * (+(x >= 0) - +(x < 0));
}
