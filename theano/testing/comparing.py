"""What the tests of programs compare and draw by.

>>> assert_allclose(1.0, [1.0, 1.5])
Traceback (most recent call last):
    ...
theano.testing.comparing.WrongValue: values differ
  expected   float64 ()
  found      float64 (2,)
  different  1 of 2 elements, most at (1,): 1.0 expected, 1.5 found
  allowed    1e-08 + 1e-08 * |expected|
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.errors import message
from theano.flags import config
from theano.gradient import verify_grad as verify_gradient
from theano.tensor.type import TOLERANCE


class WrongValue(AssertionError):
    """``val`` is not what was expected; the attributes have the arguments of :func:`assert_allclose`."""

    def __init__(self, expected_val: Any, val: Any, rtol: float, atol: float) -> None:
        super().__init__(_difference(np.asarray(expected_val), np.asarray(val), rtol, atol))
        self.val1, self.val2, self.rtol, self.atol = expected_val, val, rtol, atol


def _difference(expected: Any, found: Any, rtol: float, atol: float) -> str:
    rows = [("expected", f"{expected.dtype} {expected.shape}"), ("found", f"{found.dtype} {found.shape}")]
    try:
        expected, found = np.broadcast_arrays(expected, found)
    except ValueError:
        return message("shapes differ", rows)
    wrong = ~np.isclose(found, expected, rtol, atol, equal_nan=True)
    with np.errstate(invalid="ignore"):
        error = np.where(
            wrong, np.nan_to_num(np.abs(np.subtract(found, expected, dtype=np.result_type(found, expected, float))), nan=np.inf), -1
        )
    place = tuple(int(k) for k in np.unravel_index(int(np.argmax(error)), error.shape))
    most = f"{np.count_nonzero(wrong)} of {wrong.size} elements, most at {place}: {expected[place]} expected, {found[place]} found"
    return message("values differ", [*rows, ("different", most), ("allowed", f"{atol:g} + {rtol:g} * |expected|")])


def assert_allclose(expected: Any, value: Any, rtol: float | None = None, atol: float | None = None) -> None:
    """Raise :class:`WrongValue` unless ``value``, broadcast if need be, is ``expected`` but for rounding in the coarser of their dtypes.

    NaN is close to NaN."""
    wanted, found = np.asarray(expected), np.asarray(value)
    default = max(TOLERANCE.get(array.dtype.name, 0.0) for array in (wanted, found)) or TOLERANCE["float64"]
    relative, absolute = default if rtol is None else rtol, default if atol is None else atol
    try:
        close = np.allclose(found, wanted, relative, absolute, equal_nan=True)
    except ValueError:  # shapes that do not broadcast
        close = False
    if not close:
        raise WrongValue(expected, value, relative, absolute)


def fetch_seed(pseed: Any = None) -> int | None:
    """``pseed``, or what ``config.unittests.rseed`` says; None, for another seed in each run, if that is ``random``."""
    seed = pseed or config.unittests.rseed
    if seed == "random":
        return None
    try:
        return int(seed) or None
    except ValueError:
        raise ValueError(message(f"the seed of tests is a number or 'random', not {seed!r}", cure="set config.unittests.rseed")) from None


def seed_rng(pseed: Any = None) -> int | None:
    """Seed NumPy's global generator by :func:`fetch_seed`; gives the seed."""
    seed = fetch_seed(pseed)
    np.random.seed(seed)
    return seed


def verify_grad(op: Any, pt: Any, n_tests: int = 2, rng: Any = None, *args: Any, **kwargs: Any) -> None:
    """:func:`theano.gradient.verify_grad`, with a generator that is seeded by :func:`seed_rng` if none is given."""
    if rng is None:
        seed_rng()
        rng = np.random
    verify_gradient(op, pt, n_tests, rng, *args, **kwargs)


__all__ = ["WrongValue", "assert_allclose", "fetch_seed", "seed_rng", "verify_grad"]
