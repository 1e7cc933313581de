"""What a random graph does with shapes, and what it sorts, counts and multiplies: the rest of the table of draws.

>>> len(STRUCTURED) > 500
True
"""

import numpy as np

import tests.fuzz.doors
import tests.fuzz.indexing  # noqa: F401 (their draws)
import theano.tensor as T
from tests.fuzz.draws import DRAWS, FULL, NUMBERS, amount, axis_of, both, draw, factor, like, restrain, scalar_like, size, within
from tests.fuzz.known import BASE, ENVIRONMENTS, ONE, REALS, WIDE, Rejected
from theano.dtypes import COMPLEX, INTEGERS, UNSIGNED
from theano.tensor.quantiles import METHODS

# ------------------------------------------------------------------------------------------------ shape


@draw(ranks=(2, 3))
def reshape_merged(g, x):
    axis, inferred = int(g.random.integers(x.ndim - 1)), g.random.random() < 0.5
    inferred = inferred and all(n for d in (*x.shape[:axis], *x.shape[axis + 2 :]) for n in d)

    def merge(v, *sizes):
        return np.reshape(v, (*sizes[:axis], -1 if inferred else sizes[axis] * sizes[axis + 1], *sizes[axis + 2 :]))

    return merge, *(size(g, x, k) for k in range(x.ndim))


@draw()
def reshape_cut(g, x):
    """An axis cut in two where it is a product."""
    axis = int(g.random.integers(x.ndim))
    part = g.number(lambda k: g.pick([d for d in (1, 2, 3, 5, 10, 11, 13) if x.shape[axis][k] % d == 0]))
    first, inferred = g.random.random() < 0.5, g.random.random() < 0.5 and all(map(all, x.shape))

    def cut(v, n, *sizes):
        rest = -1 if inferred else sizes[axis] // n
        return np.reshape(v, (*sizes[:axis], *((n, rest) if first else (rest, n)), *sizes[axis + 1 :]))

    return cut, part, *(size(g, x, k) for k in range(x.ndim))


@draw()
def reshape_like(g, x):
    """Into the shape of something else, which is known as a vector."""
    counts = [v.size for v in x.values]
    y = g.one_or_none(lambda k: k is not x and [v.size for v in k.values] == counts and k.ndim) or x
    return both(lambda v, w: T.reshape(v, w.shape, ndim=w.ndim), lambda v, w: v.reshape(w.shape)), y


@draw()
def reshape_by_vector(g, x):
    """The sizes in another order, among them ones, as a vector or as one of them that is left to be found."""
    order = [int(a) for a in g.random.permutation(x.ndim)]
    order += [None] * int(g.random.integers(4 - x.ndim + 1))
    order = [order[k] for k in g.random.permutation(len(order))]

    def sizes(shape, dtype, k):
        return np.array([1 if a is None else x.shape[a][k] for a in order], dtype)

    given = g.source([(len(order),) * ENVIRONMENTS], g.pick(["int64", "int32"]), sizes, f"k{len(g.known)}")
    return both(lambda v, s: T.reshape(v, s, ndim=len(order)), np.reshape), given


@draw(ranks=(0, 1, 2, 3))
def flatten(g, x):
    rank = int(g.random.integers(1, max(x.ndim, 1) + 1))
    name = g.pick(["ndim", "outdim"])
    return (both(lambda v: T.flatten(v, **{name: rank}), lambda v: v.reshape(*v.shape[: rank - 1], int(np.prod(v.shape[rank - 1 :])))),)


@draw(ranks=(0, 1, 2, 3))
def dimshuffle(g, x):
    order = g.random.permutation(x.ndim).tolist()
    while len(order) < 4 and g.random.random() < 0.4:
        order.insert(int(g.random.integers(len(order) + 1)), "x")
    order = [a for a in order if a == "x" or not (x.broadcastable[a] and g.random.random() < 0.4)]
    kept = [a for a in order if a != "x"]

    def theirs(v):
        moved = v.transpose(*kept, *(a for a in range(v.ndim) if a not in kept))
        moved = moved[(*[FULL] * len(kept), *[0] * (v.ndim - len(kept)))]
        return moved[tuple(None if a == "x" else FULL for a in order)]

    return (both(lambda v: v.dimshuffle(*order), theirs),)


