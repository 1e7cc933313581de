"""The functions of ``DebugMode``: each call is computed three times and compared (:mod:`theano.compile.debugmode`).

The machine code comes first, so that errors of arguments are the usual ones.  Then :class:`Checker` runs the rewritten graph node by
node and looks at what each ``perform`` does; last, the graph as it was written.  Where two disagree, the guilty one is looked for:
:func:`find_node` compiles each node alone, :func:`find_rewrite` rewrites again and compares both sides of every replacement.
"""

from __future__ import annotations

import copy
import itertools
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy

from theano.compile.build import function
from theano.compile.callable import LedFunction
from theano.compile.debugmode import (
    BadDestroyMap,
    BadOptimization,
    BadThunkOutput,
    BadViewMap,
    DebugMode,
    InvalidValueError,
    StochasticOrder,
)
from theano.compile.mode import Mode
from theano.compile.nodewise import unshared
from theano.compile.pipeline import rewrite_graph
from theano.errors import message
from theano.flags import config
from theano.graph import Apply, Constant, Feature, FunctionGraph, Variable, require_runnable
from theano.graph.provenance import is_ours
from theano.graph.variable import NoParams
from theano.interpret import raise_with_op
from theano.printing.tree import debugprint

logger = logging.getLogger("theano.compile.debugmode")

TOLERANCE = {"float16": 1e-2, "float32": 1e-5, "complex64": 1e-5}
"""How far results may be apart, beside the largest number in them; 1e-8 for wider dtypes, ``config.tensor.cmp_sloppy`` loosens it."""


def tolerance_of(dtypes: Iterable[str]) -> float:
    """How far results may be apart that come from values of these dtypes."""
    return max((TOLERANCE.get(dtype, 1e-8) for dtype in dtypes), default=1e-8) * (1, 30, 1000)[config.tensor.cmp_sloppy]


def dtypes_of(variables: Iterable[Variable]) -> list[str]:
    return [getattr(variable.type, "dtype", "") for variable in variables]


def agree(variable: Variable, old: Any, new: Any, stabilised: bool = False, tolerance: float = 0.0) -> bool:
    """Whether two values of ``variable`` are equal but for rounding; ``tolerance``: what is due to the values they were made of.

    ``stabilised``: where the old value is NaN or infinite the new one may be anything: rewriting replaces what overflows."""
    chosen = getattr(variable._tag, "values_eq_approx", None)
    if chosen is not None:
        return bool(chosen(old, new))
    if not (isinstance(old, numpy.ndarray) and isinstance(new, numpy.ndarray)) or old.dtype.kind not in "fc":
        return bool(variable.type.values_eq_approx(old, new))
    if old.shape != new.shape or old.dtype != new.dtype:
        return False
    tolerance = max(tolerance, tolerance_of([old.dtype.name]))
    finite = numpy.isfinite(old)
    scale = max(1.0, float(numpy.max(numpy.abs(old[finite]), initial=0.0)))
    close = numpy.isclose(old, new, rtol=tolerance, atol=tolerance * scale, equal_nan=True)
    return bool(numpy.all(close | ~finite if stabilised else close))


class DebugFunction(LedFunction):
    """A function that checks itself at every call.  Its calls follow one another; what changes its shared variables meanwhile is taken for
    a fault."""

    native = False

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        compilation = self.maker.compilation
        mode = compilation.mode
        assert isinstance(mode, DebugMode) and compilation.written is not None
        self.mode, self.written = mode, compilation.written
        for node in (*self.written.toposort(), *compilation.fgraph.toposort()):
            require_runnable(node)
        check_order(self.written, compilation.fgraph, mode)
        self._turn = threading.RLock()

    def once(self, values: Sequence[Any]) -> Any:
        with self._turn:
            return self._checked(values)

    def _checked(self, values: Sequence[Any]) -> Any:
        cells = [v.container.storage for v in self.maker.compilation.specification.shared]
        before = [copy.copy(cell[0]) for cell in cells]
        given = [copy.copy(v) for v in (*values, *before)]
        result = super().once(values)
        try:
            computed = self._outcome(result, cells)
            self._check(given, computed)
        except BaseException:
            for cell, value in zip(cells, before, strict=True):
                cell[0] = value
            raise
        return result

    def _outcome(self, result: Any, cells: Sequence[Any]) -> list[Any]:
        """What machine code made of all outputs of the graph: results, then the next values of shared variables."""
        specification = self.maker.compilation.specification
        results = [result] if specification.layout == "single" else list(result)
        return [*results, *(cells[position][0] for position, _ in specification.updates)]

    def _check(self, given: list[Any], computed: list[Any]) -> None:
        graph, mode = self.maker.fgraph, self.mode
        tolerance = tolerance_of(dtypes_of((*self.written.variables, *graph.variables)))
        if mode.check_py_code:
            values = Checker(mode).run(graph, given)
            expected, name = [value_of(v, values) for v in graph.outputs], "perform"
            if mode.check_c_code:
                for v, wanted, found in zip(graph.outputs, expected, computed, strict=True):
                    if not agree(v, wanted, found, tolerance=tolerance):
                        guilty = find_node(graph, values) or BadThunkOutput(v, "perform", wanted, "machine code", found)
                        raise with_rewrite(guilty, self.written, mode)
        else:
            expected, name = computed, "machine code"
        written = Checker(None).run(self.written, given)
        for old, new, found in zip(self.written.outputs, graph.outputs, expected, strict=True):
            wanted = value_of(old, written)
            if not agree(old, wanted, found, stabilised=True, tolerance=tolerance):
                raise find_rewrite(self.written, mode, given) or BadOptimization(old, new, wanted, found, f"unknown (by {name})")


