"""float16 by integer instructions, for machines and languages that lack the conversion.

float16 is a storage format here: values are widened to float32, computed, and rounded back, to nearest even, once.

>>> import numpy as np
>>> from theano.scalar.instructions import Trace
>>> narrow(Trace().leaf("input", "float32", 0)).dtype
'float16'
"""

from __future__ import annotations

from theano.scalar.instructions import ITEMSIZE, Value, select


def widen(half: Value) -> Value:
    """float16 to float32, exactly.

    Shifted into place, the exponent is 112 too small: a multiplication puts that right, for subnormals too.  Infinity and
    NaN then look like 2**16 and more, and get the largest exponent."""
    bits = half.bitcast("uint16").cast("uint32")
    magnitude = ((bits & 0x7FFF) << 13).bitcast("float32") * 2.0**112
    special = (magnitude.bitcast("uint32") | 0x7F800000).bitcast("float32")
    finite = magnitude < 65536.0
    return (select(finite, magnitude, special).bitcast("uint32") | ((bits & 0x8000) << 16)).bitcast("float32")


def narrow(single: Value) -> Value:
    """float32 to float16, to nearest even."""
    bits = single.bitcast("uint32")
    magnitude = bits & 0x7FFFFFFF
    rounded = (magnitude - (112 << 23) + 0xFFF + ((magnitude >> 13) & 1)) >> 13
    subnormal = (magnitude.bitcast("float32") + 0.5).bitcast("uint32") - 0x3F000000  # the addition rounds at 2**-24
    finite = select(magnitude < (113 << 23), subnormal, rounded)
    special = select(magnitude > 0x7F800000, single.trace.const(0x7E00, "uint32"), single.trace.const(0x7C00, "uint32"))
    result = select(magnitude < 0x477FF000, finite, special)  # 65520 and more round to infinity
    return (result | ((bits >> 16) & 0x8000)).cast("uint16").bitcast("float16")


def to_odd(double: Value) -> Value:
    """float64 to float32, rounded to odd, so that rounding once more (to float16) is as good as rounding once.

    Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd" (2008)."""
    single = double.cast("float32")
    back = single.cast("float64")
    bits = single.bitcast("uint32")
    truncated = select(abs(double) < abs(back), bits - 1, bits)
    return select(back.differs(double) & back.equals(back), truncated | 1, truncated).bitcast("float32")


def single_of(value: Value) -> Value:
    """A number of any dtype as the float32 that rounds to the same float16."""
    if value.dtype in ("bool", "float32") or (value.dtype not in ("float64",) and ITEMSIZE[value.dtype] <= 2):
        return value.cast("float32")
    return to_odd(value.cast("float64"))
