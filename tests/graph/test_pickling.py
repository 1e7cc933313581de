"""Pickling and deepcopy keep sharing and identity, in every pickler."""

import copy
import gc
import io
import pickle
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.copiers import by, copiers
from tests.graph.ops import Stateful, add, chain, constant, divmod_, neg, number
from tests.graph.random_graphs import graphs
from theano.flags import change_flags
from theano.graph import Variable, ancestors, generic, io_toposort, is_same_graph

COPIERS = copiers(range(pickle.HIGHEST_PROTOCOL + 1))
every_copier = pytest.mark.parametrize("copier", COPIERS.values(), ids=COPIERS)


@every_copier
def test_a_variable_and_all_about_it(copier):
    x, c = number("x"), constant(2)
    z = add(x, c)
    z.name, z.tag.note, z.extra, z.owner.tag.note, z.owner.extra = "z", [1], "e", 2, 3
    new = copier(z)
    assert (new.name, new.tag.note, new.extra, new.owner.tag.note, new.owner.extra) == ("z", [1], "e", 2, 3)
    assert (new.owner.outputs, new.index, new.type, new.owner.op) == ([new], 0, number, add)
    assert [i.name for i in new.owner.inputs] == ["x", None]
    assert new.owner.inputs[1].data == 2
    assert new.origin.lines() == z.origin.lines()
    assert new.owner.inputs[0].origin.lines() == x.origin.lines()
    assert new is not z
    assert new.fgraph is new.owner.fgraph is None


@every_copier
def test_blank_slots_are_there(copier):
    new = copier(neg(generic()))
    for variable in (new, new.owner.inputs[0]):
        assert (variable.name, variable.fgraph, vars(variable.tag)) == (None, None, {})
    assert new.owner.inputs[0].owner is new.owner.inputs[0].index is None


@every_copier
def test_together_they_share_ancestors(copier):
    x, y = number("x"), number("y")
    shared = add(x, y)
    a, b = copier([neg(shared), add(shared, x)])
    assert a.owner.inputs[0] is b.owner.inputs[0]
    assert b.owner.inputs[1] is b.owner.inputs[0].owner.inputs[0]


@every_copier
def test_the_outputs_of_a_node(copier):
    quotient, rest = divmod_(number("x"), number("y"))
    quotient.name, rest.name = "q", "r"
    new = copier([rest, quotient])
    assert new[0].owner is new[1].owner
    assert new[0].owner.outputs == new[::-1]
    alone = copier(rest)
    assert [o.name for o in alone.owner.outputs] == ["q", "r"]


@every_copier
def test_a_node(copier):
    x = number("x")
    z = neg(neg(x))
    node, variable = copier((z.owner, z))
    assert variable.owner is node


@every_copier
def test_tags_may_refer_to_the_graph(copier):
    x = number("x")
    y = neg(x)
    z = neg(y)
    x.tag.above, y.tag.above, z.tag.me = z, z, z
    new = copier(z)
    below = new.owner.inputs[0]
    assert new.tag.me is below.tag.above is below.owner.inputs[0].tag.above is new


@every_copier
@given(graph=graphs(max_nodes=12), data=st.data())
def test_random_graphs(copier, graph, data):
    inputs, pool = graph
    some = data.draw(st.lists(st.sampled_from(pool), min_size=1, max_size=6))
    new_inputs, new = copier((inputs, some))
    equiv = {}
    for a, b in zip(ancestors(some), ancestors(new), strict=True):
        assert equiv.setdefault(a, b) is b
        assert type(a) is type(b)
        assert a.name == b.name
    assert len(set(equiv.values())) == len(equiv)
    assert all(is_same_graph(a, b, dict(zip(inputs, new_inputs))) for a, b in zip(some, new))


def test_later_dumps_start_afresh():
    z = neg(neg(number("x")))
    first, second = pickle.dumps(z), pickle.dumps(z)
    assert first == second


def test_one_pickler_for_several_dumps():
    _, end = chain(50)
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    pickler.dump(end.owner.inputs[0])
    pickler.dump(end)
    file.seek(0)
    unpickler = pickle.Unpickler(file)
    below, above = unpickler.load(), unpickler.load()
    assert above.owner.inputs[0] is below
    pickler.clear_memo()
    file.seek(0)
    file.truncate()
    pickler.dump(end)
    file.seek(0)
    assert len(io_toposort([], [pickle.Unpickler(file).load()])) == 50


