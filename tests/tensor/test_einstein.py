"""Einstein sums and matrix products of many matrices, against NumPy's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.laws import check
from theano.errors import ShapeError, VariableTypeError
from theano.tensor.einstein import cheapest
from theano.tensor.products import BatchedDot, Dot

SIZES = {"a": 2, "b": 3, "c": 1, "d": 4, "e": 2}


@st.composite
def sums(draw):
    """(subscripts, shapes, which axes of size 1 stretch)."""
    names = st.lists(st.sampled_from("abcde"), max_size=3).map("".join)
    parts = draw(st.lists(names, min_size=1, max_size=3))
    dots = draw(st.booleans())
    pool = sorted(set("".join(parts)))
    output = "".join(draw(st.permutations(pool))[: draw(st.integers(0, len(pool)))])
    explicit = draw(st.booleans())
    spelled, shapes = [], []
    for part in parts:
        place, more = draw(st.integers(0, len(part))), draw(st.integers(0, 2)) if dots else 0
        extra = tuple(draw(st.sampled_from([1, 5])) for _ in range(more))
        spelled.append(part[:place] + ("..." if dots else "") + part[place:])
        shapes.append((*(SIZES[name] for name in part[:place]), *extra, *(SIZES[name] for name in part[place:])))
    return ",".join(spelled) + ("->" + ("..." if dots else "") + output) * explicit, shapes


@settings(max_examples=60, deadline=None)
@given(sums(), st.integers(0, 2**31))
def test_values_are_numpys(drawn, seed):
    subscripts, shapes = drawn
    values = [np.random.default_rng(seed).normal(size=shape) for shape in shapes]
    wanted = np.einsum(subscripts, *values)
    variables = [T.TensorType("float64", [n == 1 for n in shape])() for shape in shapes]
    for optimize in (True, False):
        found = evaluate(T.einsum(subscripts, *variables, optimize=optimize), dict(zip(variables, values)))
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ij,jk,kl->li", [(2, 3), (3, 4), (4, 5)]),
        ("bij,bkj->bik", [(2, 3, 4), (2, 5, 4)]),
        ("abij,abjk->bika", [(2, 2, 3, 4), (2, 2, 4, 2)]),
        ("ii,ij->j", [(3, 3), (3, 2)]),
        ("...ij,...j->...i", [(2, 3, 4), (4,)]),
        ("i,i,i", [(3,), (3,), (3,)]),
        ("ij,ij", [(2, 3), (2, 3)]),
        ("bi,bi->b", [(2, 3), (2, 3)]),
        ("ijk,jkl->il", [(2, 3, 4), (3, 4, 2)]),
    ],
)
def test_laws(subscripts, shapes):
    rng = np.random.default_rng(0)
    values = [rng.normal(size=shape) for shape in shapes]
    np.testing.assert_allclose(check(lambda *x: T.einsum(subscripts, *x), *values), np.einsum(subscripts, *values))


@pytest.mark.parametrize("dtype", ["bool", "int8", "float16", "float32", "complex64"])
def test_sums_are_rounded_in_the_common_dtype(dtype):
    x, y = T.TensorType(dtype, (False,) * 3)("x"), T.TensorType("int8" if dtype == "int8" else dtype, (False,) * 2)("y")
    a, b = (np.arange(-12, 12).reshape(2, 3, 4) % 5).astype(dtype), (np.arange(12).reshape(3, 4) % 3).astype(dtype)
    subscripts = ["aij,ij->a", "aij->a", "aij,kj->aik", "aij,aij->ij", "aij,aik->ajk"]
    operands = [[x, y], [x], [x, y], [x, x], [x, x]]
    f = theano.function([x, y], [T.einsum(s, *o) for s, o in zip(subscripts, operands)])
    for s, o, found in zip(subscripts, operands, f(a, b)):
        wanted = np.einsum(s, *({x: a, y: b}[v] for v in o))
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=2e-3 if dtype == "float16" else 1e-5)


def test_the_form_with_lists_of_axes():
    a, b = T.dmatrices("a", "b")
    values = {a: np.arange(6.0).reshape(2, 3), b: np.arange(12.0).reshape(3, 4)}
    for axes in ([a, [5, 1], b, [1, 0]], [a, [0, ...], b, [..., 3], [3, ..., 0]], [a, [1, 0]]):
        given = [values.get(entry, entry) if not isinstance(entry, list) else entry for entry in axes]
        np.testing.assert_allclose(evaluate(T.einsum(*axes), values), np.einsum(*given))


def test_it_compiles_to_matrix_products():
    a, b, t, u = *T.dmatrices("a", "b"), *T.dtensor3s("t", "u")

    def kinds(x):
        return {type(node.op) for node in theano.graph.io_toposort([a, b, t, u], [x])}

    assert Dot in kinds(T.einsum("ij,jk", a, b))
    assert BatchedDot in kinds(T.einsum("bij,bjk->bik", t, u)) and Dot in kinds(T.einsum("bij,jk->bik", t, a))
    assert not {Dot, BatchedDot} & kinds(T.einsum("bij,bij->b", t, u))


def test_the_cheapest_order():
    sizes = {"i": 1000, "j": 2, "k": 1000, "l": 3}
    cost, path = cheapest([frozenset("ij"), frozenset("jk"), frozenset("kl")], frozenset("il"), sizes)
    assert path == [(1, 2), (0, 1)] and cost == 2 * 1000 * 3 + 1000 * 2 * 3
    many = [frozenset({k, k + 1}) for k in range(12)]
    assert len(cheapest(many, frozenset({0, 12}), dict.fromkeys(range(13), 10))[1]) == 11


@pytest.mark.parametrize(
    ("shapes", "says"),
    [
        (((2, 3, 4), (2, 4, 5)), None), (((3, 4), (2, 4, 5)), None), (((2, 3, 4), (4,)), None), (((4,), (2, 4, 5)), None),
        (((1, 3, 4), (2, 4, 5)), None), (((2, 3, 4), (1, 4, 1)), None), (((6, 2, 3, 4), (2, 4, 5)), None), (((4,), (4,)), None),
        (((2, 3, 4), (2, 5, 4)), "inner dimensions differ"), (((2, 3, 1), (4, 5)), "inner dimensions differ"),
        (((2, 3, 4), (3, 4, 5)), "sizes"), (((), (2, 3)), "a number is no matrix"),
    ],
)  # fmt: skip
def test_matmul(shapes, says):
    values = [np.random.default_rng(k).normal(size=shape) for k, shape in enumerate(shapes)]
    x, y = (T.specify_shape(T.TensorType("float64", [n == 1 for n in shape])(), shape) for shape in shapes)
    if says is not None:
        with pytest.raises((ShapeError, VariableTypeError), match=says):
            x @ y
        return
    patterns = [[n == 1 for n in shape] for shape in shapes]
    np.testing.assert_allclose(check(lambda x, y: x @ y, *values, patterns=patterns), np.matmul(*values), rtol=1e-9)


@pytest.mark.parametrize(
    ("subscripts", "ranks", "says"),
    [
        ("ij,jk", [2], "2 subscripts for 1 operands"),
        ("ij->k", [2], "'k' is in the output and in no operand"),
        ("ij->ii", [2], "'i' is twice in the output"),
        ("i", [2], r"operand 0 has rank 2, and 1 axes are named"),
        ("i...->i", [2], "does not say where the axes of '...' are"),
        ("i1,i", [2, 1], "'1' names no axis"),
    ],
)
def test_subscripts_that_do_not_fit(subscripts, ranks, says):
    with pytest.raises(ValueError, match=says):
        T.einsum(subscripts, *(T.TensorType("float64", (False,) * rank)() for rank in ranks))


def test_sizes_that_differ():
    a, b = T.specify_shape(T.dmatrix("a"), (2, 3)), T.specify_shape(T.dmatrix("b"), (2, 5))
    with pytest.raises(ShapeError, match="the sizes of 'j' differ: 3 and 5"):
        T.einsum("ij,jk", a, T.specify_shape(T.dmatrix("b"), (5, 2)))
    with pytest.raises(ShapeError, match="the sizes of 'i' differ"):
        T.einsum("ii", b)
    x, y = T.dtensor4("x"), T.dtensor4("y")
    for product in (T.einsum("abij,abjk->abik", x, y), T.tensordot(x, y, [[0, 1], [0, 1]]), T.einsum("abij,abij", x, y)):
        f = theano.function([x, y], product)
        with pytest.raises(ShapeError):
            f(np.ones((2, 3, 1, 1)), np.ones((3, 2, 1, 1)))
    square = theano.function([x], T.einsum("iijk->i", x))
    with pytest.raises(ShapeError):
        square(np.ones((2, 3, 1, 1)))
