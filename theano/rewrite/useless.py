"""What changes nothing goes: identities, casts to the same dtype, rearrangements that cancel, choices already made.

Nothing here looks at values of arrays; shapes count as equal only where the graph says so.
"""

from __future__ import annotations

from typing import Any

from theano.dtypes import can_hold, is_complex, is_continuous
from theano.gradient.special import GradientIdentity
from theano.graph import Apply, Constant
from theano.rewrite.engine import Rewriter, rewrite
from theano.rewrite.shape import broadcast_as, constant_index, size_table
from theano.rewrite.terms import number_of, scalar_op_of
from theano.scalar import OPS
from theano.tensor.create import Alloc, alloc_op, filled_with
from theano.tensor.elemwise import DimShuffle, dimshuffle, elemwise
from theano.tensor.reduce import CAReduce, CAReduceDtype, reduced_axes
from theano.tensor.reshaping import Reshape
from theano.tensor.shapes import SYMBOLIC, Rebroadcast, constant_integer, patternbroadcast
from theano.tensor.subtensor import IncSubtensor, Subtensor

CASTS = tuple(op for name, op in OPS.items() if name.startswith("convert_to_"))
IDEMPOTENT = tuple(OPS[name] for name in ("maximum", "minimum", "and_", "or_"))


@rewrite("useless", OPS["identity"])
def remove_identity(rewriter: Rewriter, node: Apply) -> Any:
    """A copy is the thing itself; what Python sees is copied at the end."""
    return node.inputs[0]


@rewrite("useless", GradientIdentity)
def remove_gradient_marks(rewriter: Rewriter, node: Apply) -> Any:
    """What changes only gradients is no longer needed."""
    return node.inputs[0]


@rewrite("useless", *CASTS)
def remove_cast(rewriter: Rewriter, node: Apply) -> Any:
    """A cast to the same dtype goes; so does a widening below another cast."""
    (x,), output = node.inputs, node.outputs[0]
    if x.type.dtype == output.type.dtype:
        return x
    if scalar_op_of(x) not in CASTS:
        return None
    source = x.owner.inputs[0]
    widens = can_hold(x.type.dtype, source.type.dtype) and (is_continuous(source.type.dtype) or not is_complex(output.type.dtype))
    if not widens or "bool" in (source.type.dtype, x.type.dtype, output.type.dtype):
        return None
    if is_continuous(x.type.dtype) and not is_continuous(source.type.dtype) and _bits(x.type.dtype) <= _bits(source.type.dtype):
        return None  # a wide integer is rounded by the inner cast
    through_float = is_continuous(x.type.dtype) and not is_continuous(source.type.dtype) and not is_continuous(output.type.dtype)
    if through_float and not can_hold(output.type.dtype, source.type.dtype):
        return None  # floats saturate where integers wrap
    return source if source.type.dtype == output.type.dtype else elemwise(node.op.scalar_op)(source)


def _bits(dtype: str) -> int:
    return int(dtype.lstrip("abcdefghijklmnopqrstuvwxyz"))


@rewrite("useless", *IDEMPOTENT)
def remove_idempotent(rewriter: Rewriter, node: Apply) -> Any:
    """``maximum(x, x)`` is ``x``."""
    inputs, output = node.inputs, node.outputs[0]
    if len(inputs) == 2 and inputs[0] is inputs[1] and inputs[0].type.dtype == output.type.dtype:
        return inputs[0]
    return None


@rewrite("useless", OPS["switch"])
def decide_switch(rewriter: Rewriter, node: Apply) -> Any:
    """A choice between equals, or with a constant condition."""
    condition, then, otherwise = node.inputs
    output = node.outputs[0]
    known = number_of(condition)
    if then is otherwise:
        chosen = then
    elif known is not None:
        chosen = then if known else otherwise
    else:
        return None
    if chosen.type.dtype != output.type.dtype:
        chosen = chosen.astype(output.type.dtype)
    return broadcast_as(rewriter, chosen, output)


# ----------------------------------------------------------------------------------------------- dimensions


@rewrite("useless", DimShuffle)
def join_dimshuffles(rewriter: Rewriter, node: Apply) -> Any:
    """Two rearrangements of dimensions in a row are one; one that moves nothing is none."""
    (x,), order = node.inputs, node.op.new_order
    if tuple(place if entry == "x" and place in node.op.drop else entry for place, entry in enumerate(order)) == tuple(range(x.type.ndim)):
        return x
    if x.owner is None or not isinstance(x.owner.op, DimShuffle):
        return None
    inner, source = x.owner.op.new_order, x.owner.inputs[0]
    joined = tuple(entry if entry == "x" else inner[entry] for entry in order)
    return dimshuffle(source.type.broadcastable, joined)(source)


@rewrite("useless", Reshape)
def remove_reshape(rewriter: Rewriter, node: Apply) -> Any:
    """A reshape to the shape that is there already; of two in a row the last one counts."""
    x, output = node.inputs[0], node.outputs[0]
    if x.owner is not None and isinstance(x.owner.op, Reshape):
        wanted = node.inputs[1:]
        if not all(map(SYMBOLIC.nonnegative, wanted)):  # what -1 stands for is not told by the number of elements if that is 0
            wanted = [n if SYMBOLIC.nonnegative(n) else size for n, size in zip(wanted, size_table(rewriter).of(output))]
        return patternbroadcast(node.op(x.owner.inputs[0], *wanted), output.type.broadcastable)
    if x.type.broadcastable != output.type.broadcastable:
        return None
    table = size_table(rewriter)
    known = [constant_integer(size) for size in node.inputs[1:]]
    differ = [axis for axis, (n, size) in enumerate(zip(known, node.inputs[1:])) if n == -1 or not table.same(size, table.of(x)[axis])]
    if not differ or (len(differ) == 1 and known[differ[0]] == -1 and all(n != -1 for a, n in enumerate(known) if a != differ[0])):
        return x
    return None


