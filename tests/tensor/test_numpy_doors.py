"""NumPy's functions and Python's operators on variables: the same value as on arrays, or an error that says what to do."""

import operator

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from theano.scalar import OPS
from theano.tensor.numpy_doors import DOORS, UFUNCS, of_ufunc

VALUE = np.array([[0.5, -1.25, 2.0], [3.5, 0.0, -2.5]])
FLAT = np.array([2, 0, 1, 1, 3])
CALLS = {
    "sum": lambda x: np.sum(x, axis=1),
    "sum over all": np.sum,
    "sum with keepdims": lambda x: np.sum(x, -1, None, None, True),
    "sum in a dtype": lambda x: np.sum(x, dtype="float32"),
    "prod": np.prod,
    "mean": lambda x: np.mean(x, 0),
    "std": lambda x: np.std(x, axis=0, ddof=1),
    "var": np.var,
    "all": np.all,
    "any": lambda x: np.any(x > 3, axis=0),
    "max": np.max,
    "amin": lambda x: np.amin(x, axis=1, keepdims=True),
    "argmax": lambda x: np.argmax(x, axis=1),
    "argmin": np.argmin,
    "ptp": lambda x: np.ptp(x, axis=0),
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "cumprod": np.cumprod,
    "diff": np.diff,
    "sort": np.sort,
    "sort of all": lambda x: np.sort(x, axis=None),
    "argsort": lambda x: np.argsort(x, 0),
    "searchsorted": lambda x: np.searchsorted(np.arange(4.0), x),
    "concatenate": lambda x: np.concatenate([x, np.ones((1, 3)), x]),
    "stack": lambda x: np.stack([x, x + 1], axis=1),
    "vstack": lambda x: np.vstack([x[0], x]),
    "hstack": lambda x: np.hstack((x, x)),
    "hstack of vectors": lambda x: np.hstack((x[0], x[1])),
    "atleast_2d": lambda x: np.atleast_2d(x[0]),
    "atleast_1d": lambda x: np.atleast_1d(x[0, 0]),
    "norm": np.linalg.norm,
    "norm of rows": lambda x: np.linalg.norm(x, 1, axis=1, keepdims=True),
    "repeat": lambda x: np.repeat(x, 2, axis=1),
    "tile": lambda x: np.tile(x, (2, 1)),
    "roll": lambda x: np.roll(x, 1, axis=1),
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "transpose": np.transpose,
    "transpose by axes": lambda x: np.transpose(x, (1, 0)),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "moveaxis": lambda x: np.moveaxis(np.stack([x, x]), [0], [-1]),
    "expand_dims": lambda x: np.expand_dims(x, (0, -1)),
    "squeeze": lambda x: np.squeeze(np.expand_dims(x, 1), axis=1),
    "ravel": np.ravel,
    "diag": np.diag,
    "diagonal": lambda x: np.diagonal(x, 1),
    "trace": np.trace,
    "tril": np.tril,
    "triu": lambda x: np.triu(x, 1),
    "dot": lambda x: np.dot(x, VALUE.T),
    "outer": lambda x: np.outer(x[0], [1.0, 2.0]),
    "tensordot": lambda x: np.tensordot(x, VALUE, axes=[[1], [1]]),
    "take": lambda x: np.take(x, [2, 0], axis=1),
    "compress": lambda x: np.compress([False, True], x, axis=0),
    "nonzero": lambda x: np.nonzero(x)[1],
    "flatnonzero": np.flatnonzero,
    "count_nonzero": lambda x: np.count_nonzero(x, axis=0),
    "isclose": lambda x: np.isclose(x, 2.0),
    "allclose": lambda x: np.allclose(x, x),
    "zeros_like": np.zeros_like,
    "ones_like": lambda x: np.ones_like(x, dtype="int8"),
    "full_like": lambda x: np.full_like(x, 7),
    "cov": np.cov,
    "real": np.real,
    "shape": lambda x: np.array(2) * np.shape(x)[1],
    "size": lambda x: np.size(x) + np.zeros(()).astype("int64"),
    "copy": np.copy,
    "where": lambda x: np.where(x > 0, x, -1.0),
    "where of one": lambda x: np.where(x)[0],
    "round": np.round,
    "round to decimals": lambda x: np.around(x / 3, 2),
    "clip": lambda x: np.clip(x, -1, 1),
    "clip from below": lambda x: np.clip(x, 0, None),
    "add.reduce": np.add.reduce,
    "maximum.reduce": lambda x: np.maximum.reduce(x, axis=1),
    "logical_or.reduce": lambda x: np.logical_or.reduce(x, axis=None),
    "add.accumulate": np.add.accumulate,
    "multiply.outer": lambda x: np.multiply.outer(x, np.array([1.0, 3.0])),
    "exp in a dtype": lambda x: np.exp(x, dtype="float32"),
    "divmod": lambda x: np.divmod(x, 2)[1],
    "logical_xor": lambda x: np.logical_xor(x, [1, 0, 1]),
    "logical_not": np.logical_not,
    "isfinite": np.isfinite,
    "array @ x": lambda x: VALUE.T @ x,
    "x @ array": lambda x: x @ VALUE.T,
    "array + x": lambda x: VALUE + x,
    "number - x": lambda x: np.float64(2.5) - x,
    "array < x": lambda x: np.zeros((2, 3)) < x,
    "array ** x": lambda x: abs(VALUE) ** x,
    "round()": lambda x: x.round() if isinstance(x, np.ndarray) else round(x),
    "abs()": abs,
    "divmod()": lambda x: divmod(x, 1.5)[0],
    "rdivmod()": lambda x: divmod(np.float64(5), abs(x) + 1)[1],
    "pow()": lambda x: pow(x, 2),
}