@draw()
def transpose(g, x):
    order = [int(a) - x.ndim * int(g.random.integers(2)) for a in g.random.permutation(x.ndim)]
    return (lambda v: np.transpose(v, order),)


@draw(ranks=(2, 3))
def swapaxes(g, x):
    first, second = axis_of(g, x), axis_of(g, x)
    return (lambda v: np.swapaxes(v, first, second),)


@draw(ranks=(2, 3))
def moveaxis(g, x):
    source, destination = axis_of(g, x), axis_of(g, x)
    return (lambda v: np.moveaxis(v, source, destination),)


@draw()
def squeeze(g, x):
    ones = [axis for axis in range(x.ndim) if x.broadcastable[axis]]
    if ones and g.random.random() < 0.5:
        axis = g.pick(ones)
        return (lambda v: np.squeeze(v, axis),)
    return (both(T.squeeze, lambda v: v.reshape([n for axis, n in enumerate(v.shape) if axis not in ones])),)


@draw()
def expand_dims(g, x):
    axis = int(g.random.integers(-x.ndim - 1, x.ndim + 1))
    return (lambda v: np.expand_dims(v, axis),)


@draw(ranks=(0, 1, 2))
def shape_padded(g, x):
    axis, count = int(g.random.integers(-x.ndim - 1, x.ndim + 1)), int(g.random.integers(1, 3))
    choices = [
        (lambda v: T.shape_padaxis(v, axis), lambda v: np.expand_dims(v, axis)),
        (lambda v: T.shape_padleft(v, count), lambda v: v[(None,) * count]),
        (lambda v: T.shape_padright(v, count), lambda v: v[(..., *(None,) * count)]),
    ]
    return (both(*g.pick(choices)),)


@draw()
def specify_shape(g, x):
    return both(lambda v, *sizes: T.specify_shape(v, list(sizes)), lambda v, *sizes: v), *(size(g, x, axis) for axis in range(x.ndim))


def ones_of(g, x):
    """Some of the axes of size 1."""
    ones = [axis for axis, d in enumerate(x.shape) if d == ONE]
    return [axis for axis in ones if g.random.random() < 0.7] or ones


@draw(single=True)
def addbroadcast(g, x):
    axes = ones_of(g, x)
    return (both(lambda v: T.addbroadcast(T.unbroadcast(v, *axes), *axes), lambda v: v),)


@draw(single=True)
def unbroadcast(g, x):
    axes = ones_of(g, x)
    return (both(lambda v: T.unbroadcast(T.addbroadcast(v, *axes), *axes), lambda v: v),)


@draw(single=True)
def patternbroadcast(g, x):
    """What is known told again, but for some axes of size 1: of these the contrary."""
    axes = ones_of(g, x)
    return (both(lambda v: T.patternbroadcast(v, [f != (a in axes) for a, f in enumerate(v.broadcastable)]), lambda v: v),)


@draw()
def flip(g, x):
    axis = g.pick([None, *range(-x.ndim, x.ndim), tuple(range(x.ndim))])
    return (lambda v: np.flip(v, axis),)


@draw(ranks=(2, 3))
def rot90(g, x):
    times, axes = int(g.random.integers(-1, 5)), tuple(int(a) for a in g.random.permutation(x.ndim)[:2])
    return (lambda v: np.rot90(v, times, axes),)


@draw(ranks=(0, 1, 2), most=15000)
def broadcast_to(g, x):
    stretched = [axis for axis in range(x.ndim) if x.broadcastable[axis] and g.random.random() < 0.7]
    new = [within(g, 0, 4) for _ in range(g.random.integers(0 if stretched else 1, 4 - x.ndim))]
    return (
        (lambda v, *sizes: np.broadcast_to(v, sizes)),
        *new,
        *(within(g, 0, 4) if k in stretched else size(g, x, k) for k in range(x.ndim)),
    )


@draw(most=15000)
def pad(g, x):
    modes = ["constant", *(["edge", "reflect", "symmetric", "wrap"] if all(map(all, x.shape)) else [])]
    mode, value = g.pick(modes), g.pick([{}, {"constant_values": 1}])
    value = g.pick([value, {"constant_values": (2, 3)}])
    options = value if mode == "constant" else {}
    count = g.pick([1, 2, 2 * x.ndim])  # for all; before and after all; for each

    def padded(function, number):
        def call(v, *n):
            pairs = [*map(number, n)]
            return function(v, pairs[0] if count == 1 else pairs if count == 2 else [*zip(pairs[::2], pairs[1::2])], mode, **options)

        return call

    return both(padded(T.pad, lambda n: n), padded(np.pad, int)), *(within(g, 0, 3) for _ in range(count))


