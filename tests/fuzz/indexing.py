"""What a random graph does with indices: parts read and written, positions, diagonals, choices.

>>> from tests.fuzz.draws import DRAWS
>>> [name for name in DRAWS if name.endswith("mixed")]
['set_mixed', 'inc_mixed']
"""

import numpy as np

import theano.tensor as T
from tests.fuzz.draws import FULL, NUMBERS, both, draw, like, restrain, scalar_like, within
from tests.fuzz.known import BASE, ENVIRONMENTS, Known, Rejected
from theano.dtypes import INTEGERS, SIGNED

# ------------------------------------------------------------------------------------------------ indexing


class Index:
    """An index with places for the variables or arrays among its entries, ``parts``."""

    def __init__(self, entries):
        self.entries = entries
        self.parts = [f for e in entries for f in ((e.start, e.stop, e.step) if isinstance(e, slice) else (e,)) if isinstance(f, Known)]

    def __call__(self, values):
        rest = iter(values)

        def fill(entry):
            if isinstance(entry, slice):
                return slice(fill(entry.start), fill(entry.stop), fill(entry.step))
            return next(rest) if isinstance(entry, Known) else entry

        return tuple(map(fill, self.entries))

    def shape(self, x):
        """Of what is indexed, as dimensions."""
        found = [np.shape(x.values[k][self([p.values[k] for p in self.parts])]) for k in range(ENVIRONMENTS)]
        return [tuple(s[axis] for s in found) for axis in range(len(found[0]))]


def entry(g, extents):
    """A number or a slice."""
    kind = g.random.integers(6)
    if kind == 0 and all(extents):
        number = g.pick([0, -1, None])
        return g.indices([], "int64", [-n for n in extents], extents) if number is None else number
    if kind < 3:
        return slice(None, None, (None, -1)[kind % 2])
    step = g.pick([None, None, 2, -1, -2, 3, "drawn"])
    if step == "drawn":
        step = g.number(lambda k: g.random.choice([-3, -2, -1, 1, 2]))
    return slice(g.noted(g.bound(extents)), g.noted(g.bound(extents)), step)


def arrays(g, extents):
    """For each of these axes an array of positions; together they broadcast.  Also their shape."""
    empty = [any(e[k] == 0 for e in extents) for k in range(ENVIRONMENTS)]
    shape = [tuple(0 if none else n for none, n in zip(empty, BASE[g.pick("acw")])) for _ in range(g.random.integers(1, 3))]
    found = []
    for own in extents:
        kinds = ("int64", "int64", "int32", *(("int8", "uint8", "int16", "uint32", "uint64") if max(own) < 100 else ()))
        dtype = g.pick(kinds)
        low = [0 if dtype[0] == "u" else -n for n in own]
        kind = g.random.integers(4) if len(shape) == 2 else 0
        if kind == 2:
            found.append(g.indices(shape[1:], dtype, low, own))
        elif kind == 3:
            found.append(g.noted(g.indices(shape[:1], dtype, low, own).variable.dimshuffle(0, "x")))
        else:
            found.append(g.indices(shape, dtype, low, own))
    return found, shape


def index(g, x, gathered=0, masked=0):
    """A random index of ``x``: so many axes by arrays, so many by one mask, the others by numbers and slices."""
    before_reads = len(g.reads)
    count = int(g.random.integers(max(gathered, masked, 1), x.ndim + 1))
    before = int(g.random.integers(count + 1)) if not masked and g.random.random() < 0.3 else count
    axes = [*range(before), *range(x.ndim - count + before, x.ndim)]
    chosen = sorted(g.random.permutation(count)[:gathered].tolist())
    places, shape = arrays(g, [x.shape[axes[c]] for c in chosen]) if chosen else ([], [])
    restrain(shape, [d for axis, d in enumerate(x.shape) if axis not in [axes[c] for c in chosen]])
    given, start = dict(zip(chosen, places)), int(g.random.integers(count - masked + 1))
    entries = []
    for c in range(count):
        if start <= c < start + masked:
            if c == start:
                entries.append(g.source([x.shape[axis] for axis in axes[c : c + masked]], "bool", name=f"m{len(g.known)}"))
        else:
            entries.append(given[c] if c in given else entry(g, x.shape[axes[c]]))
    if before < count or g.random.random() < 0.2:
        entries.insert(before if not masked else len(entries), Ellipsis)
    shape = Index(entries).shape(x)
    for read in g.reads[before_reads:]:
        read.used = [int(np.prod([d[k] for d in shape])) for k in range(ENVIRONMENTS)]
    rank = len(shape)
    while rank < 4 and g.random.random() < 0.25:
        entries.insert(int(g.random.integers(len(entries) + 1)), None)
        rank += 1
    return Index(entries)


