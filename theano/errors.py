"""Every error that Theano raises on purpose, and the one builder of their messages.

Each class also inherits the builtin exception that the classic interface raised in its place, so that
``except ValueError`` written ten years ago still catches.  This room assumes nothing and imports nothing.

A message says what happened, lists the parties in aligned columns (label, name, dtype and shape, the user's line), and
ends with a cure:

>>> print(message("dot: inner dimensions differ",
...               [("left", "x", "float32 (64, 784)", "train.py:12"), ("right", "weights", "float32 (10, 784)", "train.py:15")],
...               cure="did you mean dot(x, weights.T)?"))
dot: inner dimensions differ
  left   x        float32 (64, 784)  train.py:12
  right  weights  float32 (10, 784)  train.py:15
  did you mean dot(x, weights.T)?
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def message(headline: str, rows: Iterable[Sequence[object]] = (), cure: str | None = None) -> str:
    """Build a message: ``headline``, the ``rows`` as aligned columns (None leaves a field blank), then the ``cure``."""
    table = [["" if field is None else str(field) for field in row] for row in rows]
    columns = max(map(len, table), default=0)
    for row in table:
        row.extend([""] * (columns - len(row)))
    widths = [max(len(row[column]) for row in table) for column in range(columns)]
    lines = [headline]
    lines += ["  " + "  ".join(field.ljust(width) for field, width in zip(row, widths, strict=True) if width).rstrip() for row in table]
    if cure:
        lines += ["  " + line for line in cure.splitlines()]
    return "\n".join(lines)


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """A cure naming the choices that look like ``word`` but for capitals, or the empty string.

    >>> did_you_mean("floatx", ["floatX", "device"])
    'did you mean floatX?'
    """
    from difflib import get_close_matches  # loaded where something is wrong already

    spelled = {choice.lower(): choice for choice in choices}
    near = [spelled[low] for low in get_close_matches(word.lower(), list(spelled), n=3, cutoff=0.6)]
    return f"did you mean {' or '.join(near)}?" if near else ""


def with_article(noun: str) -> str:
    """The noun with "a" or "an".

    >>> with_article("int"), with_article("uint8 array")
    ('an int', 'a uint8 array')
    """
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}"


class TheanoError(Exception):
    """Base of all errors of Theano.  ``except TheanoError`` catches what Theano itself found wrong."""


class FlagError(TheanoError, ValueError):
    """A flag was given a value that it does not take."""


class UnknownFlagError(TheanoError, AttributeError):
    """There is no flag of that name."""


class ShapeError(TheanoError, ValueError):
    """Shapes or ranks do not fit together."""


class DTypeError(TheanoError, TypeError):
    """An operation does not take this dtype, or a value cannot become it without loss."""


class VariableTypeError(TheanoError, TypeError):
    """A variable does not have the type asked for, or something is no variable at all."""


class BoundsError(TheanoError, IndexError):
    """An index lies outside its dimension."""


class AxisError(ShapeError, BoundsError):
    """A tensor has no such axis, or an axis is named twice."""


class MissingInputError(TheanoError):
    """A graph needs an input that nobody provides."""


class UnusedInputError(TheanoError):
    """An input of a function takes no part in its outputs or updates."""


class ReplacedInputError(TheanoError, RuntimeError):
    """A variable is both an input of a function and replaced by its givens."""


class DisconnectedInputError(TheanoError, ValueError):
    """A gradient was asked for with respect to a variable that the cost does not depend on."""


class NullTypeGradError(TheanoError, TypeError):
    """The gradient asked for is not defined."""


class InconsistencyError(TheanoError):
    """A graph cannot be ordered: a cycle, or an in-place operation that destroys what is still needed."""


class ProtocolError(InconsistencyError):
    """The ``view_map`` or ``destroy_map`` of an operation names inputs or outputs that it does not have."""


class ReplacementDidntRemovedError(InconsistencyError):
    """A replacement was to take a node out of a graph, and something else still uses it."""


class MethodNotDefined(TheanoError, NotImplementedError):
    """An operation lacks a method that is needed here."""


class NotScalarConstantError(TheanoError):
    """A variable is not a constant number."""


class AllocationError(TheanoError, MemoryError):
    """There is no memory for an array of a call."""


class CompileError(TheanoError):
    """Code generation or loading failed."""


class SaveError(TheanoError, TypeError):
    """A function cannot be saved."""


class LoadError(TheanoError, ValueError):
    """A saved function is damaged, or does not fit this machine or this version."""


class TestValueError(TheanoError, AttributeError):
    """A variable has no test value, while ``config.compute_test_value`` asks for one."""

    __test__ = False  # not a test case, whatever its name suggests to a collector


def in_step(error: BaseException, number: int) -> BaseException:
    """``error`` that says in which step of a loop it was met, after that of a loop inside; one of a user's code says so in a note."""
    known = [*map(str, error.args[:1]), *getattr(error, "__notes__", ())]
    inside = any("of the loop, counted" in text for text in known)
    told = f"in step {number} of the loop" + (" around it" if inside else ", counted from 0")
    if isinstance(error, TheanoError):
        error.args = (f"{error.args[0] if error.args else ''}\n  {told}", *error.args[1:])
    else:
        error.add_note(told)
    return error
