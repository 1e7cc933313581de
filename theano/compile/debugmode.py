"""A mode that trusts nothing: it compares what is compiled with what was written, and tells who is at fault.

A function is compiled as in ``FAST_RUN``, and each call is also computed twice by the ``perform`` of each node: over the graph as it was
written, and over the graph after rewriting.  What can go wrong has a class each:

======================  =========================================================================================
:class:`BadThunkOutput`     machine code and ``perform`` disagree, or ``perform`` with itself
:class:`BadOptimization`    a rewrite changed a value; it is named
:class:`BadDestroyMap`      an operation overwrote an input and its ``destroy_map`` does not say so
:class:`BadViewMap`         a result shares memory with an input, or with another result, and ``view_map`` does not say so
:class:`InvalidValueError`  a result is not of its variable's type, or is NaN or infinite where that is refused
:class:`StochasticOrder`    rewriting the same graph twice gives two graphs
======================  =========================================================================================

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> f = theano.function([x], T.log(1 + x), mode=DebugMode(stability_patience=2))
>>> f([0.0])
array([0.])
"""

from __future__ import annotations

from typing import Any

from theano.compile.mode import Mode
from theano.errors import TheanoError, message
from theano.flags import config
from theano.graph.naming import operation, title
from theano.interpret.failures import described

KINDS = ("", "initial", "previous", "c_contiguous", "f_contiguous", "strided", "wrong_size", "ALL")
"""What ``check_preallocated_output`` may name."""


class DebugModeError(TheanoError):
    """Base of what :class:`DebugMode` finds."""


class BadThunkOutput(DebugModeError):
    """Two ways to compute the variable ``r`` give different values."""

    def __init__(self, r: Any, thunk1: str, val1: Any, thunk2: str, val2: Any, inputs_val: Any = ()) -> None:
        self.r, self.thunk1, self.val1, self.thunk2, self.val2, self.inputs_val = r, thunk1, val1, thunk2, val2, inputs_val
        super().__init__(self.str_diagnostic())

    def offending_op(self) -> type:
        """The class of the operation that made the value."""
        return type(self.r.owner.op)

    def str_diagnostic(self) -> str:
        """The message: what was computed, how, with which values."""
        rows = [_row(self.thunk1, self.r, self.val1), _row(self.thunk2, self.r, self.val2)]
        if self.r.owner is not None and len(self.inputs_val) == len(self.r.owner.inputs):
            rows += [_row("input", v, value) for v, value in zip(self.r.owner.inputs, self.inputs_val, strict=True)]
        what = operation(self.r.owner) or title(self.r)
        return message(
            f"DebugMode: {self.thunk1} and {self.thunk2} give different results of {what}", rows, difference(self.val1, self.val2)
        )


class BadOptimization(DebugModeError):
    """A rewrite put ``new_r`` in the place of ``old_r``, whose value is another.  ``reason`` is the rewrite's name."""

    def __init__(
        self, old_r: Any, new_r: Any, old_r_val: Any, new_r_val: Any, reason: str, old_graph: str = "", new_graph: str = ""
    ) -> None:
        self.old_r, self.new_r, self.old_r_val, self.new_r_val = old_r, new_r, old_r_val, new_r_val
        self.reason, self.old_graph, self.new_graph = reason, old_graph, new_graph
        super().__init__(self.str_diagnostic())

    def str_diagnostic(self) -> str:
        """The message: the two expressions, their values, the rewrite."""
        rows = [_row("written", self.old_r, self.old_r_val), _row("rewritten", self.new_r, self.new_r_val)]
        headline = f"DebugMode: the rewrite {self.reason} changes the value of {title(self.old_r)}"
        cure = f"{difference(self.old_r_val, self.new_r_val)}\nto go on without it: mode.excluding({self.reason!r})"
        graphs = [f"{name}:\n{text}" for name, text in (("written", self.old_graph), ("rewritten", self.new_graph)) if text]
        return "\n".join([message(headline, rows, cure), *graphs])


class BadDestroyMap(DebugModeError):
    """An operation overwrote its input number ``idx``, which its ``destroy_map`` does not mention."""

    def __init__(self, node: Any, idx: int, old_val: Any, new_val: Any, perform: str) -> None:
        self.node, self.idx, self.old_val, self.new_val, self.perform = node, idx, old_val, new_val, perform
        rows = [_row("before", node.inputs[idx], old_val), _row("after", node.inputs[idx], new_val)]
        cure = f"{difference(old_val, new_val)}\ncopy the input in {perform}, or declare destroy_map = {{output: [{idx}]}}"
        super().__init__(message(f"DebugMode: {node.op} overwrites its input {idx}, which is not in its destroy_map", rows, cure))


class BadViewMap(DebugModeError):
    """A result shares memory with inputs or other results, which the ``view_map`` of the operation does not say."""

    def __init__(self, node: Any, output_idx: int, out_storage: Any, in_alias_idx: Any = None, out_alias_idx: Any = None) -> None:
        self.node, self.output_idx, self.out_storage = node, output_idx, out_storage
        self.in_alias_idx, self.out_alias_idx = in_alias_idx, out_alias_idx
        rows = [_row("result", node.outputs[output_idx], out_storage)]
        rows += [("input", str(k), node.inputs[k].type, "", node.inputs[k].origin) for k in in_alias_idx or ()]
        rows += [("result", str(k), node.outputs[k].type, "", "") for k in out_alias_idx or ()]
        cure = f"copy the result in perform, or declare view_map = {{{output_idx}: {list(in_alias_idx or ['input'])}}}"
        shared = "an input" if in_alias_idx else "another result"
        super().__init__(message(f"DebugMode: result {output_idx} of {node.op} shares memory with {shared}", rows, cure))


