"""Test values: expressions computed while they are built, from ``tag.test_value`` of the inputs (``config.compute_test_value``).

>>> from theano.graph import generic
>>> x = generic("x")
>>> x.tag.test_value = 3
>>> get_test_value(x)
3
"""

from __future__ import annotations

import warnings
from typing import Any

from theano.errors import TestValueError, message
from theano.flags import config
from theano.graph.running import Runner
from theano.graph.variable import Apply, Constant, Variable


def get_test_value(v: Any) -> Any:
    """The test value of a variable, the data of a constant, the value of a shared variable; other objects stand for themselves."""
    if not isinstance(v, Variable):
        return v
    if isinstance(v, Constant):
        return v.data
    if hasattr(v, "get_value"):
        return v.get_value(borrow=True, return_internal_type=True)
    if v._tag is None or "test_value" not in v._tag.__dict__:
        raise TestValueError(message(f"{v} has no test value", [(str(v), v.type, v.origin)], cure=f"set {v}.tag.test_value"))
    try:
        return v.type.filter(v.tag.test_value)
    except (TypeError, ValueError) as error:
        raise TestValueError(f"the test value of {v} is not of its type {v.type}: {error}") from error


def compute_test_values(node: Apply) -> None:
    """Compute the test values of a node's outputs from those of its inputs; what if one has none is for the flag to say."""
    policy = config.compute_test_value
    try:
        inputs = [get_test_value(variable) for variable in node.inputs]
    except TestValueError as error:
        if policy == "raise":
            raise
        if policy == "warn":
            warnings.warn(f"no test value for the result of {node.op}: {error}", stacklevel=3)
        elif policy == "pdb":
            breakpoint()
        return
    for output, result in zip(node.outputs, Runner(node)(inputs), strict=True):
        output.tag.test_value = result


def get_debug_values(*args: Any) -> list[tuple[Any, ...]]:
    """The test values of variables, as the only tuple of a list: for checks while a graph is built.  Empty while test values are off, and
    where one is missing unless that is an error.

    >>> from theano.graph import generic
    >>> for value in get_debug_values(generic("x")):
    ...     print("not while test values are off")
    """
    if config.compute_test_value == "off":
        return []
    try:
        return [tuple(get_test_value(v) for v in args)]
    except TestValueError as why:
        missing_test_message(str(why))
        return []


def missing_test_message(msg: str) -> None:
    """Say that a test value is missing, as the flag wants it: an error, a warning, nothing."""
    if config.compute_test_value == "raise":
        raise TestValueError(msg)
    if config.compute_test_value == "warn":
        warnings.warn(msg, stacklevel=3)


def debug_error_message(msg: str) -> None:
    """Say that a test value is wrong: ValueError, a warning while the flag is ``warn``."""
    if config.compute_test_value == "warn":
        warnings.warn(msg, stacklevel=3)
    elif config.compute_test_value != "off":
        raise ValueError(msg)


def debug_assert(condition: Any, msg: str | None = None) -> None:
    """What must hold of test values: AssertionError, a warning while the flag is ``warn``."""
    if condition:
        return
    text = msg or "debug_assert: what was asserted of test values does not hold"
    if config.compute_test_value == "warn":
        warnings.warn(text, stacklevel=3)
    else:
        raise AssertionError(text)
