"""What ``theano.function`` returns.

A :class:`Function` is called by machine code; Python is entered only for arguments that the fast path does not take (lists,
other dtypes, keywords), for a user's own Python ops, and to raise errors.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy

from theano import errors
from theano.compile import failures
from theano.compile.cells import Containers, Values
from theano.compile.io import In, SymbolicInput, SymbolicOutput
from theano.compile.pipeline import Compilation
from theano.compile.python_steps import python_callback
from theano.compile.sizes import Sizes
from theano.compile.specify import new_container
from theano.compile.verbose import tell
from theano.emit.llvm.status import GUARD, MEMORY, RAISED, RANGE
from theano.graph import Container, FunctionGraph
from theano.graph.locks import Turns
from theano.runtime.native_type import NativeFunction

if TYPE_CHECKING:
    from theano.compile.profile import Profile
    from theano.compile.profiling import ProfileStats


class Maker:
    """What a function was made from: the optimised ``fgraph``, the ``mode``, the whole ``compilation``."""

    def __init__(self, compilation: Compilation) -> None:
        self.compilation = compilation
        self.mode = compilation.mode
        self.outputs: list[SymbolicOutput] = compilation.specification.user_outputs

    @property
    def inputs(self) -> list[SymbolicInput]:
        """What calls give, and after that an implicit input for each shared variable."""
        s = self.compilation.specification
        states = {id(store) for store in s.states.values()}
        updates = {id(s.shared[position]): new for position, new in s.updates}
        stores = [v for v in s.shared if id(v) not in states]
        return [*s.parameters, *(In(v, value=v, update=updates.get(id(v)), borrow=True, shared=True) for v in stores)]

    expanded_inputs = inputs

    @property
    def fgraph(self) -> FunctionGraph:
        return self.compilation.optimized


class Function(NativeFunction):
    """A compiled function.  Call it with one argument for each input, by position or by name.

    ``f[x]``, by variable, name or position, is the value that an input keeps, or that of a shared variable.  ``trust_input``
    may be set; the checks that it promises to be unnecessary take nanoseconds and are made all the same."""

    trust_input = False
    native = True
    """Whether machine code alone makes a call."""

    def __init__(
        self,
        fn: Any = None,
        input_storage: Any = None,
        output_storage: Any = None,
        indices: Any = None,
        outputs: Any = None,
        defaults: Any = None,
        unpack_single: Any = None,
        return_none: Any = None,
        output_keys: Any = None,
        maker: Maker | None = None,
        name: str | None = None,
    ) -> None:
        """``theano.function`` calls this.  ``maker`` says what the function is; the parts before it, which a classic ``function_builder``
        is given and hands on, follow from it."""
        if not isinstance(maker, Maker):
            raise TypeError(f"Function: a maker is needed, not {maker!r:.60}; theano.function(inputs, outputs) makes functions")
        self.maker, self.name = maker, name
        s = maker.compilation.specification
        self.inputs = s.parameters
        self._filters = [p.variable.type.filter for p in s.parameters]
        self._states = {k: store.container for k, store in s.states.items()}
        self._defaults = {k: new_container(p) for k, p in enumerate(s.parameters) if p.value is not None and k not in s.states}
        self._kept = self._defaults | {k: cell for k, cell in self._states.items() if s.parameters[k].value is not None}
        self._reorders = self.native and not self._states and not any(p.implicit for p in s.parameters)
        self._parts: dict[tuple[int, ...], Function] = {}
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

    def slow(self, *args: Any, output_subset: Any = None, **kwargs: Any) -> Any:
        """A call whose arguments the native entry did not take: convert them, or say which one is wrong and why."""
        if output_subset is not None:
            return self._subset(output_subset, self._converted(args, kwargs))
        if kwargs and self._reorders:  # in the order of the inputs they may be as machine code wants them
            values = self._bound(args, kwargs)
            for position, cell in self._defaults.items():
                if values[position] is _MISSING:
                    values[position] = cell.storage[0]
            if not any(value is _MISSING for value in values):
                return self._arranged(_enter(self, *values))
        return self._arranged(self.execute(self._converted(args, kwargs)))

    def execute(self, values: Sequence[Any]) -> Any:
        """Run on values of all inputs, as they must be.  An input that keeps its value takes a new one only if the call succeeds."""
        given = [(cell, values[k]) for k, cell in self._states.items() if values[k] is not _KEPT]
        values = [value for k, value in enumerate(values) if k not in self._states] if self._states else values
        if not given:
            return self.once(values)
        turns = Turns(cell.lock for cell, _ in given)
        try:
            turns.take()
            before = [cell.storage[0] for cell, _ in given]
            try:
                for cell, value in given:
                    cell.lock.put(value)
                return self.once(values)
            except BaseException:
                for (cell, _), value in zip(given, before, strict=True):
                    cell.lock.put(value)
                raise
        finally:
            turns.release()

    def once(self, values: Sequence[Any]) -> Any:
        """Run on the arguments of the program, and measure that if it is asked for."""
        if self.measured is None:
            return self.run(values)
        with self.measured.call(values, [v.container.storage[0] for v in self.maker.compilation.specification.shared]):
            return self.run(values)

    def _subset(self, wanted: Iterable[Any], values: Sequence[Any]) -> Any:
        """Results of some of the outputs, by position or key; the others are not computed."""
        s = self.maker.compilation.specification
        choices = s.keys if s.layout == "dict" else range(len(s.outputs))
        if isinstance(wanted, str) or not isinstance(wanted, Iterable):
            text = f"{self._title()}: output_subset must be a list, not {wanted!r:.60}"
            raise TypeError(errors.message(text, cure=f"write [{wanted!r:.60}]"))
        wanted = list(wanted)
        for choice in wanted:
            if choice not in choices:
                text = f"{self._title()}: output_subset names {choice!r}, which is no output"
                raise ValueError(errors.message(text, cure=f"there are {', '.join(map(repr, choices)) or 'none'}"))
        positions = tuple(choices.index(choice) for choice in wanted)
        if positions not in self._parts:
            from theano.compile.copying import part

            self._parts[positions] = part(self, positions)
        results = self._parts[positions].execute(values)
        return dict(zip(wanted, results, strict=True)) if s.layout == "dict" else results

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """What the call gives for each input, in their order."""
        values: list[Any] = [_MISSING] * len(self.inputs)
        if len(args) > len(values):
            raise TypeError(f"{self._title()} takes {len(values)} arguments, {len(args)} were given; {self._expected()}")
        values[: len(args)] = args
        for key, value in kwargs.items():
            position = self._position(key)
            if values[position] is not _MISSING:
                text = f"{self._title()}: the input {key!r} is given twice, by position and by name"
                raise TypeError(errors.message(text, cure="leave one of them out"))
            values[position] = value
        return values

    def _converted(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """A value that is as it must be for each input."""
        values = enumerate(self._bound(args, kwargs))
        return [self._default(k) if value is _MISSING else self._convert(k, value) for k, value in values]

    def _position(self, key: str) -> int:
        """Which input has this name."""
        found = [k for k, i in enumerate(self.inputs) if i.name == key]
        if not found:
            cure = errors.did_you_mean(key, [i.name for i in self.inputs if i.name])
            nameless = any(i.name is None for i in self.inputs)
            cure = cure or ("inputs without a name are given by position; In(x, name=...) gives one" if nameless else "")
            raise TypeError(errors.message(f"{self._title()} has no input named {key!r}; {self._expected()}", cure=cure))
        if len(found) > 1:
            places = " and ".join(map(str, found))
            raise TypeError(f"{self._title()}: several inputs are named {key!r}, at {places}; give them by position")
        return found[0]

    def _default(self, position: int) -> Any:
        kept = self._kept.get(position)
        if kept is None:
            name = self.inputs[position].name or self.inputs[position].variable
            text = f"{self._title()}: missing argument {position}, the input {name}; {self._expected()}"
            raise TypeError(errors.message(text, cure="give it; In(x, value=...) declares an input with a default"))
        return _KEPT if position in self._states else kept.storage[0]

    def _convert(self, position: int, value: Any) -> Any:
        given = self.inputs[position]
        if given.implicit:
            text = f"{self._title()}: the input {given.name or given.variable} is implicit, a call cannot give it"
            raise TypeError(errors.message(text, cure=f"set its value before the call: f[{position}] = value"))
        if value is None and position in self.maker.compilation.specification.unused:
            return given.variable.type.filter(_anything(given.variable.type))
        try:
            new = self._filters[position](value, strict=given.strict, allow_downcast=given.allow_downcast)
        except (TypeError, ValueError) as why:
            row = failures.row("input", given.variable)
            cure = str(why.args[0]) if why.args else None
            what = errors.with_article(_described(value))
            headline = f"{self._title()}: bad argument {position} for the input {given.name or given.variable}, {what}"
            raise type(why)(errors.message(headline, [row], cure)) from None
        return copy.copy(new) if position in self._states else new

    def _title(self) -> str:
        return self.name or "function"

    def _expected(self) -> str:
        return "it takes " + (", ".join(f"{i.name or i.variable}: {i.variable.type}" for i in self.inputs) or "no arguments")

    def _fail(self, status: int, first: int, second: int, steps: int, *arguments: Any) -> None:
        """Raise the error that a native status stands for; one that is raised already learns in which step of a loop that was."""
        if status == RAISED:
            _in_steps(arguments[0], steps)
        else:
            raise _in_steps(self._error(status, first, second, arguments), steps)  # held by no name: else this frame would be garbage

    def _error(self, status: int, first: int, second: int, arguments: Sequence[Any]) -> Exception:
        loaded, sizes = self._loaded, Sizes(self._loaded.program, arguments)
        if status >= MEMORY:
            return failures.memory_error(status - MEMORY, sizes)
        if status >= RANGE:
            step = loaded.steps[status - RANGE]
            return self._told(failures.range_error(step), step.nodes[0], arguments)
        if status >= GUARD:
            guard = loaded.guards[status - GUARD]
            return self._told(failures.guard_error(guard, first, second, sizes), guard.node, arguments)
        node, text = loaded.program.checks[status - 1]
        return self._told(failures.check_error(node, text, first, sizes), node, arguments)

    def _told(self, error: Exception, node: Any, arguments: Sequence[Any]) -> Exception:
        """``error`` with what ``config.exception_verbosity`` asks for."""
        s = self.maker.compilation.specification
        return tell(error, node, dict(zip((*s.input_variables, *s.shared_variables), arguments, strict=True)))

    def _arranged(self, result: Any) -> Any:
        """A list of results as the dictionary that was asked for."""
        specification = self.maker.compilation.specification
        return dict(zip(specification.keys, result, strict=True)) if specification.layout == "dict" and type(result) is list else result

    # ------------------------------------------------------------------ what it keeps

    @cached_property
    def container(self) -> Containers:
        """The containers of inputs and shared variables, by variable, name or position."""
        inputs, count = self.maker.inputs, len(self.inputs)
        own = {**{k: new_container(i) for k, i in enumerate(self.inputs) if k not in self._states}, **self._defaults, **self._states}
        return Containers(inputs, [*(own[k] for k in range(count)), *(i.variable.container for i in inputs[count:])], self._title())

    @property
    def value(self) -> Values:
        """The values of inputs and shared variables, by variable, name or position."""
        return Values(self.container)

    def __getitem__(self, key: Any) -> Any:
        return self.value[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.value[key] = value

    def __contains__(self, key: object) -> bool:
        return key in self.container

    @property
    def finder(self) -> Containers:
        return self.container

    @property
    def input_storage(self) -> list[Container]:
        """The containers of the inputs, and after those that of each shared variable."""
        return self.container.all

    @cached_property
    def output_storage(self) -> list[Container]:
        """A container for each output, which :meth:`fn` fills; calls hand results out and keep none."""
        return [Container(o.variable.type, [None]) for o in self.maker.outputs]

    @property
    def defaults(self) -> list[tuple[bool, bool, Container]]:
        """For each input: whether calls must give it, whether its value is restored after each call, and its container."""
        return [(k not in self._kept, k in self._defaults, cell) for k, cell in enumerate(self.input_storage[: len(self.inputs)])]

    def fn(self) -> None:
        """A call without arguments and results: those are the values in ``input_storage`` and ``output_storage``."""
        stored = [cell.storage[0] for cell in self.input_storage[: len(self.inputs)]]
        results = self.execute([self._default(k) if k in self._kept else self._convert(k, value) for k, value in enumerate(stored)])
        single = self.maker.compilation.specification.layout == "single"
        for cell, result in zip(self.output_storage, [results] if single else results, strict=True):
            cell.storage[0] = result

    def free(self) -> None:
        """Give back the memory that is kept for the next call: idle scratch, spare arrays, stored results."""
        self.trim()
        for part in self._parts.values():
            part.free()
        for cell in vars(self).get("output_storage", ()):
            cell.storage[0] = None

    def copy(
        self, share_memory: bool = False, swap: Any = None, delete_updates: bool = False, name: str | None = None, profile: Any = None
    ) -> Function:
        """Another function of the same graph, which keeps values of inputs of its own; shared variables stay shared.

        ``swap``: {shared variable: another of the same type, to be used in its place}.  ``delete_updates``: without updates.
        ``name``: by default that of this one and "copy".  ``share_memory`` may be given; nothing that functions share shows.

        >>> import theano
        >>> s, t = theano.shared(1.0, name="s"), theano.shared(10.0, name="t")
        >>> f = theano.function([], s * 2, updates=[(s, s + 1)])
        >>> g = f.copy(swap={s: t}, delete_updates=True)
        >>> f(), g(), f(), g()
        (array(2.), array(20.), array(4.), array(20.))
        """
        from theano.compile.copying import copied

        return copied(self, swap, delete_updates, name or (f"{self.name} copy" if self.name else None), profile)

    def __copy__(self) -> Function:
        return self.copy()

    # ------------------------------------------------------------------ looking inside

    def explain(self) -> str:
        """The steps of the compiled program: each kernel with the operations and user lines in it."""
        from theano.printing.explain import explain

        return explain(self.maker.compilation.program, self._title())

    @property
    def profile(self) -> ProfileStats | None:
        """What calls cost, step by step, if the function was compiled with ``profile=True``; else None."""
        return self.profile_stats

    def attach_profile(self, stats: ProfileStats) -> None:
        """Add what calls cost to ``stats`` from now on."""
        from theano.compile.profile import Profile

        compilation = self.maker.compilation
        self.profile_stats = stats
        self.measured = Profile(compilation, self.step_times, self.name or str(stats.message))
        stats.add(self.measured, compilation.rewrites)

    def step_times(self) -> list[tuple[Any, int, int]]:
        """Each step with its runs and the nanoseconds they took together, where the code counts them."""
        return self.counters if self.maker.compilation.profile else []

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
        return [i.variable for i in self.maker.inputs[len(self.inputs) :]]

    def sync_shared(self) -> None:
        """Wait until the values of shared variables are there: calls do not return before."""


class LedFunction(Function):
    """A function that Python leads into: it has default values, inputs that keep their value, or names for its outputs."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        s = self.maker.compilation.specification
        self._keys = s.keys if s.layout == "dict" else None
        self._refed = [(cell.storage, cell.storage[0]) for cell in self._defaults.values()]
        self._omitted = self._completions() if self.native else {}

    def _completions(self) -> dict[int, list[list[Any]]]:
        """By the number of arguments given: where the values of the others are that the native entry takes."""
        count = len(self.inputs) - len(self._states)
        if any(k < count or k not in self._kept for k in self._states):
            return {}
        required = max((k + 1 for k in range(count) if k not in self._defaults), default=0)
        open_to_calls = next((k for k in range(count) if self.inputs[k].implicit), count)
        return {given: [self._defaults[k].storage for k in range(given, count)] for given in range(required, open_to_calls + 1)}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            omitted = None if kwargs else self._omitted.get(len(args))
            if omitted is None:
                return self.slow(*args, **kwargs)
            result = _enter(self, *args, *[storage[0] for storage in omitted]) if omitted else _enter(self, *args)
        finally:
            for storage, value in self._refed:
                storage[0] = value
        return dict(zip(self._keys, result)) if self._keys is not None and type(result) is list else result


class ProfiledFunction(LedFunction):
    """A function that measures its calls."""

    native = False


_MISSING = object()
_KEPT = object()  # for an input that keeps its value: that one
_enter = NativeFunction.__call__


def _in_steps(error: Exception, begun: int) -> Exception:
    """``error`` with the steps that loops had begun: the innermost, and 2**32 times that of the loop around it."""
    for count in (begun & (1 << 32) - 1, begun >> 32):
        if count:
            errors.in_step(error, count - 1)
    return error


def _anything(kind: Any) -> Any:
    """Some value of a type, for an input that nothing depends on."""
    return numpy.zeros([int(b) for b in kind.broadcastable], kind.dtype) if hasattr(kind, "broadcastable") else None


def _described(value: Any) -> str:
    if isinstance(value, numpy.ndarray):
        return f"{value.dtype} array of shape {value.shape}"
    return f"{type(value).__name__} {str(value)[:60]!r}" if isinstance(value, str) else f"{type(value).__name__} ({str(value)[:60]})"
