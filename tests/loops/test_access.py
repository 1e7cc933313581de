"""Offsets as affine forms of the indices: coefficients where the place is linear, all else in the rest."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import theano
import theano.tensor as T
from theano.loops.access import affine, is_extent, offset
from theano.loops.extents import Extents
from theano.loops.nest import Result
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import binary


def leaves():
    e = Extents()
    i, j = (e.trace.leaf("index", "int64", axis) for axis in range(2))
    return e, i, j, e.leaf("n"), e.leaf("m")


def read(e, result, *indices):
    return e.trace.emit("read", indices, result.dtype, result)


def test_rows():
    e, i, j, n, m = leaves()
    form = offset(read(e, Result(0, "float32", (n, m)), i, j), e)
    assert form.coefficients == {0: m, 1: e.one} and form.rest is e.zero


def test_a_transposed_reversed_slice():
    e, i, j, n, m = leaves()
    form = offset(read(e, Result(0, "float32", (n, m)), j, (m - 1) - i * 2), e)
    assert form.coefficients[1] is m and form.coefficients[0].data == -2
    assert is_extent(form.rest)


def test_an_index_that_is_used_twice():
    e, i, _, n, _ = leaves()
    form = offset(read(e, Result(0, "float32", (n, n)), i, i), e)
    assert form.coefficients == {0: e.add(n, e.one)} and form.rest is e.zero


def test_axes_of_one_element_do_not_count():
    e, i, _, n, m = leaves()
    e.unite(m, e.one)
    form = offset(read(e, Result(0, "float32", (n, m)), i, e.zero), e)
    assert form.coefficients == {0: e.one}


def test_what_is_not_linear_stays_whole():
    e, i, j, n, m = leaves()
    wrapped = binary("mod", i, n)
    form = affine(wrapped + j * m, e)
    assert form.coefficients == {1: m} and form.rest is wrapped
    assert not is_extent(form.rest)


def test_what_data_tell_is_no_extent():
    e, i, _, n, m = leaves()
    index = read(e, Result(0, "int64", (n,)), i)
    form = offset(read(e, Result(1, "float64", (n, m)), index, i), e)
    assert form.coefficients == {0: e.one}
    assert not is_extent(form.rest) and is_extent(n * m)


TERMS = st.recursive(
    st.sampled_from(["i", "j", "n", "m", 0, 1, 2, -1]), lambda t: st.tuples(st.sampled_from(["add", "sub", "mul"]), t, t), max_leaves=10
)


@given(TERMS, st.tuples(*[st.integers(0, 5)] * 4))
def test_the_form_has_the_value(tree, numbers):
    e, i, j, n, m = leaves()
    names = dict(zip("ijnm", (i, j, n, m)))
    given_numbers = dict(zip((i, j, n, m), numbers))

    def build(tree):
        if isinstance(tree, tuple):
            return binary(tree[0], build(tree[1]), build(tree[2]))
        return names[tree] if isinstance(tree, str) else e.const(tree)

    def number(value):
        return int(evaluate([value], lambda leaf: np.int64(given_numbers[leaf]))[0])

    value = build(tree)
    form = affine(value, e)
    assert all(is_extent(c) for c in form.coefficients.values())
    assert number(value) == number(form.rest) + sum(number(c) * numbers[k] for k, c in form.coefficients.items())


def test_what_is_one_by_its_type_alone_is_read_there_for_every_index():
    """Seen through as the whole array it would be read past its end."""
    x, y = T.lrow("x"), T.drow("y")
    one = T.Rebroadcast((0, True), (1, True))(T.Rebroadcast((0, False))(x))
    for mode in ("FAST_RUN", "REFERENCE"):
        found = theano.function([x, y], one / y, mode=mode)(np.array([[6]]), np.array([[1.0, 2.0, 5.0, 10.0]]))
        np.testing.assert_allclose(found, [[6, 3, 1.2, 0.6]])
