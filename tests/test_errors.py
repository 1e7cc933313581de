"""The message builder and the hierarchy."""

import pytest

from theano import errors
from theano.errors import TheanoError, did_you_mean, message

CLASSES = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, TheanoError)]


def test_columns_are_aligned_and_blanks_kept():
    text = message("failed", [("left", "x", None, "a.py:1"), ("right", "weights", "float32", "b.py:22"), ("alone",)], cure="first\nsecond")
    assert text.splitlines() == [
        "failed",
        "  left   x                 a.py:1",
        "  right  weights  float32  b.py:22",
        "  alone",
        "  first",
        "  second",
    ]


def test_empty_columns_vanish():
    assert message("failed", [("a", None, "b")]) == "failed\n  a  b"


def test_headline_alone():
    assert message("failed") == "failed"


def test_did_you_mean():
    assert did_you_mean("floatx", ["floatX", "device"]) == "did you mean floatX?"
    assert did_you_mean("qqq", ["floatX"]) == ""


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("ShapeError", ValueError),
        ("DTypeError", TypeError),
        ("VariableTypeError", TypeError),
        ("BoundsError", IndexError),
        ("DisconnectedInputError", ValueError),
        ("NullTypeGradError", TypeError),
        ("MethodNotDefined", NotImplementedError),
        ("UnknownFlagError", AttributeError),
        ("FlagError", ValueError),
        ("TestValueError", AttributeError),
    ],
)
def test_the_builtin_of_old_programs_still_catches(name, builtin):
    with pytest.raises(builtin, match="why"):
        raise getattr(errors, name)("why")


@pytest.mark.parametrize("cls", CLASSES)
def test_every_class_says_what_it_is_for(cls):
    assert cls.__doc__
    assert str(cls("text")) == "text"
