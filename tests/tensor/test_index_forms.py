"""Every form of indexing, one line each: against NumPy for all shapes and dtypes, its derivatives, and each mode.

A form is written once, over ``N``, which is NumPy or our functions with the same meaning, an array ``x`` of rank 3, one ``y`` of its
shape, and indices that suit the shape of ``x``.
"""

from types import SimpleNamespace

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.gradient import Rop, grad

S = np.s_


def _put(x, index, y):
    x = x.copy()
    x[index] = np.asarray(y).astype(x.dtype)
    return x


def _add(x, index, y):
    x = x.copy()
    np.add.at(x, index, np.broadcast_to(np.asarray(y).astype(x.dtype), x[index].shape))
    return x


def _filled(x, value, offset):
    x, (n, m) = x.copy(), x.shape
    k = np.arange(max(0, min(n, m - offset) if offset > 0 else min(m, n + offset)))
    x[k + max(-offset, 0), k + max(offset, 0)] = value
    return x


def _diagonal_filled(x, value):
    x, k = x.copy(), np.arange(min(x.shape))
    x[(k,) * x.ndim] = value
    return x


def _alloc_diag(d, offset, axis1, axis2):
    n = d.shape[-1] + abs(offset)
    out = np.zeros((*d.shape[:-1], n, n), d.dtype)
    k = np.arange(d.shape[-1])
    out[..., k + max(-offset, 0), k + max(offset, 0)] = d
    return np.moveaxis(out, (-2, -1), (axis1, axis2))


NUMPY = SimpleNamespace(
    put=_put, add=_add, take=lambda x, i, a=None, mode="raise": np.take(x, i, a, mode=mode), choose=np.choose, where=np.where,
    diagonal=np.diagonal, diag=np.diag, fill_diagonal=_diagonal_filled, fill_diagonal_offset=_filled, alloc_diag=_alloc_diag,
    roll=np.roll, tril=np.tril, triu=np.triu, flatnonzero=np.flatnonzero, nonzero=np.nonzero, ravel_multi_index=np.ravel_multi_index,
    unravel_index=np.unravel_index, take_along_axis=np.take_along_axis, arange=np.arange, stack=np.stack,
    nonzero_values=lambda x: x[x.nonzero()], compress=np.compress, cast=lambda x, dtype: np.asarray(x).astype(dtype),
    gathered=lambda x, *index: x[index], added=lambda x, y, *index: _add(x, index, y), put_at=lambda x, y, *index: _put(x, index, y),
    mgrid=np.mgrid, ogrid=np.ogrid, tril_indices=np.tril_indices, triu_indices_from=np.triu_indices_from,
)  # fmt: skip
OURS = SimpleNamespace(
    put=lambda x, index, y: T.set_subtensor(x[index], y), add=lambda x, index, y: T.inc_subtensor(x[index], y), take=T.take,
    choose=T.choose, where=T.where, diagonal=T.diagonal, diag=T.diag, fill_diagonal=T.fill_diagonal,
    fill_diagonal_offset=T.fill_diagonal_offset, alloc_diag=lambda d, *how: T.AllocDiag(*how)(d), roll=T.roll, tril=T.tril, triu=T.triu,
    flatnonzero=T.flatnonzero, nonzero=T.nonzero, ravel_multi_index=T.ravel_multi_index, unravel_index=T.unravel_index,
    take_along_axis=T.take_along_axis, arange=T.arange, stack=T.stack, nonzero_values=T.nonzero_values, compress=T.compress, cast=T.cast,
    gathered=T.advanced_subtensor, added=T.advanced_inc_subtensor, put_at=T.advanced_set_subtensor, mgrid=T.mgrid, ogrid=T.ogrid,
    tril_indices=T.tril_indices, triu_indices_from=T.triu_indices_from,
)  # fmt: skip

