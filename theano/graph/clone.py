"""Copies of graphs, with parts replaced or not.  All iterative; shared parts stay shared.

>>> from theano.graph import Apply, Op, generic
>>> class Pair(Op):
...     def make_node(self, *inputs):
...         return Apply(self, inputs, [generic()])
>>> a, b, c = generic("a"), generic("b"), generic("c")
>>> clone_replace(Pair()(a, b), {b: c}).owner.inputs
[a, c]
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from theano.errors import VariableTypeError
from theano.graph.provenance import inherit
from theano.graph.traversal import io_toposort, orphans_between, pairs_of, several
from theano.graph.variable import Constant, Variable


def clone(i: Sequence[Any], o: Sequence[Any], copy_inputs: bool = True, copy_orphans: bool | None = None) -> tuple[list[Any], list[Any]]:
    """Copy the graph between the inputs ``i`` and the outputs ``o``; give the copies of both."""
    equiv = clone_get_equiv(i, o, copy_inputs, copy_inputs if copy_orphans is None else copy_orphans)
    return [equiv[variable] for variable in i], [equiv[variable] for variable in o]


def clone_get_equiv(
    inputs: Iterable[Any],
    outputs: Iterable[Any],
    copy_inputs: bool = True,
    copy_orphans: bool = True,
    memo: dict[Any, Any] | None = None,
    strict: bool = True,
) -> dict[Any, Any]:
    """Copy the graph between; give {variable or node: its copy}.  ``memo`` holds copies that exist already.

    ``copy_inputs`` and ``copy_orphans`` say whether ``inputs``, and leaves that are not among them, are copied or kept.
    ``strict``: see :func:`clone_replace`.
    """
    inputs, outputs = several(inputs, "inputs"), several(outputs, "outputs")
    equiv: dict[Any, Any] = {} if memo is None else memo
    for variable in inputs:
        if variable not in equiv:
            equiv[variable] = _leaf_copy(variable) if copy_inputs else variable
    for variable in orphans_between(equiv, outputs):
        equiv[variable] = _leaf_copy(variable) if copy_orphans else variable
    _clone_nodes(outputs, equiv, strict)
    return equiv


def _leaf_copy(variable: Any) -> Any:
    with inherit(variable.origin):
        return variable.clone()


def _clone_nodes(outputs: Sequence[Any], equiv: dict[Any, Any], strict: bool) -> None:
    """Copy the nodes that ``outputs`` need beyond ``equiv``, which holds all leaves."""
    for node in io_toposort(equiv, outputs):
        new = node.clone_with_new_inputs([equiv[variable] for variable in node.inputs], strict=strict)
        equiv[node] = new
        for old, output in zip(node.outputs, new.outputs, strict=True):
            equiv.setdefault(old, output)


def clone_replace(
    output: Any,
    replace: Mapping[Any, Any] | Iterable[tuple[Any, Any]] | None = None,
    strict: bool = True,
    share_inputs: bool = True,
    copy_inputs: bool | None = None,
    *,
    memo: dict[Any, Any] | None = None,
) -> Any:
    """A copy of one variable, or of a list or dictionary of them, in which the variables ``replace`` maps are replaced.

    Replacements are put in as they are: they are not copied, and nothing is replaced in them.  What is no variable becomes a constant
    of the type of what it replaces.  ``strict``: types must agree, up to conversions without loss; otherwise nodes are built anew by
    ``make_node`` and their types may change.  ``share_inputs``: whether the leaves are kept, or copied too (constants are kept).
    ``copy_inputs`` is the oldest name of it.  ``memo`` collects {variable: its copy}, and what it holds beforehand is used.
    """
    if copy_inputs is not None:
        warnings.warn("clone: copy_inputs is called share_inputs now", DeprecationWarning, stacklevel=2)
        share_inputs = copy_inputs
    equiv: dict[Any, Any] = {} if memo is None else memo
    for old, new in pairs_of(replace, "replacements"):
        if not isinstance(old, Variable):
            raise VariableTypeError(f"only variables can be replaced, not {old!r}")
        if not isinstance(new, Variable) or strict:
            new = old.type.filter_variable(new)
        equiv[old] = new
    single = isinstance(output, Variable)
    outputs = [output] if single else list(output.values() if isinstance(output, Mapping) else output)
    for variable in orphans_between(equiv, outputs):
        equiv[variable] = variable if share_inputs or isinstance(variable, Constant) else _leaf_copy(variable)
    _clone_nodes(outputs, equiv, strict)
    if single:
        return equiv[output]
    if isinstance(output, Mapping):
        return {key: equiv[variable] for key, variable in output.items()}
    return [equiv[variable] for variable in outputs]
