"""docs/numpy.md names the functions that build graphs, and no others."""

import re
from pathlib import Path

from theano.tensor.numpy_doors import DOORS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "numpy.md"


def test_the_functions_are_those_of_the_table():
    listed = PAGE.read_text(encoding="utf-8").partition("numpy_doors.py`:")[2]
    assert re.findall(r"`([\w.]+)`", listed) == sorted(DOORS)
