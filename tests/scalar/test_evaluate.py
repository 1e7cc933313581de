"""Every instruction is total, and means the same as Python's exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest

from theano.scalar.evaluate import cast, evaluate, fused
from theano.scalar.instructions import INTEGERS, SIGNED, UNSIGNED, Trace, binary, fma, rarely, select, unary


def run(build, *arrays, **options):
    trace = Trace()
    result = build(*(trace.leaf("input", a.dtype.name, k) for k, a in enumerate(arrays)))
    return evaluate([result], lambda leaf: arrays[leaf.data], **options)[0]


def corners(dtype):
    limits = np.iinfo(dtype)
    return sorted({limits.min, limits.max, 0, 1, 2, 3, 7, limits.max - 1, limits.max // 2, *([-1, -2, -7] if limits.min else [])})


def wrapped(number, dtype):
    bits = np.iinfo(dtype).bits
    number %= 1 << bits
    return number - (1 << bits) if dtype in SIGNED and number >> (bits - 1) else number


BINARY = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "floordiv": lambda a, b: a // b if b else 0,
    "mod": lambda a, b: a % b if b else 0,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "min": min,
    "max": max,
}


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_wrap_and_division_is_total(dtype):
    a, b = (x.ravel() for x in np.meshgrid(np.array(corners(dtype), dtype), np.array(corners(dtype), dtype)))
    for op, exact in BINARY.items():
        expected = [wrapped(exact(int(p), int(q)), dtype) for p, q in zip(a, b)]
        assert run(lambda x, y, op=op: binary(op, x, y), a, b).tolist() == expected, op
    assert run(lambda x: -x, a).tolist() == [wrapped(-int(p), dtype) for p in a]
    assert run(abs, a).tolist() == [wrapped(abs(int(p)), dtype) for p in a]
    assert run(lambda x: ~x, a).tolist() == [wrapped(~int(p), dtype) for p in a]


@pytest.mark.parametrize("dtype", INTEGERS)
def test_shifts_by_any_count(dtype):
    """A count is read as unsigned; by the width or more all bits leave."""
    bits = np.iinfo(dtype).bits
    counts = [0, 1, bits - 1, bits, bits + 1, 100] + ([-1] if dtype in SIGNED else [])
    a, b = (x.ravel() for x in np.meshgrid(np.array(corners(dtype), dtype), np.array(counts, dtype)))
    for p, q, left, right in zip(a.tolist(), b.tolist(), run(lambda x, y: x << y, a, b).tolist(), run(lambda x, y: x >> y, a, b).tolist()):
        inside = 0 <= q < bits
        assert left == (wrapped(p << q, dtype) if inside else 0)
        assert right == (p >> q if inside else (-1 if p < 0 else 0))


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("source", ["float16", "float32", "float64"])
def test_floats_saturate_in_integers(source, dtype):
    limits = np.iinfo(dtype)
    numbers = [0.0, -0.0, 0.9, -0.9, 1.5, -1.5, 127.5, -128.5, 255.9, 3e4, -3e4, 1e9, -1e9, 3e9, 2.0**63, -(2.0**63), 2.0**64, 1e30, -1e30]
    with np.errstate(all="ignore"):
        x = np.array([*numbers, np.inf, -np.inf, np.nan]).astype(source)
    expected = [
        0 if v != v else limits.max if v == np.inf else limits.min if v == -np.inf else min(max(int(v), limits.min), limits.max)
        for v in x.astype("float64").tolist()
    ]
    assert cast(x, dtype).tolist() == expected
    assert cast(x, dtype).dtype == dtype


def test_casts_to_bool_and_between_integers():
    assert cast(np.array([0.0, -0.0, np.nan, 0.1, np.inf]), "bool").tolist() == [False, False, True, True, True]
    assert cast(np.array([300, -1]), "uint8").tolist() == [44, 255]
    assert cast(np.array([True, False]), "float32").tolist() == [1.0, 0.0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fma_rounds_once(dtype):
    """Against exact fractions, above all where the sum cancels."""
    rng = np.random.default_rng(0)
    x, y = (rng.uniform(-2, 2, 500).astype(dtype) for _ in range(2))
    z = np.where(rng.random(500) < 0.7, -(x * y), rng.uniform(-4, 4, 500).astype(dtype))
    exact = [Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)) for a, b, c in zip(x, y, z)]
    expected = [float(np.float32(float(e))) if dtype == "float32" else float(e) for e in exact]
    assert fused(x, y, z).tolist() == expected
    assert run(lambda a, b, c: fma(a, b, c), x, y, z, has_fma=False).tolist() == (x * y + z).tolist()


def test_fma_at_the_ends():
    x = np.array([1e308, np.inf, np.inf, 1e-200, 1e-320])
    y, z = np.array([10.0, 0.0, 1.0, 1e-200, 1.0]), np.array([0.0, 1.0, -np.inf, 1.0, 0.0])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(fused(x, y, z), [np.inf, np.nan, np.nan, 1.0, 1e-320])
    for dtype in ("float32", "float64"):
        zero = np.array([-0.0], dtype)
        assert np.signbit(fused(zero, -zero + 1, zero)).all()


def test_comparisons_with_nan():
    x, y = np.array([np.nan, 1.0, 0.0]), np.array([1.0, np.nan, -0.0])
    assert run(lambda a, b: a < b, x, y).tolist() == [False, False, False]
    assert run(lambda a, b: a <= b, x, y).tolist() == [False, False, True]
    assert run(lambda a, b: a.equals(b), x, y).tolist() == [False, False, True]
    assert run(lambda a, b: a.differs(b), x, y).tolist() == [True, True, False]


@pytest.mark.parametrize("op", ["min", "max"])
def test_extrema_propagate_nan(op):
    x, y = np.array([np.nan, 1.0, 2.0, np.nan]), np.array([1.0, np.nan, 3.0, np.nan])
    expected = {"min": [np.nan, np.nan, 2.0, np.nan], "max": [np.nan, np.nan, 3.0, np.nan]}[op]
    np.testing.assert_array_equal(run(lambda a, b: binary(op, a, b), x, y), expected)


def test_selection_bits_and_rounding():
    x = np.array([-1.5, 2.5, -0.0], "float32")
    assert run(lambda a: select(a < 0.0, -a, a), x).tolist() == [1.5, 2.5, 0.0]
    assert run(lambda a: rarely(a < 0.0, -a, a), x).tolist() == [1.5, 2.5, 0.0]
    assert run(lambda a: a.bitcast("uint32"), x).tolist() == [0xBFC00000, 0x40200000, 0x80000000]
    assert run(lambda a: unary("rint", a), x).tolist() == [-2.0, 2.0, 0.0]
    assert run(lambda a: unary("trunc", a), x).tolist() == [-1.0, 2.0, 0.0]


def test_a_leaf_of_another_dtype_is_refused():
    with pytest.raises(TypeError, match="float64"):
        evaluate([Trace().leaf("input", "float32", 0)], lambda leaf: np.zeros(1))


@pytest.mark.parametrize("dtype", UNSIGNED)
def test_unsigned_wrap(dtype):
    assert run(lambda x: x - 1, np.zeros(1, dtype)).tolist() == [np.iinfo(dtype).max]
