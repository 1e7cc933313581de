"""The table of worst errors, `docs/accuracy.md`, as data and as text.

>>> row = Row("exp", "float32", Worst(0.75, (1.5,)), Worst(0.875, (-2.0,)), "all")
>>> parse([as_text(row)]) == {("exp", "float32"): row}
True
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from tests.accuracy.measure import Worst
from tests.accuracy.truth import FUNCTIONS
from theano.scalar import OPS

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
DTYPES = ("float32", "float64")
_HEAD = """\
# Accuracy

The worst errors found of elementwise operations' native code on real numbers, in units in the last place (ULP) of the exact result; this
page is made by `python -m tests.accuracy`, and a test compares it with the declarations. Operations that are not listed here are correctly
rounded, or formulas over arithmetic and these, such as those of complex numbers and `ultra_fast_sigmoid`, or computed by SciPy.

The code depends on one fact of a machine only, whether it multiplies and adds in one step (FMA: x86-64 with AVX2 and later, ARM). With it,
and without it, results are the same to the bit on all levels of x86-64, in vectors and alone, on one thread and on many.

After an error comes an argument that has it. "All" is every float32 number, compared with the same operation on float64. The others are
compared with mpmath on so many arguments: of random bits, evenly spread, close to where the code changes its formula, and close to
multiples of π/2; "and the worst of" are those picked from many more by a search with extended precision. Special functions are measured on
the intervals that `tests/scalar/special_truths.py` names. Where results have roots other than at 0, or poles, errors of results smaller
than the scale given are counted in its units.

| operation | dtype | declared | worst with FMA | worst without FMA | measured on |
|---|---|---:|---|---|---|
"""


class Row(NamedTuple):
    """What was measured of one operation on one dtype."""

    name: str
    dtype: str
    fused: Worst
    separate: Worst
    on: str


def as_text(row: Row) -> str:
    op = OPS[row.name]
    declared = f"{op.ulp:g}" + (f" (scale {op.scale:g})" if op.scale else "")
    return f"| {row.name} | {row.dtype} | {declared} | {_worst(row.fused)} | {_worst(row.separate)} | {row.on} |"


def _worst(worst: Worst) -> str:
    """Rounded up."""
    return f"{math.ceil(worst.error * 1000) / 1000:.3f} at {', '.join(map(repr, worst.at))}"


def parse(lines: Iterable[str]) -> dict[tuple[str, str], Row]:
    rows = {}
    for line in lines:
        fields = [field.strip() for field in line.strip("|\n ").split("|")]
        if len(fields) == 6 and fields[1] in DTYPES:
            name, dtype, _, fused, separate, on = fields
            rows[name, dtype] = Row(name, dtype, _parsed(fused), _parsed(separate), on)
    return rows


def _parsed(text: str) -> Worst:
    error, _, at = text.partition(" at ")
    return Worst(float(error), tuple(float(number) for number in at.split(", ")))


def read() -> dict[tuple[str, str], Row]:
    return parse(PAGE.read_text().splitlines()) if PAGE.exists() else {}


def write(rows: Mapping[tuple[str, str], Row]) -> None:
    listed = [rows[name, dtype] for name in sorted(FUNCTIONS) for dtype in DTYPES if (name, dtype) in rows]
    PAGE.write_text(_HEAD + "".join(as_text(row) + "\n" for row in listed))
