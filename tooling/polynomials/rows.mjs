const { abs, sqrt, LN2, PI } = Math;

/** erf by its series, good enough below 4. */
function erf(x) {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / sqrt(PI)) * sum;
}

/** erfc(x)·e^(x²): near 0 from the series, beyond by the continued fraction. */
function scaledErfc(x) {
  if (x < 1.5) return (1 - erf(x)) * Math.exp(x * x);
  let tail = x;
  for (let n = 300; n > 0; n--) tail = x + n / 2 / tail;
  return 1 / sqrt(PI) / tail;
}

/** erfinv(x) / x as a function of w = -log(1 - x²), by bisection. */
function erfinvRatio(w) {
  let low = 0;
  let high = 5;
  for (let i = 0; i < 60; i++) {
    const y = (low + high) / 2;
    const rest = scaledErfc(y) * Math.exp(-y * y);
    const found = y < 0.5 ? -Math.log1p(-(erf(y) ** 2)) : -Math.log(rest * (2 - rest));
    if (found < w) low = y;
    else high = y;
  }
  return low / sqrt(-Math.expm1(-w));
}

/** digamma for x > 0, by its recurrence and asymptotic series. */
function digamma(x) {
  if (x < 20) return digamma(x + 1) - 1 / x;
  const s = 1 / (x * x);
  return Math.log(x) - 0.5 / x - s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))));
}
/** Where it is 0, in two parts. */
const DIGAMMA_ROOT = [1.4616321449683622, 9.549995429965697e-17];

/** (2 atanh(√w) / √w - 2) / w. */
function atanhRest(w) {
  let sum = 0;
  for (let k = 20; k >= 0; k--) sum = sum * w + 2 / (2 * k + 3);
  return sum;
}

/** (f(√w) / √w - 1) / w of an odd function, by the first terms of its series near 0. */
const oddRest = (f, c1, c2) => (w) => (w < 1e-3 ? c1 + c2 * w : (f(sqrt(w)) / sqrt(w) - 1) / w);

