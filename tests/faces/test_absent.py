"""The names of the classic system that are not there: each is said to be absent, none of them is there, and asking tells why."""

import re
from importlib import import_module
from pathlib import Path

import pytest

import theano
from tests.faces.test_names import INVENTORY, lookup
from theano.compat.absent import UNBUILT, absent, classic_page, why_absent, why_unbuilt

PAGE = Path(__file__).resolve().parents[2] / "docs" / "classic_api.md"
LISTED = [(module, name) for module, name, _ in absent() if name is not None]


@pytest.mark.parametrize(("module", "name"), LISTED)
def test_what_is_said_to_be_absent_is_classic_and_absent(module, name):
    assert name in INVENTORY[module] and lookup(f"{module}.{name}") is None
    assert why_absent(module, f"{name}.method") == why_absent(module, name)


@pytest.mark.parametrize("module", [module for module, name, _ in absent() if name is None])
def test_modules_of_which_all_is_absent(module):
    assert INVENTORY[module] and all(lookup(f"{module}.{name}") is None for name in INVENTORY[module])


def test_who_asks_is_told():
    with pytest.raises(AttributeError, match=r"'theano\.gof' has no attribute 'CLinker': No C code is written or compiled"):
        theano.gof.CLinker  # noqa: B018
    with pytest.raises(AttributeError, match="functions are compiled to machine code at once"):
        import_module("theano.gof.cc").get_module_cache  # noqa: B018


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == classic_page(), "run `python -m theano docs docs/classic_api.md`"


@pytest.mark.parametrize("path", [path for paths in UNBUILT.values() for path in paths])
def test_what_is_not_there_yet_is_told_as_that(path):
    above, _, name = path.rpartition(".")
    why = re.escape(str(why_unbuilt(path)))
    with pytest.raises(ModuleNotFoundError, match=why):
        import_module(f"{path}.below")
    with pytest.raises(ImportError, match=why):
        exec(f"from {above} import {name}")
    assert not hasattr(import_module(above), name)


def test_of_other_modules_nothing_is_said():
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'theano\.sparsely'$"):
        import_module("theano.sparsely")


def test_names_that_are_not_there_yet():
    with pytest.raises(AttributeError, match=r"'theano\.tensor\.nnet' has no attribute 'conv2d': convolution"):
        theano.tensor.nnet.conv2d  # noqa: B018
    with pytest.raises(AttributeError, match=r"has no attribute 'sparse': sparse matrices"):
        theano.sparse  # noqa: B018
