"""Shared scalar variables: one number, for graphs of scalar operations.  (``theano.shared(2.0)`` is a tensor of rank 0.)

>>> rate = shared(0.5, name="rate")
>>> rate.type, (rate * 2).type, float(rate.get_value() / 2)
(float64, float64, 0.25)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.scalar.types import ScalarOperators, get_scalar_type
from theano.tensor.sharedvar import SharedVariable


class ScalarSharedVariable(ScalarOperators, SharedVariable):
    """One number that functions read, and write through their updates."""

    def get_value(self, borrow: bool = False, return_internal_type: bool = False) -> Any:
        """The number, as a NumPy scalar."""
        return super().get_value(borrow)[()]


def shared(value: Any, name: str | None = None, strict: bool = False, allow_downcast: bool | None = None) -> ScalarSharedVariable:
    """A shared scalar variable that starts as ``value``, a number; a Python int is an int64, a float a float64."""
    if not isinstance(value, (np.number, np.bool_, float, int, complex)):
        raise TypeError(f"a number is needed for a shared scalar, not {value!r:.60}")
    dtype = np.asarray(value, dtype="int64" if type(value) is int else None).dtype.name
    return ScalarSharedVariable(name, get_scalar_type(dtype), value, strict, allow_downcast)


__all__ = ["ScalarSharedVariable", "shared"]
