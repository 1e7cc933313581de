"""Branches: what is decided already is no branch, and of one condition one branch is enough.

>>> import theano, theano.tensor as T
>>> from theano.ifelse import ifelse
>>> c, x = T.lscalar("c"), T.dvector("x")
>>> f = theano.function([c, x], [ifelse(c, T.exp(x), x), ifelse(c, T.exp(x).sum(), x[0])])
>>> sum(type(node.op).__name__ == "Branch" for node in f.maker.fgraph.apply_nodes)
1
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from theano.graph import Apply, FunctionGraph, Variable, clone_replace
from theano.rewrite.engine import APPLIED, Rewriter, rewrite
from theano.rewrite.terms import number_of
from theano.scanning.bodies import body_of, substituted
from theano.scanning.branches import Branch


def _side(node: Apply, position: int, formal: dict[Variable, Any] | None = None) -> list[Any]:
    """The results of one side, made of what ``formal`` has for the node's arguments, or of the arguments themselves."""
    graph, given = node.op.sides[position], node.op.arguments(node.inputs)[position]
    own = [v if formal is None else formal.setdefault(v, v.type(v.name)) for v in given]
    found: list[Any] = clone_replace(list(graph.outputs), dict(zip(graph.inputs, own, strict=True)))
    return found


@rewrite("useless", Branch)
def decide_branch(rewriter: Rewriter, node: Apply) -> Any:
    """A branch whose condition is a number is the side that this chooses."""
    known = number_of(node.inputs[0])
    return None if known is None else _side(node, 0 if known else 1)


@rewrite("specialize", Branch)
def decide_within(rewriter: Rewriter, node: Apply) -> Any:
    """In a side it is known what the condition was: a branch of the same condition in it is one of its sides.

    Only now, as what is computed outside as well has left the sides by now, and may be such a branch."""
    op, bodies, changed = node.op, [], False
    for position, (graph, given) in enumerate(zip(op.sides, op.arguments(node.inputs), strict=True)):
        conditions = [v for v, value in zip(graph.inputs, given, strict=True) if value is node.inputs[0]]
        decided = [inner for v in conditions for inner, place in graph.clients[v] if inner != "output" and place == 0 and _is_branch(inner)]
        changed |= bool(decided)
        replaced = {out: new for inner in decided for out, new in zip(inner.outputs, _side(inner, position), strict=True)}
        bodies.append(body_of(graph.inputs, [], substituted(graph.outputs, replaced)))
    return Branch(bodies[0], bodies[1], op.name).make_node(*node.inputs).outputs if changed else None


def _is_branch(node: Apply) -> bool:
    return type(node.op) is Branch


@rewrite("specialize", Branch)
def merge_branches(rewriter: Rewriter, node: Apply) -> Any:
    """Branches of one condition, none of which needs another, are one: it is chosen once, and a side computes nothing twice."""
    settled: set[Apply] = rewriter.memory.setdefault("branches", set())
    if node in settled or len(_mates(rewriter, node)) < 2:
        return None
    merged: list[Apply] = []
    for group in _independent(rewriter):
        settled.update(group)
        if len(group) > 1:  # made of what its inputs are by now
            merged.append(_as_one(group))
            outputs = [out for each in group for out in each.outputs]
            rewriter.replace_outputs(node, dict(zip(outputs, merged[-1].outputs, strict=True)), "merge_branches")
    settled.update(merged)
    return APPLIED if merged else None


def _mates(rewriter: Rewriter, node: Apply) -> list[Apply]:
    """The branches of the condition of ``node``."""
    return [client for client, place in rewriter.clients[node.inputs[0]] if client != "output" and place == 0 and _is_branch(client)]


def _independent(rewriter: Rewriter) -> list[list[Apply]]:
    """All branches that share their conditions, in groups that may each become one node, all at once, without a cycle."""
    branches, before = _what_they_need(rewriter)
    groups: dict[Variable, list[int]] = {}  # of each condition; a bit for each branch
    for k, node in enumerate(branches):
        known = groups.setdefault(node.inputs[0], [])
        for position, group in enumerate(known):
            together, needed = group | 1 << k, before[k] | before[group.bit_length() - 1]
            if not together & needed:
                known[position] = together
                for other, mask in enumerate(before):
                    if mask & together:
                        before[other] |= together | needed
                    elif together >> other & 1:
                        before[other] = needed
                break
        else:
            known.append(1 << k)
    return [[branches[k] for k in range(len(branches)) if group >> k & 1] for known in groups.values() for group in known]


def _what_they_need(rewriter: Rewriter) -> tuple[list[Apply], list[int]]:
    """The branches that share their conditions, and for each a bit for every other one that its inputs are made of."""
    branches: list[Apply] = []
    before: list[int] = []
    made_of: dict[Variable, int] = {}
    for node in rewriter.fgraph.toposort():
        mask = 0
        for variable in node.inputs:
            mask |= made_of.get(variable, 0)
        if _is_branch(node) and len(_mates(rewriter, node)) > 1:
            branches.append(node)
            before.append(mask)
            mask |= 1 << len(branches) - 1
        if mask:
            made_of.update(dict.fromkeys(node.outputs, mask))
    return branches, before


def _as_one(group: Sequence[Apply]) -> Apply:
    """A branch with all results of ``group``."""
    bodies: list[FunctionGraph] = []
    arguments: list[Variable] = []
    for position in (0, 1):
        formal: dict[Variable, Any] = {}
        outputs = [out for node in group for out in _side(node, position, formal)]
        bodies.append(body_of(list(formal.values()), [], outputs))
        arguments += formal
    name = group[0].op.name if all(node.op.name == group[0].op.name for node in group) else None
    return Branch(bodies[0], bodies[1], name).make_node(group[0].inputs[0], *arguments)
