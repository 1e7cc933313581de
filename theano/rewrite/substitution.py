"""Substitutions written as data: one pattern by another, one op by another, an op by nothing.

>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> from theano.rewrite.passes import in2out
>>> x, y = T.dscalars("x", "y")
>>> rule = PatternSub((T.add, (T.mul, "a", "b"), (T.mul, "a", "c")), (T.mul, "a", (T.add, "b", "c")))
>>> graph = FunctionGraph([x, y], [x * y + x * 3.0])
>>> done = in2out(rule).optimize(graph)
>>> graph.outputs[0].owner.op
Elemwise{mul,no_inplace}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from theano.errors import did_you_mean, message
from theano.graph import Apply, Constant, FunctionGraph, Variable, provenance
from theano.graph.scratch import copy
from theano.rewrite.local import LocalOptimizer, print_line
from theano.tensor.convert import constant

Found = dict[str, Variable]
"""What stands for each name of a pattern."""


class PatternSub(LocalOptimizer):
    """Replaces ``in_pattern`` by ``out_pattern``.

    A pattern is a tuple or list (op, argument, ...) whose arguments are patterns, names (equal names match equal variables),
    constants, or ``{"pattern": p, "constraint": f}`` with a function ``f(variable) -> bool``.  Inner nodes that others use too are
    taken only with ``allow_multiple_clients``.  ``skip_identities_fn(variable)`` gives what stands below something that changes
    nothing, or None.  With ``tracks`` and ``get_nodes`` nodes of those ops are visited, and the pattern is tried on the nodes
    ``get_nodes(node)``.
    """

    reentrant = True

    def __init__(
        self,
        in_pattern: Any,
        out_pattern: Any,
        allow_multiple_clients: bool = False,
        skip_identities_fn: Any = None,
        name: str | None = None,
        pdb: bool = False,
        tracks: Sequence[Any] = (),
        get_nodes: Any = None,
        values_eq_approx: Any = None,
    ) -> None:
        self.origin = provenance.here()
        self.in_pattern, self.out_pattern = in_pattern, out_pattern
        self.op = _root(in_pattern)
        _check_names(in_pattern, out_pattern)
        if bool(tracks) != (get_nodes is not None):
            raise ValueError("PatternSub: tracks and get_nodes belong together: ops to visit, and where the pattern may stand for each")
        self.allow_multiple_clients, self.skip_identities_fn = allow_multiple_clients, skip_identities_fn
        self.pdb, self._tracks, self.get_nodes, self.values_eq_approx = pdb, list(tracks), get_nodes, values_eq_approx
        self.name = self.__name__ = name or f"{_text(in_pattern)} -> {_text(out_pattern)}"

    def op_key(self) -> Any:
        """The op at the root of the pattern."""
        return self.op

    def tracks(self) -> Sequence[Any]:
        return self._tracks or [self.op]

    def transform(self, node: Apply, get_nodes: bool = True) -> Any:
        if get_nodes and self.get_nodes is not None:
            for other in self.get_nodes(node):
                result = self.transform(other, get_nodes=False) if isinstance(other, Apply) else None
                if isinstance(result, list):
                    return dict(zip(other.outputs, result))
            return False
        found = self._match(self.in_pattern, node.default_output(), {}, root=True) if node.op == self.op else None
        if found is None:
            return False
        if self.pdb:
            breakpoint()
        new = _built(self.out_pattern, found)
        if isinstance(new, Constant) and not isinstance(self.out_pattern, (Variable, str)):
            new = constant(new.data, dtype=node.default_output().type.dtype)
        if self.values_eq_approx is not None:
            new.tag.values_eq_approx = self.values_eq_approx
        return [new if output is node.default_output() else None for output in node.outputs]

    def _match(self, pattern: Any, variable: Any, found: Found, root: bool = False) -> Found | None:
        if isinstance(pattern, dict):
            inner = self._match(pattern["pattern"], variable, found, root)
            return inner if inner is not None and ("constraint" not in pattern or pattern["constraint"](variable)) else None
        if isinstance(pattern, str):
            return {**found, pattern: variable} if found.get(pattern, variable) is variable else None
        if not isinstance(pattern, (list, tuple)):
            return found if _equals(pattern, variable) else None
        node = variable.owner
        if node is None or node.op != pattern[0] or len(node.inputs) != len(pattern) - 1:
            skipped = self.skip_identities_fn(variable) if self.skip_identities_fn is not None and node is not None else None
            return None if not isinstance(skipped, Variable) else self._match(pattern, skipped, found, root)
        if not root and not self.allow_multiple_clients and _uses(variable) > 1:
            return None
        for part, argument in zip(pattern[1:], node.inputs, strict=True):
            extended = self._match(part, argument, found)
            if extended is None:
                return None
            found = extended
        return found

    def print_summary(self, stream: Any = None, level: int = 0, depth: int = -1) -> None:
        print_line(stream, level, f"PatternSub {self.name}")


def _uses(variable: Variable) -> int:
    graph = getattr(variable, "fgraph", None)
    return len(graph.clients[variable]) if isinstance(graph, FunctionGraph) else 1


def _root(pattern: Any) -> Any:
    """The op that nodes of ``pattern`` have."""
    inner = pattern.get("pattern") if isinstance(pattern, dict) else pattern
    if isinstance(inner, (list, tuple)) and inner:
        _check_pattern(pattern)
        return inner[0]
    cure = "write it as a tuple: (op, argument, ...), with names or further patterns as arguments"
    raise TypeError(message(f"PatternSub: {pattern!r} is no pattern to look for", cure=cure))


def _check_pattern(pattern: Any) -> None:
    if isinstance(pattern, dict):
        unknown = set(pattern) - {"pattern", "constraint"}
        if unknown or "pattern" not in pattern:
            wrong = f"it has the key {sorted(map(str, unknown))[0]!r}" if unknown else "it has no 'pattern'"
            cure = 'a pattern with a condition is {"pattern": p, "constraint": f}'
            raise ValueError(message(f"PatternSub: {wrong}, the part {pattern!r}", cure=cure))
        if "constraint" in pattern and not callable(pattern["constraint"]):
            raise TypeError(f"PatternSub: the constraint {pattern['constraint']!r} is no function of a variable")
        _check_pattern(pattern["pattern"])
    elif isinstance(pattern, (list, tuple)):
        if not pattern or isinstance(pattern[0], type) or not callable(getattr(pattern[0], "make_node", None)):
            what = repr(pattern[0]) if pattern else "nothing"
            cure = "a pattern is a tuple (op, argument, ...); a class of operations must be instantiated"
            raise TypeError(message(f"PatternSub: {what} stands where an operation must, in {pattern!r}", cure=cure))
        for part in pattern[1:]:
            _check_pattern(part)


def _names(pattern: Any) -> Iterator[str]:
    if isinstance(pattern, dict):
        yield from _names(pattern["pattern"])
    elif isinstance(pattern, (list, tuple)):
        for part in pattern[1:]:
            yield from _names(part)
    elif isinstance(pattern, str):
        yield pattern


def _check_names(in_pattern: Any, out_pattern: Any) -> None:
    _check_pattern(out_pattern)
    if isinstance(out_pattern, dict):
        raise TypeError("PatternSub: conditions belong to the pattern that is looked for, not to the one that takes its place")
    bound = list(_names(in_pattern))
    for name in _names(out_pattern):
        if name not in bound:
            cure = did_you_mean(name, bound) or f"it binds {', '.join(dict.fromkeys(bound)) or 'no names'}"
            raise ValueError(message(f"PatternSub: the name {name!r} is not in the pattern that is looked for", cure=cure))


def _equals(pattern: Any, variable: Variable) -> bool:
    if isinstance(pattern, Variable):
        return pattern is variable or (isinstance(pattern, Constant) and pattern.equals(variable))
    data: Any = getattr(variable, "data", None)
    return isinstance(variable, Constant) and np.size(data) == 1 and bool(np.all(data == pattern))


def _built(pattern: Any, found: Found) -> Any:
    if isinstance(pattern, (list, tuple)):
        return pattern[0](*(_built(part, found) for part in pattern[1:]))
    if isinstance(pattern, str):
        return found[pattern]
    return pattern if isinstance(pattern, Variable) else constant(pattern)


def _text(pattern: Any) -> str:
    if isinstance(pattern, dict):
        return f"{_text(pattern['pattern'])} if {getattr(pattern.get('constraint'), '__name__', '...')}"
    if isinstance(pattern, (list, tuple)):
        return f"{_word(pattern[0])}({', '.join(map(_text, pattern[1:]))})"
    return str(pattern)


def _word(op: Any) -> str:
    """A short name of an op, such as ``exp``."""
    return str(getattr(getattr(op, "scalar_op", None), "name", None) or op)


def _check_op(where: str, op: Any) -> None:
    if not callable(getattr(op, "make_node", None)) or isinstance(op, type):
        cure = "give an operation, such as theano.tensor.exp or MyOp()"
        raise TypeError(message(f"{where}: {op!r} is no operation", cure=cure))


class OpSub(LocalOptimizer):
    """Replaces ``op1`` by ``op2``, with the same arguments; names and tags are taken over with ``transfer_tags``."""

    reentrant = False

    def __init__(self, op1: Any, op2: Any, transfer_tags: bool = True) -> None:
        for op in (op1, op2):
            _check_op("OpSub", op)
        self.origin = provenance.here()
        self.op1, self.op2, self.transfer_tags = op1, op2, transfer_tags
        self.name = f"{_word(op1)} -> {_word(op2)}"

    def op_key(self) -> Any:
        """The op that is replaced."""
        return self.op1

    def tracks(self) -> Sequence[Any]:
        return [self.op1]

    def transform(self, node: Apply, *args: Any, **kwargs: Any) -> Any:
        if node.op != self.op1:
            return False
        new: list[Variable] = self.op2.make_node(*node.inputs).outputs
        if self.transfer_tags:
            for old, fresh in zip(node.outputs, new):
                fresh.name = old.name
                if old._tag is not None:
                    fresh.tag = copy(old.tag)
        return new


class OpRemove(LocalOptimizer):
    """Replaces each output of ``op`` by the input of the same number."""

    reentrant = False

    def __init__(self, op: Any) -> None:
        _check_op("OpRemove", op)
        self.origin = provenance.here()
        self.op, self.name = op, f"{_word(op)}(x) -> x"

    def op_key(self) -> Any:
        """The op that is removed."""
        return self.op

    def tracks(self) -> Sequence[Any]:
        return [self.op]

    def transform(self, node: Apply, *args: Any, **kwargs: Any) -> Any:
        return list(node.inputs) if node.op == self.op else False


__all__ = ["OpRemove", "OpSub", "PatternSub"]
