"""Calls of several threads: none is lost, none is seen half done, none waits for itself, and those that can run side by side do."""

import itertools
import sys
import threading
import time

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph import Apply, Container, Op
from theano.graph.locks import OWNER, READERS, WANTED, lock_of
from theano.runtime import pool
from theano.runtime.native_type import ALL_THREADS

THREADS = 8
LONG = 600_000
x = T.dvector("x")


@pytest.fixture(autouse=True)
def many_switches():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


class Call(Op):
    """The identity on a vector or number, which calls ``function`` while it runs."""

    __props__ = ()

    def __init__(self, function=lambda: None):
        self.function = function

    def make_node(self, value):
        return Apply(self, [value], [value.type()])

    def perform(self, node, inputs, output_storage):
        self.function()
        output_storage[0][0] = np.array(inputs[0])


def at_once(*works):
    """Run each in a thread of its own; what they raised."""
    raised, start = [], threading.Barrier(len(works))

    def run(work):
        start.wait()
        try:
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    [t.start() for t in threads]
    [t.join(120) for t in threads]
    assert not any(t.is_alive() for t in threads), "threads wait for each other"
    return raised


def times(number, call):
    def work():
        for _ in range(number):
            call()

    return work


def number(name="count"):
    return theano.shared(np.int64(0), name=name)


def idle(*variables):
    """Nobody owns, wants or reads them any more."""
    return all(list(v.container.lock.words) == [0, 0, 0] for v in variables)


# ------------------------------------------------------------------------------------------------ right


def test_ten_thousand_calls_of_one_function_in_each_of_eight_threads():
    f, wrong = theano.function([x], [x * 2.0, x.sum()]), []

    def work(k):
        values = np.full(k + 1, float(k))
        for _ in range(10_000):
            doubled, total = f(values)
            if not (doubled == 2.0 * k).all() or total != k * (k + 1):
                wrong.append(k)

    assert at_once(*(lambda k=k: work(k) for k in range(THREADS))) == [] and wrong == []


def increments(kinds, count):
    """Functions that add 1 to ``count``, one of each kind."""
    other = number("other")
    busy = Call(lambda: sum(range(10)))
    made = {
        "plain": lambda: theano.function([], [], updates=[(count, count + 1)]),
        "python": lambda: theano.function([], count, updates=[(count, busy(count) + 1)]),
        "two": lambda: theano.function([], [], updates=[(other, other + 1), (count, count + busy(T.constant(np.int64(1))))]),
        "many": lambda: theano.function([], busy(count), updates=[(v, v + 1) for v in (*(number(f"n{k}") for k in range(20)), count)]),
        "interpreted": lambda: theano.function([], [], updates=[(count, busy(count) + 1)], mode="REFERENCE"),
    }
    return [made[kind]() for kind in kinds]


@pytest.mark.parametrize(("kinds", "each"), [
    (["plain"], 10_000), (["python"], 10_000), (["plain", "python", "two"], 10_000), (["many", "plain"], 2_000),
    (["python", "interpreted", "two", "plain"], 500),
])  # fmt: skip
def test_increments_from_eight_threads_sum_exactly(kinds, each):
    count = number()
    functions = increments(kinds, count)
    assert at_once(*(times(each, f) for f, _ in zip(itertools.cycle(functions), range(THREADS)))) == []
    assert count.get_value() == THREADS * each and idle(count)


def test_opposite_orders_of_shared_variables_do_not_deadlock():
    a, b = number("a"), number("b")
    busy = Call(lambda: sum(range(10)))
    forth = theano.function([], [], updates=[(a, busy(a) + 1), (b, b + 1)])
    back = theano.function([], [], updates=[(b, busy(b) + 1), (a, a + 1)])
    assert at_once(*[times(1000, forth), times(1000, back)] * 2) == []
    assert a.get_value() == b.get_value() == 4000 and idle(a, b)


def test_opposite_orders_of_inputs_that_keep_their_value_do_not_deadlock():
    x, y = T.lscalars("x", "y")
    kept = {v: Container(v.type, [np.array(0)]) for v in (x, y)}

    def stepping(*order):
        return theano.function([theano.In(v, value=kept[v], update=v + 1, implicit=False) for v in order], x + y)

    forth, back = stepping(x, y), stepping(y, x)
    assert at_once(*[times(500, lambda: forth(1, 2)), times(500, lambda: back(2, 1))]) == []
    assert [kept[v].value for v in (x, y)] == [2, 3] and all(list(kept[v].lock.words) == [0, 0, 0] for v in (x, y))


