"""Linkers: from a function graph to something that can be called.

>>> from theano.graph import Apply, FunctionGraph, Op, generic
>>> class Double(Op):
...     itypes = otypes = [generic]
...     def perform(self, node, inputs, output_storage):
...         output_storage[0][0] = inputs[0] * 2
>>> x = generic("x")
>>> graph = FunctionGraph([x], [Double()(Double()(x))])
>>> def show(position, node, thunk):
...     thunk()
...     print(position, node.op, thunk.inputs, thunk.outputs)
>>> WrapLinker([PerformLinker()], show).accept(graph).make_function()(3)
0 Double [[3]] [[6]]
1 Double [[6]] [[12]]
12
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self

from theano import interpret  # what runs thunks is loaded when a graph is to be run
from theano.errors import message
from theano.flags import config
from theano.graph import Apply, Container, FunctionGraph

if TYPE_CHECKING:
    from theano.interpret.cells import Cell, Cells
    from theano.interpret.machines import VM

UNCHANGED: Any = object()
"""The default of arguments of ``clone``: as it was."""

Schedule = Callable[[FunctionGraph], list[Apply]]
Made = tuple[Any, list[Container], list[Container], list[Any], list[Apply]]
"""What ``make_all`` gives: a function without arguments, the containers of inputs and of outputs, the thunks, their nodes."""


class Linker:
    """The base of linkers.  ``schedule`` orders the nodes of a graph; ``fgraph.toposort()`` by default."""

    def __init__(self, *, allow_gc: bool | None = None, schedule: Schedule | None = None) -> None:
        """``allow_gc``: empty cells as soon as nothing reads them any more; by default ``config.allow_gc``."""
        self.allow_gc = config.allow_gc if allow_gc is None else allow_gc
        if schedule is not None:
            vars(self)["schedule"] = schedule

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def schedule(self, fgraph: FunctionGraph) -> list[Apply]:
        """The nodes in the order in which they run."""
        return fgraph.toposort()

    def clone(self, allow_gc: Any = UNCHANGED) -> Self:
        """A linker like this, with no graph."""
        new = copy.copy(self)
        if allow_gc is not UNCHANGED:
            new.allow_gc = allow_gc
        return new

    def make_thunk(self) -> tuple[Any, list[Container], list[Container]]:
        """A function without arguments, the containers it reads, and those it fills."""
        raise NotImplementedError(f"{type(self).__name__} does not say how a graph becomes a thunk; see PerformLinker")

    def make_function(self, unpack_single: bool = True, **kwargs: Any) -> Callable[..., Any]:
        """A function of the graph's inputs; it gives a list unless there is one output and ``unpack_single``.

        Keywords go to :meth:`make_thunk`."""
        thunk, inputs, outputs = self.make_thunk(**kwargs)

        def execute(*args: Any) -> Any:
            if len(args) != len(inputs):
                names = ", ".join(str(cell.name or cell.type) for cell in inputs)
                raise TypeError(f"the function takes {len(inputs)} arguments ({names}), {len(args)} were given")
            for cell, value in zip(inputs, args, strict=True):
                cell.value = value
            thunk()
            values = [cell.value for cell in outputs]
            return values[0] if unpack_single and len(values) == 1 else values

        execute.thunk, execute.inputs, execute.outputs = thunk, inputs, outputs  # type: ignore[attr-defined]
        return execute


class LocalLinker(Linker):
    """A linker that makes one thunk for each node."""

    fgraph: FunctionGraph | None = None
    no_recycling: tuple[Any, ...] = ()

    def accept(self, fgraph: FunctionGraph, no_recycling: Any = None, profile: Any = None) -> Self:
        """This linker, or a new one if it has another graph already, with the graph.

        ``no_recycling``: outputs whose cells are emptied before each call, True for all; so that no call changes an earlier result.
        """
        if self.fgraph is not None and self.fgraph is not fgraph:
            new = self.clone()
            new.fgraph = None
            return new.accept(fgraph, no_recycling, profile)
        self.fgraph, self.profile = fgraph, profile
        self.no_recycling = tuple(fgraph.outputs) if no_recycling is True else tuple(no_recycling or ())
        return self

    def make_thunk(
        self,
        input_storage: Sequence[Cell] | None = None,
        output_storage: Sequence[Cell] | None = None,
        storage_map: Cells | None = None,
    ) -> tuple[Any, list[Container], list[Container]]:
        return self.make_all(input_storage, output_storage, storage_map)[:3]

    def make_all(
        self,
        input_storage: Sequence[Cell] | None = None,
        output_storage: Sequence[Cell] | None = None,
        storage_map: Cells | None = None,
    ) -> Made:
        """As :meth:`make_thunk`, and also all thunks and their nodes, in order."""
        raise NotImplementedError(f"{type(self).__name__} does not make thunks; see PerformLinker")

    def _graph(self) -> FunctionGraph:
        if self.fgraph is None:
            raise TypeError(f"this {type(self).__name__} has no graph: call accept(fgraph) first")
        return self.fgraph


class PerformLinker(LocalLinker):
    """Runs each node by its operation's ``perform``, in order."""

    def __init__(self, allow_gc: bool | None = None, schedule: Schedule | None = None) -> None:
        super().__init__(allow_gc=allow_gc, schedule=schedule)

    def make_all(
        self,
        input_storage: Sequence[Cell] | None = None,
        output_storage: Sequence[Cell] | None = None,
        storage_map: Cells | None = None,
    ) -> Made:
        fgraph = self._graph()
        order = self.schedule(fgraph)
        inputs, outputs, cells = interpret.map_storage(fgraph, order, input_storage, output_storage, storage_map)
        thunks, _ = interpret.make_thunks(order, cells, self.no_recycling, in_place=hasattr(fgraph, "destroy_handler"))
        fresh = [cells[r] for r in self.no_recycling if r.owner is not None]
        clear = interpret.unneeded_after(order, fgraph.outputs, cells) if self.allow_gc else None
        return streamline(fgraph, thunks, order, clear, fresh), *containers(fgraph, inputs, outputs), thunks, order


