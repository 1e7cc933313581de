"""The pool: every part once, results that do not depend on threads, failures in order, forks, re-entrancy."""

import ctypes
import os
import sys
import threading

import numpy as np
import pytest

from tests.runtime.building import Building, Failed
from theano.runtime import pool

PART = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)
RUN = ctypes.CFUNCTYPE(None, PART, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
threaded = pytest.mark.skipif(not pool.THREADED, reason="serial on this platform")


@pytest.fixture(params=[1, 2, 4])
def threads(request):
    before = pool.threads()
    pool.set_threads(request.param)
    yield request.param
    pool.set_threads(before)


def run(function, parts):
    RUN(pool.address("theano_run_parts"))(PART(function), None, parts, pool.MOST_THREADS)


@threaded
def test_every_part_runs_once_however_often(threads):
    for parts in (1, 2, 3, 17, 64):
        for _ in range(20):
            seen = []
            run(lambda _, part: seen.append(part), parts)
            assert sorted(seen) == list(range(parts))


def test_a_job_inside_a_job_runs_serially(threads):
    seen = []
    run(lambda _, part: run(lambda _, inner: seen.append((part, inner)), 3), 4)
    assert sorted(seen) == [(a, b) for a in range(4) for b in range(3)]


def test_jobs_of_several_threads_at_once(threads):
    totals = [0, 0, 0]

    def work(k):
        for _ in range(30):
            seen = []
            run(lambda _, part: seen.append(part), 8)
            totals[k] += sorted(seen) == list(range(8))

    callers = [threading.Thread(target=work, args=(k,)) for k in range(3)]
    [c.start() for c in callers]
    [c.join() for c in callers]
    assert totals == [30, 30, 30]


def spread(function, rank=1):
    b = Building()
    x = b.input(rank)
    b.map(function, b.output(*x.shape), x)
    return b.compile(result="single")


def test_results_do_not_depend_on_threads():
    f, rng, before = spread(lambda v: (v * 1.7 + 0.3) * v - 2.0), np.random.default_rng(0), pool.threads()
    b = Building()
    x, y = b.input(2), b.input(2)
    b.gemm(b.output(x.shape[0], y.shape[1]), x, y)
    product = b.compile(result="single")
    for n in (100, 200_001, 1_000_003):
        x, y = rng.standard_normal(n), rng.standard_normal((600, 700))
        found = []
        for threads in (1, 2, 3):
            pool.set_threads(threads)
            found.append((f(x).tobytes(), product(y, y.T.copy()).tobytes()))
        assert found[0] == found[1] == found[2]
    pool.set_threads(before)


def test_of_failing_parts_the_lowest_is_reported(threads):
    b = Building()
    x, index = b.input(1), b.input(1, "int64")
    b.gather(b.output(*index.shape), x, index, parallel=True)
    f, index = b.compile(), np.zeros(300_000, "int64")
    for places in ((299_999,), (150_001, 5), (299_000, 200_000, 100_000)):
        bad = index.copy()
        for number, place in enumerate(places):
            bad[place] = 100 + number
        for _ in range(5):
            with pytest.raises(Failed) as caught:
                f(np.ones(3), bad)
            assert caught.value.args[:2] == (1, 100 + int(np.argmin(places)))


@threaded
def test_a_forked_child_has_a_pool_of_its_own():
    f, x = spread(lambda v: v + 1.0), np.zeros(400_000)
    pool.set_threads(2)
    f(x)
    assert pool.workers() >= 1
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        fresh = pool.workers() == 0
        os._exit(0 if fresh and all((f(x) == 1).all() for _ in range(5)) and pool.workers() >= 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (f(x) == 1).all()
