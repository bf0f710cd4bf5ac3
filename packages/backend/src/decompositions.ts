import type { DType } from './dtype.ts';
import { constant, type Expr, op } from './expr.ts';
import type { ScalarOpName } from './scalar-ops.ts';

/** Writes an operation on floats with simpler ones, for devices that lack it. */
export type Decomposition = (dtype: DType, a: Expr, b: Expr) => Expr;

const LN2 = Math.LN2;
/** ln 2 = LN2_HIGH + LN2_LOW, where the first has so few digits that its product with a small integer is exact. */
const LN2_HIGH = 355 / 512;
const LN2_LOW = LN2 - LN2_HIGH;

/** Coefficients, constant term first, evaluated by Horner's rule. */
function horner(dtype: DType, x: Expr, coefficients: readonly number[]): Expr {
  return coefficients.reduceRight<Expr | null>(
    (sum, c) => (sum ? op('add', op('mul', sum, x), constant(c, dtype)) : constant(c, dtype)),
    null,
  ) as Expr;
}

/**
 * Operations that a backend may lack, written with neg, abs, sign, add, sub, mul, div, sin, cos, exp, log, sqrt, trunc,
 * floor, comparisons and where. Meant for float32, for finite operands; {@link decompositionUlps} says how good they are.
 */
export const decompositions: Readonly<Partial<Record<ScalarOpName, Decomposition>>> = {
  rsqrt: (t, a) => op('div', constant(1, t), op('sqrt', a)),
  reciprocal: (t, a) => op('div', constant(1, t), a),
  sigmoid: (t, a) => op('div', constant(1, t), op('add', constant(1, t), op('exp', op('neg', a)))),
  // 2^(n + f) = e^(n·ln 2) · e^(f·ln 2) with n·LN2_HIGH exact.
  exp2: (t, a) => {
    const whole = op('floor', a);
    const small = op('mul', op('sub', a, whole), constant(LN2, t));
    const rest = op('add', small, op('mul', whole, constant(LN2_LOW, t)));
    return op('mul', op('exp', op('mul', whole, constant(LN2_HIGH, t))), op('exp', rest));
  },
  // Kahan's: the error of u = e^x cancels in (u - 1)·x / log u.
  expm1: (t, a) => {
    const u = op('exp', a);
    const less = op('sub', u, constant(1, t));
    const careful = op('div', op('mul', less, a), op('log', u));
    const near = op('where', op('eq', u, constant(1, t)), a, careful);
    return op('where', op('lt', op('abs', a), constant(1, t)), near, less);
  },
  log1p: (t, a) => logOnePlus(t, a),
  log2: (t, a) => op('mul', op('log', a), constant(Math.LOG2E, t)),
  log10: (t, a) => op('mul', op('log', a), constant(Math.LOG10E, t)),
  tan: (_, a) => op('div', op('sin', a), op('cos', a)),
  // (e^x - e^-x) / 2 loses digits near 0, where the odd Taylor series takes over, and overflows early.
  sinh: (t, a) =>
    nearZero(t, a, 1, [1, 1 / 6, 1 / 120, 1 / 5040, 1 / 362880], () =>
      op('where', isLarge(t, a), op('mul', op('sign', a), halfExp(t, a)), halfOf(t, op('sub', ...exponentials(a)))),
    ),
  cosh: (t, a) => op('where', isLarge(t, a), halfExp(t, a), halfOf(t, op('add', ...exponentials(a)))),
  // log(1 + |x| + x² / (1 + sqrt(x² + 1))) with the sign put back.
  asinh: (t, a) => {
    const magnitude = op('abs', a);
    const square = op('mul', a, a);
    const root = op('sqrt', op('add', square, constant(1, t)));
    const near = logOnePlus(t, op('add', magnitude, op('div', square, op('add', root, constant(1, t)))));
    return op('mul', op('sign', a), op('where', isHuge(t, magnitude), logOfTwice(t, magnitude), near));
  },
  acosh: (t, a) => {
    const more = op('sub', a, constant(1, t));
    const root = op('sqrt', op('mul', more, op('add', more, constant(2, t))));
    return op('where', isHuge(t, a), logOfTwice(t, a), logOnePlus(t, op('add', more, root)));
  },
  atanh: (t, a) => {
    const magnitude = op('abs', a);
    const ratio = op('div', op('add', magnitude, magnitude), op('sub', constant(1, t), magnitude));
    return op('mul', op('sign', a), halfOf(t, logOnePlus(t, ratio)));
  },
  // Abramowitz & Stegun 7.1.26 is too coarse; this is Numerical Recipes' erfc (fractional error < 1.2e-7), with the
  // Taylor series of erf where 1 - erfc would cancel.
  erf: (t, a) =>
    nearZero(
      t,
      a,
      0.5,
      [1, -1 / 3, 1 / 10, -1 / 42, 1 / 216, -1 / 1320, 1 / 9360].map((c) => (c * 2) / Math.sqrt(Math.PI)),
      () => op('sub', constant(1, t), erfcChebyshev(t, a)),
    ),
  erfc: (t, a) => erfcChebyshev(t, a),
  erfinv: (t, a) => {
    const one = constant(1, t);
    const w = op('neg', op('log', op('mul', op('sub', one, a), op('add', one, a))));
    const central = horner(t, op('sub', w, constant(2.5, t)), ERFINV_CENTRAL);
    const outer = horner(t, op('sub', op('sqrt', w), constant(3, t)), ERFINV_OUTER);
    const inside = op('mul', a, op('where', op('lt', w, constant(5, t)), central, outer));
    const pole = op('div', a, op('sub', one, op('abs', a)));
    return op('where', op('eq', op('abs', a), one), pole, inside);
  },
  truncDiv: (_, a, b) => op('trunc', op('div', a, b)),
  fmod: (t, a, b) => {
    const away = op('mul', op('sign', a), op('abs', b));
    const rest = exactRest(t, a, b, op('trunc', op('div', a, b)));
    const wrongSign = op('lt', op('mul', op('sign', rest), op('sign', a)), constant(0, t));
    return op('where', wrongSign, op('add', rest, away), rest);
  },
  floorDiv: (t, a, b) => {
    const quotient = op('floor', op('div', a, b));
    return op('where', isAcross(t, exactRest(t, a, b, quotient), b), op('sub', quotient, constant(1, t)), quotient);
  },
  remainder: (t, a, b) => {
    const rest = exactRest(t, a, b, op('floor', op('div', a, b)));
    return op('where', isAcross(t, rest, b), op('add', rest, b), rest);
  },
};

