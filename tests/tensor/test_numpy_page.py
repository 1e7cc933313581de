"""What docs/numpy.md shows is what happens, and it names the functions that build graphs, and no others."""

import doctest
import re
from pathlib import Path

from theano.tensor.numpy_doors import DOORS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "numpy.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_examples_run():
    test = doctest.DocTestParser().get_doctest(TEXT.replace("```", ""), {}, "numpy.md", str(PAGE), 0)
    printed = []
    failures, attempts = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=printed.append)
    assert attempts > 10 and failures == 0, "".join(printed)


def test_the_functions_are_those_of_the_table():
    assert re.findall(r"`([\w.]+)`", TEXT.partition("numpy_doors.py`:")[2]) == sorted(DOORS)
