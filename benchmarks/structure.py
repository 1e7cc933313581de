"""Structure beside NumPy, torch and jax: python benchmarks/structure.py [WORD ...]

Operations that compute little and move much, on 10³ to 10⁷ elements.  For each size the ratio is theano's time to that of the
fastest other contender, so that below 1 theano is the fastest of all; what counts of a case is the median over its sizes.
--sizes 3 5 measures 10³ and 10⁵ only, --rounds and --threads (here 2) are those of benchmarks/run.py.

Medians found on two cores of a Xeon with AVX-512 (NumPy 2.4, torch 2.13, jax 0.10): cumsum 0.62, sort 0.97 (it is NumPy's), one-hot
0.18, bincount 0.78, transpose-and-add 0.91, join of 8 0.68, strided slices 0.51.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np

import theano
import theano.tensor as T
from run import RNG, agree, array, environment, has, measure, peers

SIZES = (3, 4, 5, 6, 7)
"""Powers of ten."""
CLASSES = 10
DIGITS = 1000


def cumsum(size):
    """Running sums of a vector of float32."""
    yield from contenders(T.fvector, lambda m: lambda x: m.cumsum(x, 0), RNG.integers(-9, 10, size).astype("float32"))


def sort(size):
    """A vector of float32 in ascending order."""
    x, v = array(size), T.fvector()
    f = theano.function([v], T.sort(v))
    yield "theano", lambda: f(x)
    yield "numpy", lambda: np.sort(x)
    yield from peers(lambda m: (lambda a: m.sort(a).values) if m.__name__ == "torch" else m.sort, x)


def one_hot(size):
    """A float32 row of ten columns for each of size / 10 classes, with a one in the column of the class."""
    classes, v = RNG.integers(0, CLASSES, size // CLASSES), T.lvector()
    f, columns = theano.function([v], T.extra_ops.to_one_hot(v, CLASSES, "float32")), np.arange(CLASSES)
    yield "theano", lambda: f(classes)
    yield "numpy", lambda: (classes[:, None] == columns).astype("float32")
    yield from peers(one_hot_of, classes)


def one_hot_of(m):
    if m.__name__ == "torch":
        rows = m.eye(CLASSES)
        return lambda a: rows[a]
    import jax

    return lambda a: jax.nn.one_hot(a, CLASSES)


def bincount(size):
    """How often each number below 1000 occurs among int64."""
    numbers, v = np.append(RNG.integers(0, DIGITS, size - 1), DIGITS - 1), T.lvector()
    f = theano.function([v], T.extra_ops.bincount(v))
    yield "theano", lambda: f(numbers)
    yield "numpy", lambda: np.bincount(numbers)
    yield from peers(lambda m: m.bincount if m.__name__ == "torch" else lambda a: m.bincount(a, length=DIGITS), numbers)


def transpose_and_add(size):
    """A square matrix plus its transpose, float32."""
    yield from contenders(T.fmatrix, lambda m: lambda x: x + x.T, array(*square(size)))


def join_of_8(size):
    """Eight vectors of float32 one after the other."""
    parts = [array(size // 8) for _ in range(8)]
    joined = {"numpy": "concatenate", "torch": "cat"}
    yield from contenders(T.fvector, lambda m: lambda *xs: getattr(m, joined.get(m.__name__, "concatenate"))(xs), *parts)


def strided_slices(size):
    """The differences of a matrix's even rows and odd columns and its odd rows and even columns, float32."""
    yield from contenders(T.fmatrix, lambda m: lambda x: x[::2, 1::2] - x[1::2, ::2], array(*square(size)))


def square(size):
    side = int(size**0.5) // 2 * 2
    return side, side


def contenders(kind, build, *arrays):
    """All of them, for the function that ``build`` makes with their namespace."""
    symbols = [kind() for _ in arrays]
    f, by_numpy = theano.function(symbols, build(T)(*symbols)), build(np)
    yield "theano", lambda: f(*arrays)
    yield "numpy", lambda: by_numpy(*arrays)
    yield from peers(build, *arrays)


CASES = (cumsum, sort, one_hot, bincount, transpose_and_add, join_of_8, strided_slices)


def main(words=(), sizes=SIZES, rounds=15):
    if has("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
    for case in CASES:
        if words and not any(word in case.__name__ for word in words):
            continue
        print(f"{case.__name__}: {case.__doc__}")
        ratios = []
        for power in sizes:
            calls = dict(case(10**power))
            agree(calls)
            found = measure(calls, rounds)
            ratios.append(found["theano"] / min(seconds for name, seconds in found.items() if name != "theano"))
            row = "  ".join(f"{name} {seconds * 1e6:10.2f} us" for name, seconds in found.items())
            print(f"    10^{power}  {row}   ratio {ratios[-1]:5.2f}", flush=True)
        print(f"    median of the ratios {median(ratios):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    if "BENCHMARK_READY" not in os.environ:
        sys.exit(subprocess.run([sys.executable, *sys.argv], env=environment(given.threads)).returncode)
    main(given.words, given.sizes, given.rounds)
