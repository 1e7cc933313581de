"""Container: filtering, sharing of cells, copies."""

import copy
import pickle

import pytest

from tests.graph.ops import number
from theano.graph import Container, generic


def test_values_are_filtered():
    cell = Container(number("c"), [None])
    cell.value = "2.5"
    assert (cell.name, cell.type, cell.value, cell.data) == ("c", number, 2.5, 2.5)
    cell.data = "3"
    assert cell.storage == [3.0]
    with pytest.raises(TypeError):
        cell.value = []
    assert repr(cell) == "<3.0>"


def test_strict():
    cell = Container(number, [None], strict=True)
    with pytest.raises(TypeError):
        cell.value = "2.5"
    assert cell.value is None


def test_what_is_no_cell_or_no_variable():
    with pytest.raises(TypeError, match=r"a list of one element, such as \[None\], not 3"):
        Container(number, 3)
    with pytest.raises(TypeError, match="a variable or of a type, not of 'int64'"):
        Container("int64", [3])


def test_readonly_keeps_its_first_value():
    cell = Container(number, [1], name="c", readonly=True)
    with pytest.raises(TypeError, match="the container c is read-only"):
        cell.value = 2
    assert cell.value == 1


def test_none_empties():
    cell = Container(number, [1])
    cell.value = None
    assert cell.storage == [None]


def test_cells_can_be_shared():
    one = Container(generic, [1])
    two = Container(generic, one.storage)
    two.value = 5
    assert one.value == 5
    a, b = copy.deepcopy([one, two])
    assert a.storage is b.storage
    assert a.storage is not one.storage
    a, b = pickle.loads(pickle.dumps([one, two]))
    assert a.storage is b.storage


def test_copies_have_their_own_lock_and_value():
    cell = Container(generic, [[1]], name="c", allow_downcast=True)
    for new in (copy.deepcopy(cell), pickle.loads(pickle.dumps(cell))):
        assert new.lock is not cell.lock
        assert (new.name, new.allow_downcast, new.value) == ("c", True, [1])
        assert new.value is not cell.value
