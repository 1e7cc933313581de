"""Moving things past one another, so that they meet what they cancel with.

Constants spread over a shape move outwards, past elementwise operations and reductions, until nothing is left of them
(the gradient of a mean fills a matrix with one number; only the number remains).  Rearrangements of dimensions and
indices move inwards.  Numbers move out of sums.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from theano.dtypes import is_continuous, is_discrete
from theano.graph import Apply, Op
from theano.rewrite.engine import Rewriter, anchored, rewrite
from theano.rewrite.shape import broadcast_as, size_table, spread_over
from theano.rewrite.terms import Product, as_dtype, cost_of_product, literal, read_product, scalar_op_of, write_product, write_sum
from theano.rewrite.terms import Sum as Sum_
from theano.scalar import OPS
from theano.tensor.create import Alloc, filled_with
from theano.tensor.elemwise import DimShuffle, Elemwise, dimshuffle, elemwise
from theano.tensor.joining import join
from theano.tensor.products import Dot, dot_op
from theano.tensor.reduce import Sum, reduced_axes
from theano.tensor.reshaping import Reshape
from theano.tensor.shapes import MakeVector, Shape_i, as_size, constant_integer, patternbroadcast, specify_shape
from theano.tensor.subtensor import AdvancedIncSubtensor, AdvancedIncSubtensor1, IncSubtensor, Subtensor

SECOND = OPS["second"]

# ---------------------------------------------------------------------------------------- filled constants


def padded(value: Any, ndim: int) -> Any:
    """``value`` with broadcastable dimensions in front up to rank ``ndim``."""
    missing = ndim - value.type.ndim
    return value.dimshuffle(*["x"] * missing, *range(value.type.ndim)) if missing else value


def filling(variable: Any) -> Any:
    """The value that ``variable`` spreads over a shape (padded to its rank), or None."""
    node = variable.owner
    if node is None:
        return None
    if isinstance(node.op, Alloc):
        return padded(node.inputs[0], variable.type.ndim)
    if scalar_op_of(variable) is SECOND and node.inputs[1].type.dtype == variable.type.dtype:
        return node.inputs[1]
    return None


@rewrite("lift", Elemwise)
def fill_through_elementwise(rewriter: Rewriter, node: Apply) -> Any:
    """In ``x * fill(x, c)`` the shape comes from ``x``: ``x * c``.  In ``exp(fill(x, c))`` the fill goes outside."""
    if len(node.outputs) != 1 or node.op.scalar_op is SECOND or node.op.inplace_pattern:
        return None
    inputs = node.inputs
    values = [filling(v) for v in inputs]
    if all(value is None for value in values):
        return None
    table, output = size_table(rewriter), node.outputs[0]
    solid = [v for v, value in zip(inputs, values, strict=True) if value is None]
    new = list(inputs)
    for position, (variable, value) in enumerate(zip(inputs, values, strict=True)):
        if value is not None and value.type != variable.type and _shape_known(table, variable, value, solid):
            new[position] = value
    if any(a is not b for a, b in zip(new, inputs, strict=True)):
        return broadcast_as(rewriter, node.op(*new), output)
    if any(not all(v.type.broadcastable) for v in solid):
        return None
    return _fill_outside(rewriter, node, values)


def _shape_known(table: Any, variable: Any, value: Any, others: list[Any]) -> bool:
    """Whether each size that ``variable`` has beyond ``value`` is also that of one of ``others``."""
    for axis, (narrow, wide) in enumerate(zip(value.type.broadcastable, variable.type.broadcastable, strict=True)):
        if narrow and not wide:
            size = table.of(variable)[axis]
            if not any(not o.type.broadcastable[axis] and table.same(size, table.of(o)[axis]) for o in others):
                return False
    return True


def _fill_outside(rewriter: Rewriter, node: Apply, values: list[Any]) -> Any:
    """All inputs are spread over one shape, or are single numbers: spread the result."""
    output, table = node.outputs[0], size_table(rewriter)
    filled = [v for v, value in zip(node.inputs, values, strict=True) if value is not None]
    model = next((v for v in filled if v.type.broadcastable == output.type.broadcastable), None)
    if model is None:
        return None
    if not all(_shape_known(table, v, filling(v), [model]) for v in filled if v is not model):
        return None
    inside = node.op(*(v if value is None else value for v, value in zip(node.inputs, values, strict=True)))
    if inside.type.broadcastable == output.type.broadcastable:
        return None
    if scalar_op_of(model) is SECOND:
        return elemwise(SECOND)(model.owner.inputs[0], inside)
    return spread_over(inside, table.of(model), output)


@rewrite("lift", DimShuffle)
def fill_through_dimshuffle(rewriter: Rewriter, node: Apply) -> Any:
    """Rearranged dimensions of a spread value: the value rearranged, then spread."""
    (x,), output = node.inputs, node.outputs[0]
    if x.owner is None or not isinstance(x.owner.op, Alloc):
        return None
    value = filling(x)
    if value.type == x.type:
        return None
    inside = dimshuffle(value.type.broadcastable, node.op.new_order)(value)
    return broadcast_as(rewriter, inside, output)


@rewrite("lift", Sum)
def sum_of_fill(rewriter: Rewriter, node: Apply) -> Any:
    """The sum of a value spread along an axis is the value times the size of the axis."""
    (x,), output = node.inputs, node.outputs[0]
    if type(node.op) is not Sum or x.owner is None or not isinstance(x.owner.op, Alloc) or x.type.dtype == "bool":
        return None
    value = filling(x)
    axes = [a for a in reduced_axes(node.op.axis, x) if value.type.broadcastable[a]]
    if not axes:
        return None
    sizes = size_table(rewriter).of(x)
    counts = [sizes[a] for a in axes if not x.type.broadcastable[a]]
    accumulator = node.op.accumulator(node)
    dtype = accumulator if is_discrete(accumulator) else output.type.dtype  # of integers what wraps around does so before the result
    kept = [a for a in range(x.type.ndim) if a not in axes]
    rest = [kept.index(a) for a in reduced_axes(node.op.axis, x) if a not in axes]
    inside = value.dimshuffle(*kept)
    if rest:
        inside = Sum(tuple(rest), dtype=dtype, acc_dtype=node.op.acc_dtype)(inside)
    inside = as_dtype(inside, dtype)
    if counts:
        count = as_dtype(elemwise(OPS["mul"])(*counts) if len(counts) > 1 else counts[0], dtype)
        inside = inside * padded(count, inside.type.ndim)
    return broadcast_as(rewriter, as_dtype(inside, output.type.dtype), output)


@rewrite("lift", Subtensor, Reshape)
def index_of_fill(rewriter: Rewriter, node: Apply) -> Any:
    """A part, or another shape, of one number spread over a shape."""
    owner = node.inputs[0].owner
    if owner is None or not isinstance(owner.op, Alloc) or not all(owner.inputs[0].type.broadcastable):
        return None
    output, value = node.outputs[0], owner.inputs[0]
    if type(node.op) is Reshape and node.op.ndim == 0:
        return None
    if isinstance(node.op, Subtensor) and not all(isinstance(entry, slice) for entry in node.op.idx_list):
        return None  # an index may be out of bounds
    return spread_over(value.dimshuffle(), size_table(rewriter).of(output), output)


# ---------------------------------------------------------------------------------------------- dimensions


@rewrite("lift", DimShuffle)
def dimshuffle_through_elementwise(rewriter: Rewriter, node: Apply) -> Any:
    """Rearrange the arguments, not the result: `dimshuffle` meets what it cancels with, constants fold."""
    (x,) = node.inputs
    if not isinstance(x.owner.op if x.owner is not None else None, Elemwise) or len(x.owner.outputs) != 1 or not rewriter.used_once(x):
        return None
    if x.owner.op.scalar_op is SECOND or x.owner.op.inplace_pattern or not all(_rests(rewriter, v) for v in x.owner.inputs):
        return None
    moved = [dimshuffle(v.type.broadcastable, node.op.new_order)(v) for v in x.owner.inputs]
    return x.owner.op(*moved)


def _rests(rewriter: Rewriter, v: Any, depth: int = 2) -> bool:
    """Whether a rearrangement of ``v`` comes to rest after few steps; moving through each link of a chain would cost its square."""
    if v.owner is None or not isinstance(v.owner.op, Elemwise) or all(v.type.broadcastable) or not rewriter.used_once(v):
        return True
    return depth > 0 and all(_rests(rewriter, i, depth - 1) for i in v.owner.inputs)


@rewrite("lift", DimShuffle)
def transpose_through_dot(rewriter: Rewriter, node: Apply) -> Any:
    """``dot(x, y).T`` is ``dot(y.T, x.T)``."""
    (x,) = node.inputs
    if node.op.new_order != (1, 0) or x.owner is None or not isinstance(x.owner.op, Dot) or not rewriter.used_once(x):
        return None
    left, right = x.owner.inputs
    if left.type.ndim != 2 or right.type.ndim != 2:
        return None
    if any(v.owner is not None and not isinstance(v.owner.op, DimShuffle) for v in (left, right)):
        return None
    return dot_op(right.T, left.T)


@rewrite("lift", Subtensor)
def index_through_elementwise(rewriter: Rewriter, node: Apply) -> Any:
    """Index the arguments of a function of small vectors or inputs, not its result (where none of them is stretched)."""
    x = node.inputs[0]
    if type(node.op) is not Subtensor or not isinstance(x.owner.op if x.owner is not None else None, Elemwise):
        return None
    if len(x.owner.outputs) != 1 or not rewriter.used_once(x) or x.owner.op.inplace_pattern or x.owner.op.scalar_op is SECOND:
        return None
    moved = []
    for v in x.owner.inputs:
        small = v.owner is None or isinstance(v.owner.op, MakeVector)
        if small and v.type.broadcastable == x.type.broadcastable and not any(v.type.broadcastable):
            moved.append(node.op(v, *node.inputs[1:]))
        elif all(v.type.broadcastable):
            moved.append(v.dimshuffle())
        else:
            return None
    if all(m.type.ndim == 0 for m in moved) and node.outputs[0].type.ndim:
        return None
    return x.owner.op(*moved)


@rewrite("lift", Dot)
def dot_of_zeros(rewriter: Rewriter, node: Apply) -> Any:
    """The product with a matrix of zeros."""
    for operand in node.inputs:
        value = filling(operand)
        if value is not None and filled_with(value) == 0:
            output = node.outputs[0]
            return broadcast_as(rewriter, literal(0, output.type.dtype, output.type.ndim), output)
    return None


# -------------------------------------------------------------------------------------------------- sums


@rewrite("lift", Sum)
def factors_out_of_sum(rewriter: Rewriter, node: Apply) -> Any:
    """``sum(c * x)`` is ``c * sum(x)`` for a number ``c``, or what else is constant along the axes: fewer multiplications."""
    parts = _factored(rewriter, node) if rewriter.used_once(node.inputs[0]) else None
    if parts is None:
        return None
    read, outside, inside, core = parts
    total = node.op(core)
    axes = reduced_axes(node.op.axis, core)
    whole = Product(read.coefficient, [(total, 1), *((_of_something(rewriter, b, core, axes, (Shape_i,)), e) for b, e in outside)])
    if cost_of_product(whole)[0] + cost_of_product(inside)[0] > read.nodes + 1:
        return None
    return write_product(whole, total.type.dtype, total.type.ndim)


@rewrite("specialize", Sum)
def sum_before_factors(rewriter: Rewriter, node: Apply) -> Any:
    """The same where ``c * x`` is needed besides: there are not fewer multiplications, but the sum does not wait for ``c``, which may be
    made of other sums."""
    parts = None if rewriter.used_once(node.inputs[0]) else _factored(rewriter, node)
    if parts is None:
        return None
    read, outside, inside, core = parts
    if not outside or [e for _, e in inside.factors] != [1]:
        return None
    total = node.op(core)
    axes = reduced_axes(node.op.axis, core)
    factors = [(_of_something(rewriter, b, core, axes), e) for b, e in outside]
    return write_product(Product(read.coefficient, [(total, 1), *factors]), total.type.dtype, total.type.ndim)


def _factored(rewriter: Rewriter, node: Apply) -> tuple[Product, list[tuple[Any, Any]], Product, Any] | None:
    """What is summed as a product; its factors that are constant along the axes, without these; the product of the others; its value."""
    (x,), output = node.inputs, node.outputs[0]
    if type(node.op) is not Sum or not is_continuous(x.type.dtype) or x.type.dtype != output.type.dtype or x.type.ndim == 0:
        return None
    if scalar_op_of(x) is None:
        return None
    axes = reduced_axes(node.op.axis, x)
    read = read_product(x, rewriter.used_once)
    varying = [any(wide != narrow for wide, narrow in zip(_part(b, axes), _part(x, axes), strict=True)) for b, _ in read.factors]
    outside = [f for f, constant in zip(read.factors, varying, strict=True) if constant and all(_part(f[0], axes))]
    inside = Product(1, [f for f in read.factors if f not in outside])
    if read.coefficient == 0 or not inside.factors or (not outside and read.coefficient == 1):
        return None
    core = write_product(inside, x.type.dtype, x.type.ndim)
    if core.type != x.type:
        return None
    kept = [a for a in range(x.type.ndim) if a not in axes]
    return read, [(b.dimshuffle(*kept), e) for b, e in outside], inside, core


def _of_something(rewriter: Rewriter, factor: Any, x: Any, axes: tuple[int, ...], sources: tuple[Any, ...] = (Op,)) -> Any:
    """``factor``, but 1 where it may be no number because ``x`` has no elements along ``axes``: if it is made of ``sources``, element by
    element, such as sizes or other sums."""
    sizes = [size for a in axes if constant_integer(size := size_table(rewriter).of(x)[a]) in (None, 0)]
    if not sizes or not _made_of(factor, sources):
        return factor
    count = elemwise(OPS["mul"])(*sizes) if len(sizes) > 1 else sizes[0]
    return elemwise(OPS["switch"])(padded(count, factor.type.ndim) > 0, factor, literal(1, factor.type.dtype, factor.type.ndim))


def _made_of(variable: Any, sources: tuple[Any, ...], most: int = 16) -> bool:
    """Whether a few steps back there are ``sources``, through nothing but elementwise operations."""
    stack = [variable]
    for _ in range(most):
        node = stack.pop().owner if stack else None
        if node is not None and isinstance(node.op, (Elemwise, DimShuffle)):
            stack += node.inputs
        elif node is not None and isinstance(node.op, sources):
            return True
    return False


def _part(variable: Any, axes: tuple[int, ...]) -> list[bool]:
    return [variable.type.broadcastable[a] for a in axes]


@rewrite("lift", Sum)
def join_sums(rewriter: Rewriter, node: Apply) -> Any:
    """The sum over one axis of the sum over another is one sum."""
    (x,), output = node.inputs, node.outputs[0]
    if type(node.op) is not Sum or x.owner is None or type(x.owner.op) is not Sum or not rewriter.used_once(x):
        return None
    source = x.owner.inputs[0]
    if len({source.type.dtype, x.type.dtype, output.type.dtype}) != 1 or x.owner.op.acc_dtype != node.op.acc_dtype:
        return None
    inner = reduced_axes(x.owner.op.axis, source)
    kept = [a for a in range(source.type.ndim) if a not in inner]
    axes = sorted([*inner, *(kept[a] for a in reduced_axes(node.op.axis, x))])
    return Sum(tuple(axes), dtype=node.op.dtype, acc_dtype=node.op.acc_dtype)(source)


@rewrite("lift", Sum)
def sum_of_dimshuffle(rewriter: Rewriter, node: Apply) -> Any:
    """The order of dimensions does not matter to the sum over all of them."""
    (x,) = node.inputs
    if type(node.op) is not Sum or node.outputs[0].type.ndim or x.owner is None or not isinstance(x.owner.op, DimShuffle):
        return None
    return Sum(dtype=node.op.dtype, acc_dtype=node.op.acc_dtype)(x.owner.inputs[0])


# ------------------------------------------------------------------------------------------------ writes


@anchored("lift", ("sum", IncSubtensor), ("sum", AdvancedIncSubtensor), ("sum", AdvancedIncSubtensor1))
def writes_instead_of_sum(rewriter: Rewriter, node: Apply, read: Sum_) -> Any:
    """The sum of arrays that are zero but for some parts: one array, to which the parts are added in place.  (Not what stretches.)"""
    output = node.outputs[0]
    writes = [(c, t, nodes) for c, t in read.terms if t.type == output.type and (nodes := _added_to_zeros(rewriter, t))]
    written = [t for _, t, _ in writes]
    rest = [(c, t) for c, t in read.terms if t not in written]
    if len(read.terms) < 2 or read.constant != 0 or not writes:
        return None
    total = write_sum(Sum_(0, rest), output.type.dtype, output.type.ndim) if rest else writes[0][2][0].inputs[0]
    for c, _, nodes in writes:
        total = _scaled_writes(nodes, total, Product(c, []))
    return total if total is not None and total.type == output.type else None


@anchored("lift", ("product", IncSubtensor), ("product", AdvancedIncSubtensor), ("product", AdvancedIncSubtensor1))
def scaled_parts_of_zeros(rewriter: Rewriter, node: Apply, read: Product) -> Any:
    """Numbers times an array that is zero but for some parts: the parts times these numbers.  (Zero times anything is zero.)"""
    output = node.outputs[0]
    found = [(b, nodes) for b, e in read.factors if e == 1 and b.type == output.type and (nodes := _added_to_zeros(rewriter, b))]
    others = [(b, e) for b, e in read.factors if not found or b is not found[0][0]]
    if not found or not all(all(b.type.broadcastable) for b, _ in others) or (not others and read.coefficient == 1):
        return None
    nodes = found[0][1]
    return _scaled_writes(nodes, nodes[0].inputs[0], Product(read.coefficient, [(b.dimshuffle(), e) for b, e in others]))


def _added_to_zeros(rewriter: Rewriter, variable: Any) -> list[Apply]:
    """The nodes that add parts to zeros, the first first, whose result is ``variable``; none if it is something else."""
    nodes = list[Apply]()
    while variable.owner is not None and isinstance(variable.owner.op, IncSubtensor) and rewriter.used_once(variable):
        if variable.owner.op.set_instead_of_inc:
            break
        nodes.append(variable.owner)
        variable = variable.owner.inputs[0]
    return nodes[::-1] if filled_with(variable) == 0 else []


def _scaled_writes(nodes: list[Apply], into: Any, factors: Product) -> Any:
    """What ``nodes`` add, times numbers, added to ``into``; None if that is of another dtype."""
    for node in nodes if into is not None else ():
        _, part, *index = node.inputs
        if factors.coefficient != 1 or factors.factors:
            numbers = [(padded(b, part.type.ndim), e) for b, e in factors.factors]
            scaled = write_product(Product(factors.coefficient, [(part, 1), *numbers]), part.type.dtype, part.type.ndim)
            if scaled.type != part.type or part.type.dtype != into.type.dtype:
                return None
            part = scaled
        into = node.op(into, part, *index)
    return into


class Written(NamedTuple):
    """A part, of constant bounds, of one axis, and what is put there."""

    axis: int
    start: int
    stop: int
    value: Any


@rewrite("specialize", IncSubtensor)
def join_what_is_written(rewriter: Rewriter, node: Apply) -> Any:
    """Parts written side by side into zeros are joined, with zeros between them: each is computed in its place."""
    output: Any = node.outputs[0]
    clients = [client for client, _ in rewriter.clients[output]]
    if len(clients) == 1 and clients[0] != "output" and clients[0].inputs[0] is output and _written(rewriter, clients[0]) is not None:
        return None  # it waits for the last of them
    parts, zeros = list[Written](), output
    while zeros.owner is not None and isinstance(zeros.owner.op, IncSubtensor) and (zeros is output or rewriter.used_once(zeros)):
        part = _written(rewriter, zeros.owner)
        if part is None:
            return None
        parts.append(part)
        zeros = zeros.owner.inputs[0]
    if filled_with(zeros) != 0 or len({part.axis for part in parts}) != 1:
        return None
    return _side_by_side(rewriter, sorted(parts, key=lambda part: part.start), zeros)


def _written(rewriter: Rewriter, node: Apply) -> Written | None:
    if type(node.op) is not IncSubtensor or node.inputs[1].type.ndim != node.inputs[0].type.ndim:
        return None
    x, y, *_ = node.inputs
    cut = [(axis, entry) for axis, entry in enumerate(node.op.indices(node.inputs, x.type.ndim)) if entry != slice(None)]
    if len(cut) != 1 or not isinstance(cut[0][1], slice):
        return None
    axis, entry = cut[0]
    size = constant_integer(size_table(rewriter).of(x)[axis])
    fields = (entry.start, entry.stop, entry.step)
    numbers = [None if field is None else constant_integer(field) for field in fields]
    if size is None or any(number is None and field is not None for number, field in zip(numbers, fields, strict=True)):
        return None
    start, stop, step = slice(*numbers).indices(size)
    return Written(axis, start, stop, y) if step == 1 and start < stop else None


def _side_by_side(rewriter: Rewriter, parts: list[Written], zeros: Any) -> Any:
    kind, axis, table = zeros.type, parts[0].axis, size_table(rewriter)
    sizes = table.of(zeros)

    def shape(length: Any) -> tuple[Any, ...]:
        return (*sizes[:axis], as_size(length), *sizes[axis + 1 :])

    def gap(length: Any) -> list[Any]:
        return [spread_over(literal(0, kind.dtype, kind.ndim), shape(length), zeros)] if length else []

    joined, end = list[Any](), 0
    for part in parts:
        wanted, have = shape(part.stop - part.start), table.of(part.value)
        if part.start < end or part.value.type.broadcastable != kind.broadcastable or not table.same(have[axis], wanted[axis]):
            return None
        value = as_dtype(part.value, kind.dtype)
        joined += [*gap(part.start - end), value if all(map(table.same, have, wanted)) else specify_shape(value, wanted)]
        end = part.stop
    return patternbroadcast(join(axis, *joined, *gap((constant_integer(sizes[axis]) or end) - end)), kind.broadcastable)