@draw(most=5000)
def tile(g, x):
    counts = [within(g, 0, 3) for _ in range(g.random.integers(1, x.ndim + 1))]
    return (lambda v, *reps: np.tile(v, list(reps))), *counts


@draw(most=15000)
def repeat(g, x):
    axis = g.pick([None, *range(-x.ndim, x.ndim)])
    extents = x.shape[axis] if axis is not None else tuple(v.size for v in x.values)
    if g.random.random() < 0.5:
        counts = within(g, 0, 3)
    else:
        counts = g.source([extents], "int64", lambda s, dtype, k: g.random.integers(0, 4, size=s), name=f"k{len(g.known)}")
    return (lambda v, n: np.repeat(v, n, axis)), counts


@draw(ranks=(0, 1, 2))
def stack(g, x):
    axis = int(g.random.integers(-x.ndim - 1, x.ndim + 1))
    return (lambda *parts: np.stack(parts, axis)), *(like(g, x) for _ in range(g.random.integers(1, 3)))


@draw(ranks=(0, 1))
def stacklists(g, x):
    nested = lambda a, b, c, d: [[a, b], [c, d]]
    return both(lambda *parts: T.stacklists(nested(*parts)), lambda *parts: np.array(nested(*parts))), *(like(g, x) for _ in range(3))


def beside(g, x, axis):
    """Something to be joined to ``x``."""

    def others(shape):
        return shape[:axis], shape[axis + 1 :]

    found = g.one_or_none(lambda y: y.dtype == x.dtype and y.ndim == x.ndim and others(y.shape) == others(x.shape))
    if found is not None and g.random.random() < 0.8:
        return found
    shape = [*x.shape[:axis], BASE[g.pick("abcw")], *x.shape[axis + 1 :]]
    restrain(shape)
    return g.source(shape, x.dtype)


@draw()
def join(g, x):
    axis = int(g.random.integers(x.ndim))
    parts = [beside(g, x, axis) for _ in range(g.pick([1, 1, 2, 6]))]
    if g.random.random() < 0.5:
        return (lambda *v: np.concatenate(v, axis - v[0].ndim)), *parts
    place = within(g, axis - x.ndim, axis - x.ndim)  # known when the function is made, or when it runs
    return both(lambda x, n, *v: T.join(n, x, *v), lambda x, n, *v: np.concatenate([x, *v], int(n))), place, *parts


@draw(ranks=(2, 3))
def hstack_or_vstack(g, x):
    axis = int(g.random.integers(2))
    return (lambda *v: (np.vstack, np.hstack)[axis](v)), beside(g, x, axis)


@draw(ranks=(2,))
def horizontal_stack(g, x):
    return both(T.horizontal_stack, lambda *v: np.hstack(v)), beside(g, x, 1)


@draw(ranks=(2,))
def vertical_stack(g, x):
    return both(T.vertical_stack, lambda *v: np.vstack(v)), beside(g, x, 0)


@draw()
def split(g, x):
    axis, which = axis_of(g, x), int(g.random.integers(3))
    cuts = [np.diff([0, *sorted(g.random.integers(0, n + 1, size=2)), n]) for n in x.shape[axis]]
    if g.random.random() < 0.5:
        sizes = [g.number(lambda k, j=j: cuts[k][j]) for j in range(3)]
    else:
        sizes = [g.source([(3,) * ENVIRONMENTS], "int64", lambda s, dtype, k: cuts[k], f"k{len(g.known)}")]
    return (
        both(
            lambda v, n, *s: T.split(v, list(s) if len(s) > 1 else s[0], 3, n)[which],
            lambda v, n, *s: np.split(v, np.cumsum(np.hstack(s))[:2], int(n))[which],
        ),
        within(g, axis, axis),
        *sizes,
    )


# ------------------------------------------------------------------------------------------------ running, sorting, counting


