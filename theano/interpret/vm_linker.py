"""The linker that chooses a machine: a loop, or a stack where something is lazy or someone wants to be called back.

>>> from theano.graph import Apply, FunctionGraph, Op, generic
>>> class Double(Op):
...     itypes = otypes = [generic]
...     def perform(self, node, inputs, output_storage):
...         output_storage[0][0] = inputs[0] * 2
>>> x = generic("x")
>>> seen = []
>>> linker = VM_Linker(callback=lambda node, thunk, storage_map, compute_map: seen.append(thunk.outputs[0][0]))
>>> linker.accept(FunctionGraph([x], [Double()(Double()(x))])).make_function()(3), seen
(12, [6, 12])
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from theano import interpret
from theano.errors import message
from theano.graph import Apply
from theano.interpret.linkers import LocalLinker, Made, Schedule, containers

if TYPE_CHECKING:
    from theano.interpret.cells import Cell, Cells
    from theano.interpret.machines import VM


class VM_Linker(LocalLinker):
    """Runs a graph by a :class:`~theano.interpret.machines.VM`.

    ``lazy``: whether only what is needed is computed; None: if an operation of the graph is lazy.  ``callback`` and ``callback_input``:
    see :class:`~theano.interpret.machines.Stack`.  ``allow_partial_eval``: the function takes ``output_subset``.  As the
    linker of a mode it stands for machine code unless there are callbacks, so ``use_cloop`` and ``c_thunks`` change nothing.
    """

    def __init__(
        self,
        allow_gc: bool | None = None,
        use_cloop: bool = False,
        callback: Callable[..., Any] | None = None,
        callback_input: Callable[[Any, Any], Any] | None = None,
        lazy: bool | None = None,
        schedule: Schedule | None = None,
        c_thunks: bool | None = None,
        allow_partial_eval: bool | None = None,
    ) -> None:
        for name, given in (("callback", callback), ("callback_input", callback_input)):
            if given is not None and not callable(given):
                raise TypeError(message(f"VM_Linker: {name} is {given!r}, which cannot be called", cure="give a function, or None"))
        super().__init__(allow_gc=allow_gc, schedule=schedule)
        self.callback, self.callback_input = callback, callback_input
        self.use_cloop, self.c_thunks = use_cloop, c_thunks
        self.lazy, self.allow_partial_eval = lazy, bool(allow_partial_eval)
        self.updated_vars: dict[Any, Any] = {}

    def accept_var_updates(self, updated_vars: Mapping[Any, Any]) -> None:
        """{input of the graph: the output that is its next value}, moved there at the end of each call."""
        fgraph = self._graph()
        for variable, new in updated_vars.items():
            if variable not in fgraph.inputs or new not in fgraph.outputs:
                raise ValueError(f"an update is from an output of the graph to an input of it, not from {new} to {variable}")
        self.updated_vars = dict(updated_vars)

    def compute_gc_dependencies(self, variables: Iterable[Any]) -> dict[Any, list[Any]]:
        """{variable: the variables computed from it}: when all of them are, nothing needs it any more."""
        clients = self._graph().clients
        return {v: [out for node, _ in clients.get(v, ()) if node != "output" for out in node.outputs] for v in variables}

    def make_vm(
        self,
        nodes: Sequence[Apply],
        thunks: Sequence[Any],
        input_storage: Sequence[Cell],
        output_storage: Sequence[Cell],
        storage_map: Cells,
        post_thunk_clear: Sequence[Sequence[Cell]] | None,
        computed: Iterable[Any],
        compute_map: Cells,
        updated_vars: Mapping[Any, Any],
    ) -> VM:
        """The machine for these thunks."""
        fgraph = self._graph()
        fresh = [storage_map[r] for r in self.no_recycling if r.owner is not None]
        lazy = any(thunk.lazy for thunk in thunks) if self.lazy is None else self.lazy
        vm: VM
        if lazy or self.callback or self.callback_input or self.allow_partial_eval:
            needed = self.compute_gc_dependencies(storage_map) if self.allow_gc else None
            vm = interpret.Stack(
                nodes, thunks, fresh, storage_map, compute_map, fgraph, self.allow_gc, len(updated_vars), needed,
                self.callback, self.callback_input,
            )  # fmt: skip
        elif post_thunk_clear is not None:
            vm = interpret.LoopGC(nodes, thunks, fresh, post_thunk_clear)
        else:
            vm = interpret.Loop(nodes, thunks, fresh)
        vm.updates = [(storage_map[variable], storage_map[new]) for variable, new in updated_vars.items()]
        return vm

    def make_all(
        self,
        input_storage: Sequence[Cell] | None = None,
        output_storage: Sequence[Cell] | None = None,
        storage_map: Cells | None = None,
        profiler: Any = None,
    ) -> Made:
        fgraph = self._graph()
        order = self.schedule(fgraph)
        inputs, outputs, cells = interpret.map_storage(fgraph, order, input_storage, output_storage, storage_map)
        thunks, computed = interpret.make_thunks(order, cells, self.no_recycling, in_place=hasattr(fgraph, "destroy_handler"))
        clear = interpret.unneeded_after(order, fgraph.outputs, cells) if self.allow_gc else None
        produced = [r for node in order for r in node.outputs]
        vm = self.make_vm(order, thunks, inputs, outputs, cells, clear, produced, computed, self.updated_vars)
        vm.time_thunks = profiler is not None or self.profile is not None
        return vm, *containers(fgraph, inputs, outputs), thunks, order
