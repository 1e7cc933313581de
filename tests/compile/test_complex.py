"""Complex numbers in native code: planar inside, interleaved where Python sees them, and no operation need know of it."""

import numpy as np
import pytest
from scipy.special import erf

import theano
import theano.tensor as T
from theano.scanning import branch, repeat

MODES = ("FAST_RUN", "FAST_COMPILE", "REFERENCE")
RNG = np.random.default_rng(7)


def numbers(*shape, dtype="complex128"):
    return (RNG.normal(size=shape) + 1j * RNG.normal(size=shape)).astype(dtype)


Z, W, M, N = numbers(5), numbers(5), numbers(4, 5), numbers(4, 5, dtype="complex64")
X, INDEX = RNG.normal(size=5), np.array([3, 0, 3])
z, w, m, n, x, i, s = T.zvector("z"), T.zvector("w"), T.zmatrix("m"), T.cmatrix("n"), T.dvector("x"), T.lvector("i"), T.zscalar("s")

# fmt: off
CASES = [
    ("arithmetic", [z, w], [z * w + T.conj(z), z - w, z / w, -z, z * z], [Z, W], [Z * W + Z.conj(), Z - W, Z / W, -Z, Z * Z]),
    ("one value twice", [z], [z * 2] * 2, [Z], [Z * 2] * 2),
    ("real and complex", [z, x], [z * x, x - z, x + 1j, z + 1], [Z, X], [Z * X, X - Z, X + 1j, Z + 1]),
    ("parts", [z], [z.real, z.imag, abs(z), T.real(z).sum()], [Z], [Z.real, Z.imag, abs(Z), Z.real.sum()]),
    ("single precision", [n], [n * n, n.sum(0), abs(n)], [N], [N * N, N.sum(0), abs(N)]),
    ("scalars", [s], [s * s, s + np.complex64(1j)], [2 + 3j], [np.array(-5 + 12j), np.array(2 + 4j)]),
    ("comparisons", [z, w], [T.lt(z, w), T.ge(z, w), T.eq(z, w), T.neq(z, w)], [Z, W], [Z < W, Z >= W, Z == W, Z != W]),
    ("extremes", [z, w], [T.maximum(z, w), T.minimum(z, w)], [Z, W], [np.maximum(Z, W), np.minimum(Z, W)]),
    ("choices", [z, w], [T.switch(z.real < 0, z, w)], [Z, W], [np.where(Z.real < 0, Z, W)]),
    ("casts", [x, n], [x.astype("complex64"), n.astype("complex128")], [X, N], [X.astype("complex64"), N.astype("complex128")]),
    ("sums", [m], [m.sum(), m.sum(0), m.sum(1), m.mean(0)], [M], [M.sum(), M.sum(0), M.sum(1), M.mean(0)]),
    ("products", [m, n], [m.prod(), m.prod(1), n.prod(0)], [M, N], [M.prod(), M.prod(1), N.prod(0)]),
    ("extremes along axes", [m, n], [m.max(), m.min(1), n.max(0), m.argmax(0), m.argmin(), T.any(m), T.all(m, 0)], [M, N],
     [M.max(), M.min(1), N.max(0), M.argmax(0), M.argmin(), M.any(), M.all(0)]),
    ("products of matrices", [m, z], [T.dot(m, z), T.dot(m, m.T), T.dot(z, z)], [M, Z], [M @ Z, M @ M.T, Z @ Z]),
    ("views", [m], [m.T, m[1:, ::-1], m[2], m.dimshuffle(1, "x", 0)], [M], [M.T, M[1:, ::-1], M[2], M.T[:, None]]),
    ("shapes", [m], [m.reshape((5, 4)), m.flatten() * 1j, (m.T * 2).reshape((10, 2)), m[::2].T.reshape((2, 5))], [M],
     [M.reshape(5, 4), M.ravel() * 1j, (M.T * 2).reshape(10, 2), M[::2].T.reshape(2, 5)]),
    ("gathered", [m, i], [m[i], m[i, i]], [M, INDEX], [M[INDEX], M[INDEX, INDEX]]),
    ("joined", [m, z], [T.join(0, m, m * 2), T.stack([z, z]), T.alloc(z, 3, 5)], [M, Z], [np.vstack([M, M * 2]), np.stack([Z, Z]),
                                                                                       np.stack([Z] * 3)]),
    ("written to", [m, z], [T.set_subtensor(m[1], z), T.inc_subtensor(m[:, 0], 1j)], [M, Z],
     [np.vstack([M[:1], Z[None], M[2:]]), M + np.eye(1, 5) * 1j]),
    ("constants", [], [T.constant(M) * T.constant(2j), T.constant(1j)], [], [M * 2j, np.array(1j)]),
]
# fmt: on


