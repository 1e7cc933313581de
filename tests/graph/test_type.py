"""Type: filters, conversion, the types without values."""

import copy

import pytest

from tests.graph.ops import NumberType, number, other
from theano.graph import Constant, DisconnectedType, Generic, NullType, Type, disconnected_type, generic, null_type


def test_equality_by_properties():
    assert number == NumberType()
    assert number != other
    assert hash(number) == hash(NumberType())


def test_values():
    assert number.is_valid_value(3)
    assert not number.is_valid_value("3")
    assert number.value_validity_msg("3") == "'3' is not a number"
    assert number.value_validity_msg(3) == "value is valid"
    assert number.values_eq(3, 3.0)
    assert not number.values_eq_approx(3, 4)
    assert not Type.may_share_memory([], [])


def test_variables():
    x = number("x")
    assert (x.type, x.name) == (number, "x")
    assert number.filter_variable(x) is x
    c = number.filter_variable(3)
    assert isinstance(c, Constant)
    assert c.data == 3
    with pytest.raises(TypeError, match=r"(?s)cannot be made of one of type NumberType\{kind='real'\}.*test_type.py:\d+"):
        other.filter_variable(x)


def test_conversion_may_be_forbidden():
    class Wide(NumberType):
        def is_super(self, other):
            return isinstance(other, NumberType)

    x = number("x")
    assert Wide().filter_variable(x) is x
    with pytest.raises(TypeError):
        Wide().filter_variable(x, allow_convert=False)


def test_clone():
    assert number.clone(kind="third") == NumberType("third")
    assert number.kind == "real"


def test_filter_must_be_defined():
    with pytest.raises(NotImplementedError, match="does not define filter"):
        Type().filter(3)


def test_generic_is_one():
    assert Generic() is generic is copy.deepcopy(generic("x")).type
    assert generic.filter([1]) == [1]
    assert generic.is_valid_value(None)


def test_types_without_values():
    why = NullType("because")
    assert why == null_type
    assert hash(why) == hash(null_type)
    assert why().type.why_null == "because"
    assert disconnected_type == DisconnectedType()
    assert null_type != disconnected_type
    for empty in (why, disconnected_type):
        assert not empty.is_valid_value(0)
    with pytest.raises(ValueError):
        why.values_eq(1, 1)
