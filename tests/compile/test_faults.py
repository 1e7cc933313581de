"""All or nothing: wherever a call fails, every shared variable keeps every bit of its value."""

import signal
import sys

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.ops import number, raising, resized
from theano.scanning import branch, repeat

HUGE = 1 << 24
flag, size = T.lscalar("flag"), T.lscalar("size")
indices, extra = T.lvector("indices"), T.dvector("extra")
x, target = T.dmatrix("x"), T.dmatrix("target")
INPUTS = [flag, size, indices, extra, x, target]
TABLE = T.constant(np.arange(5.0))


def good():
    return {
        "flag": 0, "size": 2, "indices": np.array([0, 4, -5]), "extra": np.arange(5.0), "x": np.arange(8.0).reshape(4, 2),
        "target": np.ones((4, 3)),
    }  # fmt: skip


def looping(seed):
    return repeat(lambda step, state: [state + TABLE[indices[step]]], T.constant(3), [seed])[0]


FAULTS = {
    "an index in a vector": (lambda seed: (TABLE + seed)[indices].sum(), {"indices": [0, 1, 5]}, IndexError),
    "an index": (lambda seed: (TABLE * seed)[size], {"size": -6}, IndexError),
    "an index written to": (lambda seed: T.inc_subtensor((TABLE * seed)[indices], 1.0).sum(), {"indices": [9]}, IndexError),
    "Python": (lambda seed: raising(seed, flag), {"flag": 1}, ZeroDivisionError),
    "sizes": (lambda seed: (extra + TABLE * seed).sum(), {"extra": np.ones(6)}, ValueError),
    "sizes found late": (lambda seed: (resized(extra * seed, size + 3) * TABLE).sum(), {"size": 7}, ValueError),
    "memory for an output": (lambda seed: T.alloc(seed, size, size), {"size": HUGE}, MemoryError),
    "memory for scratch": (lambda seed: T.dot(T.alloc(seed, size, size), T.alloc(seed, size, 1)).sum(), {"size": HUGE}, MemoryError),
    "memory, found late": (lambda seed: T.alloc(seed, number(size), size), {"size": HUGE}, MemoryError),
    "a negative size": (lambda seed: T.alloc(seed, size), {"size": -1}, ValueError),
    "a loop": (looping, {"indices": [0, 1, 5]}, IndexError),
    "a branch": (lambda seed: branch(flag, [TABLE[size] + seed], [seed])[0], {"flag": 1, "size": 6}, IndexError),
}  # fmt: skip


class Model:
    """Shared variables updated in every way there is, and a fault somewhere."""

    def __init__(self, kind, place, mode="FAST_RUN"):
        rng = np.random.default_rng(0)
        make = {
            "weights": rng.normal(size=(2, 3)), "bias": rng.normal(size=3), "steps": np.int64(0), "table": rng.normal(size=5),
            "old": np.arange(3.0), "new": np.arange(4.0), "grows": np.zeros(2), "total": np.float64(1),
        }  # fmt: skip
        self.stores = s = {name: theano.shared(value, name=name) for name, value in make.items()}
        cost = ((T.dot(x, s["weights"]) + s["bias"] - target) ** 2).sum()
        slopes = T.grad(cost, [s["weights"], s["bias"]])
        updates = {
            "weights": s["weights"] - 0.01 * slopes[0],
            "bias": s["bias"] - 0.01 * slopes[1],
            "steps": s["steps"] + 1,
            "table": T.inc_subtensor(s["table"][:2], s["total"]),
            "old": s["new"] * 1.0,
            "new": s["old"] * 1.0,
            "grows": T.concatenate([s["grows"], s["grows"][:1]]),
            "total": s["total"] * 2 + s["grows"].sum(),
        }
        fault, self.change, self.error = FAULTS[kind]
        outputs = [cost]
        if place == "aside":
            outputs.append(fault(T.constant(np.float64(1))))
        elif place == "after all":
            outputs.append(fault(sum(v.sum() for v in updates.values()).astype("float64")))
        else:
            fails = fault(s["total"])
            if fails.ndim > 0:
                outputs.append(fails)
                fails = fails.sum()
            names = list(updates) if place == "before all" else [place]
            for name in names:
                updates[name] = updates[name] + (fails * 0.001).astype(updates[name].dtype)
        self.function = theano.function(
            INPUTS, outputs, updates=[(s[name], updates[name]) for name in s], mode=mode, on_unused_input="ignore"
        )

    def values(self):
        found = {name: store.get_value() for name, store in self.stores.items()}
        return {name: (value.dtype, value.shape, value.tobytes()) for name, value in found.items()}


PLACES = ["weights", "bias", "steps", "table", "old", "new", "grows", "total", "aside", "before all", "after all"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", FAULTS)
def test_nothing_changes(kind, place):
    model = Model(kind, place)
    start = {name: store.get_value() for name, store in model.stores.items()}
    wanted = [result.tobytes() for result in model.function(**good())], model.values()
    for name, store in model.stores.items():
        store.set_value(start[name])
    before, arguments = model.values(), [np.asarray(v) for v in (good() | model.change).values()]
    assert before != wanted[1]
    counts = [sys.getrefcount(v) for v in arguments]
    for _ in range(3):
        with pytest.raises(model.error):
            model.function(*arguments)
        assert model.values() == before
    assert [sys.getrefcount(v) for v in arguments] == counts
    assert ([result.tobytes() for result in model.function(**good())], model.values()) == wanted


@pytest.mark.parametrize("kind", FAULTS)
def test_the_reference_keeps_to_it_and_agrees(kind):
    model, judge = Model(kind, "before all"), Model(kind, "before all", "REFERENCE")
    before = judge.values()
    if model.error is not MemoryError:
        with pytest.raises(model.error):
            judge.function(**good() | judge.change)
    assert judge.values() == before
    for result, expected in zip(model.function(**good()), judge.function(**good()), strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-12)
    for name, store in model.stores.items():
        np.testing.assert_allclose(store.get_value(), judge.stores[name].get_value(), rtol=1e-12, err_msg=name)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that interrupts")
def test_an_interrupted_loop():
    """A loop that would take days stops when a signal's handler raises, and nothing has changed."""
    store, steps = theano.shared(np.arange(3.0)), T.lscalar("steps")
    (last,) = repeat(lambda step, state: [state * 0.5 + store], steps, [store])
    f = theano.function([steps], updates=[(store, last)])

    def stop(number, frame):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(TimeoutError):
            f(1 << 60)
    finally:
        signal.signal(signal.SIGALRM, before)
    np.testing.assert_array_equal(store.get_value(), np.arange(3.0))
    f(1)
    np.testing.assert_array_equal(store.get_value(), np.arange(3.0) * 1.5)
