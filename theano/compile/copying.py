"""Functions made from functions: :meth:`Function.copy`, and the part of a function that computes some of its outputs.

The program in memory is bound anew where it fits; only another set of updates or outputs is compiled, from what the user asked for.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from theano import errors
from theano.compile.failures import row
from theano.compile.measuring import stats_of
from theano.compile.pipeline import Compilation
from theano.compile.profiling import ProfileStats
from theano.compile.specify import Specification, own_states, pairs_of, present_request, specify
from theano.graph import Container, clone_replace
from theano.tensor.sharedvar import SharedVariable

if TYPE_CHECKING:
    from theano.compile.callable import Function


def settings_of(f: Function) -> dict[str, Any]:
    """What a user may have set on a function, and finds on its copies."""
    return {"trust_input": f.trust_input, "threads": f.threads}


def with_settings(f: Function, settings: Mapping[str, Any]) -> Function:
    for name, value in settings.items():
        setattr(f, name, value)
    return f


def copied(f: Function, swap: Any, delete_updates: bool, name: str | None, profile: Any) -> Function:
    """A function of the same graph as ``f`` (see :meth:`Function.copy`)."""
    old = f.maker.compilation
    swapped = _checked_swap(f, swap)
    stats = stats_of(profile, name)
    profiled = stats is not None and stats.flag_time_thunks
    fits = old.mode.engine == "native" and profiled == old.profile and not (delete_updates and old.specification.updates)
    if fits and not swapped:
        return _built(f, _bound_to(old, _with_own_states(old.specification)), name, stats)
    request = present_request(old.specification)
    if not request:
        text = f"copy: {f} was loaded as a program, without its graph"
        raise errors.LoadError(errors.message(text, cure="theano.load(path, rebuild=True) compiles it from the graph in the file"))
    if swapped:
        request |= _with_swapped(request, swapped)
    if delete_updates:
        request |= {"updates": [], "inputs": [_without_update(given) for given in request["inputs"]]}
    specification = specify(**request)
    return _built(f, _bound_to(old, specification) if fits else Compilation(specification, old.mode, profiled).run(), name, stats)


def _built(f: Function, compilation: Compilation, name: str | None, stats: ProfileStats | None = None) -> Function:
    """The callable, with what was set on ``f``."""
    from theano.compile.build import build

    return with_settings(build(compilation, name, stats), settings_of(f))


def _bound_to(old: Compilation, specification: Specification) -> Compilation:
    """The same program for other variables."""
    new = copy.copy(old)
    new.specification = specification
    vars(new).pop("fgraph", None)
    return new


def _with_own_states(old: Specification) -> Specification:
    """``old`` with containers of its own for the inputs that keep their value."""
    fresh: dict[int, SharedVariable] = {}
    for position, cell in own_states(old).items():
        store = old.states[position]
        kept = Container(store.type, [copy.deepcopy(cell.value)], False, cell.strict, cell.allow_downcast, cell.name)
        fresh[id(store)] = type(store)(store.name, store.type, None, False, container=kept)
    states = {k: fresh.get(id(store), store) for k, store in old.states.items()}
    return replace(old, states=states, shared=[fresh.get(id(store), store) for store in old.shared])


def part(f: Function, positions: tuple[int, ...]) -> Function:
    """The function of some of the outputs of ``f``, with all its updates; it reads and writes the very same values."""
    old = f.maker.compilation
    if not old.specification.request:
        text = f"output_subset: {f} was loaded as a program, without its graph"
        raise errors.LoadError(errors.message(text, cure="theano.load(path, rebuild=True) compiles it from the graph in the file"))
    inputs = [copy.copy(given) for given in f.inputs]
    for position, store in old.specification.states.items():
        inputs[position].value = store.container
    outputs = [old.specification.user_outputs[k] for k in positions]
    specification = specify(**{**old.specification.request, "inputs": inputs, "outputs": outputs})
    return _built(f, Compilation(specification, old.mode, False).run(), f.name)


def _without_update(given: Any) -> Any:
    given = copy.copy(given)
    given.update = None
    return given


def _checked_swap(f: Function, swap: Any) -> dict[SharedVariable, SharedVariable]:
    if swap is None:
        return {}
    if not isinstance(swap, Mapping):
        text = f"copy: swap is a dictionary {{shared variable: another}}, not {swap!r:.60}"
        raise TypeError(errors.message(text, cure="write swap={old: new}"))
    known = {id(v.container.storage): v for v in f.get_shared()}
    result: dict[SharedVariable, SharedVariable] = {}
    for old, new in pairs_of(swap):
        for variable in (old, new):
            if not isinstance(variable, SharedVariable):
                text = f"copy: swap maps shared variables to shared variables; {variable!r:.60} is none"
                raise errors.VariableTypeError(errors.message(text, cure="make one of a value with theano.shared"))
        if id(old.container.storage) not in known:
            cure = f"it has {', '.join(map(str, known.values())) or 'none'}"
            raise ValueError(errors.message(f"copy: the function has no shared variable {old} to swap", [row("swapped", old)], cure))
        if old.type != new.type:
            rows = [row("swapped", old), row("for", new)]
            cure = "make the new one with the dtype and the broadcastable pattern of the old"
            raise errors.VariableTypeError(errors.message("copy: shared variables of different types cannot be swapped", rows, cure))
        result[known[id(old.container.storage)]] = new
    after = [id(result.get(v, v).container.storage) for v in known.values()]
    for old, new in result.items():
        if after.count(id(new.container.storage)) > 1:
            text = f"copy: {new} would take the place of {old} and of another shared variable of the function"
            raise ValueError(errors.message(text, [row("swapped", old), row("for", new)], "swap the other one, too"))
    return result


def _with_swapped(request: dict[str, Any], swapped: dict[SharedVariable, SharedVariable]) -> dict[str, Any]:
    """The graphs of a request, cloned with other shared variables in them."""
    memo: dict[Any, Any] = {v: v for v in (*(given.variable for given in request["inputs"]), *request["givens"])}

    def put(variable: Any) -> Any:
        return clone_replace(variable, swapped, memo=memo)

    def output(given: Any) -> Any:
        given = copy.copy(given)
        given.variable = put(given.variable)
        return given

    outputs = request["outputs"]
    inputs = [copy.copy(given) for given in request["inputs"]]
    for given in inputs:
        given.update = None if given.update is None else put(given.update)
    if isinstance(outputs, dict):
        outputs = {key: output(given) for key, given in outputs.items()}
    elif isinstance(outputs, list):
        outputs = [output(given) for given in outputs]
    elif outputs is not None:
        outputs = output(outputs)
    return {
        "inputs": inputs,
        "outputs": outputs,
        "updates": [(swapped.get(target, target), put(new)) for target, new in request["updates"]],
        "givens": {old: put(new) for old, new in request["givens"].items()},
    }


__all__ = ["copied", "part", "settings_of", "with_settings"]
