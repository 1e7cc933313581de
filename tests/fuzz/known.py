"""What a random graph is made of: dimensions, dtypes, and variables with their values and bounds.

A dimension is the tuple of its extents in the sets of shapes, so that two variables fit wherever their dimensions are equal,
however they came about.
"""

from dataclasses import dataclass

import numpy as np

from theano.dtypes import ALL, COMPLEX
from theano.scalar import OPS

ENVIRONMENTS = 4  # typical; empty; sizes of 1; large
LARGEST = 1 << 16
BASE = {"a": (5, 4, 1, 170), "b": (7, 0, 6, 130), "c": (3, 2, 1, 9), "v": (11, 0, 1, 33001), "w": (4, 3, 1, 20), "r": (6, 2, 1, 33)}
WIDE = ("float64", "float32")
REALS = tuple(d for d in ALL if d not in COMPLEX)
ONE = (1,) * ENVIRONMENTS
DTYPES = ALL if OPS["add"].has_code("complex64", "complex64") else REALS


@dataclass
class Known:
    """A variable with its values and their bounds."""

    variable: object
    found: list

    @property
    def values(self):
        return [b.value for b in self.found]

    @property
    def dtype(self):
        return self.variable.type.dtype

    @property
    def ndim(self):
        return self.variable.type.ndim

    @property
    def shape(self):
        return [tuple(v.shape[axis] for v in self.values) for axis in range(self.ndim)]

    @property
    def broadcastable(self):
        return self.variable.type.broadcastable

    @property
    def moderate(self):
        """Whether exponentials and products of such numbers stay finite."""
        return all(np.all(np.abs(v if v.dtype.kind == "c" else v.astype("float64")) < 1e3) for v in self.values)


class Rejected(Exception):
    """The step does not apply here."""


__all__ = ["BASE", "DTYPES", "ENVIRONMENTS", "LARGEST", "ONE", "REALS", "WIDE", "Known", "Rejected"]