@rewrite("useless", Rebroadcast)
def join_rebroadcasts(rewriter: Rewriter, node: Apply) -> Any:
    """A change of pattern that changes nothing."""
    (x,) = node.inputs
    if x.type.broadcastable == node.outputs[0].type.broadcastable:
        return x
    if x.owner is not None and isinstance(x.owner.op, Rebroadcast) and x.owner.inputs[0].type == node.outputs[0].type:
        checks = any(flag for _, flag in x.owner.op.pairs)
        return None if checks else x.owner.inputs[0]
    return None


@rewrite("useless", Subtensor)
def remove_full_slices(rewriter: Rewriter, node: Apply) -> Any:
    """``x[:, 0:]`` is ``x``."""
    if type(node.op) is not Subtensor or node.inputs[0].type != node.outputs[0].type:
        return None
    index = constant_index(node)
    if index is None:
        return None
    full = all(isinstance(e, slice) and e.start in (None, 0) and e.stop is None and e.step in (None, 1) for e in index)
    return node.inputs[0] if full else None


@rewrite("useless", Subtensor)
def read_what_was_written(rewriter: Rewriter, node: Apply) -> Any:
    """``set_subtensor(x[i], y)[i]`` is ``y``; so is what was added to zeros, as of what follows the first row of a loop."""
    owner = node.inputs[0].owner
    if owner is None or type(node.op) is not Subtensor or type(owner.op) is not IncSubtensor:
        return None
    x, y = owner.inputs[:2]
    if y.type != node.outputs[0].type or not (owner.op.set_instead_of_inc or filled_with(x) == 0):
        return None
    parts = zip(node.op.indices(node.inputs, x.type.ndim), owner.op.indices(owner.inputs, x.type.ndim), strict=True)
    return y if all(_same_part(rewriter, x, axis, *part) for axis, part in enumerate(parts)) else None


def _same_part(rewriter: Rewriter, x: Any, axis: int, a: Any, b: Any) -> bool:
    """Whether two indices of ``x`` along ``axis`` are the same; to its end is as good as up to its size."""
    if not isinstance(a, slice) or not isinstance(b, slice):
        return a is b
    if a.start is not b.start or a.step is not b.step:
        return False
    if a.stop is b.stop:
        return True
    table, stop = size_table(rewriter), a.stop if b.stop is None else b.stop
    return a.step is None and None in (a.stop, b.stop) and table.same(stop, table.of(x)[axis])


@rewrite("useless", CAReduce)
def name_all_axes(rewriter: Rewriter, node: Apply) -> Any:
    """A reduction over every axis is written in one way only."""
    (x,), op = node.inputs, node.op
    if op.axis is None or not x.type.ndim or len(reduced_axes(op.axis, x)) != x.type.ndim:
        return None
    if isinstance(op, CAReduceDtype):
        return op._rebuilt(None, str(op.dtype), str(op.acc_dtype))(x)
    return op._with_axis(None)(x)


@rewrite("useless", CAReduce)
def remove_reduction(rewriter: Rewriter, node: Apply) -> Any:
    """Dimensions of size 1 need no reduction."""
    (x,), output = node.inputs, node.outputs[0]
    axes = reduced_axes(node.op.axis, x)
    if type(node.op).__name__ not in ("Sum", "Prod", "Max", "Min") or not all(x.type.broadcastable[axis] for axis in axes):
        return None
    kept = x.dimshuffle(*(axis for axis in range(x.type.ndim) if axis not in axes)) if axes else x
    return kept if kept.type.dtype == output.type.dtype else kept.astype(output.type.dtype)


# ------------------------------------------------------------------------------------------------- filling


@rewrite("useless", OPS["second"])
def remove_fill(rewriter: Rewriter, node: Apply) -> Any:
    """``fill(model, value)`` is the value if that has the model's pattern.

    Else it stays for its elementwise readers, which see through it; for others it becomes an alloc."""
    value, output = node.inputs[1], node.outputs[0]
    if value.type == output.type:
        return value
    if value.type.dtype != output.type.dtype:
        return None
    elementwise = [client != "output" and hasattr(client.op, "inplace_pattern") for client, _ in rewriter.clients[output]]
    if all(elementwise):
        return None
    return broadcast_as(rewriter, value, output)


@rewrite("useless", Alloc)
def remove_alloc(rewriter: Rewriter, node: Apply) -> Any:
    """An alloc of what has that shape already; of two in a row one is enough."""
    value, output = node.inputs[0], node.outputs[0]
    if value.type == output.type:
        table = size_table(rewriter)
        if all(map(table.same, table.of(value), node.inputs[1:])):
            return value
    if value.owner is not None and isinstance(value.owner.op, Alloc):
        inner, outer = value.owner.inputs[1:], node.inputs[1 + output.type.ndim - value.type.ndim :]
        same = size_table(rewriter).same
        if all(flag or same(a, b) for flag, a, b in zip(value.type.broadcastable, inner, outer, strict=True)):
            return alloc_op(value.owner.inputs[0], *node.inputs[1:])
    return None


@rewrite("useless", IncSubtensor)
def write_over_zeros(rewriter: Rewriter, node: Apply) -> Any:
    """Adding zero changes nothing where nothing can be out of range."""
    x, y = node.inputs[:2]
    if node.op.set_instead_of_inc or type(node.op) is not IncSubtensor or not all(isinstance(entry, slice) for entry in node.op.idx_list):
        return None
    zero = isinstance(y, Constant) and all(y.type.broadcastable) and not y.data.any()
    return x if zero else None
