import { polynomial } from './polynomial.ts';

const ERF_SMALL = [
  [
    0.128379167095512558561, -0.32504210724700149937, -0.0284817495755985104766, -0.00577027029648944159157,
    -2.37630166566501626084e-5,
  ],
  [
    1, 0.397917223959155352819, 0.0650222499887672944485, 0.00508130628187576562776, 1.32494738004321644526e-4,
    -3.9602282787753681232e-6,
  ],
] as const;
const ERF_NEAR_ONE = [
  [
    -2.36211856075265944077e-3, 0.414856118683748331666, -0.372207876035701323847, 0.318346619901161753674,
    -0.110894694282396677476, 0.0354783043256182359371, -2.166375594868790843e-3,
  ],
  [
    1, 0.10642088040084422829, 0.540397917702171048937, 0.0718286544141962662868, 0.126171219808761642112,
    0.0136370839120290507362, 0.011984499846799107417,
  ],
] as const;
const ERF_MIDDLE = [
  [
    -9.86494403484714822705e-3, -0.693858572707181764372, -10.5586262253232909814, -62.3753324503260060396,
    -162.396669462573470355, -184.605092906711035994, -81.2874355063065934246, -9.81432934416914548592,
  ],
  [
    1, 19.6512716674392571292, 137.6577541435190426, 434.565877475229228821, 645.387271733267880336,
    429.008140027567833386, 108.635005541779435134, 6.57024977031928170135, -0.0604244152148580987438,
  ],
] as const;
const ERF_TAIL = [
  [
    -9.86494292470009928597e-3, -0.799283237680523006574, -17.7579549177547519889, -160.636384855821916062,
    -637.566443368389627722, -1025.09513161107724954, -483.519191608651397019,
  ],
  [
    1, 30.3380607434824582924, 325.792512996573918826, 1536.72958608443695994, 3199.85821950859553908,
    2553.05040643316442583, 474.528541206955367215, -22.4409524465858183362,
  ],
] as const;
const ERF_ONE = 0.845062911510467529297;

function ratio(x: number, [top, bottom]: readonly [readonly number[], readonly number[]]): number {
  return polynomial(x, top) / polynomial(x, bottom);
}

/** erfc for x ≥ 1.25; the square is split so that its rounding error does not reach the exponential. */
function erfcTail(x: number): number {
  if (x > 28) return 0;
  const high = Math.fround(x);
  const exponent = ratio(1 / (x * x), x < 1 / 0.35 ? ERF_MIDDLE : ERF_TAIL);
  return (Math.exp(-high * high - 0.5625) * Math.exp((high - x) * (high + x) + exponent)) / x;
}

/** The error function. @source rational approximations of fdlibm's s_erf, good to 1 ulp in float64. */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (magnitude < 0.84375) return x + x * ratio(x * x, ERF_SMALL);
  const sign = Math.sign(x);
  if (magnitude < 1.25) return sign * (ERF_ONE + ratio(magnitude - 1, ERF_NEAR_ONE));
  return sign * (1 - erfcTail(magnitude));
}

/** `1 - erf(x)` without cancellation. @source as {@link erf}. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) < 0.84375)
    return x < 0.25 ? 1 - (x + x * ratio(x * x, ERF_SMALL)) : 0.5 - (x - 0.5 + x * ratio(x * x, ERF_SMALL));
  if (Math.abs(x) < 1.25) {
    const bump = ratio(Math.abs(x) - 1, ERF_NEAR_ONE);
    return x > 0 ? 1 - ERF_ONE - bump : 1 + (ERF_ONE + bump);
  }
  return x > 0 ? erfcTail(x) : 2 - erfcTail(-x);
}

const ERFINV_CENTRAL = [
  1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-6, -3.5233877e-6, 3.43273939e-7,
  2.81022636e-8,
] as const;
const ERFINV_OUTER = [
  2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844, 0.00134934322, 0.000100950558,
  -0.000200214257,
] as const;

/** erfinv to some digits. @source Giles 2010, "Approximating the erfinv function"; beyond its range, erfc(x) ≈ exp(-x²)/(x√π). */
function erfinvStart(y: number): number {
  const w = -Math.log1p(-y * y);
  if (w < 5) return y * polynomial(w - 2.5, ERFINV_CENTRAL);
  if (w < 16) return y * polynomial(Math.sqrt(w) - 3, ERFINV_OUTER);
  const tail = -Math.log(1 - Math.abs(y));
  let x = Math.sqrt(tail);
  for (let step = 0; step < 3; step++) x = Math.sqrt(tail - Math.log(x * Math.sqrt(Math.PI)));
  return y < 0 ? -x : x;
}

/**
 * The inverse of {@link erf}.
 *
 * @source Three Halley steps bring a rough value to float64.
 */
export function erfinv(y: number): number {
  if (!(y > -1 && y < 1)) return y === 1 ? Number.POSITIVE_INFINITY : y === -1 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (y === 0) return y;
  let x = erfinvStart(y);
  for (let step = 0; step < 3; step++) {
    const error = y > 0.5 ? -(erfc(x) - (1 - y)) : y < -0.5 ? erfc(-x) - (1 + y) : erf(x) - y;
    const newton = error / ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x));
    x -= newton / (1 + x * newton);
  }
  return x;
}
