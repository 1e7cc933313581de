"""Where in the user's program a piece of a graph comes from.

An :class:`Origin` is a rope.  A leaf is one place: a code object and the instruction in it (resolved to a line only when asked
for, since most never are) or a file name and a line.  A join is the union of two origins: what a rewrite makes from two expressions has
the lines of both.  Ropes share their parts; joining is O(1), reading is capped.

>>> place = Origin("train.py", 12)
>>> unite(place, Origin("train.py", 15)).lines()
[('train.py', 12), ('train.py', 15)]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextvars import ContextVar, Token
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

PACKAGE = os.path.dirname(os.path.dirname(__file__)) + os.sep
"""What the file names of this package's code objects begin with (unresolved, as the loader wrote them)."""


class Origin:
    """A place in the user's program, or the union of two origins."""

    __slots__ = ("source", "place", "first", "second")

    def __init__(self, source: CodeType | str | None, place: int = 0, first: Origin | None = None, second: Origin | None = None) -> None:
        self.source, self.place, self.first, self.second = source, place, first, second

    def __repr__(self) -> str:
        return ", ".join(f"{Path(file).name}:{line}" for file, line in self.lines(4)) or "nowhere"

    def __bool__(self) -> bool:
        """False only of :data:`NOWHERE`."""
        return self.source is not None or self.first is not None

    def lines(self, limit: int = 8) -> list[tuple[str, int]]:
        """Up to ``limit`` different (file name, line) pairs, in the order of joining."""
        found: dict[tuple[str, int], None] = {}
        for leaf in self._leaves(1000 * limit):
            if len(found) >= limit:
                break
            found[leaf.line()] = None
        return list(found)

    def line(self) -> tuple[str, int]:
        """(file name, line) of the first place; ('', 0) of :data:`NOWHERE`."""
        leaf = next(self._leaves(1), NOWHERE)
        if isinstance(leaf.source, CodeType):
            for start, end, line in leaf.source.co_lines():
                if start <= leaf.place < end and line is not None:
                    return leaf.source.co_filename, line
            return leaf.source.co_filename, leaf.source.co_firstlineno
        return leaf.source or "", leaf.place

    def _leaves(self, budget: int) -> Iterator[Origin]:
        """The leaves, from left to right, each once; at most ``budget`` of them."""
        stack, seen = [self], set()
        while stack and budget > 0:
            origin = stack.pop()
            while origin.first is not None and id(origin) not in seen:
                seen.add(id(origin))
                assert origin.second is not None
                stack.append(origin.second)
                origin = origin.first
            if origin.source is not None and id(origin) not in seen:
                seen.add(id(origin))
                budget -= 1
                yield origin

    def __reduce__(self) -> Any:
        """Pickled as resolved lines: code objects do not pickle."""
        return (Origin, self.line()) if self.first is None and self else (_restore, (self.lines(),))

    def __copy__(self) -> Origin:
        return self

    def __deepcopy__(self, memo: Any) -> Origin:
        return self


NOWHERE = Origin(None)
"""The origin of what no line of the user's program made."""


def _restore(lines: list[tuple[str, int]]) -> Origin:
    origin = NOWHERE
    for file, line in lines:
        origin = unite(origin, Origin(file, line))
    return origin


def unite(a: Origin, b: Origin) -> Origin:
    """The union of two origins, ``a``'s lines first."""
    if a is b or not b or a.first is b or a.second is b:
        return a
    if not a or b.first is a or b.second is a:
        return b
    if a.source is not None and a.place == b.place and (a.source is b.source or (isinstance(a.source, str) and a.source == b.source)):
        return a
    return Origin(None, 0, a, b)


_inherited: ContextVar[Origin | None] = ContextVar("theano_origin", default=None)
_is_ours: dict[str, bool] = {}


def _ask_whether_ours(filename: str) -> bool:
    ours = _is_ours[filename] = filename.startswith(PACKAGE)
    return ours


def here(depth: int = 1) -> Origin:
    """The line of the user's program that is running: that of the innermost frame outside this package.

    ``depth`` frames are skipped unseen; they must belong to the package.
    """
    inherited = _inherited.get()
    if inherited is not None:
        return inherited
    frame: FrameType | None = sys._getframe(depth)
    while frame is not None:
        code = frame.f_code
        filename = code.co_filename
        if not (_is_ours[filename] if filename in _is_ours else _ask_whether_ours(filename)):
            return Origin(code, frame.f_lasti)
        frame = frame.f_back
    return NOWHERE


class inherit:
    """Within the ``with`` block, whatever is built has this origin."""

    __slots__ = ("_origin", "_token")
    _token: Token[Origin | None]

    def __init__(self, origin: Origin) -> None:
        self._origin = origin

    def __enter__(self) -> None:
        self._token = _inherited.set(self._origin)

    def __exit__(self, *error: object) -> None:
        _inherited.reset(self._token)


def is_ours(filename: str) -> bool:
    """Whether a source file belongs to this package."""
    return _is_ours[filename] if filename in _is_ours else _ask_whether_ours(filename)


def frames_outside() -> int:
    """The ``stacklevel`` for ``warnings.warn``, called where this is, of the innermost frame outside the package."""
    level = 1
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_back is not None and is_ours(frame.f_code.co_filename):
        level, frame = level + 1, frame.f_back
    return level
