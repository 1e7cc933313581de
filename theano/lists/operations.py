"""What can be done with lists.  Each operation has a class and, by a small letter, the operation itself; a value that is no variable
becomes a constant of the type of the list's entries.

>>> import theano.tensor as T
>>> from theano.typed_list import append, make_list
>>> x, y = T.dvectors("x", "y")
>>> append(make_list([x, y]), [1, 2]).eval({x: [3], y: []})
[array([3.]), array([], dtype=float64), array([1., 2.])]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from theano.dtypes import is_integer
from theano.errors import BoundsError, VariableTypeError, message, with_article
from theano.graph import Apply, NullType, Op, Variable
from theano.graph.op import Unconnected
from theano.graph.running import copied
from theano.lists.kinds import TypedListType
from theano.tensor.convert import as_tensor_variable
from theano.tensor.slice_values import SliceType, make_slice
from theano.tensor.type import tensor_type

Storage = Sequence[list[Any]]
_integer = tensor_type("int64", ())


def _row(label: str, x: Any) -> tuple[Any, ...]:
    return (label, x, x.type, x.origin) if isinstance(x, Variable) else (label, repr(x)[:60])


def as_list(op: ListOp, x: Any) -> Any:
    """``x``, which must be a list."""
    if not isinstance(x, Variable) or not isinstance(x.type, TypedListType):
        cure = "TypedListType(type of the entries)('x') makes a variable, make_list([x, y]) a list of variables"
        raise VariableTypeError(message(f"{op.word}: a typed list is needed", [_row("given", x)], cure))
    return x


def as_entry(op: ListOp, kind: Any, x: Any) -> Any:
    """``x`` as a value of ``kind``, the type of what a list holds, or that of the list itself."""
    try:
        return kind.filter_variable(x)
    except (TypeError, ValueError) as why:
        cause = None if isinstance(x, Variable) or not why.args else str(why.args[0])
        cure = "convert it, by theano.tensor.cast or patternbroadcast say" if isinstance(x, Variable) else cause
        raise VariableTypeError(message(f"{op.word}: {kind} is needed", [_row("given", x)], cure)) from why


def as_position(op: ListOp, index: Any) -> Any:
    """``index`` as an integer of rank 0."""
    try:
        variable = as_tensor_variable(index)
    except TypeError:
        variable = None
    if variable is None or variable.type.ndim or not is_integer(variable.type.dtype):
        raise VariableTypeError(message(f"{op.word}: an integer of rank 0 is needed as index", [_row("given", index)]))
    return variable


class ListOp(Op):
    """The base of what is done with lists: no gradient goes through."""

    __props__: ClassVar[tuple[str, ...]] = ()

    @property
    def word(self) -> str:
        """What it is called in messages."""
        return type(self).__name__.lower()

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], output_grads: Sequence[Any]) -> list[Any]:
        why = f"no gradient goes through a typed list ({self}); use the entries themselves, or stack them in a tensor"
        return [NullType(why)() for _ in inputs]


class Asking(Unconnected, ListOp):
    """The base of what gives integers: it depends on no entry's values by a derivative."""


class Changed(ListOp):
    """The base of what gives the first argument but for one change.  ``inplace`` makes it in the list itself, which functions copy before
    they let that happen."""

    __props__ = ("inplace",)

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace
        if inplace:
            self.destroy_map = {0: [0]}
        else:
            self.view_map = {0: [0]}  # the other entries are the same arrays

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        old, *rest = inputs
        new = output_storage[0][0] = old if self.inplace else list(old)
        self.change(node, new, *rest)

    def change(self, node: Apply, new: list[Any], *given: Any) -> None:
        """Change the list ``new``."""
        raise NotImplementedError


