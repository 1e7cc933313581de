"""``theano.scan``: a loop described by a function of the rows that its step sees.

>>> import theano, theano.tensor as T
>>> a, k = T.dvector("a"), T.lscalar("k")
>>> powers, updates = scan(lambda prior, a: prior * a, outputs_info=T.ones_like(a), non_sequences=a, n_steps=k)
>>> theano.function([a, k], powers[-1], updates=updates)([1, 2, 3], 3).tolist()
[1.0, 8.0, 27.0]
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from theano.errors import MissingInputError, VariableTypeError, message
from theano.flags import config
from theano.graph import Constant, Variable, get_test_value, graph_inputs
from theano.scanning.bodies import substituted
from theano.scanning.checkpoints import valid_checkpoint
from theano.scanning.loop import Checkpoint, State, row_type
from theano.scanning.step import Step, fitted, leading
from theano.tensor import as_tensor_variable, minimum, unbroadcast
from theano.tensor.sharedvar import SharedVariable
from theano.tensor.updates import OrderedUpdates


class until:
    """What a step returns last to stop the loop: ``until(condition)``.  The step that meets the condition is the last one, and included."""

    def __init__(self, condition: Any) -> None:
        self.condition = as_tensor_variable(condition)
        if self.condition.type.ndim != 0:
            rows = [("condition", self.condition, self.condition.type, self.condition.origin)]
            raise VariableTypeError(message("until: the condition must be a scalar", rows, "take T.all() or T.any() of it"))


def scan(
    fn: Callable[..., Any],
    sequences: Any = None,
    outputs_info: Any = None,
    non_sequences: Any = None,
    n_steps: Any = None,
    truncate_gradient: int = -1,
    go_backwards: bool = False,
    mode: Any = None,
    name: str | None = None,
    profile: bool = False,
    allow_gc: bool | None = None,
    strict: bool = False,
    return_list: bool = False,
    checkpoint: Checkpoint = None,
) -> tuple[Any, OrderedUpdates]:
    """Call ``fn`` once, to learn what one step is, and give (all results of all steps, updates of shared variables).

    ``sequences``: what the steps go along, a row each; a variable, or ``dict(input=..., taps=[...])`` for the rows at these
    distances, or a list of such.  ``outputs_info``: for each result None, or its initial value if steps read the one before, or
    ``dict(initial=..., taps=[-2, -1])`` for others before, where ``initial`` holds as many rows as taps look back.  ``fn`` is called with
    the rows of the sequences, those of earlier results, and ``non_sequences``; other variables it may use as they are, unless
    ``strict``.  It returns results, then perhaps updates of shared variables, then perhaps :class:`until`.

    There are ``n_steps`` steps, or as many as the shortest sequence has rows.  A result has a row for each step; one result is given
    bare unless ``return_list``.  ``go_backwards``: sequences are read from their ends.  ``truncate_gradient``: gradients go back so many
    steps.  The updates must be given to ``theano.function``, or random draws repeat from call to call.  The loop is a part of the
    function that it is compiled with: ``mode``, ``profile`` and ``allow_gc`` are those of the function, and ignored here.

    ``checkpoint``: for gradients, only what so many steps hand on is kept, and what is between is computed again when it is
    needed: the same results for less memory.  ``"sqrt"``: as many steps as there are such blocks, which needs least."""
    call = _Call(name, truncate_gradient, valid_checkpoint(checkpoint))
    call.read_sequences(_listed(sequences), bool(go_backwards), n_steps)
    infos = [_info(k, given) for k, given in enumerate(_listed(outputs_info))]
    call.prepare_outputs(infos)
    others = [v if isinstance(v, Variable) else as_tensor_variable(v) for v in _listed(non_sequences)]
    outputs, updates, condition = _parsed(_run_step(fn, call, others))
    if not infos:
        call.prepare_outputs([None] * len(outputs))
    if len(call.outputs) != len(outputs):
        raise ValueError(
            f"scan: the step gives {len(outputs)} results but outputs_info has {len(call.outputs)} entries; "
            "give None for each result that is not read by later steps"
        )
    if strict:
        _require_given(outputs + list(updates.values()), [*call.step.rows, *(v for o in call.outputs for v in o.rows)], others)
    results, after = call.finish(outputs, updates, condition)
    if len(results) == 1 and not return_list:
        return results[0], after
    return (results if results or return_list else None), after


def _run_step(fn: Callable[..., Any], call: _Call, others: list[Any]) -> Any:
    arguments = call.arguments()
    if not callable(fn):
        raise TypeError(f"scan: the step must be a function of what a step reads, not {fn!r}")
    try:
        return fn(*arguments, *others)
    except TypeError as error:
        if error.__traceback__ is not None and error.__traceback__.tb_next is None:  # by the call, not in the step
            rows, count = len(call.step.rows), len(arguments) + len(others)
            parts = f"{rows} of sequences, {len(arguments) - rows} of earlier results, {len(others)} of non_sequences, in this order"
            error.add_note(f"scan calls the step with {count} argument{'' if count == 1 else 's'}: {parts}")
            if len(arguments) == rows:
                error.add_note("a step reads its earlier results if outputs_info has their initial values")
        raise


@dataclass(slots=True)
class _Output:
    """A result of the step: ``taps`` are how many steps back it is read, ``rows`` the variables for that, ``given`` what the user
    gave as its initial value and ``initial`` the rows that the loop takes."""

    given: Any = None
    initial: Any = None
    taps: tuple[int, ...] = ()
    rows: list[Any] = field(default_factory=list)


class _Call:
    """One call of :func:`scan`."""

    def __init__(self, name: str | None, truncate: int, checkpoint: Checkpoint) -> None:
        self.name, self.truncate, self.checkpoint = name, int(truncate), checkpoint
        self.step = Step()
        self.outputs: list[_Output] = []
        self.recorded: list[int] = []
        self.steps: Any = None

    # ------------------------------------------------------------------ what the step is called with

    def read_sequences(self, given: list[Any], backwards: bool, n_steps: Any) -> None:
        read: list[tuple[str, Any]] = []
        for position, one in enumerate(given):
            read += _tapped(position, one, backwards)
        self.steps = _number_of_steps(n_steps, [whole for _, whole in read])
        for label, whole in read:
            cut = whole[: self.steps] if n_steps is not None or len(read) > 1 else whole
            row = self.step.sequence(cut, row_type(whole)(label))
            _copy_test_value(row, whole, 0)

    def prepare_outputs(self, infos: list[dict[str, Any] | None]) -> None:
        self.outputs = []
        for info in infos:
            output = _Output()
            if info is not None:
                output.taps = tuple(-tap for tap in info["taps"])
                depth, initial = max(output.taps), info["initial"]
                output.given = initial
                if output.taps == (1,):
                    output.initial, kind = leading(initial), initial.type
                else:
                    output.initial, kind = initial[:depth], row_type(initial)
                output.rows = [kind(f"{initial.name or 'state'}[t-{tap}]") for tap in output.taps]
                for row, tap in zip(output.rows, output.taps, strict=True):
                    _copy_test_value(row, output.initial, depth - tap)
            self.outputs.append(output)

    def arguments(self) -> list[Any]:
        return [*self.step.rows, *(row for output in self.outputs for row in output.rows)]

    # ------------------------------------------------------------------ what comes of it

    def finish(self, outputs: list[Any], updates: dict[Any, Any], condition: Any) -> tuple[list[Any], OrderedUpdates]:
        pairs = _with_defaults(outputs, updates)
        if isinstance(self.steps, Constant) and int(self.steps.data) == 1:
            return self._inlined(outputs, pairs)
        held = {variable: variable.type(variable.name) for variable in pairs}
        everything = substituted([*outputs, *pairs.values(), *([] if condition is None else [condition])], held)
        for output, value in zip(self.outputs, everything, strict=False):
            if output.taps:
                self.step.state(output.rows, _following(output, value), output.initial, State(output.taps))
            else:
                self.recorded.append(self.step.record(value))
        for (variable, row), value in zip(held.items(), everything[len(outputs) :], strict=False):
            self.step.state([row], value, leading(variable), State(kept=hasattr(row.type, "broadcastable")))
        found = self.step.loop(self.steps, None if condition is None else everything[-1], self.truncate, self.name, self.checkpoint)
        return self._cut(found, list(held), None if condition is None else found[-1])

    def _cut(self, found: list[Any], updated: list[Any], done: Any) -> tuple[list[Any], OrderedUpdates]:
        """What the user sees of the loop's results: no initial rows, and no rows of steps that there were not."""
        recurrent = [output for output in self.outputs if output.taps]
        states, records = iter(found), found[len(recurrent) + len(updated) :]
        numbers = iter(self.recorded)
        results = []
        for output in self.outputs:
            depth = max(output.taps, default=0)
            whole = next(states) if output.taps else records[next(numbers)]
            if depth or done is not None:
                whole = whole[depth : None if done is None else done + depth]
            results.append(whole)
        after = OrderedUpdates()
        for variable in updated:
            rows = next(states)
            after[variable] = rows if rows.type == variable.type else rows[-1 if done is None else done]
        return results, after

    def _inlined(self, outputs: list[Any], pairs: dict[Any, Any]) -> tuple[list[Any], OrderedUpdates]:
        """One step is no loop."""
        given = {row: whole[0] for row, whole in zip(self.step.rows, self.step.sequences, strict=True)}
        for output in self.outputs:
            depth = max(output.taps, default=0)
            given.update((row, output.initial[depth - tap]) for row, tap in zip(output.rows, output.taps, strict=True))
        found = substituted([*outputs, *pairs.values()], given)
        results = []
        for output, value in zip(self.outputs, found, strict=False):
            row = _following(output, value) if output.taps else value
            results.append(unbroadcast(leading(row), 0))
        return results, OrderedUpdates(zip(pairs, found[len(outputs) :], strict=True))


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _tapped(position: int, given: Any, backwards: bool) -> list[tuple[str, Any]]:
    """(what it is called, the rows that the steps go along) for each tap of a sequence."""
    one: Any = given
    taps = [0]
    if isinstance(given, dict):
        _known_keys(f"sequence {position}", given, ("input", "taps"))
        if "input" not in given:
            raise ValueError(f"scan: sequence {position} is a dict without the key 'input'")
        one, asked = given["input"], given.get("taps")
        taps = [0] if asked is None else [int(t) for t in _listed(asked)]
        if not taps:
            raise ValueError(f"scan: sequence {position} has no taps")
    whole: Any = one if isinstance(one, Variable) else as_tensor_variable(one)
    if not getattr(whole.type, "broadcastable", ()):
        about = [(f"sequence {position}", whole, whole.type, whole.origin)]
        same = "a value that is the same in all steps is a non_sequence"
        raise VariableTypeError(
            message("scan: a sequence must have rows", about, f"{same}; a list is one of sequences, not of the elements of one")
        )
    earliest, latest = min(*taps, 0), max(*taps, 0)
    read = []
    for tap in taps:
        start, stop = tap - earliest, tap - latest
        rows = whole if (start, stop) == (0, 0) else whole[start : stop or None]
        label = f"{whole.name or f'sequence{position}'}[t{tap:+d}]" if tap else f"{whole.name or f'sequence{position}'}[t]"
        read.append((label, rows[::-1] if backwards else rows))
    return read