/**
 * How far a decomposition in float32 may lie from its operation, in units of the last place, on operands from its
 * samples; quotients below 2²². Where the result is 0, its sign is not promised.
 */
export const decompositionUlps: Readonly<Partial<Record<ScalarOpName, number>>> = {
  rsqrt: 2,
  reciprocal: 0,
  sigmoid: 4,
  exp2: 4,
  expm1: 4,
  log1p: 4,
  log2: 4,
  log10: 4,
  tan: 4,
  sinh: 4,
  cosh: 4,
  asinh: 4,
  acosh: 4,
  atanh: 4,
  erf: 4,
  erfc: 8,
  erfinv: 5,
  truncDiv: 0,
  fmod: 0,
  floorDiv: 0,
  remainder: 0,
};

/** The odd series x·P(x²) where |x| < limit, another expression elsewhere. */
function nearZero(dtype: DType, x: Expr, limit: number, series: readonly number[], elsewhere: () => Expr): Expr {
  const near = op('lt', op('abs', x), constant(limit, dtype));
  return op('where', near, op('mul', x, horner(dtype, op('mul', x, x), series)), elsewhere());
}

const halfOf = (dtype: DType, x: Expr): Expr => op('mul', constant(0.5, dtype), x);
const exponentials = (x: Expr): [Expr, Expr] => [op('exp', x), op('exp', op('neg', x))];

