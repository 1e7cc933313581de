"""Arithmetic, comparison and bits on every two dtypes, at the ends of both: every emitter computes what the reference says.

Integers wrap; division by 0, the least integer by -1, shifts beyond the width and by negative counts, negative powers of integers,
infinities, NaN and zeros of both signs have one result each, which is NumPy's where NumPy has one."""

import numpy as np
import pytest

import theano
from tests.laws.elementwise import accepted, assert_close, corners, traced
from theano.scalar import OPS
from theano.scalar.instructions import INTEGERS, REAL
from theano.tensor import TensorType
from theano.tensor.elemwise import elemwise

NAMES = (
    "add", "sub", "mul", "true_div", "int_div", "mod", "pow", "maximum", "minimum", "and_", "or_", "xor", "left_shift", "right_shift",
    "lt", "le", "gt", "ge", "eq", "neq", "second",
)  # fmt: skip
PAIRS = [(a, b) for a in REAL for b in REAL]
FEW = [(a, REAL[(k * 5 + 3) % len(REAL)]) for k, a in enumerate(REAL)]
"""Each dtype with another one."""
operations = pytest.mark.parametrize("op", [OPS[name] for name in NAMES], ids=repr)


def arguments(op, a, b):
    """The corners of both dtypes in all combinations, with counts of a shift about the widths of integers."""
    extremes = op.everywhere and op.name != "pow"
    left, right = corners(a, extremes), corners(b, extremes)
    if "shift" in op.name:
        right = right + [n for n in (8, 15, 16, 31, 32, 63, 64, 65) if n <= np.iinfo(b).max]
    return [grid.ravel() for grid in np.meshgrid(np.array(left, a), np.array(right, b))]


def checked(op, pairs, value):
    """``value(op, arrays)`` agrees with the reference for each of the ``pairs`` that ``op`` takes."""
    for a, b in pairs:
        if accepted(op, a, b) in REAL:
            arrays = arguments(op, a, b)
            assert_close(op, value(op, arrays), op.evaluate(*arrays)[0], arrays)


@operations
def test_the_meaning_of_the_instructions(op):
    checked(op, PAIRS, lambda op, arrays: traced(op, arrays, portable=True))


def compared_natively(op, pairs, mode):
    taken = [pair for pair in pairs if accepted(op, *pair) in REAL]
    variables = [[TensorType(dtype, (False,))() for dtype in pair] for pair in taken]
    f = theano.function([v for pair in variables for v in pair], [elemwise(op)(*pair) for pair in variables], mode=mode)
    arrays = [arguments(op, *pair) for pair in taken]
    for found, pair in zip(f(*(x for both in arrays for x in both)), arrays, strict=True):
        assert_close(op, found, op.evaluate(*pair)[0], pair)


@operations
def test_native_code_on_some_pairs(op):
    compared_natively(op, FEW, "FAST_RUN")


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["FAST_RUN", "REFERENCE"])
@operations
def test_native_code_on_every_pair(op, mode):
    compared_natively(op, PAIRS, mode)


@operations
def test_constants_are_folded_to_the_same(op):
    """What is known at compilation is computed by the reference: so it is no other result."""
    for a, b in FEW:
        if accepted(op, a, b) in REAL:
            arrays = arguments(op, a, b)
            node = elemwise(op)(*arrays).owner
            node.op.perform(node, arrays, cell := [[None]])
            assert_close(op, cell[0][0], traced(op, arrays, portable=True), arrays)


# ------------------------------------------------------------------------------------ in so many words


def values(name, dtype, *columns):
    x, y = (np.array(column, dtype) for column in columns)
    variables = [TensorType(dtype, (False,))() for _ in columns]
    native = theano.function(variables, elemwise(OPS[name])(*variables))(x, y)
    np.testing.assert_array_equal(native, OPS[name].evaluate(x, y)[0])
    return native.tolist()


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers(dtype):
    limits = np.iinfo(dtype)
    low, high = limits.min, limits.max
    assert values("add", dtype, [high, low], [1, 0]) == [low, low]
    assert values("sub", dtype, [low, 0], [1, 0]) == [high, 0]
    assert values("int_div", dtype, [7, low, 0], [0, 0, 0]) == values("mod", dtype, [7, low, 0], [0, 0, 0]) == [0, 0, 0]
    assert values("left_shift", dtype, [1, 1, 3], [limits.bits - 1, limits.bits, high]) == [low or high // 2 + 1, 0, 0]
    assert values("right_shift", dtype, [high, high], [limits.bits - 1, limits.bits]) == [0 if low else 1, 0]
    assert values("pow", dtype, [0, 2, high], [0, limits.bits, 2]) == [1, 0, 1]
    if low:
        assert values("int_div", dtype, [low, -7], [-1, 2]) == [low, -4] and values("mod", dtype, [low, -7], [-1, 2]) == [0, 1]
        assert values("left_shift", dtype, [1], [-1]) == [0] and values("right_shift", dtype, [-5, -5, 5], [limits.bits, -1, -1]) == [
            -1,
            -1,
            0,
        ]
        assert values("pow", dtype, [2, 1, -1, -1, 0], [-1, -3, -2, -3, -1]) == [0, 1, 1, -1, 0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats(dtype):
    inf, nan = np.inf, np.nan
    x, y = [1.0, -1.0, 0.0, inf, 1.0, -1.0, 1.0, nan, -0.0, 7.0], [0.0, 0.0, 0.0, 2.0, inf, inf, -inf, 1.0, 2.0, -2.0]
    np.testing.assert_array_equal(values("int_div", dtype, x, y), [inf, -inf, nan, nan, 0.0, -1.0, -1.0, nan, -0.0, -4.0])
    np.testing.assert_array_equal(values("mod", dtype, x, y), [nan, nan, nan, nan, 1.0, inf, -inf, nan, 0.0, -1.0])
    assert np.signbit(values("int_div", dtype, [-0.0, 1.0], [2.0, -inf])).tolist() == [True, True]
    assert np.signbit(values("mod", dtype, [-4.0, 4.0, -0.0], [2.0, -2.0, 2.0])).tolist() == [False, True, False]


def test_what_has_no_common_integer_has_no_bits():
    for name in ("and_", "or_", "xor", "left_shift", "right_shift"):
        assert accepted(OPS[name], "uint64", "int64") is None and accepted(OPS[name], "uint64", "uint8") == "uint64"
        assert accepted(OPS[name], "float64", "int8") is None
    assert accepted(OPS["left_shift"], "bool", "bool") is None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_remainder_is_exact_for_any_quotient(dtype):
    rng = np.random.default_rng(0)
    x, y = (np.frombuffer(rng.bytes(2**17), dtype) for _ in range(2))  # any bits at all
    values("mod", dtype, x, y)
