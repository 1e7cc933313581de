"""Machines: what runs the thunks of a graph, all in their order or those that turn out to be needed.

>>> cell = [0]
>>> class Thunk:
...     inputs = outputs = [cell]
...     lazy = False
...     def __call__(self):
...         cell[0] += 1
>>> from theano.graph import Apply, Op, generic
>>> class Count(Op):
...     itypes = otypes = [generic]
>>> machine = Loop([Count()(generic()).owner], [Thunk()], [])
>>> machine(), machine(), cell
(None, None, [2])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any

from theano.graph import Apply, FunctionGraph
from theano.interpret.cells import Cell, Cells
from theano.interpret.failures import raise_with_op


class VM:
    """The base of machines: ``nodes``, and for each its thunk; the cells ``pre_call_clear`` are emptied before each call.

    Calls and seconds of each thunk are counted in ``call_counts`` and ``call_times`` where ``time_thunks`` is set.
    """

    time_thunks = False

    def __init__(self, nodes: Sequence[Apply], thunks: Sequence[Any], pre_call_clear: Sequence[Cell]) -> None:
        if len(nodes) != len(thunks):
            raise ValueError(f"{len(nodes)} nodes have {len(thunks)} thunks")
        self.nodes, self.thunks, self.pre_call_clear = list(nodes), list(thunks), list(pre_call_clear)
        self.call_counts, self.call_times = [0] * len(thunks), [0.0] * len(thunks)
        self.updates: list[tuple[Cell, Cell]] = []
        """(the cell of an input, that of its next value): moved when all is done."""

    def __call__(self) -> Any:
        """Compute everything."""
        raise NotImplementedError(f"{type(self).__name__} does not say in which order thunks run; see Loop and Stack")

    def clear_storage(self) -> None:
        """Empty the cells that the thunks fill."""
        for thunk in self.thunks:
            for cell in thunk.outputs:
                cell[0] = None

    def update_profile(self, profile: Any) -> None:
        """Add what was counted to ``profile.apply_time`` and ``profile.apply_callcount``, {node: number}, and count from 0 again."""
        for position, node in enumerate(self.nodes):
            profile.apply_time[node] = profile.apply_time.get(node, 0.0) + self.call_times[position]
            profile.apply_callcount[node] = profile.apply_callcount.get(node, 0) + self.call_counts[position]
            self.call_times[position], self.call_counts[position] = 0.0, 0

    def _begin(self) -> None:
        for cell in self.pre_call_clear:
            cell[0] = None

    def _run(self, position: int, storage_map: Cells | None = None) -> Any:
        """One thunk, counted; an error bears the name of the node."""
        started = perf_counter() if self.time_thunks else 0.0
        try:
            result = self.thunks[position]()
        except Exception:
            raise_with_op(self.nodes[position], self.thunks[position], storage_map=storage_map)
        if self.time_thunks:
            self.call_times[position] += perf_counter() - started
            self.call_counts[position] += 1
        return result

    def _end(self) -> None:
        for cell, value in [(cell, new[0]) for cell, new in self.updates]:
            cell[0] = value


class Loop(VM):
    """Runs all thunks in their order."""

    def __call__(self) -> None:
        self._begin()
        for position in range(len(self.thunks)):
            self._run(position)
        self._end()


class LoopGC(VM):
    """Runs all thunks in their order, and after each empties the cells that nothing reads any more."""

    def __init__(
        self, nodes: Sequence[Apply], thunks: Sequence[Any], pre_call_clear: Sequence[Cell], post_thunk_clear: Sequence[Sequence[Cell]]
    ) -> None:
        super().__init__(nodes, thunks, pre_call_clear)
        if len(post_thunk_clear) != len(thunks):
            raise ValueError(f"{len(thunks)} thunks have {len(post_thunk_clear)} lists of cells to empty")
        self.post_thunk_clear = post_thunk_clear

    def __call__(self) -> None:
        self._begin()
        for position, cells in enumerate(self.post_thunk_clear):
            self._run(position)
            for cell in cells:
                cell[0] = None
        self._end()


class Stack(VM):
    """Runs what the outputs turn out to need.

    A *lazy* thunk says, each time it is called, which of its inputs it must have before it can go on: a list of their numbers, or
    nothing when it is done.  ``callback(node=, thunk=, storage_map=, compute_map=)`` is called after each node,
    ``callback_input(variable, value)`` for each input.  The last ``n_updates`` outputs are computed whatever else is asked for.
    """

    def __init__(
        self,
        nodes: Sequence[Apply],
        thunks: Sequence[Any],
        pre_call_clear: Sequence[Cell],
        storage_map: Cells,
        compute_map: Cells,
        fgraph: FunctionGraph,
        allow_gc: bool,
        n_updates: int,
        dependencies: Mapping[Any, Sequence[Any]] | None = None,
        callback: Callable[..., Any] | None = None,
        callback_input: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        super().__init__(nodes, thunks, pre_call_clear)
        if allow_gc and dependencies is None:
            raise ValueError("Stack: allow_gc needs dependencies, {variable: the variables that are computed from it}")
        self.storage_map, self.compute_map, self.fgraph = storage_map, compute_map, fgraph
        self.allow_gc, self.n_updates, self.dependencies = allow_gc, n_updates, dependencies or {}
        self.callback, self.callback_input = callback, callback_input
        self.position = {node: position for position, node in enumerate(self.nodes)}
        self.before = fgraph.orderings()
        self._kept = set(fgraph.outputs)

    def run_thunk_of_node(self, node: Apply) -> Any:
        """Call the thunk of ``node``, and the callback; give what it asks for."""
        position = self.position[node]
        asked = self._run(position, self.storage_map)
        if self.callback is not None and not (self.thunks[position].lazy and asked):
            self.callback(node=node, thunk=self.thunks[position], storage_map=self.storage_map, compute_map=self.compute_map)
        return asked

    def __call__(self, output_subset: Iterable[int] | None = None) -> None:
        """Compute the outputs, or those whose numbers are given and what must be updated."""
        self._begin()
        for variable, computed in self.compute_map.items():
            computed[0] = variable.owner is None
        if self.callback_input is not None:
            for variable in self.fgraph.inputs:
                self.callback_input(variable, self.storage_map[variable][0])
        outputs = self.fgraph.outputs
        count = len(outputs) - self.n_updates
        wanted = outputs if output_subset is None else [*(outputs[i] for i in output_subset), *outputs[count:]]
        stack = [variable.owner for variable in reversed(wanted) if variable.owner is not None]
        while stack:
            missing = self._advance(stack[-1])
            if missing:
                stack.extend(missing)
            else:
                stack.pop()
        self._end()

    def _advance(self, node: Apply) -> list[Apply]:
        """Run ``node``, or give the nodes that must run before it can."""
        if self._computed(node):
            return []
        before = self.before.get(node, ())
        missing = [other for other in before if not self._computed(other)]
        if missing:
            return missing
        lazy = self.thunks[self.position[node]].lazy
        if not lazy:
            missing = self._missing(node.inputs)
        if not missing:
            asked = self.run_thunk_of_node(node)
            if lazy and asked:
                return self._missing([node.inputs[i] for i in asked])
            self._done(node)
        return missing

    def _computed(self, node: Apply) -> bool:
        return all(self.compute_map[output][0] for output in node.outputs)

    def _missing(self, variables: Iterable[Any]) -> list[Apply]:
        return [variable.owner for variable in variables if not self.compute_map[variable][0]]

    def _done(self, node: Apply) -> None:
        for output in node.outputs:
            self.compute_map[output][0] = True
        if self.allow_gc:
            for variable in node.inputs:
                needed = any(not self.compute_map[other][0] for other in self.dependencies.get(variable, ()))
                if not needed and variable.owner is not None and variable not in self._kept:
                    self.storage_map[variable][0] = None
