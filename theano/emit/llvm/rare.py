"""Work that hardly any element needs: computed only when a lane asks for it.

A body may say of a choice that its condition hardly ever holds (:func:`~theano.scalar.instructions.rarely`).  What nothing but the
unusual side needs is then put into a block of its own, entered if the condition holds in any lane.  Choices on the same
condition share one block.  Values are the same with and without it.

>>> from theano.loops.ir import Store
>>> from theano.scalar.instructions import Trace, rarely
>>> x = (trace := Trace()).load(0, trace.const(0, "int64"), "float64")
>>> far = x
>>> for _ in range(WORTH):
...     far = far * x + 1.0
>>> result = rarely(x > 1e5, far, x)
>>> (detour,) = set(detours([Store(1, trace.const(0, "int64"), result)]).values())
>>> detour.choices == (result,), len(detour.inside) == 2 * WORTH
(True, True)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from theano.loops.ir import Statement
from theano.loops.statements import values_of
from theano.scalar.instructions import LEAVES, Value, walk

WORTH = 8
"""With fewer instructions inside, both sides are computed: a test and a jump are not free."""


@dataclass(frozen=True, slots=True, eq=False)
class Detour:
    """``choices`` are ``rarely`` selections with one condition; ``inside`` what only their unusual sides need; ``needs`` what must
    be there before."""

    choices: tuple[Value, ...]
    inside: frozenset[Value]
    needs: tuple[Value, ...]

    @property
    def condition(self) -> Value:
        return self.choices[0].args[0]


def detours(body: Sequence[Statement]) -> dict[Value, Detour]:
    """The detours that are worth it, by each of their choices."""
    roots = list(values_of(body))
    if not roots or not any(is_rare(value) for value in roots[0].trace):
        return {}
    order = walk(roots)
    users = _users(order, roots)
    found = [detour for choices in _groups(order) if len((detour := _detour(choices, users)).inside) >= WORTH]
    kept = [detour for detour in found if all(_apart_or_within(detour, other) for other in found)]
    return {choice: detour for detour in kept for choice in detour.choices}


def is_rare(value: Value) -> bool:
    return value.op == "select" and value.data == "rarely"


def _groups(order: Sequence[Value]) -> list[list[Value]]:
    """Choices that can be made at the same place: on one condition, computed from the same leaves, none from another."""
    groups: dict[tuple[Value, frozenset[Value]], list[list[Value]]] = {}
    for value in order:
        if is_rare(value):
            below = walk([value], opaque=LEAVES)
            leaves = frozenset(v for v in below if v.op in LEAVES and v.op != "const")
            alike = groups.setdefault((value.args[0], leaves), [[]])
            if not set(below).isdisjoint(alike[-1]):
                alike.append([])
            alike[-1].append(value)
    return [choices for alike in groups.values() for choices in alike]


def _users(order: Sequence[Value], roots: Iterable[Value]) -> dict[Value, set[Value | None]]:
    """Who reads each value; None for a statement."""
    users: dict[Value, set[Value | None]] = {value: set() for value in order}
    for root in roots:
        users[root].add(None)
    for value in order:
        for argument in value.args:
            users[argument].add(value)
    return users


def _detour(choices: Sequence[Value], users: dict[Value, set[Value | None]]) -> Detour:
    usual = {choice.args[k] for choice in choices for k in (0, 2)}
    inside: dict[Value, None] = {}
    for value in reversed(walk([choice.args[1] for choice in choices], opaque=LEAVES)):
        if value.op not in LEAVES and value not in usual and all(user in inside or user in choices for user in users[value]):
            inside[value] = None
    before = [argument for value in (*choices, *inside) for argument in value.args if argument not in inside]
    return Detour(tuple(choices), frozenset(inside), tuple(dict.fromkeys(before)))


def _apart_or_within(detour: Detour, other: Detour) -> bool:
    """A detour lies inside another with all its choices, or with none."""
    return len({choice in other.inside for choice in detour.choices}) == 1
