"""``theano.function``: check what the user wrote, run the passes, hand out the callable."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from theano.compile.callable import Function, LedFunction, Maker, ProfiledFunction
from theano.compile.measuring import count_compilation, stats_of
from theano.compile.mode import Mode, get_mode
from theano.compile.pipeline import Compilation
from theano.compile.specify import specify
from theano.flags import config
from theano.graph.locks import building

if TYPE_CHECKING:
    from theano.compile.profiling import ProfileStats

INTERPRETERS = {
    "reference": "reference:ReferenceFunction",
    "nodewise": "nodewise:NodewiseFunction",
    "debug": "debug_function:DebugFunction",
}
"""What runs the functions of a mode that are not machine code alone."""


def function(
    inputs: Sequence[Any],
    outputs: Any = None,
    mode: Mode | str | None = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
) -> Function:
    """Compile the graph from ``inputs`` to ``outputs`` into a function.

    ``outputs``: one variable (the call returns an array), a list (a list), a dictionary (a dictionary) or None.
    ``updates``: pairs (shared variable, expression for its next value); all of them, and the outputs, see the values from
    before the call, and if the call fails no shared variable changes.  ``givens``: pairs (variable, what replaces it).
    ``mode``: see :mod:`theano.compile.mode`.  ``profile=True`` measures each step: ``f.profile.summary()``;
    a message, or a :class:`~theano.compile.profiling.ProfileStats`, is shared by all functions compiled with it.

    >>> import theano, theano.tensor as T
    >>> x = T.dvector("x")
    >>> f = theano.function([x], (x ** 2).sum())
    >>> float(f([1, 2, 3]))
    14.0
    """
    chosen = get_mode(mode)
    with building, _uncollected():
        specification = specify(
            inputs, outputs, updates, givens, no_default_updates, on_unused_input or config.on_unused_input, name, allow_input_downcast,
            rebuild_strict, accept_inplace,
        )  # fmt: skip
        stats = stats_of(profile, name)
        compilation = Compilation(specification, chosen, stats is not None and stats.flag_time_thunks).run()
    return build(compilation, name, stats)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Compiling makes millions of objects that live until it ends: looking for garbage among them again and again takes
    longer than the work."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def build(compilation: Compilation, name: str | None, stats: ProfileStats | None = None) -> Function:
    """The callable of a finished compilation, which adds what it measures to ``stats``."""
    maker = Maker(compilation)
    count_compilation(compilation.seconds)
    if stats is None and compilation.profile:  # what was saved while it was measured still is
        stats = stats_of(True, name)
    s = compilation.specification
    kind: type[Function] = Function
    if compilation.mode.engine != "native":
        module, _, name_of_kind = INTERPRETERS[compilation.mode.engine].partition(":")
        kind = getattr(import_module(f"theano.compile.{module}"), name_of_kind)
    elif stats is not None:
        kind = ProfiledFunction
    elif s.layout == "dict" or s.states or any(p.value is not None or p.implicit for p in s.parameters):
        kind = LedFunction
    result = kind(maker=maker, name=name)
    if stats is not None:
        result.attach_profile(stats)
    return result
