"""Variables behave as programs written for the classic system expect: one test for each rule, by its name."""

import math
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T

x, y = T.dvectors("x", "y")


def test_equality_is_identity_and_never_builds_a_graph():
    assert (x == x) is True and (x == y) is False and (x != y) is True and (x != x) is False
    assert x.clone() != x and (x + 1) != (x + 1)


def test_eq_and_neq_build_graphs():
    assert T.eq(x, y).eval({x: [1, 2], y: [1, 3]}).tolist() == [True, False]
    assert T.neq(x, y).eval({x: [1, 2], y: [1, 3]}).tolist() == [False, True]


def test_variables_hash_by_identity_and_live_in_dictionaries_and_lists():
    assert {x: 1, y: 2}[y] == 2 and [x, y].index(y) == 1 and x in [y, x] and x.clone() not in {x}


def test_the_four_comparisons_build_graphs():
    values = {x: [1.0, 2.0, 3.0], y: [2.0, 2.0, 2.0]}
    assert [g.eval(values).tolist() for g in (x < y, x <= y, x > y, x >= y)] == [
        [True, False, False], [True, True, False], [False, False, True], [False, True, True],
    ]  # fmt: skip


@pytest.mark.parametrize("compare", ["__lt__", "__le__", "__gt__", "__ge__"])
def test_only_their_results_have_no_truth_value(compare):
    with pytest.raises(TypeError, match="no truth value"):
        bool(getattr(x, compare)(y))
    assert bool(x) and bool(T.eq(x, y)) and bool(x - x) and bool(T.constant(0))


def test_len_fails():
    for variable in (x, x.shape, T.constant([1, 2])):
        with pytest.raises(TypeError, match="has no len"):
            len(variable)


def test_iteration_works_only_where_the_length_of_a_vector_is_known():
    assert len(list(x.shape)) == 1 and len(list(T.stack([x[0], x[1]]))) == 2 and len(list(T.constant([1.0, 2.0, 3.0]))) == 3
    a, b = T.dmatrix("m").shape
    assert a.ndim == b.ndim == 0
    for unknown in (x, T.dmatrix("m"), theano.shared(np.zeros(2))):
        with pytest.raises(TypeError, match="iterated"):
            iter(unknown).__next__()


def test_the_three_kinds_of_tensors_are_siblings():
    kinds = [T.TensorVariable, T.TensorConstant, T.sharedvar.TensorSharedVariable]
    for k, variable in enumerate([x, T.constant(1.0), theano.shared(1.0)]):
        assert [isinstance(variable, kind) for kind in kinds] == [k == j for j in range(3)]
        assert isinstance(variable, theano.Variable)


def test_variables_take_any_attribute_and_tag_is_a_free_namespace():
    v = T.dvector("v")
    v.note, v.tag.role = "mine", {"weight"}
    assert v.note == "mine" and v.tag.role == {"weight"} and not hasattr(v.tag, "other")


def test_clone_copies_name_and_tag():
    v = T.dvector("v")
    v.tag.role = "input"
    clone = v.clone()
    assert clone is not v and clone.name == "v" and clone.tag.role == "input" and clone.type == v.type
    clone.tag.role = "other"
    assert v.tag.role == "input"


def test_copy_is_a_new_identity_operation_without_the_tag():
    v = T.dvector("v")
    v.tag.role = "input"
    copied = v.copy(name="w")
    assert copied.name == "w" and copied.owner is not None and not hasattr(copied.tag, "role")
    np.testing.assert_array_equal(copied.eval({v: [1.0, 2.0]}), [1.0, 2.0])


def test_how_variables_without_a_name_print():
    assert str(T.dmatrix()) == "<TensorType(float64, matrix)>"
    assert str(T.dmatrix("m")) == "m"
    assert str(T.exp(T.dmatrix())).endswith(".0") and str(x + y) == "Elemwise{add,no_inplace}.0"


def test_eval_compiles_once_per_set_of_keys():
    z = x * 2 + y
    z.eval({x: [1.0], y: [1.0]})
    made = theano.compile.build.function
    calls = []
    theano.function, kept = (lambda *args, **kwargs: calls.append(args) or made(*args, **kwargs)), theano.function
    try:
        z.eval({x: [2.0], y: [1.0]}), z.eval({y: [2.0], x: [1.0]})
        assert not calls
        T.exp(z).eval({x: [2.0], y: [1.0]})
        assert len(calls) == 1
    finally:
        theano.function = kept


def test_what_eval_keeps_is_not_pickled():
    z = x * 2
    before = len(pickle.dumps(z))
    z.eval({x: [1.0]})
    assert len(pickle.dumps(z)) == before


def test_an_array_in_an_expression_is_copied():
    value = np.ones(2)
    z = x + value
    value[0] = 100
    assert z.eval({x: [0.0, 0.0]}).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("number", [int, float, math.sin])
def test_variables_are_no_numbers_yet(number):
    with pytest.raises(TypeError, match=r"a variable has no value before a function runs(.|\n)*test_classic_variables.py:\d+\n.*eval\(\)"):
        number(T.dscalar("x"))


def test_bare_truth_values_are_no_tensors():
    for value in (True, False):
        with pytest.raises(TypeError):
            T.as_tensor_variable(value)
    assert T.as_tensor_variable(np.array(True)).dtype == "bool"


def test_a_type_takes_the_truth_of_each_entry_of_its_pattern():
    assert T.TensorType("float64", [0, 1, "x", None]).broadcastable == (False, True, True, False)


def test_types_are_equal_iff_class_dtype_and_pattern_are_and_hash_alike():
    kind = T.TensorType("float64", (False, True))
    same, others = T.TensorType("float64", [0, 1], name="other"), [T.TensorType("float32", (0, 1)), T.TensorType("float64", (0, 0))]
    assert kind == same and hash(kind) == hash(same) and not any(kind == other for other in others)

    class Mine(T.TensorType):
        pass

    assert Mine("float64", (False, True)) != kind


def test_constructors_read_floatx_when_called():
    for name in ("float64", "float32"):
        with theano.config.change_flags(floatX=name):
            assert [kind("v").dtype for kind in (T.matrix, T.scalar, T.vector, T.row, T.tensor3)] == [name] * 5
            assert T.TensorType("floatX", (False,)).dtype == name
