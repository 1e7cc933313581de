"""What the user asked of ``theano.function``, checked and made into one plain description.

:func:`specify` checks the arguments of ``theano.function``, applies ``givens``, collects default updates and returns a
:class:`Specification` over a private copy of the graph.  Nothing here knows how the function will run.

>>> import theano, theano.tensor as T
>>> x, total = T.dscalar("x"), theano.shared(0.0, name="total")
>>> specification = specify([x], x * 2, updates=[(total, total + x)])
>>> specification.layout, specification.shared, specification.updates
('single', [total], [(0, Elemwise{add,no_inplace}.0)])
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from theano import errors
from theano.compile.failures import row
from theano.compile.io import Out, SymbolicInput, SymbolicOutput, declared
from theano.gradient.forward import POINTS
from theano.graph import Apply, Constant, Container, Variable, clone_get_equiv, graph_inputs
from theano.graph.provenance import inherit
from theano.tensor import as_tensor_variable
from theano.tensor.sharedvar import SharedVariable, TensorSharedVariable
from theano.tensor.type import TensorType


@dataclass(slots=True)
class Specification:
    """A function to be.  Its graph is private."""

    parameters: list[SymbolicInput]
    """What calls give, in order."""
    states: dict[int, SharedVariable]
    """Those of the parameters, by position, that keep their value: the program reads and writes it as that of a shared variable."""
    unused: frozenset[int]
    """Those that nothing depends on."""
    inputs: list[SymbolicInput]
    """The parameters that are arguments of the program: all but the states."""
    input_variables: list[Variable]  # in the private graph
    outputs: list[Variable]
    layout: str  # "single" | "list" | "dict" | "none"
    keys: list[str]
    shared: list[SharedVariable]
    shared_variables: list[Variable]
    updates: list[tuple[int, Variable]]  # position in shared -> next value
    name: str | None = None
    user_outputs: list[SymbolicOutput] = field(default_factory=list)
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
    rebuild_strict: bool = True,
    accept_inplace: bool = False,
) -> Specification:
    """Check and normalise the arguments of :func:`theano.function`."""
    if on_unused_input not in ("raise", "warn", "ignore"):
        cure = errors.did_you_mean(str(on_unused_input), ["raise", "warn", "ignore"])
        raise ValueError(errors.message(f"function: on_unused_input is 'raise', 'warn' or 'ignore', not {on_unused_input!r}", cure=cure))
    if name is not None and not isinstance(name, str):
        raise TypeError(f"function: name must be a string, not {name!r:.60}; inputs and outputs come first, the name is a keyword")
    if allow_input_downcast not in (None, True, False):
        raise TypeError(f"function: allow_input_downcast is True, False or None, not {allow_input_downcast!r:.60}")
    parameters = _parameters(inputs, allow_input_downcast)
    layout, keys, outs = output_layout(outputs)
    wanted = [o.variable for o in outs]
    replaced = _givens(givens, rebuild_strict, parameters)
    states = {k: _state(p) for k, p in enumerate(parameters) if p.update is not None or isinstance(p.value, (Container, SharedVariable))}
    explicit = _updates(updates, [(states[k], parameters[k].update) for k in states if parameters[k].update is not None])
    stop = [*replaced, *(p.variable for p in parameters)]
    pairs = _with_defaults(explicit, wanted, replaced, no_default_updates, stop)
    copies = _copy(parameters, states, [*wanted, *(new for _, new in pairs)], replaced, rebuild_strict)
    if not accept_inplace:
        _refuse_inplace(copies)
    new_outs, new_updates = [copies[v] for v in wanted], [copies[v] for _, v in pairs]
    for (target, _), new in zip(pairs, new_updates, strict=True):
        _check_update(target, new)
    found = _sources(new_outs + new_updates)
    given = [copies[p.variable] for p in parameters]
    _check_complete(set(given), found)
    present = {*found, *new_outs}
    unused = frozenset(k for k, v in enumerate(given) if v not in present and parameters[k].update is None)
    _check_used([p for k, p in enumerate(parameters) if k in unused and p.variable not in POINTS], on_unused_input)
    cells = {_cell(v): v for v in found if isinstance(v, SharedVariable)}
    for target, _ in pairs:
        cells.setdefault(_cell(target), target)
    position = {cell: k for k, cell in enumerate(cells)}
    stores = list(cells.values())
    plain = [k for k in range(len(parameters)) if k not in states]
    asked = {"single": outs[:1] and outs[0], "list": outs, "dict": dict(zip(keys, outs)), "none": None}[layout]
    return Specification(
        parameters, states, unused, [parameters[k] for k in plain], [given[k] for k in plain], new_outs, layout, keys, stores, list(stores),
        [(position[_cell(s)], new) for (s, _), new in zip(pairs, new_updates, strict=True)], name, outs,
        dict(
            inputs=parameters, outputs=asked, updates=[(s, new) for s, new in pairs if s not in states.values()], givens=replaced,
            no_default_updates=True, on_unused_input="ignore", name=name, rebuild_strict=rebuild_strict, accept_inplace=True,
        ),
    )  # fmt: skip


def _cell(variable: SharedVariable) -> int:
    """What a shared variable and its clones have in common: where the value is kept."""
    return id(variable.container.storage)


# ------------------------------------------------------------------------------------------------ inputs and outputs


def _parameters(inputs: Sequence[Any], downcast: bool | None) -> list[SymbolicInput]:
    if not isinstance(inputs, (list, tuple)):
        given = type(inputs).__name__
        raise errors.VariableTypeError(f"function: inputs must be a list or a tuple of variables, not {given}: write [x] for one input")
    result: list[SymbolicInput] = []
    seen: dict[Variable, int] = {}
    for position, given in enumerate(inputs):
        item = declared(given, position, downcast)
        if item.variable in seen:
            text = f"function: the variable {item.variable} occurs twice in inputs, at {seen[item.variable]} and {position}"
            raise errors.UnusedInputError(errors.message(text, [row("input", item.variable)], "leave one of them out"))
        seen[item.variable] = position
        result.append(item)
    return result


def _state(item: SymbolicInput) -> SharedVariable:
    """The place of an input that keeps its value: in a container of its own, or in the one that is its ``value``."""
    variable, value = item.variable, item.value
    kept = value.container if isinstance(value, SharedVariable) else value
    if isinstance(kept, Container):
        if kept.type != variable.type:
            rows = [row("input", variable), ("container", kept.name, kept.type)]
            text = f"In: the value of {item.name or variable} is a container of another type"
            raise errors.VariableTypeError(errors.message(text, rows, "declare the variable with the type of the container"))
    else:
        kept = new_container(item)
    kind = TensorSharedVariable if isinstance(variable.type, TensorType) else SharedVariable
    with inherit(variable.origin):
        return kind(item.name or variable.name, variable.type, None, False, container=kept)


def new_container(item: SymbolicInput) -> Container:
    """A container for the value of an input, with a copy of its value; empty if it has none."""
    value = item.value.value if isinstance(item.value, Container) else item.value
    if value is not None:
        try:
            value = item.variable.type.filter(value, strict=item.strict, allow_downcast=item.allow_downcast)
        except (TypeError, ValueError) as why:
            text = f"function: the default of the input {item.name or item.variable} is no value of it"
            raise type(why)(errors.message(text, [row("input", item.variable)], str(why.args[0]) if why.args else None)) from None
        value = copy.copy(value) if item.borrow and item.update is None else copy.deepcopy(value)
    return Container(item.variable.type, [value], name=item.name, strict=item.strict, allow_downcast=item.allow_downcast)


def own_states(specification: Specification) -> dict[int, Container]:
    """The containers, by position, that hold the values of inputs which the function does not share with others."""
    values = {k: specification.parameters[k].value for k in specification.states}
    return {k: specification.states[k].container for k, v in values.items() if not isinstance(v, (Container, SharedVariable))}


def present_request(specification: Specification) -> dict[str, Any]:
    """What was asked for, with the present values of inputs that keep theirs."""
    if not specification.request:
        return {}
    inputs = list(specification.request["inputs"])
    for position, cell in own_states(specification).items():
        if inputs[position].value is not None:
            inputs[position] = copy.copy(inputs[position])
            inputs[position].value = cell.value
    return {**specification.request, "inputs": inputs}


def output_layout(outputs: Any) -> tuple[str, list[str], list[SymbolicOutput]]:
    """How results are handed out, the keys of a dictionary, and the outputs in order."""
    if outputs is None:
        return "none", [], []
    if isinstance(outputs, dict):
        for key in outputs:
            if not isinstance(key, str):
                cure = "results come in the order of the sorted keys; use str(key), or a list of outputs"
                raise TypeError(errors.message(f"function: the keys of an outputs dict must be strings, not {key!r}", cure=cure))
        keys = sorted(outputs)
        return "dict", keys, [_output(outputs[key], f"output {key!r}") for key in keys]
    if isinstance(outputs, (list, tuple)):
        return "list", [], [_output(o, f"output {k}") for k, o in enumerate(outputs)]
    return "single", [], [_output(outputs, "output")]


def _output(given: Any, which: str) -> SymbolicOutput:
    if isinstance(given, SymbolicOutput):
        return given
    try:
        return Out(given if isinstance(given, Variable) else as_tensor_variable(given))
    except (TypeError, ValueError) as why:
        cure = "outputs is a variable, a list or dictionary of variables, or None"
        raise errors.VariableTypeError(errors.message(f"function: {which}, {given!r:.60}, is not a symbolic variable", cure=cure)) from why


def _check_complete(given: set[Variable], found: Iterable[Variable]) -> None:
    for variable in found:
        if variable not in given and not isinstance(variable, SharedVariable):
            text = f"function: the graph depends on {variable}, which is not among the inputs"
            cure = "add it to inputs, or give it a value by givens"
            raise errors.MissingInputError(errors.message(text, [row("missing", variable)], cure))


def _check_used(unused: list[SymbolicInput], on_unused: str) -> None:
    for item in unused if on_unused != "ignore" else ():
        text = f"function: input {item.name or item.variable} is not used to compute the outputs or updates"
        if on_unused == "raise":
            cure = "leave it out; or pass on_unused_input='ignore' (or 'warn') if that is meant"
            raise errors.UnusedInputError(errors.message(text, [row("input", item.variable)], cure))
        warnings.warn(text, stacklevel=4)


# ------------------------------------------------------------------------------------------------ updates and givens


def pairs_of(given: Any, what: str = "pairs", form: str = "an entry must be a pair (variable, value)") -> list[tuple[Any, Any]]:
    """The pairs of a dictionary, or of a list of pairs."""
    if given is None:
        return []
    try:
        entries = list(given.items()) if isinstance(given, Mapping) else list(given)
    except TypeError:
        text = f"function: {what} must be a dictionary or a list of pairs, not {given!r:.60}"
        raise TypeError(errors.message(text, cure="write {variable: new}, or [(variable, new)]")) from None
    for entry in entries:
        if not isinstance(entry, (tuple, list)) or len(entry) != 2:
            raise ValueError(errors.message(f"function: {form}, not {entry!r:.60}", cure="write {variable: new}, or [(variable, new)]"))
    return [(first, second) for first, second in entries]


def _updates(updates: Any, of_inputs: list[tuple[SharedVariable, Any]]) -> dict[SharedVariable, Variable]:
    result: dict[SharedVariable, Variable] = {}
    cells: set[int] = set()
    for target, value in [*pairs_of(updates, "updates", "an update must be a pair (shared variable, expression)"), *of_inputs]:
        if not isinstance(target, SharedVariable):
            text = f"function: only a shared variable can be updated, not {target!r:.60}"
            rows = [row("updated", target)] if isinstance(target, Variable) else []
            cure = "make it by theano.shared, or declare an input with In(x, value=..., update=...)"
            whole = _part_of(target)
            if whole is not None:
                cure = f"update the whole of it: ({whole}, T.set_subtensor({whole}[...], value))"
            raise errors.VariableTypeError(errors.message(text, rows, cure))
        if _cell(target) in cells:
            raise ValueError(f"function: two updates of the shared variable {target}; give one expression for it")
        cells.add(_cell(target))
        result[target] = _update_value(target, value)
    return result


def _part_of(target: Any) -> SharedVariable | None:
    """The shared variable that ``target`` is a part of."""
    owner: Apply | None = getattr(target, "owner", None)
    if owner is None or "Subtensor" not in type(owner.op).__name__:
        return None
    return owner.inputs[0] if isinstance(owner.inputs[0], SharedVariable) else None


def _update_value(target: SharedVariable, value: Any) -> Variable:
    if isinstance(value, Variable):
        return value
    try:
        constant: Variable = target.type.filter_variable(value)
    except (TypeError, ValueError) as why:
        text = f"function: the value for the update of {target} is none of type {target.type}"
        cure = "leave the pair out to keep the value" if value is None else str(why.args[0]) if why.args else None
        raise type(why)(errors.message(text, [row("shared", target)], cure)) from None
    return constant


def _check_update(target: SharedVariable, new: Variable) -> None:
    if new.type != target.type:
        text = f"function: the update of {target} has type {new.type}, the shared variable {target.type}; the types must be equal"
        cure = "cast the expression (T.cast, .astype) or, for broadcastable axes, use T.patternbroadcast"
        raise errors.VariableTypeError(errors.message(text, [row("shared", target), row("update", new)], cure))


def _givens(givens: Any, strict: bool, parameters: Iterable[SymbolicInput]) -> dict[Variable, Variable]:
    result: dict[Variable, Variable] = {}
    inputs = {p.variable for p in parameters}
    for old, new in pairs_of(givens, "givens", "a given must be a pair (variable, what replaces it)"):
        if not isinstance(old, Variable):
            text = f"function: the first of each pair of givens must be a variable, not {old!r:.60}"
            raise errors.VariableTypeError(errors.message(text, cure="use the variable itself as the key, not its name or value"))
        if old in result:
            raise ValueError(f"function: two givens for the variable {old}; give one value for it")
        if old in inputs:
            cure = "give its value by the argument of calls; or declare another input y, and givens=[(x, an expression of y)]"
            raise errors.ReplacedInputError(
                errors.message(f"function: {old} is an input, it cannot be among givens, too", [row("input", old)], cure)
            )
        result[old] = _given(old, new, strict)
    return result


def _given(old: Variable, new: Any, strict: bool) -> Variable:
    """What replaces ``old``: a variable of its type, or a shared variable that holds a value of it."""
    if isinstance(new, Variable) and not strict:
        return new
    try:
        if isinstance(new, Variable):
            replacement: Variable = old.type.filter_variable(new)
            return replacement
        kind = TensorSharedVariable if isinstance(old.type, TensorType) else SharedVariable
        return kind(None, old.type, copy.deepcopy(old.type.filter(new)), False)
    except (TypeError, ValueError) as why:
        if isinstance(new, Variable):
            text = f"function: the given for {old} has type {new.type}, which does not fit {old.type}"
            cure = "cast it (T.cast, T.patternbroadcast), or pass rebuild_strict=False to build the graph anew with other types"
            raise errors.VariableTypeError(errors.message(text, [row("replaced", old), row("given", new)], cure)) from None
        text = f"function: the given for {old} is no value of it"
        raise type(why)(errors.message(text, [row("replaced", old)], str(why.args[0]) if why.args else None)) from None


def _with_defaults(
    explicit: dict[SharedVariable, Variable],
    outputs: list[Variable],
    givens: dict[Variable, Variable],
    no_default: Any,
    stop: Iterable[Variable],
) -> list[tuple[SharedVariable, Variable]]:
    """Explicit updates, then the default updates of every shared variable in reach, and of those found through them."""
    pairs = dict(explicit)
    excluded = list(no_default) if isinstance(no_default, (list, tuple, set)) else []
    for variable in excluded:
        if not isinstance(variable, SharedVariable):
            text = f"function: no_default_updates is True, False or a list of shared variables; {variable!r:.60} is none"
            raise TypeError(errors.message(text, cure="list the shared variables whose default_update is not to be used"))
    if not isinstance(no_default, (bool, list, tuple, set)):
        text = f"function: no_default_updates is True, False or a list of shared variables, not {no_default!r:.60}"
        raise TypeError(errors.message(text, cure="list the shared variables whose default_update is not to be used"))
    if no_default is True:
        return list(pairs.items())
    cut = frozenset(stop)
    settled = {_cell(v) for v in (*pairs, *excluded, *givens) if isinstance(v, SharedVariable)}
    pending = [*outputs, *pairs.values(), *givens.values()]
    while pending:
        found, pending = [v for v in graph_inputs(pending, cut) if isinstance(v, SharedVariable) and _cell(v) not in settled], []
        for variable in found:
            default = variable.default_update
            if _cell(variable) not in settled and default is not None:
                pairs[variable] = _update_value(variable, default)
                pending.append(pairs[variable])
            settled.add(_cell(variable))
    return list(pairs.items())


# ------------------------------------------------------------------------------------------------ the private graph


def _sources(roots: Iterable[Variable]) -> list[Variable]:
    return [v for v in graph_inputs(list(roots)) if not isinstance(v, Constant)]


def _copy(
    parameters: list[SymbolicInput],
    states: dict[int, SharedVariable],
    roots: list[Variable],
    givens: dict[Variable, Variable],
    strict: bool,
) -> dict[Any, Any]:
    """A private copy of the graph in which ``givens`` are replaced; shared variables (of several that share a value, one) and
    constants stay themselves.  Gives {variable or node: its copy}."""
    first: dict[tuple[int, Any], Variable] = {}

    def only(store: SharedVariable) -> Variable:
        return first.setdefault((_cell(store), store.type), store)

    memo: dict[Any, Any] = {p.variable: only(states[k]) if k in states else _leaf(p.variable) for k, p in enumerate(parameters)}
    for variable in _sources([*roots, *givens.values()]):
        if variable not in memo:
            memo[variable] = only(variable) if isinstance(variable, SharedVariable) else _leaf(variable)
    if givens:  # what replaces a variable is put in as it is: nothing is replaced in it
        values = clone_get_equiv([], list(givens.values()), memo=dict(memo), strict=strict)
        memo.update((old, values[new]) for old, new in givens.items())
    return clone_get_equiv([], roots, memo=memo, strict=strict)


def _leaf(variable: Variable) -> Variable:
    """A leaf like ``variable`` that remembers where that was made."""
    with inherit(variable.origin):
        return variable.clone()


def _refuse_inplace(copies: Iterable[Any]) -> None:
    for node in copies:
        if isinstance(node, Apply) and getattr(node.op, "destroy_map", None):
            text = f"function: {node.op} works in place, which a graph may not do unless accept_inplace=True is passed"
            cure = "use the operation that makes a new result: the compiled function works in place where that is safe"
            raise TypeError(errors.message(text, [row("of", v) for v in node.inputs[:1]], cure))


def rebuild_collect_shared(
    outputs: Any,
    inputs: Sequence[Any] | None = None,
    replace: Any = None,
    updates: Any = None,
    rebuild_strict: bool = True,
    copy_inputs_over: bool = True,
    no_default_updates: Any = False,
) -> tuple[list[Variable], Any, list[Any]]:
    """A copy of the graph of ``outputs`` in which ``replace`` is put in, with the shared variables in it and their updates.

    Gives the inputs (with ``copy_inputs_over`` the same variables, else copies), the outputs in the form they were given in, and a list:
    {variable: its copy}, {shared variable: its next value} twice, once as a dictionary and once as pairs, and the shared variables.

    >>> import theano, theano.tensor as T
    >>> x, s = T.dscalar("x"), theano.shared(1.0, name="s")
    >>> _, copied, (_, _, updates, stores) = rebuild_collect_shared(x * s, [x], updates={s: s + 1})
    >>> copied.owner.inputs, [target for target, _ in updates], stores
    ([x, s], [s], [s])
    """
    parameters = _parameters(list(inputs or ()), None)
    layout, _, outs = output_layout(outputs)
    wanted = [o.variable for o in outs]
    replaced = _givens(replace, rebuild_strict, ())
    pairs = _with_defaults(_updates(updates, []), wanted, replaced, no_default_updates, [*replaced, *(p.variable for p in parameters)])
    roots = [*wanted, *(new for _, new in pairs)]
    memo: dict[Any, Any] = {v: v for v in _sources([*roots, *replaced.values()])}
    memo.update((p.variable, p.variable if copy_inputs_over else _leaf(p.variable)) for p in parameters)
    values = clone_get_equiv([], list(replaced.values()), memo=dict(memo), strict=rebuild_strict)
    memo.update((old, values[new]) for old, new in replaced.items())
    clone_get_equiv([], roots, memo=memo, strict=rebuild_strict)
    new = [(target, memo[value]) for target, value in pairs]
    for target, value in new:
        _check_update(target, value)
    found = [v for v in _sources([memo[v] for v in roots]) if isinstance(v, SharedVariable)]
    stores = list(dict.fromkeys([*found, *(target for target, _ in new)]))
    copied = [memo[v] for v in wanted]
    result = copied[0] if layout == "single" else dict(zip(sorted(outputs), copied)) if layout == "dict" else copied
    return [memo[p.variable] for p in parameters], result, [memo, dict(new), new, stores]


__all__ = ["Specification", "own_states", "pairs_of", "present_request", "rebuild_collect_shared", "specify"]
