"""Native code from a Python function of numbers, by following it.

The ``impl`` of a user's operation is called with :class:`~theano.scalar.number.Number` objects, which write down what is done with them.
At an ``if`` both sides are followed, one after the other, and a select joins what they give.  What was written down is compared with
``impl`` itself on sample numbers.  Where the function cannot be followed, or differs, it stays a Python step, and the reason is kept.

Numbers are what Python gives to ``impl``: integers are computed in int64, which wraps, floats in double.  Where ``impl`` would raise,
the code gives what the declared operations give (nan, inf, 0).

>>> from theano.scalar import UnaryScalarOp, upgrade_to_float
>>> class Ramp(UnaryScalarOp):
...     def impl(self, x):
...         return x * 0.5 if x > 0 else np.expm1(x)
>>> class Digits(UnaryScalarOp):
...     def impl(self, x):
...         return len(str(x))
>>> Ramp(upgrade_to_float).why_python("float32")
>>> Digits(upgrade_to_float).why_python("float64")
'impl cannot be followed: it hands a number to a function that asks for its value'
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterator, Sequence
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from theano.dtypes import COMPLEX, FLOATS, INTEGERS
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Trace, Value, rebuild, select
from theano.scalar.number import STAND_INS, Number, Untraceable, decide, operand

if TYPE_CHECKING:
    from theano.scalar.op import ScalarOp

__all__ = ["followed"]

PATHS = 32
"""So many ways through a function are followed."""
TURNS = 12
"""So many conditions on one way."""
SAMPLES = 600
"""On so many points a function of three numbers or more is compared with its code."""

Code = Callable[[Trace, Sequence[Value]], tuple[Value, ...]]


def followed(op: ScalarOp, given: Sequence[str]) -> Code | str:
    """The code of ``op`` for arguments of the dtypes ``given``, or why there is none."""
    known: dict[tuple[str, ...], Code | str] = vars(op).setdefault("_followed", {})
    key = tuple(given)
    if key not in known:
        known[key] = _follow(op, key)
    return known[key]


def _follow(op: ScalarOp, given: tuple[str, ...]) -> Code | str:
    results = op.output_dtypes(*given)
    missing = {*given, *results} & {*COMPLEX, "uint64"}
    if missing:
        return f"functions of {' and '.join(sorted(missing))} numbers are not followed"
    name = "impl" if op.nfunc_spec is None else op.nfunc_spec[0]
    trace = Trace()
    leaves = [trace.leaf("input", dtype, position) for position, dtype in enumerate(given)]
    try:
        outputs = _every_way(op.nfunc or _adapted(op.impl), [Number(leaf) for leaf in leaves], results)
    except Untraceable as error:
        return f"{name} cannot be followed: {error}"
    except Exception as error:
        return f"{name} cannot be followed: it raises {type(error).__name__}"
    wrong = _difference(op, given, outputs)
    if wrong is not None:
        return f"what was followed differs from {name}{wrong}"

    def code(trace: Trace, values: Sequence[Value]) -> tuple[Value, ...]:
        return tuple(rebuild(outputs, trace, lambda value, _: values[value.data] if value.op == "input" else None))

    return code


# -------------------------------------------------------------------------------------------- every way through a function


def _every_way(function: Callable[..., Any], numbers: Sequence[Number], dtypes: Sequence[str]) -> list[Value]:
    """The results of ``function`` in ``dtypes``: of each way through it, joined by selects on the conditions met."""
    trace, ways = numbers[0].value.trace, 0

    def one_way(turns: list[bool]) -> tuple[list[Value], list[Value]]:
        """The results, and the conditions met; those after ``turns`` are taken to hold."""
        conditions: list[Value] = []

        def turn(condition: Value) -> bool:
            if len(conditions) == TURNS:
                raise Untraceable(f"it meets more than {TURNS} conditions on one way")
            conditions.append(condition)
            return turns[len(conditions) - 1] if len(conditions) <= len(turns) else True

        token = decide.set(turn)
        try:
            returned = function(*numbers)
        finally:
            decide.reset(token)
        several = returned if len(dtypes) > 1 else [returned]
        return [operand(trace, r).cast(_joined(dtype)) for r, dtype in zip(several, dtypes, strict=True)], conditions

    def from_here(turns: list[bool]) -> list[Value]:
        nonlocal ways
        ways += 1
        if ways > PATHS:
            raise Untraceable(f"there are more than {PATHS} ways through it")
        results, conditions = one_way(turns)
        for last in range(len(conditions) - 1, len(turns) - 1, -1):
            others = from_here([*turns, *[True] * (last - len(turns)), False])
            results = [select(conditions[last], a, b) for a, b in zip(results, others, strict=True)]
        return results

    return [result.cast(dtype) for result, dtype in zip(from_here([]), dtypes, strict=True)]


def _joined(dtype: str) -> str:
    """The dtype in which results of different ways meet: float16 is a format of storage."""
    return "float64" if dtype == "float16" else dtype


# -------------------------------------------------------------------------------------------- functions that would ask for values


def _adapted(function: Any) -> Any:
    """``function`` with stand-ins for the functions that ask a number for its value: those of ``math``, ``float``, ``max`` ..."""
    return _replaced(function, {})


def _replaced(thing: Any, known: dict[int, Any]) -> Any:
    if id(thing) in known:
        return known[id(thing)]
    if isinstance(thing, MethodType):
        return MethodType(_replaced(thing.__func__, known), thing.__self__)
    if isinstance(thing, ModuleType):
        return _Module(thing)
    if isinstance(thing, FunctionType):
        return _copied(thing, known)
    try:
        instead = STAND_INS.get(thing)
    except TypeError:  # it has no hash
        return thing
    return thing if instead is None else _either(thing, instead)


def _copied(function: FunctionType, known: dict[int, Any]) -> Any:
    if function.__module__.partition(".")[0] in ("theano", "numpy", "scipy"):
        return function
    names, scope = set(_names(function.__code__)), function.__globals__
    changed = dict(scope)
    copy = known[id(function)] = FunctionType(function.__code__, changed, function.__name__, None, _cells(function, known))
    copy.__defaults__, copy.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    for name in names:
        if name in scope or hasattr(builtins, name):
            changed[name] = _replaced(scope[name] if name in scope else getattr(builtins, name), known)
    return copy


def _cells(function: FunctionType, known: dict[int, Any]) -> tuple[CellType, ...]:
    return tuple(CellType(_replaced(cell.cell_contents, known)) for cell in function.__closure__ or ())


def _names(code: CodeType) -> Iterator[str]:
    """The names that a function looks up, those inside it too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _either(function: Any, instead: Callable[..., Any]) -> Callable[..., Any]:
    """``instead`` if a :class:`Number` is among the arguments, else ``function``."""

    def called(*args: Any, **kwargs: Any) -> Any:
        flat = args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
        return (instead if any(isinstance(a, Number) for a in flat) else function)(*args, **kwargs)

    return called


