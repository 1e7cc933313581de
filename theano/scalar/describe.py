"""What is known of an operation, as text: the page of documentation, and what ``help`` prints, are made of it.

>>> from theano.scalar import OPS
>>> signature(OPS["erfcx"]), text(OPS["erfcx"])
('erfcx(x)', 'exp(x²) erfc(x), which neither underflows nor overflows for positive x.')
>>> for fact in facts(OPS["erfcx"]): print(fact)
derivative: `2 * x * out - 1.12838`
dtypes: floats kept; bool, int8, int16, uint8, uint16 → float32; int32, int64, uint32, uint64 → float64; complex numbers refused
native code, within 5 ULP; reference `scipy.special.erfcx`
formula: DLMF 7.2.3, w(ix)
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from theano.dtypes import ALL, COMPLEX, DISCRETE, FLOATS
from theano.errors import DTypeError
from theano.scalar.formula import Formula, text_of

__all__ = ["describe", "signature", "facts", "example", "example_arguments", "argument_names", "text"]

_WORDS = (("bool", ("bool",)), ("integers", tuple(d for d in DISCRETE if d != "bool")), ("floats", FLOATS), ("complex numbers", COMPLEX))
_POINTS = ((-1.5, 0.5, 2.5), (-0.5, 0.25, 0.75), (0.5, 1.5, 2.5), (0.25, 0.5, 0.75), (1.5, 2.5, 4.0))
"""Arguments of examples: the first of these within the domain."""


def describe(op: Any) -> str:
    """All that is known of a declared operation."""
    return "\n".join([signature(op), "", text(op), "", *(f"- {fact}" for fact in facts(op)), "", example(op)])


def signature(op: Any) -> str:
    return f"{op.name}({', '.join(argument_names(op))}{', ...' if op.nary else ''})"


def text(op: Any) -> str:
    """Its docstring."""
    return inspect.cleandoc(op.__doc__ or "")


def argument_names(op: Any) -> list[str]:
    """As the body, or else the derivatives, call them."""
    if op.nary:
        return ["x", "y"]
    for function in (op.body, op.partials):
        names = [p.name for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_POSITIONAL] if function else []
        if len(names) >= op.arity:
            return names[: op.arity]
    return ["x", "y", "z", "w"][: op.arity]


def facts(op: Any) -> Iterator[str]:
    """One line each."""
    if derivatives := list(_derivatives(op)):
        yield f"derivative{'s' if len(derivatives) > 1 else ''}: {', '.join(derivatives)}"
    for arguments, values in op.kinks:
        yield f"at ({numbers(arguments)}) the derivative{'s are' if len(values) > 1 else ' is'} taken to be {numbers(values)}"
    yield f"dtypes: {_dtypes(op)}"
    algebra = [
        word for word, holds in (("commutative", op.commutative), ("associative", op.associative), ("idempotent", op.idempotent)) if holds
    ]
    algebra += [f"{word} {value:g}" for word, value in (("identity", op.identity), ("absorbing", op.absorbing)) if value is not None]
    if algebra:
        yield ", ".join(algebra)
    if op.inverse or op.involution:
        yield f"inverse of `{op.inverse or op.name}`"
    yield f"{_accuracy(op)}; reference {_reference(op)}"
    if op.source:
        yield f"formula: {op.source}"


def numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _accuracy(op: Any) -> str:
    if not op.has_body:
        return "no native code: a step in Python"
    accuracy = "correctly rounded" if op.ulp <= 0.5 else f"within {op.ulp:g} ULP"
    if op.scale:
        accuracy += f", those of {op.scale:g} if the result is smaller"
    return f"native code, {accuracy}" + _accuracy_of_complex(op)


def _accuracy_of_complex(op: Any) -> str:
    """What else is to be said of complex numbers: the error of their functions is measured against the modulus."""
    from theano.scalar.mathlib.complex_functions import FUNCTIONS

    if not _accepted(op, "complex128"):
        return ""
    if not op.has_code(*("complex128",) * len(argument_names(op))):
        return "; of complex numbers a step in Python"
    more = " and more as the logarithm of the result grows" if op.name == "pow" else ""
    return f"; of complex numbers within 3 ULP of the modulus{more}" if not op.complex and op.name in FUNCTIONS else ""


# ------------------------------------------------------------------------------------------------------- derivatives


def _derivatives(op: Any) -> Iterator[str]:
    """Formulas, made by applying the partial derivatives to symbols; nothing for operations whose results do not vary smoothly."""
    if not op.differentiable:
        return
    partials = list(op.partials(*map(Formula, argument_names(op)), Formula("out")))
    if any(partial is not None and not _is_number(partial, 0) for partial in partials):
        yield from (_formula(partial) for partial in partials)


def _is_number(partial: Any, number: float) -> bool:
    return isinstance(partial, (int, float)) and partial == number


def _formula(partial: Any) -> str:
    if partial is None:
        return "not connected"
    return "not known" if isinstance(partial, float) and partial != partial else f"`{text_of(partial)}`"


# ------------------------------------------------------------------------------------------------------------ dtypes


def _accepted(op: Any, *dtypes: str) -> str | None:
    """The dtype of the result; None if the arguments' are refused.  One dtype stands for all arguments."""
    try:
        result: str = op.output_dtypes(*(dtypes * len(argument_names(op)) if len(dtypes) == 1 else dtypes))[0]
    except DTypeError:
        return None
    return result


