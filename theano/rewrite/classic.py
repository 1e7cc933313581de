"""Rules as the classic interface writes them: :class:`PatternSub`, :class:`OpSub`, :class:`OpRemove`, whole passes.

All of them are :class:`~theano.rewrite.engine.Rewrite` rules of the one worklist.

>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> from theano.rewrite.engine import Rewriter
>>> x, y = T.dscalars("x", "y")
>>> rule = PatternSub((T.add, (T.mul, "a", "b"), (T.mul, "a", "c")), (T.mul, "a", (T.add, "b", "c")))
>>> graph = FunctionGraph([x, y], [x * y + x * 3.0])
>>> Rewriter(graph).run([rule])
>>> graph.outputs[0].owner.op
Elemwise{mul,no_inplace}
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Constant, FunctionGraph, Variable
from theano.rewrite.engine import Report, Result, Rewrite, Rewriter, register
from theano.tensor.convert import constant

Found = dict[str, Variable]


class PatternSub(Rewrite):
    """Replaces ``in_pattern`` by ``out_pattern``.

    A pattern is a tuple (op, argument, ...) whose arguments are patterns, names (equal names match equal variables), constants,
    or ``{"pattern": p, "constraint": f}`` with a function ``f(variable) -> bool``.  Inner nodes that others use too are
    taken only with ``allow_multiple_clients``.
    """

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
        root = in_pattern["pattern"] if isinstance(in_pattern, dict) else in_pattern
        if not isinstance(root, (list, tuple)):
            raise TypeError(f"PatternSub: the pattern must be a tuple (op, arguments ...), not {in_pattern!r}")
        self.in_pattern, self.out_pattern = in_pattern, out_pattern
        self.allow_multiple_clients, self.skip_identities_fn = allow_multiple_clients, skip_identities_fn
        super().__init__(name or f"{in_pattern} -> {out_pattern}", self._replace, (root[0],), "custom")

    def _replace(self, rewriter: Rewriter, node: Apply) -> Result:
        found = self._match(rewriter, self.in_pattern, node.default_output(), {}, root=True)
        return None if found is None else _built(self.out_pattern, found)

    def _match(self, rewriter: Rewriter, pattern: Any, variable: Any, found: Found, root: bool = False) -> Found | None:
        if isinstance(pattern, dict):
            if not pattern["constraint"](variable):
                return None
            return self._match(rewriter, pattern["pattern"], variable, found, root)
        if isinstance(pattern, str):
            return found if found.setdefault(pattern, variable) is variable else None
        if not isinstance(pattern, (list, tuple)):
            return found if _equals(pattern, variable) else None
        node = variable.owner
        if node is None or node.op != pattern[0] or len(node.inputs) != len(pattern) - 1:
            if self.skip_identities_fn is not None and node is not None and (inner := self.skip_identities_fn(variable)) is not None:
                return self._match(rewriter, pattern, inner, found, root)
            return None
        if not root and not self.allow_multiple_clients and not rewriter.used_once(variable):
            return None
        for part, argument in zip(pattern[1:], node.inputs, strict=True):
            extended = self._match(rewriter, part, argument, found)
            if extended is None:
                return None
            found = extended
        return found


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


class OpSub(Rewrite):
    """Replaces ``op1`` by ``op2``, with the same arguments."""

    def __init__(self, op1: Any, op2: Any, transfer_tags: bool = True) -> None:
        self.op1, self.op2 = op1, op2

        def replace(rewriter: Rewriter, node: Apply) -> Result:
            new = op2.make_node(*node.inputs)
            if transfer_tags:
                for old, fresh in zip(node.outputs, new.outputs, strict=True):
                    fresh.name = old.name
            return list(new.outputs)

        super().__init__(f"{op1} -> {op2}", replace, (op1,), "custom")


class OpRemove(Rewrite):
    """Replaces each output of ``op`` by the input of the same number."""

    def __init__(self, op: Any) -> None:
        self.op = op
        super().__init__(f"{op}(x) -> x", lambda rewriter, node: list(node.inputs[: len(node.outputs)]), (op,), "custom")


class Pass:
    """Rules applied to a whole graph, as the classic ``out2in`` and ``in2out`` make them of local optimizers."""

    def __init__(self, rewrites: Iterable[Rewrite], name: str = "custom") -> None:
        self.rewrites, self.name = list(rewrites), name

    def apply(self, fgraph: FunctionGraph) -> Report:
        rewriter = Rewriter(fgraph)
        rewriter.run(self.rewrites, self.name)
        return rewriter.report

    optimize = __call__ = apply


def out2in(*local_opts: Rewrite, **kwargs: Any) -> Pass:
    """The rules as one pass; the worklist finds its own order."""
    return Pass(local_opts, kwargs.get("name") or "_".join(rule.name for rule in local_opts))


in2out = out2in


def registrar(group: str) -> Callable[..., Any]:
    """``register_canonicalize`` and its kin: a decorator that adds a rule to ``group``; also called with tags, as ``@register("tag")``."""

    def declare(lopt: Any, *tags: str, **kwargs: Any) -> Any:
        if isinstance(lopt, str):
            return lambda rule: declare(rule, lopt, *tags, **kwargs)
        lopt.group, lopt.tags = group, frozenset(tags)
        if kwargs.get("name"):
            lopt.name = kwargs["name"]
        return register(lopt)

    return declare


register_canonicalize, register_stabilize, register_specialize, register_useless = map(
    registrar, ("canonicalize", "stabilize", "specialize", "useless")
)
