"""Random graphs with values: every node is evaluated with its error bounds as soon as it is made, for several sets of shapes at once.

Steps after which too little would be known for certain are undone.  Each graph is asked for some *pairs*, an elementwise operation
or a draw of :mod:`tests.fuzz.draws` and the dtype of its first argument.  They are dealt in turn and drawn until they fit, so that all
are covered alike.
"""

import operator
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from math import gcd

import numpy as np

import theano
import theano.tensor as T
from tests.fuzz.bounds.judge import judge
from tests.fuzz.bounds.values import Bounded, Unbounded
from tests.fuzz.draws import Draw
from tests.fuzz.known import BASE, DTYPES, ENVIRONMENTS, LARGEST, ONE, REALS, WIDE, Known, Rejected
from tests.fuzz.structure import STRUCTURED
from tests.laws.elementwise import accepted, arity, corners, intervals
from theano.dtypes import COMPLEX, DISCRETE, FLOATS
from theano.graph import Apply, Op, Variable
from theano.scalar import OPS
from theano.scalar.declare import UNKNOWN
from theano.scanning import branch, repeat
from theano.tensor.elemwise import elemwise


@cache
def evaluates(op, *dtypes):
    """Whether ``op`` takes these, and its reference too: SciPy knows few functions of complex numbers."""
    if accepted(op, *dtypes) not in DTYPES:
        return False
    try:
        with warnings.catch_warnings(action="error"):
            op.evaluate(*(np.ones(1, dtype) for dtype in dtypes))
    except (TypeError, Warning):
        return False
    return True


PAIRS = [(op, dtype) for op in OPS.values() for dtype in DTYPES if evaluates(op, *(dtype,) * arity(op))]
"""Every elementwise operation with every dtype that it takes."""


def has_gradient(op):
    """Whether all its derivatives are known."""
    ones = (np.ones(1),) * arity(op)
    with np.errstate(all="ignore"):
        return op.differentiable and not any(p is UNKNOWN for p in op.partials(*ones, op.evaluate(*ones)[0]))


SMOOTH = [(op, dtype) for op, dtype in PAIRS if dtype in WIDE and has_gradient(op) and accepted(op, *(dtype,) * arity(op)) in WIDE]
SMOOTH_STRUCTURED = [(draw, dtype) for draw, dtype in STRUCTURED if dtype in WIDE]
GRADIENTS = 10
"""Each so-manieth seed is a gradient."""
ASKED, ASKED_SMOOTH = (24, 30), (8, 32)
"""How many pairs of operations, and of draws, ten graphs are asked for, and ten that are differentiated."""