@draw()
def cumsum(g, x):
    axis = g.pick([None, *range(-x.ndim, x.ndim)])
    return (both(lambda v: T.cumsum(v, axis), lambda v: np.cumsum(v, axis, dtype=v.dtype)),)


@draw(most=3000)
def cumprod(g, x):
    axis = g.pick([None, *range(-x.ndim, x.ndim)])
    return (both(lambda v: T.cumprod(v, axis), lambda v: np.cumprod(v, axis, dtype=v.dtype)),)


@draw()
def diff(g, x):
    axis, times = axis_of(g, x), int(g.random.integers(3))
    return (lambda v: np.diff(v, times, axis),)


@draw(INTEGERS, ranks=(1,), values=lambda g: lambda shape, dtype, k: g.random.integers(0, g.pick([2, 9, 100]), size=shape).astype(dtype))
def bincount(g, x):
    least = within(g, 0, 12)
    if x in g.inputs:
        g.bound_to(x, [0] * ENVIRONMENTS)
    if g.random.random() < 0.5:
        return both(
            lambda v, n: T.bincount(v, minlength=n), lambda v, n: np.bincount(v.astype("int64"), minlength=int(n)).astype(v.dtype)
        ), least
    weights = like(g, x, g.pick(WIDE))
    return (
        both(
            lambda v, n, w: T.bincount(v, w, minlength=n),
            lambda v, n, w: np.bincount(v.astype("int64"), w, minlength=int(n)).astype(w.dtype),
        ),
        least,
        weights,
    )


@draw(INTEGERS, ranks=(1,), most=4000, values=lambda g: lambda shape, dtype, k: g.random.integers(0, 5, size=shape).astype(dtype))
def to_one_hot(g, x):
    dtype, count = g.pick(g.dtypes), within(g, 5, 8)
    if x in g.inputs:
        extents = [int(n) for n in count.values]
        g.bound_to(x, [0 if x.dtype in UNSIGNED else -n for n in extents], extents)
    return both(lambda v, n: T.to_one_hot(v, n, dtype), lambda v, n: np.eye(int(n), dtype=dtype)[v.astype("int64")]), count


@draw(exact=True)
def unique(g, x):
    wanted = tuple(bool(g.random.integers(2)) for _ in range(3))
    axis = g.pick([None, *(range(x.ndim) if all(map(all, x.shape)) and x.dtype not in COMPLEX else ())])
    which = int(g.random.integers(1 + sum(wanted)))

    def theirs(v):
        found = np.unique(v, *wanted, axis=axis)
        found = found[which] if any(wanted) else found
        return found if which == 0 else found.reshape(-1)

    def ours(v):
        found = T.unique(v, *wanted, axis=axis)
        return (found[which] if any(wanted) else found) if which == 0 else found[which].flatten()

    return (both(ours, theirs),)


def ascending(g):
    return lambda shape, dtype, k: np.sort(g.numbers(shape, dtype, k))


@draw(REALS, ranks=(1,), values=ascending)
def searchsorted(g, x):
    side = g.pick(["left", "right"])
    return (lambda v, w: np.searchsorted(v, w, side)), sought(g, x)


def sought(g, x):
    return g.one_or_none(lambda k: k.dtype == x.dtype and k is not x) or g.source(None, x.dtype)


@draw(REALS, ranks=(1,), exact=True)
def searchsorted_by_sorter(g, x):
    side = g.pick(["left", "right"])
    order = g.source(x.shape, "int64", lambda shape, dtype, k: np.argsort(x.values[k], kind="stable"), f"i{len(g.known)}")
    return (lambda v, w, i: np.searchsorted(v, w, side, i)), sought(g, x), order


@draw()
def sort(g, x):
    axis = g.pick([None, *range(-x.ndim, x.ndim)])
    return (lambda v: np.sort(v, axis),)


@draw()
def argsort(g, x):
    axis, kind = g.pick([None, *range(-x.ndim, x.ndim)]), g.pick(["stable", "stable", "quicksort"])
    return (both(lambda v: T.argsort(v, axis, kind), lambda v: np.argsort(v, axis, kind)),)


