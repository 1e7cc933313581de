"""Inputs and outputs of a function: what the user wrote, made into one plain description.

:func:`specify` checks the arguments of ``theano.function``, applies ``givens``, collects default updates and returns a
:class:`Specification` over a private copy of the graph.  Nothing here knows how the function will run.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy

from theano import errors
from theano.compile.failures import row
from theano.graph import Constant, Variable, clone_get_equiv, graph_inputs
from theano.graph.provenance import inherit
from theano.tensor import as_tensor_variable
from theano.tensor.sharedvar import SharedVariable, shared


class In:
    """One input of a function: a variable with how its argument is taken.

    ``value``: default, restored after every call; ``strict``: no conversion at all; ``allow_downcast``: True casts
    anything, None lets a Python float into a floatX input, False refuses; ``borrow`` and ``mutable`` let the function
    keep or overwrite the caller's array."""

    def __init__(
        self,
        variable: Variable,
        name: str | None = None,
        value: Any = None,
        update: Any = None,
        mutable: bool | None = None,
        strict: bool = False,
        allow_downcast: bool | None = None,
        autoname: bool = True,
        implicit: bool | None = None,
        borrow: bool | None = None,
        shared: bool = False,
    ) -> None:
        self.variable = variable
        self.name = getattr(variable, "name", None) if name is None and autoname else name
        self.value, self.update = value, update
        self.mutable = bool(mutable) if mutable is not None else update is not None
        self.strict, self.allow_downcast = strict, allow_downcast
        self.implicit, self.borrow, self.shared = implicit, bool(borrow), shared

    def __repr__(self) -> str:
        return f"In({self.variable})"


class Out:
    """One output; ``borrow=True`` permits the result to share memory with an input or with the function's own storage."""

    def __init__(self, variable: Any, borrow: bool = False) -> None:
        self.variable = as_tensor_variable(variable) if not isinstance(variable, Variable) else variable
        self.borrow = borrow

    def __repr__(self) -> str:
        return f"Out({self.variable}, {self.borrow})"


@dataclass(slots=True)
class Specification:
    """A function to be: its graph is private, ``variables`` tells which variable of it stands for which of the user's."""

    inputs: list[In]
    input_variables: list[Variable]  # in the private graph
    outputs: list[Variable]
    layout: str  # "single" | "list" | "dict" | "none"
    keys: list[str]
    shared: list[SharedVariable]
    shared_variables: list[Variable]
    updates: list[tuple[int, Variable]]  # position in shared -> next value
    name: str | None = None
    user_outputs: list[Variable] = field(default_factory=list)
    request: dict[str, Any] = field(default_factory=dict)
    """The arguments of :func:`specify` that give this specification again: the user's own variables, default updates among the updates."""


def specify(
    inputs: Sequence[Any],
    outputs: Any,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    on_unused_input: str = "raise",
    name: str | None = None,
    allow_input_downcast: bool | None = None,
    strict: bool = False,
) -> Specification:
    """Check and normalise the arguments of :func:`theano.function`."""
    ins = _inputs(inputs, allow_input_downcast, strict)
    layout, keys, outs = _outputs(outputs)
    asked = {"single": outs[:1] and outs[0], "list": outs, "dict": dict(zip(keys, outs)), "none": None}[layout]
    replaced = _givens(givens)
    explicit = _updates(updates)
    pairs = _with_defaults(explicit, outs, replaced, no_default_updates)
    roots = [*outs, *(new for _, new in pairs)]
    copies = _copy(ins, roots, replaced)
    new_outs, new_updates = [copies[v] for v in outs], [copies[v] for _, v in pairs]
    found = _sources(new_outs + new_updates)
    given_inputs = [copies[i.variable] for i in ins]
    _check_inputs(ins, given_inputs, found, on_unused_input, set(new_outs))
    cells = {_cell(v): v for v in found if isinstance(v, SharedVariable)}
    for target, _ in pairs:
        cells.setdefault(_cell(target), target)
    position = {cell: k for k, cell in enumerate(cells)}
    stores = list(cells.values())
    return Specification(
        ins,
        given_inputs,
        new_outs,
        layout,
        keys,
        stores,
        list(stores),
        [(position[_cell(s)], new) for (s, _), new in zip(pairs, new_updates, strict=True)],
        name,
        outs,
        dict(
            inputs=ins, outputs=asked, updates=pairs, givens=replaced, no_default_updates=True, on_unused_input="ignore", name=name,
            allow_input_downcast=allow_input_downcast,
        ),
    )  # fmt: skip


