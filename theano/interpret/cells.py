"""Cells: where the values of a graph's variables are while it runs.  A cell is a list of one element; None is no value.

>>> from theano.graph import FunctionGraph, generic
>>> x = generic("x")
>>> graph = FunctionGraph([x], [x], clone=False)
>>> inputs, outputs, cells = map_storage(graph, graph.toposort(), [[5]], None)
>>> cells[x] is inputs[0] is outputs[0]
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.errors import message
from theano.graph import Apply, Constant, FunctionGraph

Cell = list[Any]
Cells = dict[Any, Cell]


def map_storage(
    fgraph: FunctionGraph,
    order: Iterable[Apply],
    input_storage: Sequence[Cell] | None,
    output_storage: Sequence[Cell] | None,
    storage_map: Cells | None = None,
) -> tuple[list[Cell], list[Cell], Cells]:
    """The cells of the graph's inputs, of its outputs, and {variable: cell} of all its variables.

    Those that are given are used.  An output that is an input, or a constant, or another output, has the cell of that.
    """
    cells: Cells = {} if storage_map is None else storage_map
    for variable, cell in _given(fgraph.inputs, input_storage, "input"):
        if cells.setdefault(variable, cell) is not cell:
            cure = "give it in storage_map or by position, not both"
            raise ValueError(message(f"the input {variable} has two cells", [("input", variable, variable.type, variable.origin)], cure))
    for variable, cell in _given(fgraph.outputs, output_storage, "output"):
        cells.setdefault(variable, cell)
    for variable in (*fgraph.inputs, *(v for node in order for v in (*node.inputs, *node.outputs)), *fgraph.outputs):
        cell = cells.setdefault(variable, [None])
        if isinstance(variable, Constant):
            cell[0] = variable.data
    return [cells[r] for r in fgraph.inputs], [cells[r] for r in fgraph.outputs], cells


def _given(variables: Sequence[Any], given: Sequence[Cell] | None, what: str) -> Iterable[tuple[Any, Cell]]:
    if given is None:
        return ()
    if len(given) != len(variables):
        raise ValueError(f"{len(given)} cells are given for the {len(variables)} {what}s of the graph")
    for variable, cell in zip(variables, given):
        if not isinstance(cell, list) or not cell:
            raise TypeError(f"the cell of the {what} {variable} is a list of one element, such as [None], not {cell!r}")
    return zip(variables, given, strict=True)


def gc_helper(node_list: Iterable[Apply]) -> tuple[set[Any], dict[Any, Apply]]:
    """The variables that the nodes compute, and {variable: the last node that reads it}."""
    computed: set[Any] = set()
    last_user: dict[Any, Apply] = {}
    for node in node_list:
        last_user.update(dict.fromkeys(node.inputs, node))
        computed.update(node.outputs)
    return computed, last_user


def unneeded_after(order: Sequence[Apply], keep: Iterable[Any], cells: Cells) -> list[list[Cell]]:
    """For each node the cells of what is computed and that no later node reads; not those of the variables ``keep``."""
    computed, last_user = gc_helper(order)
    kept = set(keep)
    return [
        [
            cells[r]
            for r in dict.fromkeys((*node.inputs, *node.outputs))
            if r in computed and r not in kept and last_user.get(r, node) is node
        ]
        for node in order
    ]


def add_clear_storage(f: Callable[..., Any], computed: Iterable[Any], storage_map: Cells) -> None:
    """Give ``f`` a method ``clear_storage()`` that empties the cells of the variables ``computed``."""
    cells = [storage_map[variable] for variable in computed if variable in storage_map]

    def clear_storage() -> None:
        for cell in cells:
            cell[0] = None

    f.clear_storage = clear_storage  # type: ignore[attr-defined]
