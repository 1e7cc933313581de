"""From nodes to thunks.

>>> from theano.graph import Apply, Op, generic
>>> class Double(Op):
...     itypes = otypes = [generic]
...     def perform(self, node, inputs, output_storage):
...         output_storage[0][0] = inputs[0] * 2
>>> x = generic("x")
>>> node = Double()(x).owner
>>> [thunk], computed = make_thunks([node], {x: [3], node.out: [None]})
>>> thunk()
>>> thunk.inputs, thunk.outputs, computed[node.out]
([[3]], [[6]], [True])
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any

from theano.graph import Apply, check_maps, require_runnable
from theano.graph.running import copied, thunk_of
from theano.interpret.cells import Cell, Cells


def make_thunks(
    order: Iterable[Apply], storage_map: Cells, no_recycling: Collection[Any] = (), in_place: bool = False
) -> tuple[list[Any], Cells]:
    """The thunks of the nodes, and {variable: [whether it is computed]}, which lazy thunks read.

    Each has ``inputs`` and ``outputs`` (cells) and ``lazy``.  Operations overwrite what their ``destroy_map`` says only if ``in_place``:
    it is for who has ordered readers before destroyers (DestroyHandler) to say so.  Else they get copies of it.
    """
    compute_map: Cells = {variable: [variable.owner is None] for variable in storage_map}
    return [_thunk(node, storage_map, compute_map, no_recycling, in_place) for node in order], compute_map


def _thunk(node: Apply, storage_map: Cells, compute_map: Cells, no_recycling: Collection[Any], in_place: bool) -> Any:
    require_runnable(node)
    check_maps(node)
    thunk: Any = thunk_of(node, storage_map, compute_map, no_recycling)
    lazy = bool(getattr(thunk, "lazy", False))
    destroyed = {i for overwritten in node.op.destroy_map.values() for i in overwritten}
    if destroyed and not in_place:
        thunk = _on_copies(thunk, [storage_map[node.inputs[i]] for i in sorted(destroyed)])
    facts = {"inputs": [storage_map[v] for v in node.inputs], "outputs": [storage_map[v] for v in node.outputs], "lazy": lazy}
    try:
        vars(thunk).update(facts)
    except (TypeError, AttributeError):  # a method, or an object with slots
        thunk = partial(thunk)
        vars(thunk).update(facts)
    return thunk


def _on_copies(thunk: Callable[[], Any], cells: list[Cell]) -> Callable[[], Any]:
    def run() -> Any:
        values = [cell[0] for cell in cells]
        for cell in cells:
            cell[0] = copied(cell[0])
        try:
            return thunk()
        finally:
            for cell, value in zip(cells, values, strict=True):
                cell[0] = value

    return run
