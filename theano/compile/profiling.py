"""Profiles: what calls and compilation cost, by function, class, operation and step, in the sections of the classic system.

>>> import theano, theano.tensor as T
>>> x = T.dvector("x")
>>> stats = ProfileStats(atexit_print=False, message="both")
>>> f = theano.function([x], T.exp(x).sum(), profile=stats)
>>> g = theano.function([x], x * 2, profile=stats)
>>> float(f([0.0, 0.0])), float(f([0.0])), g([1.0]).tolist()
(2.0, 1.0, [2.0])
>>> stats.fct_callcount, sum(stats.op_callcount().values()), stats.recompilations
(3, 5, 0)
>>> print(stats.text().splitlines()[2])
  Message: both
"""

from __future__ import annotations

import itertools
import logging
import sys
import time
from collections.abc import Callable, Iterable
from io import StringIO
from typing import Any

from theano.compile.measuring import TOTALS, theano_imported_time
from theano.compile.profile import Profile, StepProfile, Unit
from theano.errors import did_you_mean, message
from theano.flags import config
from theano.graph import here

logger = logging.getLogger("theano.compile.profiling")

_at_exit: list[ProfileStats] = []
_shared: dict[str, ProfileStats] = {}
_numbers = itertools.count()
_printers: list[Callable[[ProfileStats, Any], Any]] = []

Group = Callable[[Any], Any]


