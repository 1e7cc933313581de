"""A mode that stops at the first node whose result holds a NaN, an infinity or a number that is suspiciously large.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], T.log(x) * 2, mode=NanGuardMode())
>>> f([1.0, -1.0])  # doctest: +ELLIPSIS
Traceback (most recent call last):
...
theano.compile.nanguardmode.NonFiniteError: NanGuardMode: NaN in the result of log
  result  log(x)  TensorType(float64, vector)  array([ 0. nan])  <doctest theano.compile.nanguardmode[2]>:1
  input   x       TensorType(float64, vector)  array([ 1. -1.])  <doctest theano.compile.nanguardmode[1]>:1
"""

from __future__ import annotations

import logging
from typing import Any

import numpy

from theano.compile.mode import Mode
from theano.errors import TheanoError, message
from theano.flags import config
from theano.graph import Apply
from theano.graph.naming import operation, title
from theano.interpret import VM_Linker

logger = logging.getLogger("theano.compile.nanguardmode")

BIG = 1e10


class NonFiniteError(TheanoError, AssertionError):
    """A value is NaN, infinite or too large; ``node`` is the node that made it, None for an input of the function."""

    def __init__(self, text: str, node: Apply | None) -> None:
        super().__init__(text)
        self.node = node


class NanGuardMode(Mode):
    """What is not given as an argument is as the flags ``NanGuardMode.nan_is_error``, ``inf_is_error`` and ``big_is_error`` say; the flag
    ``NanGuardMode.action`` says whether to raise, warn or start the debugger.

    A variable with ``tag.nan_guard_mode_check = False`` is not looked at."""

    def __init__(
        self,
        nan_is_error: bool | None = None,
        inf_is_error: bool | None = None,
        big_is_error: bool | None = None,
        optimizer: Any = "default",
        linker: Any = None,
    ) -> None:
        flags = config.NanGuardMode
        self.nan_is_error = bool(flags.nan_is_error if nan_is_error is None else nan_is_error)
        self.inf_is_error = bool(flags.inf_is_error if inf_is_error is None else inf_is_error)
        self.big_is_error = bool(flags.big_is_error if big_is_error is None else big_is_error)
        if not (self.nan_is_error or self.inf_is_error or self.big_is_error):
            cure = "set one of nan_is_error, inf_is_error and big_is_error"
            raise ValueError(message("NanGuardMode: there is nothing to look for", cure=cure))
        if linker is not None:
            cure = "leave the argument out, or use MonitorMode with a linker of your own"
            raise ValueError(message(f"NanGuardMode runs nodes by its own linker, not by {linker!r}", cure=cure))
        super().__init__(VM_Linker(callback=self._after, callback_input=self._given), optimizer)

    def _with(self, optimizer: Any) -> NanGuardMode:
        new = super()._with(optimizer)
        assert isinstance(new, NanGuardMode)
        new.linker = VM_Linker(callback=new._after, callback_input=new._given)
        return new

    def _given(self, variable: Any, value: Any) -> None:
        self._check(variable, value, None, [])

    def _after(self, node: Apply, thunk: Any, storage_map: Any, compute_map: Any) -> None:
        for variable, cell in zip(node.outputs, thunk.outputs, strict=True):
            self._check(variable, cell[0], node, [cell[0] for cell in thunk.inputs])

    def _check(self, variable: Any, value: Any, node: Apply | None, inputs: list[Any]) -> None:
        if not getattr(variable.tag, "nan_guard_mode_check", True):
            return
        what = self.fault(value)
        if what is None:
            return
        where = f"the result of {operation(node)}" if node is not None else f"the input {title(variable)}"
        rows = [("result" if node is not None else "input", title(variable), variable.type, repr_of(value), variable.origin)]
        if node is not None:
            rows += [("input", title(v), v.type, repr_of(x), v.origin) for v, x in zip(node.inputs, inputs, strict=True)]
        text = message(f"NanGuardMode: {what} in {where}", rows)
        action = config.NanGuardMode.action
        if action == "raise":
            raise NonFiniteError(text, node)
        logger.warning(text)
        if action == "pdb":
            breakpoint()

    def fault(self, value: Any) -> str | None:
        """What is wrong with a value: "NaN", "inf", "a number above 1e+10", or None."""
        if self.nan_is_error and contains_nan(value):
            return "NaN"
        if self.inf_is_error and contains_inf(value):
            return "inf"
        return f"a number above {BIG:g}" if self.big_is_error and contains_big(value) else None


def _numbers(value: Any) -> Any:
    """The floating-point numbers in a value, or None."""
    array = value if isinstance(value, (numpy.ndarray, numpy.generic)) else None
    return array if array is not None and array.dtype.kind in "fc" and array.size else None


def contains_nan(arr: Any, node: Any = None, var: Any = None) -> bool:
    """Whether a value holds a NaN; what is no array of floating-point numbers holds none."""
    numbers = _numbers(arr)
    return numbers is not None and bool(numpy.isnan(numbers).any())


def contains_inf(arr: Any, node: Any = None, var: Any = None) -> bool:
    """Whether a value holds an infinity."""
    numbers = _numbers(arr)
    return numbers is not None and bool(numpy.isinf(numbers).any())


def contains_big(arr: Any) -> bool:
    """Whether a value holds a finite number above 1e10 in size."""
    numbers = _numbers(arr)
    return numbers is not None and bool((numpy.isfinite(numbers) & (numpy.abs(numbers) > BIG)).any())


def flatten(l: Any) -> list[Any]:
    """The entries of nested lists, tuples and sets, in one list.

    >>> flatten([1, (2, [3])])
    [1, 2, 3]
    """
    return [x for entry in l for x in flatten(entry)] if isinstance(l, (list, tuple, set)) else [l]


def repr_of(value: Any) -> str:
    """A value as one short line."""
    if not isinstance(value, numpy.ndarray):
        return repr(value)[:60]
    text = " ".join(numpy.array2string(value, threshold=6, edgeitems=2).split())
    return f"array({text})" if len(text) <= 60 else f"array of shape {value.shape}"


__all__ = ["NanGuardMode", "NonFiniteError", "contains_big", "contains_inf", "contains_nan", "flatten", "logger"]
