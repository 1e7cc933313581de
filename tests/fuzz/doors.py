"""What a random graph says by NumPy's own words and by Python's: functions of :mod:`numpy`, built-in functions, a graph for many rows.

A row of these tables is a word, or some that take the same arguments.

>>> from tests.fuzz.draws import DRAWS
>>> DRAWS["numpy.median"].full
True
"""

import operator

import numpy as np

import theano
import theano.tensor as T
from tests.fuzz.draws import DRAWS, NUMBERS, axis_of, both, draw, factor, like, restrain, scalar_like, widely, within
from tests.fuzz.known import BASE, REALS, WIDE, Known, Rejected
from tests.laws.elementwise import accepted
from theano.dtypes import ALL, COMPLEX, FLOATS, INTEGERS, SIGNED
from theano.errors import VariableTypeError
from theano.graph import io_toposort
from theano.tensor.functions import FUNCTIONS
from theano.tensor.numpy_doors import of_ufunc

WHOLE = both(lambda n: n, int)
"""A number that NumPy asks to be a Python one."""
UPTO = 3000
"""As many elements as what is dear, or loses digits, is made of."""


def door(names, arguments, dtypes=WIDE, **options):
    """Each of NumPy's functions of these names is a draw; ``arguments`` says how it is called."""
    for name in names.split():
        function = operator.attrgetter(name)
        try:
            found = function(np)
        except AttributeError:
            continue  # this NumPy is older
        found = widely(found)

        def make(g, x, found=found):
            return arguments(g, x, found)

        draw(dtypes, name=f"numpy.{name}", **options)(make)


# ------------------------------------------------------------------------------------------------ folds


def alone(g, x, function):
    return (function,)


def folded(g, x, function):
    options = {"axis": g.axes(x), "keepdims": bool(g.random.integers(2))}
    return (lambda v: function(v, **options),)


def along(g, x, function):
    axis = g.pick([None, *range(-x.ndim, x.ndim)])
    return (lambda v: function(v, axis=axis),)


def weighted(g, x, function):
    axis = axis_of(g, x)
    weights = g.source(g.pick([x.shape, [x.shape[axis]]]), "float64", lambda s, dtype, k: np.array(g.random.integers(1, 9, size=s) / 8))
    return (lambda v, w: function(v, axis, w)), weights


def normed(g, x, function):
    axis, order = axis_of(g, x), g.pick([None, 0, 1, 2, np.inf, -np.inf])
    return (lambda v: function(v, order, axis, keepdims=True),)


def trapezoid(g, x, function):
    axis = axis_of(g, x)
    if g.random.random() < 0.5:
        return (lambda v: function(v, dx=0.5, axis=axis),)
    return (lambda v, points: function(v, points, axis=axis)), g.source([x.shape[axis]], x.dtype)


door("sum count_nonzero", folded, NUMBERS)
door("prod", folded, NUMBERS, most=UPTO)
door("mean", folded, (*WIDE, *INTEGERS, *COMPLEX), moderate=True)
door("std var", folded, (*WIDE, *INTEGERS), full=True, moderate=True)
door("all any", folded, REALS)
door("max min", folded, REALS, full=True)
door("argmax argmin", along, REALS, full=True)
door("ptp", along, REALS[1:], full=True)
door("nansum", folded, FLOATS)
door("nanprod", folded, FLOATS, most=UPTO)
door("nanmean nanstd nanvar", folded, WIDE, full=True, moderate=True)
door("nanmax nanmin", folded, FLOATS, full=True)
door("median", folded, (*WIDE, *INTEGERS), full=True, moderate=True)
door("average", weighted, (*WIDE, *INTEGERS), full=True, moderate=True)
door("linalg.norm", normed, WIDE, full=True, moderate=True)
door("cumsum", along, NUMBERS)
door("cumprod", along, NUMBERS, most=UPTO)
door("trapezoid", trapezoid, full=True, moderate=True)
door("trace", alone, NUMBERS, ranks=(2,))

# ------------------------------------------------------------------------------------------------ elements

UFUNCS = sorted(
    name for name, found in vars(np).items() if isinstance(found, np.ufunc) and of_ufunc(found) and name not in ("equal", "not_equal")
)


