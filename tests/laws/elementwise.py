"""Arguments for elementwise operations, drawn from their declarations, and what it means to agree with the reference."""

import math

import numpy as np

from theano.dtypes import COMPLEX, DISCRETE
from theano.errors import DTypeError
from theano.scalar import OPS
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Trace

COUNT = 200
NATIVE = [op for op in OPS.values() if op.has_body]


def arity(op):
    return max(op.arity, 2) if op.nary else op.arity


def intervals(op):
    domain = op.domain
    return domain if isinstance(domain[0], tuple) else (domain,) * arity(op)


def accepted(op, *dtypes):
    try:
        return op.output_dtypes(*dtypes)[0]
    except DTypeError:
        return None


def sample(op, dtypes, seed=0):
    """Arrays over the op's domain."""
    rng = np.random.default_rng(seed)
    arrays = []
    for (low, high), dtype in zip(intervals(op), dtypes):
        numbers = rng.uniform(low, high, COUNT)
        if dtype == "bool":
            arrays.append(numbers > (low + high) / 2)
        elif dtype in COMPLEX:
            arrays.append((numbers + 1j * rng.uniform(low, high, COUNT)).astype(dtype))
        elif dtype.startswith("uint"):
            arrays.append(np.abs(numbers).round().astype(dtype))
        else:
            arrays.append((numbers.round() if dtype in DISCRETE else numbers).astype(dtype))
    return arrays


def corners(dtype, everywhere=True):
    if dtype == "bool":
        return [False, True]
    if dtype in DISCRETE:
        limits = np.iinfo(dtype)
        extreme = [limits.min, limits.max, limits.max - 1] if everywhere else []
        return extreme + [0, 1, 2, 7] + ([-1, -2, -7] if limits.min else [])
    limits = np.finfo(dtype)
    ordinary = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, math.inf, -math.inf, math.nan]
    extreme = [float(x) for x in (limits.tiny, limits.smallest_subnormal, limits.max)] if everywhere else []
    return ordinary + extreme + [-x for x in extreme]


def traced(op, arrays, portable):
    trace = Trace()
    leaves = [trace.leaf("input", a.dtype.name, k) for k, a in enumerate(arrays)]
    return evaluate([op.trace(trace, *leaves)], lambda leaf: arrays[leaf.data], portable=portable)[0]


REFERENCE_ERRORS = {"erfc": 16.0, "erfcx": 8.0, "i1": 24.0, "iv": 16.0}
"""Units in the last place by which a reference itself may be wrong, if by more than a half."""


def assert_close(op, got, expected, arrays):
    """Equal up to the op's tolerance in units of the last place (of the dtype of the computation)."""
    assert got.dtype == expected.dtype
    with np.errstate(all="ignore"):
        same = (got == expected) | ((got != got) & (expected != expected))
        if got.dtype.kind == "f":
            unit = np.spacing(np.maximum(np.abs(expected), got.dtype.type(op.scale))).astype("float64")
            allowed = (op.ulp + REFERENCE_ERRORS.get(op.name, 0.5)) * 2 * unit
            same |= np.abs(got.astype("float64") - expected.astype("float64")) <= allowed
    wrong = np.flatnonzero(~same)[:4]
    assert same.all(), [([a[k] for a in arrays], got[k], expected[k]) for k in wrong]
