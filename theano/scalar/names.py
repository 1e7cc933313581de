"""Second names of declared operations, and those under which NumPy and SciPy know them.

>>> of_numpy("multiply"), of_numpy("exp"), of_numpy("fft")
('mul', 'exp', None)
"""

from __future__ import annotations

from theano.scalar.declare import OPS

__all__ = ["ALIASES", "of_numpy"]

ALIASES = {
    "tensor_copy": "identity",
    "fill": "second",
    "square": "sqr",
    "where": "switch",
    "floor_div": "int_div",
    "bitwise_and": "and_",
    "bitwise_or": "or_",
    "bitwise_xor": "xor",
    "bitwise_not": "invert",
    "power": "pow",
    "isnan_": "isnan",
    "isinf_": "isinf",
}
"""Second names of elementwise functions."""

_NUMPY = {
    "absolute": "abs_", "conjugate": "conj", "divide": "true_div", "equal": "eq", "expit": "sigmoid", "floor_divide": "int_div",
    "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "multiply": "mul", "negative": "neg", "not_equal": "neq",
    "reciprocal": "inv", "remainder": "mod", "rint": "round_half_to_even", "sign": "sgn", "subtract": "sub",
}  # fmt: skip


def of_numpy(name: str) -> str | None:
    """The operation that NumPy or SciPy calls ``name``; None if there is none."""
    found = _NUMPY.get(name) or ALIASES.get(name, name)
    return found if found in OPS else None