@draw(ranks=(0, 1, 2, 3))
def ufunc(g, x):
    """One of NumPy's elementwise functions."""
    function = getattr(np, g.pick(UFUNCS))
    if function.signature is not None:
        raise Rejected
    others = [like(g, x) if g.random.random() < 0.5 else scalar_like(g, x) for _ in range(function.nin - 1)]
    which = int(g.random.integers(function.nout))
    apply = (lambda *v: function(*v)[which]) if function.nout > 1 else function
    with np.errstate(all="ignore"):
        try:
            found = np.result_type(apply(*(np.ones((), k.dtype) for k in (x, *others)))).name
        except TypeError:
            raise Rejected from None
    try:
        ours = T.as_tensor_variable(apply(*(k.variable for k in (x, *others)))).type.dtype
    except TypeError:
        raise Rejected from None
    if ours != found or (function is np.power and found in SIGNED):  # the classic system has its own rules of dtypes, and of powers below 0
        raise Rejected
    return apply, *others


@draw(NUMBERS)
def ufunc_method(g, x):
    name, axis = g.pick(["add", "multiply", "maximum"] if x.moderate else ["maximum"]), axis_of(g, x)
    if name == "maximum" and not (x.dtype in REALS and all(map(all, x.shape))):
        raise Rejected
    if name == "multiply":
        restrain(x.shape, most=UPTO)
    method = g.pick(["reduce", "accumulate"]) if name != "maximum" else "reduce"
    function = widely(getattr(getattr(np, name), method))
    return (lambda v: function(v, axis),)


@draw(NUMBERS, ranks=(1,), most=300)
def ufunc_outer(g, x):
    function = g.pick([np.add, np.multiply, np.subtract])
    return function.outer, like(g, x)


UNARY = sorted(
    name for name, function in FUNCTIONS.items() if function.scalar_op.arity == 1 and not function.scalar_op.nary and "convert" not in name
)


@draw()
def in_place(g, x):
    """A function of elements that overwrites its argument, which nothing else reads."""
    name, whole = g.pick([n for n in UNARY if accepted(FUNCTIONS[n].scalar_op, x.dtype) == x.dtype]), like(g, x)
    function = FUNCTIONS[name]
    if whole.broadcastable != x.broadcastable:
        raise Rejected

    def theirs(v, c, w):
        return function.scalar_op.evaluate(np.where(c, v, w))[0]

    return both(lambda v, c, w: getattr(T.inplace, f"{name}_inplace")(T.switch(c, v, w)), theirs), like(g, x, "bool"), whole


def times(*shapes):
    """By something of one of these shapes."""

    def make(g, x, function):
        return function, factor(g, x, g.pick(shapes)(x), finite=True)

    return make


door("vecdot", times(lambda x: x.shape), (*WIDE, *INTEGERS, *COMPLEX), finite=True)
door("matvec", times(lambda x: x.shape[-1:]), (*WIDE, *INTEGERS), ranks=(2, 3), finite=True)
door("vecmat", times(lambda x: [x.shape[-1], BASE["c"]]), (*WIDE, *INTEGERS), ranks=(1, 2), finite=True)
door("inner", times(lambda x: x.shape[-1:], lambda x: [BASE["c"], x.shape[-1]]), NUMBERS, ranks=(1, 2), most=20000, finite=True)
door("vdot", times(lambda x: x.shape), NUMBERS, finite=True)
door("real imag", alone, COMPLEX)
door("angle", alone, (*WIDE, *COMPLEX))
door("i0", alone, moderate=True)
door("fix isposinf isneginf", alone, FLOATS, ranks=(0, 1, 2))
door("copy ravel size shape zeros_like ones_like", alone, ALL, ranks=(1, 2))
door("full_like", lambda g, x, f: (f, scalar_like(g, x)), ALL, ranks=(0, 1, 2))
door("ediff1d", alone, NUMBERS)


@draw(FLOATS, name="numpy.nan_to_num")
def nan_to_num(g, x):
    options = g.pick([{}, {"nan": 7.0}, {"posinf": 9.0, "neginf": -2.0}])
    return (lambda v: np.nan_to_num(v, **options),)


@draw(REALS[1:], name="numpy.clip")
def clip(g, x):
    low, high = g.pick([(0, 3), (None, 2), (1, None)])
    return (lambda v: np.clip(v, low, high),)


def decimals_of(g, x):
    """Before the point if they are whole numbers, which else stay as they are."""
    return g.pick([0, 1, 2] if x.dtype in WIDE else [-1, -2])


@draw((*WIDE, *SIGNED[1:]), name="numpy.round", moderate=True)
def rounded(g, x):
    decimals = decimals_of(g, x)
    return (lambda v: np.round(v, decimals),)


