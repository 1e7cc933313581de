"""Every scalar instruction is total on a device too: the same result as the reference for every corner."""

import numpy as np
import pytest

from tests.device.kernels import Leaves, parameters
from theano.loops.ir import Kernel, Loop, Store
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import ARITHMETIC, COMPARISONS, COMPUTED_FLOATS, FLOAT_ONLY, INTEGER_ONLY, INTEGERS, ITEMSIZE, LOGIC, REAL

UNARY = {"neg", "abs", "sqrt", "floor", "ceil", "trunc", "rint", "not"}
INSTRUCTIONS = {
    "bool": sorted(LOGIC | COMPARISONS | {"min", "max"}),
    **{dtype: sorted(ARITHMETIC | INTEGER_ONLY | LOGIC | COMPARISONS) for dtype in INTEGERS},
    **{dtype: sorted((ARITHMETIC | FLOAT_ONLY | COMPARISONS) - {"fma"}) for dtype in COMPUTED_FLOATS},
}


def corners(dtype):
    if dtype == "bool":
        return np.array([False, True])
    if dtype in INTEGERS:
        info, bits = np.iinfo(dtype), 8 * ITEMSIZE[dtype]
        numbers = [0, 1, 2, 7, bits - 1, bits, bits + 1, info.max, info.max - 1, info.min, info.min + 1, info.max // 3]
        return np.array([n for n in (*numbers, -1, -2, -7) if n >= info.min], dtype)
    info = np.finfo(dtype)
    numbers = [0.0, 0.5, 1.0, 1.5, 2.5, 1e3 / 3, info.max, info.tiny, info.smallest_subnormal, np.inf]
    numbers += [127.5, 128.0, 255.5, 32767.5, 32768.0, 65535.5, 2.0**15 * 1.99951171875, 65519.99, 65520.0]  # ends of the small types
    numbers += [2.0**31, 2.0**31 - 1, 2.0**32, 2.0**32 - 1, 2.0**63, 2.0**64, 1e30] if dtype != "float16" else []
    with np.errstate(over="ignore"):
        return np.array([*numbers, *(-n for n in numbers), np.nan], dtype)


class Values(list):
    """Values over the elements of input arrays, with the leaves that they are made of."""

    def __init__(self, dtypes):
        self.dtypes = dtypes
        self.leaves = Leaves()
        self.loads = [self.leaves.load(k, self.leaves.i, dtype) for k, dtype in enumerate(dtypes)]

    def emit(self, op, args, dtype):
        self.append(self.leaves.trace.emit(op, tuple(args), dtype))

    def expected(self, arrays):
        n = len(arrays[0])
        sources = dict(zip(self.loads, arrays))
        return evaluate(self, lambda leaf: sources[leaf] if leaf.op == "load" else np.arange(n))

    def kernel(self):
        """One loop that stores each value to a buffer of its own, after those of the inputs."""
        inputs, t = len(self.dtypes), self.leaves
        stores = tuple(Store(inputs + k, t.i, value) for k, value in enumerate(self))
        buffers = parameters(*(f"{dtype} r" for dtype in self.dtypes), *(f"{value.dtype} w" for value in self))
        return Kernel(buffers, 1, (), (Loop(0, t.n, stores, (), "vector"),), parallel=True)


def run(simulator, values, arrays, expected):
    n = len(arrays[0])
    _, found = simulator.run(values.kernel(), [*arrays, *(np.zeros(n, value.dtype) for value in values)], (n,))
    for value, got, wanted in zip(values, found[len(arrays) :], expected):
        np.testing.assert_array_equal(got, np.broadcast_to(wanted, n), err_msg=str(value), strict=True)
        if value.dtype in COMPUTED_FLOATS and value.op not in ("min", "max"):  # of two zeros either may be the least
            np.testing.assert_array_equal(np.signbit(got[got == 0]), np.signbit(wanted[got == 0]), err_msg=str(value))


def of_two(dtype, operations):
    """``operations`` on two loads of ``dtype``."""
    values = Values([dtype, dtype])
    for op in operations:
        values.emit(op, values.loads[: 1 if op in UNARY else 2], "bool" if op in COMPARISONS else dtype)
    return values


def casts(dtype):
    values = Values([dtype])
    values += [values.loads[0].cast(new) for new in REAL]
    return values


@pytest.mark.parametrize("dtype", INSTRUCTIONS)
@pytest.mark.parametrize("half", [0, 1])
def test_instructions_on_all_pairs_of_corners(simulator, dtype, half):
    x = corners(dtype)
    arrays = [np.repeat(x, len(x)), np.tile(x, len(x))]
    values = of_two(dtype, INSTRUCTIONS[dtype][half::2])
    run(simulator, values, arrays, values.expected(arrays))


@pytest.mark.parametrize("dtype", REAL)
def test_casts_to_every_dtype(simulator, dtype):
    x, values = corners(dtype), casts(dtype)
    run(simulator, values, [x], values.expected([x]))


@pytest.mark.parametrize(
    ("old", "new"), [("float32", "int32"), ("uint32", "float32"), ("float64", "uint64"), ("int64", "float64"), ("float16", "int16")]
)
def test_bitcasts(simulator, old, new):
    x = corners(old)
    values = Values([old])
    values.append(values.loads[0].bitcast(new))
    run(simulator, values, [x], [x.view(new)])


@pytest.mark.parametrize("dtype", COMPUTED_FLOATS)
def test_fma_rounds_once_and_select_selects(simulator, dtype):
    e = np.finfo(dtype).eps
    x, y, z = (np.array([n, n], dtype) for n in (1 + e, 1 - e, -1))
    values = Values([dtype] * 3)
    values.emit("fma", values.loads, dtype)
    values.emit("select", (values.loads[2] < values.leaves.i.cast(dtype) - 1.0, values.loads[0], values.loads[1]), dtype)
    run(simulator, values, [x, y, z], [np.array([-e * e] * 2, dtype), np.array([1 - e, 1 + e], dtype)])
