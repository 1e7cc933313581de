"""``config.warn_float64``: whoever makes a float64 variable is told where."""

import warnings

import pytest

import theano.tensor as T
from theano.configparser import change_flags

x, i = T.fvector("x"), T.lvector("i")
MAKERS = {
    "an input": lambda: T.dvector("u"), "a promotion": lambda: x + i, "a cast": lambda: T.cast(x, "float64"),
    "an expression of integers": lambda: T.exp(i),
}  # fmt: skip


@pytest.mark.parametrize("name", MAKERS)
def test_told(name, monkeypatch):
    make = MAKERS[name]
    with change_flags(warn_float64="raise"), pytest.raises(TypeError, match=r"a float64 variable is made(.|\n)*test_warn_float64.py"):
        make()
    with change_flags(warn_float64="warn"), pytest.warns(UserWarning, match="a float64 variable is made") as caught:
        make()
    assert {warning.filename for warning in caught} == {__file__}
    entered = []
    monkeypatch.setattr("builtins.breakpoint", lambda: entered.append(1))
    with change_flags(warn_float64="pdb"):
        make()
    assert entered


def test_nothing_to_tell():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        T.dvector("u")
        with change_flags(warn_float64="raise"):
            x * 2 + T.cast(i, "float32")
