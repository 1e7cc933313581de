"""The cube root: a third of the bits is a first guess y, too small by at most 7 %, and then x = y^3 (1 + u) with a small u.

The root is y + y ((1 + u)^(1/3) - 1), of which all but y is small, and so is the error of all but its last sum.
"""

from __future__ import annotations

import math

import numpy as np

from theano.scalar.instructions import Value, binary, fma, select
from theano.scalar.mathlib.formats import Format, Table, choose, constant, polynomial, portable

# fmt: off
ROOT: Table = {  # (1 + u)^(1/3) = 1 + u (...) up to 0.24; 2^-29.5 and 2^-60.6
    "float32": (0.3333330750465393, -0.11109533160924911, 0.061413079500198364, -0.038344744592905045, 0.018171263858675957),
    "float64": (0.3333333333333328, -0.1111111111109618, 0.06172839504671604, -0.04115226261666237, 0.030178304008533215,
                -0.02347160617897949, 0.018995763836650602, -0.01578704309389091, 0.013200979914616372, -0.01047820207868001,
                0.006795082214198193, -0.0025232582092924592),
}
# fmt: on
DROPPED = {"float32": 12, "float64": 32}
"""Low bits that do not count for the guess: the others are an integer that the format holds."""
TWO_THIRDS = {"float32": 173234.0, "float64": 715044992.0}
"""Two thirds of the exponent's bias, a little less, so that the guess is never too large."""


@portable(np.cbrt)
def cbrt(f: Format, x: Value) -> Value:
    size, scale = abs(x), 3 * (f.digits // 3 + 2)
    small = size < f.tiny * 16.0  # the cube of the guess must be a normal number
    normal = choose(small, size * 2.0**scale, size)
    exact = 2.0**f.digits
    bits = f.number((f.bits(normal) >> DROPPED[f.dtype]) | f.bits(constant(x, exact))) - exact
    guess = f.number(f.bits(fma(bits, 1 / 3, f.shifter + TWO_THIRDS[f.dtype])) << DROPPED[f.dtype])
    cube = guess * guess * guess
    more = (normal - cube) / cube
    root = fma(guess * more, polynomial(more, ROOT[f.dtype]), guess)
    root = choose(small, root * 2.0 ** (-scale // 3), root)
    return select((size > 0.0) & (size < math.inf), binary("copysign", root, x), x)