@pytest.mark.parametrize("pickler_class", [pickle.Pickler, pickle._Pickler])
def test_two_picklers_at_once_do_not_disturb_each_other(pickler_class):
    x, end = chain(3000)
    middle = io_toposort([x], [end])[1500].out
    files = io.BytesIO(), io.BytesIO()
    one, two = (pickler_class(file) for file in files)
    for pickler, variable in ((one, middle), (two, end), (one, end), (two, x)):
        pickler.dump(variable)
    for file, first in zip(files, (middle, end)):
        file.seek(0)
        unpickler = pickle.Unpickler(file)
        a, b = unpickler.load(), unpickler.load()
        assert len(ancestors([a])) == len(ancestors([first]))
        assert set(ancestors([a])) <= set(ancestors([b])) or b in ancestors([a])


class Spoilt:
    """Pickles the graph of its variable in a pickler of its own, then fails."""

    def __init__(self, variable):
        self.variable = variable

    def __reduce__(self):
        pickle.dumps(self.variable)
        raise RuntimeError("spoilt")


@pytest.mark.parametrize("dumps", [pickle.dumps, pickle._dumps])
def test_after_a_failure_half_way(dumps):
    x, end = chain(3000)
    middle = io_toposort([x], [end])[1500].out
    middle.tag.spoilt = Spoilt(middle.owner.inputs[0])
    with pytest.raises(RuntimeError, match="spoilt"):
        dumps(end)
    del middle.tag.spoilt
    assert len(ancestors([pickle.loads(dumps(end))])) == 3001


def test_nested_picklers():
    x, end = chain(3000)
    middle = io_toposort([x], [end])[1500].out
    middle.tag.nested = Nested(end)
    new = pickle.loads(pickle.dumps(end))
    inner = io_toposort([], [new])[1500].out.tag.nested
    assert len(ancestors([pickle.loads(inner)])) == len(ancestors([new])) == 3001


class Nested:
    """Pickled as the pickle of its variable."""

    def __init__(self, variable):
        self.variable = variable

    def __reduce__(self):
        tag, self.variable.tag = self.variable.tag, type(self.variable.tag)()
        nested = io_toposort([], [self.variable])[1500].out
        kept = nested.tag.__dict__.pop("nested")
        try:
            return bytes, (pickle.dumps(self.variable),)
        finally:
            self.variable.tag, nested.tag.nested = tag, kept


def test_nothing_is_kept_alive():
    z = neg(neg(number("x")))
    pickle.dumps(z)
    copy.deepcopy(z)
    gone = weakref.ref(z.owner)
    del z
    gc.collect()
    assert gone() is None


def test_test_values_can_be_left_out():
    x = number("x")
    x.tag.test_value, x.tag.note = 3, 1
    assert by(4)(x).tag.test_value == 3
    with change_flags(pickle_test_value=False):
        assert vars(by(4)(x).tag) == {"note": 1}
    assert x.tag.test_value == 3


def test_subclasses_keep_slots_and_attributes():
    new = by(4)(Slotted())
    assert (new.empty, new.full, new.free) == (None, [1], "f")
    assert not hasattr(new, "unset")


class Slotted(Variable):
    __slots__ = ("empty", "full", "unset")

    def __init__(self):
        super().__init__(number)
        self.empty, self.full, self.free = None, [1], "f"


class TestDeepcopy:
    def test_ops_that_are_values_are_shared(self):
        op = Stateful()
        x = number("x")
        new = copy.deepcopy([op(x), add(x), op(x)])
        assert new[1].owner.op is add
        assert new[0].owner.op is not op
        assert new[0].owner.op is new[2].owner.op

    def test_memo_of_the_caller(self):
        x = number("x")
        memo = {}
        a = copy.deepcopy(neg(x), memo)
        b = copy.deepcopy(add(x), memo)
        assert a.owner.inputs == b.owner.inputs

    def test_copy_keeps_the_place(self):
        z = neg(number("x"))
        z.tag.note = 1
        shallow = copy.copy(z)
        assert shallow is not z
        assert (shallow.owner, shallow.index, shallow.tag.note) == (z.owner, 0, 1)
        shallow.tag.note = 2
        assert z.tag.note == 1
        assert copy.copy(z.owner).inputs == z.owner.inputs