class ProfileStats:
    """The measures of one or several functions.

    ``summary()`` prints them to the standard error; ``text()`` gives what it prints.  ``atexit_print``: print it at the end of the
    program as well, where the flag ``profiling.destination`` says.  ``flag_time_thunks``: whether steps are timed one by one (by default as
    ``profiling.time_thunks`` says).  Further keywords set attributes, such as ``message``, the heading.

    ``apply_time``, ``apply_callcount`` and ``apply_cimpl`` are {step: seconds}, {step: runs} and {step: whether it is machine code}, where
    a step is a :class:`~theano.compile.profile.Unit` or, in functions that run node by node, a node.
    """

    recompilations = 0
    """A function is compiled once; no call, whatever its shapes, compiles anything."""

    def __init__(self, atexit_print: bool = True, flag_time_thunks: bool | None = None, gpu_checks: bool = True, **kwargs: Any) -> None:
        self.message: str | None = None
        self.atexit_print, self.gpu_checks = atexit_print, gpu_checks
        self.flag_time_thunks = config.profiling.time_thunks if flag_time_thunks is None else bool(flag_time_thunks)
        self.line_width = config.profiling.output_line_width
        self.parts: list[Profile] = []
        self.optimizer_profile: list[Any] = []
        self._time: dict[Any, float] = {}
        self._runs: dict[Any, int] = {}
        for name, value in kwargs.items():
            if name not in self.__dict__:
                cure = did_you_mean(name, self.__dict__) or f"its attributes are {', '.join(k for k in self.__dict__ if k[0] != '_')}"
                raise TypeError(message(f"ProfileStats has no attribute {name}", cure=cure))
            setattr(self, name, value)
        if atexit_print:
            _at_exit.append(self)

    def add(self, part: Profile, rewrites: Any = None) -> None:
        """Count one more function."""
        self.parts.append(part)
        self.optimizer_profile.append(rewrites)

    def reset(self) -> None:
        """Count calls from 0 again."""
        for part in self.parts:
            part.reset()
        for node in [*self._time]:
            self._time[node] = 0.0
        for node in [*self._runs]:
            self._runs[node] = 0

    # ------------------------------------------------------------------ totals

    @property
    def fct_callcount(self) -> int:
        """Calls of all functions."""
        return sum(part.calls for part in self.parts)

    @property
    def fct_call_time(self) -> float:
        """Seconds of all calls."""
        return sum(part.seconds for part in self.parts)

    calls, seconds = fct_callcount, fct_call_time

    @property
    def vm_call_time(self) -> float:
        """Seconds inside steps."""
        return sum(self.apply_time.values())

    @property
    def compile_seconds(self) -> dict[str, float]:
        """Seconds of each pass of compilation."""
        found: dict[str, float] = {}
        for part in self.parts:
            for name, seconds in part.compile_seconds.items():
                found[name] = found.get(name, 0.0) + seconds
        return found

    @property
    def compile_time(self) -> float:
        return sum(self.compile_seconds.values())

    @property
    def optimizer_time(self) -> float:
        """Seconds of rewriting."""
        return self.compile_seconds.get("rewrite", 0.0)

    @property
    def linker_time(self) -> float:
        """Seconds from the rewritten graph to machine code."""
        return self.compile_time - self.optimizer_time

    validate_time = import_time = 0.0
    """Parts of rewriting and linking that there are not any more."""

    @property
    def python_steps(self) -> int:
        """How many steps of the programs run Python code."""
        return sum(part.python_steps for part in self.parts)

    @property
    def steps(self) -> list[StepProfile]:
        """Every step of every function with what it took."""
        return [step for part in self.parts for step in part.steps]

    @property
    def nb_nodes(self) -> int:
        """How many steps there are."""
        return len(self.apply_time)

    # ------------------------------------------------------------------ by step, operation and class

    def _measured(self) -> None:
        for part in self.parts:
            for step, runs, nanoseconds in part.times():
                unit = part.unit(step)
                self._time[unit], self._runs[unit] = nanoseconds / 1e9, runs

    @property
    def apply_time(self) -> dict[Any, float]:
        """{step: seconds}."""
        self._measured()
        return self._time

    @property
    def apply_callcount(self) -> dict[Any, int]:
        """{step: runs}."""
        self._measured()
        return self._runs

    @property
    def apply_cimpl(self) -> dict[Any, bool]:
        """{step: whether it is machine code}."""
        return {step: getattr(step, "compiled", False) for step in self.apply_time}

    def _sum(self, values: dict[Any, Any], group: Group) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for step, value in values.items():
            key = group(step)
            found[key] = found.get(key, 0) + value
        return found

    def _nodes(self, group: Group) -> dict[Any, int]:
        return self._sum(dict.fromkeys(self.apply_time, 1), group)

    def _impl(self, group: Group) -> dict[Any, str]:
        found: dict[Any, set[str]] = {}
        for step, compiled in self.apply_cimpl.items():
            found.setdefault(group(step), set()).add("C" if compiled else "Py")
        return {key: min(kinds) if len(kinds) == 1 else "C & Py" for key, kinds in found.items()}

    def class_time(self) -> dict[type, float]:
        """{class of operation: seconds}."""
        return self._sum(self.apply_time, _class)

    def class_callcount(self) -> dict[type, int]:
        """{class of operation: runs}."""
        return self._sum(self.apply_callcount, _class)

    def class_nodes(self) -> dict[type, int]:
        """{class of operation: how many steps}."""
        return self._nodes(_class)

    def class_impl(self) -> dict[type, str]:
        """{class of operation: "C" for machine code, "Py", or "C & Py"}."""
        return self._impl(_class)

    def op_time(self) -> dict[Any, float]:
        """{operation: seconds}."""
        return self._sum(self.apply_time, _op)

    def op_callcount(self) -> dict[Any, int]:
        """{operation: runs}."""
        return self._sum(self.apply_callcount, _op)

    def op_nodes(self) -> dict[Any, int]:
        """{operation: how many steps}."""
        return self._nodes(_op)

    def op_impl(self) -> dict[Any, str]:
        """{operation: "C" for machine code, "Py", or "C & Py"}."""
        return self._impl(_op)

    def fill_node_total_time(self, node: Any, total_times: dict[Any, float]) -> None:
        """Put into ``total_times`` the seconds of ``node`` and of all that it is computed from, each counted once."""
        makers, times = self._makers(), self.apply_time
        if node not in times:
            raise KeyError(message(f"{node} is no step of this profile", cure="the steps are the keys of apply_time"))
        seen, pending = {node}, [node]
        while pending:
            for value in pending.pop().inputs:
                maker = makers.get(value)
                if maker is not None and maker not in seen:
                    seen.add(maker)
                    pending.append(maker)
        total_times[node] = sum(times[step] for step in seen)

    def compute_total_times(self) -> dict[Any, float]:
        """{step: seconds of it and of all that it is computed from}."""
        found: dict[Any, float] = {}
        for step in self.apply_time:
            self.fill_node_total_time(step, found)
        return found

    def _makers(self) -> dict[Any, Any]:
        return {value: step for step in self.apply_time for value in step.outputs}

    # ------------------------------------------------------------------ as text

    def summary_function(self, file: Any) -> None:
        """How often the functions were called, how long that took, and compiling them."""
        total, inside = self.fct_call_time, self.vm_call_time
        say = _writer(file, self.line_width)
        say("Function profiling\n==================")
        say(f"  Message: {self.message}")
        each = total / self.fct_callcount * 1e6 if self.fct_callcount else 0.0
        say(f"  Time in {self.fct_callcount} calls to Function.__call__: {total:e}s ({each:.2f} us a call)")
        if self.flag_time_thunks and total:
            say(f"  Time in steps: {inside:e}s ({100 * inside / total:.3f}%)")
        say(f"  {self.python_steps} Python steps, {self.recompilations} recompilations")
        say(f"  Total compile time: {self.compile_time:e}s")
        say(f"    Number of steps: {self.nb_nodes}")
        say(f"    Theano Optimizer time: {self.optimizer_time:e}s")
        say(f"    Theano Linker time: {self.linker_time:e}s")
        say("    " + ", ".join(f"{name} {seconds * 1e3:.1f} ms" for name, seconds in self.compile_seconds.items()) + "\n")

    def summary_globals(self, file: Any) -> None:
        """What the process spent since Theano was imported."""
        say = _writer(file, self.line_width)
        say(f"Time since theano import {time.perf_counter() - theano_imported_time:.3f}s\n")

    def summary_class(self, file: Any = None, N: int | None = None) -> None:
        """The dearest classes of operations."""
        names = {kind: f"{kind.__module__}.{kind.__qualname__}" for kind in self.class_time()}
        rows = (self.class_time(), self.class_callcount(), self.class_nodes(), self.class_impl(), names)
        self._table("Class", "Class name", file, config.profiling.n_ops if N is None else N, *rows)

    def summary_ops(self, file: Any = None, N: int | None = None) -> None:
        """The dearest operations."""
        rows = (self.op_time(), self.op_callcount(), self.op_nodes(), self.op_impl(), {op: str(op) for op in self.op_time()})
        self._table("Ops", "Op name", file, config.profiling.n_ops if N is None else N, *rows)

    def _table(
        self, title: str, last: str, file: Any, count: int, times: Any, runs: Any, nodes: Any, kinds: Any, names: dict[Any, str]
    ) -> None:
        total = sum(times.values()) or 1.0
        say, seen = _writer(file, self.line_width), 0.0
        say(f"{title}\n---")
        say(f"<% time> <sum %> <apply time> <time per call> <type> <#call> <#apply> <{last}>")
        order = sorted(times, key=lambda key: (-times[key], names[key]))
        for key in order[:count]:
            t, n = times[key], runs[key]
            seen += t
            share = f"  {100 * t / total:5.1f}%   {100 * seen / total:5.1f}%  {t:10.2e}s"
            say(f"{share}  {t / n if n else 0.0:13.2e}s  {kinds[key]:>6}  {n:6d}  {nodes[key]:7d}   {names[key]}")
        self._rest(say, len(order) - count, 100 * (total - seen) / total)

    def _rest(self, say: Callable[[str], None], left: int, share: float) -> None:
        say(f"   ... (remaining {max(0, left)} account for {max(0.0, share) if left > 0 else 0.0:6.2f}% of the time)\n")

    def summary_nodes(self, file: Any = None, N: int | None = None) -> None:
        """The dearest steps, with the bytes that they move a second and the user's lines."""
        count = config.profiling.n_apply if N is None else N
        times, runs, rates = self.apply_time, self.apply_callcount, self._rates()
        total = sum(times.values()) or 1.0
        say, seen = _writer(file, self.line_width), 0.0
        say("Apply\n------")
        say("<% time> <sum %> <apply time> <time per call> <#call> <GB/s> <id> <Apply name>")
        order = sorted(times, key=lambda step: -times[step])
        numbers = {step: k for k, step in enumerate(times)}
        for step in order[:count]:
            t, n = times[step], runs[step]
            seen += t
            share = f"  {100 * t / total:5.1f}%   {100 * seen / total:5.1f}%  {t:10.2e}s"
            say(f"{share}  {t / n if n else 0.0:13.2e}s  {n:6d}  {rates.get(step, '-'):>5}  {numbers[step]:3d}   {step}")
        self._rest(say, len(order) - count, 100 * (total - seen) / total)

    def _rates(self) -> dict[Any, str]:
        found = {}
        for part in self.parts:
            for step, runs, nanoseconds in part.times():
                moved = part.bytes(step, runs)
                if moved and nanoseconds:
                    found[part.unit(step)] = f"{moved / nanoseconds:.1f}"
        return found

    def summary_memory(self, file: Any, N: int | None = None) -> None:
        """Bytes of arguments, shared variables, results and scratch of each function, at the sizes of its last call."""
        say = _writer(file, self.line_width)
        say("Memory Profile\n---")
        say(f"{'inputs':>12} {'shared':>12} {'outputs':>12} {'scratch':>12}  <function>")
        measured = [(part.memory(), part.name) for part in self.parts if part.calls]
        for sizes, name in measured[: len(measured) if N is None else N]:
            columns = " ".join(f"{_bytes(sizes.get(kind)):>12}" for kind in ("inputs", "shared", "outputs", "scratch"))
            say(f"{columns}  {name}")
        say("   ('?': found only during the call)\n")

    def print_tips(self, file: Any) -> None:
        """What may make these functions faster."""
        say = _writer(file, self.line_width)
        say("Tips\n----")
        tips = list(self._tips())
        for tip in tips or ["Sorry, no tip for today."]:
            say(f"  - {tip}")
        say("")

    def _tips(self) -> Iterable[str]:
        total = self.vm_call_time or 1.0
        slow = [(t, step) for step, t in self.apply_time.items() if not getattr(step, "compiled", True) and t > 0.1 * total]
        for t, step in slow:
            yield f"{100 * t / total:.0f}% of the time is in {step.op}, which runs Python: build it of Theano's operations if you can"
        if any(part.program is None for part in self.parts):
            yield "a function runs node by node; mode FAST_RUN compiles it to machine code"
        if config.floatX == "float64" and total > 0.1:
            yield "floatX is float64; where single precision is enough, float32 moves half as many bytes"
        if self.fct_call_time and self.vm_call_time < 0.5 * self.fct_call_time and self.fct_callcount > 100:
            yield "most of the time is outside the steps: do more in one call, for example a whole batch"

    def print_extra(self, file: Any) -> None:
        """What printers that were registered have to say."""
        for printer in _printers:
            printer(self, file or sys.stderr)

    def summary(self, file: Any = None, n_ops_to_print: int = 20, n_apply_to_print: int = 20) -> None:
        """Print all sections to ``file``, by default the standard error."""
        self.summary_function(file)
        self.summary_globals(file)
        if self.flag_time_thunks and self.fct_callcount:
            self.summary_class(file, n_ops_to_print)
            self.summary_ops(file, n_ops_to_print)
            self.summary_nodes(file, n_apply_to_print)
        if config.profile_memory:
            self.summary_memory(file, n_apply_to_print)
        if config.profile_optimizer:
            self._summary_rewrites(file)
        self.print_extra(file)
        self.print_tips(file)

    def _summary_rewrites(self, file: Any) -> None:
        say = _writer(file, self.line_width)
        say("Optimizer Profile\n---")
        for part, report in zip(self.parts, self.optimizer_profile, strict=True):
            hits = getattr(report, "hits", None) or {}
            say(f"  {part.name}: " + (", ".join(f"{rule} {n}" for rule, n in sorted(hits.items(), key=lambda x: -x[1])) or "no rewrite"))
        say("")

    def text(self) -> str:
        """What :meth:`summary` prints."""
        stream = StringIO()
        self.summary(stream)
        return stream.getvalue()


