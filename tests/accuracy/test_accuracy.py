"""What `docs/accuracy.md` records is what declarations promise, and a sample of the sweep agrees."""

import numpy as np
import pytest

import theano
from tests.accuracy import table
from tests.accuracy.measure import error_in_ulp, measure, sweep, values
from tests.accuracy.truth import FUNCTIONS, points
from tests.emit.build import levels, same
from theano.emit.llvm.target import target
from theano.errors import CompileError
from theano.runtime import pool
from theano.scalar import OPS
from theano.tensor import TensorType, sin
from theano.tensor.elemwise import elemwise

SWEPT = [name for name, function in FUNCTIONS.items() if function.arity == 1 and function.everywhere]
UNLISTED = {"angle", "complex_from_polar", "ultra_fast_sigmoid"}
"""A function, or a product, of complex numbers' parts, and a stand-in that is rough by itself; held to their references by the laws."""
TWICE = {"xlogx", "xlogy0", "log1mexp"}
"""Formulas of two functions, or of one and a product, each of which rounds."""


def test_every_approximation_is_listed():
    approximate = {name for name, op in OPS.items() if op.has_body and op.ulp > 0.5}
    assert approximate - UNLISTED == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_recorded_errors_are_within_what_is_declared(name):
    for dtype in table.DTYPES:
        row = table.read()[name, dtype]
        assert max(row.fused.error, row.separate.error) <= OPS[name].ulp, row
        assert table.as_text(row) in table.PAGE.read_text().splitlines(), "declared otherwise since: python -m tests.accuracy"


def test_the_common_functions_are_within_two_units():
    assert all(OPS[name].ulp <= 2 for name in FUNCTIONS if FUNCTIONS[name].everywhere and name not in TWICE)


@pytest.mark.parametrize("name", SWEPT)
def test_a_sample_of_the_sweep(name):
    """Some runs of neighbours in every exponent."""
    for worst in map(max, zip(*(sweep(name, first, 1 << 12) for first in range(0x155, 1 << 32, 1 << 25)))):
        assert worst.error <= OPS[name].ulp, worst


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_sample_against_high_precision(name):
    for dtype in table.DTYPES:
        for worst in measure(name, points(name, 120, 99, dtype)):
            assert worst.error <= OPS[name].ulp, (dtype, worst)


@pytest.mark.parametrize("dtype", table.DTYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_levels_agree_to_the_bit(name, dtype):
    """What is measured on one machine holds on the others."""
    arrays = points(name, 600, 5, dtype)
    for level in levels():
        has_fma = target(level).has_fma
        assert same(values(name, arrays, has_fma, level), values(name, arrays, has_fma)), level


def test_whole_functions_agree_to_the_bit_on_levels_and_threads():
    """Elements, sums and arg-extrema; ``config.cpu`` is part of what a function is known by."""
    x = TensorType("float32", (False,))("x")
    results = [elemwise(OPS[name])(x) for name in SWEPT]
    outputs = [*results, *(r.sum() for r in results), sin(x).argmax()]
    array = np.random.default_rng(0).uniform(-3, 3, 300_001).astype("float32")
    reached, before = {}, pool.threads()
    for level in ("native", *levels()):
        with theano.config.change_flags(cpu=level):
            f = theano.function([x], outputs)
        for threads in (1, 2):
            pool.set_threads(threads)
            reached[level, threads] = f(array)
    pool.set_threads(before)
    for (level, threads), found in reached.items():
        like = reached["native" if target(None if level == "native" else level).has_fma == target().has_fma else level, 1]
        assert all(same(np.asarray(a), np.asarray(b)) for a, b in zip(found, like)), (level, threads)
    if "baseline" in levels() and target().has_fma:
        assert any((a != b).any() for a, b in zip(reached["baseline", 1], reached["native", 1])), "the level had no effect"


def test_a_level_that_this_machine_lacks_is_refused(monkeypatch):
    monkeypatch.setattr("theano.emit.llvm.target._host", lambda: target("baseline"))
    with theano.config.change_flags(cpu="avx512"), pytest.raises(CompileError, match="cannot run such code"):
        target()


def test_units():
    assert error_in_ulp(1.0 + 2.0**-52, 1, "float64") == 1
    assert error_in_ulp(0.0, 2.0**-149, "float32") == 1
    assert error_in_ulp(float("inf"), np.finfo("float32").max.item(), "float32") == 1
    assert error_in_ulp(float("inf"), 2.0**200, "float32") == 0
    assert error_in_ulp(float("nan"), 1, "float64") == np.inf
    assert error_in_ulp(2.0**-60, 0, "float64", scale=0.25) == 2.0**-6