class _Module:
    """A module with stand-ins for some of its functions."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        return found if isinstance(found, FunctionType) else _replaced(found, {})


# -------------------------------------------------------------------------------------------- comparison

_FLOATS = (
    -math.inf, -100.3, -20.0, -3.7, -1.5, -1.0, -0.5, -1e-3, -0.0, 0.0, 1e-3, 0.3, 0.5, 1.0, 1.7, 2.0, 2.5, 3.0, 7.9, 20.0, 100.3, math.inf,
    math.nan,
)  # fmt: skip
_INTEGERS = (-100, -7, -3, -2, -1, 0, 1, 2, 3, 5, 10, 100)
_TOLERANCE = {"float16": 2e-3, "float32": 1e-6, "float64": 1e-9}


def _samples(dtype: str) -> Sequence[Any]:
    if dtype == "bool":
        return (False, True)
    return [n for n in _INTEGERS if n >= 0 or not dtype.startswith("u")] if dtype in INTEGERS else _FLOATS


def _points(given: Sequence[str]) -> list[np.ndarray[Any, Any]]:
    """Sample arguments: every pair of two, a choice of more."""
    columns = [np.array(_samples(dtype), dtype) for dtype in given]
    if len(columns) <= 2:
        return [grid.ravel() for grid in np.meshgrid(*columns)]
    chance = np.random.default_rng(0)
    return [chance.choice(column, SAMPLES) for column in columns]


def _difference(op: ScalarOp, given: Sequence[str], outputs: Sequence[Value]) -> str | None:
    """Where what was followed differs from the function itself; None if it does nowhere."""
    points = _points(given)
    found = evaluate(outputs, lambda leaf: points[leaf.data])
    compared = False
    for k in range(len(points[0])):
        at = [column[k : k + 1] for column in points]
        try:
            with np.errstate(all="ignore"):
                expected = op.evaluate(*at)
        except Exception:  # it has no value here
            continue
        compared = True
        for result, wanted in zip(found, expected, strict=True):
            here = np.broadcast_to(result, points[0].shape)[k]
            tolerance = _TOLERANCE.get(wanted.dtype.name, 0.0) if wanted.dtype.name in FLOATS else 0.0
            if not np.isclose(here, wanted[0], rtol=tolerance, atol=tolerance * 1e-3, equal_nan=True):
                return f" at {', '.join(str(column[k]) for column in points)}: {here} for {wanted[0]}"
    return None if compared else ", which has no value at any sample number"
