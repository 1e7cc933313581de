"""What the benchmark compares computes the same; how fast, it prints."""

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

SCRIPT = runpy.run_path(str(Path(__file__).resolve().parents[1] / "benchmarks" / "run.py"))


@pytest.mark.parametrize("case", SCRIPT["CASES"], ids=lambda case: case.__name__)
def test_contenders_agree(case):
    calls = dict(case())
    assert list(calls)[:2] == ["theano", "numpy"]
    SCRIPT["agree"](calls)


def test_disagreement_is_an_error():
    with pytest.raises(AssertionError, match="theano"):
        SCRIPT["agree"]({"theano": lambda: np.ones(3), "numpy": lambda: np.zeros(3)})


def test_it_prints_a_ratio_for_each_other_contender(capsys):
    SCRIPT["main"](["overhead"], rounds=1)
    assert re.search(r"numpy +[\d.]+ us   theano is [\d.]+ times as fast", capsys.readouterr().out)


STRUCTURE = runpy.run_path(str(Path(__file__).resolve().parents[1] / "benchmarks" / "structure.py"))


@pytest.mark.parametrize("case", STRUCTURE["CASES"], ids=lambda case: case.__name__)
def test_contenders_agree_on_structure(case):
    calls = dict(case(1000))
    assert list(calls)[:2] == ["theano", "numpy"]
    SCRIPT["agree"](calls)
