"""What docs/extending.md shows runs as it stands, and names what there is."""

import re
from pathlib import Path

import theano
from theano.graph import Op, Type

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")


def test_the_listings_run():
    namespace = {"__name__": "extending"}
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(block, namespace)


def test_the_members_are_those_of_an_operation():
    rows = re.findall(r"^\| (`.*?) \|", PAGE.split("## What an operation may define")[1].split("\n## ")[0], re.MULTILINE)
    members = set(re.findall(r"`(\w+)", " ".join(rows)))
    optional = {"itypes", "otypes", "debug_perform", "__props__", "infer_shape", "connection_pattern", "vectorized"}
    assert members >= optional and {m for m in members - optional if not hasattr(Op, m)} == set()


def test_the_members_of_types():
    words = set(re.findall(r"`(\w+)`", PAGE.split("## Types")[1].split("There are types")[0]))
    assert len(words) >= 8 and {w for w in words if not hasattr(Type, w)} == set()
    assert "theano.compile.ops.as_op" in PAGE and theano.compile.ops.as_op
