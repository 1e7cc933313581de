"""The forms shown in docs/architecture.md are those of today."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(ROOT / "examples" / "walkthrough.py"))


def shown(page):
    return dict(re.findall(r"<!-- form: (\w+) -->\n```\w*\n(.*?)\n```", page, re.DOTALL))


def test_the_page_is_current(script):
    forms, page = script["forms"](), shown(PAGE)
    assert list(page) == list(forms)
    assert all(page.values())
    changed = [name for name, text in forms.items() if name not in script["VARYING"] and page[name] != text]
    assert changed == [], "docs/architecture.md shows an older form: run `python examples/walkthrough.py --write` and look at what changed"


def test_writing_replaces_the_blocks_and_nothing_else(script):
    old = "a\n<!-- form: x -->\n```text\nold\nlines\n```\nb\n<!-- form: y -->\n```asm\n```\nc\n```text\nold\n```\n"
    new = script["written"](old, {"x": "new", "y": "more\nlines"})
    assert new == "a\n<!-- form: x -->\n```text\nnew\n```\nb\n<!-- form: y -->\n```asm\nmore\nlines\n```\nc\n```text\nold\n```\n"


def test_the_first_loop_is_the_block_that_jumps_to_itself(script):
    listing = "start:\n  x\nL1:\n  br i1 %a, label %L2, label %L10\nL2:\n  y\n  br i1 %b, label %L2, label %L3\n  z\nL3:\n"
    assert script["first_loop"](listing, r"L\d+:", "br i1") == "L2:\n  y\n  br i1 %b, label %L2, label %L3"


def test_the_page_names_every_room():
    rooms = {path.stem for path in (ROOT / "theano").iterdir() if path.suffix == ".py" or path.is_dir()}
    table = PAGE.split("## The rooms")[1].split("## The path")[0]
    assert {room for room in rooms if not room.startswith("_") and room != "py" and f"`{room}`" not in table} == set()


def test_what_the_page_points_to_is_there():
    paths = re.findall(r"`((?:theano|examples)/[\w/.]+)`", PAGE)
    assert len(paths) >= 4 and [p for p in paths if not (ROOT / p).exists()] == []