def containers(fgraph: FunctionGraph, inputs: Iterable[Cell], outputs: Iterable[Cell]) -> tuple[list[Container], list[Container]]:
    """The cells of inputs and outputs with their names and types; those of outputs are read only."""
    return (
        [Container(r, cell) for r, cell in zip(fgraph.inputs, inputs, strict=True)],
        [Container(r, cell, readonly=True) for r, cell in zip(fgraph.outputs, outputs, strict=True)],
    )


def streamline(
    fgraph: FunctionGraph,
    thunks: Sequence[Any],
    order: Sequence[Apply],
    post_thunk_old_storage: Sequence[Sequence[Cell]] | None = None,
    no_recycling: Sequence[Cell] | None = None,
    nice_errors: bool = True,
) -> VM:
    """A machine that runs the thunks in order: first it empties the cells ``no_recycling``, after each thunk those of its entry of
    ``post_thunk_old_storage``.  Errors always name their node (``nice_errors``)."""
    machine: VM
    if post_thunk_old_storage is None:
        machine = interpret.Loop(order, thunks, no_recycling or ())
    else:
        machine = interpret.LoopGC(order, thunks, no_recycling or (), post_thunk_old_storage)
    return machine


class WrapLinker(Linker):
    """Runs several linkers' thunks node by node, side by side: for each node it calls ``wrapper(position, node, *thunks)``, which runs
    them, looks at their ``inputs`` and ``outputs``, and may do anything else."""

    def __init__(self, linkers: Sequence[LocalLinker], wrapper: Callable[..., Any]) -> None:
        super().__init__()
        if not isinstance(linkers, (list, tuple)) or not linkers:
            raise ValueError(
                message(f"WrapLinker needs at least one linker, in a list, not {linkers!r}", cure="WrapLinker([PerformLinker()], f)")
            )
        if not callable(wrapper):
            raise TypeError(message(f"WrapLinker: wrapper is {wrapper!r}, which cannot be called", cure="def wrapper(i, node, *thunks)"))
        self.linkers, self.wrapper = list(linkers), wrapper
        self.fgraph: FunctionGraph | None = None

    def clone(self, allow_gc: Any = UNCHANGED) -> Self:
        new = super().clone(allow_gc)
        new.linkers = [linker.clone(allow_gc) for linker in self.linkers]
        return new

    def accept(self, fgraph: FunctionGraph, no_recycling: Any = None, profile: Any = None) -> Self:
        """This linker, or a new one if it has another graph already, with the graph."""
        if self.fgraph is not None and self.fgraph is not fgraph:
            new = self.clone()
            new.fgraph = None
            return new.accept(fgraph, no_recycling, profile)
        self.fgraph = fgraph
        self.linkers = [linker.accept(fgraph, no_recycling if k == 0 else True, profile) for k, linker in enumerate(self.linkers)]
        return self

    def pre(self, f: Any, inputs: list[Any], order: list[Apply], thunk_groups: list[tuple[Any, ...]]) -> None:
        """Called before the nodes run, with the values of the inputs; for subclasses."""

    def make_thunk(self, **kwargs: Any) -> tuple[Any, list[Container], list[Container]]:
        first, *others = [linker.make_all(**(kwargs if k == 0 else {})) for k, linker in enumerate(self.linkers)]
        order = first[4]
        if any(other[4] != order for other in others):
            raise ValueError("WrapLinker: the linkers put the nodes in different orders")
        groups = list(zip(first[3], *(other[3] for other in others), strict=True))
        emptied = [cell for made in (first, *others) for cell in made[0].pre_call_clear]

        def f() -> None:
            for cell in emptied:
                cell[0] = None
            for other in others:
                for source, target in zip(first[1], other[1], strict=True):
                    target.storage[0] = copy.copy(source.storage[0])
            self.pre(self, [cell.value for cell in first[1]], order, groups)
            for position, (node, thunks) in enumerate(zip(order, groups, strict=True)):
                try:
                    self.wrapper(position, node, *thunks)
                except Exception:
                    interpret.raise_with_op(node, thunks[0])

        f.thunk_groups = groups  # type: ignore[attr-defined]
        return f, first[1], first[2]


def WrapLinkerMany(linkers: Sequence[LocalLinker], wrappers: Sequence[Callable[..., Any]]) -> WrapLinker:
    """A :class:`WrapLinker` that calls several wrappers, one after the other."""

    def wrapper(*args: Any) -> None:
        for one in wrappers:
            one(*args)

    return WrapLinker(linkers, wrapper)
