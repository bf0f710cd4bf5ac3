"""Writes packages/backend/src/special-samples.ts: values of special functions, computed with mpmath to 60 digits.

Usage: python3 tooling/references/special.py > packages/backend/src/special-samples.ts
Each row is [x, nearest float64 of f(x), what is missing to f(x)], so that errors below one ulp can be measured.
"""

import random

from mpmath import digamma, erf, erfc, erfinv, fabs, gamma, log, loggamma, mp, mpf, psi

mp.dps = 60
random.seed(20)


def between(low, high, count):
    return [random.uniform(low, high) for _ in range(count)]


def magnitudes(low, high, count):
    return [10 ** random.uniform(low, high) for _ in range(count)]


SAMPLES = {
    "erf": (erf, [1e-310, 0.25, 0.84375, 1.25, 1 / 0.35, 5.9, -0.5, -2] + magnitudes(-20, 0, 6) + between(-6, 6, 30)),
    "erfc": (erfc, [1e-20, 0.25, 0.84375, 1.25, 1 / 0.35, -7, 26.5] + between(-6, 26, 20) + between(-1.3, 3, 20)),
    "erfinv": (
        erfinv,
        [1e-300, -1e-9, 0.5, -0.5, 0.99, 1 - 2**-53, -1 + 2**-53, 1 - 2**-24, 1 - 1e-12]
        + between(-1, 1, 30)
        + [1 - v for v in magnitudes(-15, -1, 10)],
    ),
    "lgamma": (
        lambda x: log(fabs(gamma(x))) if x < 1e5 else loggamma(x),
        [1e-30, 0.23, 0.5, 0.9, 1.46163214496836, 1 + 1e-9, 2 - 1e-9, 2.5, 3.25, 7.999, 8, 170, 1e6, 1e18, 1e300, -0.5, -1.5, -10.3]
        + between(0, 3, 25)
        + between(0, 20, 15),
    ),
    "digamma": (
        digamma,
        [1e-30, 0.5, 1, 1.46163214496836, 1.4616321449683623, 2, 9.999, 10, 1e6, 1e18, -0.1, -1.5, -10.7]
        + between(0, 3, 25)
        + between(0, 20, 15),
    ),
    "trigamma": (
        lambda x: psi(1, x),
        [1e-30, 0.5, 1, 2, 9.999, 10, 1e6, 1e18, -0.1, -1.5, -10.3] + between(0, 3, 25) + between(0, 20, 15),
    ),
}


def row(function, x):
    value = function(mpf(x))
    nearest = float(value)
    return f"[{x!r}, {nearest!r}, {float(value - mpf(nearest)):.3g}]"


print("// Written by tooling/references/special.py; do not edit.")
print("/** Rows of [x, nearest float64 of f(x), what is missing to f(x)]. @source mpmath at 60 digits. */")
print("export const specialSamples: Readonly<Record<string, readonly (readonly [number, number, number])[]>> = {")
for name, (function, points) in SAMPLES.items():
    print(f"  {name}: [")
    for x in points:
        print(f"    {row(function, x)},")
    print("  ],")
print("};")
