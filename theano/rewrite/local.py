"""Rules of a node as extensions write them, and how one is tried without harm.

A :class:`LocalOptimizer` looks at one node and says what takes the place of its outputs: ``transform(node)`` gives None or False (it
does not apply), a list with a new variable for each output (None keeps one), or a dictionary from old variables to new ones, which may
list nodes that must be gone under the key ``"remove"``.  :func:`attempt` tries it: whatever is wrong with the rule or with
what it gives leaves the graph as it was and becomes one message, which ``config.on_opt_error`` makes a warning or an error.

>>> import theano.tensor as T
>>> @local_optimizer([T.sin])
... def sin_is_cos(node):
...     return [T.cos(node.inputs[0])]
>>> sin_is_cos, sin_is_cos.tracks()
(sin_is_cos, [Elemwise{sin,no_inplace}])
>>> sin_is_cos.transform(T.sin(T.dscalar("x")).owner)
[Elemwise{cos,no_inplace}.0]
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from theano.errors import InconsistencyError, message
from theano.flags import config
from theano.graph import Apply, FunctionGraph, Op, Variable, provenance
from theano.graph.naming import operation

Pairs = list[tuple[Variable, Variable]]
"""Old and new variables."""
Failure = Callable[[Exception, Pairs, Any, Apply], None]
"""What is done about an exception, given the replacements it came from (if it got so far), the rule and the node."""


class LocalOptimizer:
    """The base of rules of one node; a subclass defines ``transform``, and ``tracks`` to be asked only about some ops."""

    name: str | None = None

    def tracks(self) -> Sequence[Any] | None:
        """The ops, or classes of ops, whose nodes the rule may apply to; None for all."""
        return None

    def transform(self, node: Apply, *args: Any, **kwargs: Any) -> Any:
        """What takes the place of the outputs of ``node``; None or False if the rule does not apply."""
        raise NotImplementedError(f"{type(self).__name__} defines no transform(self, node)")

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        """Attach the features that the rule needs."""

    def print_summary(self, stream: Any = None, level: int = 0, depth: int = -1) -> None:
        """Print one line that names the rule."""
        print_line(stream, level, f"{type(self).__name__} {name_of(self)}")

    def __str__(self) -> str:
        return name_of(self)

    __repr__ = __str__


def name_of(rule: Any) -> str:
    """What messages call a rule or pass."""
    return str(getattr(rule, "name", None) or getattr(rule, "__name__", None) or type(rule).__name__)


def print_line(stream: Any, level: int, text: str) -> None:
    print(" " * level + text, file=stream or sys.stdout)


class FromFunctionLocalOptimizer(LocalOptimizer):
    """A rule made of a function of the node."""

    def __init__(self, fn: Callable[[Apply], Any], tracks: Sequence[Any] | None = None, requirements: Iterable[Any] = ()) -> None:
        self.fn, self._tracks, self.requirements = fn, tracks, requirements
        self.name = self.__name__ = getattr(fn, "__name__", None) or type(fn).__name__
        self.__doc__ = fn.__doc__

    def tracks(self) -> Sequence[Any] | None:
        return self._tracks

    def transform(self, node: Apply, *args: Any, **kwargs: Any) -> Any:
        return self.fn(node) if applies_to(self, node.op) else False

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for require in self.requirements:
            require(fgraph)


def applies_to(rule: LocalOptimizer, op: Any) -> bool:
    """Whether ``op`` is among what ``rule`` tracks, or of a class there, or applies a scalar op that is."""
    tracks = rule.tracks()
    if tracks is None:
        return True
    scalar = getattr(op, "scalar_op", None)
    return any(isinstance(op, track) if isinstance(track, type) else track in (op, scalar) for track in tracks)


def local_optimizer(
    tracks: Sequence[Any] | None, inplace: bool = False, requirements: Sequence[Any] = ()
) -> Callable[[Callable[[Apply], Any]], FromFunctionLocalOptimizer]:
    """Make a rule of a function of the node, for nodes of the ops (or classes of ops) ``tracks``; None for all nodes."""
    if tracks is not None:
        _check_tracks(tracks)
    if inplace:
        requirements = (*requirements, require_destroy_handler)

    def declare(function: Callable[[Apply], Any]) -> FromFunctionLocalOptimizer:
        if not callable(function):
            raise TypeError(f"local_optimizer: a function of the node is decorated, not {function!r}")
        return FromFunctionLocalOptimizer(function, tracks, requirements)

    return declare


def _check_tracks(tracks: Any) -> None:
    cure = "write @local_optimizer([op, OpClass, ...]), or @local_optimizer(None) for every node"
    if not isinstance(tracks, (list, tuple, set, frozenset)):
        raise TypeError(message(f"local_optimizer: the ops are given as a list, not {tracks!r}", cure=cure))
    if not tracks:
        raise ValueError(message("local_optimizer: an empty list of ops would never apply", cure=cure))
    for track in tracks:
        if not isinstance(track, (Op, type)) and not hasattr(track, "make_node"):
            raise TypeError(message(f"local_optimizer: {track!r} is neither an operation nor a class of operations", cure=cure))


def require_destroy_handler(fgraph: FunctionGraph) -> None:
    """Let a DestroyHandler refuse what is overwritten and still needed."""
    if not hasattr(fgraph, "destroy_handler"):
        from theano.graph.destroying import DestroyHandler

        fgraph.attach_feature(DestroyHandler())


class LocalOptGroup(LocalOptimizer):
    """Several rules as one: the first that applies counts; with ``apply_all_opts`` the others are applied to what it gave."""

    def __init__(self, *optimizers: Any, apply_all_opts: bool = False, profile: bool = False) -> None:
        if len(optimizers) == 1 and isinstance(optimizers[0], (list, tuple)):
            optimizers = tuple(optimizers[0])
        for rule in optimizers:
            if not isinstance(rule, LocalOptimizer):
                raise TypeError(f"LocalOptGroup: {rule!r} is no LocalOptimizer; @local_optimizer makes one of a function")
        self.opts: tuple[LocalOptimizer, ...] = optimizers
        self.apply_all_opts, self.profile = apply_all_opts, profile
        self.name = "_".join(map(name_of, optimizers))
        self.applied: dict[str, int] = {}

    def tracks(self) -> Sequence[Any] | None:
        tracks = [rule.tracks() for rule in self.opts]
        return None if None in tracks else list(dict.fromkeys(op for ops in tracks for op in ops or ()))

    def transform(self, node: Apply, *args: Any, **kwargs: Any) -> Any:
        result: Any = False
        todo = list(self.opts)
        while todo:
            rule = todo.pop(0)
            new = rule.transform(node) if applies_to(rule, node.op) else False
            if new is None or new is False:
                continue
            self.applied[name_of(rule)] = self.applied.get(name_of(rule), 0) + 1
            result = new
            owner = new[0].owner if isinstance(new, (list, tuple)) and len(new) == 1 else None
            if not self.apply_all_opts or owner is None:
                break
            node = owner
        return result

    def add_requirements(self, fgraph: FunctionGraph) -> None:
        for rule in self.opts:
            rule.add_requirements(fgraph)

    def print_summary(self, stream: Any = None, level: int = 0, depth: int = -1) -> None:
        super().print_summary(stream, level, depth)
        if depth:
            for rule in self.opts:
                rule.print_summary(stream, level + 2, depth - 1)

    def print_profile(self, stream: Any, prof: dict[str, int], level: int = 0) -> None:
        """Print how often each rule applied; ``prof`` as in the attribute ``applied``."""
        for name, count in sorted(prof.items(), key=lambda item: -item[1]):
            print_line(stream, level, f"{count:7}  {name}")

    @staticmethod
    def merge_profile(prof1: dict[str, int], prof2: dict[str, int]) -> dict[str, int]:
        """The sum of two such counts."""
        return {name: prof1.get(name, 0) + prof2.get(name, 0) for name in {**prof1, **prof2}}


# ------------------------------------------------------------------------------------------------ trying one


def attempt(fgraph: FunctionGraph, rule: LocalOptimizer, node: Apply, fail: Failure) -> Pairs | None:
    """Try ``rule`` on ``node``: the replacements made, or None.  All of them are made or none."""
    pairs: Pairs = []
    try:
        result = rule.transform(node)
        if result is None or result is False:
            return None
        pairs, remove = _replacements(fgraph, rule, node, result)
        if remove:
            fgraph.replace_all_validate_remove(pairs, remove, reason=rule)
        elif pairs:
            fgraph.replace_all_validate(pairs, reason=rule)
    except Exception as error:
        fail(error, pairs, rule, node)
        return None
    return pairs or None


def _replacements(fgraph: FunctionGraph, rule: LocalOptimizer, node: Apply, result: Any) -> tuple[Pairs, list[Apply]]:
    """What ``rule`` asks for: (old and new variables, nodes that must be gone)."""
    remove: list[Apply] = []
    if isinstance(result, dict):
        remove = list(result.get("remove", ()))
        given = [(old, new) for old, new in result.items() if not (isinstance(old, str) and old == "remove")]
    elif isinstance(result, Variable):
        given = [(node.default_output(), result)]
    elif isinstance(result, (list, tuple)):
        if len(result) != len(node.outputs):
            count = f"{len(node.outputs)} output{'s' * (len(node.outputs) != 1)}"
            cure = "return one variable for each output, in their order; None keeps one as it is"
            raise ValueError(_told(f"{name_of(rule)} gave {len(result)} replacements for a node with {count}", rule, node, cure=cure))
        given = list(zip(node.outputs, result))
    else:
        cure = "a rule returns False or None, a list of variables, or a dictionary from old variables to new ones"
        raise TypeError(_told(f"{name_of(rule)} gave {result!r}, which is no replacement", rule, node, cure=cure))
    pairs = []
    for old, new in given:
        if not isinstance(old, Variable):
            raise TypeError(_told(f"{name_of(rule)} replaces {old!r}, which is no variable", rule, node))
        if new is not None and new is not old and fgraph.clients.get(old):
            pairs.append((old, _fitted(rule, node, old, new)))
    return pairs, remove


def _fitted(rule: LocalOptimizer, node: Apply, old: Variable, new: Any) -> Variable:
    if not isinstance(new, Variable):
        raise TypeError(_told(f"{name_of(rule)} gave {new!r} in the place of {old}; a variable is needed", rule, node))
    if new.type == old.type:
        return new
    try:
        fitted: Variable = old.type.filter_variable(new)
        return fitted
    except TypeError:
        rows = [("old", old, old.type), ("new", new, new.type)]
        headline = f"{name_of(rule)} gave a replacement of another type"
        raise TypeError(_told(headline, rule, node, rows, "convert it: .astype(dtype), patternbroadcast, .reshape")) from None


# --------------------------------------------------------------------------------------------------- telling


def _told(headline: str, rule: Any, node: Apply | None, rows: Iterable[Sequence[object]] = (), cure: str | None = None) -> str:
    """A message about ``rule``, with its line and that of ``node``."""
    table = [*rows, ("rule", name_of(rule), "", place_of(rule))]
    if node is not None:
        table.append(("at", operation(node), ", ".join(str(v.type) for v in node.inputs), node.origin))
    return message(headline, table, cure)


def place_of(rule: Any) -> str:
    """``file.py:12``, the line where a rule or pass was written; empty if it is our own."""
    origin = getattr(rule, "origin", None)
    if origin:
        return str(origin)
    function = getattr(rule, "fn", None) or getattr(type(rule), "transform", None) or getattr(type(rule), "apply", None)
    code = getattr(function, "__code__", None)
    if code is None or provenance.is_ours(code.co_filename):
        return ""
    return f"{os.path.basename(code.co_filename)}:{code.co_firstlineno}"


def _raised_at(error: BaseException) -> str:
    """The innermost line outside this package that ``error`` came through."""
    found, trace = "", error.__traceback__
    while trace is not None:
        if not provenance.is_ours(trace.tb_frame.f_code.co_filename):
            found = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def report_failure(error: Exception, pairs: Pairs, rule: Any, node: Apply | None = None) -> None:
    """Warn of what went wrong with a rule or pass, raise it, or say nothing, as ``config.on_opt_error`` asks."""
    policy = config.on_opt_error
    if policy == "ignore":
        return
    if policy == "pdb":
        import pdb

        pdb.post_mortem(error.__traceback__)
        return
    state = f"{operation(node)} stays as it was" if node is not None else "what it had changed before stays"
    cure = f"{state}; config.on_opt_error = 'raise' raises this error, 'ignore' hides it"
    line = _raised_at(error)
    rows = [("raised", "", "", line)] if line else []
    headline = str(error) if str(error).startswith(f"{name_of(rule)} ") else f"{name_of(rule)} raised {type(error).__name__}: {error}"
    told = headline if "\n" in headline else _told(headline, rule, node, rows)
    if policy == "raise":
        if headline is not str(error):
            error.add_note(_told(f"in the optimization {name_of(rule)}", rule, node))
        raise error
    warn_user(f"{told}\n  {cure}")


def warn_user(text: str) -> None:
    """A warning at the user's line that is running."""
    frame = sys._getframe(1)
    while frame.f_back is not None and provenance.is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    warnings.warn_explicit(text, UserWarning, frame.f_code.co_filename, frame.f_lineno)


def warn(exc: Exception, nav: Any, repl_pairs: Pairs, local_opt: Any, node: Apply) -> None:
    """A failure callback: what ``config.on_opt_error`` says."""
    report_failure(exc, repl_pairs, local_opt, node)


def warn_inplace(exc: Exception, nav: Any, repl_pairs: Pairs, local_opt: Any, node: Apply) -> None:
    """As :func:`warn`, but a graph that would not be consistent is only a reason not to replace."""
    if not isinstance(exc, InconsistencyError):
        report_failure(exc, repl_pairs, local_opt, node)


def warn_ignore(exc: Exception, nav: Any, repl_pairs: Pairs, local_opt: Any, node: Apply) -> None:
    """A failure callback that says nothing."""
