"""Origins: which line, joined how, inherited when."""

import copy
import inspect
import pickle

from tests.graph.ops import add, neg, number
from theano.graph import NOWHERE, Apply, Op, Origin, here, inherit, unite
from theano.graph.provenance import is_ours


def line():
    """(file, line) of the caller."""
    frame = inspect.currentframe().f_back
    return frame.f_code.co_filename, frame.f_lineno


def test_the_line_outside_the_package():
    assert here().line() == line()
    x, place = number("x"), line()
    assert x.origin.line() == place


def test_a_line_among_several():
    x = number("x")
    y = (
        neg(
            x
        )
    )  # fmt: skip
    start = line()[1]
    assert start - 7 < y.origin.line()[1] < start


def test_the_call_counts_and_not_the_make_node_of_a_user():
    class Mine(Op):
        def make_node(self, x):
            return Apply(self, [neg(x)], [x.type()])

    z, place = Mine()(number("x")), line()
    assert z.origin.line() == place
    assert z.owner.inputs[0].origin.line() == place


def test_outputs_have_the_origin_of_their_node():
    z = add(number("x"))
    assert z.origin is z.owner.origin
    assert z._origin is None
    z.origin = Origin("a.py", 1)
    assert z.owner.origin.line() == ("a.py", 1)


def test_inherit():
    with inherit(Origin("a.py", 1)):
        x = number("x")
        with inherit(Origin("b.py", 2)):
            y = neg(x)
    assert (x.origin.line(), y.origin.line()) == (("a.py", 1), ("b.py", 2))
    assert here().line() == line()


def test_joining():
    a, b, c = (Origin("f.py", i) for i in (1, 2, 3))
    ab = unite(a, b)
    assert unite(ab, c).lines() == [("f.py", 1), ("f.py", 2), ("f.py", 3)]
    assert unite(ab, c).lines(2) == [("f.py", 1), ("f.py", 2)]
    assert unite(ab, ab) is unite(ab, a) is unite(b, ab) is unite(ab, NOWHERE) is unite(NOWHERE, ab) is ab
    assert unite(a, Origin("f.py", 1)) is a
    assert unite(unite(ab, c), ab).lines() == [("f.py", 1), ("f.py", 2), ("f.py", 3)]


def test_nowhere():
    assert not NOWHERE
    assert (NOWHERE.lines(), NOWHERE.line(), repr(NOWHERE)) == ([], ("", 0), "nowhere")
    assert repr(unite(Origin("/long/way/f.py", 1), Origin("g.py", 2))) == "f.py:1, g.py:2"


def test_ropes_of_shared_parts_are_read_in_no_time():
    rope = Origin("f.py", 0)
    for i in range(200):
        rope = Origin(None, 0, Origin(None, 0, rope, Origin("f.py", i)), rope)
    assert rope.lines(3) == [("f.py", 0), ("f.py", 1), ("f.py", 2)]


def test_long_ropes():
    rope = NOWHERE
    for i in range(100_000):
        rope = unite(rope, Origin("f.py", i))
    assert rope.lines(2) == [("f.py", 0), ("f.py", 1)]
    right = NOWHERE
    for i in range(100_000):
        right = unite(Origin("f.py", i), right)
    assert right.line() == ("f.py", 99_999)
    assert len(pickle.loads(pickle.dumps(rope)).lines()) == 8
    del rope, right


def test_copies():
    origin = unite(here(), Origin("f.py", 1))
    assert copy.deepcopy(origin) is copy.copy(origin) is origin
    assert pickle.loads(pickle.dumps(origin)).lines() == origin.lines()
    assert pickle.loads(pickle.dumps(NOWHERE)).lines() == []


def test_is_ours():
    assert is_ours(inspect.getfile(Op))
    assert not is_ours(__file__)
    assert not is_ours("theano_extension.py")
