"""Optimizers of whole graphs: sequences, one walk over the nodes, or rules until none applies any more.

``optimizer.optimize(fgraph)`` rewrites a :class:`~theano.graph.FunctionGraph` in place.  What runs until nothing changes
(:class:`EquilibriumOptimizer`) is our own worklist; what visits each node once (:class:`TopoOptimizer`) walks by itself.

>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> from theano.rewrite.local import local_optimizer
>>> @local_optimizer([T.sin])
... def sin_is_cos(node):
...     return [T.cos(node.inputs[0])]
>>> x = T.dscalar("x")
>>> fgraph = FunctionGraph([x], [T.sin(x)])
>>> done = in2out(sin_is_cos).optimize(fgraph)
>>> fgraph.outputs
[Elemwise{cos,no_inplace}.0]
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import Any

from theano.errors import message
from theano.graph import Apply, FunctionGraph, io_toposort, provenance
from theano.graph.features import NodeFinder
from theano.rewrite.engine import Budget, Report, Rewriter, Rules, warn_exhausted
from theano.rewrite.local import (
    LocalOptGroup,
    LocalOptimizer,
    Pairs,
    applies_to,
    attempt,
    name_of,
    print_line,
    report_failure,
    require_destroy_handler,
    warn,
    warn_ignore,
    warn_inplace,
)

ROUNDS = 100
"""How often optimizers of whole graphs run in one :class:`EquilibriumOptimizer`, before they are stopped."""


class Optimizer:
    """The base of optimizers; a subclass defines ``apply``, and ``add_requirements`` to attach the features that it needs."""

    name: str | None = None

    def apply(self, fgraph: FunctionGraph) -> Any:
        """Rewrite ``fgraph`` in place; give what is to be told of it (a :class:`Report`), or None."""
        raise NotImplementedError(f"{type(self).__name__} defines no apply(self, fgraph)")

    def optimize(self, fgraph: FunctionGraph, *args: Any, **kwargs: Any) -> Any:
        """:meth:`add_requirements`, then :meth:`apply`."""
        self.add_requirements(fgraph)
        return self.apply(fgraph, *args, **kwargs)

    def __call__(self, fgraph: FunctionGraph) -> Any:
        """The same as :meth:`optimize`."""
        return self.optimize(fgraph)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Attach the features that the optimizer needs."""

    def print_summary(self, stream: Any = None, level: int = 0, depth: int = -1) -> None:
        """Print one line that names the optimizer, and its parts down to ``depth`` levels."""
        print_line(stream, level, f"{type(self).__name__} {name_of(self)}")

    @staticmethod
    def print_profile(stream: Any, prof: Any, level: int = 0) -> None:
        """Print what :meth:`apply` gave."""
        for line in str(prof or "").splitlines():
            print_line(stream, level, line)

    @staticmethod
    def merge_profile(prof1: Report, prof2: Report) -> Report:
        """What two runs did together."""
        return prof1 + prof2

    def __str__(self) -> str:
        return name_of(self)

    __repr__ = __str__


