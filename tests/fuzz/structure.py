"""What a random graph does with shapes, and what it sorts, counts and multiplies: the rest of the table of draws.

>>> len(STRUCTURED) > 500
True
"""

import numpy as np

import tests.fuzz.indexing  # noqa: F401 (its draws)
import theano.tensor as T
from tests.fuzz.draws import DRAWS, FULL, NUMBERS, amount, axis_of, both, draw, like, restrain, size, within
from tests.fuzz.known import BASE, ONE, REALS, WIDE, Rejected
from theano.dtypes import COMPLEX, FLOATS, INTEGERS

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


@draw(ranks=(0, 1, 2, 3))
def flatten(g, x):
    rank = int(g.random.integers(1, max(x.ndim, 1) + 1))
    return (both(lambda v: T.flatten(v, rank), lambda v: v.reshape(*v.shape[: rank - 1], int(np.prod(v.shape[rank - 1 :])))),)


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


@draw()
def pattern(g, x):
    """What is known of the axes of size 1 told, or forgotten."""
    ones = [axis for axis, d in enumerate(x.shape) if d == ONE]
    told = [axis for axis in ones if g.random.random() < 0.7]
    choices = [lambda v: T.addbroadcast(v, *told), lambda v: T.unbroadcast(v, *ones)]
    choices.append(lambda v: T.patternbroadcast(v, [axis in told for axis in range(v.ndim)]))
    return (both(g.pick(choices), lambda v: v),)


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
    options = value if mode == "constant" else {}
    widths = [within(g, 0, 3) for _ in range(2 * x.ndim)]

    def padded(function, number):
        return lambda v, *n: function(v, [(number(a), number(b)) for a, b in zip(n[::2], n[1::2])], mode, **options)

    return both(padded(T.pad, lambda n: n), padded(np.pad, int)), *widths


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
    return (lambda *v: np.concatenate(v, axis - v[0].ndim)), *parts


@draw(ranks=(2, 3))
def hstack_or_vstack(g, x):
    axis = int(g.random.integers(2))
    return (lambda *v: (np.vstack, np.hstack)[axis](v)), beside(g, x, axis)


@draw()
def split(g, x):
    axis, which = axis_of(g, x), int(g.random.integers(3))
    cuts = [np.diff([0, *sorted(g.random.integers(0, n + 1, size=2)), n]) for n in x.shape[axis]]
    sizes = [g.number(lambda k, j=j: cuts[k][j]) for j in range(3)]
    theirs = both(
        lambda v, *s: T.split(v, list(s), 3, axis)[which], lambda v, *s: np.split(v, np.cumsum([int(n) for n in s])[:2], axis)[which]
    )
    return theirs, *sizes


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
def one_hot(g, x):
    dtype = g.pick(g.dtypes)
    return both(lambda v, n: T.to_one_hot(v, n, dtype), lambda v, n: np.eye(int(n), dtype=dtype)[v.astype("int64")]), within(g, 5, 8)


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
    y = g.one_or_none(lambda k: k.dtype == x.dtype and k is not x)
    return (lambda v, w: np.searchsorted(v, w, side)), y or g.source(None, x.dtype)


@draw()
def sort(g, x):
    axis = g.pick([None, *range(-x.ndim, x.ndim)])
    return (lambda v: np.sort(v, axis),)


@draw()
def argsort(g, x):
    axis, kind = g.pick([None, *range(-x.ndim, x.ndim)]), g.pick(["stable", "stable", "quicksort"])
    return (both(lambda v: T.argsort(v, axis, kind), lambda v: np.argsort(v, axis, kind)),)


def greatest(ours, by):
    def theirs(v, k, axis):
        found = by(v, axis)
        return np.take(np.flip(found, axis) if k > 0 else found, range(abs(int(k))), axis)

    def make(g, x):
        axis, sign = axis_of(g, x), g.pick([1, -1])
        count = amount(g, lambda k: 1, lambda k: min(x.shape[axis][k], 9))
        return both(lambda v, k: ours(v, sign * k, axis), lambda v, k: theirs(v, sign * k, axis)), count

    return make


draw(REALS[1:], full=True, name="topk")(greatest(T.topk, np.sort))
draw(REALS[1:], full=True, name="argtopk")(greatest(T.argtopk, np.argsort))


@draw((*WIDE, *INTEGERS), full=True)
def quantile(g, x):
    """Of shares that are multiples of 1/8, for which the place between two elements is exact."""
    if not x.moderate:
        raise Rejected
    axis, method = g.pick([None, *range(-x.ndim, x.ndim)]), g.pick(["linear", "lower", "higher", "midpoint", "nearest"])
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


@draw(FLOATS)
def isclose(g, x):
    return np.isclose, like(g, x)


# ------------------------------------------------------------------------------------------------ products


def factor(g, x, shape):
    """What ``x`` is multiplied by."""
    restrain(shape)
    return g.source(shape, x.dtype)


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
    return (lambda v, w: np.tensordot(v, w, axes)), y


@draw(NUMBERS, most=20000)
def dot(g, x):
    rest = new_dims(g, 0, 2 if x.ndim < 3 else 1)
    restrain(x.shape, rest, most=1 << 20)
    return np.dot, factor(g, x, [*rest[:-1], x.shape[-1], *rest[-1:]])


@draw(NUMBERS, most=20000)
def matmul(g, x):
    rest = new_dims(g, 0, 1)
    restrain(x.shape, rest, most=1 << 20)
    batch = x.shape[:-2] if rest and g.random.random() < 0.7 else new_dims(g, 0, 1) if x.ndim < 3 and rest else []
    restrain(batch, x.shape, rest, most=1 << 20)
    return (lambda v, w: v @ w), factor(g, x, [*batch, x.shape[-1], *rest])


@draw(NUMBERS, ranks=(2, 3), most=20000)
def einsum(g, x):
    letters = "ijk"[: x.ndim]
    own = "".join(g.pick(letters) for _ in range(g.random.integers(1, 3)))
    if len(set(own)) < len(own):
        own = own[0]
    other = own + "n" * int(g.random.integers(2))
    wanted = "".join(str(c) for c in g.random.permutation([c for c in letters + "n" * ("n" in other) if g.random.random() < 0.6]))
    new = BASE[g.pick("acw")]
    restrain(x.shape, [new], most=1 << 20)
    y = factor(g, x, [new if c == "n" else x.shape[letters.index(c)] for c in other])
    if not (x.moderate and y.moderate):  # infinities are added up before they are multiplied, or after
        raise Rejected
    return (lambda v, w: np.einsum(f"{letters},{other}->{wanted}", v, w)), y


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


STRUCTURED = [(chosen, dtype) for chosen in DRAWS.values() for dtype in chosen.dtypes]
"""Every draw with every dtype of what it begins with."""

__all__ = ["STRUCTURED"]