def greatest(ours, *by):
    """``by``: what orders all elements, or their places."""

    def theirs(by, v, k, axis):
        found = by(v.reshape(-1) if axis is None else v, axis or 0)
        return np.take(np.flip(found, axis or 0) if k > 0 else found, range(abs(int(k))), axis or 0)

    def make(g, x):
        axis, sign, which = g.pick([None, *range(-x.ndim, x.ndim)]), g.pick([1, -1]), int(g.random.integers(len(by)))
        extents = x.shape[axis] if axis is not None else tuple(v.size for v in x.values)
        count = amount(g, lambda k: 1, lambda k: min(extents[k], 9))
        options = {"sorted": bool(g.random.integers(2))}  # all programs sort, whether they promise it or not
        options |= {"idx_dtype": g.pick(["int64", "int32", "uint16"])} if max(extents) < 1 << 16 else {}

        def found(v, k):
            parts = ours(v, sign * k, axis, **options)
            return parts[which] if len(by) > 1 else parts

        return both(found, lambda v, k: theirs(by[which], v, sign * k, axis)), count

    return make


draw(REALS[1:], full=True, name="topk")(greatest(T.topk, np.sort))
draw(REALS[1:], full=True, name="argtopk")(greatest(T.argtopk, np.argsort))
draw(REALS[1:], full=True, name="topk_and_argtopk")(greatest(T.topk_and_argtopk, np.sort, np.argsort))


@draw((*WIDE, *INTEGERS), full=True, moderate=True)
def quantile(g, x):
    """Of shares that are multiples of 1/8, for which the place between two elements is exact."""
    axis, method = g.pick([None, *range(-x.ndim, x.ndim), (0, x.ndim - 1)[: x.ndim]]), g.pick(METHODS)
    if g.random.random() < 0.5:
        percent = g.pick([50, [0, 37.5, 100], [12.5, 75]])
        return (both(lambda v: T.percentile(v, percent, axis, method), lambda v: np.percentile(v, percent, axis, method=method)),)
    share = g.source([], "float64", lambda shape, dtype, k: np.array(g.random.integers(9) / 8), f"q{len(g.known)}")
    return both(lambda v, q: T.quantile(v, q, axis, method), lambda v, q: np.quantile(v, q, axis, method=method)), share


def permutations(g):
    def values(shape, dtype, k):
        return np.argsort(g.random.random(shape), axis=-1).astype(dtype)

    return values


@draw(INTEGERS, ranks=(1, 2), most=700, values=permutations)
def inverse_permutation(g, x):
    if max(x.shape[-1]) > 127:
        raise Rejected
    return (both(T.inverse_permutation, lambda v: np.argsort(v, axis=-1).astype(v.dtype)),)


@draw()
def permute_row_elements(g, x):
    places = g.source(x.shape[-1:] if g.random.random() < 0.5 else x.shape, "int64", permutations(g), f"i{len(g.known)}")
    inverse = int(g.random.integers(2))

    def theirs(v, p):
        p = np.broadcast_to(p, v.shape)
        return np.take_along_axis(v, np.argsort(p, axis=-1) if inverse else p, -1)

    return both(lambda v, p: T.permute_row_elements(v, p, inverse), theirs), places


@draw((*WIDE, *INTEGERS, *COMPLEX), ranks=(1, 2), most=20000, moderate=True)
def cov(g, x):
    options = {"rowvar": bool(g.random.integers(2)), "bias": bool(g.random.integers(2)), "ddof": g.pick([None, None, 0, 1, 2])}
    turned = not options["rowvar"] and x.ndim == 2 and not x.broadcastable[0]  # by NumPy, if the size turns out not to be 1
    variables, count = (-1, 0) if turned else (0, -1)
    if x.ndim > 1:
        restrain([x.shape[variables]] * 2, [x.shape[count]], most=1 << 20)
    more = {}
    if g.random.random() < 0.3:
        more["y"] = like(g, x)
        if more["y"].broadcastable != x.broadcastable:
            raise Rejected  # one of them is turned, the other is not
    for name, dtype in (("fweights", "int64"), ("aweights", "float64")):
        if g.random.random() < 0.3:
            more[name] = g.source([x.shape[count]], dtype, lambda s, dtype, k: g.random.integers(1, 4, size=s).astype(dtype))
    if any(not k.moderate for k in more.values()) or (set(more) - {"y"} and not all(x.shape[count])):
        raise Rejected
    ours = lambda v, *w: T.cov(v, **dict(zip(more, w)), **options)
    rank = ours(x.variable, *(k.variable for k in more.values())).ndim

    def theirs(v, *w):
        parts = {name: a.T if turned and name == "y" else a for name, a in zip(more, w)}
        found = np.cov(v.T if turned else v, **parts, **options | {"rowvar": True})
        return found.reshape((1,) * rank) if found.size == 1 else found

    return both(ours, theirs), *more.values()


