"""From the status of a native call to the error a person reads.

A program fails by a *guard* (two sizes that must agree), by a kernel's *check* (an index out of range) or by a library
step whose sizes the library cannot take.  Each names the graph node it belongs to, and so the user's lines.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from theano import errors
from theano.loops.ir import Guard


def guard_error(guard: Guard, left: int, right: int) -> Exception:
    """The error of a guard that found ``left`` and ``right``."""
    if guard.relation == "at_least":
        text = guard.message or "{left} is less than {right}"
        kind = errors.BoundsError if text.startswith("index ") else errors.ShapeError
        headline = text.format(left=left, right=right, payload=left)
        return kind(errors.message(headline if kind is errors.BoundsError else _named(guard.node, headline), _node_rows(guard.node)))
    if guard.node is None and len(guard.axes) == 1:
        ((variable, axis),) = guard.axes
        return errors.ShapeError(
            errors.message(
                f"{variable} was declared with {right} along axis {axis}, the value has {left}",
                [row("input", variable, {axis: left})], "declare the axis with None to take any size",
            )
        )
    values = (left, right)
    rows = [row(label, variable, {axis: n}) for label, (variable, axis), n in zip(("left", "right"), guard.axes, values, strict=False)]
    rows += _node_rows(guard.node)
    headline = _named(guard.node, guard.message or "sizes differ")
    return errors.ShapeError(errors.message(f"{headline}: {left} and {right}", rows, _broadcast_cure(guard, values)))


def check_error(node: Any, text: str, payload: int) -> Exception:
    """The error of an index out of range."""
    rows = [row(label, v) for label, v in zip(("array", "index", "index", "index"), node.inputs, strict=False)] if node is not None else []
    return errors.BoundsError(errors.message(text.format(payload=payload), [*rows, *_node_rows(node)]))


def range_error(step: Any) -> Exception:
    return errors.ShapeError(
        errors.message(f"{step.routine}: an extent or leading dimension exceeds 2**31 - 1, which BLAS cannot take", _node_rows(step.nodes[0]))
    )


def _broadcast_cure(guard: Guard, values: tuple[int, int]) -> str | None:
    if 1 in values and getattr(getattr(guard.node, "op", None), "scalar_op", None) is not None:
        return "an axis stretches only if its type says so: see T.addbroadcast, or declare T.row / T.col"
    return None


def _named(node: Any, text: str) -> str:
    if node is None:
        return text
    scalar = getattr(node.op, "scalar_op", None)
    return f"{getattr(scalar, 'name', None) or node.op}: {text}"


def _node_rows(node: Any) -> list[tuple[str, ...]]:
    places = lines_of(node)
    return [("in", "", "", place) for place in places[:1]]


def row(label: str, variable: Any, known: dict[int, int] | None = None) -> tuple[str, str, str, str]:
    """(label, name, dtype and shape, the user's line) of a variable; ``known`` axes are filled in, others are ``?``."""
    static = getattr(variable, "static_shape", None) or [None] * getattr(variable.type, "ndim", 0)
    shape = [(known or {}).get(axis, n) for axis, n in enumerate(static)]
    pattern = getattr(variable.type, "broadcastable", ())
    shown = ["1" if b and s is None else "?" if s is None else str(s) for s, b in zip(shape, pattern, strict=False)]
    text = f"{getattr(variable.type, 'dtype', variable.type)} ({', '.join(shown)}{',' if len(shown) == 1 else ''})"
    place = lines_of(variable)
    return label, variable.name or str(variable), text, place[0] if place else ""


def lines_of(thing: Any) -> list[str]:
    """``file.py:line`` of a variable or node."""
    origin = getattr(getattr(thing, "owner", None), "origin", None) or getattr(thing, "origin", None)
    found: Iterable[tuple[str, int]] = origin.lines(3) if origin else ()
    return [f"{os.path.basename(file)}:{line}" for file, line in found]
