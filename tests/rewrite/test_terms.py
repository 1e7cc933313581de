"""Reading sums and products, and writing them back."""

import numpy as np
import pytest

import theano.tensor as T
from tests.evaluate import evaluate
from theano.rewrite.terms import (
    LIMIT,
    cost_of_product,
    cost_of_sum,
    literal,
    number_of,
    read_product,
    read_sum,
    write_product,
    write_sum,
)

always, never = (lambda v: True), (lambda v: False)
x, y, z = T.dvectors("x", "y", "z")
VALUES = {x: np.array([1.5, -2.0]), y: np.array([0.5, 3.0]), z: np.array([-1.0, 4.0])}

SUMS = [x + y - 2 * z, -(x - y) * 3, (x + 1) + (y - 2), x - (y - (z - x)), T.neg(-x), 2 * x + 3 * x - 5 * x + y, x + 0]
PRODUCTS = [x * y / z, -x * -y, (2 * x) * (3 / y), x**3 / x, 1 / (x / y), T.sqr(x) * x**-2 * z, x * y * 0.5 * 4, T.inv(x) * T.inv(y)]


@pytest.mark.parametrize("number", range(len(SUMS)))
def test_sums_written_back_are_equal_and_cost_what_is_said(number):
    variable = SUMS[number]
    read = read_sum(variable, always)
    written = write_sum(read, "float64", 1)
    np.testing.assert_allclose(evaluate(written, VALUES), evaluate(variable, VALUES))
    again = read_sum(written, always)
    assert (again.nodes, again.leaves, again.signs) == cost_of_sum(read) or written.owner is None or not read.terms
    assert cost_of_sum(read) <= (read.nodes, read.leaves, read.signs)


@pytest.mark.parametrize("number", range(len(PRODUCTS)))
def test_products_written_back_are_equal_and_cost_what_is_said(number):
    variable = PRODUCTS[number]
    read = read_product(variable, always)
    written = write_product(read, "float64", 1)
    np.testing.assert_allclose(evaluate(written, VALUES), evaluate(variable, VALUES))
    again = read_product(written, always)
    assert (again.nodes, again.leaves, again.signs) == cost_of_product(read) or written.owner is None


def test_what_others_use_stays_whole():
    link = x + y
    assert [t for _, t in read_sum(link + z, never).terms] == [link, z]
    twice = x * T.constant([2.0])
    assert read_sum(twice - z, never).terms == [(2.0, x), (-1, z)] and read_sum(-x + z, never).terms == [(-1, x), (1, z)]
    assert read_sum(-twice + z, never).terms == [(-1, twice), (1, z)]


def test_reading_is_bounded():
    total = x
    for _ in range(100):
        total = total + T.exp(y) + z
    read = read_sum(total, always)
    assert read.leaves <= 2 * LIMIT and len(read.cut) == 1


def test_numbers():
    assert number_of(T.constant([[2.5]])) == 2.5 and number_of(T.constant([1.0, 1.0])) is None and number_of(x) is None


@pytest.mark.parametrize(
    ("number", "dtype", "expected"), [(300, "int8", 44), (200, "int8", -56), (-1, "uint8", 255), (2**63, "int64", -(2**63))]
)
def test_whole_numbers_wrap(number, dtype, expected):
    constant = literal(number, dtype, 2)
    assert constant.data.item() == expected and constant.broadcastable == (True, True)


def test_products_of_integers_have_no_quotients():
    i = T.lvector("i")
    assert read_product(i * T.sqr(i), always).factors == [(i, 3)]
    root = i // 2 * i
    assert [e for _, e in read_product(root, always).factors] == [1, 1]
