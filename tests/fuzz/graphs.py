"""Random graphs with values: every node is evaluated by ``perform`` as soon as it is made, for several sets of shapes at once.

A dimension is the tuple of its extents in those sets, so that two variables fit wherever their dimensions are equal, however
they came about.  Steps that fail the conditions below are undone: numbers stay finite and moderate, and what is
discontinuous is applied only to values known exactly, so that rounding never decides anything.
"""

import operator
from dataclasses import dataclass

import numpy as np

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from theano.graph import Apply, Op
from theano.scanning.regions import branch, repeat

ENVIRONMENTS = 4  # typical; empty; sizes of 1; large
LARGEST = 1 << 18
BASE = {"a": (5, 4, 1, 170), "b": (7, 0, 6, 130), "c": (3, 2, 1, 9), "v": (11, 0, 1, 33001), "w": (4, 3, 1, 5)}
FLOATS, INTEGERS = ("float64", "float32"), ("int64", "int32", "int8", "uint8", "int16")
ONE = (1,) * ENVIRONMENTS


@dataclass
class Known:
    """A variable with its values; ``exact``: they are small multiples of 1/8."""

    variable: object
    values: list
    exact: bool = False

    @property
    def dtype(self):
        return self.variable.type.dtype

    @property
    def ndim(self):
        return self.variable.type.ndim

    @property
    def shape(self):
        return [tuple(v.shape[axis] for v in self.values) for axis in range(self.ndim)]

    @property
    def broadcastable(self):
        return self.variable.type.broadcastable


ROUGH = {"make_user_op", "make_repeat", "make_branch"}


