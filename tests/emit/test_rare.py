"""Detours: what few elements need runs only for them, and the results are those of straight code to the bit."""

from __future__ import annotations

import numpy as np
import pytest

from tests.emit.build import Build, agree, levels, put, run_native, same, serial, vector
from theano.emit.llvm import rare
from theano.emit.llvm.kernel import emit_kernel
from theano.emit.llvm.target import target
from theano.loops.ir import Accumulator
from theano.scalar.instructions import Value, intrinsic, rarely

COUNT = 77  # full vectors and a rest on every level


def costly(x: Value, rounds: int = 2 * rare.WORTH) -> Value:
    result = x
    for k in range(rounds):
        result = result * x - float(k)
    return result


def some(dtype: str, where: str) -> np.ndarray:
    """Numbers below 1, and a few beyond."""
    x = np.random.default_rng(0).uniform(-1, 1, COUNT).astype(dtype)
    x[{"nowhere": [], "once": [41], "at the end": [COUNT - 1], "everywhere": slice(None)}[where]] = 3
    return x


PLACES = ("nowhere", "once", "at the end", "everywhere")


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("loop", [vector, serial])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_sides(dtype, loop, where):
    b = Build()
    x, y, n, i = b.buffer(dtype), b.buffer(dtype), b.size(), b.index(0)
    v = b.load(x, i)
    agree(b.kernel(loop(0, n, put(y, i, rarely(v > 2.0, costly(v), v + 1.0)))), [some(dtype, where), np.zeros(COUNT, dtype)], [COUNT])


@pytest.mark.parametrize("where", PLACES)
def test_choices_on_one_condition_share_a_detour(where):
    """One of them is stored by a second statement, the other is added up."""
    b = Build()
    x, y, z, r = (b.buffer("float64") for _ in range(4))
    n, i = b.size(), b.index(0)
    v = b.load(x, i)
    far, shared = v > 2.0, costly(v)
    one, other = rarely(far, shared, v), rarely(far, costly(shared), v * 2.0)
    body = put(y, i, one + other), put(z, i, one)
    total = Accumulator(0, "add", (other,))
    kernel = b.kernel(vector(0, n, *body, accumulators=[total]), put(r, b.int(0), b.acc(0, "float64")))
    assert len(set(rare.detours(kernel.body).values())) == 1
    agree(kernel, [some("float64", where), np.zeros(COUNT), np.zeros(COUNT), np.zeros(1)], [COUNT])


@pytest.mark.parametrize("where", PLACES)
def test_a_choice_made_from_another_on_the_same_condition(where):
    b = Build()
    x, y, n, i = b.buffer("float64"), b.buffer("float64"), b.size(), b.index(0)
    v = b.load(x, i)
    first = rarely(v > 2.0, costly(v), v + 1.0)
    kernel = b.kernel(vector(0, n, put(y, i, rarely(v > 2.0, costly(first), first * first))))
    assert len(set(rare.detours(kernel.body).values())) == 2
    agree(kernel, [some("float64", where), np.zeros(COUNT)], [COUNT])


@pytest.mark.parametrize("where", PLACES)
def test_detours_within_detours(where):
    b = Build()
    x, y, n, i = b.buffer("float64"), b.buffer("float64"), b.size(), b.index(0)
    v = b.load(x, i)
    inner = rarely(v > 2.5, costly(v), v - 1.0)
    value = rarely(v > 2.0, costly(inner) + inner, v + 0.5)
    agree(b.kernel(vector(0, n, put(y, i, value))), [some("float64", where), np.zeros(COUNT)], [COUNT])


@pytest.mark.parametrize("where", PLACES)
def test_in_nested_loops_with_parts_from_outside(where):
    """The condition, the unusual and the usual side come from different loops."""
    b = Build()
    x, y, out = b.buffer("float64"), b.buffer("float64"), b.buffer("float64")
    n, m, i, j = b.size(), b.size(), b.index(0), b.index(1)
    row, element, s = b.load(x, i), b.load(y, j), b.scalar("float64")
    place = i * m + j
    value = (
        rarely(row > 2.0, costly(element), costly(row))
        + rarely(element > 2.0, costly(row * s), element)
        + rarely(row > 2.0, costly(row), row)
    )
    kernel = b.kernel(serial(0, n, vector(1, m, put(out, place, value))))
    agree(kernel, [some("float64", where), some("float64", "once"), np.zeros(COUNT * COUNT)], [COUNT, COUNT], [0.25])


def test_what_is_needed_elsewhere_is_computed_always():
    b = Build()
    x, y, z, n, i = b.buffer("float64"), b.buffer("float64"), b.buffer("float64"), b.size(), b.index(0)
    v = b.load(x, i)
    everywhere = costly(v)
    kernel = b.kernel(vector(0, n, put(y, i, rarely(v > 2.0, everywhere * costly(everywhere), v)), put(z, i, everywhere)))
    (detour,) = set(rare.detours(kernel.body).values())
    assert everywhere not in detour.inside and everywhere in detour.needs
    agree(kernel, [some("float64", "once"), np.zeros(COUNT), np.zeros(COUNT)], [COUNT])


def test_little_work_is_not_put_aside():
    b = Build()
    x, y, n, i = b.buffer("float64"), b.buffer("float64"), b.size(), b.index(0)
    v = b.load(x, i)
    assert not rare.detours(b.kernel(vector(0, n, put(y, i, rarely(v > 2.0, v * 2.0, v)))).body)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sines_are_equal_with_and_without(dtype, monkeypatch):
    """Near and far angles mixed; on all levels."""
    b = Build()
    x, y, z, n, i = b.buffer(dtype), b.buffer(dtype), b.buffer(dtype), b.size(), b.index(0)
    v = b.load(x, i)
    kernel = b.kernel(vector(0, n, put(y, i, intrinsic("sin", v)), put(z, i, intrinsic("cos", v))))
    rng = np.random.default_rng(1)
    arrays = [np.ldexp(rng.uniform(-1, 1, 3000), rng.choice([1, 1, 1, 1, 40, 120], 3000)).astype(dtype), *np.zeros((2, 3000), dtype)]
    for level in levels():
        monkeypatch.setattr(rare, "WORTH", 8)
        _, put_aside = run_native(kernel, level, arrays, [3000])
        assert "= phi <" in emit_kernel(kernel, "k", target(level))
        monkeypatch.setattr(rare, "WORTH", 10**9)
        _, straight = run_native(kernel, level, arrays, [3000])
        assert "= phi <" not in emit_kernel(kernel, "k", target(level))
        assert all(same(a, b) for a, b in zip(put_aside, straight))


def test_work_put_aside_does_not_narrow_the_lanes():
    """Far angles take 64 bits; the loop runs on as many lanes as 32 allow."""
    b = Build()
    x, y, n, i = b.buffer("float32"), b.buffer("float32"), b.size(), b.index(0)
    kernel = b.kernel(vector(0, n, put(y, i, intrinsic("sin", b.load(x, i)))))
    assert "<8 x float>" in emit_kernel(kernel, "k", target("avx2"))