@pytest.mark.parametrize(("inputs", "outputs", "arguments", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_native_code(inputs, outputs, arguments, expected):
    for mode in MODES:
        f = theano.function(inputs, outputs, mode=mode, profile=mode != "REFERENCE")
        for got, want in zip(f(*arguments), expected, strict=True):
            assert got.dtype == want.dtype and got.shape == want.shape
            np.testing.assert_allclose(got, want, rtol=1e-5 if want.dtype in ("complex64", "float32") else 1e-12, atol=1e-14)
        assert mode == "REFERENCE" or f.profile.python_steps == 0


def test_repeated_indices_add_up():
    f = theano.function([m, i], T.inc_subtensor(m[i], 1j))
    expected = M.copy()
    np.add.at(expected, INDEX, 1j)
    np.testing.assert_array_equal(f(M, INDEX), expected)


@pytest.mark.parametrize("layout", ["strided", "reversed", "transposed", "unaligned", "byte-swapped"])
def test_arguments_of_any_layout(layout):
    given = {
        "strided": np.repeat(M, 2, 1)[:, ::2],
        "reversed": M[::-1, ::-1].copy()[::-1, ::-1],
        "transposed": M.T.copy().T,
        "unaligned": np.frombuffer(b"\0" + M.tobytes(), np.uint8)[1:].view("complex128").reshape(M.shape),
        "byte-swapped": M.astype(">c16"),
    }[layout]
    f = theano.function([m], [m * 1j, m.sum(1)])
    for got, want in zip(f(given), (M * 1j, M.sum(1)), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-14)


@pytest.mark.parametrize("shape", [(0, 5), (3, 0), (1, 1), (70, 33)])
def test_any_shape(shape):
    f = theano.function([m], [m * m, m.sum(0), m.T.flatten()])
    given = numbers(*shape)
    for got, want in zip(f(given), (given * given, given.sum(0), given.T.ravel()), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)


def test_a_long_sum_is_exact_to_its_error_bound():
    given = numbers(100_003)
    f = theano.function([z], z.sum())
    assert abs(f(given) - given.sum()) < 1e-11


# ------------------------------------------------------------------------------------------------ shared variables


def test_an_update_is_written_in_place():
    shared = theano.shared(M.copy())
    f = theano.function([], shared.sum(), updates=[(shared, shared * 2j)])
    np.testing.assert_allclose(f(), M.sum(), rtol=1e-12)
    np.testing.assert_allclose(shared.get_value(), M * 2j)
    g = theano.function([], updates=[(shared, shared + 1)])
    here = shared.get_value(borrow=True).__array_interface__["data"]
    g()
    assert shared.get_value(borrow=True).__array_interface__["data"] == here
    np.testing.assert_allclose(shared.get_value(), M * 2j + 1)


def test_a_transposed_update_is_not_written_in_place():
    shared = theano.shared(numbers(3, 3))
    before = shared.get_value()
    theano.function([], updates=[(shared, shared.T)])()
    np.testing.assert_array_equal(shared.get_value(), before.T)


def test_a_call_that_fails_changes_nothing():
    shared = theano.shared(M.copy())
    f = theano.function([i], updates=[(shared, T.inc_subtensor(shared[i], 1j))])
    with pytest.raises(IndexError, match="index 9 is out of bounds"):
        f([0, 9])
    np.testing.assert_array_equal(shared.get_value(), M)
    f([0])
    np.testing.assert_allclose(shared.get_value()[0], M[0] + 1j)


# ------------------------------------------------------------------------------------------------ loops and branches


@pytest.mark.parametrize("mode", MODES)
def test_states_of_loops_and_sides_of_branches(mode):
    count, chosen = T.lscalar("count"), T.dscalar("chosen")
    f = theano.function(
        [z, m, count], repeat(lambda step, state: [T.exp(T.dot(m.T, T.dot(m, state)) * 0.1) + step], count, [z])[0], mode=mode
    )
    state = Z
    for step in range(3):
        state = np.exp(M.T @ (M @ state) * 0.1) + step
    np.testing.assert_allclose(f(Z, M, 3), state, rtol=1e-12)
    np.testing.assert_array_equal(f(Z, M, 0), Z)
    g = theano.function([z, chosen], branch(chosen, [z * 2j], [T.exp(z)])[0], mode=mode)
    np.testing.assert_allclose(g(Z, 1), Z * 2j, rtol=1e-14)
    np.testing.assert_allclose(g(Z, 0), np.exp(Z), rtol=1e-14)


def test_stores_side_by_side_come_after_all_they_are_made_of():
    """A temporary may lie where another one does that the second part still needs."""
    cost = (z / w).real.sum()
    first = T.grad(cost, [z, w])
    projected = sum((g.real * 1.5 + (g * (0.5 - 1j)).real).sum() for g in first)
    second = T.grad(projected, [z, w])
    results = [theano.function([z, w], second, mode=mode)(Z, W) for mode in MODES]
    for other in results[1:]:
        np.testing.assert_allclose(results[0], other, rtol=1e-10)


# ------------------------------------------------------------------------------------------------ what has no code


def test_an_operation_without_code_is_a_python_step():
    f = theano.function([m], [T.erf(m) * 1j, m * 2], profile=True)
    for got, want in zip(f(M), (erf(M) * 1j, M * 2), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12)
    assert f.profile.python_steps == 1 and "erf" in f.explain()