def _cell(variable: SharedVariable) -> int:
    """What a shared variable and its clones have in common: where the value is kept."""
    return id(variable.container.storage)


def _inputs(inputs: Sequence[Any], downcast: bool | None, strict: bool) -> list[In]:
    if not isinstance(inputs, (list, tuple)):
        given = type(inputs).__name__
        raise errors.VariableTypeError(f"function: inputs must be a list or a tuple of variables, not {given}: write [x] for one input")
    result: list[In] = []
    seen: set[Variable] = set()
    for position, given in enumerate(inputs):
        item = _input(given, downcast, strict)
        if not isinstance(item.variable, Variable):
            raise errors.VariableTypeError(f"function: input {position} is {given!r}, not a symbolic variable")
        if isinstance(item.variable, Constant):
            raise errors.VariableTypeError(f"function: input {position} is the constant {item.variable}; an input must be a variable")
        if isinstance(item.variable, SharedVariable):
            raise errors.VariableTypeError(
                f"function: the shared variable {item.variable} cannot be an input; "
                f"use givens=[({item.variable}, x)] to replace it by an input x"
            )
        if item.variable in seen:
            raise errors.UnusedInputError(f"function: the variable {item.variable} occurs twice in inputs")
        seen.add(item.variable)
        result.append(item)
    return result


def _input(given: Any, downcast: bool | None, strict: bool) -> In:
    if isinstance(given, In):
        if given.update is not None:
            cure = "hold the value in a shared variable s: givens=[(x, s)], updates=[(s, expression)]"
            raise errors.VariableTypeError(errors.message(f"function: In({given.name}, update=...) is not supported yet", cure=cure))
        if given.allow_downcast is None:
            given.allow_downcast = downcast
        return given
    if isinstance(given, tuple):
        *names, value = given
        name = names[0] if len(names) == 2 else None
        return In(names[-1], name=name, value=value, allow_downcast=downcast, strict=strict)
    return In(given, allow_downcast=downcast, strict=strict)


def _outputs(outputs: Any) -> tuple[str, list[str], list[Variable]]:
    if outputs is None:
        return "none", [], []
    if isinstance(outputs, dict):
        keys = sorted(outputs)
        if any(not isinstance(key, str) for key in keys):
            raise TypeError("function: the keys of an outputs dict must be strings")
        return "dict", keys, [_output(outputs[key]) for key in keys]
    if isinstance(outputs, (list, tuple)):
        return "list", [], [_output(o) for o in outputs]
    return "single", [], [_output(outputs)]


def _output(given: Any) -> Variable:
    if isinstance(given, Out):
        given = given.variable
    if isinstance(given, Variable):
        return given
    try:
        found: Variable = as_tensor_variable(given)
        return found
    except (TypeError, ValueError) as why:
        raise TypeError(f"function: output {given!r} is not a symbolic variable") from why


def _pairs(given: Any) -> Iterable[tuple[Any, Any]]:
    return given.items() if isinstance(given, Mapping) else given or ()


def _updates(updates: Any) -> dict[SharedVariable, Variable]:
    result: dict[SharedVariable, Variable] = {}
    cells: set[int] = set()
    for pair in _pairs(updates):
        try:
            target, value = pair
        except (TypeError, ValueError):
            raise ValueError(f"function: an update must be a pair (shared variable, expression), not {pair!r}") from None
        if not isinstance(target, SharedVariable):
            raise TypeError(f"function: only a shared variable can be updated, not {target!r}")
        if _cell(target) in cells:
            raise ValueError(f"function: two updates of the shared variable {target}; give one expression for it")
        cells.add(_cell(target))
        result[target] = _update_value(target, value)
    return result