def asked(seed, smooth):
    """The pairs of the graph of this seed: those of each kind are dealt in turn, so that all come equally often."""
    turn = seed // GRADIENTS if smooth else seed - seed // GRADIENTS
    kinds = (SMOOTH, SMOOTH_STRUCTURED) if smooth else (PAIRS, STRUCTURED)
    for pairs, often in zip(kinds, ASKED_SMOOTH if smooth else ASKED, strict=True):
        stride = next(n for n in range(len(pairs) * 5 // 8, 2 * len(pairs)) if gcd(n, len(pairs)) == 1)
        yield from (pairs[k * stride % len(pairs)] for k in range(turn * often // 10, (turn + 1) * often // 10))


@dataclass
class Read:
    """An index among the inputs that must be in range, from ``lowest`` on and below ``extents`` if there are any, for ``result`` to exist;
    ``used`` to reach so many elements."""

    index: Known
    lowest: list
    extents: tuple | None
    result: Known | None = None
    used: list | None = None


TRIES = 25
"""How often a step is drawn anew that does not fit."""
ROUGH = {"make_exchange", "make_read_by_product", "make_user_op", "make_repeat", "make_branch"}


class Positive(Op):
    """A user's operation: what is positive, as a vector."""

    __props__ = ()

    def make_node(self, x):
        return Apply(self, [x], [T.TensorType(x.dtype, (False,))()])

    def perform(self, node, inputs, output_storage):
        (x,) = inputs
        output_storage[0][0] = x[x > 0]


class Graph:
    """Grows by :meth:`step`; ``inputs`` and ``shared`` are its sources, ``known`` all variables.

    ``smooth``: floats only, and nothing without a gradient."""

    def __init__(self, seed, smooth=False):
        self.random = np.random.default_rng(seed)
        self.smooth = smooth
        self.wild = not smooth and self.random.random() < 0.3
        self.dtypes = WIDE if smooth else DTYPES
        self.inputs, self.shared, self.known = [], [], []
        self.nexts = []  # pairs of a shared variable and what it becomes
        self.rows = []  # what stands for one row in a graph that is meant for many
        self.reads, self.drawn = [], {}  # what must be in range; which draw made a variable, with which dtype
        self.steps = sorted(name for name in dir(self) if name.startswith("make_") and not (smooth and name in ROUGH))
        self.steps += ["make_formula", "make_binary"] * 3 + ["make_square", "make_extreme", *["make_next"] * (not smooth)] * 2
        self.wanted, self.targets = list(asked(seed, smooth)), []
        while len(self.known) < 2:
            self.attempt(self.source)

    # ------------------------------------------------------------------ sources

    def dimensions(self, rank):
        return [ONE if self.random.random() < 0.12 else BASE[self.pick("abcrw")] for _ in range(rank)]

    def source(self, shape=None, dtype=None, draw=None, name=None, stored=False):
        """A new input, or sometimes a shared variable; always if it is to be ``stored``."""
        if shape is None:
            shape = [BASE["v"]] if self.random.random() < 0.1 else self.dimensions(self.random.choice([0, 1, 2, 2, 2, 3]))
        self.small(shape)
        dtype = dtype or (self.pick(self.dtypes) if self.random.random() < 0.5 else self.pick(WIDE))
        draw = draw or self.numbers
        values = [draw(tuple(d[k] for d in shape), dtype, k) for k in range(ENVIRONMENTS)]
        variable = T.TensorType(dtype, [d == ONE and self.random.random() < 0.7 for d in shape])(name or f"x{len(self.known)}")
        place = self.inputs
        if stored or (name is None and self.random.random() < 0.25):
            pattern = {"broadcastable": variable.type.broadcastable} if shape else {}
            variable, place = theano.shared(np.asarray(values[0]), f"s{len(self.known)}", **pattern), self.shared
        place.append(Known(variable, [Bounded(value) for value in values]))
        self.known.append(place[-1])
        return place[-1]

    @staticmethod
    def small(shape):
        if any(np.prod([d[k] for d in shape]) > LARGEST for k in range(ENVIRONMENTS)):
            raise Rejected

    def numbers(self, shape, dtype, environment):
        """As moderate ones, or all below 0, which unsigned ones are far above; in wild graphs the corners of the dtype among them."""
        values = self.moderate(shape, dtype, environment)
        if dtype in DISCRETE[1:] and self.random.random() < 0.2:
            values = (-1 - abs(values.astype("int64"))).astype(dtype)
        return self.disturbed(values)

    def moderate(self, shape, dtype, environment):
        """Multiples of 1/8 or any numbers, of moderate size."""
        if dtype in DISCRETE:
            low = -6 if dtype.startswith("int") else 0
            return np.asarray(self.random.integers(low, 2 if dtype == "bool" else 7, size=shape)).astype(dtype)
        values = self.random.integers(-24, 25, size=shape) / 8
        if self.random.random() < 0.4:
            values = self.random.normal(0, 2, size=shape)
        if dtype in COMPLEX:
            values = values + 1j * self.random.integers(-16, 17, size=shape) / 8
        return np.asarray(values).astype(dtype)

    def disturbed(self, values):
        if not self.wild or self.random.random() < 0.5:
            return values
        dtype = values.dtype.name
        special = np.array(corners({"complex64": "float32", "complex128": "float64"}.get(dtype, dtype)), dtype)
        chosen = special[self.random.integers(len(special), size=values.shape)]
        return np.where(self.random.random(values.shape) < 0.1, chosen, values)

    def in_domain(self, low, high):
        """Draws numbers from an interval, and the whole ones among its ends."""

        def draw(shape, dtype, environment):
            values = self.random.uniform(low, high, size=shape)
            if dtype == "bool":
                return np.asarray(values > (low + high) / 2)
            if dtype in DISCRETE:
                values = np.abs(values) if dtype.startswith("uint") else values
                return self.disturbed(np.asarray(np.clip(values.round(), -100, 100)).astype(dtype))
            if dtype in COMPLEX:
                values = values + 1j * self.random.uniform(low, high, size=shape)
            return self.disturbed(np.asarray(values).astype(dtype))

        return draw

    # ------------------------------------------------------------------ growing

    def pick(self, choices):
        choices = list(choices)
        if not choices:
            raise Rejected
        return choices[self.random.integers(len(choices))]

    def one(self, condition=lambda k: True):
        """A known variable, the later the likelier."""
        found = self.one_or_none(condition)
        if found is None:
            raise Rejected
        return found

    def one_or_none(self, condition):
        found = [k for k in self.known if condition(k)]
        if not found:
            return None
        position = int(len(found) * self.random.random() ** 0.6)
        return found[min(position, len(found) - 1)]

    def step(self):
        """One more operation; False if what was drawn does not fit."""
        return self.attempt(getattr(self, self.pick(self.steps)))

    def attempt(self, make):
        parts = self.inputs, self.shared, self.known, self.reads
        marks = [len(part) for part in parts]
        try:
            make()
            return True
        except Rejected:
            for part, mark in zip(parts, marks):
                del part[mark:]
            return False

    def grow(self, nodes):
        """``nodes`` operations by chance, and anywhere among them those asked for, whose results are the ``targets``."""
        for position in self.random.permutation(len(self.wanted) + nodes):
            if position < len(self.wanted):
                self.reach(*self.wanted[position])
            else:
                any(self.step() for _ in range(TRIES))

    def reach(self, what, dtype):
        """What is asked for: of what is there, else of new inputs."""
        apply = self.structured if isinstance(what, Draw) else self.apply
        any(self.attempt(lambda: self.targets.append(apply(what, dtype, fresh))) for fresh in (False, *[True] * TRIES))

    def leaves(self):
        return [*self.inputs, *self.shared]

    def bounded(self, variable):
        """For each set of shapes, the value and bounds of ``variable``, from what is known."""
        results = []
        for environment in range(ENVIRONMENTS):
            try:
                results.append(judge([variable], {k.variable: k.found[environment] for k in (*self.known, *self.rows)})[0])
            except Unbounded:
                raise Rejected from None
        return results

    def values(self, variable, environment):
        return self.bounded(variable)[environment].value

    def add(self, variable, least=0.7, lax=False):
        """Take ``variable`` if enough is known of it; ``lax``: if anything is."""
        found = self.bounded(variable)
        for b in found:
            within = 0.05 if b.value.dtype == "float16" else 1e-3
            if np.prod(np.maximum(b.value.shape, 1)) > 4 * LARGEST or b.known(within) < (
                0.1 if lax else least * 0.7 if self.wild else least
            ):
                raise Rejected
            tame = lax or b.wild is None or not b.wild.size or b.wild.mean() < (0.8 if self.wild else 0.3)
            if not tame or (self.smooth and not np.isfinite(b.value).all()):
                raise Rejected
        self.known.append(Known(variable, found))
        return self.known[-1]

    # ------------------------------------------------------------------ elementwise

    def partner(self, *others, dtypes=REALS[1:]):
        """Something that fits all ``others`` by its shape and broadcastable pattern."""

        def fits(y):
            return y.dtype in dtypes and all(self.fits(x, y) for x in others)

        return self.one(fits)

    @staticmethod
    def fits(x, y):
        pairs = list(zip(reversed(list(zip(x.shape, x.broadcastable))), reversed(list(zip(y.shape, y.broadcastable)))))
        if not all(s == t or p or q for (s, p), (t, q) in pairs):
            return False
        return all(np.prod(np.broadcast_shapes(v.shape, w.shape)) <= LARGEST for v, w in zip(x.values, y.values))

    def make_declared(self):
        """Any operation on any dtype."""
        self.apply(*self.pick(SMOOTH if self.smooth else PAIRS))

    def apply(self, op, dtype, fresh=False):
        """``op`` with a first argument of ``dtype``: of what is there or, ``fresh``, of new inputs from its domain."""
        count = arity(op) + (int(self.random.integers(3)) if op.nary and self.random.random() < 0.3 else 0)
        spans = list(intervals(op)) + [(-10.0, 10.0)] * (count - arity(op))
        first = None if fresh or self.random.random() < 0.3 else self.one_or_none(lambda k: k.dtype == dtype)
        if first is None:
            shape = None if self.random.random() < 0.5 else self.pick([k.shape for k in self.known if k.ndim < 4])
            first = self.source(shape, dtype, self.in_domain(*spans[0]) if self.random.random() < 0.7 else None)
        chosen = [first]
        for span in spans[1:count]:
            other = (
                None
                if fresh
                else self.one_or_none(
                    lambda k: (
                        all(self.fits(x, k) for x in chosen)
                        and accepted(op, *(c.dtype for c in chosen), *(k.dtype,) * (count - len(chosen)))
                    )
                )
            )
            if other is None or (self.random.random() < 0.3 and span != (-10.0, 10.0)):
                kinds = [d for d in self.dtypes if accepted(op, *(c.dtype for c in chosen), *(d,) * (count - len(chosen)))]
                kind = dtype if dtype in kinds or not kinds else self.pick(kinds)
                other = self.source(first.shape[first.ndim - int(self.random.integers(first.ndim + 1)) :], kind, self.in_domain(*span))
                if not all(self.fits(x, other) for x in chosen):
                    raise Rejected
            chosen.append(other)
        if not evaluates(op, *(k.dtype for k in chosen)):
            raise Rejected
        result = elemwise(op)(*(k.variable for k in chosen))
        if self.smooth and result.type.dtype not in WIDE:
            raise Rejected
        return self.add(result, lax=fresh)

    def make_formula(self):
        """What rewriting looks for, and what keeps numbers in bounds."""
        x = self.one(lambda k: k.dtype in (WIDE if self.smooth else FLOATS))
        formulas = [
            lambda v: T.log(abs(v) + 1), lambda v: T.sqrt(abs(v) + 0.5), lambda v: 1 / (1 + T.sqr(v)), lambda v: v * 0.5 + 1,
            lambda v: 3 - v,
            lambda v: T.clip(v, -1, 1), lambda v: v**3, lambda v: T.log1p(abs(v)), T.nnet.relu, lambda v: 2 * (v - 1) - v / 4,
            lambda v: T.maximum(v, 0), lambda v: T.switch(v > 0, v, 0.25 * v), lambda v: v * v * v / 2, lambda v: T.tanh(v) * T.tanh(-v),
        ]  # fmt: skip
        if x.moderate and all(not v.size or np.abs(v).max() < 40 for v in x.values):
            formulas += [
                lambda v: 1 / (1 + T.exp(-v)), lambda v: T.log(1 + T.exp(v)), lambda v: T.exp(v) - 1, lambda v: T.log(T.nnet.sigmoid(v)),
                lambda v: 1 - T.nnet.sigmoid(v), lambda v: 1 - T.erf(v), lambda v: T.log(T.exp(v) + T.exp(-v)), lambda v: T.exp(-T.sqr(v)),
                lambda v: T.log(1 - T.nnet.sigmoid(v)), lambda v: T.exp(v) * T.exp(-v), lambda v: T.nnet.softplus(v) - v,
            ]  # fmt: skip
        self.add(self.pick(formulas)(x.variable))

    def make_integer_formula(self):
        x = self.one(lambda k: k.dtype in DISCRETE[1:])
        choices = [lambda v: v * 3 + 1, lambda v: v % 4, lambda v: v // 3, lambda v: v - v * 2, lambda v: v**2, lambda v: v + v - 7]
        self.add(self.pick(choices)(x.variable))

    def make_binary(self):
        x = self.one(lambda k: k.dtype in self.dtypes[0 if self.smooth else 1 :])
        y = self.partner(x)
        choices = [operator.add, operator.sub, operator.mul, T.maximum, T.minimum]
        choices += [lambda a, b: a / (T.sqr(b) + 1), lambda a, b: a + b + a * 0.25, lambda a, b: (a - b) * a, lambda a, b: a / b * b]
        f = self.pick(choices + [operator.floordiv, operator.mod] * (x.dtype in DISCRETE and y.dtype in DISCRETE))
        self.add(f(x.variable, y.variable) if self.random.random() < 0.5 else f(y.variable, x.variable))

    def make_wide_sum(self):
        x = self.one(lambda k: k.dtype in WIDE)
        y = self.partner(x)
        self.add(T.add(x.variable, y.variable, self.partner(x, y).variable))

    def make_square(self):
        """A table of pairs, and its transpose: elements of one array at two points."""
        x = self.one_or_none(lambda k: k.dtype in WIDE and k.ndim == 1 and max(v.size for v in k.values) < 200 and not any(k.broadcastable))
        x = x or self.source([BASE["a"]], self.pick(WIDE))
        column, row = x.variable.dimshuffle(0, "x"), x.variable.dimshuffle("x", 0)
        table = self.pick([lambda a, b: T.tanh(a - 0.5 * b), lambda a, b: T.sin(a * 0.25 + b), lambda a, b: a / (1 + T.sqr(b - a))])(
            column, row
        )
        self.add(self.pick([lambda t: t + 0.5 * t.T, lambda t: t - t[::-1], lambda t: t.T * t, lambda t: t - t.mean(axis=0)])(table))

    def make_next(self):
        """The next value of a shared variable, from the present one at other points, or from another's."""
        s = self.pick([k for k in self.shared if k.ndim and k.dtype in WIDE])
        v = s.variable
        nexts = [lambda: v[::-1] * 0.5 + v, lambda: v - v.mean(axis=0, keepdims=True), lambda: v[::-1] + 1, lambda: v * 0.5]
        other = self.one_or_none(lambda k: k is not s and k in self.shared and k.dtype == s.dtype and k.broadcastable == s.broadcastable)
        if other is not None and other.shape == s.shape:
            nexts += [lambda: other.variable * 1, lambda: other.variable - v]
        self.add(self.pick(nexts)())

    def make_exchange(self):
        """Two shared variables, each of which becomes what the other one tells."""
        shape, dtype = self.dimensions(int(self.random.integers(1, 3))), self.pick(WIDE)
        a, b = (self.source(shape, dtype, stored=True) for _ in range(2))
        if a.broadcastable != b.broadcastable:
            raise Rejected
        x, y = a.variable, b.variable
        new = [self.add(self.pick(choices)) for choices in ([y * 1, y + x, y[::-1] * 0.5], [x * 1, x - y, x[::-1] * 0.5])]
        self.nexts += zip((a, b), new)

    def make_read_by_product(self):
        """A product reads a shared matrix whose next value a loop beside it could write early."""
        s = self.source(self.dimensions(2), self.pick(WIDE), stored=True)
        v = s.variable
        self.small([s.shape[1], s.shape[1]])
        product, new = self.add(0.125 * T.dot(v.T, T.tanh(v))), self.add(self.pick([v + 1, v * 0.5]))
        self.targets.append(product)
        self.nexts.append((s, new))

    def make_comparison(self):
        x = self.one(lambda k: k.dtype in REALS[1:])
        self.add(self.pick([T.lt, T.le, T.gt, T.ge, T.eq, T.neq])(x.variable, self.partner(x).variable))

    def make_switch(self):
        c = self.one(lambda k: k.dtype == "bool")
        x = self.partner(c)
        y = self.partner(c, x)
        self.add(T.switch(c.variable, x.variable, y.variable))

    def make_cast(self):
        x = self.one(lambda k: k.dtype in self.dtypes)
        self.add(T.cast(x.variable, self.pick(COMPLEX if x.dtype in COMPLEX else [*self.dtypes, "float64"])))

    # ------------------------------------------------------------------ reductions

    def axes(self, x):
        kind = self.random.integers(4)
        if kind == 0 or not x.ndim:
            return None
        chosen = sorted(self.random.permutation(x.ndim)[: self.random.integers(1, x.ndim + 1)].tolist())
        return chosen[0] - x.ndim * int(self.random.integers(2)) if kind == 1 else tuple(chosen)

    def make_fold(self):
        x = self.one(lambda k: k.ndim > 0)
        f = self.pick([T.sum, T.sum, T.mean, T.prod if max(v.size for v in x.values) < 400 else T.sum, T.var, T.std])
        if x.dtype in COMPLEX or self.smooth:
            f = T.sum
        scaled = x.variable * 0.25 if x.dtype in FLOATS and self.random.random() < 0.5 else x.variable
        options = {}
        if f in (T.sum, T.prod) and not self.smooth and self.random.random() < 0.25:
            kinds = [d for d in ("float64", "float32", "complex128") if x.dtype in FLOATS[:2]] or ["int64"] * (x.dtype in DISCRETE[:5])
            options = {self.pick(["dtype", "acc_dtype"]): self.pick(kinds)} if kinds else {}
            options = {} if "complex128" in options.values() and x.dtype not in COMPLEX else options
        if f in (T.var, T.std) and self.random.random() < 0.3:
            options = self.pick([{"corrected": True}, {"ddof": 1}])
        self.add(f(scaled, axis=self.axes(x), keepdims=bool(self.random.integers(2)), **options))

    def make_extreme(self):
        x = self.one(lambda k: k.ndim > 0 and k.dtype in REALS[not self.smooth :] and all(all(v.shape) for v in k.values))
        kinds = [T.max, T.min] if self.smooth else [T.max, T.min, T.argmax, T.argmin, lambda *a, **o: T.max_and_argmax(*a, **o)[0]]
        v = x.variable
        if x.dtype in ("int8", "int16", "int32", "int64") and self.random.random() < 0.5:
            v = -1 - abs(v)  # all below 0, where what stands for no element is easily above them
            kinds = [T.max]
        if x.dtype != "bool":
            kinds.append(lambda v, axis, keepdims: T.ptp(v, axis))
        found = self.add(self.pick(kinds)(v, axis=self.axes(x), keepdims=bool(self.random.integers(2))))
        if v is not x.variable:
            self.targets.append(found)

    def make_logical_fold(self):
        x = self.one(lambda k: k.ndim > 0 and k.dtype in ("bool", "int8", "float32"))
        self.add(self.pick([T.any, T.all])(x.variable, axis=self.axes(x), keepdims=bool(self.random.integers(2))))

    def make_normalised(self):
        x = self.one(lambda k: k.ndim > 1 and k.dtype in WIDE)
        axis = int(self.random.integers(x.ndim))
        v = x.variable
        choices = [v - v.mean(axis, keepdims=True), v / (1 + T.sqr(v).sum(axis, keepdims=True)), v - v.sum(axis, keepdims=True)]
        self.add(self.pick(choices))

    def make_softmax(self):
        x = self.one(lambda k: k.ndim == 2 and k.dtype in WIDE and all(all(v.shape) for v in k.values) and not k.broadcastable[1])
        self.add(self.pick([T.nnet.softmax, T.nnet.logsoftmax])(x.variable))

    def make_logsumexp(self):
        x = self.one(lambda k: k.ndim > 0 and k.dtype in WIDE)
        self.add(T.logsumexp(x.variable, axis=self.axes(x), keepdims=bool(self.random.integers(2))))

    def make_crossentropy(self):
        x = self.one(lambda k: k.ndim == 2 and k.dtype in WIDE and all(v.shape[1] for v in k.values) and not k.broadcastable[1])
        rows, columns = x.shape
        labels = self.indices([rows], "int64", [0] * ENVIRONMENTS, columns)
        self.add(T.nnet.categorical_crossentropy(T.nnet.softmax(x.variable), labels.variable))

    # ------------------------------------------------------------------ shapes and indices

    def make_structured(self):
        self.structured(*self.pick(SMOOTH_STRUCTURED if self.smooth else STRUCTURED))

    def structured(self, draw, dtype, fresh=False):
        """A draw beginning with something of ``dtype``; what comes of it must be what NumPy makes of the same values."""
        first, before = draw.subject(self, dtype, fresh), len(self.reads)
        function, *others = draw.make(self, first)
        args = [first, *others]
        variable = T.as_tensor_variable(function(*(k.variable for k in args)))
        if self.smooth and variable.type.dtype not in WIDE:
            raise Rejected
        if any(variable is k.variable for k in args):
            raise Rejected  # nothing was made
        result = self.add(variable, lax=fresh)
        for environment, bounded in enumerate(result.found):
            with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                right = np.asarray(function(*(k.values[environment] for k in args))).astype(variable.type.dtype)
            told = f"{draw.name} of {[k.variable.type for k in args]}, shapes {environment}: perform gives"
            assert right.shape == bounded.value.shape, f"{told} shape {bounded.value.shape}, NumPy {right.shape}"
            odd = ~bounded.admits(right)
            assert not odd.any(), f"{told} {bounded.value[odd][:3]} ± {bounded.errors[odd][:3]}, NumPy {right[odd][:3]}"
        self.drawn[variable] = draw.name, dtype
        for read in self.reads[before:]:
            read.result, read.used = result, read.used or [v.size for v in result.values]
        return result

    @contextmanager
    def inside(self, row):
        """Within, graphs may be of ``row``, which is no variable of this graph."""
        self.rows.append(row)
        try:
            yield
        finally:
            self.rows.pop()

    def noted(self, variable):
        """A variable with its values, which is not among the known ones; anything else as it is."""
        return Known(variable, self.bounded(variable)) if isinstance(variable, Variable) else variable

    def number(self, draw):
        """An integer that differs between the sets of shapes, as an input."""
        return self.source([], "int64", lambda shape, dtype, k: np.array(draw(k), dtype), f"k{len(self.known)}")

    def bound(self, extents):
        kind = self.random.integers(5)
        if kind == 0:
            return None
        if kind == 1:
            return int(self.random.integers(-3, 4))
        if kind == 2:
            return self.number(lambda k: self.random.integers(-extents[k] - 1, extents[k] + 2)).variable
        y = self.one(lambda k: k.ndim > 0)
        size = y.variable.shape[int(self.random.integers(y.ndim))]
        return self.pick([size, -size, size // 2, size - 1])

    def indices(self, shape, dtype, lowest, extents):
        def draw(size, dtype, k):
            return self.random.integers(lowest[k], max(extents[k], 1), size=size).astype(dtype)

        return self.bound_to(self.source(shape, dtype, draw, f"i{len(self.known)}"), lowest, extents)

    def bound_to(self, index, lowest, extents=None):
        """``index``, an input all of whose elements must lie between these."""
        self.reads.append(Read(index, lowest, extents))
        return index

    # ------------------------------------------------------------------ made of nothing

    def make_alloc(self):
        x = self.one(lambda k: k.ndim < 2)
        sizes = [self.extent() for _ in range(self.random.integers(1, 3))] + [x.variable.shape[k] for k in range(x.ndim)]
        self.small([tuple(int(self.values(T.as_tensor_variable(size), k)) for k in range(ENVIRONMENTS)) for size in sizes])
        self.add(T.alloc(x.variable, *sizes))

    def extent(self):
        y = self.one(lambda k: k.ndim > 0)
        size = y.variable.shape[int(self.random.integers(y.ndim))]
        return self.pick([size, size, 3, self.number(lambda k: self.random.integers(0, 5)).variable])

    def make_filled(self):
        x = self.one()
        self.add(self.pick([T.zeros_like, T.ones_like])(x.variable))

    def make_arange(self):
        size = self.extent()
        result = T.arange(size)
        if result.type.ndim == 1 and self.random.random() < 0.4:
            result = T.arange(1, size * 2, 2)
        self.add(result)

    def make_computed_size(self):
        """A size that only the data tell."""
        x = self.one(lambda k: k.ndim > 0 and k.dtype in REALS[1:])
        count = T.gt(x.variable, 0).sum()
        if max(int((v > 0).sum()) for v in x.values) > 2000:
            raise Rejected
        kind = self.random.integers(3)
        y = self.one(lambda k: k.ndim > 0)
        self.add([T.arange(count), T.zeros((count,)) + 1, y.variable[:count]][kind])

    def make_size(self):
        y = self.one(lambda k: k.ndim > 0)
        self.add(self.pick([y.variable.shape[0], y.variable.shape.prod(), y.variable.size]))

    # ------------------------------------------------------------------ Python and regions

    def make_user_op(self):
        x = self.one(lambda k: k.dtype in REALS[1:] and max(v.size for v in k.values) < 20000)
        self.add(Positive()(x.variable))

    def make_branch(self):
        x = self.one()
        y = self.one(lambda k: k.dtype == x.dtype and k.shape == x.shape and k.broadcastable == x.broadcastable)
        condition = self.number(lambda k: self.random.integers(2)).variable
        then, otherwise = (v if self.random.random() < 0.5 or k.dtype == "bool" else v + v for k, v in ((x, x.variable), (y, y.variable)))
        self.add(branch(condition, [then.astype(x.dtype)], [otherwise.astype(x.dtype)])[0])

    def make_repeat(self):
        x = self.one(lambda k: k.dtype in WIDE)
        y = self.one(lambda k: k.dtype == x.dtype and k.ndim <= x.ndim and self.fits(x, k))
        if any(p and not q for p, q in zip(x.broadcastable[::-1], y.broadcastable[::-1])):
            raise Rejected
        f = self.pick([T.tanh, lambda v: v * 0.5, lambda v: v[::-1] if x.ndim else v])
        count = self.number(lambda k: self.random.integers(0, 4)).variable
        states = repeat(lambda i, s, t: [f(s) + y.variable, T.cast(t + s * 0.25 - i, x.dtype)], count, [x.variable, x.variable])
        self.add(self.pick(states))

    # ------------------------------------------------------------------ products

    def make_dot(self):
        x = self.one(lambda k: k.dtype in WIDE and 0 < k.ndim < 3)
        y = self.one(lambda k: k.dtype in WIDE and 0 < k.ndim < 3 and k.shape[0] == x.shape[-1])
        self.small([*x.shape[:-1], *y.shape[1:]])
        self.add(self.pick([1, 0.125]) * T.dot(x.variable, y.variable))

    def make_accumulated_dot(self):
        x = self.one(lambda k: k.dtype in WIDE and k.ndim == 2)
        y = self.one(lambda k: k.dtype in WIDE and k.ndim == 2 and k.shape[0] == x.shape[-1])
        product = 0.125 * T.dot(x.variable, y.variable)
        c = self.one(lambda k: k.dtype in WIDE and k.ndim == 2 and k.shape == [x.shape[0], y.shape[1]])
        self.add(self.pick([c.variable + product, c.variable - product, 0.5 * c.variable + product]))


__all__ = ["ENVIRONMENTS", "PAIRS", "STRUCTURED", "WIDE", "Graph", "Known"]
