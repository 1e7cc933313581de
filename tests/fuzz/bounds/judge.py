"""Values with error bounds: what any right program may make of a graph, element by element.

:func:`judge` evaluates a graph by ``perform``, node after node, and with each value carries the most by which another right
evaluation may differ from it: errors of the arguments, seen through the operation by evaluating it at displaced arguments, and
the rounding of the operation itself by its declared ``ulp``.  Next to a jump (a comparison of nearly equal numbers, a floor at
a whole number) the bound is infinite: nothing is said of that element.

Two things let rewriting take its listed liberties and no others.  The ``size`` of a sum is that of its terms, so that its order
is free.  ``wild`` are elements on whose way something was not finite, or near the ends of the exponent range: there
``x - x`` may be 0 and ``a*b/b`` be ``a``, and programs that were rewritten are not held to them, all others are.

>>> import theano.tensor as T
>>> x = T.fvector("x")
>>> third, whole = judge([x / 3, x > 0.5], {x: Bounded(np.array([0.5, 1], "float32"))})
>>> third.error.tolist(), whole.error
([7.450580596923828e-09, 1.4901161193847656e-08], None)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import tests.fuzz.bounds.elements
import tests.fuzz.bounds.folds
import tests.fuzz.bounds.moves
import tests.fuzz.bounds.order  # noqa: F401 (their rules)
from tests.fuzz.bounds.values import RULES, Bounded, Unbounded, distance, magnitude, performed, rule, whole
from theano.graph import Constant, io_toposort
from theano.scanning import Branch, Scan
from theano.tensor.shapes import Shape, Shape_i


def judge(outputs: Sequence[Any], given: dict[Any, Bounded]) -> list[Bounded]:
    """The values of ``outputs``, from those of the graph's leaves or of any other variables."""
    known = dict(given)

    def of(variable: Any) -> Bounded:
        if variable not in known:
            known[variable] = Bounded(np.asarray(variable.data if isinstance(variable, Constant) else variable.get_value()))
        return known[variable]

    with np.errstate(all="ignore"):
        for node in io_toposort(list(known), list(outputs)):
            known.update(zip(node.outputs, _judged(node, [of(v) for v in node.inputs]), strict=True))
    return [of(v) for v in outputs]


def _judged(node: Any, args: list[Bounded]) -> list[Bounded]:
    own = next((RULES[kind] for kind in type(node.op).__mro__ if kind in RULES), _expanded if hasattr(node.op, "expand") else _unknown)
    results = own(node, args)
    for result, variable in zip(results, node.outputs, strict=True):
        assert result.value.dtype == variable.type.dtype and result.value.ndim == variable.type.ndim, (node, result.value)
        if (any(a.lost for a in args) or not result.value.size) and not isinstance(node.op, Shape | Shape_i):
            _keep_lost(result, args)
    return results


def _unknown(node: Any, args: list[Bounded]) -> list[Bounded]:
    """An operation of which no rule tells: exact if all is that goes into it, and nothing is rounded."""
    exact = all(a.error is None and a.wild is None for a in args)
    results = [Bounded(v) for v in performed(node, [a.value for a in args])] if exact else []
    if not exact or not (all(whole(r.value) for r in results) or type(node.op).__name__ == "Positive"):
        raise Unbounded(str(node.op))
    return results


def _keep_lost(result: Bounded, args: list[Bounded]) -> None:
    """A sum over no elements of ``c * x`` is 0, but c times it is not if c is infinite: as among elements, so among none."""
    lost = any(a.lost or (a.value.size and a.value.dtype.kind in "fc" and not _tame(a)) for a in args)
    if lost and not result.value.size:
        result.lost = True
    elif lost:
        result.wild = np.ones(result.value.shape, bool)


def _tame(x: Bounded) -> bool:
    """Whether products and quotients by these are finite."""
    size = magnitude(x.value)
    return x.wild is None and bool(((size > 1e-100) & (size < 1e100)).all())


# ------------------------------------------------------------------------------------------------ graphs in operations


def _expanded(node: Any, args: list[Bounded]) -> list[Bounded]:
    """An operation made of others: their bounds about its own value."""
    values = performed(node, [a.value for a in args])
    found = judge(node.op.expand(node), dict(zip(node.inputs, args)))
    results = []
    for value, inner in zip(values, found, strict=True):
        if whole(value):
            results.append(Bounded(value, inner.error, None, inner.wild))
            continue
        error = inner.errors + distance(value, inner.value)
        results.append(Bounded(value, error if error.any() else None, inner.size, inner.wild))
    return results


@rule(Scan)
def _repeated(node: Any, args: list[Bounded]) -> list[Bounded]:
    """A loop that hands on its last states and keeps nothing else, as ``repeat`` makes it."""
    op, outer = node.op, node.op.outer(args)
    if outer.sequences or op.records or op.until or any(state.kept or state.taps != (1,) for state in op.states):
        raise Unbounded(f"{op} keeps what its steps make")
    states, invariants = [_first_row(whole) for whole in outer.states], outer.invariants
    for step in range(int(args[0].value)):
        inside = [Bounded(np.asarray(step, op.graph.inputs[0].type.dtype)), *states, *invariants]
        states = judge(op.graph.outputs, dict(zip(op.graph.inputs, inside)))
    return states


def _first_row(whole: Bounded) -> Bounded:
    return Bounded(*(None if part is None else part[0] for part in (whole.value, whole.error, whole.size, whole.wild)))


@rule(Branch)
def _branched(node: Any, args: list[Bounded]) -> list[Bounded]:
    condition, *given = args
    then, otherwise = node.op.sides
    if condition.error is not None:
        raise Unbounded("the condition of a branch is not exact")
    side, own = (then, given[: len(then.inputs)]) if condition.value else (otherwise, given[len(then.inputs) :])
    return judge(side.outputs, dict(zip(side.inputs, own)))


__all__ = ["judge"]