def _class(step: Any) -> type:
    return type(step.op)


def _op(step: Any) -> Any:
    return step.op


def _bytes(count: int | None) -> str:
    return "?" if count is None else f"{count:,}"


def _writer(file: Any, width: int) -> Callable[[str], None]:
    stream = sys.stderr if file is None else file
    if not hasattr(stream, "write"):
        raise TypeError(
            message(f"ProfileStats: file is {file!r}, which cannot be written to", cure="give an open text file, or sys.stdout")
        )
    return lambda text: print("\n".join(line[:width] for line in text.split("\n")), file=stream)


def chosen_stats(asked: Any, name: str | None) -> ProfileStats | None:
    """What the argument ``profile`` of ``theano.function`` stands for; None where nothing is to be measured.

    A string names a profile that all functions compiled with the same string share."""
    if isinstance(asked, ProfileStats):
        return asked
    if isinstance(asked, str):
        found = _shared.get(asked)
        if found is None:
            found = _shared[asked] = ProfileStats(message=asked)
        return found
    if not isinstance(asked, (bool, int)):
        cure = "give True, False, a message (functions with the same one share a profile), or a ProfileStats()"
        raise TypeError(message(f"function: profile is {asked!r}, which says not what to measure", cure=cure))
    return ProfileStats(message=name or f"function {next(_numbers)} at {here(3)}") if asked else None