@pytest.mark.filterwarnings("ignore:.*warn.round")
@pytest.mark.parametrize("name", CALLS)
def test_values_are_numpys(name):
    x = T.dmatrix("x")
    found, wanted = evaluate(CALLS[name](x), {x: VALUE}), np.asarray(CALLS[name](VALUE))
    np.testing.assert_allclose(found, wanted, rtol=1e-6)
    assert found.dtype.kind == wanted.dtype.kind and found.shape == wanted.shape


def test_integers_have_their_functions():
    x = T.lvector("x")
    for call in (np.bincount, lambda v: np.unravel_index(v, (2, 2))[0], lambda v: np.ravel_multi_index((v, v), (4, 4))):
        np.testing.assert_array_equal(evaluate(call(x), {x: FLAT}), call(FLAT))
    np.testing.assert_array_equal(
        evaluate(np.choose(x, [FLAT, -FLAT, FLAT * 2, FLAT]), {x: FLAT}), np.choose(FLAT, [FLAT, -FLAT, FLAT * 2, FLAT])
    )


def test_each_ufunc_that_is_a_declarations_reference_means_it():
    for op in OPS.values():
        if op.nfunc_spec is not None and getattr(np, op.nfunc_spec[0], None) is op.reference:
            assert of_ufunc(op.reference) is not None, op.name


def test_the_table_names_functions_of_numpy():
    gone = {"round_"} if not hasattr(np, "round_") else set()
    assert {name for name in DOORS if not hasattr(np.linalg if "." in name else np, name.rpartition(".")[2])} <= gone
    assert {name for name in UFUNCS if not isinstance(getattr(np, name), np.ufunc)} == set()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x: np.add(x, 1, out=np.zeros(2)), "use the result"),
        (lambda x: np.exp(x, where=[True]), "takes no argument 'where'"),
        (lambda x: np.sum(x, initial=3), "takes no argument 'initial'"),
        (lambda x: np.sum(x, 0, None, np.zeros(2)), "variable is no storage"),
        (lambda x: np.fft.fft(x), "numpy.fft.fft has no meaning"),
        (lambda x: np.heaviside(x, 0), "as_op"),
        (lambda x: np.subtract.reduce(x), "numpy.subtract.reduce has no meaning"),
        (lambda x: np.add.at(x, [0], 1), "numpy.add.at has no meaning"),
        (lambda x: np.expand_dims(x, 4), None),
        (lambda x: np.linalg.norm(x.dimshuffle(0, "x"), 2), "norms of matrices"),
        (lambda x: np.linalg.inv(x), "numpy.linalg.inv has no meaning"),
        (np.asarray, r"x.eval\("),
        (np.array, "theano.function"),
        (lambda x: np.array([x, x]), "theano.tensor.stack"),
        (lambda x: iter(x), "theano.scan"),
        (len, None),
        (lambda x: 1 if x < x else 0, "switch"),
    ],
)
def test_what_has_no_meaning_says_what_to_do(call, says):
    with pytest.raises((TypeError, ValueError), match=says):
        call(T.dvector("x"))


def test_equality_is_identity_also_through_numpy():
    x, y = T.dvectors("x", "y")
    assert np.equal(x, x) and not np.not_equal(x, x) and not np.equal(x, y) and np.ones(2) != x
    assert {x: 1}[x] == 1 and x in [y, x] and operator.ne(x, y)
    assert (x < y).owner.op.scalar_op.name == "lt"


def test_what_has_a_known_length_is_iterated_over():
    x = T.specify_shape(T.dmatrix("x"), (2, 3))
    assert [row.ndim for row in x] == [1, 1]
    first, second = theano.shared(VALUE)[:2][:, :2].T.shape
    assert first.ndim == second.ndim == 0


def test_shared_variables_have_the_same_doors():
    w = theano.shared(VALUE, "w")
    np.testing.assert_allclose((VALUE + np.tanh(w)).eval(), VALUE + np.tanh(VALUE))
    with pytest.raises(TypeError, match="get_value"):
        np.asarray(w)


def test_an_array_of_objects_holds_the_variables_themselves():
    x, y = T.dvectors("x", "y")
    for made in (np.array([x, y], dtype=object), np.asarray([x, y], dtype="O")):
        assert made.shape == (2,) and made[0] is x and made[1] is y
    assert np.asarray(x, dtype=object)[()] is x


def test_numpy_adds_a_list_of_costs():
    a, b = T.dscalars("a", "b")
    assert evaluate(np.sum([a, b * 2]), {a: 1.0, b: 2.0}) == 5.0
    assert evaluate(np.prod([a, 3, b]), {a: 2.0, b: 5.0}) == 30.0
    with pytest.raises(TypeError, match=r"theano\.tensor\.stack joins variables"):
        np.array([a, b])