def _number_of_steps(given: Any, sequences: list[Any]) -> Any:
    """As a 0-d integer variable."""
    if given is None:
        if not sequences:
            raise ValueError("scan: without sequences the number of steps must be given: n_steps=...")
        return functools.reduce(minimum, [whole.shape[0] for whole in sequences])
    steps: Any = given if isinstance(given, Variable) else as_tensor_variable(np.asarray(given))
    if isinstance(steps, Constant) and steps.type.ndim == 0:
        number = float(steps.data)
        if number < 0:
            raise ValueError(f"scan: n_steps is {number:g}; go_backwards=True goes along the sequences from their ends")
        if number != int(number):
            raise ValueError(f"scan: n_steps is {number:g}, which is no whole number")
        return as_tensor_variable(np.int64(number))
    if steps.type.ndim != 0 or "int" not in steps.type.dtype:
        cure = "did you mean .astype('int64')?" if steps.type.ndim == 0 else None
        raise VariableTypeError(message("scan: n_steps must be an integer scalar", [("n_steps", steps, steps.type, steps.origin)], cure))
    return steps.astype("int64")


def _known_keys(what: str, given: dict[str, Any], known: Sequence[str]) -> None:
    """A key that nobody reads is a slip of the pen, as ``tap`` for ``taps``."""
    for key in given:
        if key not in known:
            raise ValueError(message(f"scan: {what} is a dict with the key {key!r}", cure=f"the keys are {', '.join(known)}"))