def _dtypes(op: Any) -> str:
    """The result's for arguments of one dtype, and an example of two."""
    by_result: dict[str, list[str]] = {}
    for dtype in ALL:
        result = _accepted(op, dtype)
        by_result.setdefault("refused" if result is None else "kept" if result == dtype else f"→ {result}", []).append(dtype)
    kept = by_result.get("kept", [])
    if len(kept) == 1 and f"→ {kept[0]}" in by_result:
        by_result[f"→ {kept[0]}"] += by_result.pop("kept")
    order = sorted(by_result, key=lambda kind: (kind == "refused", kind != "kept", ALL.index(by_result[kind][0])))
    found = [f"{_words(by_result[kind])} {kind}" for kind in order]
    mixed = _accepted(op, "int32", "float32") if len(argument_names(op)) == 2 else None
    return "; ".join([*found, f"int32 with float32 → {mixed}"] if mixed else found)


def _words(dtypes: list[str]) -> str:
    if len(dtypes) == len(ALL):
        return "all"
    return ", ".join(
        word if set(group) <= set(dtypes) else ", ".join(d for d in group if d in dtypes)
        for word, group in _WORDS
        if set(group) & set(dtypes)
    )


def _reference(op: Any) -> str:
    function = op.reference
    if isinstance(function, np.ufunc):
        home = "numpy" if getattr(np, function.__name__, None) is function else "scipy.special"
        return f"`{home}.{function.__name__}`"
    name = getattr(function, "__name__", "<lambda>")
    public = str(getattr(function, "__module__", "")).startswith(("numpy", "scipy"))
    return f"`{function.__module__}.{name}`" if public and not name.startswith(("_", "<")) else "composed of NumPy's or SciPy's functions"


# ----------------------------------------------------------------------------------------------------------- example


def example_arguments(op: Any) -> list[list[Any]]:
    """Three values of each argument, within the domain."""
    count = len(argument_names(op))
    if _accepted(op, "float64") is None:
        return [[3, 5, 12][k:] + [3, 5, 12][:k] for k in range(count)]
    domain = op.domain if isinstance(op.domain[0], tuple) else (op.domain,) * count
    chosen = []
    for k, (low, high) in enumerate(domain):
        points = next((p for p in _POINTS if low <= min(p) and max(p) <= high), (low, (low + high) / 2, high))
        chosen.append([*points[k:], *points[:k]])
    return chosen


def example(op: Any) -> str:
    """A call as in a session, and its result by the reference."""
    arguments = example_arguments(op)
    (result,) = op.evaluate(*map(np.array, arguments))
    return f">>> theano.tensor.{op.name}({', '.join(map(str, arguments))}).eval()\n{result!r}"
