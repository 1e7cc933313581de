"""Speed beside NumPy, and beside jax and torch where they are installed: python benchmarks/run.py [WORD ...]

Contenders of a case take turns in short rounds and the medians are compared, so that what else the machine does falls on all of them.
A ratio above 1 means that theano is faster.  With WORDs only cases whose name holds one of them run; --rounds sets how many
rounds (default 15), --threads how many threads each contender may use (default 1: on a busy machine, libraries that spin for
each other measure little but that).  All run on arrays that are in memory already, of float32 but for one case, and wait for their results.
"""

import argparse
import importlib.util
import os
import subprocess
import sys
import time
from statistics import median

import numpy as np

import theano
import theano.tensor as T

RNG = np.random.default_rng(0)
ROUND = 0.02
"""Seconds of one round, about."""


def array(*shape):
    return RNG.uniform(0.1, 1.0, shape).astype("float32")


# --- cases: each gives a call without arguments for every contender


def call_overhead():
    """x + 1 on three numbers: what it costs to call anything at all."""
    x, v = array(3), T.fvector("x")
    f = theano.function([v], v + np.float32(1))
    yield "theano", lambda: f(x)
    yield "numpy", lambda: x + np.float32(1)
    yield from peers(lambda m: lambda a: a + 1, x)


def elementwise_chain():
    """tanh(a b + 1) exp(-a²) / (1 + b²) on a million elements."""
    x, y = array(1_000_000), array(1_000_000)

    def chain(m, exp, tanh):
        return lambda a, b: tanh(a * b + 1) * exp(-(a * a)) / (1 + b * b)

    a, b = T.fvectors("a", "b")
    f = theano.function([a, b], chain(T, T.exp, T.tanh)(a, b))
    yield "theano", lambda: f(x, y)
    yield "numpy", lambda: chain(np, np.exp, np.tanh)(x, y)
    yield from peers(lambda m: chain(m, m.exp, m.tanh), x, y)


def black_scholes():
    """Prices of a million options with their derivatives in spot price and volatility, float64; NumPy's are written by hand."""
    spot, strike, years, volatility = (RNG.uniform(low, high, 1_000_000) for low, high in ((50, 150), (50, 150), (0.1, 2), (0.1, 0.6)))
    given = (spot, strike, years, volatility)
    arguments = T.dvectors("S", "K", "t", "v")
    price, *_ = black_scholes_price(T, T.erf, *arguments)
    f = theano.function(arguments, [price, *T.grad(price.sum(), [arguments[0], arguments[-1]])])
    yield "theano", lambda: f(*given)
    if has("scipy"):
        yield "numpy", lambda: black_scholes_by_numpy(*given)
    if has("jax"):
        yield "jax", black_scholes_by_jax(given)
    if has("torch"):
        yield "torch", black_scholes_by_torch(given)


def black_scholes_price(m, erf, S, K, t, v):
    """The price, its derivative in S, and the normal deviate that this belongs to."""
    deviation = v * m.sqrt(t)
    first = (m.log(S / K) + (0.03 + 0.5 * v * v) * t) / deviation
    below = 0.5 + 0.5 * erf(first * 0.5**0.5)
    return S * below - K * m.exp(-0.03 * t) * (0.5 + 0.5 * erf((first - deviation) * 0.5**0.5)), below, first


def black_scholes_by_numpy(S, K, t, v):
    from scipy.special import erf

    price, below, first = black_scholes_price(np, erf, S, K, t, v)
    return price, below, S * np.sqrt(t) * np.exp(-0.5 * first * first) / np.sqrt(2 * np.pi)


def black_scholes_by_jax(given):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def total(*arguments):
        price = black_scholes_price(jnp, jax.lax.erf, *arguments)[0]
        return price.sum(), price

    step, held = jax.jit(jax.grad(total, (0, 3), has_aux=True)), [jnp.asarray(a) for a in given]

    def call():
        (by_spot, by_volatility), price = jax.block_until_ready(step(*held))
        return price, by_spot, by_volatility

    return call