@draw(INTEGERS, ranks=(0,), values=lambda g: lambda shape, dtype, k: np.array(g.random.integers(0, 9), dtype))
def bartlett(g, x):
    return (both(T.bartlett, np.bartlett),)


# ------------------------------------------------------------------------------------------------ products


def new_dims(g, least, most):
    return [BASE[g.pick("acw")] for _ in range(g.random.integers(least, most + 1))]


@draw(NUMBERS, most=20000)
def tensordot(g, x):
    chosen = [int(a) for a in g.random.permutation(x.ndim)[: g.random.integers(1, x.ndim + 1)]]
    rest = new_dims(g, 0, 1 if x.ndim - len(chosen) > 1 else 2)
    restrain(x.shape, rest, most=1 << 20)
    at = int(g.random.integers(len(rest) + 1))
    y = factor(g, x, [*rest[:at], *(x.shape[a] for a in chosen), *rest[at:]])
    axes = chosen, [at + k - y.ndim for k in range(len(chosen))]
    if at == 0 and chosen == [*range(x.ndim - len(chosen), x.ndim)] and g.random.random() < 0.7:
        axes = len(chosen)
    return (lambda v, w: np.tensordot(v, w, axes)), y


@draw(NUMBERS, ranks=(0, 1, 2, 3), most=20000)
def dot(g, x):
    if x.ndim == 0 or g.random.random() < 0.1:
        return np.dot, scalar_like(g, x) if x.ndim else g.one_or_none(lambda k: k.dtype == x.dtype) or x
    rest = new_dims(g, 0, 2 if x.ndim < 3 else 1)
    restrain(x.shape, rest, most=1 << 20)
    return np.dot, factor(g, x, [*rest[:-1], x.shape[-1], *rest[-1:]])


@draw(NUMBERS, most=20000)
def matmul(g, x):
    rest = new_dims(g, 0, 1)
    restrain(x.shape, rest, most=1 << 20)
    batch = x.shape[:-2] if rest and g.random.random() < 0.7 else new_dims(g, 0, 1) if x.ndim < 3 and rest else []
    if x.ndim == 3 and batch and g.random.random() < 0.3:
        batch = [ONE]
    restrain(batch, x.shape, rest, most=1 << 20)
    y = factor(g, x, [*batch, x.shape[-1], *rest])
    if batch == [ONE] and not y.broadcastable[0]:
        raise Rejected  # only what is told to be of size 1 stretches
    return (lambda v, w: v @ w), y


@draw(NUMBERS, ranks=(2, 3), finite=True, most=20000)
def einsum(g, x):
    letters = "ijk"[: x.ndim]
    own = "".join(g.pick(letters) for _ in range(g.random.integers(1, 3)))
    if len(set(own)) < len(own):
        own = own[0]
    other = own + "n" * int(g.random.integers(2))
    wanted = "".join(str(c) for c in g.random.permutation([c for c in letters + "n" * ("n" in other) if g.random.random() < 0.6]))
    new = BASE[g.pick("acw")]
    restrain(x.shape, [new], most=1 << 20)
    y = factor(g, x, [new if c == "n" else x.shape[letters.index(c)] for c in other], finite=True)
    if len(set(wanted)) == len(letters) and g.random.random() < 0.3:
        return (lambda v, w: np.einsum(f"{letters},{other}", v, w)), y
    return (lambda v, w: np.einsum(f"{letters},{other}->{wanted}", v, w)), y


@draw(NUMBERS, ranks=(2, 3), most=20000)
def einsum_alone(g, x):
    """Sums, orders of axes, and diagonals of a square that is there or made."""
    if g.random.random() < 0.5:
        form = g.pick(["i...->...", "...i->i...", "ij...->ji...", "...ij", "ij...->..."])
        return (lambda v: np.einsum(form, v),)
    form = g.pick(["ii", "ii->i"] if x.ndim == 2 else ["ii...->i...", "ii...", "ii...->..."])
    least = both(lambda v: T.minimum(v.shape[0], v.shape[1]), lambda v: min(v.shape[:2]))
    return (lambda v: np.einsum(form, v[: least(v), : least(v)]),)


