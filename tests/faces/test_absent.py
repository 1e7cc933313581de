"""The names of the classic system that are not there: each is said to be absent, none of them is there, and asking tells why."""

from importlib import import_module
from pathlib import Path

import pytest

import theano
from tests.faces.test_names import INVENTORY, lookup
from theano.compat.absent import absent, classic_page, why_absent

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
