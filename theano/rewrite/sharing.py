"""Loops and branches beside the graph around them: equal ones are one, and what is computed outside anyway is not computed inside.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> first, second = (theano.scan(lambda row, sum: sum + row, x, T.zeros_like(x[0]))[0] for _ in range(2))
>>> f = theano.function([x], [first, second])
>>> sum(type(node.op).__name__ == "Scan" for node in f.maker.fgraph.apply_nodes)
1
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from theano.graph import Apply, Constant, Op, Variable, io_toposort
from theano.rewrite.engine import Rewriter, constant_key, rewrite
from theano.scanning import Scan
from theano.scanning.bodies import body_of
from theano.scanning.branches import Branch
from theano.scanning.checkpoints import Blocked
from theano.scanning.step import fitted
from theano.tensor import alloc

_forms: WeakKeyDictionary[Op, Any] = WeakKeyDictionary()


def form(op: Op) -> Any:
    """What is equal for loops and branches that do the same; of another op, itself."""
    if not isinstance(op, (Scan, Branch, Blocked)):
        return op
    if op not in _forms:
        facts, graphs = op.held_graphs()
        _forms[op] = type(op), facts, [_form_of_graph(inputs, outputs) for inputs, outputs in graphs]
    return _forms[op]


def _form_of_graph(inputs: Sequence[Variable], outputs: Sequence[Variable]) -> Any:
    numbers: dict[Variable, Any] = {v: k for k, v in enumerate(inputs)}

    def references(variables: Sequence[Variable]) -> list[Any]:
        return [numbers[v] if v in numbers else (constant_key(v) if isinstance(v, Constant) else None) or id(v) for v in variables]

    steps = []
    for node in io_toposort(list(inputs), list(outputs)):
        steps.append((form(node.op), references(node.inputs)))
        numbers.update((v, len(numbers)) for v in node.outputs)
    return [v.type for v in inputs], steps, references(outputs)


def merge_equal(rewriter: Rewriter, node: Apply) -> Any:
    """Of two nodes that do the same to the same inputs, one is enough."""
    for other, _ in rewriter.clients[node.inputs[0]]:
        if other == "output" or other is node or type(other.op) is not type(node.op) or len(other.inputs) != len(node.inputs):
            continue
        if all(a is b for a, b in zip(node.inputs, other.inputs, strict=True)) and form(node.op) == form(other.op):
            return list(other.outputs)
    return None


for _group in ("canonicalize", "expand"):
    rewrite(_group, Scan, Branch, Blocked)(merge_equal)


@rewrite("canonicalize", Scan)
def settle_results(rewriter: Rewriter, node: Apply) -> Any:
    """What is the same in all steps is no result of a step: a state that stays as it was is an invariant, a record of one needs no loop.

    Something is left to be a loop: it is what looks at the number of steps."""
    op, steps = node.op, node.inputs[0]
    inner, outer = op.inner(), op.outer(node.inputs)
    following, records = op.results()
    still = [k for k, state in enumerate(op.states) if state.taps == (1,) and following[k] is inner.states[k][0]]
    values: dict[Any, Any] = dict(zip(inner.invariants, outer.invariants, strict=True))
    values.update((inner.states[k][0], outer.states[k][0]) for k in still if hasattr(following[k].type, "broadcastable"))
    still = [k for k in still if following[k] in values]
    settled = [k for k, v in enumerate(records) if v in values or isinstance(v, Constant)]
    states, count = [k for k in range(len(op.states)) if k not in still], len(op.states)
    rest = [k for k in range(len(records)) if k not in settled]
    if not (still or settled) or not (states or rest):
        return None

    def rows(value: Any, count: Any, out: Any) -> Any:
        return fitted(alloc(value, count, *(value.shape[axis] for axis in range(value.type.ndim))), out.type)

    until = op.graph.outputs[len(op.graph.outputs) - op.until :]
    outputs = [*(following[k] for k in states), *(records[k] for k in rest), *until]
    result = {}
    for k in still:
        out, value = node.outputs[k], values[following[k]]
        result[out] = rows(value, steps + 1, out) if op.states[k].kept else value
    for k in settled:
        out = node.outputs[count + k]
        result[out] = rows(values.get(records[k], records[k]), steps, out)
    formal = [op.graph.inputs[0], *inner.sequences, *(v for k in states for v in inner.states[k]), *values]
    kinds = [op.states[k] for k in states]
    again = Scan.of(body_of(formal, [], outputs), op.sequences, kinds, op.until, op.truncate, op.name, op.checkpoint)
    found = again.make_node(steps, *outer.sequences, *(outer.states[k] for k in states), *values.values()).outputs
    kept = [*states, *(count + k for k in rest), *([len(node.outputs) - 1] * op.until)]
    result.update((node.outputs[k], value) for k, value in zip(kept, found, strict=True))
    return result


@rewrite("canonicalize", Branch)
def share_with_outside(rewriter: Rewriter, node: Apply) -> Any:
    """What a side would compute and the graph around it computes anyway is an argument."""
    op, bodies, arguments, changed = node.op, [], [], False
    for side, given in zip(op.sides, op.arguments(node.inputs), strict=True):
        values: dict[Variable, Variable] = dict(zip(side.inputs, given, strict=True))
        for inside in side.toposort():
            outside = _the_same(rewriter, inside, values)
            if outside is not None:
                values.update(zip(inside.outputs, outside.outputs, strict=True))
                changed = True
        used = [v for v in values if any(client == "output" or client.outputs[0] not in values for client, _ in side.clients[v])]
        bodies.append(body_of(used, [], side.outputs))
        arguments += [values[v] for v in used]
    return Branch(bodies[0], bodies[1], op.name).make_node(node.inputs[0], *arguments).outputs if changed else None


def _the_same(rewriter: Rewriter, inside: Apply, values: dict[Variable, Variable]) -> Apply | None:
    """The node of the graph that does what ``inside`` does, whose inputs have these ``values`` there."""
    known = next((values[v] for v in inside.inputs if v in values), None)
    for client, _ in rewriter.clients[known] if known is not None else ():
        if client == "output" or client.op != inside.op or len(client.inputs) != len(inside.inputs):
            continue
        if all(values.get(a) is b or _equal(a, b) for a, b in zip(inside.inputs, client.inputs, strict=True)):
            return client
    return None


def _equal(a: Variable, b: Variable) -> bool:
    """Whether both are constants of one value."""
    if not isinstance(a, Constant) or not isinstance(b, Constant):
        return False
    key = constant_key(a)
    return key is not None and key == constant_key(b)