class Rejected(Exception):
    """The step does not apply here."""


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
        self.smooth, self.dtypes = smooth, FLOATS if smooth else (*FLOATS, *INTEGERS)
        self.inputs, self.shared, self.known = [], [], []
        self.steps = sorted(name for name in dir(self) if name.startswith("make_") and not (smooth and name in ROUGH))
        self.steps += ["make_unary", "make_binary"] * 3
        while len(self.known) < 3:
            self.attempt(self.source)

    # ------------------------------------------------------------------ sources

    def dimensions(self, rank):
        return [ONE if self.random.random() < 0.12 else BASE[self.pick("abcw")] for _ in range(rank)]

    def source(self, shape=None, dtype=None, draw=None, name=None):
        """A new input, or sometimes a shared variable."""
        if shape is None:
            shape = [BASE["v"]] if self.random.random() < 0.2 else self.dimensions(self.random.choice([0, 1, 2, 2, 2, 3]))
        self.small(shape)
        dtype = dtype or (self.pick(self.dtypes) if self.random.random() < 0.5 else "float64")
        draw = draw or self.numbers
        values = [draw(tuple(d[k] for d in shape), dtype, k) for k in range(ENVIRONMENTS)]
        variable = T.TensorType(dtype, [d == ONE and self.random.random() < 0.7 for d in shape])(name or f"x{len(self.known)}")
        if name is None and self.random.random() < 0.25:
            pattern = {"broadcastable": variable.type.broadcastable} if shape else {}
            variable = theano.shared(np.asarray(values[0]), f"s{len(self.known)}", **pattern)
            self.shared.append(Known(variable, values, True))
        else:
            self.inputs.append(Known(variable, values, True))
        found = (self.shared if hasattr(variable, "get_value") else self.inputs)[-1]
        self.known.append(found)
        return found

    @staticmethod
    def small(shape):
        if any(np.prod([d[k] for d in shape]) > LARGEST for k in range(ENVIRONMENTS)):
            raise Rejected

    def numbers(self, shape, dtype, environment):
        if dtype.startswith("float"):
            return (self.random.integers(-24, 25, size=shape) / 8).astype(dtype)
        return self.random.integers(0 if dtype.startswith("u") else -5, 6, size=shape).astype(dtype)

    # ------------------------------------------------------------------ growing

    def pick(self, choices):
        choices = list(choices)
        if not choices:
            raise Rejected
        return choices[self.random.integers(len(choices))]

    def one(self, condition=lambda k: True):
        """A known variable, the later the likelier."""
        found = [k for k in self.known if condition(k)]
        if not found:
            raise Rejected
        position = int(len(found) * self.random.random() ** 0.6)
        return found[min(position, len(found) - 1)]

    def step(self):
        """One more operation; False if what was drawn does not fit."""
        return self.attempt(getattr(self, self.pick(self.steps)))

    def attempt(self, make):
        marks = len(self.inputs), len(self.shared), len(self.known)
        try:
            make()
            return True
        except Rejected:
            self.inputs, self.shared, self.known = (part[:mark] for part, mark in zip((self.inputs, self.shared, self.known), marks))
            return False

    def grow(self, nodes):
        tries = 0
        while nodes > 0 and tries < 2000:
            tries += 1
            nodes -= self.step()

    def leaves(self):
        return [*self.inputs, *self.shared]

    def values(self, variable, environment):
        """What ``perform`` makes of ``variable``, from what is known."""
        given = {k.variable: k.values[environment] for k in self.known}
        with np.errstate(all="ignore"):
            return np.asarray(evaluate(variable, given))

    def add(self, variable, exact=False, bound=1e4):
        values = []
        for environment in range(ENVIRONMENTS):
            value = self.values(variable, environment)
            if np.prod(np.maximum(value.shape, 1)) > 4 * LARGEST or value.dtype.kind == "c":
                raise Rejected
            if value.dtype.kind == "f" and value.size and not np.abs(value).max() < bound:
                raise Rejected
            values.append(value)
        self.known.append(Known(variable, values, exact or values[0].dtype.kind in "iub"))
        return self.known[-1]

    # ------------------------------------------------------------------ elementwise

    def partner(self, *others):
        """Something that fits all ``others`` by its shape and broadcastable pattern."""

        def fits(y):
            return y.dtype != "bool" and all(self.fits(x, y) for x in others)

        return self.one(fits)

    @staticmethod
    def fits(x, y):
        pairs = list(zip(reversed(list(zip(x.shape, x.broadcastable))), reversed(list(zip(y.shape, y.broadcastable)))))
        if not all(s == t or p or q for (s, p), (t, q) in pairs):
            return False
        return all(np.prod(np.broadcast_shapes(v.shape, w.shape)) <= LARGEST for v, w in zip(x.values, y.values))

    def make_unary(self):
        x = self.one(lambda k: k.dtype in FLOATS)
        f = self.pick(
            [
                T.tanh, T.nnet.sigmoid, T.exp, T.neg, abs, T.sqr, T.erf, T.sin, T.cos, T.nnet.relu, T.nnet.softplus,
                T.sgn if x.exact else T.neg, lambda v: T.log(abs(v) + 1), lambda v: T.sqrt(abs(v) + 0.5), lambda v: 1 / (1 + T.sqr(v)),
                lambda v: v * 0.5 + 1, lambda v: 3 - v, lambda v: T.clip(v, -1, 1), lambda v: v**3,
                T.log1p if all((v > -0.9).all() for v in x.values) else T.tanh,
            ]
        )  # fmt: skip
        self.add(f(x.variable), x.exact and f in (T.neg, abs, T.sgn))

    def make_integer_unary(self):
        x = self.one(lambda k: k.dtype in INTEGERS)
        self.add(self.pick([T.neg, abs, lambda v: v * 3 + 1, lambda v: v % 4, lambda v: v // 3, T.sgn, T.sqr])(x.variable))

    def make_binary(self):
        x = self.one(lambda k: k.dtype != "bool")
        y = self.partner(x)
        exact = x.exact and y.exact
        choices = [operator.add, operator.sub, operator.mul, T.maximum, T.minimum]
        choices += [lambda a, b: a / (T.sqr(b) + 1), lambda a, b: a + b + a * 0.25]
        discrete = x.dtype in INTEGERS and y.dtype in INTEGERS
        f = self.pick(choices + [operator.floordiv, operator.mod] * discrete)
        f_exact = f in (operator.add, operator.sub, T.maximum, T.minimum)
        result = f(x.variable, y.variable) if self.random.random() < 0.5 else f(y.variable, x.variable)
        self.add(result, exact and f_exact, bound=200 if exact and f_exact else 1e4)

    def make_wide_sum(self):
        x = self.one(lambda k: k.dtype in FLOATS)
        y = self.partner(x)
        self.add(T.add(x.variable, y.variable, self.partner(x, y).variable))

    def make_comparison(self):
        x = self.one(lambda k: k.exact and k.dtype != "bool")
        y = self.partner(x)
        if not y.exact:
            raise Rejected
        self.add(self.pick([T.lt, T.le, T.gt, T.ge, T.eq, T.neq])(x.variable, y.variable))

    def make_switch(self):
        c = self.one(lambda k: k.dtype == "bool")
        x = self.partner(c)
        y = self.partner(c, x)
        self.add(T.switch(c.variable, x.variable, y.variable), x.exact and y.exact)

    def make_cast(self):
        x = self.one()
        dtype = self.pick([*self.dtypes, "float64"])
        if dtype in INTEGERS and not x.exact:
            raise Rejected
        if dtype.startswith("u") and x.dtype in FLOATS and any((v < 0).any() for v in x.values):
            raise Rejected  # undefined in NumPy
        self.add(T.cast(x.variable, dtype), x.exact)

    # ------------------------------------------------------------------ reductions

    def axes(self, x):
        kind = self.random.integers(4)
        if kind == 0 or not x.ndim:
            return None
        chosen = sorted(self.random.permutation(x.ndim)[: self.random.integers(1, x.ndim + 1)].tolist())
        return chosen[0] - x.ndim * int(self.random.integers(2)) if kind == 1 else tuple(chosen)

    def make_fold(self):
        x = self.one(lambda k: k.ndim > 0)
        f = self.pick([T.sum, T.sum, T.mean, T.prod if max(v.size for v in x.values) < 400 else T.sum, T.var])
        scaled = x.variable if x.exact or x.dtype not in FLOATS else x.variable * 0.25
        self.add(f(scaled, axis=self.axes(x), keepdims=bool(self.random.integers(2))), x.exact and f is T.sum, bound=2e4)

    def make_extreme(self):
        x = self.one(lambda k: k.ndim > 0 and k.dtype != "bool" and all(all(v.shape) for v in k.values) and (k.exact or not self.smooth))
        f = self.pick([T.max, T.min, *([T.argmax, T.argmin] if x.exact else [])])
        axis = self.pick([None, *range(x.ndim)]) if f in (T.argmax, T.argmin) else self.axes(x)
        self.add(f(x.variable, axis=axis, keepdims=bool(self.random.integers(2))), x.exact)

    def make_logical_fold(self):
        x = self.one(lambda k: k.ndim > 0 and k.dtype == "bool")
        self.add(self.pick([T.any, T.all])(x.variable, axis=self.axes(x)))

    def make_normalised(self):
        x = self.one(lambda k: k.ndim > 1 and k.dtype in FLOATS)
        axis = int(self.random.integers(x.ndim))
        v = x.variable
        choices = [v - v.mean(axis, keepdims=True), v / (1 + T.sqr(v).sum(axis, keepdims=True)), v - v.sum(axis, keepdims=True)]
        self.add(self.pick(choices))

    def make_softmax(self):
        x = self.one(lambda k: k.ndim == 2 and k.dtype in FLOATS and all(all(v.shape) for v in k.values) and not k.broadcastable[1])
        self.add(self.pick([T.nnet.softmax, T.nnet.logsoftmax])(x.variable))

    def make_crossentropy(self):
        x = self.one(lambda k: k.ndim == 2 and k.dtype in FLOATS and all(v.shape[1] for v in k.values) and not k.broadcastable[1])
        rows, columns = x.shape
        labels = self.indices([rows], "int64", [0] * ENVIRONMENTS, columns)
        self.add(T.nnet.categorical_crossentropy(T.nnet.softmax(x.variable), labels.variable))

    # ------------------------------------------------------------------ shapes

    def make_dimshuffle(self):
        x = self.one()
        order = self.random.permutation(x.ndim).tolist()
        while len(order) < 4 and self.random.random() < 0.4:
            order.insert(self.random.integers(len(order) + 1), "x")
        kept = [axis for axis in order if axis == "x" or not (x.broadcastable[axis] and self.random.random() < 0.3)]
        self.add(x.variable.dimshuffle(*kept), x.exact)

    def make_merged(self):
        x = self.one(lambda k: k.ndim > 1)
        kind = self.random.integers(3)
        if kind == 0:
            result = x.variable.flatten()
        elif kind == 1:
            result = x.variable.flatten(int(self.random.integers(1, x.ndim + 1)))
        else:
            axis = int(self.random.integers(x.ndim - 1))
            sizes = [x.variable.shape[k] for k in range(x.ndim)]
            merged = sizes[axis] * sizes[axis + 1]
            if all(n for d in (*x.shape[:axis], *x.shape[axis + 2 :]) for n in d) and self.random.random() < 0.5:
                merged = -1
            result = T.reshape(x.variable, [*sizes[:axis], merged, *sizes[axis + 2 :]], ndim=x.ndim - 1)
        self.add(result, x.exact)

    def make_split(self):
        """An axis cut in two parts where it is a product."""
        x = self.one(lambda k: 0 < k.ndim < 4)
        axis = int(self.random.integers(x.ndim))
        options = []
        for y in self.known:
            for other, d in enumerate(y.shape):
                rest = [n // m if m else 0 for n, m in zip(x.shape[axis], d)]
                if all(m * r == n for m, r, n in zip(d, rest, x.shape[axis])):
                    options.append((y, other))
        y, other = self.pick(options)
        sizes, part = [x.variable.shape[k] for k in range(x.ndim)], y.variable.shape[other]
        if all(n for v in x.values for n in v.shape):
            rest = self.pick([-1, sizes[axis] // part])
        else:
            rest = sizes[axis] // T.maximum(part, 1)
        pair = [part, rest] if self.random.random() < 0.5 else [rest, part]
        self.add(T.reshape(x.variable, [*sizes[:axis], *pair, *sizes[axis + 1 :]], ndim=x.ndim + 1), x.exact)

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

    def index(self, x):
        entries = []
        for axis in range(self.random.integers(1, x.ndim + 1)):
            kind, extents = self.random.integers(6), x.shape[axis]
            if kind == 0 and all(extents):
                entries.append(self.pick([0, -1, self.number(lambda k: self.random.integers(-extents[k], extents[k])).variable]))
            elif kind == 1:
                entries.append(slice(None))
            elif kind == 2:
                entries.append(slice(None, None, -1))
            else:
                step = self.pick([None, None, 2, -1, -2, 3])
                entries.append(slice(self.bound(extents), self.bound(extents), step))
        return tuple(entries)

    def make_slice(self):
        x = self.one(lambda k: k.ndim > 0)
        self.add(x.variable[self.index(x)], x.exact)

    def positions(self, extents, rank=1):
        shape = [BASE[self.pick("acw")] if all(extents) else extents for _ in range(rank)]
        return self.indices(shape, self.pick(["int64", "int32"]), [-n for n in extents], extents)

    def indices(self, shape, dtype, lowest, extents):
        def draw(size, dtype, k):
            return self.random.integers(lowest[k], max(extents[k], 1), size=size).astype(dtype)

        return self.source(shape, dtype, draw, f"i{len(self.known)}")

    def gathered(self, x):
        axis = int(self.random.integers(x.ndim))
        entries = [slice(None)] * axis + [self.positions(x.shape[axis], int(self.random.integers(1, 3))).variable]
        if axis + 1 < x.ndim and self.random.random() < 0.4 and all(all(v.shape) for v in x.values):
            other = x.shape[axis + 1]
            entries.append(self.indices(self.known[-1].shape, "int64", [-n for n in other], other).variable)
        return tuple(entries)

    def make_gather(self):
        x = self.one(lambda k: k.ndim > 0)
        where = self.gathered(x)
        if max(v.size for v in x.values) > 30000:
            raise Rejected
        self.add(x.variable[where], x.exact)

    def make_written(self):
        """Parts of a tensor set or added to."""
        x = self.one(lambda k: k.ndim > 0 and k.dtype != "bool")
        where = self.index(x) if self.random.random() < 0.5 or max(v.size for v in x.values) > 30000 else self.gathered(x)
        part = x.variable[where]
        shape = [np.asarray(self.values(part, k)).shape for k in range(ENVIRONMENTS)]
        wanted = [tuple(s[axis] for s in shape) for axis in range(part.type.ndim)]

        def fits(y):
            pairs = zip(reversed(wanted), reversed(list(zip(y.shape, y.broadcastable))))
            return y.ndim <= len(wanted) and y.dtype == x.dtype and all(t == s or q for t, (s, q) in pairs)

        y = self.one(fits)
        f = self.pick([T.set_subtensor, T.inc_subtensor])
        self.add(f(part, y.variable), x.exact and y.exact and f is T.set_subtensor)

    def make_join(self):
        x = self.one(lambda k: k.ndim > 0)
        axis = int(self.random.integers(x.ndim))

        def others(known):
            sides = list(zip(known.shape, known.broadcastable))
            return known.dtype, sides[:axis], sides[axis + 1 :]

        parts = [x] + [self.one(lambda y: y.ndim == x.ndim and others(y) == others(x)) for _ in range(self.random.integers(1, 3))]
        self.add(T.join(axis, *[p.variable for p in parts]), all(p.exact for p in parts))

    def make_stack(self):
        x = self.one(lambda k: k.ndim < 3)
        y = self.one(lambda k: k.dtype == x.dtype and k.shape == x.shape and k.broadcastable == x.broadcastable)
        self.add(T.stack([x.variable, y.variable], axis=int(self.random.integers(x.ndim + 1))), x.exact and y.exact)

    # ------------------------------------------------------------------ made of nothing

    def make_alloc(self):
        x = self.one(lambda k: k.ndim < 2)
        sizes = [self.extent() for _ in range(self.random.integers(1, 3))] + [x.variable.shape[k] for k in range(x.ndim)]
        self.small([tuple(int(self.values(T.as_tensor_variable(size), k)) for k in range(ENVIRONMENTS)) for size in sizes])
        self.add(T.alloc(x.variable, *sizes), x.exact)

    def extent(self):
        y = self.one(lambda k: k.ndim > 0)
        size = y.variable.shape[int(self.random.integers(y.ndim))]
        return self.pick([size, size, 3, self.number(lambda k: self.random.integers(0, 5)).variable])

    def make_filled(self):
        x = self.one()
        self.add(self.pick([T.zeros_like, T.ones_like])(x.variable), True)

    def make_arange(self):
        size = self.extent()
        result = T.arange(size)
        if result.type.ndim == 1 and self.random.random() < 0.4:
            result = T.arange(1, size * 2, 2)
        self.add(result)

    def make_computed_size(self):
        """A size that only the data tell."""
        x = self.one(lambda k: k.exact and k.ndim > 0 and k.dtype in INTEGERS + FLOATS)
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
        x = self.one(lambda k: k.exact and k.dtype != "bool" and max(v.size for v in k.values) < 20000)
        self.add(Positive()(x.variable), x.exact)

    def make_branch(self):
        x = self.one()
        y = self.one(lambda k: k.dtype == x.dtype and k.shape == x.shape and k.broadcastable == x.broadcastable)
        condition = self.number(lambda k: self.random.integers(2)).variable
        then, otherwise = (v if self.random.random() < 0.5 or k.dtype == "bool" else v + v for k, v in ((x, x.variable), (y, y.variable)))
        self.add(branch(condition, [then.astype(x.dtype)], [otherwise.astype(x.dtype)])[0])

    def make_repeat(self):
        x = self.one(lambda k: k.dtype in FLOATS)
        y = self.one(lambda k: k.dtype == x.dtype and k.ndim <= x.ndim and self.fits(x, k))
        if any(p and not q for p, q in zip(x.broadcastable[::-1], y.broadcastable[::-1])):
            raise Rejected
        f = self.pick([T.tanh, lambda v: v * 0.5, lambda v: v[::-1] if x.ndim else v])
        count = self.number(lambda k: self.random.integers(0, 4)).variable
        states = repeat(lambda i, s, t: [f(s) + y.variable, T.cast(t + s * 0.25 - i, x.dtype)], count, [x.variable, x.variable])
        self.add(self.pick(states))

    # ------------------------------------------------------------------ products

    def make_dot(self):
        x = self.one(lambda k: k.dtype in FLOATS and 0 < k.ndim < 3)
        y = self.one(lambda k: k.dtype in FLOATS and 0 < k.ndim < 3 and k.shape[0] == x.shape[-1])
        self.small([*x.shape[:-1], *y.shape[1:]])
        self.add(self.pick([1, 0.125]) * T.dot(x.variable, y.variable))

    def make_accumulated_dot(self):
        x = self.one(lambda k: k.dtype in FLOATS and k.ndim == 2)
        y = self.one(lambda k: k.dtype in FLOATS and k.ndim == 2 and k.shape[0] == x.shape[-1])
        product = 0.125 * T.dot(x.variable, y.variable)
        c = self.one(lambda k: k.dtype in FLOATS and k.ndim == 2 and k.shape == [x.shape[0], y.shape[1]])
        self.add(self.pick([c.variable + product, c.variable - product, 0.5 * c.variable + product]))

    def make_outer(self):
        x = self.one(lambda k: k.dtype in FLOATS and k.ndim == 1)
        y = self.one(lambda k: k.dtype in FLOATS and k.ndim == 1)
        if any(len(a) * len(b) > LARGEST for a, b in zip(x.values, y.values)):
            raise Rejected
        self.add(T.outer(x.variable, y.variable))


__all__ = ["ENVIRONMENTS", "FLOATS", "Graph", "Known"]
