"""What an error at run time says of the node that failed: a note beneath the error, with the user's line and the values at hand.

>>> from theano.graph import Op, generic
>>> class Half(Op):
...     itypes = otypes = [generic]
>>> x = generic("x")
>>> try:
...     raise_with_op(Half()(x).owner, exc_info=(ValueError, ValueError("odd"), None), storage_map={x: [3]})
... except ValueError as error:
...     print(error, "|", error.__notes__[0].partition(",")[0])
odd | in Half(x)
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, NoReturn, TextIO

from theano.errors import message
from theano.flags import config
from theano.graph import Apply
from theano.graph.naming import title

Error = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


def raise_with_op(
    node: Apply, thunk: Any = None, exc_info: Error | None = None, storage_map: Mapping[Any, Sequence[Any]] | None = None
) -> NoReturn:
    """Raise the error being handled (or ``exc_info``) again, with a note of the node and its inputs.

    The values are those in ``storage_map``, or else in the cells of ``thunk``.  With ``config.exception_verbosity`` "high" all that
    ``storage_map`` holds is listed.  What is no error of the node, such as KeyboardInterrupt, passes as it is.
    """
    _, error, trace = sys.exc_info() if exc_info is None else exc_info
    if error is None:
        raise TypeError("raise_with_op is called while an error is being handled, or with exc_info")
    if isinstance(error, Exception):
        error.__thunk_trace__ = node.origin.lines()  # type: ignore[attr-defined]
        error.add_note(_note(node, thunk, storage_map))
    raise error.with_traceback(trace)


def _note(node: Apply, thunk: Any, cells: Mapping[Any, Sequence[Any]] | None) -> str:
    values = [cells[v] for v in node.inputs] if cells is not None else getattr(thunk, "inputs", [[None]] * node.nin)
    rows = [
        ("input", title(variable), variable.type, described(cell[0]), variable.origin)
        for variable, cell in zip(node.inputs, values, strict=True)
    ]
    if cells is not None and config.exception_verbosity == "high":
        rows += [("holds", title(variable), variable.type, described(cell[0]), variable.origin) for variable, cell in cells.items()]
    return message(f"in {node}, built at {node.origin}", rows)


def described(value: Any) -> str:
    """A value in a few words.

    >>> described("a" * 100), described(None)
    ("str 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...", 'no value')
    """
    if value is None:
        return "no value"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{value.dtype} array of shape {tuple(value.shape)}"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 40 else text[:40] + '...'}"


def log_thunk_trace(value: BaseException, f: TextIO | None = None) -> None:
    """Write to ``f`` (by default the standard error) the lines that built the node which raised ``value``, if a node did."""
    for file, line in getattr(value, "__thunk_trace__", ()):
        print(f"{type(value).__name__} in what was built at {file}:{line}", file=f or sys.stderr)


def thunk_hook(type: type[BaseException], value: BaseException, trace: TracebackType | None) -> None:
    """A ``sys.excepthook`` that writes :func:`log_thunk_trace` before the traceback."""
    log_thunk_trace(value)
    sys.__excepthook__(type, value, trace)
