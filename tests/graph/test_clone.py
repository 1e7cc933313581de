"""clone, clone_get_equiv, clone_replace."""

import pytest
from hypothesis import given

from tests.graph.ops import add, constant, divmod_, neg, number, other
from tests.graph.random_graphs import graphs
from theano.graph import Constant, ancestors, clone, clone_get_equiv, clone_replace, is_same_graph


def test_clone(xyz):
    x, y, z = xyz
    z.name, z.tag.note = "z", 1
    (a,), (b,) = clone([x], [z])
    assert (a.name, b.name, b.tag.note) == ("x", "z", 1)
    assert a is not x
    assert b.owner.inputs[0].owner.inputs == [a]
    assert b.owner.inputs[1] is not y
    assert b.origin is z.origin


def test_what_is_copied_can_be_chosen(xyz):
    x, y, z = xyz
    (a,), (b,) = clone([x], [z], copy_inputs=False)
    assert a is x
    assert b.owner.inputs[1] is y
    (a,), (b,) = clone([x], [z], copy_inputs=True, copy_orphans=False)
    assert a is not x
    assert b.owner.inputs[1] is y


def test_inputs_may_have_owners(xyz):
    _, _, z = xyz
    middle = z.owner.inputs[0]
    (a,), (b,) = clone([middle], [z])
    assert a.owner is None
    assert b.owner.inputs[0] is a


def test_memo(xyz):
    x, y, z = xyz
    new = number("new")
    memo = {x: new}
    assert clone_get_equiv([x, y], [z], memo=memo) is memo
    assert memo[z].owner.inputs[0].owner.inputs == [new]
    assert memo[z.owner] is memo[z].owner


class TestReplace:
    def test_inputs_are_kept(self, xyz):
        _, _, z = xyz
        copied = clone_replace(z)
        assert copied is not z
        assert is_same_graph(z, copied)

    def test_inputs_may_be_copied(self, xyz):
        x, y, z = xyz
        c = constant(1)
        copied = clone_replace(add(z, c), share_inputs=False)
        assert not {x, y} & set(ancestors([copied]))
        assert c in ancestors([copied])
        with pytest.warns(DeprecationWarning, match="share_inputs"):
            copied = clone_replace(z, copy_inputs=False)
        assert not {x, y} & set(ancestors([copied]))

    def test_any_variable_may_be_replaced(self, xyz):
        x, y, z = xyz
        middle = z.owner.inputs[0]
        assert clone_replace(z, {middle: y}).owner.inputs == [y, y]
        assert clone_replace(z, [(z, x)]) is x

    def test_replacements_are_put_in_as_they_are(self, xyz):
        x, y, _ = xyz
        shifted = neg(x)
        copied = clone_replace(add(x, y), {x: shifted, y: x})
        assert copied.owner.inputs == [shifted, x]

    def test_one_output_of_several(self, xyz):
        x, y, _ = xyz
        quotient, rest = divmod_(x, y)
        copied = clone_replace(add(quotient, rest), {rest: x})
        assert copied.owner.inputs[1] is x
        assert copied.owner.inputs[0].owner.op is divmod_

    def test_values_become_constants(self, xyz):
        x, _, z = xyz
        copied = clone_replace(z, {x: "2.5"})
        leaf = copied.owner.inputs[0].owner.inputs[0]
        assert isinstance(leaf, Constant)
        assert leaf.data == 2.5

    def test_types(self, xyz):
        x, _, _ = xyz
        o = other("o")
        with pytest.raises(TypeError):
            clone_replace(neg(x), {x: o})
        assert clone_replace(neg(neg(x)), {x: o}, strict=False).type == other
        with pytest.raises(TypeError, match="only variables"):
            clone_replace(x, {3: x})

    def test_containers(self, xyz):
        x, y, z = xyz
        assert clone_replace([x, z], {x: y})[0] is y
        assert clone_replace({"a": x}, {x: y}) == {"a": y}
        assert clone_replace([]) == []

    def test_memo_is_shared_by_calls(self, xyz):
        x, y, z = xyz
        memo = {}
        first = clone_replace(z, {x: y}, memo=memo)
        assert clone_replace(add(z, z), memo=memo).owner.inputs == [first, first]

    @given(graphs())
    def test_sharing_is_kept(self, graph):
        _, pool = graph
        copied = clone_replace(pool)
        equiv = {}
        for old, new in zip(ancestors(pool), ancestors(copied)):
            assert equiv.setdefault(old, new) is new
            assert old.type == new.type
        assert len(set(equiv.values())) == len(equiv)
