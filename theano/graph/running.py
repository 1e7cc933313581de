"""How Python computes a node: the one place for steps of compiled functions, for constant folding and for test values.

>>> from theano.graph import Apply, Op, generic
>>> class Sorted(Op):
...     __props__ = ()
...     destroy_map = {0: [0]}
...     def make_node(self, x):
...         return Apply(self, [x], [x.type()])
...     def perform(self, node, inputs, output_storage):
...         inputs[0].sort()
...         output_storage[0][0] = inputs[0]
>>> mine = [3, 1, 2]
>>> Runner(Sorted()(generic()).owner)([mine]), mine
([[1, 2, 3]], [3, 1, 2])
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from theano.errors import ProtocolError, message
from theano.graph.op import Op, require_runnable
from theano.graph.variable import Apply, Constant, NoParams

Cells = list[list[Any]]


class Runner:
    """A function from the values of a node's inputs to the list of its results.

    It never harms what it is given: inputs that the op overwrites are copies, but for those at the positions ``owned``, which nobody
    else reads.  Calls may overlap, from threads or because the op calls its own function: a thunk has a set of cells of its own."""

    def __init__(self, node: Apply, owned: Sequence[int] = (), debug: bool = False) -> None:
        require_runnable(node)
        check_maps(node)
        self.node = node
        op = node.op
        self._copied = sorted({k for inputs in op.destroy_map.values() for k in inputs} - set(owned))
        self._idle: list[tuple[Callable[[], Any], Cells, Cells, Cells]] = []
        self._has_thunk = op.has_own_thunk()
        if self._has_thunk:
            self._idle.append(self._made())
            return
        if type(op).prepare_node is not Op.prepare_node:
            storage, ready = self._maps()
            op.prepare_node(node, storage_map=storage, compute_map=ready, impl="py")
        self._perform = getattr(op, "debug_perform", op.perform) if debug else op.perform
        params = node.run_params()
        self._params = () if params is NoParams else (params,)

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        given = list(values)
        for position in self._copied:
            given[position] = copied(given[position])
        if self._has_thunk:
            return self._through_thunk(given)
        cells: Cells = [[None] for _ in self.node.outputs]
        self._perform(self.node, given, list(cells), *self._params)
        return [cell[0] for cell in cells]

    def _through_thunk(self, values: Sequence[Any]) -> list[Any]:
        work = self._idle.pop() if self._idle else self._made()
        thunk, inputs, outputs, computed = work
        for cell, value in zip(inputs, values, strict=True):
            cell[0] = value
        try:
            thunk()
            return [cell[0] for cell in outputs]
        finally:
            for cell in (*inputs, *outputs):
                cell[0] = None
            for cell in computed:
                cell[0] = False
            self._idle.append(work)

    def _made(self) -> tuple[Callable[[], Any], Cells, Cells, Cells]:
        """A thunk of the op's own, with its cells."""
        node, (storage, ready) = self.node, self._maps()
        thunk = thunk_of(node, storage, ready, [])
        return thunk, [storage[v] for v in node.inputs], [storage[v] for v in node.outputs], [ready[v] for v in node.outputs]

    def _maps(self) -> tuple[dict[Any, list[Any]], dict[Any, list[Any]]]:
        """Cells for the values of all variables of the node, and whether those are there."""
        node = self.node
        storage: dict[Any, list[Any]] = {v: [v.data if isinstance(v, Constant) else None] for v in node.inputs}
        storage |= {v: [None] for v in node.outputs}
        return storage, {v: [v not in node.outputs] for v in storage}


def thunk_of(node: Apply, storage_map: Any, compute_map: Any, no_recycling: Any) -> Callable[[], Any]:
    """What ``make_thunk`` of the node's op returns; some take no ``impl``."""
    make = node.op.make_thunk
    names = inspect.signature(make).parameters
    extra = {"impl": "py"} if "impl" in names or any(p.kind is p.VAR_KEYWORD for p in names.values()) else {}
    thunk: Callable[[], Any] = make(node, storage_map, compute_map, no_recycling, **extra)
    if not callable(thunk):
        raise TypeError(
            message(f"{type(node.op).__name__}.make_thunk must return a function without arguments", [("returned", repr(thunk)[:60])])
        )
    return thunk


def copied(value: Any) -> Any:
    """A copy that shares nothing with ``value``."""
    return value.copy() if isinstance(value, np.ndarray) else copy.deepcopy(value)


def check_maps(node: Apply) -> None:
    """Whether ``view_map`` and ``destroy_map`` speak of outputs and inputs that there are."""
    for name in ("view_map", "destroy_map"):
        table = getattr(node.op, name)
        if not isinstance(table, Mapping):
            raise ProtocolError(_bad_map(node, name, f"is {table!r}, no dict"))
        for output, inputs in table.items():
            if not isinstance(output, int) or not 0 <= output < len(node.outputs):
                raise ProtocolError(_bad_map(node, name, f"names output {output!r} of {len(node.outputs)}"))
            if not isinstance(inputs, (list, tuple)):
                raise ProtocolError(_bad_map(node, name, f"gives {inputs!r} for output {output}, no list"))
            for position in inputs:
                if not isinstance(position, int) or not 0 <= position < len(node.inputs):
                    raise ProtocolError(_bad_map(node, name, f"names input {position!r} of {len(node.inputs)}"))
            if name == "view_map" and len(inputs) > 1:
                raise ProtocolError(_bad_map(node, name, f"says that output {output} is a view of {len(inputs)} inputs, not of one"))


def _bad_map(node: Apply, name: str, what: str) -> str:
    return message(
        f"{type(node.op).__name__}.{name} {what}",
        [("node", str(node), "", node.origin)],
        cure=f"{name} = {{output: [input, ...]}} of positions that count from 0",
    )


__all__ = ["Runner", "check_maps", "copied"]