def register_profiler_printer(fct: Callable[[ProfileStats, Any], Any]) -> Callable[[ProfileStats, Any], Any]:
    """Have ``fct(profile, file)`` called in every summary, before the tips; a decorator."""
    if not callable(fct):
        raise TypeError(message(f"register_profiler_printer: {fct!r} cannot be called", cure="give a function of (profile, file)"))
    _printers.append(fct)
    return fct


def print_global_stats(file: Any = None) -> None:
    """Print what the whole process spent: calls of profiled functions, rewriting, code generation."""
    say = _writer(file, config.profiling.output_line_width)
    spent = sum(stats.fct_call_time for stats in _at_exit)
    say("Global stats\n============")
    say(f"  Time elasped since Theano import = {time.perf_counter() - theano_imported_time:6.3f}s")
    say(f"  Time spent in profiled Theano functions = {spent:6.3f}s")
    say(f"  Time spent compiling Theano functions: rewriting = {TOTALS['rewrite']:6.3f}s, linker = {TOTALS['link']:6.3f}s\n")


def print_at_exit() -> None:
    """Print the profiles that ask for it, and the global ones, where ``profiling.destination`` says."""
    wanted = [stats for stats in _at_exit if stats.fct_callcount or stats.compile_time > 1]
    if not wanted and not config.print_global_stats:
        return
    where = config.profiling.destination
    stream = {"stderr": sys.stderr, "stdout": sys.stdout}.get(where)
    target = open(where, "a", encoding="utf-8") if stream is None else stream  # noqa: SIM115
    try:
        for stats in wanted:
            stats.summary(target, config.profiling.n_ops, config.profiling.n_apply)
        if config.print_global_stats:
            print_global_stats(target)
    finally:
        if stream is None:
            target.close()


__all__ = ["ProfileStats", "Unit", "config", "print_global_stats", "register_profiler_printer"]
