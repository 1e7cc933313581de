"""Large arrays from kept blocks."""

import gc
import sys

import numpy as np
import pytest

from tests.runtime.building import Building
from theano.runtime import allocator


@pytest.fixture
def copying():
    b = Building()
    x = b.input(1)
    b.map(lambda v: v, b.output(*x.shape), x)
    f = b.compile(result="single")
    allocator.trim()
    allocator.set_limit(1 << 26)
    yield f
    allocator.trim()
    allocator.set_limit(1 << 30)


def test_freed_blocks_serve_the_next_array_of_about_that_size(copying):
    x = np.arange(100_000.0)
    first = copying(x)
    assert allocator.kept() == 0
    place = first.ctypes.data
    del first
    assert allocator.kept() >= x.nbytes
    second = copying(x[:-1000].copy())
    assert second.ctypes.data == place and allocator.kept() == 0 and (second == x[:-1000]).all()
    assert second.ctypes.data % 64 == 0 and second.flags.owndata
    third = copying(np.ones(1_000_000))
    assert (third == 1).all() and (second == x[:-1000]).all()


def test_small_arrays_are_numpys_own(copying):
    copying(np.ones(10))
    gc.collect()
    assert allocator.kept() == 0


def test_the_limit_and_trim(copying):
    x = np.ones(1_000_000)
    allocator.set_limit(9 * x.nbytes // 4)
    held = [copying(x) for _ in range(5)]
    del held
    assert 0 < allocator.kept() <= 9 * x.nbytes // 4
    allocator.trim()
    assert allocator.kept() == 0


def test_an_array_may_be_resized_and_outlive_the_limit(copying):
    array = copying(np.arange(50_000.0))
    array.resize(100_000, refcheck=False)
    assert (array[:50_000] == np.arange(50_000.0)).all() and (array[50_000:] == 0).all()
    array.resize(10, refcheck=False)
    assert (array == np.arange(10.0)).all()


def test_nobody_elses_arrays_come_from_here(copying):
    copying(np.ones(100_000))
    try:
        from numpy._core.multiarray import get_handler_name
    except ImportError:
        from numpy.core.multiarray import get_handler_name
    array = copying(np.ones(100_000))
    assert get_handler_name(array) == "theano" and get_handler_name(np.ones(100_000)) == "default_allocator"
    assert sys.getrefcount(array) == 2
