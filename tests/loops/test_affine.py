"""Offsets as multiples of an index."""

from __future__ import annotations

import numpy as np
import pytest

from theano.loops.affine import is_constant, split
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Trace, Value, select

t = Trace()
i, j, n = t.leaf("index", "int64", 0), t.leaf("index", "int64", 1), t.leaf("size", "int64", 0)


def test_parts() -> None:
    for offset, coefficient in [
        (i, 1),
        (i + 7, 1),
        (n - i, -1),
        (-i, -1),
        (3 * i + j, 3),
        ((i + j) * 2 - i, 1),
        ((i << 2) + n, 4),
        (j * n, 0),
        (i - i, 0),
    ]:
        assert is_constant(split(offset, i)[0], coefficient), offset
    assert split(i * n + j, i) == (n, j)
    assert split((i + 2) * (n + 1), i)[0] is n + 1
    assert split(select(j < 3, i, i + 5), i)[1].op == "select"


BENT = [i * i, i // 2, i % n, select(i < 3, i, n), t.load(0, i, "int64") + i, (i.cast("int32") * 2).cast("int64"), n << i]


@pytest.mark.parametrize("offset", BENT)
def test_not_affine(offset: Value) -> None:
    assert split(offset, i) == (None, offset)


def random_offset(draw: np.random.Generator, depth: int) -> Value:
    if depth == 0:
        return (i, j, n, t.const(int(draw.integers(-4, 5)), "int64"))[draw.integers(4)]
    a, b = random_offset(draw, depth - 1), random_offset(draw, depth - 1)
    return (a + b, a - b, a * b, -a, a << int(draw.integers(4)), select(j < n, a, b), a // 3)[draw.integers(7)]


@pytest.mark.parametrize("seed", range(60))
def test_the_parts_make_the_whole(seed: int) -> None:
    draw = np.random.default_rng(seed)
    offset = random_offset(draw, 4)
    coefficient, rest = split(offset, i)
    if coefficient is None:
        return
    places = np.arange(-5, 6)
    leaves = {i: places, j: np.int64(3), n: np.int64(draw.integers(10))}
    found = evaluate([offset, coefficient, rest], lambda leaf: np.asarray(leaves[leaf]))
    whole, factor, base = (np.broadcast_to(a, places.shape) for a in found)
    np.testing.assert_array_equal(whole, factor * places + base)
    assert len(set(factor.tolist())) == 1 and (len(set(base.tolist())) == 1 or coefficient is rest)


def test_long_sums_are_no_recursion() -> None:
    offset = i
    for k in range(20000):
        offset = offset + k
    assert is_constant(split(offset, i)[0], 1)
