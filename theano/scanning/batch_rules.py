"""For each kind of operation, how it is done for many rows at once: the table behind ``theano.vectorize``.

A rule is given the node of one row, its inputs as they are now (those that vary have the rows as their first axis), and which
of them vary.

>>> import theano.tensor as T
>>> from theano.scanning.batching import vectorize
>>> x, X = T.dvector("x"), T.dmatrix("X")
>>> vectorize(x.sum(), {x: X}).owner.op
Sum{axis=[1], acc_dtype=float64}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.errors import VariableTypeError, message
from theano.gradient.special import GradientIdentity
from theano.graph import Apply
from theano.graph.copying import DeepCopyOp, ViewOp
from theano.scalar import OPS, ScalarOp
from theano.scanning.batching import Batch, Same, rule
from theano.scanning.bodies import body_of
from theano.scanning.branches import Branch
from theano.scanning.checkpoints import Blocked
from theano.scanning.loop import LastRow, Scan
from theano.scanning.step import Step
from theano.tensor.checking import Assert
from theano.tensor.create import Alloc, AllocEmpty, ARange, Eye, alloc, arange
from theano.tensor.cumulative import CumOp
from theano.tensor.elemwise import DimShuffle, Elemwise, elemwise
from theano.tensor.forms import take_along_axis
from theano.tensor.from_scalar import ScalarFromTensor, TensorFromScalar
from theano.tensor.index_entries import FULL
from theano.tensor.index_layout import Layout
from theano.tensor.joining import Join, Split, concatenate
from theano.tensor.nnet.crossentropy import CrossentropyCategorical1Hot, CrossentropyCategorical1HotGrad, CrossentropySoftmax1HotWithBiasDx
from theano.tensor.nnet.normalized import RowOp, SoftmaxGrad
from theano.tensor.nonzero import Nonzero
from theano.tensor.permuting import RavelMultiIndex, UnravelIndex, Within
from theano.tensor.products import BatchedDot, Dot, batched_dot_op, dot
from theano.tensor.reduce import Reduction, reduced_axes
from theano.tensor.repeating import RepeatedPositions
from theano.tensor.reshaping import Reshape
from theano.tensor.shapes import MakeVector, Rebroadcast, Shape, Shape_i, SpecifyShape, sizes_of
from theano.tensor.sorting import InOrder, SearchsortedOp, TopKOp, Unique
from theano.tensor.subtensor import IncSubtensor, Subtensor, getitem, inc_subtensor

isnan, lt = elemwise(OPS["isnan"]), elemwise(OPS["lt"])

# -------------------------------------------------------------------------------------------- elements


@rule(Elemwise)
def elements(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    """Arguments that do not vary get their first axis as all arguments of lower rank do."""
    results: list[Any] = elemwise(node.op.scalar_op)(*inputs, return_list=True)
    return results


@rule(ScalarOp)
def scalars(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    """Of scalar variables; those that vary are vectors."""
    results: list[Any] = elemwise(node.op)(*inputs, return_list=True)
    return results


@rule(ScalarFromTensor, TensorFromScalar)
def crossings(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    return inputs


@rule(GradientIdentity, ViewOp, DeepCopyOp)
def identities(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    results: list[Any] = node.op(*inputs, return_list=True)
    return results


@rule(LastRow)
def last_rows(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    """The loops of all rows must have made a step."""
    row, steps = inputs
    checked = node.op(row, (steps > 0).all().astype("int64") if varies[1] else steps)
    return [checked if varies[0] else Same(checked)]


@rule(Assert)
def assertions(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    """The condition must hold for all rows."""
    value, *conditions = inputs
    checked = node.op(value, *(c.all() if v else c for c, v in zip(conditions, varies[1:], strict=True)))
    return [checked if varies[0] else Same(checked)]


# -------------------------------------------------------------------------------------------- axes


@rule(DimShuffle)
def dimensions(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    return [inputs[0].dimshuffle(0, *("x" if entry == "x" else entry + 1 for entry in node.op.new_order))]


@rule(Reduction)
def reductions(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    op: Any = node.op
    axes = tuple(axis + 1 for axis in reduced_axes(op.axis, node.inputs[0]))
    shifted = op._with_axis(axes)
    results: list[Any] = shifted(*inputs, return_list=True)
    return results


@rule(CumOp)
def running(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    (x,), op = inputs, node.op
    return [CumOp(1, op.mode)(x.reshape((batch.size, -1), ndim=2)) if op.axis is None else CumOp(op.axis + 1, op.mode)(x)]


@rule(InOrder)
def sorts(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    op = node.op
    return [type(op)(op.kind, op.order, op.axis % node.inputs[0].type.ndim + 1)(inputs[0])]


@rule(SearchsortedOp)
def searches(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    """All in one vector; or each row in its own: as many elements as come before."""
    if varies == [False, True, False][: len(varies)]:
        return [node.op(*inputs)]
    x, v, *sorter = batch.spread_all(inputs, varies)
    if sorter:
        x = take_along_axis(x, sorter[0], 1)
    rank = v.type.ndim
    x, v = x.dimshuffle(0, *["x"] * (rank - 1), 1), v.dimshuffle(*range(rank), "x")

    def precedes(a: Any, b: Any) -> Any:
        return lt(a, b) | (isnan(b) & ~isnan(a))

    return [(precedes(x, v) if node.op.side == "left" else ~precedes(v, x)).sum(axis=rank)]


@rule(RavelMultiIndex, UnravelIndex, Within)
def positions(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any] | None:
    """Element by element; None if the sizes differ from row to row."""
    *places, sizes = inputs
    if varies[-1]:
        return None
    results: list[Any] = node.op(*batch.spread_all(places, varies[:-1]), sizes, return_list=True)
    return results


@rule(TopKOp)
def greatest(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any] | None:
    op = node.op
    if varies[1]:
        _refuse_ragged(node)
    shifted = TopKOp(op.axis % node.inputs[0].type.ndim + 1, op.sorted, op.idx_dtype, op.return_values, op.return_indices)
    results: list[Any] = shifted(*inputs, return_list=True)
    return results


@rule(Join)
def joins(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    return [Join(node.op.axis + 1)(*batch.spread_all(inputs, varies))]


@rule(Split)
def splits(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    _refuse_sizes(node, varies[1:])
    results: list[Any] = Split(node.op.len_splits, node.op.axis + 1)(*inputs, return_list=True)
    return results


# -------------------------------------------------------------------------------------------- shapes


@rule(Shape)
def shapes(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    return [Same(inputs[0].shape[1:])]


@rule(Shape_i)
def sizes(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    return [Same(Shape_i(node.op.i + 1)(inputs[0]))]


@rule(MakeVector)
def vectors(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    return [concatenate([v.dimshuffle(0, "x") for v in batch.spread_all(inputs, varies)], axis=1)]


@rule(Reshape)
def reshapes(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    _refuse_sizes(node, varies[1:])
    return [Reshape(node.op.ndim + 1)(inputs[0], batch.size, *inputs[1:])]


@rule(SpecifyShape)
def specified_shapes(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    _refuse_sizes(node, varies[1:])
    return [node.op(inputs[0], batch.size, *inputs[1:])]


@rule(Rebroadcast)
def patterns(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    return [Rebroadcast(*((axis + 1, flag) for axis, flag in node.op.pairs))(inputs[0])]


@rule(Alloc)
def allocations(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    _refuse_sizes(node, varies[1:])
    value, *extents = inputs
    return [alloc(_padded(value, len(extents)), batch.size, *extents)]


@rule(ARange, Eye, AllocEmpty, Nonzero, Unique, RepeatedPositions)
def ragged(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    _refuse_ragged(node)
    raise AssertionError


def _padded(x: Any, rank: int) -> Any:
    """``x``, which varies, with broadcastable axes after that of the rows, so that each row has the rank."""
    own = x.type.ndim - 1
    return x.dimshuffle(0, *["x"] * (rank - own), *range(1, own + 1)) if own < rank else x


def _refuse_sizes(node: Apply, varies: Sequence[bool]) -> None:
    if any(varies):
        _refuse_ragged(node)


def _refuse_ragged(node: Apply) -> None:
    rows = [("operation", str(node.op), "", str(node.outputs[0].origin or ""))]
    cure = "pad the rows to one size, or use theano.scan with a mask"
    raise VariableTypeError(message("vectorize: the results of different rows would differ in size", rows, cure))


# -------------------------------------------------------------------------------------------- products


@rule(Dot)
def products(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any] | None:
    (x, y), (left, right) = inputs, node.inputs
    if not varies[1]:
        return [dot(x, y)]
    if not varies[0]:
        if right.type.ndim == 1:
            return [dot(y, x.T)]
        product = dot(x, y.dimshuffle(1, 0, 2).flatten(2))
        whole = product.reshape((*sizes_of(x)[:-1], batch.size, y.shape[2]), ndim=left.type.ndim + 1)
        return [whole.dimshuffle(1, 0, 2) if left.type.ndim == 2 else whole]
    if left.type.broadcastable[-1] and right.type.broadcastable[0] and left.type.ndim == right.type.ndim == 2:
        return [x * y]  # outer products
    return None if left.type.dtype == "bool" else [batched_dot_op(x, y)]


@rule(BatchedDot)
def batched_products(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    return _row_by_row(batch, node, inputs, varies)


@rule(RowOp, SoftmaxGrad, CrossentropyCategorical1Hot, CrossentropyCategorical1HotGrad, CrossentropySoftmax1HotWithBiasDx)
def rows_of_matrices(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    return _row_by_row(batch, node, inputs, varies)


def _row_by_row(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> list[Any]:
    """An operation that does the same along its own first axis: both axes become one, and then two again."""
    some = next(k for k, v in enumerate(node.inputs) if v.type.ndim)
    length = sizes_of(inputs[some])[int(varies[some])]
    merged = []
    for x, own, v in zip(inputs, node.inputs, varies, strict=True):
        if own.type.ndim == 0 and not v:
            merged.append(x)
            continue
        whole = x if v else batch.spread(x)
        if own.type.ndim == 0:
            whole = alloc(whole.dimshuffle(0, "x"), batch.size, length)
        merged.append(whole.reshape((batch.size * length, *sizes_of(whole)[2:]), ndim=whole.type.ndim - 1))
    results: list[Any] = node.op(*merged, return_list=True)
    return [out.reshape((batch.size, length, *sizes_of(out)[1:]), ndim=out.type.ndim + 1) for out in results]


# -------------------------------------------------------------------------------------------- indexing


def _place(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool], x_varies: bool) -> tuple[list[Any], list[int]] | None:
    """(the index of all rows, for each dimension of the result, rows first, where it lies in what that index gives); None for
    slices that vary."""
    op, rank = node.op, node.inputs[0].type.ndim
    own = Layout(op.indices(node.inputs, rank))
    shared, sliced = [("shared", k) for k in range(own.rank)], [("sliced", k) for k in range(len(own.slices))]
    wanted = [("row", 0), *own.arranged(shared, sliced)]
    entries: list[Any] = []
    moving = any(varies[op.operands :])
    for entry in op.indices(list(zip(inputs, varies, strict=True)), rank):
        if isinstance(entry, slice):
            fields = (entry.start, entry.stop, entry.step)
            if any(pair is not None and pair[1] for pair in fields):
                return None
            entries.append(slice(*(None if pair is None else pair[0] for pair in fields)))
        else:
            entries.append(_padded(entry[0], own.rank) if entry[1] else entry[0])
    if not moving:
        entries, sliced = [FULL, *entries], [("row", 0), *sliced]
    else:
        shared = [("row", 0), *shared]
        if x_varies:
            entries = [arange(batch.size).dimshuffle(0, *["x"] * own.rank), *entries]
    found = Layout(entries).arranged(shared, sliced)
    return entries, [found.index(dimension) for dimension in wanted]


@rule(Subtensor)
def reads(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any] | None:
    """Rows are one more axis that is taken whole; if the index itself varies, one more index array, which counts them."""
    place = _place(batch, node, inputs, varies, varies[0])
    if place is None:
        return None
    entries, order = place
    return [getitem(inputs[0], tuple(entries)).dimshuffle(*order)]


@rule(IncSubtensor)
def writes(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any] | None:
    place = _place(batch, node, inputs, varies, True)
    if place is None:
        return None
    entries, order = place
    x = inputs[0] if varies[0] else batch.spread(inputs[0])
    y = _padded(inputs[1] if varies[1] else inputs[1].dimshuffle("x", *range(inputs[1].type.ndim)), len(order) - 1)
    value = y.dimshuffle(*(order.index(k) for k in range(len(order))))
    return [inc_subtensor(getitem(x, tuple(entries)), value, set_instead_of_inc=node.op.set_instead_of_inc)]


# -------------------------------------------------------------------------------------------- loops and branches


def _rows_type(variable: Any) -> Any:
    kind = variable.type
    return kind.clone(broadcastable=(False, *kind.broadcastable))


def _swapped(x: Any) -> Any:
    """With the axis of the rows and that of the steps exchanged."""
    return x.dimshuffle(1, 0, *range(2, x.type.ndim))


@rule(Scan)
def loops(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any] | None:
    """One loop whose step does all rows; None if rows differ in their number of steps."""
    op, outer, flags = node.op, node.op.outer(inputs), node.op.outer(varies)
    if varies[0]:
        return None
    inner, states = op.inner(), list(flags.states)
    while True:  # a state varies as soon as what follows it does
        moving = [v for v, f in zip(inner.sequences, flags.sequences, strict=True) if f]
        moving += [v for taps, f in zip(inner.states, states, strict=True) if f for v in taps]
        moving += [v for v, f in zip(inner.invariants, flags.invariants, strict=True) if f]
        body = batch.inside({v: _rows_type(v)(v.name) for v in moving})
        body.add(op.graph.outputs)
        following = [v in body.rows for v in op.graph.outputs[: len(states)]]
        if op.until and op.graph.outputs[-1] in body.rows:
            return None
        if all(s or not f for s, f in zip(states, following, strict=True)):
            break
        states = [s or f for s, f in zip(states, following, strict=True)]
    formal = [body.rows.get(v, v) if v in moving else v for v in op.graph.inputs]
    rows = [body.all_rows(v) if s else body.now(v) for v, s in zip(op.graph.outputs, states, strict=False)]
    records = [body.now(v) for v in op.graph.outputs[len(states) :]]
    graph = body_of(formal, [], [*rows, *records])
    sequences = [_swapped(x) if f else x for x, f in zip(outer.sequences, flags.sequences, strict=True)]
    initial = [_swapped(x if f else batch.spread(x)) if s else x for x, f, s in zip(outer.states, flags.states, states, strict=True)]
    loop = Scan.of(graph, op.sequences, op.states, op.until, op.truncate, op.name, op.checkpoint)
    results = loop(inputs[0], *sequences, *initial, *outer.invariants, return_list=True)
    vary = [*states, *(v in body.rows for v in op.graph.outputs[len(states) :])]
    whole = [*(state.kept for state in op.states), *[True] * op.records, *[False] * op.until]
    return [(_swapped(out) if rowwise else out) if v else Same(out) for out, v, rowwise in zip(results, vary, whole, strict=True)]


@rule(Blocked)
def blocks(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    """The loops that it stands for."""
    results, known = node.op.results(node.inputs), list(zip(node.inputs, inputs, varies, strict=True))
    body = Batch({v: x for v, x, f in known if f}, batch.size, batch.fallback, {v: x for v, x, f in known if not f})
    body.add(results)
    return [body.all_rows(v) for v in results]


@rule(Branch)
def branches(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    """A branch on a condition that all rows share stays one; else both sides are computed, and chosen from."""
    op, given = node.op, list(zip(node.op.sides, node.op.arguments(inputs), node.op.arguments(varies), strict=True))
    if varies[0]:
        chosen = []
        for side, arguments, flags in given:
            known = list(zip(side.inputs, arguments, flags, strict=True))
            body = Batch({v: x for v, x, f in known if f}, batch.size, batch.fallback, {v: x for v, x, f in known if not f})
            body.add(side.outputs)
            chosen.append([body.all_rows(v) for v in side.outputs])
        return [elemwise(OPS["switch"])(_padded(inputs[0], a.type.ndim - 1), a, b) for a, b in zip(*chosen, strict=True)]
    graphs, outer = [], []
    for side, arguments, flags in given:
        size = batch.size.type("rows")
        body = Batch({v: _rows_type(v)(v.name) for v, f in zip(side.inputs, flags, strict=True) if f}, size, batch.fallback)
        body.add(side.outputs)
        formal = [body.rows.get(v, v) for v in side.inputs]
        graphs.append(body_of([*formal, size], [], [body.all_rows(v) for v in side.outputs]))
        outer += [*arguments, batch.size]
    results: list[Any] = Branch(graphs[0], graphs[1], op.name)(inputs[0], *outer, return_list=True)
    return results


def looped(batch: Batch, node: Apply, inputs: list[Any], varies: list[bool]) -> Sequence[Any]:
    """The node itself, row after row."""
    step = Step()
    given = [step.sequence(x) if v else x for x, v in zip(inputs, varies, strict=True)]
    outputs = node.clone_with_new_inputs(given).outputs
    places = [step.record(out) for out in outputs]
    results = step.loop(batch.size)
    return [results[place] for place in places]
