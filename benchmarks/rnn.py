"""What a step of a small recurrent network costs: tanh, 32 units, one example, 1,000 steps, alone and with the gradient of its weights.

    python benchmarks/rnn.py

Times are in nanoseconds for a step, the best of some rounds, beside those of ``jax.lax.scan`` where jax is installed: the last number is
the ratio.  Both do the same: the rows ``h = tanh(x + h W)``, or the sum of their squares and its gradient by ``W``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

import theano
import theano.tensor as T

UNITS, STEPS, ROUNDS = 32, 1000, 30


def ours(dtype: str, gradient: bool) -> Callable[..., Any]:
    x, w = T.matrices("x", "w", dtype=dtype)
    start = T.zeros(UNITS, dtype=dtype)
    rows, _ = theano.scan(lambda x, h: T.tanh(x + T.dot(h, w)), sequences=x, outputs_info=start)
    cost = (rows**2).sum()
    return theano.function([x, w], [cost, T.grad(cost, w)] if gradient else rows)


def jax(dtype: str, gradient: bool) -> Callable[..., Any]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def rows(x: Any, w: Any) -> Any:
        def step(h: Any, row: Any) -> Any:
            h = jnp.tanh(row + h @ w)
            return h, h

        return jax.lax.scan(step, jnp.zeros(UNITS, dtype), x)[1]

    cost = jax.value_and_grad(lambda x, w: (rows(x, w) ** 2).sum(), argnums=1)
    f = jax.jit(cost if gradient else rows)
    return lambda *values: jax.block_until_ready(f(*values))


def seconds(call: Callable[[], Any]) -> float:
    call()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    systems = {"ours": ours} | ({"jax": jax} if find_spec("jax") else {})
    print(f"{'ns a step':28s}" + "".join(f"{name:>8s}" for name in systems))
    for dtype in ("float32", "float64"):
        rng = np.random.default_rng(0)
        values = [rng.normal(size=(STEPS, UNITS)).astype(dtype), (rng.normal(size=(UNITS, UNITS)) / UNITS**0.5).astype(dtype)]
        for gradient in (False, True):
            functions = [make(dtype, gradient) for make in systems.values()]
            results = [np.asarray(f(*values)[1] if gradient else f(*values)) for f in functions]
            assert all(np.allclose(results[0], r, rtol=1e-3, atol=1e-4) for r in results), "they compute different things"
            found = [seconds(partial(f, *values)) / STEPS * 1e9 for f in functions]
            ratio = "".join(f"{found[0] / other:8.2f}" for other in found[1:])
            print(f"{dtype + (' with gradient' if gradient else ''):28s}" + "".join(f"{t:8.0f}" for t in found) + ratio)


if __name__ == "__main__":
    main()