def _info(position: int, given: Any) -> dict[str, Any] | None:
    """An entry of ``outputs_info`` as a dict with a variable ``initial`` and a list ``taps``, or None."""
    if isinstance(given, dict):
        _known_keys(f"outputs_info for result {position}", given, ("initial", "taps", "inplace"))
    info = dict(given) if isinstance(given, dict) else {"initial": given}
    info = {key: value for key, value in info.items() if value is not None}
    if "initial" not in info:
        if info.get("taps"):
            raise ValueError(f"scan: result {position} has taps {info['taps']} but no initial value")
        return None
    if isinstance(given, dict) and "taps" in given and given["taps"] is None:
        return None
    taps = [int(tap) for tap in _listed(info.get("taps", [-1]))]
    if not taps:
        return None
    if any(tap >= 0 for tap in taps):
        raise ValueError(f"scan: result {position} has taps {taps}; a step can read only earlier results: taps below 0")
    if len(set(taps)) != len(taps):
        raise ValueError(f"scan: result {position} has taps {taps}, some of them twice")
    initial = info["initial"] if isinstance(info["initial"], Variable) else as_tensor_variable(info["initial"])
    if taps != [-1] and not getattr(initial.type, "ndim", 0):
        rows = [(f"result {position}", initial, initial.type, initial.origin)]
        cure = f"as many as steps look back, {-min(taps)}, along its first axis"
        raise VariableTypeError(message(f"scan: the initial value for taps {taps} must hold rows", rows, cure))
    return {"initial": initial, "taps": taps}


