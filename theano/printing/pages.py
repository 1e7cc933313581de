"""Pages of documentation made from declarations: what is said of an operation is said once, above its function.

>>> from theano.scalar import OPS
>>> print(section(OPS["log1p"]), end="")
### `log1p(x)`
<BLANKLINE>
log(1 + x), exact near 0.
<BLANKLINE>
- derivative: `1 / (1 + x)`
- dtypes: bool → float32, int8 → float32, int64 → float64, float16, float32, float64, complex128
- inverse of `expm1`
- reference `numpy.log1p`; within 2 ULP
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from theano import flags
from theano.printing.pretty import pp
from theano.scalar.declare import OPS, Declared
from theano.tensor import TensorType

SAMPLES = ("bool", "int8", "int64", "float16", "float32", "float64", "complex128")
"""Argument dtypes for which a page gives the result's."""
_HEAD = """\
# Elementwise operations

Every operation that works element by element, as it is declared in `theano/scalar`; this page is made from the declarations by
`python -m theano docs docs/elementwise.md`. They are functions of `theano.tensor` (some under a second name there) and many are
operators and methods of variables. Arguments broadcast where their types say so.

Derivatives are with respect to each argument in turn, `out` being the result. Dtypes are those of arguments, and of the result where that
is another. Results of native operations are held to the reference within the given number of units in the last place (ULP) by tests.
"""


def elementwise_page() -> str:
    """All of them in order of name, as Markdown."""
    with flags.change_flags(floatX="float64", cast_policy="custom"):
        names = sorted(OPS)
        links = ", ".join(f"[{name}](#{anchor(OPS[name])})" for name in names)
        return "\n".join([_HEAD, links + "\n", *(section(OPS[name]) for name in names)])


def section(op: Declared) -> str:
    """What is known of one operation."""
    lines = [f"### `{signature(op)}`", "", inspect.cleandoc(op.__doc__ or ""), ""]
    return "\n".join([*lines, *(f"- {fact}" for fact in _facts(op)), ""])


def signature(op: Declared) -> str:
    return f"{op.name}({', '.join(argument_names(op))}{', ...' if op.nary else ''})"


def anchor(op: Declared) -> str:
    """Where Markdown puts the section: letters, digits, dashes and underscores of its title."""
    return re.sub(r"[^\w-]", "", signature(op).replace(" ", "-"))


def argument_names(op: Declared) -> list[str]:
    """As the body, or else the derivatives, call them."""
    if op.nary:
        return ["x", "y"]
    for function in (op.body, op.partials):
        names = [p.name for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_POSITIONAL] if function else []
        if len(names) >= op.arity:
            return names[: op.arity]
    return ["x", "y", "z", "w"][: op.arity]


def _facts(op: Declared) -> Iterator[str]:
    if derivatives := list(_derivatives(op)):
        yield f"derivative{'s' if len(derivatives) > 1 else ''}: {', '.join(derivatives)}"
    yield f"dtypes: {', '.join(_dtypes(op))}"
    algebra = [
        word for word, holds in (("commutative", op.commutative), ("associative", op.associative), ("idempotent", op.idempotent)) if holds
    ]
    algebra += [f"{word} {value:g}" for word, value in (("identity", op.identity), ("absorbing", op.absorbing)) if value is not None]
    if algebra:
        yield ", ".join(algebra)
    if op.inverse or op.involution:
        yield f"inverse of `{op.inverse or op.name}`"
    yield f"reference {_reference(op)}; " + _accuracy(op)


def _accuracy(op: Declared) -> str:
    if not op.has_body:
        return "no native code yet: runs as a Python step"
    return "correctly rounded" if op.ulp <= 0.5 else f"within {op.ulp:g} ULP"


def _derivatives(op: Declared) -> Iterator[str]:
    """Formulas, made by building the derivatives of symbols; nothing for operations whose results do not vary smoothly."""
    symbols = [TensorType("float64", ())(name) for name in argument_names(op)]
    found = _result(op, "float64")
    if found is None:
        return
    result = TensorType(found, ())("out")
    partials = list(op.partials(*symbols, result)) if op.differentiable else []
    if any(partial is not None and not _is_number(partial, 0) for partial in partials):
        yield from (f"`{_formula(partial)}`" for partial in partials)


def _is_number(partial: Any, number: float) -> bool:
    return isinstance(partial, (int, float)) and partial == number


def _formula(partial: Any) -> str:
    if partial is None:
        return "not connected"
    if isinstance(partial, (int, float, complex)):
        return "not known" if partial != partial else f"{partial:g}"
    text = _without_needless_brackets(pp(partial))
    return re.sub(r"TensorConstant\{([^{}]*?)(?:\.0)?\}", r"\1", text)


def _without_needless_brackets(text: str) -> str:
    """Brackets go that hold a whole formula, or a whole argument of a function: ``exp((-x))``."""
    opened: list[int] = []
    dropped: set[int] = set()
    whole = f"({text})"
    for position, letter in enumerate(whole):
        if letter == "(":
            opened.append(position)
        elif letter == ")":
            start = opened.pop()
            if start and whole[:start].rstrip()[-1] in "(," and whole[position + 1] in "),":
                dropped |= {start, position}
    return "".join(letter for position, letter in enumerate(whole) if position not in dropped)[1:-1]


def _dtypes(op: Declared) -> Iterator[str]:
    for dtype in SAMPLES:
        result = _result(op, dtype)
        if result is not None:
            yield dtype if result == dtype else f"{dtype} → {result}"


def _result(op: Declared, dtype: str) -> str | None:
    """Of arguments that all have this dtype; None if it is refused."""
    try:
        return op.output_dtypes(*(dtype for _ in argument_names(op)))[0]
    except TypeError:
        return None


def _reference(op: Declared) -> str:
    function = op.reference
    if isinstance(function, np.ufunc):
        home = "numpy" if getattr(np, function.__name__, None) is function else "scipy.special"
        return f"`{home}.{function.__name__}`"
    name = getattr(function, "__name__", "<lambda>")
    public = str(getattr(function, "__module__", "")).startswith(("numpy", "scipy"))
    return f"`{function.__module__}.{name}`" if public and not name.startswith(("_", "<")) else "composed of NumPy's functions"