def _update_value(target: SharedVariable, value: Any) -> Variable:
    if not isinstance(value, Variable):
        try:
            constant: Variable = target.type.filter_variable(value)
        except (TypeError, ValueError) as why:
            raise TypeError(f"function: the value for the update of {target} is none of type {target.type}: {why}") from None
        return constant
    if value.type != target.type:
        raise TypeError(
            f"function: the update of {target} has type {value.type}, the shared variable {target.type}; the types must be equal: "
            "cast the expression (T.cast, .astype) or, for broadcastable axes, use T.patternbroadcast"
        )
    return value


def _givens(givens: Any) -> dict[Variable, Variable]:
    result: dict[Variable, Variable] = {}
    for old, new in _pairs(givens):
        if not isinstance(old, Variable):
            raise TypeError(f"function: the first of each pair of givens must be a variable, not {old!r}")
        if old in result:
            raise ValueError(f"function: two givens for the variable {old}")
        value = new if isinstance(new, Variable) else shared(numpy.asarray(new, dtype=getattr(old.type, "dtype", None)))
        try:
            result[old] = old.type.filter_variable(value)
        except TypeError as why:
            raise TypeError(f"function: the given for {old} has type {value.type}, which does not fit {old.type}: {why}") from None
    return result


def _with_defaults(
    explicit: dict[SharedVariable, Variable], outputs: list[Variable], givens: dict[Variable, Variable], no_default: Any
) -> list[tuple[SharedVariable, Variable]]:
    """Explicit updates, then the default updates of every shared variable in reach, and of those found through them."""
    pairs = dict(explicit)
    if no_default is True:
        return list(pairs.items())
    excluded = list(no_default) if isinstance(no_default, (list, tuple, set)) else []
    settled = {_cell(v) for v in (*pairs, *excluded, *givens) if isinstance(v, SharedVariable)}
    pending = [*outputs, *pairs.values(), *givens.values()]
    while pending:
        found, pending = [v for v in _sources(pending) if isinstance(v, SharedVariable) and _cell(v) not in settled], []
        for variable in found:
            default = variable.default_update
            if _cell(variable) not in settled and default is not None:
                pairs[variable] = _update_value(variable, default)
                pending.append(pairs[variable])
            settled.add(_cell(variable))
    return list(pairs.items())


def _sources(roots: Iterable[Variable]) -> list[Variable]:
    return [v for v in graph_inputs(list(roots)) if not isinstance(v, Constant)]


def _copy(ins: list[In], roots: list[Variable], givens: dict[Variable, Variable]) -> dict[Variable, Variable]:
    """A private copy of the graph in which ``givens`` are replaced; shared variables (of several that share a value, one) and
    constants stay themselves."""
    memo: dict[Variable, Variable] = {}
    first: dict[tuple[int, Any], Variable] = {}
    for variable in _sources([*roots, *givens.values(), *(i.variable for i in ins if i.variable.owner is None)]):
        if isinstance(variable, SharedVariable):
            memo[variable] = first.setdefault((_cell(variable), variable.type), variable)
        else:
            memo[variable] = _leaf(variable)
    if givens:
        clone_get_equiv([], list(givens.values()), memo=memo)
        for old, new in givens.items():
            memo[old] = memo[new]
    for item in ins:
        if item.variable not in memo or item.variable.owner is not None:
            memo[item.variable] = _leaf(item.variable)
    clone_get_equiv([], roots, memo=memo)
    return memo


def _leaf(variable: Variable) -> Variable:
    """A leaf like ``variable`` that remembers where that was made."""
    with inherit(variable.origin):
        return variable.clone()


def _check_inputs(ins: list[In], given: list[Variable], found: list[Variable], on_unused: str, outputs: set[Variable]) -> None:
    present, known = set(found), set(given)
    for variable in found:
        if variable not in known and not isinstance(variable, SharedVariable):
            raise errors.MissingInputError(
                errors.message(
                    f"function: the graph depends on {variable}, which is not among the inputs",
                    [row("missing", variable)],
                    "add it to inputs, or give it a value by givens",
                )
            )
    for item, variable in zip(ins, given, strict=True):
        if variable not in present and variable not in outputs and on_unused != "ignore":
            text = (
                f"function: input {item.name or item.variable} is not used to compute the outputs or updates; "
                "pass on_unused_input='ignore' (or 'warn') if that is meant"
            )
            if on_unused == "raise":
                raise errors.UnusedInputError(text)
            warnings.warn(text, stacklevel=4)