FORMS = {
    "basic": lambda g, x: index(g, x),
    "advanced": lambda g, x: index(g, x, gathered=x.ndim if g.random.random() < 0.5 else 1),
    "mixed": lambda g, x: index(g, x, gathered=int(g.random.integers(1, x.ndim + 1))),
    "masked": lambda g, x: index(g, x, masked=int(g.random.integers(1, x.ndim + 1))),
    "rows": lambda g, x: Index([g.indices([rows_of(g, x)], "int64", [-n for n in x.shape[0]], x.shape[0])]),
}


def rows_of(g, x):
    count = tuple(n and m for n, m in zip(x.shape[0], BASE[g.pick("acw")]))
    restrain([count, *x.shape[1:]])
    return count


def read(form, word=None):
    """``word``: what is called with the entries of the index, instead of brackets."""

    def make(g, x):
        where = FORMS[form](g, x)
        part = both(lambda v, at: word(v, *at) if word else v[at], lambda v, at: v[at])
        return (lambda v, *rest: part(v, where(rest))), *where.parts

    return make


def written(form, add, word=None):
    def theirs(v, y, where, turned):
        out = v.copy()
        shape = out[where].shape
        y = np.broadcast_to(y, shape[::-1] if turned else shape)
        if add:
            np.add.at(out, where, y.T if turned else y)
        else:
            out[where] = y.T if turned else y
        return out

    def make(g, x):
        where = FORMS[form](g, x)
        if None in where.entries and all(e in (None, Ellipsis, FULL) for e in where.entries if not isinstance(e, Known)):
            raise Rejected  # new axes alone are no part of a tensor, but another one
        turned = word is None and g.random.random() < 0.15
        wanted = where.shape(x)[:: -1 if turned else 1]
        options = {name: True for name in ("inplace", "tolerate_inplace_aliasing") if g.random.random() < 0.1}

        def fits(y):
            pairs = zip(reversed(wanted), reversed(list(zip(y.shape, y.broadcastable))))
            return y.ndim <= len(wanted) and np.can_cast(y.dtype, x.dtype, "safe") and all(t == s or q for t, (s, q) in pairs)

        y = g.one_or_none(fits) if g.random.random() < 0.6 else None
        y = y or g.source(wanted[int(g.random.integers(len(wanted) + 1)) :], x.dtype)
        write = T.inc_subtensor if add else T.set_subtensor

        def ours(v, y, at, turned):
            return word(v, y, *at) if word else write(v[at].T if turned else v[at], y, **options)

        put = both(ours, theirs)
        return (lambda v, y, *rest: put(v, y, where(rest), turned)), y, *where.parts

    return make


for _form in ("basic", "advanced", "mixed", "masked"):
    draw(name=f"{_form}_index")(read(_form))
    draw(name=f"set_{_form}")(written(_form, add=False))
    draw(NUMBERS, name=f"inc_{_form}")(written(_form, add=True))

for _name, _form in (("advanced", "mixed"), ("advanced_boolean", "masked")):
    draw(name=f"{_name}_subtensor")(read(_form, getattr(T, f"{_name}_subtensor")))
    draw(name=f"{_name}_set_subtensor")(written(_form, False, getattr(T, f"{_name}_set_subtensor")))
    draw(NUMBERS, name=f"{_name}_inc_subtensor")(written(_form, True, getattr(T, f"{_name}_inc_subtensor")))

draw(name="sparse_grad")(read("rows", lambda v, i: T.sparse_grad(v[i])))
draw(name="advanced_subtensor1")(read("rows", T.advanced_subtensor1))
draw(name="advanced_set_subtensor1")(written("rows", False, T.advanced_set_subtensor1))
draw(NUMBERS, name="advanced_inc_subtensor1")(written("rows", True, T.advanced_inc_subtensor1))


