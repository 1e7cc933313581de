"""One mechanism for all rewriting: a worklist of nodes, and rules indexed by the operation at their root.

A :class:`Rewrite` is a function that looks at one node and returns what takes the place of its outputs, or None.  Equations
(:mod:`theano.rewrite.pattern`) and the rules of extensions (:mod:`theano.rewrite.local`) become the same class.  The driver
visits nodes from inputs to outputs; a replacement puts the new nodes, and the nodes that read them, back on the list.  Every
visit first merges the node with an equal one (same op, same inputs), so equal things are one thing throughout.

What a rule costs is *counted*: :class:`Report` holds the attempts and hits of every rule, and a rule that hits more often
than a small multiple of the number of nodes is switched off, so that no rule can make rewriting super-linear.

>>> import theano.tensor as T
>>> from theano.graph import FunctionGraph
>>> from theano.rewrite import optimize
>>> x = T.dvector("x")
>>> graph = FunctionGraph([x], [T.log(1 + x)])
>>> report = optimize(graph)
>>> graph.outputs[0].owner.op.scalar_op.name
'log1p'
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from theano.errors import message
from theano.flags import config
from theano.graph import Apply, Constant, FunctionGraph, Variable, graph_inputs, provenance
from theano.rewrite.local import Failure, LocalOptimizer, attempt, name_of, place_of, report_failure, warn_user
from theano.scalar import ScalarOp
from theano.tensor.elemwise import Elemwise

Result = Any
"""What a rule returns: None or False (does not apply), the new output, a list of new outputs (None keeps one), or a
dict from old to new variables."""

MERGED_SIZE = 16
"""Constants up to this many elements are merged by value."""

HITS_PER_NODE = 20
"""A rule may hit this many times the number of nodes, then it is switched off for the rest of its stage."""

APPLIED = object()
"""What a rule returns that has changed the graph itself."""


@dataclass(eq=False, repr=False)
class Rewrite(LocalOptimizer):
    """A named rule.  ``roots`` are the ops it may apply to: scalar ops, ops, or classes of ops; empty means every node."""

    name: str = field()
    function: Callable[..., Result]
    roots: tuple[Any, ...] = ()
    group: str = ""
    tags: frozenset[str] = frozenset()
    applies: Callable[[Any], bool] | None = None  # to which ops, besides ``roots``; asked once for each op
    law: Any = None  # the equation it was made from, for the property tests and for printing
    anchors: tuple[tuple[str, Any], ...] = ()
    """For an equation about a sum or product: ("sum" | "product", the op of one of its terms); such a rule is tried where
    such sums are read (:mod:`theano.rewrite.algebra`), not at every node; its function takes what was read as a third argument."""
    written: LocalOptimizer | None = None
    """The rule of an extension that this one tries."""

    def transform(self, node: Apply, *args: Any, **kwargs: Any) -> Result:
        """Apply the rule to ``node`` outside a pass; the classic name."""
        return self.function(Rewriter(_graph_of(node)), node)

    def tracks(self) -> Sequence[Any] | None:
        """The classic name of ``roots``; None for every node."""
        return list(self.roots) or None


def rule_of(rule: LocalOptimizer, fail: Failure = report_failure) -> Rewrite:
    """The rule of an extension as one of the worklist; what becomes of an exception is for ``fail`` to say."""
    if isinstance(rule, Rewrite):
        return rule

    def function(rewriter: Rewriter, node: Apply) -> Result:
        known = len(rewriter._arrivals)
        pairs = attempt(rewriter.fgraph, rule, node, fail)
        if pairs is None:
            del rewriter._arrivals[known:]  # what was undone brings nothing new
            return None
        rewriter.renamed.update(pairs)
        return APPLIED

    return Rewrite(name_of(rule), function, tuple(rule.tracks() or ()), "custom", written=rule)


def _graph_of(node: Apply) -> FunctionGraph:
    graph = getattr(node, "fgraph", None)
    if isinstance(graph, FunctionGraph):
        return graph
    return FunctionGraph([v for v in graph_inputs(node.outputs) if not isinstance(v, Constant)], list(node.outputs), clone=False)


GROUPS: dict[str, list[Rewrite]] = {}
"""All rules, by group, in the order of their declaration; the stages say when a group runs."""


def register(rewrite: Rewrite) -> Rewrite:
    """Add ``rewrite`` to its group; a rule of that name there is replaced."""
    group = GROUPS.setdefault(rewrite.group, [])
    group[:] = [r for r in group if r.name != rewrite.name]
    group.append(rewrite)
    return rewrite


def rewrite(
    group: str, *roots: Any, tags: Iterable[str] = (), applies: Callable[[Any], bool] | None = None
) -> Callable[[Callable[[Rewriter, Apply], Result]], Rewrite]:
    """Declare a rule of ``group`` for nodes whose op is one of ``roots`` or ``applies``: a function of (rewriter, node)."""

    def declare(function: Callable[[Rewriter, Apply], Result]) -> Rewrite:
        return register(Rewrite(function.__name__, function, roots, group, frozenset(tags), applies))

    return declare


def anchored(group: str, *anchors: tuple[str, Any], tags: Iterable[str] = ()) -> Callable[[Callable[..., Result]], Rewrite]:
    """Declare a rule of ``group`` about sums or products that have a term made by an op of ``anchors``: a function of
    (rewriter, node, what was read) that returns the whole sum or product anew."""

    def declare(function: Callable[..., Result]) -> Rewrite:
        return register(Rewrite(function.__name__, function, (), group, frozenset(tags), anchors=anchors))

    return declare


# --------------------------------------------------------------------------------------------------- report


@dataclass(slots=True)
class Report:
    """What a run of the rewriter did.  ``attempts`` and ``hits`` count by rule, ``seconds`` by stage."""

    attempts: dict[str, int] = field(default_factory=dict)
    hits: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    nodes: dict[str, tuple[int, int]] = field(default_factory=dict)  # before and after each stage
    refused: dict[str, int] = field(default_factory=dict)  # results of the wrong type
    exhausted: list[str] = field(default_factory=list)  # rules switched off by their budget
    merged: int = 0
    visits: int = 0

    def __add__(self, other: Report) -> Report:
        """What two runs did together."""
        total = Report(merged=self.merged + other.merged, visits=self.visits + other.visits, exhausted=[*self.exhausted, *other.exhausted])
        for name in ("attempts", "hits", "seconds", "refused"):
            mine, theirs = getattr(self, name), getattr(other, name)
            setattr(total, name, {key: mine.get(key, 0) + theirs.get(key, 0) for key in {**mine, **theirs}})
        total.nodes = {**self.nodes, **{stage: (self.nodes.get(stage, pair)[0], pair[1]) for stage, pair in other.nodes.items()}}
        return total

    def __str__(self) -> str:
        lines = [f"{stage:<14} {self.seconds[stage] * 1e3:9.2f} ms  {old:7} -> {new} nodes" for stage, (old, new) in self.nodes.items()]
        lines += [f"{count:7} of {self.attempts[name]:7}  {name}" for name, count in sorted(self.hits.items(), key=lambda item: -item[1])]
        return "\n".join([*lines, f"{self.merged:7} nodes merged in {self.visits} visits"])


# ---------------------------------------------------------------------------------------------------- index


class Index:
    """Rules by the op of the node they may apply to."""

    def __init__(self, rewrites: Iterable[Rewrite]) -> None:
        self._by_root: dict[Hashable, list[tuple[int, Rewrite]]] = {}
        self._everywhere: list[tuple[int, Rewrite]] = []
        self._chosen: list[tuple[int, Rewrite]] = []
        self._of_op: dict[int, tuple[Any, tuple[Rewrite, ...]]] = {}
        self.anchored: dict[tuple[str, Any], list[Rewrite]] = {}
        for position, rule in enumerate(rewrites):
            for anchor in rule.anchors:
                self.anchored.setdefault(anchor, []).append(rule)
            if rule.anchors:
                continue
            for root in rule.roots:
                self._by_root.setdefault(root, []).append((position, rule))
            if rule.applies is not None:
                self._chosen.append((position, rule))
            elif not rule.roots:
                self._everywhere.append((position, rule))

    def of(self, op: Any) -> tuple[Rewrite, ...]:
        """The rules for a node of ``op``, in the order of declaration."""
        found = self._of_op.get(id(op))
        if found is None:
            ranked = dict(self._everywhere) | {position: rule for position, rule in self._chosen if rule.applies and rule.applies(op)}
            roots = list(type(op).__mro__) if isinstance(op, ScalarOp) else [op, *type(op).__mro__]  # a rule of exp is of tensors
            if isinstance(op, Elemwise):
                roots.append(op.scalar_op)
            for root in roots:
                ranked.update(self._by_root.get(root, ()))
            found = self._of_op[id(op)] = op, tuple(ranked[position] for position in sorted(ranked))
        return found[1]

    def forget(self) -> None:
        """Let go of the ops that were seen."""
        self._of_op.clear()


class Rules:
    """Rules made ready for a run: those that are sought, and with them those for cleaning up."""

    def __init__(self, rewrites: Iterable[LocalOptimizer], cleanup: Iterable[LocalOptimizer] = (), fail: Failure = report_failure) -> None:
        self.sought = [rule_of(rule, fail) for rule in rewrites]
        self.cleanup = [rule_of(rule, fail) for rule in cleanup]
        self.wanted, self.index = Index(self.sought), Index([*self.sought, *self.cleanup])

    def __bool__(self) -> bool:
        return bool(self.sought)

    def forget(self) -> None:
        """Let go of the ops that were seen."""
        self.wanted.forget()
        self.index.forget()


# --------------------------------------------------------------------------------------------------- budget


class Budget:
    """How often rules may still hit in one run; one that hits too often is switched off."""

    def __init__(self, nodes: int, max_use_ratio: float | None = None) -> None:
        self.nodes = nodes
        self.ratio: float = config.optdb.max_use_ratio if max_use_ratio is None else max_use_ratio
        self.spent: dict[str, int] = {}
        self.exhausted: set[str] = set()

    def limit(self, rule: Rewrite) -> float:
        return HITS_PER_NODE * self.nodes + 1000 if rule.written is None else self.ratio * self.nodes + 100

    def spend(self, rule: Rewrite, rewriter: Rewriter) -> None:
        """Count a hit of ``rule``."""
        count = self.spent[rule.name] = self.spent.get(rule.name, 0) + 1
        if count > self.limit(rule):
            self.exhausted.add(rule.name)
            rewriter.report.exhausted.append(rule.name)
            warn_exhausted(rule.written or rule, count)


def warn_exhausted(rule: Any, count: int) -> None:
    """Say that a rule does not come to an end."""
    rows = [("rule", name_of(rule), place_of(rule))]
    cure = "a rule must not apply to what it made itself; if it does come to an end, raise config.optdb.max_use_ratio"
    warn_user(message(f"rewriting: the rule {name_of(rule)} was switched off after {count} replacements", rows, cure))


# --------------------------------------------------------------------------------------------------- driver


class Rewriter:
    """The state of one run over one graph; the first argument of every rule."""

    def __init__(self, fgraph: FunctionGraph, report: Report | None = None) -> None:
        self.fgraph = fgraph
        self.clients = fgraph.clients
        self.report = report or Report()
        self.memory: dict[str, Any] = {}
        """What a rule file keeps from visit to visit, under its own key; dropped after the run."""
        self.index = Index(())
        self.renamed: dict[Variable, Variable] = {}
        """What has taken the place of each variable that is gone."""
        self._seen_all = False  # whether each node was visited, but for the arrivals
        self._stack: list[Apply] = []
        self._pending: set[Apply] = set()
        self._arrivals: list[Apply] = []
        self._op_numbers: dict[int, tuple[int, Any]] = {}
        self._ops: dict[Any, int] = {}
        self._nodes: dict[tuple[int, ...], Apply] = {}
        self._constants: dict[Any, Constant] = {}
        self._canonical: dict[int, tuple[Constant, Constant]] = {}

    @staticmethod
    @contextmanager
    def of(fgraph: FunctionGraph) -> Iterator[Rewriter]:
        """The rewriter at work on ``fgraph``, or one that works on it for the time of the block."""
        found = next((feature for feature in fgraph.features if isinstance(feature, Rewriter)), None)
        if found is not None:
            yield found
            return
        rewriter = Rewriter(fgraph)
        fgraph.attach_feature(rewriter)
        try:
            yield rewriter
        finally:
            fgraph.remove_feature(rewriter)

    # what rules may ask

    def used_once(self, variable: Variable) -> bool:
        """Whether ``variable`` has one reader (an output of the graph counts as one)."""
        return len(self.clients.get(variable, ())) == 1

    def requeue(self, node: Apply) -> None:
        """Look at ``node`` again in this stage."""
        if node not in self._pending:
            self._pending.add(node)
            self._stack.append(node)

    def alive(self, node: Apply) -> bool:
        return node in self.fgraph.apply_nodes

    def current(self, variable: Variable) -> Variable:
        """What stands for ``variable`` now."""
        while variable in self.renamed:
            variable = self.renamed[variable]
        return variable

    def tried(self, rule: Rewrite, hit: bool) -> None:
        """Count an attempt of ``rule`` made by another rule."""
        self.report.attempts[rule.name] = self.report.attempts.get(rule.name, 0) + 1
        if hit:
            self.report.hits[rule.name] = self.report.hits.get(rule.name, 0) + 1

    # the feature that tells of changes

    def on_import(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        self._arrivals.append(node)

    def on_change_input(self, fgraph: FunctionGraph, node: Any, position: int, old: Variable, new: Variable, reason: Any = None) -> None:
        if node != "output":
            self._arrivals.append(node)
        uses = self.clients[old]  # this use is still among them
        if len(uses) == 2:
            self._arrivals += [other for other, _ in uses if other is not node and other != "output"]

    def on_prune(self, fgraph: FunctionGraph, node: Apply, reason: Any) -> None:
        """What is now used only once can be taken into that use."""
        for variable in node.inputs:
            uses = self.clients.get(variable)
            if uses is not None and len(uses) == 1 and variable.owner is not None and uses[0][0] != "output":
                self._arrivals.append(uses[0][0])

    def _enqueue_arrivals(self) -> None:
        """Put new and changed nodes on top of the worklist, arguments first."""
        pending, stack = self._pending, self._stack
        for node in reversed(self._arrivals):
            if node not in pending:
                pending.add(node)
                stack.append(node)
        self._arrivals.clear()

    # running

    def run(self, rewrites: Rules | Iterable[LocalOptimizer], stage: str = "custom", max_use_ratio: float | None = None) -> None:
        """Apply ``rewrites`` until none of them applies any more; those for cleaning up only to nodes that are new or have changed.

        With nothing to apply every node is visited, and so merged.  What another pass has changed since the last run is visited
        as well.  Rules of extensions may hit ``max_use_ratio`` times the number of nodes (``config.optdb.max_use_ratio``)."""
        started, before = perf_counter(), len(self.fgraph.apply_nodes)
        rules = rewrites if isinstance(rewrites, Rules) else Rules(rewrites)
        wanted, self.index = rules.wanted, rules.index
        attached = any(feature is self for feature in self.fgraph.features)
        if not attached:
            self._arrivals.clear()
            self.fgraph.attach_feature(self)
        self._stack = []
        if not rules:
            self._stack = [] if self._seen_all and attached else self.fgraph.toposort()[::-1]
        elif any(wanted.of(node.op) for node in self.fgraph.apply_nodes):
            self._stack = [node for node in reversed(self.fgraph.toposort()) if wanted.of(node.op)]
        self._pending = set(self._stack)
        self._enqueue_arrivals()
        try:
            self._work(Budget(before, max_use_ratio))
        finally:
            rules.forget()
            if not attached:
                self.fgraph.remove_feature(self)
        self._seen_all = self._seen_all or not rules
        self.report.seconds[stage] = self.report.seconds.get(stage, 0.0) + perf_counter() - started
        self.report.nodes[stage] = before, len(self.fgraph.apply_nodes)

    def _work(self, budget: Budget) -> None:
        """Visit nodes until the list is empty."""
        origin, alive, index = provenance._inherited, self.fgraph.apply_nodes, self.index
        token = origin.set(None)
        try:
            while self._stack:
                node = self._stack.pop()
                self._pending.discard(node)
                if node in alive:
                    origin.set(node.origin)
                    self.report.visits += 1
                    if not self._merge(node):
                        self._try_rules(node, index.of(node.op), budget)
                if self._arrivals:
                    self._enqueue_arrivals()
        finally:
            origin.reset(token)

    def _try_rules(self, node: Apply, rules: tuple[Rewrite, ...], budget: Budget) -> None:
        attempts, hits = self.report.attempts, self.report.hits
        for rule in rules:
            name = rule.name
            if name in budget.exhausted:
                continue
            attempts[name] = attempts.get(name, 0) + 1
            result = rule.function(self, node)
            if result is None or result is False or (result is not APPLIED and not self.replace_outputs(node, result, name)):
                continue
            hits[name] = hits.get(name, 0) + 1
            budget.spend(rule, self)
            if node in self.fgraph.apply_nodes:
                self._arrivals.append(node)
            return

    def replace_outputs(self, node: Apply, result: Result, reason: str) -> bool:
        """Put ``result`` in the place of ``node``'s outputs; False if it does not fit or changes nothing."""
        if isinstance(result, dict):
            pairs = [(old, new) for old, new in result.items() if isinstance(old, Variable)]
        else:
            news = [result] if isinstance(result, Variable) else list(result)
            pairs = [(old, new) for old, new in zip(node.outputs, news) if new is not None]
        changed = False
        for old, new in pairs:
            if new is old or not self.clients.get(old):
                continue
            fitted = self._fitting(old, new)
            if fitted is None:
                self.report.refused[reason] = self.report.refused.get(reason, 0) + 1
                return False
            self.fgraph.replace(old, fitted, reason=reason)
            self.renamed[old] = fitted
            changed = True
        return changed

    @staticmethod
    def _fitting(old: Variable, new: Variable) -> Variable | None:
        if new.type is old.type or new.type == old.type:
            return new
        try:
            converted: Variable = old.type.filter_variable(new)
        except TypeError:
            return None
        return converted

    # merging

    def _merge(self, node: Apply) -> bool:
        """Replace ``node`` by an equal one seen before, if there is one.

        Entries of the table may be stale: the node found may be gone, or have other inputs by now.
        """
        inputs = node.inputs
        for variable in inputs:
            if isinstance(variable, Constant) and self.constant(variable) is not variable:
                self.fgraph.replace(variable, self.constant(variable), reason="merge")
                inputs = node.inputs
        number, commutative = self._number_of(node.op)
        ids = [id(v) for v in inputs]
        if commutative:
            ids.sort()
        key = (number, *ids)
        other = self._nodes.get(key)
        if other is None or other is node:
            self._nodes[key] = node
            return False
        if other not in self.fgraph.apply_nodes or self._key_of(other) != key or not _same_types(node, other):
            self._nodes[key] = node
            return False
        for old, new in zip(node.outputs, other.outputs, strict=True):
            if self.clients.get(old):
                self.fgraph.replace(old, new, reason="merge")
                self.renamed[old] = new
        self.report.merged += 1
        return True

    def _key_of(self, node: Apply) -> tuple[int, ...]:
        number, commutative = self._number_of(node.op)
        ids = [id(v) for v in node.inputs]
        if commutative:
            ids.sort()
        return (number, *ids)

    def _number_of(self, op: Any) -> tuple[int, bool]:
        found = self._op_numbers.get(id(op))
        if found is None:
            self._keep(op)
            number = self._ops.setdefault(op, len(self._ops))
            commutative = isinstance(op, Elemwise) and bool(getattr(op.scalar_op, "commutative", False))
            found = self._op_numbers[id(op)] = number, commutative
        return found

    def _keep(self, op: Any) -> None:
        """Hold on to ``op``: its address is a key."""
        self.memory.setdefault("ops", []).append(op)

    def constant(self, constant: Constant) -> Constant:
        """The one constant of this run that equals ``constant``."""
        found = self._canonical.get(id(constant))
        if found is None:
            key = constant_key(constant)
            one = constant if key is None else self._constants.setdefault(key, constant)
            found = self._canonical[id(constant)] = constant, one
        return found[1]


def _same_types(a: Apply, b: Apply) -> bool:
    return all(x.type is y.type or x.type == y.type for x, y in zip(a.outputs, b.outputs, strict=True))


def constant_key(constant: Constant) -> Any:
    """Equal keys mean equal constants; floats by their bits, so that 0.0, -0.0 and NaN stay apart."""
    data = constant.data
    size = getattr(data, "size", None)
    if size is not None and hasattr(data, "tobytes") and hasattr(constant.type, "broadcastable"):
        return (constant.type, data.shape, data.tobytes()) if size <= MERGED_SIZE else None
    try:
        hash(data)
    except TypeError:
        return None
    return constant.type, type(data), data