/** What is fitted: `f` in powers of its argument, the error times `weight`. */
export const rows = {
  // e^r = 1 + r·P(r)
  exp: {
    f: (r) => Math.expm1(r) / r,
    weight: (r) => abs(r) / Math.exp(r),
    range: [-LN2 / 2, LN2 / 2],
    top: 6,
    fixed: [1],
    float32: true,
  },
  expShort: {
    f: (r) => Math.expm1(r) / r,
    weight: (r) => abs(r) / Math.exp(r),
    range: [-LN2 / 2, LN2 / 2],
    top: 5,
    fixed: [1],
    float32: true,
  },
  expLong: {
    f: (r) => Math.expm1(r) / r,
    weight: (r) => abs(r) / Math.exp(r),
    range: [-LN2 / 2, LN2 / 2],
    top: 7,
    fixed: [1],
  },
  // 2 atanh(s) = 2s + s·w·P(w), w = s²
  log: {
    f: atanhRest,
    weight: (w) => w / 2,
    range: [0, 0.02944],
    top: 3,
    float32: true,
  },
  logLong: { f: atanhRest, weight: (w) => w / 2, range: [0, 0.02944], top: 4 },
  // sin r = r + r·w·P(w), cos r = 1 - w/2 + w²·P(w), tan r = r + r·w·P(w), w = r²
  sin: { f: oddRest(Math.sin, -1 / 6, 1 / 120), weight: (w) => w, range: [0, 0.617], top: 3, float32: true },
  cos: {
    f: (w) => (w < 1e-2 ? 1 / 24 - w / 720 + (w * w) / 40320 : (Math.cos(sqrt(w)) - 1 + w / 2) / w / w),
    weight: (w) => (w * w) / Math.cos(sqrt(w)),
    range: [0, 0.617],
    top: 3,
    float32: true,
  },
  tan: {
    f: oddRest(Math.tan, 1 / 3, 2 / 15),
    weight: (w) => (w * sqrt(w)) / Math.tan(sqrt(w)),
    range: [0, 0.6174],
    top: 6,
    float32: true,
  },
  tanhSmall: { f: oddRest(Math.tanh, -1 / 3, 2 / 15), weight: (w) => w, range: [0, 0.33], top: 4, float32: true },
  sinhSmall: { f: oddRest(Math.sinh, 1 / 6, 1 / 120), weight: (w) => w, range: [0, 1], top: 3, float32: true },
  // erf x = x + x·P(x²)
  erfSmall: {
    f: (w) => erf(sqrt(w)) / sqrt(w) - 1,
    weight: (w) => sqrt(w) / erf(sqrt(w)),
    range: [0, 1],
    top: 6,
    float32: true,
  },
  // erfc x = P(x)^-8
  erfLarge: {
    f: (x) => (scaledErfc(x) * Math.exp(-x * x)) ** (-1 / 8),
    weight: (x) => 8 * (scaledErfc(x) * Math.exp(-x * x)) ** (1 + 1 / 8),
    range: [1, 3.95],
    top: 8,
    float32: true,
  },
  // erfc x = e^(-x²)·P(x)/Q(x)
  erfc: { f: scaledErfc, weight: (x) => 1 / scaledErfc(x), range: [0, 10.2], top: 5, bottom: 6 },
  // asin x = x + x·w·P(w) for |x| ≤ 1/2, atan x likewise for |x| ≤ 1
  asin: { f: oddRest(Math.asin, 1 / 6, 3 / 40), weight: (w) => w, range: [0, 0.25], top: 5, float32: true },
  atan: { f: oddRest(Math.atan, -1 / 3, 1 / 5), weight: (w) => w, range: [0, 1], top: 8, float32: true },
  // erfinv x = x·P(w)/Q(w), w = -log(1 - x²)
  erfinv: { f: erfinvRatio, weight: (w) => 1 / erfinvRatio(w), range: [1e-4, 16.8], top: 6, bottom: 6 },
  // Of packages/backend-webgpu, which has no float64: erfc(x)·e^(x²) in powers of x - 5/4, and times x in powers of 1/x²
  erfcMiddle: {
    f: (t) => scaledErfc(t + 1.25),
    weight: (t) => 1 / scaledErfc(t + 1.25),
    range: [-0.75, 0.75],
    top: 11,
    float32: true,
  },
  erfcFar: {
    f: (u) => scaledErfc(1 / sqrt(u)) / sqrt(u),
    weight: (u) => sqrt(u) / scaledErfc(1 / sqrt(u)),
    range: [1 / 10.2 ** 2, 0.25],
    top: 9,
    float32: true,
  },
  // erfinv x = x·P(w - 5/2) or x·P(√w - 3)
  erfinvNear: {
    f: (u) => erfinvRatio(u + 2.5),
    weight: (u) => 1 / erfinvRatio(u + 2.5),
    range: [-2.5 + 1e-4, 2.5],
    top: 10,
    float32: true,
  },
  erfinvFar: {
    f: (v) => erfinvRatio((v + 3) ** 2),
    weight: (v) => 1 / erfinvRatio((v + 3) ** 2),
    range: [sqrt(5) - 3, 1.1],
    top: 10,
    float32: true,
  },
  // digamma on [1, 2] by its distance from the root, and on [2, 3]
  digammaOne: {
    f: (t) => digamma(t + 1.5) / (t + 1.5 - DIGAMMA_ROOT[0] - DIGAMMA_ROOT[1]),
    weight: (t) => (t + 1.5 - DIGAMMA_ROOT[0]) / digamma(t + 1.5),
    range: [-0.5, 0.5],
    top: 11,
    float32: true,
  },
  digammaTwo: {
    f: (t) => digamma(t + 2.5),
    weight: (t) => 1 / digamma(t + 2.5),
    range: [-0.5, 0.5],
    top: 8,
    float32: true,
  },
};