def test_nobody_sees_an_update_half_done():
    """The variable is written in place by long kernels; readers copy it, and sum it in long kernels of their own."""
    state = theano.shared(np.zeros(LONG), name="state")
    step = theano.function([], [], updates=[(state, state + 1)])
    spread = theano.function([], [state.min(), state.max(), T.exp(T.sin(state)).min(), T.exp(T.sin(state)).max()])
    done, wrong = threading.Event(), []

    def write():
        times(60, step)()
        done.set()

    def read(look):
        while not done.is_set():
            low, high = look()
            if low != high:
                wrong.append((low, high))

    def copied():
        value = state.get_value()
        return value.min(), value.max()

    def summed():
        low, high, less, more = spread()
        return (low, less), (high, more)

    assert at_once(write, lambda: read(copied), lambda: read(summed)) == []
    assert wrong == [] and (state.get_value() == 60).all() and idle(state)


def test_setting_a_value_waits_for_the_call_that_would_overwrite_it():
    inside, go = threading.Event(), threading.Event()

    def hold():
        inside.set()
        go.wait(60)

    count = number()
    add = theano.function([], [], updates=[(count, Call(hold)(count) + 1)])
    caller = threading.Thread(target=add)
    caller.start()
    assert inside.wait(60)
    assert count.get_value() == 0  # a copy of what there is does not wait
    setter = threading.Thread(target=count.set_value, args=(np.int64(100),))
    setter.start()
    setter.join(0.05)
    assert setter.is_alive() and count.get_value() == 0
    go.set()
    [t.join(60) for t in (caller, setter)]
    assert count.get_value() == 100 and idle(count)


def test_values_set_while_others_count_are_counted_on():
    count = number()
    add = theano.function([], [], updates=[(count, Call(lambda: sum(range(10)))(count) + 1)])
    jump = 1_000_000

    def setting():
        for k in range(1, 20):
            count.set_value(np.int64(k * jump))

    assert at_once(setting, times(500, add), times(500, add)) == []
    assert 19 * jump <= count.get_value() <= 19 * jump + 1000


def test_long_calls_that_follow_one_another_let_others_in():
    count = theano.shared(np.zeros(LONG), name="count")
    long = theano.function([], [], updates=[(count, T.exp(T.sin(T.exp(T.sin(count)))) * 0 + Call()(count) + 1)])
    done = threading.Event()

    def endless():
        while not done.is_set():
            long()

    def patient():
        times(3, long)()
        done.set()

    assert at_once(endless, patient) == []
    assert idle(count)


# ------------------------------------------------------------------------------------------------ side by side


def test_other_threads_run_during_a_long_call():
    f, values = theano.function([x], T.exp(T.sin(T.exp(T.sin(T.exp(T.sin(x)))))).sum()), np.ones(4_000_000)
    f(values)
    ticks, done = 0, threading.Event()
    caller = threading.Thread(target=lambda: (times(5, lambda: f(values))(), done.set()))
    caller.start()
    while not done.is_set():
        ticks += 1
        time.sleep(0.0005)
    caller.join()
    assert ticks > 20


def test_calls_that_do_not_update_are_inside_at_the_same_time():
    w, both = theano.shared(np.ones(3)), threading.Barrier(2)
    f = theano.function([], Call(lambda: both.wait(60))(w) * 2)  # each call waits until the other is inside too
    found = []
    assert at_once(*[lambda: found.append(f())] * 2) == []
    assert all((value == 2).all() for value in found) and idle(w)


# ------------------------------------------------------------------------------------------------ calls inside calls


def test_a_call_inside_a_call_that_updates_the_same_variable_is_refused():
    count = number()
    add = theano.function([], [], updates=[(count, count + 1)])
    nested = theano.function([], [], updates=[(count, Call(add)(count) + 10)])
    with pytest.raises(RuntimeError, match="called from inside a call that updates it too") as caught:
        nested()
    assert "the inner update would be lost" in str(caught.value)
    assert count.get_value() == 0 and idle(count)
    add()
    assert count.get_value() == 1


def test_a_function_that_calls_itself_is_refused_if_it_updates():
    count = number()
    f = theano.function([], [], updates=[(count, Call(lambda: f())(count) + 1)])
    with pytest.raises(RuntimeError, match="called from inside a call"):
        f()
    assert count.get_value() == 0 and idle(count)


def test_a_call_inside_a_call_may_read_the_variable_and_update_others():
    count, other, seen = number(), number("other"), []
    look = theano.function([], count, updates=[(other, other + 1)])
    outer = theano.function([], [], updates=[(count, Call(lambda: seen.append(int(look())))(count) + 1)])
    outer(), outer()
    assert seen == [0, 1] and (count.get_value(), other.get_value()) == (2, 2) and idle(count, other)


