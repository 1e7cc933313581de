"""NumPy's functions and Python's operators on variables: the same value as on arrays, or an error that says what to do."""

import operator

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.evaluate import evaluate
from tests.tensor.numpy_calls import CALLS, VALUE
from theano.scalar import OPS
from theano.tensor.numpy_doors import DOORS, UFUNCS, of_ufunc

FLAT = np.array([2, 0, 1, 1, 3])


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
    gone, new = {"round_", "row_stack", "trapz"}, {"concat", "matrix_transpose", "permute_dims", "trapezoid", "unstack"}
    assert {name for name in DOORS if not hasattr(np.linalg if "." in name else np, name.rpartition(".")[2])} <= gone | new
    assert {name for name in UFUNCS if not isinstance(getattr(np, name, None), np.ufunc)} <= {"matvec", "vecdot", "vecmat"}


def dispatched():
    """NumPy's functions that ask their arguments what they mean."""
    for name in dir(np):
        found = getattr(np, name)
        if not isinstance(found, np.ufunc) and (type(found).__name__ == "_ArrayFunctionDispatcher" or hasattr(found, "__wrapped__")):
            yield name


def test_what_we_have_is_reached():
    """But for what writes into its argument."""
    assert {name for name in dispatched() if hasattr(T, name) and name not in DOORS} == {"fill_diagonal"}
    assert {
        name for name in dir(np) if isinstance(getattr(np, name), np.ufunc) and hasattr(T, name) and not of_ufunc(getattr(np, name))
    } == set()


def test_all_else_is_refused_with_a_way_out():
    x = T.dvector("x")
    refused = {name: getattr(np, name) for name in dispatched() if name not in DOORS}
    for function in refused.values():
        with pytest.raises(TypeError, match=r"has no meaning for variables[\s\S]*theano\."):
            x.__array_function__(function, (), (x,), {})
    assert len(refused) > 50


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x: np.add(x, 1, out=np.zeros(2)), "use the result"),
        (lambda x: np.exp(x, where=[True]), "takes no argument 'where'"),
        (lambda x: np.sum(x, initial=3), "takes no argument 'initial'"),
        (lambda x: np.sum(x, 0, None, np.zeros(2)), "variable is no storage"),
        (lambda x: np.fft.fft(x), "numpy.fft.fft has no meaning"),
        (lambda x: np.nextafter(x, 0), "as_op"),
        (lambda x: np.pad(x, 1, "mean"), "the modes are"),
        (lambda x: np.average(x, returned=True), "takes no argument 'returned'"),
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
