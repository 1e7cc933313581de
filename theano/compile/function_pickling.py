"""Pickling and deep-copying functions: private copies of what a function keeps from call to call.

A pickle holds what was asked for (the user's variables), the shared variables with their values, and the program.  Unpickled on
a machine and with a version that the program fits, the function runs it as it is, to the bit; else, or if
``config.reoptimize_unpickled_function`` is set, it is compiled anew.  Variables that are pickled together with a function stay those of
the function.  A deep copy runs the same program.

>>> import copy, pickle, theano
>>> s = theano.shared(0, name="s")
>>> count = theano.function([], s, updates=[(s, s + 1)])
>>> other, t = pickle.loads(pickle.dumps((count, s)))
>>> int(other()), int(other()), int(t.get_value()), int(s.get_value())
(0, 1, 2, 0)
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy

from theano.compile.build import build, function
from theano.compile.callable import Function
from theano.compile.copying import settings_of, with_settings
from theano.compile.portrait import take_portrait
from theano.compile.saving import KeptCompilation, assemble
from theano.compile.specify import Specification, present_request
from theano.errors import LoadError, message
from theano.flags import config


def reduce_function(f: Function) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """As ``__reduce__`` is to give it."""
    warn_of_aliases(f)
    compilation = f.maker.compilation
    portrait = take_portrait(compilation) if compilation.mode.engine == "native" else None
    kept = _without_graph(compilation.specification)
    specification = {entry.name: getattr(kept, entry.name) for entry in fields(kept)}
    return restore_function, (specification, compilation.mode, compilation.profile, f.name, portrait, settings_of(f))


def _without_graph(specification: Any) -> Any:
    """What was asked, and the order of inputs and shared variables; the private graph stays here."""
    variables = [i.variable for i in specification.inputs]
    updates = [(position, specification.shared[position]) for position, _ in specification.updates]
    return replace(
        specification, input_variables=variables, outputs=[], shared_variables=list(specification.shared), updates=updates,
        request=present_request(specification),
    )  # fmt: skip


def restore_function(
    specification: dict[str, Any], mode: Any, profile: bool, name: str | None, portrait: Any, attributes: dict[str, Any]
) -> Any:
    """The function; None if ``config.unpickle_function`` says so."""
    if not config.unpickle_function:
        return None
    fits = portrait is not None and not config.reoptimize_unpickled_function and not (misfits := portrait.misfits())
    if fits:
        f = assemble(portrait, Specification(**specification | {"name": name}), mode, profile)
    elif specification["request"]:
        f = function(**specification["request"] | {"name": name}, mode=mode, profile=profile)
    else:
        rows = [(what, f"pickled: {then}", f"here: {now}") for what, then, now in misfits]
        cure = "it was itself loaded as a program, without its graph: load it with rebuild=True before pickling it"
        raise LoadError(message("a pickled function does not fit", rows, cure))
    return with_settings(f, attributes)


def deepcopy_function(f: Function, memo: dict[int, Any]) -> Function:
    """The same program, if there is one, on copies of the shared variables."""
    warn_of_aliases(f)
    old = f.maker.compilation
    specification = copy.deepcopy(_without_graph(old.specification), memo)
    if old.mode.engine != "native":
        new = function(**specification.request | {"name": f.name}, mode=old.mode, profile=old.profile)
    elif old.loaded.python_steps:  # operations are copied, too, unless they are values
        new = assemble(copy.deepcopy(take_portrait(old), memo), replace(specification, name=f.name), old.mode, old.profile)
    else:
        compilation = KeptCompilation(specification, old.mode, old.profile)
        compilation.loaded, compilation.program, compilation.kept = old.loaded, old.program, "copied"
        new = build(compilation, f.name)
    memo[id(f)] = new
    return with_settings(new, settings_of(f))


def warn_of_aliases(f: Function) -> None:
    """Say which of the values that ``f`` keeps share memory: their copies will not."""
    specification = f.maker.compilation.specification
    kept = [(i.name or str(i.variable), i.value) for i in specification.inputs]
    kept += [(str(v), v.container.storage[0]) for v in specification.shared]
    arrays = [(name, value) for name, value in kept if isinstance(value, numpy.ndarray)]
    for position, (name, value) in enumerate(arrays):
        for other, another in arrays[position + 1 :]:
            if numpy.may_share_memory(value, another):
                warnings.warn(f"the values of {name} and {other} share memory; in the copy of the function they do not", stacklevel=5)


__all__ = ["deepcopy_function", "reduce_function", "restore_function"]