# i: vector of places along axis 0; j: matrix along axis 1; c: column along axis 2; p: one place along axis 0; k: any integer, not 0;
# m, M: masks of axis 0 and of all; s: switches of the shape of x, from 0 to 2; P: places along axis 1, of the shape of x
FORMS = {
    "a number": lambda N, x, y, ix: x[ix.p],
    "numbers from the end": lambda N, x, y, ix: x[ix.p, :, -1],
    "a new axis": lambda N, x, y, ix: x[None, ..., None, 0],
    "nothing": lambda N, x, y, ix: x[()],
    "slices": lambda N, x, y, ix: x[1:, ::-1, :-1],
    "symbolic slices": lambda N, x, y, ix: x[ix.k :, : ix.p, :: ix.k],
    "steps backwards": lambda N, x, y, ix: x[::-2, ix.p :: -1, 3:0:-2],
    "places": lambda N, x, y, ix: x[ix.i],
    "places in a matrix": lambda N, x, y, ix: x[:, ix.j],
    "places on the last axis": lambda N, x, y, ix: x[..., ix.c],
    "places apart": lambda N, x, y, ix: x[ix.i, ::-1, ix.i[::-1] * 0],
    "places that broadcast": lambda N, x, y, ix: x[:, ix.j[:, 0][:, None], ix.c[:, 0][None]],
    "places and a number": lambda N, x, y, ix: x[ix.i, :, 0],
    "places and a new axis": lambda N, x, y, ix: x[ix.i, None, :, ix.p * 0],
    "places of small integers": lambda N, x, y, ix: x[N.cast(ix.i, "int8")],
    "a mask": lambda N, x, y, ix: x[ix.m],
    "a mask of all": lambda N, x, y, ix: x[ix.M],
    "a mask and a slice": lambda N, x, y, ix: x[ix.m, 1:],
    "a mask made of numbers": lambda N, x, y, ix: x[ix.s > 0],
    "set a slice": lambda N, x, y, ix: N.put(x, S[1:, ::-1], y[1:]),
    "set by symbolic slices": lambda N, x, y, ix: N.put(x, S[ix.k :: ix.k], y[ix.k :: ix.k]),
    "add to a slice": lambda N, x, y, ix: N.add(x, S[..., ::2], y[..., 0][..., None]),
    "add to one element": lambda N, x, y, ix: N.add(x, S[ix.p, 0, -1], y[0, 0, 0]),
    "set places": lambda N, x, y, ix: N.put(x, S[ix.i], y[0]),
    "set places of several": lambda N, x, y, ix: N.put(x, S[:, ix.j], y[:, ix.j] * 2),
    "set places apart": lambda N, x, y, ix: N.put(x, S[ix.i, :, 0], y[ix.i, :, 0]),
    "set places that are different": lambda N, x, y, ix: N.put(x, S[N.arange(x.shape[0]), 0], y[:, 0] * 2),
    "add to places": lambda N, x, y, ix: N.add(x, S[ix.i], y[ix.i]),
    "add to places in a matrix": lambda N, x, y, ix: N.add(x, S[:, ix.j], y[:, ix.j]),
    "add to places apart": lambda N, x, y, ix: N.add(x, S[ix.i, :, 0], y[ix.i, :, 0]),
    "add to places that broadcast": lambda N, x, y, ix: N.add(x, S[:, ix.j[:, 0][:, None], ix.c[:, 0][None]], 1),
    "set a mask": lambda N, x, y, ix: N.put(x, S[ix.M], 1),
    "add to a mask": lambda N, x, y, ix: N.add(x, S[ix.m], y[ix.m]),
    "add to a mask of all": lambda N, x, y, ix: N.add(x, S[ix.M], y[ix.M]),
    "set twice": lambda N, x, y, ix: N.add(N.put(x, S[ix.p], y[0]), S[:, 0], y[:, 0]),
    "take": lambda N, x, y, ix: N.take(x, ix.j % 3, 1, "wrap"),
    "take flat": lambda N, x, y, ix: N.take(x, ix.i),
    "take and clip": lambda N, x, y, ix: N.take(x, ix.j * 5, -1, "clip"),
    "take and wrap": lambda N, x, y, ix: N.take(x, ix.i * 7, 0, "wrap"),
    "take along an axis": lambda N, x, y, ix: N.take_along_axis(x, ix.P, 1),
    "choose": lambda N, x, y, ix: N.choose(ix.s, [x, y, x * 2]),
    "choose and wrap": lambda N, x, y, ix: N.choose(ix.s * 4 - 3, [x, y], mode="wrap"),
    "choose and clip": lambda N, x, y, ix: N.choose(ix.s * 4 - 3, [x[0], y], mode="clip"),
    "choose rows of one": lambda N, x, y, ix: N.choose(ix.s * 0, N.stack([x, y])),
    "where": lambda N, x, y, ix: N.where(ix.M, x, y[0]),
    "where not zero": lambda N, x, y, ix: N.nonzero_values(x),
    "compress": lambda N, x, y, ix: N.compress(ix.m, x, 0),
    "diagonal": lambda N, x, y, ix: N.diagonal(x, 1, 2, 0),
    "diagonal below": lambda N, x, y, ix: N.diagonal(x, -1, 0, 1),
    "matrix of a vector": lambda N, x, y, ix: N.diag(x[0, 0], -1),
    "vector of a matrix": lambda N, x, y, ix: N.diag(x[0], 1),
    "matrices of vectors": lambda N, x, y, ix: N.alloc_diag(x, 1, 0, 2),
    "fill a diagonal": lambda N, x, y, ix: N.fill_diagonal(x[0], y[0, 0, 0]),
    "fill another diagonal": lambda N, x, y, ix: N.fill_diagonal_offset(x[0], y[0, 0, 0], 1),
    "roll": lambda N, x, y, ix: N.roll(x, ix.k, 1),
    "roll flat": lambda N, x, y, ix: N.roll(x, -2),
    "below": lambda N, x, y, ix: N.tril(x[0], -1),
    "above": lambda N, x, y, ix: N.triu(x[0], 1),
    "below by places": lambda N, x, y, ix: x[0][N.tril_indices(x.shape[1], 0, x.shape[2])],
    "above by places": lambda N, x, y, ix: x[0][N.triu_indices_from(x[0], 1)],
    "entries one by one": lambda N, x, y, ix: N.gathered(x, ix.i, slice(None), 0),
    "add to entries": lambda N, x, y, ix: N.added(x, y[0], ix.i),
    "set entries of a mask": lambda N, x, y, ix: N.put_at(x, 1, ix.M),
}
WHOLE = {
    "where it is not zero": lambda N, x, y, ix: N.flatnonzero(ix.M),
    "flat places": lambda N, x, y, ix: N.ravel_multi_index((ix.i * 0, ix.j[0, 0] + 0 * ix.i), (2, 9), mode="wrap"),
    "flat places by columns": lambda N, x, y, ix: N.ravel_multi_index((ix.s, ix.s), (3, 4), order="F"),
    "places of flat ones": lambda N, x, y, ix: N.unravel_index(ix.s * 3, (4, 5))[1],
    "places of flat ones by columns": lambda N, x, y, ix: N.unravel_index(ix.s * 3, (4, 5), order="F")[1],
    "a grid": lambda N, x, y, ix: N.mgrid[0:3, 1:6:2][1],
    "an open grid": lambda N, x, y, ix: N.ogrid[0:3, 1:6:2][0],
}