class FromFunctionOptimizer(Optimizer):
    """An optimizer made of a function of the graph."""

    def __init__(self, fn: Callable[..., Any], requirements: Iterable[Any] = ()) -> None:
        if not callable(fn):
            raise TypeError(f"optimizer: a function of the graph is decorated, not {fn!r}")
        self.fn, self.requirements = fn, tuple(requirements)
        self.name = self.__name__ = getattr(fn, "__name__", None) or type(fn).__name__
        self.__doc__ = fn.__doc__

    def apply(self, fgraph: FunctionGraph, *args: Any, **kwargs: Any) -> Any:
        return self.fn(fgraph, *args, **kwargs)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for require in self.requirements:
            require(fgraph)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function itself."""
        return self.fn(*args, **kwargs)


def optimizer(f: Callable[..., Any]) -> FromFunctionOptimizer:
    """Make an optimizer of a function of the graph."""
    return FromFunctionOptimizer(f)


def inplace_optimizer(f: Callable[..., Any]) -> FromFunctionOptimizer:
    """Make an optimizer that puts in-place operations of a function of the graph."""
    return FromFunctionOptimizer(f, (require_destroy_handler,))


# -------------------------------------------------------------------------------------------------- sequences


def warn_of_pass(exc: Exception, self: Any, optimizer: Any) -> None:
    """A failure callback of sequences: what ``config.on_opt_error`` says."""
    report_failure(exc, [], optimizer)


class SeqOptimizer(Optimizer, list[Any]):
    """Optimizers one after the other; also the list of them.

    If one raises, ``failure_callback(exception, sequence, optimizer)`` decides; without it the exception goes on.
    """

    warn = staticmethod(warn_of_pass)

    def __init__(self, *opts: Any, failure_callback: Callable[..., Any] | None = None, name: str | None = None) -> None:
        if len(opts) == 1 and isinstance(opts[0], (list, tuple)):
            opts = tuple(opts[0])
        for opt in opts:
            check_optimizer("SeqOptimizer", opt)
        list.__init__(self, opts)
        self.failure_callback, self.name = failure_callback, name

    def apply(self, fgraph: FunctionGraph) -> Report:
        with Rewriter.of(fgraph) as rewriter:
            for opt in self:
                started, before = perf_counter(), len(fgraph.apply_nodes)
                try:
                    opt.optimize(fgraph)
                except Exception as error:
                    if self.failure_callback is None:
                        raise
                    self.failure_callback(error, self, opt)
                rewriter.report.seconds.setdefault(name_of(opt), perf_counter() - started)
                rewriter.report.nodes.setdefault(name_of(opt), (before, len(fgraph.apply_nodes)))
            return rewriter.report

    def print_summary(self, stream: Any = None, level: int = 0, depth: int = -1) -> None:
        super().print_summary(stream, level, depth)
        if depth:
            for opt in self:
                opt.print_summary(stream, level + 2, depth - 1)

    __eq__, __ne__, __hash__ = object.__eq__, object.__ne__, object.__hash__  # type: ignore[assignment]
    __repr__ = list.__repr__


def check_optimizer(where: str, opt: Any) -> None:
    """Refuse what is no optimizer of graphs."""
    if not isinstance(opt, Optimizer) and not callable(getattr(opt, "optimize", None)):
        rule = isinstance(opt, LocalOptimizer)
        cure = "make one of the rule by in2out(rule) or TopoOptimizer(rule)" if rule else "it needs a method optimize(fgraph)"
        raise TypeError(message(f"{where}: {opt!r} is no optimizer of graphs", cure=cure))


# --------------------------------------------------------------------------------------- one walk over the nodes


class Updater:
    """A feature that calls functions: of nodes that come, that go, and of inputs that change."""

    def __init__(self, importer: Any, pruner: Any, chin: Any, name: str | None = None) -> None:
        self.importer, self.pruner, self.chin, self.name = importer, pruner, chin, name

    def on_import(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        if self.importer:
            self.importer(node)

    def on_prune(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        if self.pruner:
            self.pruner(node)

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Any, new_r: Any, reason: Any) -> None:
        if self.chin:
            self.chin(node, i, r, new_r, reason)

    def on_detach(self, fgraph: FunctionGraph) -> None:
        """From now on nothing is called."""
        self.importer = self.pruner = self.chin = None


class NavigatorOptimizer(Optimizer):
    """The base of optimizers that try one rule on nodes of their choice.

    ``ignore_newtrees``: nodes that the rule makes are not visited ("auto": if the rule never applies to what it made).
    ``failure_callback(exception, navigator, replacements, rule, node)`` decides what an exception means; without it the exception
    goes on.  In any case the graph stays as it was.
    """

    warn = staticmethod(warn)
    warn_inplace = staticmethod(warn_inplace)
    warn_ignore = staticmethod(warn_ignore)

    def __init__(
        self, local_opt: LocalOptimizer | None, ignore_newtrees: bool | str = "auto", failure_callback: Callable[..., Any] | None = None
    ) -> None:
        if local_opt is not None and not callable(getattr(local_opt, "transform", None)):
            cure = "decorate a function of the node with @local_optimizer([op])"
            raise TypeError(message(f"{type(self).__name__}: {local_opt!r} is no rule", cure=cure))
        self.local_opt, self.failure_callback = local_opt, failure_callback
        self.ignore_newtrees = not getattr(local_opt, "reentrant", True) if ignore_newtrees == "auto" else bool(ignore_newtrees)
        self.name = name_of(local_opt) if local_opt is not None else None

    def attach_updater(self, fgraph: FunctionGraph, importer: Any, pruner: Any, chin: Any = None, name: str | None = None) -> Any:
        """Have ``importer(node)`` called for new nodes (not with ``ignore_newtrees``), ``pruner(node)`` for those that are gone,
        ``chin(node, i, r, new_r, reason)`` for changes; give what :meth:`detach_updater` takes."""
        importer = None if self.ignore_newtrees else importer
        if importer is None and pruner is None and chin is None:
            return None
        updater = Updater(importer, pruner, chin, name)
        fgraph.attach_feature(updater)
        return updater

    def detach_updater(self, fgraph: FunctionGraph, u: Any) -> None:
        """Undo :meth:`attach_updater`."""
        if u is not None:
            fgraph.remove_feature(u)

    def process_node(self, fgraph: FunctionGraph, node: Apply, lopt: LocalOptimizer | None = None) -> bool:
        """Try the rule (or ``lopt``) on ``node``; whether it changed anything."""
        rule = lopt or self.local_opt
        if rule is None:
            raise ValueError(f"{type(self).__name__}: there is no rule; give process_node one")
        if not applies_to(rule, node.op):
            return False
        with provenance.inherit(node.origin):
            return attempt(fgraph, rule, node, self._fail) is not None

    def _fail(self, error: Exception, pairs: Pairs, rule: Any, node: Apply) -> None:
        if self.failure_callback is None:
            raise error
        self.failure_callback(error, self, pairs, rule, node)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        if self.local_opt is not None:
            self.local_opt.add_requirements(fgraph)

    def print_summary(self, stream: Any = None, level: int = 0, depth: int = -1) -> None:
        super().print_summary(stream, level, depth)
        if depth and self.local_opt is not None:
            self.local_opt.print_summary(stream, level + 2, depth - 1)

    def _visit(self, fgraph: FunctionGraph, start: Iterable[Apply], forward: bool) -> Report:
        """Try the rule on ``start`` and, unless they are ignored, on the nodes that come up meanwhile."""
        started, before = perf_counter(), len(fgraph.apply_nodes)
        queue, report = deque(start), Report()
        waiting = set(queue)
        budget = Budget(before)

        arrivals: list[Apply] = []
        updater = self.attach_updater(fgraph, arrivals.append, None, name=self.name)
        name = name_of(self)
        try:
            while queue:
                node = queue.popleft() if forward else queue.pop()
                waiting.discard(node)
                if node not in fgraph.apply_nodes:
                    continue
                report.visits += 1
                arrivals.clear()
                if self.process_node(fgraph, node):
                    queue.extend(new for new in arrivals if new not in waiting)
                    waiting.update(arrivals)
                    report.hits[name] = report.hits.get(name, 0) + 1
                    if report.hits[name] > budget.ratio * before + 100:
                        report.exhausted.append(name)
                        warn_exhausted(self.local_opt, report.hits[name])
                        break
        finally:
            self.detach_updater(fgraph, updater)
        report.attempts[name], report.seconds[name] = report.visits, perf_counter() - started
        report.nodes[name] = before, len(fgraph.apply_nodes)
        return report


class TopoOptimizer(NavigatorOptimizer):
    """Tries a rule on each node once, from the outputs to the inputs ("out_to_in") or the other way ("in_to_out")."""

    def __init__(
        self,
        local_opt: LocalOptimizer,
        order: str = "in_to_out",
        ignore_newtrees: bool | str = False,
        failure_callback: Callable[..., Any] | None = None,
    ) -> None:
        if order not in ("out_to_in", "in_to_out"):
            raise ValueError(f"TopoOptimizer: the order is 'out_to_in' or 'in_to_out', not {order!r}")
        super().__init__(local_opt, ignore_newtrees, failure_callback)
        self.order = order

    def apply(self, fgraph: FunctionGraph, start_from: Sequence[Any] | None = None) -> Report:
        """``start_from``: the variables whose ancestors are visited; by default the outputs of the graph."""
        nodes = fgraph.toposort()
        if start_from is not None:
            wanted = set(io_toposort((), list(start_from)))
            nodes = [node for node in nodes if node in wanted]
        return self._visit(fgraph, nodes, forward=self.order == "in_to_out")


class OpKeyOptimizer(NavigatorOptimizer):
    """Tries a rule on the nodes of its ``op_key()``, an op or a list of ops."""

    def __init__(self, local_opt: Any, ignore_newtrees: bool | str = False, failure_callback: Callable[..., Any] | None = None) -> None:
        if not callable(getattr(local_opt, "op_key", None)):
            cure = "OpSub, OpRemove and PatternSub have it; for others there is TopoOptimizer"
            raise TypeError(message(f"OpKeyOptimizer: {local_opt!r} has no op_key()", cure=cure))
        super().__init__(local_opt, ignore_newtrees, failure_callback)

    def apply(self, fgraph: FunctionGraph) -> Report:
        key = self.local_opt.op_key()  # type: ignore[union-attr]
        ops = key if isinstance(key, (list, tuple)) else [key]
        return self._visit(fgraph, [node for op in ops for node in fgraph.get_nodes(op)], forward=False)  # type: ignore[attr-defined]

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        super().add_requirements(fgraph)
        fgraph.attach_feature(NodeFinder())


def out2in(*local_opts: LocalOptimizer, **kwargs: Any) -> TopoOptimizer:
    """The rules as one walk from the outputs to the inputs; ``name``, and what :class:`TopoOptimizer` takes."""
    return _walk("out_to_in", local_opts, kwargs)


def in2out(*local_opts: LocalOptimizer, **kwargs: Any) -> TopoOptimizer:
    """The rules as one walk from the inputs to the outputs."""
    return _walk("in_to_out", local_opts, kwargs)


def _walk(order: str, rules: Sequence[LocalOptimizer], options: dict[str, Any]) -> TopoOptimizer:
    if not rules:
        raise TypeError(f"{'out2in' if order == 'out_to_in' else 'in2out'}: no rule was given")
    name = options.pop("name", None)
    rule = rules[0] if len(rules) == 1 else LocalOptGroup(*rules)
    walk = TopoOptimizer(rule, order, failure_callback=warn_inplace, **options)
    walk.name = name or name_of(rule)
    return walk


# ------------------------------------------------------------------------------------- until nothing changes


class ChangeTracker:
    """A feature that remembers whether the graph has changed: ``changed``, and how many nodes came in: ``nb_imported``."""

    def __init__(self) -> None:
        self.changed, self.nb_imported = False, 0

    def on_import(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        self.changed = True
        self.nb_imported += 1

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Any, new_r: Any, reason: Any) -> None:
        self.changed = True

    def reset(self) -> None:
        """Forget what has changed."""
        self.changed = False

    def on_attach(self, fgraph: FunctionGraph) -> None:
        fgraph.change_tracker = self  # type: ignore[attr-defined]

    def on_detach(self, fgraph: FunctionGraph) -> None:
        del fgraph.change_tracker  # type: ignore[attr-defined]


class EquilibriumOptimizer(NavigatorOptimizer):
    """Applies rules and optimizers until none of them changes anything.

    ``max_use_ratio``: how often a rule may apply, per node (``config.optdb.max_use_ratio``); one that does so more often is
    switched off, with a warning.  ``final_optimizers`` run at the end of each round; rules among ``cleanup_optimizers`` are tried on what
    is new.  Nodes that a rule makes are always tried again, and equal nodes are merged.
    """

    def __init__(
        self,
        optimizers: Iterable[Any],
        failure_callback: Callable[..., Any] | None = None,
        ignore_newtrees: bool = True,
        tracks_on_change_inputs: bool = False,
        max_use_ratio: float | None = None,
        final_optimizers: Iterable[Any] | None = None,
        cleanup_optimizers: Iterable[Any] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(None, ignore_newtrees, failure_callback)
        self.tracks_on_change_inputs, self.max_use_ratio = tracks_on_change_inputs, max_use_ratio
        self.local_optimizers: list[LocalOptimizer] = []
        self.global_optimizers: list[Any] = []
        for opt in optimizers:
            if isinstance(opt, LocalOptimizer):
                self.local_optimizers.append(opt)
            else:
                check_optimizer("EquilibriumOptimizer", opt)
                self.global_optimizers.append(opt)
        self.final_optimizers, self.cleanup_optimizers = list(final_optimizers or ()), list(cleanup_optimizers or ())
        self.name = name or "EquilibriumOptimizer"
        self.prepared: Rules | None = None

    def get_local_optimizers(self) -> list[LocalOptimizer]:
        """The rules."""
        return list(self.local_optimizers)

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for opt in (*self.local_optimizers, *self.global_optimizers, *self.final_optimizers, *self.cleanup_optimizers):
            opt.add_requirements(fgraph)

    def apply(self, fgraph: FunctionGraph, start_from: Any = None) -> Report:
        rules = self.prepared or self._prepare()
        others = [*self.global_optimizers, *(opt for opt in self.final_optimizers if not isinstance(opt, LocalOptimizer))]
        assert self.name is not None
        with Rewriter.of(fgraph) as rewriter:
            tracker, rounds = ChangeTracker(), 0
            while True:
                if rules.sought or rules.cleanup:
                    rewriter.run(rules, self.name, self.max_use_ratio)
                if not others:
                    return rewriter.report
                fgraph.attach_feature(tracker)
                try:
                    for opt in others:
                        opt.apply(fgraph)
                finally:
                    fgraph.remove_feature(tracker)
                rounds += 1
                if not tracker.changed:
                    return rewriter.report
                if rounds == ROUNDS:
                    rewriter.report.exhausted.append(self.name)
                    warn_exhausted(others[0], rounds)
                    return rewriter.report
                tracker.reset()

    def freeze(self) -> None:
        """Make everything ready once: the lists of rules must not change any more."""
        self.prepared = self._prepare()

    def _prepare(self) -> Rules:
        final, cleanup = ([o for o in opts if isinstance(o, LocalOptimizer)] for opts in (self.final_optimizers, self.cleanup_optimizers))
        return Rules([*self.local_optimizers, *final], cleanup, self._fail)

    def print_summary(self, stream: Any = None, level: int = 0, depth: int = -1) -> None:
        super().print_summary(stream, level, depth)
        if depth:
            for opt in (*self.local_optimizers, *self.global_optimizers, *self.final_optimizers, *self.cleanup_optimizers):
                opt.print_summary(stream, level + 2, depth - 1)


__all__ = [
    "ChangeTracker", "EquilibriumOptimizer", "FromFunctionOptimizer", "NavigatorOptimizer", "OpKeyOptimizer", "Optimizer", "SeqOptimizer",
    "TopoOptimizer", "Updater", "in2out", "inplace_optimizer", "optimizer", "out2in",
]  # fmt: skip