def value_of(variable: Variable, values: dict[Variable, Any]) -> Any:
    return variable.data if isinstance(variable, Constant) else values[variable]


# ------------------------------------------------------------------------------------------------ node by node


class Checker:
    """Runs graphs by the ``perform`` of each node; with a mode, and says what is wrong with it."""

    def __init__(self, mode: DebugMode | None) -> None:
        self.mode = mode
        self.last: dict[Apply, list[Any]] = {}

    def run(self, fgraph: FunctionGraph, given: Sequence[Any]) -> dict[Variable, Any]:
        """The value of every variable."""
        values: dict[Variable, Any] = dict(zip(fgraph.inputs, given, strict=True))
        for node in fgraph.toposort():
            inputs = [value_of(v, values) for v in node.inputs]
            values.update(zip(node.outputs, self.node(node, inputs), strict=True))
        return values

    def node(self, node: Apply, inputs: list[Any]) -> list[Any]:
        """The results of one node."""
        passed = [copy.copy(v) for v in inputs]
        results = perform(node, passed, [None] * len(node.outputs))
        if self.mode is not None:
            if not is_ours(type(node.op).perform.__code__.co_filename if hasattr(type(node.op).perform, "__code__") else ""):
                check_overwritten(node, inputs, passed)
                check_aliases(node, passed, results)
                tell_what_is_not_reused(node, inputs, passed, results)
            for variable, value in zip(node.outputs, results, strict=True):
                check_value(variable, value, self.mode.check_isfinite)
            for kind in self.mode.kinds:
                self._check_preallocated(node, inputs, results, kind)
        return unshared([v.type.filter(x) for v, x in zip(node.outputs, results, strict=True)], passed, node.outputs)

    def _check_preallocated(self, node: Apply, inputs: list[Any], results: list[Any], kind: str) -> None:
        """Run ``perform`` again with arrays in its output storage: what it finds there must not matter."""
        for cells in preallocated(results, kind):
            again = perform(node, [copy.copy(v) for v in inputs], cells)
            for variable, first, second in zip(node.outputs, results, again, strict=True):
                if not agree(variable, first, second):
                    raise BadThunkOutput(variable, "perform", first, f"perform with {kind} output storage", second, inputs)


def perform(node: Apply, inputs: list[Any], outputs: list[Any]) -> list[Any]:
    """The results of ``perform``, which finds ``outputs`` in its output storage."""
    cells = [[value] for value in outputs]
    cells_of = {v: [x] for v, x in zip(node.inputs, inputs, strict=True)} | dict(zip(node.outputs, cells, strict=True))
    try:
        if node.op.has_own_thunk():
            node.op.make_thunk(node, cells_of, {v: [v not in node.outputs] for v in cells_of}, [])()
        else:
            params = node.run_params()
            node.op.perform(node, inputs, cells, *(() if params is NoParams else (params,)))
    except Exception:
        raise_with_op(node, storage_map=cells_of)
    return [cell[0] for cell in cells]


