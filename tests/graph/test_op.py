"""Op: calling, properties, defaults, errors."""

import pytest

from tests.graph.ops import Scale, add, divmod_, neg, number, other
from theano.errors import MethodNotDefined
from theano.graph import Apply, Op, generic, require_runnable


def test_calling():
    x, y = number("x"), number("y")
    assert add(x, y).owner.op is add
    assert [v.index for v in divmod_(x, y)] == [0, 1]
    (only,) = add(x, y, return_list=True)
    assert only.owner.inputs == [x, y]
    assert add(x, y, name="sum").name == "sum"


def test_other_keywords_go_to_make_node():
    class Named(Op):
        def make_node(self, x, times=1):
            return Apply(self, [x] * times, [number()])

    assert Named()(number(), times=3).owner.nin == 3


def test_default_output():
    class Main(Op):
        default_output = 1

        def make_node(self, x):
            return Apply(self, [x], [number(), number()])

    x = number("x")
    assert Main()(x, name="m").name == "m"
    assert len(Main()(x, return_list=True)) == 1


def test_properties_make_equality_hash_and_text():
    assert Scale(2) == Scale(2)
    assert Scale(2) != Scale(3)
    assert hash(Scale(2)) == hash(Scale(2))
    assert len({Scale(2), Scale(2), Scale(3)}) == 2
    assert (str(Scale(2)), repr(add)) == ("Scale{factor=2}", "Add")


def test_without_properties_only_itself():
    class Plain(Op):
        pass

    assert Plain() != Plain()
    assert str(Plain()) == "Plain"


def test_own_methods_win_and_properties_are_inherited():
    class Own(Scale):
        __props__ = ("factor",)

        def __str__(self):
            return "own"

    class Heir(Scale):
        pass

    assert str(Own(1)) == "own"
    assert Own(1) == Own(1)
    assert Heir(1) == Heir(1)
    assert Heir(1) != Scale(1)


def test_properties_are_a_tuple_of_names():
    with pytest.raises(TypeError, match="must be a tuple of attribute names"):

        class Wrong(Op):
            __props__ = "factor"


def test_default_make_node_checks():
    x = number("x")
    with pytest.raises(ValueError, match="DivMod takes 2 inputs, not 1"):
        divmod_(x)
    with pytest.raises(TypeError, match="DivMod: input 1 is of the wrong type"):
        divmod_(x, other("y"))
    with pytest.raises(TypeError, match="input 0"):
        divmod_(3, x)


def test_an_op_without_make_node():
    class Empty(Op):
        pass

    with pytest.raises(TypeError, match="Empty cannot be applied: it defines neither make_node nor itypes and otypes"):
        Empty()(number())


def test_an_op_with_c_code_only():
    class Old(Op):
        def make_node(self, x):
            return Apply(self, [x], [x.type()])

        def c_code(self, node, name, inputs, outputs, sub):
            return ""

    node = Old()(number("x")).owner
    with pytest.raises(MethodNotDefined, match=r"(?s)c_code and no perform.*NumPy.*OpFromGraph.*built  at test_op.py"):
        require_runnable(node)
    with pytest.raises(NotImplementedError):
        node.op.perform(node, [1], [[None]])


def test_an_op_without_anything():
    class Bare(Op):
        itypes = otypes = (number,)

    node = Bare()(number("x")).owner
    with pytest.raises(MethodNotDefined, match=r"does not define perform"):
        require_runnable(node)
    for method in (lambda: node.op.L_op([], [], []), lambda: node.op.R_op([], [])):
        with pytest.raises(MethodNotDefined, match=r"Bare defines neither L_op|does not define R_op"):
            method()
    assert node.op.do_constant_folding(node)


def test_ops_with_their_own_thunk_are_runnable():
    class Thunk(Op):
        itypes = otypes = (number,)

        def make_thunk(self, node, storage_map, compute_map, no_recycling, impl=None):
            return lambda: None

    for op in (Thunk(), neg):
        require_runnable(Apply(op, [number()], [number()]))


def test_l_op_falls_back_on_grad():
    g = number("g")
    assert add.L_op([1, 2], [3], [g]) == [g, g]


def test_thunks():
    x, y = number("x"), number("y")
    node = divmod_(x, y)[0].owner
    storage = {v: [None] for v in (x, y, *node.outputs)}
    computed = {v: [False] for v in node.outputs}
    thunk = node.op.make_thunk(node, storage, computed, [])
    storage[x][0], storage[y][0] = 7, 2
    thunk()
    assert [storage[v] for v in node.outputs] == [[3], [1]]
    assert [computed[v] for v in node.outputs] == [[True], [True]]
    assert thunk.inputs == [[7], [2]]


def test_no_outputs():
    class Say(Op):
        def make_node(self, x):
            return Apply(self, [x], [])

    assert Say()(generic()) == []