class InvalidValueError(DebugModeError):
    """A value is not one of its variable's type, or not finite where that is refused."""

    def __init__(self, r: Any, v: Any = None, client_node: Any = None, hint: str = "none", specific_hint: str = "none") -> None:
        self.r, self.v, self.client_node, self.hint, self.specific_hint = r, v, client_node, hint, specific_hint
        what = f"the result of {r.owner.op}" if r.owner is not None else f"the input {title(r)}"
        cures = [text for text in (hint, specific_hint) if text != "none"]
        super().__init__(message(f"DebugMode: {what} is not a valid value of {r.type}", [_row("value", r, v)], "\n".join(cures) or None))


class StochasticOrder(DebugModeError):
    """Rewriting the same graph again took another way."""


def _row(label: str, variable: Any, value: Any) -> tuple[Any, ...]:
    return label, title(variable), variable.type, described(value), variable.origin


def difference(a: Any, b: Any) -> str:
    """How two values differ, in one line."""
    import numpy

    if not (isinstance(a, numpy.ndarray) and isinstance(b, numpy.ndarray)):
        return f"{a!r:.60} is not {b!r:.60}"
    if a.dtype != b.dtype or a.shape != b.shape:
        return f"{a.dtype} of shape {a.shape} is not {b.dtype} of shape {b.shape}"
    with numpy.errstate(all="ignore"):
        apart = numpy.abs(numpy.asarray(a, complex) - numpy.asarray(b, complex)) if a.dtype.kind in "fc" else numpy.asarray(a != b, float)
    apart = numpy.where(numpy.isnan(apart), numpy.inf, apart)
    where = numpy.unravel_index(int(numpy.argmax(apart)), a.shape)
    at = f" at {tuple(map(int, where))}" if a.ndim else ""
    return f"the largest difference is {apart[where]:.3g}{at}: {a[where]!s} and {b[where]!s}"


class DebugMode(Mode):
    """What is not given as an argument is as the flags ``DebugMode.*`` say.

    ``stability_patience``: how often the graph is rewritten to see whether the result is the same; ``check_c_code``: compare machine code
    with ``perform``; ``check_py_code``: run ``perform`` of each node, and check what it does; ``check_isfinite``: refuse NaN and infinity;
    ``check_preallocated_output``: kinds of arrays, separated by ':', that ``perform`` must cope with finding in its output storage.
    ``require_matching_strides`` changes nothing: all arrays here are contiguous."""

    def __init__(
        self,
        optimizer: Any = "fast_run",
        stability_patience: int | None = None,
        check_c_code: bool | None = None,
        check_py_code: bool | None = None,
        check_isfinite: bool | None = None,
        check_preallocated_output: str | None = None,
        require_matching_strides: Any = None,
        linker: Any = None,
    ) -> None:
        flags = config.DebugMode
        if linker is not None:
            cure = "leave the argument out: machine code and perform both run"
            raise ValueError(message(f"DebugMode runs functions in its own way, not by {linker!r}", cure=cure))
        super().__init__("native", optimizer)
        self.stability_patience = flags.patience if stability_patience is None else stability_patience
        self.check_c_code = bool(flags.check_c if check_c_code is None else check_c_code)
        self.check_py_code = bool(flags.check_py if check_py_code is None else check_py_code)
        self.check_isfinite = bool(flags.check_finite if check_isfinite is None else check_isfinite)
        self.check_preallocated_output = flags.check_preallocated_output if check_preallocated_output is None else check_preallocated_output
        self.require_matching_strides = flags.check_strides if require_matching_strides is None else require_matching_strides
        self._refuse_nonsense()

    def _refuse_nonsense(self) -> None:
        if not isinstance(self.stability_patience, int) or self.stability_patience < 1:
            cure = "it is how often a graph is rewritten: 1 or more"
            raise ValueError(message(f"DebugMode: stability_patience is {self.stability_patience!r}", cure=cure))
        if not (self.check_c_code or self.check_py_code):
            cure = "set one of check_c_code and check_py_code"
            raise ValueError(message("DebugMode: there is nothing to check: neither machine code nor perform", cure=cure))
        for kind in self.kinds:
            if kind not in KINDS:
                cure = f"it takes {', '.join(KINDS[1:])}, separated by ':'"
                raise ValueError(message(f"DebugMode: check_preallocated_output has no kind {kind!r}", cure=cure))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of preallocated outputs to try."""
        named = tuple(filter(None, self.check_preallocated_output.split(":")))
        return KINDS[1:-1] if "ALL" in named else named

    @property
    def engine(self) -> str:
        return "debug"

    def function_maker(self, i: Any, o: Any, m: Any, *args: Any, **kwargs: Any) -> Any:
        """What makes functions of this mode from inputs ``i`` and outputs ``o``: ``function_maker(i, o, m).create()``."""
        from theano.compile.classic import FunctionMaker

        if not isinstance(m, DebugMode):
            raise TypeError(message(f"function_maker: the mode is {m!r}, no DebugMode", cure="pass the mode itself as the third argument"))
        return FunctionMaker(i, o, m, *args, **kwargs)


__all__ = [
    "BadDestroyMap", "BadOptimization", "BadThunkOutput", "BadViewMap", "DebugMode", "DebugModeError", "InvalidValueError",
    "StochasticOrder", "config",
]  # fmt: skip
