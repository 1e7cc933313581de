"""Random loops: ``python -m tests.fuzz --loops --graphs 5000``.

A loop is data: what its steps read (rows of sequences and of states at random taps, values that do not change), instructions, and what
it gives.  It is run in three ways: by :func:`theano.scan`; as a graph of all its steps, one after another; and by NumPy.  All three
must agree in value, and scan with the graph of its steps in gradient, second gradient and, for some seeds, forwards.  That graph is
evaluated node by node by ``perform``, so it shares no compiled code with the loop.

>>> case = random_case(0)
>>> check(case)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

import theano
import theano.tensor as T
from theano.ifelse import ifelse
from theano.scan_module import until

ZERO = T.constant(0.0, dtype="float64")


def shape_of(kind, size):
    """Of a scalar, a vector, a matrix (all square) or an index into vectors."""
    return (size,) * {"s": 0, "v": 1, "m": 2, "i": 0}[kind]


STEPWISE = theano.compile.mode.Mode(linker="py", optimizer=None)
REWRITTEN = theano.compile.mode.Mode(linker="reference", optimizer="fast_run")


class Wrong(AssertionError):
    """Two ways to run a loop disagree."""


@dataclass
class Numbers:
    """What instructions ask of a library, by NumPy; vectors are of this size."""

    size: int

    tanh, sin, exp, sqrt, maximum = np.tanh, np.sin, np.exp, np.sqrt, np.maximum
    dot, outer, concatenate, switch, argmax, stack = map(staticmethod, (np.dot, np.outer, np.concatenate, np.where, np.argmax, np.stack))

    @staticmethod
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    @staticmethod
    def chosen(condition, first, second):
        return first if condition else second

    @staticmethod
    def placed(whole, part, at):
        whole = np.array(whole)
        whole[at] = part
        return whole

    @staticmethod
    def piece(x, y):
        return np.tanh(x) * y + x

    @staticmethod
    def python(x):
        return np.array(x)


class Same(theano.Op):
    """What it is given, by Python: loops that contain it are run by steps."""

    __props__ = ()

    def make_node(self, v):
        return theano.Apply(self, [v], [v.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = np.array(inputs[0])

    def grad(self, inputs, output_gradients):
        return output_gradients

    def R_op(self, inputs, eval_points):
        return eval_points


@dataclass
class Symbols:
    """The same in graphs."""

    size: int

    tanh, sin, exp, sqrt, maximum = map(staticmethod, (T.tanh, T.sin, T.exp, T.sqrt, T.maximum))
    dot, outer, concatenate, switch, argmax, stack = map(staticmethod, (T.dot, T.outer, T.concatenate, T.switch, T.argmax, T.stack))
    sigmoid, chosen = map(staticmethod, (T.nnet.sigmoid, ifelse))
    python = Same()

    @staticmethod
    def placed(whole, part, at):
        return T.set_subtensor(whole[at], part)

    @staticmethod
    def piece(x, y):
        u, v = x.type(), y.type()
        return theano.OpFromGraph([u, v], [T.tanh(u) * v + u])(x, y)


INSTRUCTIONS: dict[str, tuple[str, str, Any]] = {
    # name: kinds of arguments ("a" any float, "b" the same), kind of the result, by a library L
    "tanh": ("a", "a", lambda L, x: L.tanh(x)),
    "bell": ("a", "a", lambda L, x: L.exp(-(x**2))),
    "sigmoid": ("a", "a", lambda L, x: L.sigmoid(x * 2)),
    "root": ("a", "a", lambda L, x: L.sqrt(x * x + 1)),
    "add": ("ab", "a", lambda L, x, y: x + y),
    "product": ("ab", "a", lambda L, x, y: x * y),
    "difference": ("ab", "a", lambda L, x, y: x - 0.5 * y),
    "maximum": ("ab", "a", lambda L, x, y: L.maximum(x, y)),
    "switch": ("ab", "a", lambda L, x, y: L.switch(x > y, x, L.sin(y))),
    "scaled": ("as", "a", lambda L, x, y: x * y),
    "shifted": ("as", "a", lambda L, x, y: y - x),
    "spread": ("mv", "m", lambda L, x, y: x + y),
    "ifelse": ("saa", "a", lambda L, c, x, y: L.chosen(c > 0.1, x * 1.5, L.tanh(y))),
    "piece": ("aa", "a", lambda L, x, y: L.piece(x, y)),
    "mat_vec": ("mv", "v", lambda L, x, y: L.dot(x, y)),
    "vec_mat": ("vm", "v", lambda L, x, y: L.dot(x, y) * 0.75),
    "transposed": ("mv", "v", lambda L, x, y: L.dot(x.T, y)),
    "mat_mat": ("mm", "m", lambda L, x, y: L.dot(x, y) * 0.625),
    "inner": ("vv", "s", lambda L, x, y: L.dot(x, y)),
    "outer": ("vv", "m", lambda L, x, y: L.outer(x, y)),
    "sum": ("v", "s", lambda L, x: x.sum()),
    "mean": ("v", "v", lambda L, x: x - x.mean()),
    "largest": ("v", "s", lambda L, x: x.max()),
    "softmax": ("v", "v", lambda L, x: L.exp(x) / L.exp(x).sum()),
    "row_sums": ("m", "v", lambda L, x: x.sum(axis=1)),
    "column_means": ("m", "v", lambda L, x: x.mean(axis=0)),
    "element": ("vi", "s", lambda L, x, k: x[k]),
    "row": ("mi", "v", lambda L, x, k: x[k]),
    "first_row": ("m", "v", lambda L, x: x[0]),
    "column": ("m", "v", lambda L, x: x[:, 1]),
    "reversed": ("v", "v", lambda L, x: x[::-1]),
    "gathered": ("v", "v", lambda L, x: x[np.arange(L.size) // 2]),
    "rolled": ("vv", "v", lambda L, x, y: L.concatenate([x[1:], y[:1]])),
    "placed": ("vv", "v", lambda L, x, y: L.placed(x, y[:-1] * 0.5, slice(1, None))),
    "placed_at": ("vsi", "v", lambda L, x, y, k: L.placed(x, y, k)),
    "argmax": ("v", "i", lambda L, x: L.argmax(x, axis=0)),
    "next_index": ("i", "i", lambda L, k: (k + 1) % L.size),
    "python": ("v", "v", lambda L, x: L.python(x)),
}

RARE = {"python": 0.2, "ifelse": 0.3, "piece": 0.3, "argmax": 0.4, "mat_mat": 0.5}
"""How often some are taken when they are drawn."""


@dataclass
class Tapped:
    """A sequence or a state: the kind of its rows, and at which distances a step reads them.

    ``form``: how it is given; a state as a value, as a dict or as a shared variable that the step updates."""

    kind: str
    taps: list[int]
    form: str = ""

    @property
    def before(self):
        return max(0, -min(self.taps))

    @property
    def after(self):
        return max(0, *self.taps)


@dataclass
class Loop:
    """``body``: (instruction or a loop, the numbers of its arguments).  Values of a step are numbered: rows of sequences, rows of
    states, values from outside, results of instructions."""

    sequences: list[Tapped]
    states: list[Tapped]
    outside: list[str]
    body: list[tuple[Any, list[int]]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)  # of all values
    following: list[int] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    condition: tuple[int, float] | None = None
    backwards: bool = False
    truncate: int = -1
    checkpoint: Any = None
    lengths: list[int] = field(default_factory=list)  # of the sequences
    asked: int | None = None  # the number of steps, if it is given ...
    literal: bool = False  # ... as a number
    explicit: bool = True  # values from outside are non_sequences
    result: str = ""  # of a loop in a loop: its last row, or the sum of all

    @property
    def available(self):
        """How many steps each sequence has rows for."""
        return [max(0, n - s.before - s.after) for n, s in zip(self.lengths, self.sequences)]

    @property
    def steps(self):
        return min(self.available) if self.asked is None else self.asked

    def all(self):
        """It, and the loops in it."""
        return [self, *(what[0] for what, _ in self.body if not isinstance(what, str))]

    @property
    def single(self):
        """One step that is no loop."""
        return self.literal and self.asked == 1


# ------------------------------------------------------------------------------------------------ what is drawn


def random_loop(random, size, depth=0, given=None):
    """A loop; inside another one (``depth``) it goes along values of that, whose kinds are ``given``."""
    pick = lambda *options: options[random.integers(len(options))]
    chance = lambda p: bool(random.random() < p)

    def taps(options, most):
        return [int(t) for t in random.permutation(options)[: random.integers(1, most + 1)]]

    if depth:
        numbers = [k for k, kind in enumerate(given) if kind in "vm"]
        read = [int(k) for k in random.permutation(numbers)[: random.integers(0, 3)]]
        sequences = [Tapped("s" if given[k] == "v" else "v", pick([0], [0], [-1], [0, 1])) for k in read]
        numbers = [k for k, kind in enumerate(given) if kind in "sv"]
        begun = [int(k) for k in random.permutation(numbers)[: random.integers(1, 3)]]
        states = [Tapped(given[k], [-1], pick("", "dict")) for k in begun]
        outside = [int(k) for k in random.permutation(len(given))[: random.integers(0, 4)]]
        arguments = [*read, *begun, *outside]
        loop = Loop(sequences, states, [given[k] for k in outside])
        loop.lengths = [size] * len(sequences)
    else:
        sequences = [Tapped(pick(*"svvvmi"), pick([0], [0], taps([-2, -1, 0, 1, 2], 3))) for _ in range(random.integers(0, 3))]
        for one in sequences:
            one.taps = [0] if one.kind == "m" else one.taps
        states = [Tapped(pick(*"ssvvvm"), pick([-1], [-1], taps([-3, -2, -1], 2)), pick("", "dict")) for _ in range(random.integers(0, 4))]
        if chance(0.15):
            states.append(Tapped("i", [-1], pick("", "dict")))
        if chance(0.2):
            states.append(Tapped(pick(*"sv"), [-1], "shared"))
        loop = Loop(sequences, states, ["v", "m", *pick("", "s", "i", "vm")])
        length = pick(0, 1, 2, 2, 3, 3, 4, 5)
        loop.lengths = [length + s.before + s.after + pick(0, 0, 0, 2) for s in sequences]
    loop.backwards = chance(0.25)
    loop.explicit = chance(0.6)
    loop.truncate = int(random.integers(0, 4)) if chance(0.12) else -1
    if not sequences or chance(0.25):
        most = min(loop.available) if sequences else 3 if depth else 5
        loop.asked, loop.literal = int(random.integers(min(most, 1), most + 1)), chance(0.5)
    loop.checkpoint = pick("sqrt", 1, 2, 3) if chance(0.2) else None
    loop.kinds = [s.kind for s in (*loop.sequences, *loop.states) for _ in s.taps] + loop.outside
    _random_body(loop, random, size, depth)
    if chance(0.2 if depth == 0 else 0.1):
        scalars = [k for k, kind in enumerate(loop.kinds) if kind == "s"]
        if scalars:
            loop.condition = (pick(*scalars), float(random.normal()))
    if not depth:
        return loop
    loop.result = pick("last", "sum", "sum") if loop.steps else "sum"
    return loop, arguments


def _random_body(loop, random, size, depth):
    def find(kind):
        """A value of this kind; late ones rather."""
        numbers = [k for k, other in enumerate(loop.kinds) if other == kind]
        if not numbers:
            return None
        return numbers[-1 - int(len(numbers) * random.random() ** 2)]

    def add(what, arguments, kind):
        loop.body.append((what, arguments))
        loop.kinds.append(kind)
        return len(loop.kinds) - 1

    def instruction(name):
        kinds, result, _ = INSTRUCTIONS[name]
        free = {"a": "svm"[random.integers(3)] if random.random() < 0.5 else "v"}
        free["b"] = free["a"]
        arguments = [find(free.get(k, k)) for k in kinds]
        if None not in arguments:
            return add(name, arguments, free.get(result, result))
        return None

    names = list(INSTRUCTIONS)
    wanted = int(random.integers(2, 4 if depth else 7))
    for _ in range(200):
        if wanted == 0:
            break
        name = names[random.integers(len(names))]
        if random.random() < RARE.get(name, 1.0) and instruction(name) is not None:
            wanted -= 1
    if depth == 0 and size < 5 and random.random() < 0.3 and any(k in "sv" for k in loop.kinds):
        inner, arguments = random_loop(random, size, 1, list(loop.kinds))
        for position in range(len(inner.states)):
            add((inner, position), arguments, inner.states[position].kind)
    for state in loop.states:
        if state.kind == "i":
            index = find("i")
            loop.following.append(add("next_index", [index], "i"))
            continue
        value = find(state.kind)
        value = add("add", [value, find(state.kind)], state.kind)
        loop.following.append(add("tanh", [value], state.kind))
    floats = [k for k, kind in enumerate(loop.kinds) if kind != "i"]
    if not loop.following or random.random() < 0.5:
        for _ in range(random.integers(1, 3)):
            number = floats[-1 - int(len(floats) * random.random() ** 2)]
            if loop.kinds[number] != "m" or depth == 0:
                loop.records.append(number)
    if not loop.following and not loop.records:
        loop.records.append(floats[-1])


# ------------------------------------------------------------------------------------------------ the three ways to run it


class Runner:
    """Runs a loop step by step, by NumPy or into a graph of all steps.

    ``counts``: how many steps loops with a condition did, in the order of their running; found by NumPy, followed by the graph."""

    def __init__(self, library, counts):
        self.L, self.counts = library, counts
        self.finding = isinstance(library, Numbers)

    def run(self, loop, sequences, initial, outside):
        """(rows of each state from the initial ones on, rows of each record)."""
        rows, records = [list(values) for values in initial], [[] for _ in loop.records]
        conditional = loop.condition is not None and not loop.single
        most = loop.steps if self.finding or not conditional else self.counts.pop(0)
        place = len(self.counts)
        if self.finding and conditional:
            self.counts.append(0)
        done, first = 0, self.first(loop, most)
        for t in range(most):
            if t == first:
                rows, records = (stopped(group) for group in (rows, records))
            values = self.step(loop, t, sequences, rows, outside)
            for history, k in zip(rows, loop.following):
                history.append(values[k])
            for history, k in zip(records, loop.records):
                history.append(values[k])
            done = t + 1
            if self.finding and conditional and values[loop.condition[0]] > loop.condition[1]:
                break
        if self.finding and conditional:
            self.counts[place] = done
        return (rows, records) if first != most else (stopped(rows), stopped(records))

    def first(self, loop, steps):
        """The first step that a gradient goes through, if it does not go through all."""
        if self.finding or loop.truncate < 0 or loop.single or steps <= loop.truncate:
            return None
        return steps - loop.truncate

    def step(self, loop, t, sequences, rows, outside):
        values = []
        for one, whole, available in zip(loop.sequences, sequences, loop.available):
            at = one.before + (available - 1 - t if loop.backwards else t)
            values += [whole[at + tap] for tap in one.taps]
        for one, history in zip(loop.states, rows):
            values += [history[tap] for tap in one.taps]
        values += outside
        return self.completed(loop, values)

    def completed(self, loop, values):
        """All values of a step, from those that it reads."""
        found = {}
        for what, arguments in loop.body:
            given = [values[k] for k in arguments]
            if isinstance(what, str):
                values.append(INSTRUCTIONS[what][2](self.L, *given))
            else:
                inner, position = what
                if id(inner) not in found:
                    found[id(inner)] = self.nested(inner, given)
                values.append(found[id(inner)][position])
        return values

    def nested(self, inner, given):
        n, m = len(inner.sequences), len(inner.states)
        rows, _ = self.run(inner, given[:n], [[v] for v in given[n : n + m]], given[n + m :])
        if inner.result == "last":
            return [history[-1] for history in rows]
        return [sum(history[1:], 0 * history[0]) for history in rows]


def stopped(histories):
    """The same, without a gradient."""
    return [[theano.gradient.disconnected_grad(v) for v in history] for history in histories]


class Scanning(Runner):
    """Builds loops.  ``numbers``: of their steps, as variables."""

    def __init__(self, size):
        super().__init__(Symbols(size), [])
        self.numbers: dict[Any, int] = {}

    def nested(self, inner, given):
        n, m = len(inner.sequences), len(inner.states)
        results, _ = self.scan(inner, given[:n], given[n : n + m], given[n + m :])
        results = results[:m]
        return [r[-1] if inner.result == "last" else r.sum(axis=0) for r in results]

    def scan(self, loop, sequences, initial, outside):
        steps: Any = loop.asked
        if steps is not None and not loop.literal:
            steps = T.lscalar()
            self.numbers[steps] = loop.asked
        sources = [dict(input=whole, taps=one.taps) if one.taps != [0] else whole for one, whole in zip(loop.sequences, sequences)]
        infos, shared = [], [v for one, v in zip(loop.states, initial) if one.form == "shared"]
        own = [k for k, one in enumerate(loop.states) if one.form != "shared"]
        for k in own:
            one, whole = loop.states[k], initial[k]
            infos.append(dict(initial=whole, taps=one.taps) if one.form == "dict" or one.taps != [-1] else whole)

        def step(*arguments):
            if not loop.explicit:
                arguments = [*arguments, *outside]
            cut = len(arguments) - len(outside)
            values = self.completed(loop, [*arguments[:cut], *shared, *arguments[cut:]])
            results = [values[loop.following[k]] for k in own] + [values[k] for k in loop.records]
            updates = {v: values[loop.following[len(own) + k]] for k, v in enumerate(shared)}
            parts = [results, *([updates] if updates else [])]
            if loop.condition is not None:
                parts.append(until(values[loop.condition[0]] > loop.condition[1]))
            return tuple(parts)

        return theano.scan(
            step,
            sources,
            [*infos, *([None] * len(loop.records))],
            outside if loop.explicit else None,
            n_steps=steps,
            truncate_gradient=loop.truncate,
            go_backwards=loop.backwards,
            checkpoint=loop.checkpoint,
            return_list=True,
        )


# ------------------------------------------------------------------------------------------------ whether they agree


@dataclass
class Case:
    """A loop and what it is given: variables and their values, in the order of sequences, initial values and values from outside."""

    seed: int
    size: int
    dtype: str
    loop: Loop
    variables: list[Any]
    values: list[Any]

    def parts(self, given):
        n, m = len(self.loop.sequences), len(self.loop.states)
        return given[:n], given[n : n + m], given[n + m :]

    def histories(self, given):
        """The initial rows of each state."""
        return [[v] if one.taps == [-1] else [v[k] for k in range(one.before)] for one, v in zip(self.loop.states, given)]


def random_case(seed):
    random = np.random.default_rng(seed)
    size, dtype = int(random.choice([3, 3, 3, 2, 5, 17])), "float32" if random.random() < 0.15 else "float64"
    loop = random_loop(random, size)
    leading = [(n,) for n in loop.lengths]
    leading += [() if one.taps == [-1] else (one.before + int(random.integers(2)),) for one in loop.states]
    variables, values = [], []
    outside = [Tapped(kind, [0]) for kind in loop.outside]
    for one, rows in zip([*loop.sequences, *loop.states, *outside], leading + [()] * len(outside)):
        shape = (*rows, *shape_of(one.kind, size))
        value = random.integers(0, size, shape) if one.kind == "i" else random.normal(size=shape) * min(0.8, 2 / size)
        value = np.asarray(value, "int64" if one.kind == "i" else dtype)
        variable = theano.shared(value) if one.form == "shared" else T.TensorType(value.dtype, (False,) * value.ndim)()
        variable.name = f"{one.kind}{len(variables)}"
        variables.append(variable)
        values.append(value)
    return Case(seed, size, dtype, loop, variables, values)


def by_steps(case, library, given, counts):
    """The results by a :class:`Runner`: rows of each state, but for one that is updated its last value; rows of each record."""
    loop = case.loop
    sequences, initial, outside = case.parts(given)
    rows, records = Runner(library, counts).run(loop, sequences, case.histories(initial), outside)
    results = []
    for one, history in zip(loop.states, rows):
        results.append(history[-1] if one.form == "shared" else _stack(case, library, history[one.before :], one.kind))
    return results + [_stack(case, library, history, loop.kinds[k]) for history, k in zip(records, loop.records)]


def _stack(case, library, rows, kind):
    return library.stack(rows) if rows else np.zeros((0, *shape_of(kind, case.size)), "int64" if kind == "i" else case.dtype)


def by_scan(case):
    """(the same by scan, {number of steps of a loop: its value})."""
    scanning = Scanning(case.size)
    found, updates = scanning.scan(case.loop, *case.parts(case.variables))
    rest = iter(found)
    results = [updates[v] if one.form == "shared" else next(rest) for one, v in zip(case.loop.states, case.parts(case.variables)[1])]
    return [*results, *rest], scanning.numbers


def derivatives(case, outputs, forwards):
    """Gradients of a cost, gradients of a cost of those, and how the outputs move along."""
    wrt = [v for v in case.variables if v.dtype == case.dtype]
    floats = [T.as_tensor_variable(out) for out in outputs]
    floats = [out for out in floats if out.dtype == case.dtype]
    cost = sum(((T.cos(out) * (k + 1)).sum() for k, out in enumerate(floats)), ZERO)
    first = T.grad(cost, wrt, disconnected_inputs="ignore")
    second = T.grad(sum(((g * T.sin(v + 1)).sum() for g, v in zip(first, wrt)), ZERO), wrt, disconnected_inputs="ignore")
    moved = theano.Rop(floats, wrt, [T.cos(v) for v in wrt], disconnected_outputs="ignore") if forwards else []
    return [*first, *second, *moved]


def compare(case, what, found, expected):
    if len(found) != len(expected):
        raise Wrong(f"{what}: {len(found)} results, {len(expected)} were expected")
    for k, (ours, wanted) in enumerate(zip(found, expected)):
        ours, wanted = np.asarray(ours), np.asarray(wanted)
        if ours.shape != wanted.shape:
            raise Wrong(f"{what}: result {k} has shape {ours.shape}, not {wanted.shape}")
        scale = np.abs(wanted).max(initial=1.0)
        rtol, atol = (1e-7, 1e-9) if case.dtype == "float64" else (1e-3, 1e-4)
        if not np.allclose(ours, wanted, rtol=rtol, atol=atol * scale):
            raise Wrong(f"{what}: result {k} is\n{ours}\nnot\n{wanted}")


def check(case):
    """Raise :class:`Wrong` unless all ways to run the loop agree.

    The program of all results is interpreted.  Machine code, which takes longer to make, is made for half of the seeds: of the results
    alone, for some with the gradient, and for some of everything."""
    counts: list[int] = []
    truth = by_steps(case, Numbers(case.size), case.values, counts)
    outputs, numbers = by_scan(case)
    forwards = case.seed % 3 == 0 and not any(loop.truncate >= 0 for loop in case.loop.all())  # which holds for gradients alone
    asked = [*outputs, *derivatives(case, outputs, forwards)]
    given = [(v, value) for v, value in zip(case.variables, case.values) if not hasattr(v, "get_value")] + list(numbers.items())
    inputs, values = [v for v, _ in given], [value for _, value in given]

    def results(wanted, mode):
        return theano.function(inputs, wanted, mode=mode, on_unused_input="ignore")(*values)

    found = results(asked, REWRITTEN)
    compare(case, "scan and NumPy", found[: len(truth)], truth)
    unrolled = by_steps(case, Symbols(case.size), case.variables, counts)
    compare(case, "derivatives of scan and of its steps", found[len(truth) :], results(derivatives(case, unrolled, forwards), STEPWISE))
    some = len(truth) + sum(v.dtype == case.dtype for v in case.variables)
    cut = {0: len(asked), 1: some, 2: some, 3: some}.get(case.seed % 16, len(truth) if case.seed % 2 else 0)
    if cut:
        compare(case, "machine code", results(asked[:cut], "FAST_RUN"), found[:cut])
    other = {1: "FAST_COMPILE", 2: "REFERENCE", 3: STEPWISE}.get(case.seed % 24)
    if other is not None:
        compare(case, f"scan in mode {other}", results(asked[:some], other), found[:some])


def told(case):
    """The case in words."""
    return "\n".join([f"{case.dtype}, vectors of {case.size}", *_told(case.loop, "")])


def _told(loop, indent):
    steps = f"{loop.steps} steps, {'a literal' if loop.literal else 'a variable' if loop.asked is not None else 'by the sequences'}"
    lines = [f"{steps}; backwards {loop.backwards}, truncate {loop.truncate}, checkpoint {loop.checkpoint}"]
    lines += [f"explicit {loop.explicit}, {loop.result}"]
    lines += [f"sequence {one.kind} {one.taps} of {n}" for one, n in zip(loop.sequences, loop.lengths)]
    lines += [f"state {one.kind} {one.taps} {one.form}" for one in loop.states] + [f"outside {loop.outside}"]
    first = len(loop.kinds) - len(loop.body)
    for k, (what, arguments) in enumerate(loop.body, first):
        nested = not isinstance(what, str)
        lines.append(f"{k} {loop.kinds[k]} = {f'loop, its {what[1]}' if nested else what} {arguments}")
        lines += _told(what[0], "  ") if nested and what[1] == 0 else []
    lines.append(f"following {loop.following}, records {loop.records}, until {loop.condition}")
    return [indent + line for line in lines]
