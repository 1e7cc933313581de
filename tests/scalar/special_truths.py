"""Special functions to any precision, and intervals on which the tolerances of their declarations hold."""

import mpmath

mpmath.mp.dps = 40


def log_abs_gamma(x):
    return mpmath.log(abs(mpmath.gamma(x)))


def scaled_erfc(x):
    return mpmath.exp(x * x) * mpmath.erfc(x) if x < 1000 else (1 - 1 / (2 * x * x) + 3 / (4 * x**4)) / (x * mpmath.sqrt(mpmath.pi))


def inverse_erfc(y):
    """Newton's method on log erfc."""
    if y > 1:
        return -inverse_erfc(2 - y)
    if y > 0.1:
        return mpmath.erfinv(1 - y)
    x = mpmath.sqrt(-mpmath.log(y))
    for _ in range(60):
        value = mpmath.erfc(x)
        step = mpmath.log(value / y) * value * mpmath.exp(x * x) * mpmath.sqrt(mpmath.pi) / 2
        x += step
        if abs(step) < 1e-35:
            return x
    raise ArithmeticError(y)


def inverse_erf(x):
    return mpmath.erfinv(x) if abs(x) < 0.9 else inverse_erfc(1 - x)


# name: the truth, and intervals on which the op's tolerance holds; ("log", low, high) is a logarithmic scale, of both signs if low < 0
FUNCTIONS = {
    "gamma": (mpmath.gamma, (-0.5, 7), (-10, 0), (5, 34), (-36, -20), ("log", 1e-30, 1), (-40.1, -39.9)),
    "gammaln": (log_abs_gamma, (0, 8), (0.9, 2.1), (-10, 0), ("log", 1e-37, 1e30), (-200, 0)),
    "psi": (lambda x: mpmath.psi(0, x), (0, 8), (1.4, 1.5), (-10, 0), ("log", 1e-37, 1e30), (-100, 0)),
    "tri_gamma": (lambda x: mpmath.psi(1, x), (0, 8), (-10, 0), ("log", 1e-15, 1e15), (-1e-3, 1e-3), (-200, 0)),
    "erfcx": (scaled_erfc, (-9.3, 0), (0, 20), ("log", 1e-3, 1e30)),
    "erfinv": (inverse_erf, (-0.9999, 0.9999), ("log", 1e-30, 1e-2), (0.995, 0.998), (0.999999, 0.9999999)),
    "erfcinv": (inverse_erfc, ("log", 1e-37, 1), (0.001, 1.999), (1.99, 1.9999999)),
    "j0": (lambda x: mpmath.besselj(0, x), (-9, 9), (2.3, 2.5), (5.4, 5.6), (7, 60), ("log", 1e-20, 1e6)),
    "j1": (lambda x: mpmath.besselj(1, x), (-9, 9), (3.7, 3.9), (6.9, 7.2), (7, 60), ("log", 1e-20, 1e6)),
    "i0": (lambda x: mpmath.besseli(0, x), (-13, 13), (7, 90), ("log", 1e-30, 1)),
    "i1": (lambda x: mpmath.besseli(1, x), (-13, 13), (7, 90), ("log", 1e-30, 1)),
}
DOUBLE = {  # further intervals, for float64
    "gamma": ((30, 171.6), (-170, -100)),
    "erfcx": ((-26.5, -20),),
    "erfcinv": (("log", 1e-307, 1e-200), ("log", 1e-320, 1e-308)),
    "i0": ((600, 712),),
    "i1": ((600, 712),),
}