def test_a_value_set_inside_the_call_is_replaced_by_the_calls_own():
    count = number()
    f = theano.function([], [], updates=[(count, Call(lambda: count.set_value(np.int64(50)))(count) + 1)])
    f()
    assert count.get_value() == 1 and idle(count)


def test_two_threads_that_would_wait_for_each_other_are_told():
    a, b, both = number("a"), number("b"), threading.Barrier(2)
    add_a, add_b = (theano.function([], [], updates=[(v, v + 1)]) for v in (a, b))
    first = theano.function([], [], updates=[(a, Call(lambda: (both.wait(60), add_b()))(a) + 1)])
    second = theano.function([], [], updates=[(b, Call(lambda: (both.wait(60), add_a()))(b) + 1)])
    (error,) = at_once(first, second)
    assert isinstance(error, RuntimeError) and "two threads wait for each other" in str(error)
    assert sorted((int(a.get_value()), int(b.get_value()))) == [1, 2] or a.get_value() + b.get_value() == 2
    assert idle(a, b)


def test_a_failed_call_frees_what_it_owned():
    count = number()

    def fail():
        raise ZeroDivisionError

    broken = theano.function([], [], updates=[(count, Call(fail)(count) + 1)])
    add = theano.function([], [], updates=[(count, count + 1)])
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            broken()
        add()
    assert count.get_value() == 3 and idle(count)


# ------------------------------------------------------------------------------------------------ building


def test_functions_are_built_in_several_threads():
    wrong = []

    def work(k):
        for n in range(3):
            v, w = T.dvector(), theano.shared(np.full(3, float(k)))
            cost = (T.nnet.sigmoid(v * w) * (k + n)).sum()
            f = theano.function([v], [cost, T.grad(cost, w)], updates=[(w, w + n)])
            value, slope = f(np.zeros(3))
            if value != 1.5 * (k + n) or (slope != 0).any() or (w.get_value() != k + n).any():
                wrong.append((k, n))

    assert at_once(*(lambda k=k: work(k) for k in range(4))) == [] and wrong == []


# ------------------------------------------------------------------------------------------------ the words


def test_a_cell_has_one_lock_which_its_views_share():
    cell = [1]
    lock = lock_of(cell)
    assert lock_of(cell) is lock and lock_of([1]) is not lock
    v = number()
    assert v.clone().container.lock is v.container.lock
    assert (OWNER, WANTED, READERS) == (0, 1, 2) and len(lock.words) == 3


# ------------------------------------------------------------------------------------------------ how many threads


@pytest.fixture
def four_threads():
    with pool.set_threads(4):
        yield


def test_threads_of_the_process_for_a_while(four_threads):
    before = pool.threads()
    with pool.set_threads(1):
        assert pool.threads() == 1
        with pool.set_threads(3):
            assert pool.threads() == (3 if pool.THREADED else 1)
    assert pool.threads() == before


def test_threads_of_a_function_and_equal_bits(four_threads):
    rng = np.random.default_rng(0)
    m = T.dmatrix("m")
    outputs = [T.exp(T.sin(m)).sum(), T.dot(m, m.T), m.sum(axis=0), T.dot(m, m[0]), T.nnet.softmax(m).var(axis=1)]
    f, values = theano.function([m], outputs), rng.standard_normal((1100, 1300))
    assert f.threads is None
    found = set()
    for limit in (1, 2, 3, None):
        f.threads = limit
        assert f.threads == limit
        found.add(tuple(result.tobytes() for result in f(values)))
    assert len(found) == 1 and f._table.threads == ALL_THREADS


def test_one_thread_runs_nothing_elsewhere():
    """With a limit of one, no worker is asked: none is created."""
    import subprocess

    program = (
        "import numpy as np, theano, theano.tensor as T\n"
        "from theano.runtime import pool\n"
        "x = T.dvector(); f = theano.function([x], T.exp(x)); pool.set_threads(4); f.threads = 1\n"
        "f(np.ones(3_000_000)); assert pool.workers() == 0, pool.workers()\n"
        "f.threads = None; f(np.ones(3_000_000)); assert pool.workers() == (3 if pool.THREADED else 0), pool.workers()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("setting", "wanted"), [("OMP_NUM_THREADS=1", 1), ("THEANO_FLAGS=openmp=False", 1), ("OMP_NUM_THREADS=zero", None)]
)
def test_threads_that_the_environment_asks_for(setting, wanted):
    import os
    import subprocess

    name, _, value = setting.partition("=")
    program = "from theano.runtime import pool; print(pool.threads(), pool._processors())"
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"} | {name: value}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, env=environment)
    found, processors = map(int, done.stdout.split())
    assert found == (wanted or (processors if pool.THREADED else 1))
