"""Sizes without the arrays they belong to.

Every size is written in the sizes of inputs, through each op's ``infer_shape``, so that no array is computed for the sake of its shape.
Equal sizes are one variable as far as can be told: results are hash-consed, and sizes that an elementwise operation
needs to agree are joined (it checks them when it runs).
"""

from __future__ import annotations

from typing import Any

from theano.dtypes import is_discrete
from theano.graph import Apply, Constant, Variable
from theano.rewrite.engine import Rewriter, rewrite
from theano.rewrite.terms import as_dtype, literal
from theano.scalar import add, mul
from theano.tensor.create import alloc_op
from theano.tensor.elemwise import Elemwise, elemwise
from theano.tensor.reduce import CAReduce
from theano.tensor.shapes import MakeVector, Rebroadcast, Shape, Shape_i, as_size, constant_integer, inferred_shapes, patternbroadcast
from theano.tensor.subtensor import Subtensor
from theano.tensor.type import TensorType

Sizes = tuple[Any, ...]


class SizeTable:
    """The sizes of variables of one run of the rewriter, computed when asked for."""

    def __init__(self, rewriter: Rewriter) -> None:
        self._rewriter = rewriter
        self._sizes: dict[Variable, Sizes] = {}
        self._joined: dict[Variable, Variable] = {}
        self._interned: dict[Any, Variable] = {}
        self._numbers: dict[int, Any] = {}

    def of(self, variable: Any) -> Sizes:
        """The sizes of ``variable``: 0-d int64 variables that are safe to put into the graph now."""
        self._compute(variable)
        return tuple(self._present(size) for size in self._sizes[variable])

    def same(self, a: Any, b: Any) -> bool:
        """Whether two sizes are known to be equal."""
        return self._root(self._intern(a)) is self._root(self._intern(b))

    def same_shape(self, a: Any, b: Any) -> bool:
        """Whether two variables are known to be of the same shape."""
        if a.type.ndim != b.type.ndim:
            return False
        self._compute(a)
        self._compute(b)
        return all(self._root(x) is self._root(y) for x, y in zip(self._sizes[a], self._sizes[b], strict=True))

    # computing

    def _compute(self, variable: Any) -> None:
        stack = [variable]
        while stack:
            variable = stack[-1]
            if variable in self._sizes:
                stack.pop()
                continue
            node = variable.owner
            if node is None or not hasattr(node.op, "infer_shape") or not isinstance(variable.type, TensorType):
                self._sizes[variable] = self._leaf(variable)
                stack.pop()
                continue
            missing = [i for i in node.inputs if isinstance(i.type, TensorType) and i not in self._sizes]
            if missing:
                stack += missing
                continue
            stack.pop()
            self._infer(node)

    def _infer(self, node: Apply) -> None:
        given = [self._sizes.get(i, () if getattr(i.type, "ndim", None) == 0 else None) for i in node.inputs]
        for output, sizes in zip(node.outputs, inferred_shapes(node, given), strict=True):
            if sizes is None:
                self._sizes[output] = self._leaf(output)
            else:
                self._sizes[output] = tuple(self._size(output, axis, size) for axis, size in enumerate(sizes))
        if isinstance(node.op, Elemwise):
            self._join_stretched(node)

    def _size(self, variable: Any, axis: int, size: Any) -> Any:
        known = 1 if variable.type.broadcastable[axis] else variable.static_shape[axis]
        return self._number(known) if known is not None else self._intern(as_size(size))

    def _leaf(self, variable: Any) -> Sizes:
        if not isinstance(variable.type, TensorType):
            return ()
        known = [1 if flag else size for flag, size in zip(variable.type.broadcastable, variable.static_shape, strict=True)]
        return tuple(self._intern(Shape_i(axis)(variable)) if size is None else self._number(size) for axis, size in enumerate(known))

    def _join_stretched(self, node: Apply) -> None:
        """The dimensions of the inputs that do not stretch are equal, or the node fails."""
        output = node.outputs[0]
        for axis, size in enumerate(self._sizes[output]):
            for variable in node.inputs:
                if not variable.type.broadcastable[axis]:
                    self._join(size, self._sizes[variable][axis])

    def _join(self, a: Variable, b: Variable) -> None:
        a, b = self._root(a), self._root(b)
        if a is not b:
            if isinstance(a, Constant):
                a, b = b, a
            if not isinstance(a, Constant):
                self._joined[a] = b

    def _root(self, size: Variable) -> Variable:
        joined = self._joined
        while (up := joined.get(size)) is not None:
            if (top := joined.get(up)) is not None:
                joined[size] = up = top  # the way is shorter next time
            size = up
        return size

    def _number(self, number: int) -> Any:
        if number not in self._numbers:
            self._numbers[number] = literal(number, "int64", 0)
        return self._numbers[number]

    def _intern(self, size: Any) -> Any:
        """The one variable for equal expressions of sizes."""
        number = constant_integer(size)
        if number is not None:
            return self._number(number)
        done: dict[Variable, Any] = {}
        stack = [size]
        while stack:
            variable = stack[-1]
            node = variable.owner
            if variable in done:
                stack.pop()
            elif node is None or variable in self._rewriter.clients or isinstance(node.op, Shape_i) or len(node.outputs) != 1:
                done[variable] = self._same_leaf(variable)
                stack.pop()
            else:
                missing = [i for i in node.inputs if i not in done]
                if missing:
                    stack += missing
                    continue
                stack.pop()
                inputs = [done[i] for i in node.inputs]
                key = (node.op, *map(id, inputs))
                if key not in self._interned:
                    same = all(x is y for x, y in zip(inputs, node.inputs, strict=True))
                    self._interned[key] = variable if same else node.op.make_node(*inputs).outputs[0]
                done[variable] = self._interned[key]
        return done[size]

    def _same_leaf(self, variable: Any) -> Any:
        number = constant_integer(variable)
        if number is not None and variable.type.dtype == "int64":
            return self._number(number)
        if variable.owner is None:
            return variable
        return self._interned.setdefault((variable.owner.op, *map(id, variable.owner.inputs)), variable)

    # using

    def _present(self, size: Any) -> Any:
        """``size`` in terms of what is in the graph now: what was replaced meanwhile is read off its replacement."""
        if isinstance(size, Constant) or size.owner is None:
            return size
        if isinstance(size.owner.op, Shape_i):
            variable = size.owner.inputs[0]
            now = self._rewriter.current(variable)
            return size if now is variable else self.of(now)[size.owner.op.i]
        return self._rewriter.current(size)


