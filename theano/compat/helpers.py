"""Small functions of the classic ``theano.gof.utils``, which programs call and nothing here needs.

>>> uniq([3, 1, 3, 2]), difference([1, 2, 3], [2]), flatten([1, [2, (3, [4])]])
([3, 1, 2], [1, 3], [1, 2, 3, 4])
>>> toposort({"shoes": ["socks"], "coat": ["shirt"], "shirt": []})
['socks', 'shoes', 'shirt', 'coat']
"""

from __future__ import annotations

import functools
import hashlib
import linecache
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from theano.graph import general_toposort


class Keyword:
    """A named value that is nothing but itself."""

    def __init__(self, name: str, nonzero: bool = True) -> None:
        self.name, self.nonzero = name, nonzero

    def __bool__(self) -> bool:
        return self.nonzero

    __nonzero__ = __bool__

    def __repr__(self) -> str:
        return f"<{self.name}>"


ABORT, RETRY, FAILURE = Keyword("ABORT", False), Keyword("RETRY", False), Keyword("FAILURE", False)
simple_types = (int, float, str, bool, type(None), Keyword)


class D(dict[str, Any]):
    """A dictionary whose entries are attributes, too."""

    def __init__(self, **d: Any) -> None:
        super().__init__(**d)
        self.__dict__ = self


# --- sequences


def uniq(seq: Iterable[Any]) -> list[Any]:
    """The elements, each once, in the order of their first coming; they need not be hashable."""
    found: list[Any] = []
    for element in seq:
        if element not in found:
            found.append(element)
    return found


def unique(x: Sequence[Hashable]) -> bool:
    """Whether no element comes twice."""
    return len(set(x)) == len(x)


def difference(seq1: Iterable[Any], seq2: Iterable[Any]) -> list[Any]:
    """The elements of ``seq1`` that are not in ``seq2``, in their order."""
    others = list(seq2)
    return [element for element in seq1 if element not in others]


def remove(predicate: Callable[[Any], Any], coll: Iterable[Any]) -> list[Any]:
    """The elements for which ``predicate`` does not hold."""
    return [element for element in coll if not predicate(element)]


def flatten(a: Any) -> list[Any]:
    """The leaves of nested lists, tuples and sets."""
    if not isinstance(a, (list, tuple, set)):
        return [a]
    return [leaf for part in a for leaf in flatten(part)]


def hist(coll: Iterable[Hashable]) -> dict[Any, int]:
    """{element: how often it comes}."""
    return dict(Counter(coll))


def to_return_values(values: Sequence[Any]) -> Any:
    """The one element of a list, or the list if it has another number of them."""
    return values[0] if len(values) == 1 else values


def from_return_values(values: Any) -> list[Any]:
    """A list or tuple as a list, anything else as a list of it."""
    return list(values) if isinstance(values, (list, tuple)) else [values]


def toposort(prereqs_d: Mapping[Any, Iterable[Any]]) -> list[Any]:
    """The keys and what must come before them, each after that; InconsistencyError if there is a cycle."""
    return general_toposort(prereqs_d, prereqs_d.get)


# --- functions and hashes


def memoize(f: Callable[..., Any]) -> Callable[..., Any]:
    """``f``, computing each result once."""
    return functools.wraps(f)(functools.cache(f))


def deprecated(filename: str, msg: str = "") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator: the first call warns that the function of ``filename`` is deprecated; ``msg`` may say what to do."""

    def decorate(f: Callable[..., Any]) -> Callable[..., Any]:
        calls: list[None] = []

        @functools.wraps(f)
        def warning(*args: Any, **kwargs: Any) -> Any:
            if not calls:
                calls.append(None)
                warnings.warn(f"{filename}.{f.__name__} is deprecated. {msg}".rstrip(), DeprecationWarning, stacklevel=2)
            return f(*args, **kwargs)

        return warning

    return decorate


def hashtype(self: Any) -> int:
    """The hash of the type of ``self``, for classes whose instances are all equal."""
    kind = type(self)
    return hash(kind.__name__) ^ hash(kind.__module__)


def hash_from_code(msg: str | bytes) -> str:
    """A hexadecimal digest of a text."""
    return hashlib.sha256(msg.encode() if isinstance(msg, str) else msg).hexdigest()


def hash_from_file(file_path: str) -> str:
    """A hexadecimal digest of what a file holds."""
    return hash_from_code(Path(file_path).read_bytes())


# --- variables


def give_variables_names(variables: Iterable[Any]) -> list[str]:
    """Name the variables that have no name, or that of an earlier one, so that all names differ; give the names."""
    variables = list(variables)
    taken: set[str] = set()
    unnamed = []
    for variable in variables:
        if variable.name and variable.name not in taken:
            taken.add(variable.name)
        else:
            unnamed.append(variable)
    number = 0
    for variable in unnamed:
        stem = variable.name or "v"
        while f"{stem}_{number}" in taken:
            number += 1
        variable.name = f"{stem}_{number}"
        taken.add(variable.name)
    return [variable.name for variable in variables]


Entry = tuple[str, int, str, str]


def add_tag_trace(thing: Any, user_line: int | None = None) -> Any:
    """Set ``thing.tag.trace`` to the places in the user's program that ``thing`` comes from, at most ``user_line``; give ``thing``.

    Every variable and node knows its ``origin``; this is that in the classic form, [[(file, line, function, text)]].
    """
    places = thing.origin.lines(8 if user_line is None else user_line)
    thing.tag.trace = [[(file, line, "", linecache.getline(file, line).strip()) for file, line in places]]
    return thing


def get_variable_trace_string(v: Any) -> str:
    """Where a variable was made, as Python shows a traceback; an empty text if that is not known."""
    places = [traceback.FrameSummary(file, line, "") for file, line in v.origin.lines()]
    if not places:
        return ""
    return "\nBacktrace when that variable is created:\n\n" + "".join(traceback.StackSummary.from_list(places).format())


def simple_extract_stack(f: FrameType | None = None, limit: int | None = None, skips: Sequence[str] = ()) -> list[Entry]:
    """The frames up to ``f`` (by default the caller), the innermost last: (file, line, function, text).

    Frames on top whose file name holds a word of ``skips`` are left out; ``limit`` keeps that many.
    """
    frames = traceback.extract_stack(f)
    if f is None:
        frames.pop()
    while frames and any(skip in frames[-1].filename for skip in skips):
        frames.pop()
    chosen = frames if limit is None else frames[-limit:]
    return [(frame.filename, frame.lineno or 0, frame.name, frame.line or "") for frame in chosen]