/** Where e^-|x| no longer counts beside e^|x|. */
const isLarge = (dtype: DType, x: Expr): Expr => op('gt', op('abs', x), constant(20, dtype));

/** e^|x| / 2, finite wherever the result is. */
function halfExp(dtype: DType, x: Expr): Expr {
  const root = op('exp', halfOf(dtype, op('abs', x)));
  return op('mul', halfOf(dtype, root), root);
}

/** Where 1 no longer counts beside x, and x² may overflow. */
const isHuge = (dtype: DType, x: Expr): Expr => op('gt', x, constant(2 ** 26, dtype));
const logOfTwice = (dtype: DType, x: Expr): Expr => op('add', op('log', x), constant(LN2, dtype));

/**
 * log(1 + x): near 0, with s = x / (2 + x), 2 atanh(s) = x - s·(x - s²·P(s²)); elsewhere the rounding of 1 + x does no harm.
 * Kahan's way takes (1 + x) - 1 for what 1 + x was rounded to, which shader compilers may take for x.
 */
function logOnePlus(dtype: DType, x: Expr): Expr {
  const s = op('div', x, op('add', constant(2, dtype), x));
  const w = op('mul', s, s);
  const series = horner(
    dtype,
    w,
    [3, 5, 7, 9, 11, 13, 15].map((power) => 2 / power),
  );
  const near = op('sub', x, op('mul', s, op('sub', x, op('mul', w, series))));
  return op('where', op('lt', op('abs', x), constant(0.4, dtype)), near, op('log', op('add', constant(1, dtype), x)));
}

/** x = high + low, each with half the digits. @source Veltkamp 1968. */
function split(dtype: DType, x: Expr): [Expr, Expr] {
  const scaled = op('mul', constant(dtype === 'float64' ? 2 ** 27 + 1 : 2 ** 12 + 1, dtype), x);
  const high = op('sub', scaled, op('sub', scaled, x));
  return [high, op('sub', x, high)];
}

/** a - b·q without the rounding error of the product. @source Dekker 1971. */
function exactRest(dtype: DType, a: Expr, b: Expr, q: Expr): Expr {
  const product = op('mul', b, q);
  const [bHigh, bLow] = split(dtype, b);
  const [qHigh, qLow] = split(dtype, q);
  const parts = op('add', op('sub', op('mul', bHigh, qHigh), product), op('mul', bHigh, qLow));
  const error = op('add', op('add', parts, op('mul', bLow, qHigh)), op('mul', bLow, qLow));
  return op('sub', op('sub', a, product), error);
}

/** Whether a rest has the other sign than the divisor: the rounded quotient was one too large. */
const isAcross = (dtype: DType, rest: Expr, b: Expr): Expr =>
  op('lt', op('mul', op('sign', rest), op('sign', b)), constant(0, dtype));

/** @source Giles 2010, "Approximating the erfinv function", single precision. */
const ERFINV_CENTRAL = [
  1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-6, -3.5233877e-6, 3.43273939e-7,
  2.81022636e-8,
] as const;
const ERFINV_OUTER = [
  2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844, 0.00134934322, 0.000100950558,
  -0.000200214257,
] as const;

function erfcChebyshev(dtype: DType, x: Expr): Expr {
  const one = constant(1, dtype);
  const z = op('abs', x);
  const t = op('div', one, op('add', one, op('mul', constant(0.5, dtype), z)));
  const exponent = horner(
    dtype,
    t,
    [
      -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
      0.17087277,
    ],
  );
  // z² = high² + (z - high)(z + high), where high has so few digits that its square is exact.
  const high = op('mul', op('trunc', op('mul', z, constant(16, dtype))), constant(1 / 16, dtype));
  const rest = op('mul', op('sub', high, z), op('add', high, z));
  const gauss = op('mul', op('exp', op('neg', op('mul', high, high))), op('exp', op('add', exponent, rest)));
  const tail = op('mul', t, gauss);
  return op('where', op('lt', x, constant(0, dtype)), op('sub', constant(2, dtype), tail), tail);
}