def size_table(rewriter: Rewriter) -> SizeTable:
    """The table of this run."""
    table = rewriter.memory.get("sizes")
    if table is None:
        table = rewriter.memory["sizes"] = SizeTable(rewriter)
    return table


def broadcast_as(rewriter: Rewriter, value: Any, model: Any) -> Any:
    """``value`` spread over the shape of ``model``, if its pattern does not tell that shape already."""
    if value.type.broadcastable == model.type.broadcastable:
        return value
    return spread_over(value, size_table(rewriter).of(model), model)


def spread_over(value: Any, sizes: Sizes, model: Any) -> Any:
    """``value`` spread over ``sizes``, with the pattern of ``model``."""
    return patternbroadcast(alloc_op(value, *sizes), model.type.broadcastable)


# --------------------------------------------------------------------------------------------------- rules


@rewrite("shape", Shape_i)
def size_from_inputs(rewriter: Rewriter, node: Apply) -> Any:
    """A size is computed from the sizes of inputs, not read off a result."""
    variable = node.inputs[0]
    size = size_table(rewriter).of(variable)[node.op.i]
    if size.owner is not None and isinstance(size.owner.op, Shape_i) and size.owner.inputs[0] is variable and size.owner.op.i == node.op.i:
        return None
    return size


@rewrite("shape", Shape)
def shape_from_inputs(rewriter: Rewriter, node: Apply) -> Any:
    """A shape is a vector of sizes."""
    if not isinstance(node.inputs[0].type, TensorType):
        return None
    return patternbroadcast(MakeVector("int64")(*size_table(rewriter).of(node.inputs[0])), (False,))


@rewrite("shape", Subtensor)
def entry_of_vector(rewriter: Rewriter, node: Apply) -> Any:
    """A constant entry, or slice, of a vector made of scalars is those scalars."""
    owner = node.inputs[0].owner
    if owner is not None and not isinstance(owner.op, MakeVector) and _is_rebroadcast_vector(owner):
        owner = owner.inputs[0].owner
    if owner is None or not isinstance(owner.op, MakeVector):
        return None
    index = constant_index(node)
    if index is None or len(index) != 1:
        return None
    (entry,) = index
    if isinstance(entry, slice):
        chosen = MakeVector(owner.op.dtype)(*owner.inputs[entry])
        return patternbroadcast(chosen, node.outputs[0].type.broadcastable)
    return owner.inputs[entry] if -len(owner.inputs) <= entry < len(owner.inputs) else None


def _is_rebroadcast_vector(node: Apply) -> bool:
    return isinstance(node.op, Rebroadcast) and node.inputs[0].owner is not None and isinstance(node.inputs[0].owner.op, MakeVector)


@rewrite("shape", CAReduce)
def reduction_of_vector(rewriter: Rewriter, node: Apply) -> Any:
    """The sum or product of a vector made of scalars is that of the scalars."""
    owner = node.inputs[0].owner
    if owner is None or node.op.scalar_op not in (add, mul) or type(node.op).__name__ not in ("Sum", "Prod"):
        return None
    if not isinstance(owner.op, MakeVector) and _is_rebroadcast_vector(owner):
        owner = owner.inputs[0].owner
    if owner is None or not isinstance(owner.op, MakeVector) or not owner.inputs or node.op.axis == ():
        return None
    accumulator, dtype = node.op.accumulator(node), node.outputs[0].type.dtype
    parts = [as_dtype(i, accumulator if is_discrete(accumulator) else dtype) for i in owner.inputs]
    return as_dtype(parts[0] if len(parts) == 1 else elemwise(node.op.scalar_op)(*parts), dtype)


def constant_index(node: Apply) -> list[Any] | None:
    """The index of a Subtensor as numbers and slices of numbers, or None if some entry is not constant."""
    entries = node.op.get_constant_idx(node.inputs, allow_partial=True)
    for entry in entries:
        fields = (entry.start, entry.stop, entry.step) if isinstance(entry, slice) else (entry,)
        if any(isinstance(f, Variable) for f in fields):
            return None
    return entries  # type: ignore[no-any-return]