def _following(output: _Output, value: Any) -> Any:
    """``value`` in the type of the state that it is the next row of."""
    wanted, given, initial = output.rows[0].type, value.type, output.given
    if not hasattr(wanted, "broadcastable"):
        return wanted.filter_variable(value)
    rows = [("initial", initial, wanted, initial.origin), ("result of the step", value, given, value.origin)]
    if given.ndim != wanted.ndim:
        cure = "an initial value has the rank of a result"
        if output.taps == (1,) and wanted.ndim == given.ndim + 1:
            cure = "an initial value is that of one step, without an axis for the steps, unless taps say otherwise"
        raise VariableTypeError(message("scan: a result has another rank than its initial value", rows, cure))
    if given.dtype != wanted.dtype:
        cure = f"give the initial value as {given.dtype}, or return the result as {wanted.dtype}, by .astype()"
        raise ValueError(message("scan: a result has another dtype than its initial value", rows, cure))
    if any(b and not a for a, b in zip(given.broadcastable, wanted.broadcastable, strict=True)):
        cure = "use T.unbroadcast(initial, axis), or a result of size 1"
        raise VariableTypeError(message("scan: the initial value is broadcastable where the result of the step is not", rows, cure))
    return fitted(value, wanted)


def _copy_test_value(row: Any, whole: Any, number: int) -> None:
    """Let ``row`` have as its test value that row of ``whole``, if there is one."""
    if config.compute_test_value != "off":
        try:
            value = get_test_value(whole)
        except AttributeError:  # the step will say what it needs
            return
        row.tag.test_value = value[number] if hasattr(whole.type, "broadcastable") else value