def preallocated(results: Sequence[Any], kind: str) -> Iterator[list[Any]]:
    """What ``perform`` may find in its output storage, for one kind: the right size or not, in several layouts."""
    if not all(isinstance(r, numpy.ndarray) for r in results):
        return
    if kind == "previous":
        yield [r.copy() for r in results]
    elif kind in ("initial", "c_contiguous"):
        yield [_junk(r.shape, r.dtype) for r in results]
    elif kind == "f_contiguous":
        yield [numpy.asfortranarray(_junk(r.shape, r.dtype)) for r in results]
    elif kind == "strided" and all(r.ndim <= config.DebugMode.check_preallocated_output_ndim for r in results):
        yield [_junk(tuple(2 * n for n in r.shape), r.dtype)[tuple(slice(None, None, 2) for _ in r.shape)] for r in results]
    elif kind == "wrong_size":
        yield [_junk(tuple(n + 1 for n in r.shape), r.dtype) for r in results]


def _junk(shape: tuple[int, ...], dtype: Any) -> Any:
    return numpy.full(shape, 17, dtype)


def check_overwritten(node: Apply, before: Sequence[Any], after: Sequence[Any]) -> None:
    """Refuse that an input changes which ``destroy_map`` does not mention."""
    allowed = {k for overwritten in node.op.destroy_map.values() for k in overwritten}
    for k, (old, new) in enumerate(zip(before, after, strict=True)):
        if k not in allowed and isinstance(old, numpy.ndarray) and not node.inputs[k].type.values_eq(old, new):
            raise BadDestroyMap(node, k, old, new, "perform")


def check_aliases(node: Apply, inputs: Sequence[Any], results: Sequence[Any]) -> None:
    """Refuse results that share memory with an input or another result, if neither map mentions it."""
    for k, (variable, value) in enumerate(zip(node.outputs, results, strict=True)):
        allowed = {*node.op.view_map.get(k, ()), *node.op.destroy_map.get(k, ())}
        found = [i for i, x in enumerate(inputs) if i not in allowed and _mutable(value) and variable.type.may_share_memory(value, x)]
        if found:
            raise BadViewMap(node, k, value, in_alias_idx=found)
        others = [j for j in range(k) if _mutable(value) and variable.type.may_share_memory(value, results[j])]
        if others:
            raise BadViewMap(node, k, value, out_alias_idx=others)


def tell_what_is_not_reused(node: Apply, before: Sequence[Any], after: Sequence[Any], results: Sequence[Any]) -> None:
    """Warn of inputs that ``destroy_map`` gives away though nothing overwrites them: copies are made for nothing."""
    if not config.DebugMode.warn_input_not_reused:
        return
    for output, inputs in node.op.destroy_map.items():
        for k in inputs:
            variable = node.inputs[k]
            if variable.type.values_eq(before[k], after[k]) and not variable.type.may_share_memory(results[output], after[k]):
                logger.warning("DebugMode: %s does not overwrite its input %d, which is in its destroy_map; at %r", node.op, k, node.origin)


def _mutable(value: Any) -> bool:
    return not isinstance(value, (int, float, complex, str, bytes, bool, type(None), tuple, numpy.generic))


def check_value(variable: Variable, value: Any, finite: bool) -> None:
    """Refuse what is no value of the variable's type or, if ``finite``, not finite."""
    if value is None and variable.type.is_valid_value(value) is False:
        raise InvalidValueError(variable, value, hint="perform must put its result into output_storage[k][0]")
    if not variable.type.is_valid_value(value):
        raise InvalidValueError(variable, value, hint=variable.type.value_validity_msg(value))
    if finite and isinstance(value, numpy.ndarray) and value.dtype.kind in "fc" and not numpy.isfinite(value).all():
        raise InvalidValueError(variable, value, hint="it holds NaN or infinity; DebugMode(check_isfinite=False) accepts these")


# ------------------------------------------------------------------------------------------------ looking for the guilty


def find_node(fgraph: FunctionGraph, values: dict[Variable, Any]) -> BadThunkOutput | None:
    """The node whose own machine code disagrees with its ``perform``, if it is one node alone."""
    for node in fgraph.toposort():
        given = list(dict.fromkeys(v for v in node.inputs if not isinstance(v, Constant)))
        fresh = {v: v.type() for v in given}
        alone = node.clone_with_new_inputs([fresh.get(v, v) for v in node.inputs], strict=False)
        f = function([fresh[v] for v in given], list(alone.outputs), mode=Mode("native", None), on_unused_input="ignore")
        for variable, found in zip(node.outputs, f(*(copy.copy(values[v]) for v in given)), strict=True):
            if not agree(variable, values[variable], found, tolerance=tolerance_of(dtypes_of(node.inputs))):
                inputs = [value_of(v, values) for v in node.inputs]
                return BadThunkOutput(variable, "perform", values[variable], "machine code", found, inputs)
    return None