class GetItem(ListOp):
    """An entry, by its position; the list of several, by a slice."""

    def make_node(self, x: Any, index: Any) -> Apply:
        x = as_list(self, x)
        if isinstance(index, slice):
            index = make_slice(index)
        if isinstance(index, Variable) and isinstance(index.type, SliceType):
            return Apply(self, [x, index], [x.type()])
        return Apply(self, [x, as_position(self, index)], [x.type.ttype()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        x, index = inputs
        if not isinstance(index, slice):
            index = int(index)
            if not -len(x) <= index < len(x):
                raise BoundsError(f"index {index} of a list of {len(x)}")
        output_storage[0][0] = copied(x[index])


class Append(Changed):
    """The list with one entry more at its end."""

    def make_node(self, x: Any, toAppend: Any) -> Apply:
        x = as_list(self, x)
        return Apply(self, [x, as_entry(self, x.type.ttype, toAppend)], [x.type()])

    def change(self, node: Apply, new: list[Any], *given: Any) -> None:
        new.append(copied(given[0]))


class Extend(Changed):
    """The list with those of another at its end."""

    def make_node(self, x: Any, toAppend: Any) -> Apply:
        x = as_list(self, x)
        return Apply(self, [x, as_entry(self, x.type, toAppend)], [x.type()])

    def change(self, node: Apply, new: list[Any], *given: Any) -> None:
        new.extend(copied(given[0]))


class Insert(Changed):
    """The list with one entry more, before the one at ``index``; where Python's own lists would put it."""

    def make_node(self, x: Any, index: Any, toInsert: Any) -> Apply:
        x = as_list(self, x)
        return Apply(self, [x, as_position(self, index), as_entry(self, x.type.ttype, toInsert)], [x.type()])

    def change(self, node: Apply, new: list[Any], *given: Any) -> None:
        new.insert(int(given[0]), copied(given[1]))


class Remove(Changed):
    """The list without the first entry that equals ``toRemove``; as it is if there is none."""

    def make_node(self, x: Any, toRemove: Any) -> Apply:
        x = as_list(self, x)
        return Apply(self, [x, as_entry(self, x.type.ttype, toRemove)], [x.type()])

    def change(self, node: Apply, new: list[Any], *given: Any) -> None:
        found = next(_places(node, new, given[0]), None)
        if found is not None:
            del new[found]


class Reverse(Changed):
    """The list from its end."""

    def make_node(self, x: Any) -> Apply:
        x = as_list(self, x)
        return Apply(self, [x], [x.type()])

    def change(self, node: Apply, new: list[Any], *given: Any) -> None:
        new.reverse()


class Index(Asking):
    """The position of the first entry that equals ``elem``, int64; ValueError if there is none."""

    def make_node(self, x: Any, elem: Any) -> Apply:
        x = as_list(self, x)
        return Apply(self, [x, as_entry(self, x.type.ttype, elem)], [_integer()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        found = next(_places(node, *inputs), None)
        if found is None:
            raise ValueError(message(f"index: none of the {len(inputs[0])} entries equals {inputs[1]!r:.60}", cure="ask by count before"))
        output_storage[0][0] = np.asarray(found)


class Count(Asking):
    """How many entries equal ``elem``, int64."""

    def make_node(self, x: Any, elem: Any) -> Apply:
        x = as_list(self, x)
        return Apply(self, [x, as_entry(self, x.type.ttype, elem)], [_integer()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        output_storage[0][0] = np.asarray(sum(1 for _ in _places(node, *inputs)))


class Length(Asking):
    """How many entries there are, int64."""

    def make_node(self, x: Any) -> Apply:
        return Apply(self, [as_list(self, x)], [_integer()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        output_storage[0][0] = np.asarray(len(inputs[0]))


class MakeList(ListOp):
    """The list of some variables, all of one type; tensors and numbers among them are taken for constants."""

    def make_node(self, a: Any) -> Apply:
        if not isinstance(a, (list, tuple)):
            text = f"make_list: a list of variables is needed, not {with_article(type(a).__name__)}"
            raise VariableTypeError(message(text, [_row("given", a)], "did you mean make_list([x, y])?"))
        if not a:
            cure = "TypedListType(type of the entries).make_constant([])"
            raise ValueError(message("make_list: of what type the entries of an empty list are nobody knows", cure=cure))
        entries = [x if isinstance(x, Variable) else as_tensor_variable(x) for x in a]
        kind = entries[0].type
        for other in entries[1:]:
            if other.type != kind:
                raise VariableTypeError(message("make_list: all must be of one type", [_row("first", entries[0]), _row("other", other)]))
        return Apply(self, entries, [TypedListType(kind)()])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Storage) -> None:
        output_storage[0][0] = [copied(value) for value in inputs]


def _places(node: Apply, x: list[Any], entry: Any) -> Any:
    """Where in a list there is a value."""
    equal: Callable[[Any, Any], bool] = node.inputs[0].type.ttype.values_eq
    return (k for k, value in enumerate(x) if equal(value, entry))


getitem, append, extend, insert, remove, reverse = GetItem(), Append(), Extend(), Insert(), Remove(), Reverse()
index_, count, length, make_list = Index(), Count(), Length(), MakeList()

__all__ = [
    "Append", "Count", "Extend", "GetItem", "Index", "Insert", "Length", "MakeList", "Remove", "Reverse",
    "append", "count", "extend", "getitem", "index_", "insert", "length", "make_list", "remove", "reverse",
]  # fmt: skip
