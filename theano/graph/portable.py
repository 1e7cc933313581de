"""Arrays in pickles that every version of NumPy reads.

NumPy's own pickles name the module that rebuilds an array, ``numpy.core`` before version 2 and ``numpy._core`` after, which an
older NumPy cannot import.  What this package pickles (constants, the values of shared variables) names :func:`array_of` instead.

>>> import pickle
>>> import numpy as np
>>> text = pickle.dumps(portable(np.arange(3.0)))
>>> b"numpy" in text, pickle.loads(text)
(False, array([0., 1., 2.]))
"""

from __future__ import annotations

import copy
import pickle
import sys
from typing import Any, NoReturn

from theano.errors import message


def portable(value: Any) -> Any:
    """What to pickle in place of ``value``: arrays of numbers and NumPy's scalars are wrapped and come back, all else stays itself."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.ndarray, numpy.generic)) or value.dtype.kind not in "biufc":
        return value
    if type(value) is numpy.ndarray:
        return PortableArray(value)
    return PortableScalar(value) if isinstance(value, numpy.generic) else value


class PortableArray:
    """Pickled as dtype, shape, order and bytes."""

    __slots__ = ("array",)

    def __init__(self, array: Any) -> None:
        self.array = array

    def __reduce_ex__(self, protocol: Any) -> Any:
        turned = self.array.flags.f_contiguous and not self.array.flags.c_contiguous
        laid = self.array.T if turned else self.array
        if not laid.flags.c_contiguous:
            laid = laid.copy("C")
        data = pickle.PickleBuffer(laid) if protocol >= 5 else laid.tobytes()
        return array_of, (self.array.dtype.str, laid.shape, turned, data)


class PortableScalar:
    """Pickled as dtype and bytes."""

    __slots__ = ("scalar",)

    def __init__(self, scalar: Any) -> None:
        self.scalar = scalar

    def __reduce__(self) -> Any:
        return scalar_of, (self.scalar.dtype.str, self.scalar.tobytes())


def scalar_of(dtype: str, data: bytes) -> Any:
    """The scalar that was pickled."""
    return array_of(dtype, (), False, data)[()]


def array_of(dtype: str, shape: tuple[int, ...], turned: bool, data: Any) -> Any:
    """The array that was pickled, writeable and in memory of its own."""
    import numpy

    flat = numpy.frombuffer(data, dtype=dtype)
    array = flat.reshape(shape) if flat.flags.writeable else flat.reshape(shape).copy()
    return array.T if turned else array


class Cell(list[Any]):
    """A list of one value, as containers share; its array is pickled portably."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Cell, (), None, iter([portable(value) for value in self])

    def clear(self) -> None:
        self._refuse("clear()")

    def pop(self, *args: Any) -> Any:
        self._refuse("pop()")

    def remove(self, value: Any) -> None:
        self._refuse("remove()")

    def _refuse(self, what: str) -> NoReturn:
        raise TypeError(message(f"{what}: a cell holds one value, and functions read it", cure="put None in: cell[0] = None"))

    def __copy__(self) -> Cell:
        return Cell(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Cell:
        new = memo[id(self)] = Cell()
        new.extend(copy.deepcopy(value, memo) for value in self)
        return new
