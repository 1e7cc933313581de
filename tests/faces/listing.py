"""Calls of the public names of ``theano.typed_list``, as those in ``calls.py``.  Names in them: ``L.pair`` the list of ``u`` and ``v``."""

import theano.tensor as T
from theano.typed_list import TypedListType, make_list

VECTORS = TypedListType(T.dvector)


class L:
    """What the calls work on."""

    @staticmethod
    def pair(*vectors):
        return make_list(vectors)

    vectors = VECTORS
    lists = TypedListType(T.dvector, 1)
    known = VECTORS.make_constant([[1.0], [2.0, 3.0]])


CHANGES = {  # name -> (class, arguments beside the list, value)
    "append": ("Append", "u", "[U, V, U]"),
    "extend": ("Extend", "L.pair(v, v)", "[U, V, V, V]"),
    "insert": ("Insert", "1, v", "[U, V, V]"),
    "remove": ("Remove", "u", "[V]"),
    "reverse": ("Reverse", "", "[V, U]"),
    "count": ("Count", "v", "1"),
    "index_": ("Index", "v", "1"),
    "getitem": ("GetItem", "-1", "V"),
    "length": ("Length", "", "2"),
}

BASIC = "theano.typed_list.basic"
CALLS = {
    **{f"theano.typed_list.{name}": (f"theano.typed_list.{name}(L.pair(u, v), {more})", v) for name, (_, more, v) in CHANGES.items()},
    **{f"theano.typed_list.{kind}": (f"theano.typed_list.{kind}()(L.pair(u, v), {more})", v) for kind, more, v in CHANGES.values()},
    **{f"{BASIC}.{kind}.make_node": (f"{BASIC}.{kind}().make_node(L.pair(u, v), {more}).out", v) for kind, more, v in CHANGES.values()},
    "theano.typed_list.make_list": ("theano.typed_list.make_list([u, v])", "[U, V]"),
    "theano.typed_list.MakeList": ("theano.typed_list.MakeList()((u, v))", "[U, V]"),
    f"{BASIC}.MakeList.make_node": (f"{BASIC}.MakeList().make_node([u, v]).out", "[U, V]"),
    "theano.typed_list.TypedListType": ("theano.typed_list.TypedListType(T.dvector) == L.vectors", "True"),
    "theano.typed_list.TypedListConstant": ("isinstance(L.known, theano.typed_list.TypedListConstant) and L.known", "[[1], [2, 3]]"),
    "theano.typed_list.TypedListVariable": ("isinstance(L.vectors(), theano.typed_list.TypedListVariable)", "True"),
    "theano.typed_list.SliceType": ("L.pair(u, v)[theano.Constant(theano.typed_list.SliceType(), slice(0, 1))]", "[U]"),
    "theano.typed_list.type.TypedListType.filter": ("L.vectors.filter([[1], V])", "[[1], V]"),
    "theano.typed_list.type.TypedListType.get_depth": ("(L.vectors.get_depth(), L.lists.get_depth())", "(0, 1)"),
    "theano.typed_list.type.TypedListType.values_eq": ("(L.vectors.values_eq([V], [V]), L.vectors.values_eq([V], [U]))", "(True, False)"),
    "theano.typed_list.type.TypedListType.may_share_memory": ("L.vectors.may_share_memory([U, V], [V[1:]])", "True"),
    "theano.typed_list.type.TypedListType.dtype": ("L.vectors.dtype == L.vectors.ttype == T.dvector", "True"),
    "theano.typed_list.type.TypedListType.ndim": ("L.vectors.ndim", "2"),
}
MODULES = {"theano.typed_list", "theano.typed_list.basic", "theano.typed_list.type"}
