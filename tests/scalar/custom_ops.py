"""Operations written as classes, as extensions of the classic system have them."""

import math

import numpy as np

from theano import scalar
from theano.scalar import BinaryScalarOp, ScalarOp, UnaryScalarOp, float_types, upgrade_to_float

exp = math.exp
FACTOR = 3


def helper(x):
    """Not a method, and it calls a function of math."""
    return math.sqrt(abs(x)) + exp(-abs(x))


class Leaky(UnaryScalarOp):
    """An ``if``, and a gradient that asks for the type of its argument."""

    def impl(self, x):
        if x > 0:
            return x
        return 0.1 * math.expm1(x)

    def grad(self, inputs, gradients):
        (x,), (gz,) = inputs, gradients
        if x.type in float_types:
            return [gz * scalar.switch(scalar.gt(x, 0), 1.0, 0.1 * scalar.exp(x))]
        return None


class Helped(UnaryScalarOp):
    def impl(self, x):
        return helper(x) * FACTOR + self.shift

    shift = 0.5

    def L_op(self, inputs, outputs, gradients):
        return [gradients[0] * outputs[0]]


class Mixed(BinaryScalarOp):
    """NumPy's functions, Python's comparisons, ``min`` and ``max``."""

    def impl(self, x, y):
        if x == 0 or y != y:
            return 0.0
        return np.where(x < y, np.sin(x), np.tanh(y) * x) + max(x, y, 1) - min(x, y) + (x <= 2 and y > -1)


class Both(ScalarOp):
    """Two results, told by a method."""

    nin, nout = 2, 2

    def output_types(self, types):
        return [types[0], scalar.bool]

    def impl(self, x, y):
        return x * y, x < y

    def grad(self, inputs, gradients):
        (x, y), (g, _) = inputs, gradients
        return [g * y, g * x]


class Whole(BinaryScalarOp):
    """Python's integers."""

    def impl(self, x, y):
        return (x // y if y else -1) + (x % 7) * 2 - (x << 2) + (x >> 1) + (x & 12 | 3 ^ y) + ~y + math.floor(x / 2) + int(x > y) + x**2


class Neighbour(BinaryScalarOp):
    nfunc_spec = ("nextafter", 2, 1)


class Exponential(UnaryScalarOp):
    nfunc_spec = ("exp", 1, 1)


class Digits(UnaryScalarOp):
    """What cannot be followed."""

    def impl(self, x):
        return float(len(f"{x:.3f}"))


class Halving(UnaryScalarOp):
    def impl(self, x):
        while x > 1:
            x /= 2
        return x


class Whim(UnaryScalarOp):
    """A function that is none: every call gives another result."""

    calls = 0

    def impl(self, x):
        Whim.calls += 1
        return x + Whim.calls


class Refusing(UnaryScalarOp):
    def impl(self, x):
        raise ValueError(x)


def made(cls, rule=upgrade_to_float):
    return cls(rule, name=cls.__name__.lower())