@draw()
def take(g, x):
    axis = g.pick([None, *range(-x.ndim, x.ndim)])
    extents = x.shape[axis] if axis is not None else tuple(v.size for v in x.values)
    mode = g.pick(["raise", "raise", "clip", "wrap"])
    shape = [tuple(n and m for n, m in zip(extents, BASE[g.pick("acw")])) for _ in range(g.random.integers(0 if all(extents) else 1, 3))]
    restrain(shape, [] if axis is None else [d for k, d in enumerate(x.shape) if k != axis % x.ndim])
    if mode == "raise":
        places = g.indices(shape, "int64", [-n for n in extents], extents)
    else:
        places = g.source(
            shape, "int64", lambda s, dtype, k: g.random.integers(-2 * extents[k] - 2, 2 * extents[k] + 3, size=s), name=f"i{len(g.known)}"
        )
    return (lambda v, i: np.take(v, i, axis, mode=mode)), places


@draw()
def take_along_axis(g, x):
    axis = g.pick([None, *range(-x.ndim, x.ndim)])
    own = BASE[g.pick("acw")]
    extents = x.shape[axis] if axis is not None else tuple(v.size for v in x.values)
    own = tuple(n and m for n, m in zip(extents, own))
    shape = [own] if axis is None else [own if k == axis % x.ndim else d for k, d in enumerate(x.shape)]
    restrain(shape)
    return (lambda v, i: np.take_along_axis(v, i, axis)), g.indices(shape, "int64", [-n for n in extents], extents)


@draw(ranks=(0, 1, 2, 3))
def choose(g, x):
    others = [like(g, x) for _ in range(g.random.integers(1, 3))]
    shape, count, mode = x.shape[int(g.random.integers(x.ndim + 1)) :], len(others) + 1, g.pick(["raise", "clip", "wrap"])
    if mode == "raise":
        which = g.indices(shape, "int64", [0] * ENVIRONMENTS, [count] * ENVIRONMENTS)
    else:
        which = g.source(shape, "int64", lambda s, dtype, k: g.random.integers(-4, 5, size=s), name=f"i{len(g.known)}")
    return (lambda first, a, *rest: np.choose(a, [first, *rest], mode=mode)), which, *others


@draw(exact=True)
def nonzero(g, x):
    axis = int(g.random.integers(x.ndim))
    return (lambda v: np.nonzero(v)[axis],)


@draw(exact=True)
def flatnonzero(g, x):
    return (np.flatnonzero,)


@draw(exact=True)
def nonzero_values(g, x):
    return (both(T.nonzero_values, lambda v: v[np.nonzero(v)]),)


@draw()
def compress(g, x):
    """The condition may be shorter."""
    axis = g.pick([None, *range(-x.ndim, x.ndim)])
    extents = x.shape[axis] if axis is not None else tuple(v.size for v in x.values)
    short = g.pick([0, 0, 1])
    condition = g.source([tuple(max(n - short, 0) for n in extents)], "bool", name=f"m{len(g.known)}")
    return (lambda v, c: np.compress(c, v, axis)), condition


def _filled(v, value, offset=0):
    places = np.indices(v.shape)
    return np.where((places[0] + offset == places[1]) & (places[1:] == places[1:2]).all(axis=0), value, v)


@draw(ranks=(2, 3))
def fill_diagonal(g, x):
    return both(T.fill_diagonal, _filled), scalar_like(g, x)


@draw(ranks=(2,))
def fill_diagonal_offset(g, x):
    return both(T.fill_diagonal_offset, _filled), scalar_like(g, x), within(g, -4, 4)


@draw(ranks=(1, 2), most=9000)
def diag(g, x):
    if x.ndim == 1:
        restrain([tuple(n + 3 for n in x.shape[0])] * 2)
    return np.diag, within(g, -3, 3)


@draw(ranks=(2, 3))
def diagonal(g, x):
    first, second = (int(a) for a in g.random.permutation(x.ndim)[:2])
    if g.random.random() < 0.3:
        k = int(g.random.integers(-3, 4))
        return (both(T.ExtractDiag(k, first, second), lambda v: np.diagonal(v, k, first, second)),)
    return (lambda v, k: np.diagonal(v, k, first, second - v.ndim)), within(g, -3, 3)


@draw(most=9000)
def alloc_diag(g, x):
    k, (first, second) = int(g.random.integers(-3, 4)), (int(a) for a in g.random.permutation(x.ndim + 1)[:2])
    restrain([*x.shape, tuple(n + abs(k) for n in x.shape[-1])])

    def theirs(v):
        out, places = np.zeros((*v.shape[:-1], *(v.shape[-1] + abs(k),) * 2), v.dtype), np.arange(v.shape[-1])
        out[..., places + max(-k, 0), places + max(k, 0)] = v
        return np.moveaxis(out, (-2, -1), (first, second))

    return (both(T.AllocDiag(k, first, second - x.ndim - 1), theirs),)