INDICES = {"i": ("int64", 1), "j": ("int32", 2), "c": ("int64", 2), "p": ("int64", 0), "k": ("int64", 0),
           "m": ("bool", 1), "M": ("bool", 3), "s": ("int64", 3), "P": ("int64", 3)}  # fmt: skip


def indices_for(shape, seed=0):
    """Indices of each kind, with repeated ones and ones from the end; none where there is nothing to point at."""
    rng = np.random.default_rng(seed)
    a, b, c = shape

    def places(n, *size):
        return rng.integers(-n, n, size) if n else np.zeros([0 for _ in size], np.int64)

    return SimpleNamespace(
        i=places(a, 5), j=places(b, 2, 3).astype("int32"), c=places(c, 4, 1), p=np.array(rng.integers(-a, a) if a else 0),
        k=np.array(rng.choice([-2, -1, 1, 2])), m=rng.random(a) < 0.6, M=rng.random(shape) < 0.6, s=rng.integers(0, 3, shape),
        P=rng.integers(0, max(b, 1), shape),
    )  # fmt: skip


def element(shape, dtype, seed=1):
    rng = np.random.default_rng(seed)
    values = (
        rng.integers(0, 9, shape) if dtype in ("bool", "uint64") else rng.integers(-9, 9, shape) + (dtype[0] in "fc") * rng.random(shape)
    )
    return (values + (1j * rng.normal(size=shape) if dtype[0] == "c" else 0)).astype(dtype)


def build(dtype, forms, mode=None):
    """A function of x, y and the indices that computes all ``forms``."""
    x, y = (T.TensorType(dtype, (False,) * 3)(name) for name in "xy")
    ix = SimpleNamespace(**{name: T.TensorType(kind, (False,) * rank)(name) for name, (kind, rank) in INDICES.items()})
    outputs = [form(OURS, x, y, ix) for form in forms.values()]
    inputs = [x, y, *(getattr(ix, name) for name in INDICES)]
    return theano.function(inputs, outputs, mode=mode, on_unused_input="ignore"), (x, y, ix, inputs, outputs)


def arguments(x, y, ix):
    return [x, y, *(getattr(ix, name) for name in INDICES)]


