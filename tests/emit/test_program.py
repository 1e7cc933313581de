"""Programs as native code: each kind of step and region, against NumPy; sizes, guards and called programs."""

import numpy as np
import pytest

from tests.runtime.building import Building, Failed
from theano.emit.llvm.entry import Argument, Signature
from theano.emit.llvm.objects import Abi
from theano.emit.llvm.program import emit_program
from theano.emit.llvm.status import GUARD, RANGE
from theano.emit.llvm.target import target
from theano.loops.ir import Frame, Guard, Program


def test_a_scalar_function_takes_arrays_and_numbers():
    b = Building()
    x = b.input()
    b.map(lambda v: v * 3.0 - 2.0, b.output(), x)
    f = b.compile(result="single")
    for given in (np.array(2.5), 2.5, np.float64(2.5), np.float32(2.5), [2.5][0]):
        found = f(given)
        assert type(found) is np.ndarray and found.shape == () and found == 5.5
    assert f(4) == 10.0 and f(True) == 1.0 and f(-(2**60)) == -(2.0**60) * 3 - 2


def test_elementwise_sum_and_product_of_matrices():
    b = Building()
    x, y = b.input(2), b.input(2)
    product = b.output(x.shape[0], y.shape[1])
    b.gemm(product, x, y)
    shifted = b.scratch(*product.shape)
    b.map(lambda v: v * 2.0 + 1.0, shifted, product)
    b.sum(b.output(), shifted)
    f, rng = b.compile(), np.random.default_rng(0)
    for m, k, n in ((3, 4, 5), (1, 1, 1), (40, 30, 20), (0, 3, 2), (3, 0, 2)):
        x, y = rng.standard_normal((m, k)), rng.standard_normal((k, n))
        product, total = f(x, y)
        np.testing.assert_allclose(product, x @ y, atol=1e-12)
        np.testing.assert_allclose(total, (x @ y * 2 + 1).sum(), atol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("ta", "NT")
@pytest.mark.parametrize("tb", "NT")
def test_products_of_transposed_operands_with_an_addend(dtype, ta, tb):
    b = Building()
    a, c, addend, alpha, beta = b.input(2, dtype), b.input(2, dtype), b.input(2, dtype), b.input(0, dtype), b.input(0, dtype)
    out = b.output(*addend.shape, dtype=dtype)
    b.map(lambda v: v, out, addend)
    b.gemm(out, a, c, ta, tb, "buffer", "buffer", (alpha, beta))
    f, rng = b.compile(result="single"), np.random.default_rng(0)
    for m, n, k in ((3, 4, 5), (1, 7, 1), (2, 3, 0), (70, 65, 33)):
        a, c = rng.standard_normal((k, m) if ta == "T" else (m, k)), rng.standard_normal((n, k) if tb == "T" else (k, n))
        addend = rng.standard_normal((m, n))
        want = 0.5 * (a.T if ta == "T" else a) @ (c.T if tb == "T" else c) - 2 * addend
        given = [np.asarray(v, dtype) for v in (a, c, addend, 0.5, -2.0)]
        np.testing.assert_allclose(f(*given), want, rtol=1e-4 if dtype == "float32" else 1e-11, atol=1e-4 if dtype == "float32" else 1e-12)


def test_a_product_over_nothing_forgets_nan_if_beta_is_zero():
    b = Building()
    x, y = b.input(2), b.input(2)
    out = b.output(x.shape[0], y.shape[1])
    b.map(lambda v: v * 0.0 + float("nan"), out, b.constant(np.array(1.0)))
    b.gemm(out, x, y)
    assert (b.compile(result="single")(np.ones((2, 0)), np.ones((0, 3))) == np.zeros((2, 3))).all()


def vector_step(b, routine, out, a, x, parameters, flags, extra=()):
    from theano.loops.ir import LibraryStep

    b.frame.steps.append(LibraryStep(routine, out.dtype, (out, a, x, *extra), tuple(map(b.int, parameters)), flags))


@pytest.mark.parametrize("ta", "NT")
def test_gemv_with_steps_that_run_backwards(ta):
    b = Building()
    a, x, m, n = b.input(2), b.input(1), 3, 4
    out = b.output(m)
    vector_step(b, "gemv", out, a, x, (m, n, 0, a.shape[1], 2 * (n - 1), -2), (ta, "N", "2.0", "0.0"))
    f, rng = b.compile(result="single"), np.random.default_rng(0)
    a, x = rng.standard_normal((n, m) if ta == "T" else (m, n)), rng.standard_normal(2 * n - 1)
    np.testing.assert_allclose(f(a, x), 2 * (a.T if ta == "T" else a) @ x[::-2], rtol=1e-12)


def test_ger_and_dot():
    b = Building()
    x, y = b.input(1), b.input(1)
    out, dot = b.output(x.shape[0], y.shape[0]), b.output()
    b.map(lambda v: v * 0.0 + 1.0, out, b.constant(np.array(1.0)))
    vector_step(b, "ger", out, x, y, (x.shape[0], y.shape[0], 0, 1, 0, 1), ("N", "N", "3.0", "1.0"))
    vector_step(b, "dot", dot, x, y, (x.shape[0], x.shape[0] - 1, -1, 0, 1), ("N", "N"))
    outer, dot = b.compile()(x := np.arange(3.0), y := np.arange(3.0) + 4)
    np.testing.assert_allclose(outer, 1 + 3 * np.outer(x, y))
    assert dot == x[::-1] @ y


def test_extents_that_blas_cannot_count_fail_with_the_step():
    b = Building()
    x, y = b.input(1), b.input(1)
    vector_step(b, "dot", b.output(), x, y, (1 << 31, 0, 1, 0, 1), ("N", "N"))
    with pytest.raises(Failed) as caught:
        b.compile()(np.ones(1), np.ones(1))
    assert caught.value.args[0] == RANGE


def test_equal_kernels_are_written_once():
    b = Building()
    x = b.input(1)
    for _ in range(5):
        b.map(lambda v: v + 1.0, b.output(*x.shape), x)
    emitted = emit_program(b.program, Signature((Argument("float64", (None,)),)), target(), Abi(16, True))
    assert emitted.text.count("define internal i64 @kernel") == 1


def test_sizes_follow_the_shapes_of_each_call():
    b = Building()
    x = b.input(2)
    m, n = x.shape
    total = (m * n + 7) // 3 - n % 4
    out = b.output(total)
    b.map(lambda v: v, out, b.constant(np.array(7.0)))
    f = b.compile(result="single")
    for m, n in ((3, 5), (1, 1), (10, 3), (0, 0)):
        assert f(np.zeros((m, n))).shape == ((m * n + 7) // 3 - n % 4,)


@pytest.mark.parametrize("relation,good,bad", [("equal", (3, 3), (3, 4)), ("at_least", (4, 3), (2, 3)), ("nonnegative", (0, 0), None)])
def test_guards(relation, good, bad):
    b = Building()
    x, y = b.input(1), b.input(1)
    left, right = (x.shape[0], y.shape[0])
    b.frame.guards.append(Guard(left, right, None, (), relation))
    b.sum(b.output(), x)
    f = b.compile()
    f(*map(np.ones, good))
    if bad:
        with pytest.raises(Failed) as caught:
            f(*map(np.ones, bad))
        assert caught.value.args == (GUARD, *bad)


def test_a_check_reports_its_code_and_the_number():
    b = Building()
    x, index = b.input(1), b.input(1, "int64")
    b.gather(b.output(*index.shape), x, index, code=1)
    f = b.compile(result="single")
    assert (f(np.arange(5.0), np.array([4, 0, 2])) == [4, 0, 2]).all()
    with pytest.raises(Failed) as caught:
        f(np.arange(5.0), np.array([1, 9, 7]))
    assert caught.value.args[:2] == (1, 9)


def test_a_scratch_size_that_cannot_exist_is_a_memory_error():
    b = Building()
    n = b.input(1).shape[0]
    scratch = b.scratch(n, n * (1 << 40), 1 << 30)
    b.sum(b.output(), scratch)
    f = b.compile()
    with pytest.raises(MemoryError):
        f(np.ones(1 << 10))


def test_large_scratch_is_leased_and_small_scratch_is_not():
    b = Building()
    x = b.input(1)
    twice = b.scratch(*x.shape)
    b.map(lambda v: v * 2.0, twice, x)
    b.sum(b.output(), twice)
    f = b.compile(result="single")
    for n in (1, 100, 1000, 5, 100_000, 1000):
        assert f(np.ones(n)) == 2 * n


def test_a_loop_carries_its_state_and_counts():
    b = Building()
    x, y = b.input(1), b.input(1, "int64")
    old, out = b.array(*x.shape), b.output(*x.shape)
    counter = b.scratch(dtype="int64")
    b.map(lambda v: v, old, x)
    inner = b.inside()
    new = inner.array(*x.shape)
    inner.map(lambda v, i: v * 2.0 + i.cast("float64"), new, old, counter)
    b.loop(y.shape[0], inner, (old, new), counter=counter)
    b.map(lambda v: v, out, old)
    f = b.compile(result="single")
    for steps in (0, 1, 2, 7, 200):
        want = np.arange(4.0)
        for i in range(steps):
            want = want * 2 + i
        np.testing.assert_allclose(f(np.arange(4.0), np.zeros(steps, "int64")), want)


def test_a_loop_whose_state_is_scratch():
    b = Building()
    x, y = b.input(1), b.input(1)
    old, new = b.scratch(*x.shape), b.scratch(*x.shape)
    b.map(lambda v: v, old, x)
    inner = b.inside()
    half = inner.scratch(*x.shape)  # of the body itself: laid once
    inner.map(lambda v: v * 0.5, half, old)
    inner.map(lambda v: v + 1.0, new, half)
    b.loop(y.shape[0], inner, (old, new))
    b.map(lambda v: v, b.output(*x.shape), old)
    f = b.compile(result="single")
    for n in (3, 1000):
        for steps in (0, 1, 5, 130):
            want = np.arange(float(n))
            for _ in range(steps):
                want = want * 0.5 + 1
            np.testing.assert_allclose(f(np.arange(float(n)), np.zeros(steps)), want)


def test_a_branch_computes_one_side():
    b = Building()
    condition, x = b.input(0, "bool"), b.input(1)
    out = b.output(*x.shape)
    then, calls = b.inside(), []
    then.map(lambda v: v + 1.0, out, x)
    otherwise = b.inside()
    (seen,) = otherwise.python(lambda a: calls.append(1) or a * 10.0, [x], (1, "float64"))
    otherwise.map(lambda v: v, out, seen)
    b.choose(condition, then, otherwise)
    f = b.compile(result="single")
    x = np.arange(3.0)
    assert (f(np.array(True), x) == x + 1).all() and not calls
    assert (f(np.array(False), x) == x * 10).all() and calls == [1]


def test_a_size_found_by_a_python_step_opens_a_frame():
    b = Building()
    x = b.input(1)
    (positive,) = b.python(lambda a: a[a > 0], [x], (1, "float64"))
    inner = b.inside()
    inner.map(lambda v: v * 2.0, inner.output(*positive.shape), positive)
    inner.sum(inner.output(), inner.frame.buffers[0])
    b.nested(inner)
    f = b.compile()
    for x in (np.array([1.0, -1.0, 3.0]), np.array([-1.0]), np.linspace(-1, 1, 5000)):
        doubled, total = f(x)
        np.testing.assert_array_equal(doubled, x[x > 0] * 2)
        np.testing.assert_allclose(total, x[x > 0].sum() * 2)


def test_the_number_in_a_buffer_as_a_size():
    b = Building()
    n = b.input(0, "int32")
    inner = b.inside()
    inner.map(lambda v: v, inner.output(inner.leaf("value", n.number)), b.constant(np.array(3.0)))
    b.nested(inner)
    f = b.compile(result="single")
    assert f(np.array(4, "int32")).tolist() == [3.0] * 4
    assert f(np.array(0, "int32")).tolist() == []


def test_sizes_found_in_a_loop_are_found_again_in_each_iteration():
    b = Building()
    x, y = b.input(1), b.input(1)
    state = b.array(1)
    b.map(lambda v: v * 0.0, state, b.constant(np.array(1.0)))
    body = b.inside()
    following = body.array(1)
    (grown,) = body.python(lambda a, s: np.concatenate([a, np.zeros(int(s[0]))]), [x, state], (1, "float64"))
    inside = body.inside()
    copy = inside.scratch(*grown.shape)
    inside.map(lambda v: v + 1.0, copy, grown)
    total = inside.scratch()
    inside.sum(total, copy)
    inside.map(lambda v, s: v + s, following, total, state)
    body.nested(inside)
    b.loop(y.shape[0], body, (state, following))
    b.map(lambda v: v, b.output(1), state)
    f, want = b.compile(result="single"), 0.0
    for steps in range(6):
        assert f(np.zeros(2), np.zeros(steps)) == want
        want += 2 + int(want)


def test_many_steps_are_cut_into_functions_of_bounded_size():
    b = Building()
    x = b.input(1)
    values = [x]
    for _ in range(1500):
        values.append(b.scratch(*x.shape))
        b.map(lambda v: v + 1.0, values[-1], values[-2])
    b.sum(b.output(), values[-1])
    assert b.compile(result="single")(np.zeros(3)) == 4500
    emitted = emit_program(b.program, Signature((Argument("float64", (None,)),)), target(), Abi(16, True))
    longest = max(len(function.splitlines()) for function in emitted.text.split("\ndefine "))
    assert longest < 2000


def test_an_empty_program():
    assert Building().compile()() == []
    assert Building().compile(result="none")() is None
    emitted = emit_program(Program(frame=Frame()), Signature(()), target(), Abi(16, True))
    assert "@entry" in emitted.text