@draw(name="numpy.select")
def select(g, x):
    first, then = like(g, x, "bool"), like(g, x, "bool")
    return (lambda v, c, d, w: np.select([c, d], [v, w])), first, then, like(g, x)


# ------------------------------------------------------------------------------------------------ comparing and searching


@draw(name="isclose", dtypes=NUMBERS)
def isclose(g, x):
    return close(g, np.isclose, T.isclose), like(g, x)


@draw(name="allclose", dtypes=NUMBERS)
def allclose(g, x):
    return close(g, np.allclose, T.allclose), like(g, x)


def close(g, theirs, ours):
    relative, absolute, both_nan = g.pick([(1e-05, 1e-08), (0.5, 0.25), (0.0, 1.0)]), g.pick([1e-08, 0.25, 1.0]), bool(g.random.integers(2))
    options = {"rtol": relative[0], "atol": absolute, "equal_nan": both_nan}
    chosen = g.pick([theirs, both(ours, theirs)])
    return lambda v, w: chosen(v, w, **options)


door("array_equal", lambda g, x, f: (f, like(g, x)), ALL)
door("isin", lambda g, x, f: (f, g.source([BASE["c"]], x.dtype)), REALS, most=6000)
door("extract", lambda g, x, f: ((lambda v, c: f(c, v)), like(g, x, "bool")), ALL)
door("argwhere", alone, ALL, exact=True)


@draw(REALS[1:], name="numpy.digitize")
def digitize(g, x):
    right, bins = (
        bool(g.random.integers(2)),
        g.source([BASE["c"]], x.dtype, lambda s, dtype, k: np.sort(g.random.integers(0, 9, size=s)).astype(dtype)),
    )
    return (lambda v, b: np.digitize(v, b, right)), bins


# ------------------------------------------------------------------------------------------------ form


door("diagflat", lambda g, x, f: (f, within(g, -2, 2)), ALL, ranks=(1, 2), most=90)
door("fliplr flipud", alone, ALL, ranks=(2, 3))
door("matrix_transpose", alone, ALL, ranks=(2, 3))
door("atleast_1d atleast_2d atleast_3d", alone, ALL, ranks=(0, 1, 2, 3))
door("dstack column_stack", lambda g, x, f: ((lambda *v: f(v)), like(g, x)), ALL, ranks=(1, 2))


@draw(name="numpy.rollaxis", ranks=(2, 3))
def rollaxis(g, x):
    axis, start = axis_of(g, x), int(g.random.integers(x.ndim + 1))
    return (lambda v: np.rollaxis(v, axis, start),)


@draw(name="numpy.append", most=20000)
def append(g, x):
    axis = g.pick([None, *range(-x.ndim, x.ndim)])
    return (lambda v, w: np.append(v, w, axis)), like(g, x)


@draw(name="numpy.unstack", ranks=(2, 3))
def unstack(g, x):
    """The parts of what was put together: their number is known."""
    return (lambda *v: [*np.stack(v, 1).swapaxes(0, 1)][1]), like(g, x)


@draw(name="numpy.array_split")
def array_split(g, x):
    axis, which = axis_of(g, x), int(g.random.integers(3))
    if g.random.random() < 0.5:
        return (lambda v: np.array_split(v, 3, axis)[which],)
    return (lambda v, m, n: np.array_split(v, [WHOLE(m), WHOLE(n)], axis)[which]), within(g, 0, 3), within(g, 3, 6)


@draw(name="numpy.split")
def equal_parts(g, x):
    """By NumPy's words for every axis."""
    words = [(np.split, axis) for axis in range(x.ndim)] + [(np.vsplit, 0)] * (x.ndim > 1) + [(np.hsplit, min(1, x.ndim - 1))]
    function, axis = g.pick([*words, *[(np.dsplit, 2)] * (x.ndim == 3)])
    count = g.pick([n for n in (1, 2, 3, 5, 11) if all(d % n == 0 for d in x.shape[axis])])
    which, more = int(g.random.integers(count)), {"axis": axis} if function is np.split else {}
    return (lambda v: function(v, count, **more)[which],)


@draw(ranks=(1, 2), most=UPTO, name="numpy.broadcast_arrays")
def broadcast_arrays(g, x):
    other = g.one_or_none(lambda k: g.fits(x, k)) or like(g, x)
    which = int(g.random.integers(2))
    return (lambda v, w: np.broadcast_arrays(v, w)[which]), other


