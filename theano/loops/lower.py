"""Lower a graph to nests: every op says, as functions of indices, what its results are.

An op's ``lower(self, low, node)`` calls exactly one of the result methods of its :class:`Lowering` for each output: those of
:mod:`theano.loops.making` and :mod:`theano.loops.matrix_products`, or one for a whole region here.  The functions it passes may ask what
:mod:`theano.loops.reading` offers.  The caller guarantees that composite ops have been expanded.

A complex array is lowered as two real ones, so that nothing after this pass knows complex numbers; and no op need know of it: what it
reads is a :class:`~theano.scalar.instructions.Complex`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.graph import Apply, Constant, FunctionGraph, Variable, check_maps, io_toposort
from theano.graph.copying import deep_copy_op
from theano.loops.extents import Extents
from theano.loops.making import broadcast_pattern, is_number
from theano.loops.matrix_products import Products
from theano.loops.nest import READS, Array, Operand, RegionBody, Result, Sink
from theano.scalar.instructions import Value, walk
from theano.tensor.shapes import as_size, inferred_shapes, sizes_of


class Lowering(Products):
    """The context handed to ``Op.lower``; afterwards holds the nests in topological order."""

    def __init__(self, extents: Extents | None = None, prepare: Callable[[FunctionGraph], object] = lambda graph: None) -> None:
        super().__init__(extents)
        self.prepare = prepare
        self.equalities: list[tuple[Value, Value]] = []  # of a region: what its guards make sure of
        self.constants: list[Constant] = []
        self.clients: Any = {}  # of the region's variables: the nodes that read each

    # ------------------------------------------------------------------ the graph

    def graph(self, order: Iterable[Apply]) -> None:
        """Lower nodes in topological order; graph inputs have been given as sources."""
        for node in order:
            for variable in node.inputs:
                self.leaf(variable)
            self._node = node
            self._absorbed.clear()
            lower: Any = getattr(node.op, "lower", None)
            native = lower is not None and all(is_number(v) for v in (*node.inputs, *node.outputs))
            if native:
                lower(self, node)
            else:
                self.python(node)

    def leaf(self, variable: Variable) -> None:
        """Note ``variable`` if it is a constant: a number is part of the code, an array is a source."""
        if not isinstance(variable, Constant) or variable in self.values:
            return
        if getattr(variable.data, "size", 0) == 1 and is_number(variable):
            self._node = None
            number = self.trace.const(variable.data.item(), variable.type.dtype)
            self.pointwise(variable, (self.extents.one,) * variable.data.ndim, lambda *i: number)
        else:
            self.source(variable, "constant", len(self.constants))
            self.constants.append(variable)

    def source(self, variable: Variable, storage: str, position: int) -> Result:
        """An array that exists before the program runs."""
        pattern = broadcast_pattern(variable)
        if storage == "constant":
            shape = tuple(self.int(n) for n in variable.data.shape) if is_number(variable) else ()  # type: ignore[attr-defined]
        else:
            static = getattr(variable, "static_shape", None) or (None,) * len(pattern)
            shape = tuple(self.extents.one if b else self.extents.leaf((storage, position, axis)) for axis, b in enumerate(pattern))
            if storage == "input":
                shape = tuple(
                    s if n is None or s.op == "const" else self.equal(s, self.int(n), None, ((variable, axis),), "declared shape")  # type: ignore[arg-type]
                    for axis, (s, n) in enumerate(zip(shape, static, strict=True))
                )
        result = self.result(variable, shape)
        result.storage, result.source_position = storage, position
        if not shape and "int" in result.dtype:
            result.extent = self.extents.leaf(("value", result.number))
        self.values[variable] = self.array(result)
        return result

    def python(self, node: Apply) -> None:
        """Run ``node.op.perform`` on NumPy arrays."""
        check_maps(node)
        results = []
        for out in node.outputs:
            pattern = broadcast_pattern(out)
            result = self.result(out, (self.extents.one,) * len(pattern))
            sizes = (self.extents.one if b else self.extents.told("object", result, axis) for axis, b in enumerate(pattern))
            result.shape = (*sizes, *result.shape[len(pattern) :])
            results.append(result)
        operands = [Operand(self.materialise(i)) for i in node.inputs]
        self.nest("python", results, operands=operands)
        if node.op.is_users and hasattr(node.op, "infer_shape"):
            self._hold_to_inferred_shapes(node)

    def _hold_to_inferred_shapes(self, node: Apply) -> None:
        """Guard that results have the sizes that ``infer_shape`` told: others rely on them.  What only Python could compute is not."""
        shapes = inferred_shapes(node, [sizes_of(v) if is_number(v) else None for v in node.inputs])
        told = [(out, axis, size) for out, shape in zip(node.outputs, shapes, strict=True) for axis, size in enumerate(shape or ())]
        sizes = [as_size(size) for *_, size in told]
        order = io_toposort(node.inputs, sizes)
        if any(not hasattr(n.op, "lower") or hasattr(n.op, "expand") or n is node for n in order):
            return
        for size in sizes:
            self.leaf(size)
        self.graph(order)
        for (out, axis, _), size in zip(told, sizes, strict=True):
            text = f"perform gave output {out.index} another size along axis {axis} than infer_shape told"
            self.equal(self.shape(out)[axis], self.extent(size), node, ((out, axis),), text)

    def deeply_copied(self, variable: Variable) -> Result:
        """A copy of a value that is no array."""
        self._node = deep_copy_op.make_node(variable)
        (copy,) = self._node.outputs
        self.python(self._node)
        result = self.values[copy]
        assert isinstance(result, Result)
        return result

    # ------------------------------------------------------------------ regions

    def loop(self, node: Apply, graph: FunctionGraph, count: Variable, **form: Any) -> None:
        """``node.outputs`` are what ``graph``, run ``count`` times, makes; ``form`` is a :class:`~theano.loops.regions.LoopForm`."""
        from theano.loops.regions import LoopForm, lower_loop

        lower_loop(self, node, graph, count, LoopForm(**form))

    def branch(self, node: Apply, condition: Variable, sides: Sequence[tuple[FunctionGraph, Sequence[Variable]]]) -> None:
        """``node.outputs`` are the outputs of the first side's graph if ``condition`` is not zero, else of the second's."""
        from theano.loops.regions import lower_branch

        lower_branch(self, node, condition, sides)

    def region(self, graph: FunctionGraph) -> None:
        """Lower a whole graph whose inputs are known."""
        self.clients = graph.clients
        for out in graph.outputs:
            self.leaf(out)
        self.graph(graph.toposort())

    def inside(self, graph: FunctionGraph, values: dict[Variable, Array]) -> Lowering:
        """A lowering for a region's own graph; it shares everything but the nests and what must hold in the region only."""
        self.prepare(graph)
        inside = Lowering(self.extents, self.prepare)
        inside.results, inside.checks, inside.constants = self.results, self.checks, self.constants
        inside.operands = self.operands
        inside.values = dict(values)
        return inside

    def body(self, sinks: list[Sink], own: list[Result]) -> RegionBody:
        """This lowering as a region's body; results made by no nest of its own come from outside."""
        made = {r for nest in self.nests for r in nest.results} | set(own)
        needed = [r for nest in self.nests for r in nest.arguments()]
        for sink in sinks:
            value = self.read(sink.variable, self.indices(len(self.shape(sink.variable))))
            needed += [v.data for v in walk([value]) if v.op in READS]
        return RegionBody(self, sinks, [r for r in dict.fromkeys(needed) if r not in made])
