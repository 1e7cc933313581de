"""Extents: equal expressions are one object, what stands for a class of equals, what is never assumed."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from theano.loops.extents import Extents, row_major_strides
from theano.loops.nest import Result
from theano.scalar.evaluate import evaluate

OPERATIONS = ("add", "sub", "mul", "floordiv", "mod", "min", "max")


def extents():
    e = Extents()
    return e, *(e.leaf(("input", 0, axis)) for axis in range(3))


def told(e, number=9):
    return e.told("value", Result(number, "int64", ()))


def test_products_are_sets_of_factors():
    e, n, m, k = extents()
    assert e.mul(e.mul(n, m), k) is e.mul(k, e.mul(m, n)) is e.product([m, k, n])
    assert e.mul(e.mul(e.const(2), n), e.const(3)) is e.mul(n, e.const(6))
    assert e.mul(e.mul(n, m), e.zero) is e.zero


def test_what_cancels():
    e, n, m, _ = extents()
    assert e.add(n, e.sub(m, n)) is m
    assert e.sub(n, n) is e.zero
    assert e.emit("max", e.zero, e.mul(n, m)) is e.mul(n, m)
    assert e.emit("min", e.zero, n) is e.zero


def test_the_least_of_the_least():
    e, n, m, _ = extents()
    for op in ("min", "max"):
        one = e.emit(op, n, m)
        assert e.emit(op, one, n) is e.emit(op, m, one) is one


def test_nothing_over_nothing_is_not_one():
    e, n, _, _ = extents()
    assert e.emit("floordiv", n, n) is not e.one
    assert e.emit("floordiv", e.zero, e.zero) is e.zero


def test_a_number_from_data_may_be_negative():
    e, n, _, _ = extents()
    number = told(e)
    assert e.emit("max", e.zero, number) is not number
    assert e.emit("max", e.zero, e.sub(n, e.one)).op == "max"


def test_who_stands_for_both():
    e, n, m, k = extents()
    number = told(e)
    e.unite(number, m)
    assert e.canonical(number) is m, "what is known on entry"
    e.unite(m, n)
    assert e.canonical(m) is e.canonical(number) is n, "the older one"
    e.unite(n, e.const(4))
    assert e.canonical(number).data == 4, "a number"
    assert e.same(e.mul(m, k), e.mul(e.const(4), k))


def test_what_depends_on_a_found_size_is_found_too():
    e, n, _, _ = extents()
    late = e.add(told(e), n)
    younger = e.leaf(("input", 1, 0))
    assert e.is_told(late) and not e.is_told(younger)
    e.unite(late, younger)
    assert e.canonical(late) is younger


def test_what_is_found_first_stands_for_what_is_found_later():
    """However young it is: what uses the one may run before the other is there."""
    e, n, *_ = extents()
    later, earlier = told(e, 30), told(e, 20)
    made = e.sub(e.add(earlier, n), e.one)
    e.unite(later, made)
    assert e.canonical(later) is made is e.canonical(made)


def test_what_stands_for_an_extent_has_no_part_for_which_another_stands():
    e, n, *_ = extents()
    later, earlier = told(e, 30), told(e, 20)
    e.unite(later, e.add(earlier, n))
    e.unite(n, e.one)
    assert e.canonical(later) is e.canonical(e.canonical(later)) is e.add(earlier, e.one)


def test_an_extent_may_equal_an_expression_of_itself():
    """``n - q`` is ``(n - min(n, q)) // m``, then ``min(n, q)`` turns out to be ``q``: nothing grows without end."""
    e, n, q, m = extents()
    divided = e.emit("floordiv", e.sub(n, e.emit("min", n, q)), m)
    rest = e.sub(n, q)
    e.unite(divided, rest)
    e.unite(e.emit("min", n, q), q)
    assert e.same(divided, rest) and e.canonical(rest) is e.canonical(e.canonical(rest))


def test_so_may_a_part_of_one():
    """``n * q`` is ``m * q - 1``, then ``m`` turns out to be ``n``: what is made of these does not grow without end either."""
    e, n, q, m = extents()
    less = e.sub(e.mul(m, q), e.one)
    product = e.mul(n, q)
    e.unite(product, less)
    e.unite(n, m)
    whole = e.mul(q, e.add(product, q))
    assert e.canonical(whole) is e.canonical(e.canonical(whole))


def test_two_numbers_stay_apart():
    e, n, m, _ = extents()
    e.unite(n, e.const(3))
    e.unite(m, e.const(4))
    e.unite(n, m)
    assert (e.canonical(n).data, e.canonical(m).data) == (3, 4)
    assert e.canonical(e.add(e.mul(n, m), e.const(4))).data == 16


def test_equalities_reach_into_expressions():
    e, n, m, k = extents()
    before = e.mul(n, k)
    e.unite(n, m)
    assert e.same(before, e.mul(m, k))
    assert row_major_strides(e, (k, e.canonical(m), e.one)) == (n, e.one, e.one)


def test_equalities_of_a_scope_end_with_it():
    e, n, m, k = extents()
    held = []
    with e.scope(held):
        e.unite(n, m)
        assert e.same(n, m)
    assert not e.same(n, m) and held
    e.unite(n, k)
    with e.scope(held):
        assert e.same(m, k)
    assert not e.same(m, k)


@given(st.recursive(st.integers(-3, 6), lambda inner: st.tuples(st.sampled_from(OPERATIONS), inner, inner), max_leaves=12), st.data())
def test_simplified_expressions_keep_their_value(tree, data):
    """A negative integer is a constant, another one of the sizes."""
    e, *leaves = extents()
    sizes = {leaf.data: data.draw(st.integers(0, 7)) for leaf in leaves}

    def build(tree):
        if isinstance(tree, int):
            return (e.const(tree), tree) if not 0 <= tree < 3 else (leaves[tree], sizes[leaves[tree].data])
        op, left, right = tree
        (a, x), (b, y) = build(left), build(right)
        numbers = {"add": x + y, "sub": x - y, "mul": x * y, "min": min(x, y), "max": max(x, y)}
        numbers |= {"floordiv": x // y if y else 0, "mod": x % y if y else 0}
        return e.emit(op, a, b), numbers[op]

    value, expected = build(tree)
    assert int(evaluate([value], lambda leaf: np.int64(sizes[leaf.data]))[0]) == expected
