"""Equal keys for equal structure, whatever the numbers and the trace."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from tests.emit import folds
from theano.loops.canonical import kernel_key
from theano.loops.ir import NEXT, Accumulator, BufferParameter, Check, Combine, Kernel, Loop, Store
from theano.scalar.instructions import Trace, Value, binary


def kernel(
    first: int = 0,
    key: int = 0,
    dtype: str = "float32",
    constant: float = 2.0,
    kind: str = "vector",
    combine: Combine = "add",
    code: int = 1,
) -> Kernel:
    """Rows summed and scaled."""
    t = Trace()
    for k in range(first):
        t.const(k, "int64")
    i, j, n = t.leaf("index", "int64", first), t.leaf("index", "int64", first + 1), t.leaf("size", "int64", 0)
    x: Value = t.load(0, i * n + j, dtype) * constant
    inner = Loop(first + 1, n, (), (Accumulator(key, combine, (x,)),), kind)
    row = Loop(first, n, (Check(i < 100, code, i), inner, Store(1, i, t.leaf("acc", dtype, (key, 0)))))
    return Kernel((BufferParameter(dtype, True, False), BufferParameter(dtype, False, True)), 1, (), (row,), checks=True)


def test_numbers_and_traces_do_not_show() -> None:
    base = kernel()
    for other in (kernel(), kernel(first=5), kernel(key=9), replace(base, work=77)):
        assert kernel_key(other) == kernel_key(base)
        assert hash(kernel_key(other)) == hash(kernel_key(base))


@pytest.mark.parametrize(
    "other", [{"dtype": "float64"}, {"constant": 3.0}, {"kind": "serial"}, {"combine": "max"}, {"code": 2}, {"constant": float("nan")}]
)
def test_everything_else_does(other: dict[str, Any]) -> None:
    assert kernel_key(kernel(**other)) != kernel_key(kernel())


def test_the_code_of_a_combination_counts_but_not_its_name() -> None:
    fold = folds.hypotenuse("float32")
    base = kernel_key(kernel(combine=fold))
    assert kernel_key(kernel(combine=replace(folds.hypotenuse("float32"), name="other"))) == base
    assert kernel_key(kernel(combine=replace(fold, starts=(-0.0,)))) != base != kernel_key(kernel())
    assert kernel_key(kernel(combine=replace(fold, results=(fold.results[0].args[0],)))) != base


def test_zeros_keep_their_sign_and_nan_is_nan() -> None:
    assert kernel_key(kernel(constant=0.0)) != kernel_key(kernel(constant=-0.0))
    assert kernel_key(kernel(constant=float("nan"))) == kernel_key(kernel(constant=float("nan")))


def test_parameters_count() -> None:
    base = kernel()
    for other in (replace(base, sizes=2), replace(base, scalars=("int8",)), replace(base, parallel=True)):
        assert kernel_key(other) != kernel_key(base)


def test_every_address_counts() -> None:
    """Of kernels that differ in one of them no two are taken for each other."""
    keys = set()
    for first, second, third in itertools.product(range(5), repeat=3):
        t = Trace()
        i, n = t.leaf("index", "int64", 0), t.leaf("size", "int64", 0)
        places = [i, n, i + n, i * n, t.const(0, "int64")]
        store = Store(2, places[first], t.load(0, places[second], "float32") * t.load(1, places[third], "float32"))
        buffers = (*[BufferParameter("float32", True, False)] * 2, BufferParameter("float32", False, True))
        keys.add(kernel_key(Kernel(buffers, 1, (), (Loop(0, n, (store,)),))))
    assert len(keys) == 125


def test_a_sum_whose_number_is_used_again() -> None:
    """What is stored last is the sum of the last loop that has the number, or of the first, whose number is another's."""
    keys = set()
    for second in (0, 1):
        t = Trace()
        i, n = t.leaf("index", "int64", 0), t.leaf("size", "int64", 0)
        x, total = t.load(0, i, "float32"), t.leaf("acc", "float32", (0, 0))
        zero = t.const(0, "int64")
        loops = [Loop(0, n, (), (Accumulator(key, "add", (v,)),)) for key, v in ((0, x), (second, x * 2.0))]
        body = (loops[0], Store(1, zero, total), loops[1], Store(1, zero + 1, total))
        keys.add(kernel_key(Kernel((BufferParameter("float32", True, False), BufferParameter("float32", False, True)), 1, (), body)))
    assert len(keys) == 2


def test_an_index_number_used_twice() -> None:
    """Two loops after each other may share a number: the same as with two."""
    t = Trace()
    n = t.leaf("size", "int64", 0)

    def two(a: int, b: int) -> Kernel:
        body = tuple(Loop(k, n, (Store(0, t.leaf("index", "int64", k), binary("add", t.leaf("index", "int64", k), 1)),)) for k in (a, b))
        return Kernel((BufferParameter("int64", False, True),), 1, (), body)

    assert kernel_key(two(0, 1)) == kernel_key(two(3, 2))
    assert kernel_key(two(0, 0)) == kernel_key(two(1, 1))


def test_what_is_carried_shows() -> None:
    def carrying(begin: float, key: int = 0) -> Kernel:
        t = Trace()
        before, n = t.leaf("acc", "float32", (key, 0)), t.leaf("size", "int64", 0)
        state = Accumulator(key, NEXT, (before * 2.0,), (t.const(begin, "float32"),))
        return Kernel(
            (BufferParameter("float32", False, True),), 1, (), (Loop(0, n, (Store(0, t.leaf("index", "int64", 0), before),), (state,)),)
        )

    assert kernel_key(carrying(1.0)) == kernel_key(carrying(1.0, key=7)) != kernel_key(carrying(3.0))
