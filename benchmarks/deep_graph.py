"""How building, differentiating, compiling, pickling and running grow with the size of a graph.

    python benchmarks/deep_graph.py            a chain of 100,000 nodes, then the slope from 1,000 to 10,000
    python benchmarks/deep_graph.py 20000      a chain of that many nodes only

The chain alternates tanh and a scaling, so no rewrite shortens it.  The interpreter's recursion limit stays as it is.
"""

from __future__ import annotations

import math
import pickle
import resource
import sys
import tempfile
import time

import numpy as np

import theano
import theano.tensor as T


def chain(nodes: int) -> tuple[T.TensorVariable, T.TensorVariable]:
    x = T.dvector("x")
    y = x
    for _ in range(nodes // 2):
        y = T.tanh(y) * 0.9
    return x, y


def everything(nodes: int) -> None:
    start = time.perf_counter()

    def lap(what: str) -> None:
        nonlocal start
        now = time.perf_counter()
        print(f"  {what:14s} {now - start:7.2f} s", flush=True)
        start = time.perf_counter()

    begin = time.perf_counter()
    x, y = chain(nodes)
    lap("build")
    gradient = T.grad(y.sum(), x)
    lap("differentiate")
    f = theano.function([x], [y.sum(), gradient])
    lap("compile")
    x2, y2 = pickle.loads(pickle.dumps((x, y)))
    lap("pickle")
    value, slope = f(np.linspace(-1, 1, 10))
    lap("run")
    total = time.perf_counter() - begin
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  {nodes} nodes: {total:.1f} s, {memory:.2f} GB, recursion limit {sys.getrecursionlimit()}")
    again = theano.function([x2], y2.sum())(np.linspace(-1, 1, 10))
    assert np.isclose(value, again) and slope.shape == (10,), "the graph that was pickled computes something else"


def compile_time(nodes: int) -> float:
    theano.config.base_compiledir = tempfile.mkdtemp()  # nothing is found that was compiled before
    x, y = chain(nodes)
    outputs = [y.sum(), T.grad(y.sum(), x)]
    start = time.perf_counter()
    theano.function([x], outputs)
    return time.perf_counter() - start


def slope() -> None:
    sizes = [1000, 1800, 3200, 5600, 10000]
    compile_time(100)
    seconds = [min(compile_time(n) for _ in range(2)) for n in sizes]
    for n, s in zip(sizes, seconds, strict=True):
        print(f"  compile {n:6d} nodes {s:7.3f} s, {s / n * 1e6:6.1f} us a node")
    gradient = np.polyfit([math.log(n) for n in sizes], [math.log(s) for s in seconds], 1)[0]
    print(f"  log-log slope {gradient:.3f}")


if __name__ == "__main__":
    theano.config.base_compiledir = tempfile.mkdtemp()
    if len(sys.argv) > 1:
        everything(int(sys.argv[1]))
    else:
        everything(100_000)
        slope()