def black_scholes_by_torch(given):
    import torch

    S, K, t, v = (torch.from_numpy(a) for a in given)
    S, v = S.requires_grad_(), v.requires_grad_()

    def call():
        price = black_scholes_price(torch, torch.erf, S, K, t, v)[0]
        return price.detach(), *torch.autograd.grad(price, (S, v), torch.ones_like(price))

    return call


def kernel_sum():
    """The sum of exp(-|x - y|²) over all pairs of 2 times 1000 points of 16 coordinates, written with broadcasting."""
    x, y = array(1000, 16), array(1000, 16)
    a, b = T.fmatrices("a", "b")
    f = theano.function([a, b], T.exp(-((a[:, None, :] - b[None, :, :]) ** 2).sum(2)).sum(dtype="float32"))
    yield "theano", lambda: f(x, y)
    yield "numpy", lambda: np.exp(-((x[:, None, :] - y[None, :, :]) ** 2).sum(2)).sum()
    yield from peers(lambda m: lambda a, b: m.exp(-((a[:, None, :] - b[None, :, :]) ** 2).sum(2)).sum(), x, y)


def softmax_rows():
    """Softmax of each row of a 4096 x 512 matrix."""
    yield from softmax_along(1)


def softmax_columns():
    """Softmax of each column of a 4096 x 512 matrix."""
    yield from softmax_along(0)