@draw(SIGNED, exact=True, ranks=(0, 1, 2))
def ravel_multi_index(g, x):
    mode, order = g.pick(["wrap", "clip"]), g.pick("CF")
    return (
        both(
            lambda i, j, m, n: T.ravel_multi_index((i, j), (m, n), mode, order),
            lambda i, j, m, n: np.ravel_multi_index((i, j), (m, n), mode, order),
        ),
        like(g, x),
        within(g, 1, 5),
        within(g, 1, 5),
    )


@draw(INTEGERS, ranks=(0, 1, 2), values=lambda g: lambda shape, dtype, k: g.random.integers(0, 4, size=shape).astype(dtype))
def ravel_multi_index_within(g, x):
    other, order = g.indices(x.shape, x.dtype, [0] * ENVIRONMENTS, [3] * ENVIRONMENTS), g.pick("CF")
    if x in g.inputs:
        g.bound_to(x, [0] * ENVIRONMENTS, [4] * ENVIRONMENTS)
    return both(
        lambda i, j: T.ravel_multi_index((i, j), (4, 3), order=order), lambda i, j: np.ravel_multi_index((i, j), (4, 3), order=order)
    ), other


@draw(INTEGERS, ranks=(0, 1, 2), values=lambda g: lambda shape, dtype, k: g.random.integers(0, 12, size=shape).astype(dtype))
def unravel_index(g, x):
    which, order = int(g.random.integers(2)), g.pick("CF")
    if x in g.inputs:
        g.bound_to(x, [0] * ENVIRONMENTS, (12,) * ENVIRONMENTS)
        return (both(lambda i: T.unravel_index(i, (3, 4), order)[which], lambda i: np.unravel_index(i, (3, 4), order)[which]),)
    return (lambda i, m: np.unravel_index(i, (m, 4))[which]), within(g, 3, 5)


@draw()
def roll(g, x):
    axis = g.pick([None, *range(-x.ndim, x.ndim)])
    return (lambda v, shift: np.roll(v, shift, axis)), within(g, -9, 9)


@draw(ranks=(2,))
def tril(g, x):
    return np.tril, within(g, -4, 4)


@draw(ranks=(2,))
def triu(g, x):
    return np.triu, within(g, -4, 4)


@draw(("int64",), ranks=(2,), full=True)
def triangle(g, x):
    """Positions on and below, or on and above, a diagonal."""
    which = int(g.random.integers(2))
    ours, theirs = (T.tril_indices, np.tril_indices) if g.random.random() < 0.5 else (T.triu_indices, np.triu_indices)
    return (
        both(lambda v, k: ours(v.shape[0], k, v.shape[1])[which], lambda v, k: theirs(v.shape[0], int(k), v.shape[1])[which]),
        within(g, -3, 3),
    )


@draw(NUMBERS, ranks=(2,))
def tri(g, x):
    name = x.dtype
    return both(lambda v, k: T.tri(v.shape[0], v.shape[1], k, name), lambda v, k: np.tri(*v.shape, int(k), name)), within(g, -4, 4)


@draw(ranks=(2,))
def eye(g, x):
    name = x.dtype
    return both(lambda v, k: T.eye(v.shape[0], v.shape[1], k, name), lambda v, k: np.eye(*v.shape, int(k), name)), within(g, -4, 4)


@draw(ranks=(2,))
def identity_like(g, x):
    return (both(T.identity_like, lambda v: np.eye(*v.shape, dtype=v.dtype)),)


@draw(("int64",), ranks=(2,))
def grid(g, x):
    """Of numbers at a distance, or so many of them with both ends."""
    which, ours, theirs = int(g.random.integers(2)), *g.pick([(T.ogrid, np.ogrid), (T.mgrid, np.mgrid)])
    last = g.pick([2, 4j, 1j])

    def points(grid, number):
        return lambda v, n: grid[0 : v.shape[0], 2 : number(n) : last][which]

    return both(points(ours, lambda n: n), lambda v, n: np.asarray(points(theirs, int)(v, n))), within(g, 2, 9)


@draw(ranks=(0, 1, 2, 3))
def where(g, x):
    condition = like(g, x, "bool")
    other = g.one_or_none(lambda k: k.dtype == x.dtype and g.fits(x, k) and g.fits(condition, k)) or like(g, x)
    return (lambda v, c, w: np.where(c, v, w)), condition, other