@draw(ranks=(1,), most=300, name="numpy.meshgrid")
def meshgrid(g, x):
    others = [g.source([BASE["c"]], x.dtype) for _ in range(g.random.integers(1, 3))]
    options, which = {"indexing": g.pick(["xy", "ij"]), "sparse": bool(g.random.integers(2))}, int(g.random.integers(1 + len(others)))
    return (lambda *v: np.meshgrid(*v, **options)[which]), *others


@draw((*WIDE, *SIGNED), ranks=(0,), name="numpy.linspace", moderate=True)
def linspace(g, x):
    ends = bool(g.random.integers(2))
    return (lambda v, w, n: np.linspace(v, w, WHOLE(n), endpoint=ends)), scalar_like(g, x), within(g, 0, 7)


def in_triangle(g, x, function):
    which = int(g.random.integers(2))
    return (lambda v, k: function(v, WHOLE(k))[which]), within(g, -3, 3)


door("tril_indices_from triu_indices_from", in_triangle, ("int64",), ranks=(2,), full=True)


# ------------------------------------------------------------------------------------------------ Python's words


@draw((*WIDE, *SIGNED[1:]), name="round()", moderate=True)
def python_round(g, x):
    digits = decimals_of(g, x) or None
    return (both(lambda v: round(v, digits), lambda v: np.round(v, digits or 0)),)


@draw(NUMBERS, name="abs()")
def python_abs(g, x):
    return (abs,)


@draw(REALS[1:], name="divmod()")
def python_divmod(g, x):
    which = int(g.random.integers(2))
    return (lambda v, w: divmod(v, w)[which]), like(g, x)


@draw((*WIDE, *SIGNED), name="pow()", moderate=True)
def python_pow(g, x):
    exponent = g.pick([0, 1, 2, 3])
    return (lambda v: pow(v, exponent),)


@draw(name="iter()", ranks=(0, 1, 2))
def python_iter(g, x):
    count = int(g.random.integers(1, 4))
    parts = [like(g, x) for _ in range(count - 1)]
    which = int(g.random.integers(count))
    return (lambda *v: list(np.stack(v))[which]), *parts


@draw(NUMBERS, name="array on the left")
def array_first(g, x):
    """An array and a variable: the variable has its say first."""
    given = np.array(g.pick([2, 3]), x.dtype)
    function = g.pick([operator.add, operator.sub, operator.mul, *[operator.ge, operator.lt] * (x.dtype in REALS), np.add, np.subtract])
    return (lambda v: function(given, v),)


# ------------------------------------------------------------------------------------------------ a graph for many rows


@draw(ranks=(1, 2, 3), most=8000)
def vectorized(g, x):
    """Another draw, of one row, for all rows: its other arguments are the same for all."""
    axis = axis_of(g, x)
    moved = np.moveaxis(x.variable, axis, 0)
    row = T.TensorType(x.dtype, moved.type.broadcastable[1:])("row")
    values = [np.moveaxis(v, axis, 0) for v in x.values]
    if max(map(len, values)) > 40 and g.random.random() < 0.9:
        raise Rejected
    rows = Known(row, [type(b)(v[0] if len(v) else np.zeros(v.shape[1:], v.dtype)) for v, b in zip(values, x.found)])
    fits = [
        d for d in DRAWS.values() if d.name != "vectorized" and d.values is None and not d.exact and x.dtype in d.dtypes and d.takes(rows)
    ]
    before = len(g.reads)
    with g.inside(rows):
        function, *others = g.pick(fits).make(g, rows)
    for read in g.reads[before:]:
        read.used = read.used and [len(v) and used for v, used in zip(values, read.used)]
    result = T.as_tensor_variable(function(row, *(k.variable for k in others)))
    if not any(row in node.inputs for node in io_toposort([], [result])):
        raise Rejected

    def ours(v, *rest):
        try:
            return theano.vectorize(result, {row: np.moveaxis(v, axis, 0)}, fallback="loop")
        except VariableTypeError:  # rows of different sizes
            raise Rejected from None

    def theirs(v, *rest):
        lanes = np.moveaxis(v, axis, 0)
        if len(lanes):
            return np.stack([function(np.asarray(lane), *rest) for lane in lanes])
        return np.empty((0, *np.shape(function(np.zeros(lanes.shape[1:], lanes.dtype), *rest))))

    return both(ours, theirs), *others


__all__ = []