def softmax_along(axis):
    x, m = array(4096, 512), T.fmatrix("x")

    def by_definition(exp, a):
        e = exp(a - a.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    f = theano.function([m], by_definition(T.exp, m))
    yield "theano", lambda: f(x)
    yield "numpy", lambda: by_definition(np.exp, x)
    yield from peers(lambda m: softmax_of(m, axis), x)


def softmax_of(m, axis):
    if m.__name__ == "torch":
        return lambda a: m.softmax(a, dim=axis)
    import jax

    return lambda a: jax.nn.softmax(a, axis=axis)


def normalised_rows():
    """Each row of a 4096 x 512 matrix less its mean, over its deviation."""
    yield from normalised_along(1)


def normalised_columns():
    """Each column of a 4096 x 512 matrix less its mean, over its deviation."""
    yield from normalised_along(0)


def normalised_along(axis):
    x, m = array(4096, 512), T.fmatrix("x")

    def normalised(a):
        centred = a - a.mean(axis, keepdims=True)
        return centred / ((centred * centred).mean(axis, keepdims=True) + 1e-5) ** 0.5

    f = theano.function([m], normalised(m))
    yield "theano", lambda: f(x)
    yield "numpy", lambda: normalised(x)
    yield from peers(lambda m: normalised, x)


def mlp_step():
    """One step of gradient descent of a 128-256-10 network with tanh, on 64 examples; NumPy's gradients are written by hand."""
    x, y, rate = array(64, 128), array(64, 10), np.float32(1e-3)
    start = [array(128, 256) - 0.5, array(256, 10) - 0.5]
    given, wanted = T.fmatrices("x", "y")
    weights = [theano.shared(w.copy()) for w in start]
    first, second = weights
    error = ((T.dot(T.tanh(T.dot(given, first)), second) - wanted) ** 2).mean()
    steps = [(w, w - rate * gradient) for w, gradient in zip(weights, T.grad(error, weights))]
    f = theano.function([given, wanted], error, updates=steps)
    own = [w.copy() for w in start]

    def by_numpy():
        hidden = np.tanh(x @ own[0])
        difference = hidden @ own[1] - y
        upper = (2 / difference.size) * difference
        lower = (upper @ own[1].T) * (1 - hidden * hidden)
        own[1] -= rate * (hidden.T @ upper)
        own[0] -= rate * (x.T @ lower)
        return (difference * difference).mean()

    yield "theano", lambda: f(x, y)
    yield "numpy", by_numpy
    if has("jax"):
        yield "jax", jax_step(x, y, [w.copy() for w in start], rate)
    if has("torch"):
        yield "torch", torch_step(x, y, start, rate)


def jax_step(x, y, weights, rate):
    import jax
    import jax.numpy as jnp

    def error(ws, a, b):
        return ((jnp.tanh(a @ ws[0]) @ ws[1] - b) ** 2).mean()

    @jax.jit
    def step(ws, a, b):
        value, gradients = jax.value_and_grad(error)(ws, a, b)
        return value, [w - rate * g for w, g in zip(ws, gradients)]

    state, a, b = [jnp.asarray(w) for w in weights], jnp.asarray(x), jnp.asarray(y)

    def call():
        nonlocal state
        value, state = step(state, a, b)
        jax.block_until_ready(state)
        return value

    return call


def torch_step(x, y, start, rate):
    import torch

    a, b = torch.from_numpy(x), torch.from_numpy(y)
    weights = [torch.tensor(w, requires_grad=True) for w in start]

    def call():
        value = ((torch.tanh(a @ weights[0]) @ weights[1] - b) ** 2).mean()
        gradients = torch.autograd.grad(value, weights)
        with torch.no_grad():
            for w, g in zip(weights, gradients):
                w -= float(rate) * g
        return value.detach()

    return call


CASES = (
    call_overhead, elementwise_chain, black_scholes, kernel_sum,
    softmax_rows, softmax_columns, normalised_rows, normalised_columns, mlp_step,
)  # fmt: skip


# --- contenders


def has(module):
    return importlib.util.find_spec(module) is not None


def peers(build, *arrays):
    """jax's jit and torch's eager operations for the function that ``build`` makes with their namespace."""
    if has("jax"):
        import jax
        import jax.numpy as jnp

        f, given = jax.jit(build(jnp)), [jnp.asarray(a) for a in arrays]
        yield "jax", lambda: jax.block_until_ready(f(*given))
    if has("torch"):
        import torch

        g, held = build(torch), [torch.from_numpy(a) for a in arrays]
        yield "torch", lambda: g(*held)


# --- measuring


def measure(calls, rounds):
    """Median seconds of one call of each contender, all of them taking turns."""
    repeats = {name: max(1, int(ROUND / once(call))) for name, call in calls.items()}
    times = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(repeats[name]):
                call()
            times[name].append((time.perf_counter() - start) / repeats[name])
    return {name: median(found) for name, found in times.items()}


def once(call):
    """Seconds of one call, after a first one that may compile."""
    call()
    start = time.perf_counter()
    call()
    return max(time.perf_counter() - start, 1e-7)


def agree(calls):
    """All contenders' first results are the same, or the comparison means nothing."""
    expected = as_arrays(calls["numpy"]())
    for name, call in calls.items():
        if name != "numpy":
            for found, wanted in zip(as_arrays(call()), expected, strict=True):
                np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=1e-5 * np.abs(wanted).max(), err_msg=name)


def as_arrays(result):
    return [np.asarray(r) for r in (result if isinstance(result, tuple | list) else [result])]


def environment(threads):
    """What libraries read when they are loaded."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    parallel = "true" if threads > 1 else "false"
    xla = f"--xla_cpu_multi_thread_eigen={parallel} intra_op_parallelism_threads={threads}"
    return os.environ | dict.fromkeys(names, str(threads)) | {"XLA_FLAGS": xla, "BENCHMARK_READY": "1"}


def main(words=(), rounds=15):
    for case in CASES:
        if words and not any(word in case.__name__ for word in words):
            continue
        calls = dict(case())
        agree(calls)
        found = measure(calls, rounds)
        print(f"{case.__name__}: {case.__doc__}")
        for name, seconds in found.items():
            ratio = "" if name == "theano" else f"   theano is {seconds / found['theano']:.2f} times as fast"
            print(f"    {name:<8} {seconds * 1e6:12.2f} us{ratio}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", metavar="WORD")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    if "BENCHMARK_READY" not in os.environ:
        sys.exit(subprocess.run([sys.executable, *sys.argv], env=environment(given.threads)).returncode)
    main(given.words, given.rounds)