# ------------------------------------------------------------------------------------------------ what the step returns


RETURNS = (
    "it must return variables, then updates (a dict or pairs of a shared variable and its next value), then until(condition); "
    "one of the first two is needed"
)


def _is_pairs(given: Any) -> bool:
    """Whether ``given`` is updates."""
    if isinstance(given, dict):
        return True
    pairs = isinstance(given, (list, tuple)) and bool(given)
    return pairs and all(isinstance(p, (list, tuple)) and len(p) == 2 and isinstance(p[0], SharedVariable) for p in given)


def _parsed(returned: Any) -> tuple[list[Any], dict[Any, Any], Any]:
    """(results, updates, condition of ``until``)."""
    if returned is None or isinstance(returned, until):
        raise TypeError(f"scan: the step returned {'nothing' if returned is None else 'a condition alone'}; {RETURNS}")
    parts = list(returned) if isinstance(returned, tuple) and not _is_pairs(returned) else [returned]
    if isinstance(returned, list) and any(_is_pairs(part) or isinstance(part, until) for part in returned) and not _is_pairs(returned):
        parts = list(returned)
    condition: Any = None
    updates: dict[Any, Any] = {}
    results: list[Any] = []
    for part in parts:
        if isinstance(part, until):
            if condition is not None:
                raise ValueError("scan: the step returns two conditions to stop")
            condition = part.condition
        elif _is_pairs(part):
            for variable, value in part.items() if isinstance(part, dict) else part:
                if not isinstance(variable, SharedVariable):
                    raise TypeError(f"scan: only a shared variable can be updated in a step, not {variable!r}")
                if variable in updates:
                    raise ValueError(f"scan: the step updates the shared variable {variable} twice")
                updates[variable] = _updated(variable, value)
        else:
            results.append(part)
    if len(results) == 1 and isinstance(results[0], (list, tuple)):
        results = list(results[0])
    return [_as_result(v) for v in results if v is not None], updates, condition


def _updated(variable: Any, value: Any) -> Any:
    """The next value of a shared variable, in its type."""
    try:
        return variable.type.filter_variable(value)
    except TypeError as why:
        new = value if isinstance(value, Variable) else as_tensor_variable(value)
        rows = [("shared", variable, variable.type, variable.origin), ("update", new, new.type, new.origin)]
        cure = "cast the expression (T.cast, .astype) or, for broadcastable axes, use T.patternbroadcast"
        raise VariableTypeError(message(f"scan: the step updates {variable} by another type", rows, cure)) from why


def _as_result(value: Any) -> Any:
    if isinstance(value, Variable):
        return value
    try:
        return as_tensor_variable(value)
    except (TypeError, ValueError) as why:
        raise TypeError(f"scan: the step returned {value!r}; {RETURNS}") from why


def _with_defaults(outputs: Sequence[Any], updates: dict[Any, Any]) -> dict[Any, Any]:
    """``updates``, and the default updates of shared variables that the step uses, and of those that these use."""
    pairs = dict(updates)
    settled, pending = set(pairs), [*outputs, *pairs.values()]
    while pending:
        found: list[Any] = [v for v in _leaves(pending) if isinstance(v, SharedVariable) and v not in settled]
        pending = []
        for variable in found:
            settled.add(variable)
            if variable.default_update is not None:
                pairs[variable] = variable.type.filter_variable(variable.default_update)
                pending.append(pairs[variable])
    return pairs


def _leaves(roots: Iterable[Any], blockers: Iterable[Any] = ()) -> list[Any]:
    stop = set(blockers)
    return [v for v in graph_inputs(list(roots), stop) if v not in stop and not isinstance(v, Constant)]


def _require_given(outputs: list[Any], rows: list[Any], others: list[Any]) -> None:
    found = _leaves(outputs, [*rows, *others])
    if found:
        raise MissingInputError(
            message(
                "scan: the step uses variables that it is not given, and strict=True",
                [("used", v, v.type, v.origin) for v in found],
                "add them to non_sequences",
            )
        )