class Imports(Feature):
    """Notes which rewrite brought which node, by its text."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}

    def on_import(self, fgraph: FunctionGraph, node: Any, reason: Any) -> None:
        self.reasons.setdefault(str(node), str(reason))


def with_rewrite(error: BadThunkOutput, written: FunctionGraph, mode: DebugMode) -> BadThunkOutput:
    """The error with a note of the rewrite that brought the node, if one did."""
    again, imports = written.clone(), Imports()
    again.attach_feature(imports)
    rewrite_graph(again, mode)
    reason = imports.reasons.get(str(error.r.owner))
    if reason is not None:
        error.add_note(f"the node was made by the rewrite {reason}; to go on without it: mode.excluding({reason!r})")
    return error


class Replacements(Feature):
    """Compares both sides of every replacement in a graph whose inputs have known values."""

    def __init__(self, known: dict[Variable, Any], tolerance: float) -> None:
        self.known, self.tolerance = known, tolerance
        self.seen: set[tuple[Variable, Variable]] = set()
        self.found: BadOptimization | None = None

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        if self.found is not None or (r, new_r) in self.seen:
            return
        self.seen.add((r, new_r))
        old, new = self.value(r), self.value(new_r)
        if not agree(r, old, new, stabilised=True, tolerance=self.tolerance):
            self.found = BadOptimization(r, new_r, old, new, str(reason), *map(_tree, (r, new_r)))

    def value(self, variable: Variable) -> Any:
        """By ``perform``, of what is not known yet; the chain of owners may be long."""
        stack = [variable]
        while stack:
            current = stack[-1]
            if isinstance(current, Constant) or current in self.known:
                stack.pop()
                continue
            node = current.owner
            assert node is not None
            missing = [v for v in node.inputs if not isinstance(v, Constant) and v not in self.known]
            if missing:
                stack += missing
                continue
            self.known.update(zip(node.outputs, Checker(None).node(node, [value_of(v, self.known) for v in node.inputs]), strict=True))
        return value_of(variable, self.known)


def find_rewrite(written: FunctionGraph, mode: DebugMode, given: Sequence[Any]) -> BadOptimization | None:
    """The first replacement in rewriting the graph again whose two sides differ for these inputs."""
    again = written.clone()
    replacements = Replacements(dict(zip(again.inputs, given, strict=True)), tolerance_of(dtypes_of(again.variables)))
    again.attach_feature(replacements)
    rewrite_graph(again, mode)
    return replacements.found


def _tree(variable: Variable) -> str:
    return str(debugprint(variable, depth=4, print_type=True, file="str"))


class Steps(Feature):
    """Notes every replacement as text."""

    def __init__(self) -> None:
        self.steps: list[str] = []

    def on_change_input(self, fgraph: FunctionGraph, node: Any, i: int, r: Any, new_r: Any, reason: Any = None) -> None:
        self.steps.append(f"{reason}: {r} becomes {new_r}")


def check_order(written: FunctionGraph, rewritten: FunctionGraph, mode: DebugMode) -> None:
    """Rewrite again and again: the same graph, by the same replacements in the same order."""
    first: list[str] = []
    for _ in range(mode.stability_patience - 1):
        again, steps = written.clone(), Steps()
        again.attach_feature(steps)
        rewrite_graph(again, mode)
        _refuse_difference("gives another graph", _lines(rewritten), _lines(again))
        first = first or steps.steps
        _refuse_difference("goes another way", first, steps.steps)


def _refuse_difference(what: str, first: list[str], second: list[str]) -> None:
    if first == second:
        return
    pair = next(pair for pair in itertools.zip_longest(first, second, fillvalue="(nothing)") if pair[0] != pair[1])
    cure = "a rewrite depends on chance, on a set's order or on addresses: find it by mode.excluding(...)"
    rows = [(label, line.strip()) for label, line in zip(("first", "then"), pair, strict=True)]
    raise StochasticOrder(message(f"DebugMode: rewriting the same graph again {what}", rows, cure))


def _lines(fgraph: FunctionGraph) -> list[str]:
    return str(debugprint(fgraph, print_type=True, ids="int", file="str")).splitlines()
