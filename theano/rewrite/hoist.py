"""Products in loops, done for all steps at once: one large product before the loop of what is read, and after it of what is made.

h = tanh(dot(x[t], U) + dot(h, W)); y[t] = dot(h, V)      XU = dot(x, U)
                                                          h = tanh(XU[t] + dot(h, W)); H[t] = h
                                                          y = dot(H, V)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from theano.graph import Apply, Constant, Variable
from theano.rewrite.engine import Rewriter, rewrite
from theano.rewrite.loops import reduced
from theano.scanning import Scan
from theano.scanning.bodies import body_of
from theano.tensor import patternbroadcast
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.products import BLAS, Dot
from theano.tensor.shapes import Shape_i

if TYPE_CHECKING:
    from theano.scanning.batching import Batch


@rewrite("specialize", Scan)
def multiply_before_loop(rewriter: Rewriter, node: Apply) -> Any:
    """Products of rows of sequences with what does not change are rows of another sequence."""
    op = node.op
    found = _products_of_rows(op) if _is_plain(op) else []
    if not found:
        return None
    inner, outer = op.inner(), op.outer(node.inputs)
    batch = _batch(node, dict(zip(inner.sequences, outer.sequences, strict=True)))
    batch.add(found)
    taps = [v for taps in inner.states for v in taps]
    formal = [op.graph.inputs[0], *inner.sequences, *found, *taps, *inner.invariants]
    again = Scan.of(body_of(formal, [], op.graph.outputs), op.sequences + len(found), op.states, op.until, op.truncate, op.name)
    sequences = [*outer.sequences, *(batch.rows[v] for v in found)]
    made = again.make_node(node.inputs[0], *sequences, *outer.states, *outer.invariants)
    return list(reduced(again, made, list(range(len(node.outputs)))).values())


@rewrite("specialize", Scan)
def multiply_after_loop(rewriter: Rewriter, node: Apply) -> Any:
    """A record that is the product of another, or of a state, with what does not change, is made of all rows of that."""
    op = node.op
    if not _is_plain(op):
        return None
    _, records = op.results()
    first = len(op.states)
    later = {first + k: a for k, v in enumerate(records) if (a := _made_factor(op, v)) is not None}
    if not later:
        return None
    found: dict[int, Any] = reduced(op, node, [k for k in range(len(node.outputs)) if k not in later])
    for k, a in later.items():
        source = next(j for j, v in enumerate(op.graph.outputs) if v is a and j not in later)
        batch = _batch(node, {a: found[source][op.states[source].depth :] if source < first else found[source]})
        batch.add([op.graph.outputs[k]])
        found[k] = batch.rows[op.graph.outputs[k]]
    return [found[k] for k in range(len(node.outputs))]


def _is_plain(op: Scan) -> bool:
    """Whether all of its steps will be done, and more may be kept: a loop in a loop may be there so that little is kept at a time."""
    return not op.until and op.checkpoint is None and not any(isinstance(inner.op, Scan) for inner in op.graph.apply_nodes)


def _batch(node: Apply, rows: dict[Variable, Any]) -> Batch:
    from theano.scanning.batching import Batch  # few programs need it

    wholes = {v: patternbroadcast(whole, (False, *v.type.broadcastable)) for v, whole in rows.items()}
    inner, outer = node.op.inner(), node.op.outer(node.inputs)
    size = Shape_i(0)(next(iter(wholes.values())))
    return Batch(wholes, size, "raise", dict(zip(inner.invariants, outer.invariants, strict=True)))


def _products_of_rows(op: Scan) -> list[Variable]:
    """The products of a step that depend on rows of sequences and on nothing else that changes."""
    varies = _varying(op)
    return [node.outputs[0] for node in op.graph.toposort() if _is_product(node) and varies.get(node.outputs[0])]


def _varying(op: Scan) -> dict[Variable, bool]:
    """For what a step makes of rows of sequences and invariants alone, by elementwise operations and products: whether it varies."""
    inner = op.inner()
    varies = dict.fromkeys(inner.sequences, True) | dict.fromkeys(inner.invariants, False)
    for node in op.graph.toposort():
        known = [False if isinstance(v, Constant) else varies.get(v) for v in node.inputs]
        if None not in known and (isinstance(node.op, (Elemwise, DimShuffle)) or (_is_product(node) and not all(known))):
            varies.update(dict.fromkeys(node.outputs, any(known)))
    return varies


def _is_product(node: Apply) -> bool:
    return isinstance(node.op, Dot) and node.outputs[0].type.dtype in BLAS


def _made_factor(op: Scan, record: Variable) -> Variable | None:
    """What ``record`` is the product of with an invariant, if it is handed on or recorded anyway and the product is nothing else."""
    node = record.owner
    if node is None or not _is_product(node) or any(client != "output" for client, _ in op.graph.clients[record]):
        return None
    varies, outputs = _varying(op), op.graph.outputs
    a, b = node.inputs if varies.get(node.inputs[1]) is False else node.inputs[::-1]
    kept = any(v is a for k, v in enumerate(outputs) if k >= len(op.states) or op.states[k].kept)
    is_record = sum(v is record for v in outputs) == 1 and all(v is not record for v in outputs[: len(op.states)])
    return a if varies.get(b) is False and varies.get(a) is None and kept and is_record and a.owner is not None else None
