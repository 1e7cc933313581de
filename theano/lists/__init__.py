"""Lists of values of one type, as values of a graph: ``theano.typed_list``.

How many entries a list has, and of which sizes, is known only when a function runs.  Native code does not see lists: each operation on one
is a Python step, as ``explain`` says.  A list that an operation gives is a new one; nothing in a function changes an old one, and
what a function returns shares no array with its arguments.  No gradient goes through a list.

>>> import theano, theano.tensor as T
>>> from theano.typed_list import TypedListType, length
>>> rows, x = TypedListType(T.dvector)("rows"), T.dvector("x")
>>> f = theano.function([rows, x], [rows.append(2 * x), length(rows), rows[-1].sum()])
>>> f([[1, 2], [3]], [4, 5, 6])
[[array([1., 2.]), array([3.]), array([ 8., 10., 12.])], array(2), array(3.)]
"""

from theano.lists.kinds import TypedListType
from theano.lists.operations import (
    Append,
    Count,
    Extend,
    GetItem,
    Index,
    Insert,
    Length,
    MakeList,
    Remove,
    Reverse,
    append,
    count,
    extend,
    getitem,
    index_,
    insert,
    length,
    make_list,
    remove,
    reverse,
)
from theano.lists.variables import TypedListConstant, TypedListSharedVariable, TypedListVariable

__all__ = [
    "Append", "Count", "Extend", "GetItem", "Index", "Insert", "Length", "MakeList", "Remove", "Reverse",
    "TypedListConstant", "TypedListSharedVariable", "TypedListType", "TypedListVariable",
    "append", "count", "extend", "getitem", "index_", "insert", "length", "make_list", "remove", "reverse",
]  # fmt: skip
