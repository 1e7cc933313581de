"""What ``theano.function`` returns.

A :class:`Function` is called by machine code; Python is entered only for arguments that the fast path does not take (lists,
other dtypes, keywords), for a user's own Python ops, and to raise errors.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy

from theano import errors
from theano.compile import failures
from theano.compile.explain import explain
from theano.compile.io import In
from theano.compile.pipeline import Compilation
from theano.compile.profile import Profile
from theano.compile.profiling import ProfileStats
from theano.compile.python_steps import python_callback
from theano.compile.sizes import Sizes
from theano.compile.verbose import tell
from theano.emit.llvm.status import GUARD, RANGE
from theano.graph import FunctionGraph
from theano.runtime.native_type import NativeFunction


class Maker:
    """What a function was made from: ``inputs``, ``outputs``, the optimised ``fgraph``, the ``mode``, the whole ``compilation``."""

    def __init__(self, compilation: Compilation) -> None:
        self.compilation = compilation
        self.inputs: list[In] = compilation.specification.inputs
        self.outputs = compilation.specification.user_outputs
        self.mode = compilation.mode

    @property
    def fgraph(self) -> FunctionGraph:
        return self.compilation.optimized


class Function(NativeFunction):
    """A compiled function.  Call it with one argument for each input, by position or by name."""

    def __init__(self, maker: Maker, name: str | None) -> None:
        self.maker, self.name = maker, name
        s = maker.compilation.specification
        self.inputs = s.inputs
        self._filters = [v.type.filter for v in s.input_variables]
        self._positions = {i.name: k for k, i in enumerate(s.inputs) if i.name is not None}
        self._defaults = sum(i.value is not None for i in s.inputs)
        self.profile_stats: ProfileStats | None = None
        self.measured: Profile | None = None
        self._bind()

    def _bind(self) -> None:
        compilation = self.maker.compilation
        callbacks = [python_callback(step) for step in compilation.loaded.python_steps]
        self.bind(compilation.loaded, [v.container.storage for v in compilation.specification.shared], callbacks, self._fail)

    def __repr__(self) -> str:
        names = ", ".join(i.name or str(i.variable) for i in self.inputs)
        return f"<theano function {self.name or ''}({names})>"

    # ------------------------------------------------------------------ calls

    def slow(self, *args: Any, **kwargs: Any) -> Any:
        """A call whose arguments the native entry did not take: convert them, or say which one is wrong and why."""
        return self.run(self._converted(args, kwargs))

    def _converted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        values: list[Any] = [_MISSING] * len(self.inputs)
        if len(args) > len(values):
            raise TypeError(f"{self._title()} takes {len(values)} arguments, {len(args)} were given; {self._expected()}")
        values[: len(args)] = args
        for key, value in kwargs.items():
            if key not in self._positions:
                cure = errors.did_you_mean(key, self._positions)
                raise TypeError(f"{self._title()} has no input named {key!r}; {self._expected()}. {cure}".rstrip(". "))
            position = self._positions[key]
            if values[position] is not _MISSING:
                raise TypeError(f"{self._title()}: the input {key!r} is given twice, by position and by name")
            values[position] = value
        return [self._convert(k, value) for k, value in enumerate(values)]

    def _convert(self, position: int, value: Any) -> Any:
        given = self.inputs[position]
        if value is _MISSING:
            value = getattr(given.value, "data", given.value) if not isinstance(given.value, numpy.ndarray) else given.value
            if value is None:
                name = given.name or given.variable
                raise TypeError(f"{self._title()}: missing argument {position}, the input {name}; {self._expected()}")
        try:
            return self._filters[position](value, strict=given.strict, allow_downcast=given.allow_downcast)
        except (TypeError, ValueError) as why:
            row = failures.row("input", given.variable)
            cure = str(why.args[0]) if why.args else None
            what = errors.with_article(_described(value))
            headline = f"{self._title()}: bad argument {position} for the input {given.name or given.variable}, {what}"
            raise type(why)(errors.message(headline, [row], cure)) from None

    def _title(self) -> str:
        return self.name or "function"

    def _expected(self) -> str:
        return "it takes " + (", ".join(f"{i.name or i.variable}: {i.variable.type}" for i in self.inputs) or "no arguments")

    def _fail(self, status: int, first: int, second: int, *arguments: Any) -> None:
        """Raise the error that a native status stands for."""
        loaded, sizes = self._loaded, Sizes(self._loaded.program, arguments)
        if status >= RANGE:
            step = loaded.steps[status - RANGE]
            raise self._told(failures.range_error(step), step.nodes[0], arguments)
        if status >= GUARD:
            guard = loaded.guards[status - GUARD]
            raise self._told(failures.guard_error(guard, first, second, sizes), guard.node, arguments)
        node, text = loaded.program.checks[status - 1]
        raise self._told(failures.check_error(node, text, first, sizes), node, arguments)

    def _told(self, error: Exception, node: Any, arguments: Sequence[Any]) -> Exception:
        """``error`` with what ``config.exception_verbosity`` asks for."""
        s = self.maker.compilation.specification
        return tell(error, node, dict(zip((*s.input_variables, *s.shared_variables), arguments, strict=True)))

    def _arranged(self, result: Any) -> Any:
        """A list of results as the dictionary that was asked for."""
        specification = self.maker.compilation.specification
        return dict(zip(specification.keys, result, strict=True)) if specification.layout == "dict" else result

    # ------------------------------------------------------------------ looking inside

    def explain(self) -> str:
        """The steps of the compiled program: each kernel with the operations and user lines in it."""
        return explain(self.maker.compilation.program, self._title())

    @property
    def profile(self) -> ProfileStats | None:  # type: ignore[override]
        """What calls cost, step by step, if the function was compiled with ``profile=True``; else None."""
        return self.profile_stats

    def attach_profile(self, stats: ProfileStats) -> None:
        """Add what calls cost to ``stats`` from now on."""
        compilation = self.maker.compilation
        self.profile_stats = stats
        self.measured = Profile(compilation, self.step_times, self.name or str(stats.message))
        stats.add(self.measured, compilation.rewrites)

    def step_times(self) -> list[tuple[Any, int, int]]:
        """Each step with its runs and the nanoseconds they took together, where the code counts them."""
        return super().profile if self.maker.compilation.profile else []

    # ------------------------------------------------------------------ elsewhere

    def save(self, path: str | os.PathLike[str], graph: bool = True) -> None:
        """Write the compiled function to a file, from which :func:`theano.load` takes it without compiling.

        ``graph=False`` leaves out the graph, from which it could be compiled anew on another machine."""
        from theano.compile.saving import save

        save(self, path, graph)

    def __reduce_ex__(self, protocol: Any) -> Any:
        from theano.compile.function_pickling import reduce_function

        return reduce_function(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        from theano.compile.function_pickling import deepcopy_function

        return deepcopy_function(self, memo)

    def get_shared(self) -> list[Any]:
        """The shared variables that the function reads or updates."""
        return list(self.maker.compilation.specification.shared)


class DictFunction(Function):
    """A function whose outputs are a dictionary."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._arranged(super().slow(*args, **kwargs))


class ProfiledFunction(Function):
    """A function that measures its calls."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        assert self.measured is not None
        values = self._converted(args, kwargs)
        with self.measured.call(values, [s.container.storage[0] for s in self.get_shared()]):
            return self._arranged(self.run(values))


_MISSING = object()


def _described(value: Any) -> str:
    if isinstance(value, numpy.ndarray):
        return f"{value.dtype} array of shape {value.shape}"
    return f"{type(value).__name__} {str(value)[:60]!r}" if isinstance(value, str) else f"{type(value).__name__} ({str(value)[:60]})"
