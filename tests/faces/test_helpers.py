"""The helpers of theano.gof.utils: each is held to a law, or to an example."""

import hashlib
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

import theano.tensor as T
from theano.errors import InconsistencyError
from theano.gof import utils

numbers = st.lists(st.integers(0, 5))


@given(numbers)
def test_uniq_and_unique(seq):
    once = utils.uniq(seq)
    assert utils.unique(once) and set(once) == set(seq) and once == sorted(once, key=seq.index)
    assert utils.unique(seq) is (once == seq)


def test_uniq_of_what_has_no_hash():
    assert utils.uniq([[1], [2], [1]]) == [[1], [2]]


@given(numbers, numbers)
def test_difference_and_remove(a, b):
    assert utils.difference(a, b) == utils.remove(b.__contains__, a) == [x for x in a if x not in b]


@given(st.recursive(st.integers(), st.lists))
def test_flatten(nested):
    assert utils.flatten(nested) == [int(word) for word in str(nested).replace("[", " ").replace("]", " ").replace(",", " ").split()]


@given(numbers)
def test_hist(coll):
    assert sum(utils.hist(coll).values()) == len(coll) and all(coll.count(x) == n for x, n in utils.hist(coll).items())


@given(numbers)
def test_return_values(values):
    assert utils.from_return_values(utils.to_return_values(values)) == values
    assert utils.from_return_values(3) == [3] and utils.from_return_values((1, 2)) == [1, 2]


@given(st.dictionaries(st.integers(0, 8), st.lists(st.integers(0, 8), max_size=3)))
def test_toposort(prereqs):
    smaller = {thing: [before for before in befores if before < thing] for thing, befores in prereqs.items()}
    order = utils.toposort(smaller)
    assert len(order) == len(set(order)) and set(order) >= set(smaller)
    assert all(order.index(before) < order.index(thing) for thing, befores in smaller.items() for before in befores)


def test_toposort_of_a_circle():
    with pytest.raises(InconsistencyError, match="a cycle goes through"):
        utils.toposort({1: [2], 2: [1]})


def test_memoize():
    calls = []

    @utils.memoize
    def square(x):
        calls.append(x)
        return x * x

    assert [square(3), square(3), square(4)] == [9, 9, 16] and calls == [3, 4] and square.__name__ == "square"


def test_deprecated_warns_once():
    @utils.deprecated("old", "use new")
    def f(x):
        return x + 1

    with pytest.warns(DeprecationWarning, match=r"old\.f is deprecated\. use new"):
        assert f(1) == 2
    assert f(2) == 3


def test_hashes(tmp_path):
    file = tmp_path / "code"
    file.write_text("x = 1")
    assert utils.hash_from_code("x = 1") == utils.hash_from_code(b"x = 1") == utils.hash_from_file(str(file))
    assert utils.hash_from_code("x = 1") == hashlib.sha256(b"x = 1").hexdigest() != utils.hash_from_code("x = 2")
    assert utils.hashtype(3) == utils.hashtype(4) != utils.hashtype("3")


def test_keywords():
    assert not utils.ABORT and not utils.RETRY and not utils.FAILURE and utils.Keyword("yes") and repr(utils.ABORT) == "<ABORT>"
    assert utils.Keyword("no", nonzero=False).__nonzero__() is False
    assert isinstance(utils.ABORT, utils.simple_types) and not isinstance([], utils.simple_types)


def test_attributes_of_a_dictionary():
    d = utils.D(a=1)
    d.b = 2
    assert d == {"a": 1, "b": 2} and d.a == 1


@given(st.lists(st.sampled_from([None, "a", "b", "v_0", "a_0"])))
def test_names_become_unique(names):
    variables = [T.dscalar(name) for name in names]
    given = utils.give_variables_names(variables)
    assert given == [v.name for v in variables] and utils.unique(given) and all(given)
    assert utils.give_variables_names(variables) == given
    assert {name for name in names if name} <= set(given)


def test_where_a_variable_comes_from():
    x = T.dscalar("x")  # here
    assert utils.add_tag_trace(x) is x
    [[(file, _, _, text)]] = x.tag.trace
    assert file == __file__ and text.endswith("# here")
    assert "# here" in utils.get_variable_trace_string(x) and "Backtrace when that variable is created" in utils.get_variable_trace_string(
        x
    )


def test_stack():
    def inner():
        return utils.simple_extract_stack(limit=2)

    stack = inner()  # called here
    assert [entry[2] for entry in stack] == ["test_stack", "inner"] and stack[0][3].endswith("# called here")
    assert utils.simple_extract_stack(sys._getframe())[-1][2] == "test_stack"
    assert all("test_helpers" not in file for file, *_ in utils.simple_extract_stack(skips=["test_helpers"])[-1:])