@draw(NUMBERS, ranks=(2,), finite=True, most=2000)
def einsum_chain(g, x):
    """Three factors, whose order is free."""
    new = new_dims(g, 2, 2)
    y = factor(g, x, [x.shape[1], new[0]], finite=True)
    z = factor(g, x, g.pick([[new[0], new[1]], [x.shape[0], new[0]]]), finite=True)
    form = "ij,jk,kl->il" if z.shape == [new[0], new[1]] else "ij,jk,ik->j"
    return (lambda v, w, u: np.einsum(form, v, w, u)), y, z


@draw(NUMBERS, ranks=(2, 3), most=20000)
def batched_dot(g, x):
    rest = new_dims(g, 0, 1)
    restrain(x.shape, rest, most=1 << 20)
    meaning = f"b{'m' * (x.ndim - 2)}k,bk{'n' * len(rest)}->b{'m' * (x.ndim - 2)}{'n' * len(rest)}"
    if x.ndim == 2 and not rest:
        meaning = "bk,bk->b"
    return both(T.batched_dot, lambda v, w: np.einsum(meaning, v, w)), factor(g, x, [x.shape[0], x.shape[-1], *rest])


@draw(NUMBERS, ranks=(3,), most=20000)
def batched_tensordot(g, x):
    rest = new_dims(g, 0, 1)
    restrain(x.shape, rest, most=1 << 20)
    y = factor(g, x, [x.shape[0], *rest, x.shape[1]])
    last = 1 + len(rest)
    meaning = "bkm,bnk->bmn" if rest else "bkm,bk->bm"
    return both(lambda v, w: T.batched_tensordot(v, w, [[1], [last]]), lambda v, w: np.einsum(meaning, v, w)), y


@draw(NUMBERS, ranks=(1, 2), most=2000)
def outer(g, x):
    return np.outer, factor(g, x, new_dims(g, 1, 1))


# ------------------------------------------------------------------------------------------------ what is known of a graph


@draw(NUMBERS, ranks=(1, 2))
def get_scalar_constant_value(g, x):
    """A number that is known before the function runs, in a tensor of this shape."""
    number = np.array(g.random.integers(1, 7), x.dtype)
    graphs = [
        lambda v: T.fill(v, number) + number, lambda v: T.alloc(number, *v.shape).T, lambda v: T.alloc(number, *v.shape)[1:],
        lambda v: T.zeros_like(v) + number, lambda v: T.stack([v[0], number])[1],
    ]  # fmt: skip
    which = int(g.random.integers(4 if x.ndim > 1 else 5))
    value = number + number if which == 0 else number
    return (both(lambda v: T.fill(v, T.get_scalar_constant_value(graphs[which](v)).astype(x.dtype)), lambda v: np.full(v.shape, value)),)


@draw(REALS, full=True)
def makeKeepDims(g, x):
    axis = g.pick([None, *range(-x.ndim, x.ndim)])
    return (both(lambda v: T.makeKeepDims(v, T.max(v, axis), axis), lambda v: np.max(v, axis, keepdims=True)),)


@draw()
def shape_i(g, x):
    axis = int(g.random.integers(x.ndim))
    return (both(lambda v: T.fill(v, T.shape_i(v, axis)), lambda v: np.full(v.shape, v.shape[axis])),)


@draw(ranks=(1, 2, 3))
def get_vector_length(g, x):
    """The number of sizes that there are, in a tensor of this shape."""
    vector, length = g.pick([
        (lambda v: v.shape, x.ndim), (lambda v: v.shape[1:], x.ndim - 1), (lambda v: T.stack([v.shape[0], 3]), 2),
        (lambda v: T.concatenate([v.shape, v.shape[:1]]), x.ndim + 1),
    ])  # fmt: skip
    return (both(lambda v: T.fill(v, T.get_vector_length(vector(v))), lambda v: np.full(v.shape, length)),)


STRUCTURED = [(chosen, dtype) for chosen in DRAWS.values() for dtype in chosen.dtypes]
"""Every draw with every dtype of what it begins with."""

__all__ = ["STRUCTURED"]
