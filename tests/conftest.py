"""Tests compile into a cache of their own, which is gone afterwards."""

from __future__ import annotations

import pytest

import theano


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    with theano.config.change_flags(base_compiledir=str(tmp_path_factory.mktemp("cache"))):
        yield
    theano.compile.profiling._at_exit.clear()  # what tests have measured is not printed