def hold(forms, found, x, y, ix):
    for (name, form), got in zip(forms.items(), found, strict=True):
        wanted = np.asarray(form(NUMPY, x, y, ix))
        assert got.shape == wanted.shape, name
        np.testing.assert_allclose(got, wanted.astype(got.dtype), rtol=2e-3 if got.dtype == np.float16 else 1e-6, err_msg=name)


ALL = FORMS | WHOLE
SHAPES = [(3, 4, 5), (1, 1, 1), (2, 3, 1), (6, 2, 3)]


RARE = [pytest.param(dtype, marks=pytest.mark.slow) for dtype in ("int8", "float32", "float64", "complex128")]


@pytest.mark.parametrize("dtype", ["bool", "uint64", "float16", "complex64", *RARE])
def test_values(dtype):
    """One function serves all shapes."""
    forms = dict(ALL)
    if dtype == "bool":  # of which numbers cannot be made
        forms = {name: form for name, form in ALL.items() if name not in ("choose",)}
    f, _ = build(dtype, forms)
    for shape in SHAPES:
        x, y, ix = element(shape, dtype), element(shape, dtype, 2), indices_for(shape)
        hold(forms, f(*arguments(x, y, ix)), x, y, ix)


def test_nothing():
    """What NumPy can do to an array without elements."""
    for shape in ((0, 3, 2), (3, 0, 2), (2, 3, 0)):
        x, y, ix = element(shape, "float32"), element(shape, "float32", 2), indices_for(shape)
        forms = {}
        for name, form in ALL.items():
            try:
                form(NUMPY, x, y, ix)
            except (IndexError, ValueError, ZeroDivisionError):
                continue
            forms[name] = form
        assert len(forms) > 20
        f, _ = build("float32", forms)
        hold(forms, f(*arguments(x, y, ix)), x, y, ix)


def test_strides_and_modes():
    fast, _ = build("float64", ALL)
    slow, _ = build("float64", ALL, mode="FAST_COMPILE")
    big, ix = element((6, 8, 10), "float64"), indices_for((3, 4, 5), seed=3)
    y = element((3, 4, 5), "float64", 2)
    for x in (big[::2, ::-2, ::2], big[:3, :4, :5].transpose(0, 1, 2)[::-1], np.asfortranarray(big[:3, :4, :5])):
        found = fast(*arguments(x, y[::-1], ix))
        hold(ALL, found, x, y[::-1], ix)
        for name, ours, theirs in zip(ALL, found, slow(*arguments(x, y[::-1], ix)), strict=True):
            np.testing.assert_array_equal(ours, theirs, err_msg=name)


def test_derivatives():
    """Backwards against differences of a quadratic cost, which are exact; forwards against backwards; and once more backwards."""
    x, y = T.dtensor3("x"), T.dtensor3("y")
    dx, dy = T.dtensor3("dx"), T.dtensor3("dy")
    ix = SimpleNamespace(**{name: T.TensorType(kind, (False,) * rank)(name) for name, (kind, rank) in INDICES.items()})
    rng, results = np.random.default_rng(5), []
    for form in FORMS.values():
        out = form(OURS, x, y, ix)
        cost = (out * out * T.sin(T.arange(out.size).reshape(out.shape, ndim=out.ndim) + 1.0)).sum()
        gx, gy = grad(cost, [x, y], disconnected_inputs="ignore")
        slope = (gx * dx).sum() + (gy * dy).sum()
        pushed = Rop(cost, [x, y], [dx, dy])
        curves = grad(slope, [x, y], disconnected_inputs="ignore")
        results += [cost, slope, pushed, (curves[0] * dx).sum() + (curves[1] * dy).sum()]
    inputs = [x, y, dx, dy, *(getattr(ix, name) for name in INDICES)]
    f = theano.function(inputs, results, on_unused_input="ignore")
    for shape in ((3, 4, 5), (2, 3, 3)):
        at, along, places = rng.normal(size=(2, *shape)), rng.normal(size=(2, *shape)), arguments(None, None, indices_for(shape))[2:]
        here, above, below = (np.array(f(*(at + h * along), *along, *places)).reshape(-1, 4) for h in (0.0, 0.5, -0.5))
        for name, values, up, down in zip(FORMS, here, above, below, strict=True):
            cost, slope, pushed, curvature = values
            np.testing.assert_allclose(slope, up[0] - down[0], rtol=1e-9, atol=1e-9, err_msg=name)
            np.testing.assert_allclose(pushed, slope, rtol=1e-9, atol=1e-9, err_msg=name)
            np.testing.assert_allclose(curvature, 4 * (up[0] + down[0] - 2 * cost), rtol=1e-8, atol=1e-8, err_msg=name)
