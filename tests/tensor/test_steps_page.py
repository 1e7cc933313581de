"""The page of what runs as calls names the operations without a lowering, and no others."""

import pkgutil
import re
from importlib import import_module
from pathlib import Path

import theano
from theano.graph import Op
from theano.rewrite import GROUPS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "steps.md"


def kinds_of(kind):
    """The classes below ``kind`` in the package that nodes are made of: those with a ``make_node`` or without classes below them."""
    for below in kind.__subclasses__():
        if below.__module__.partition(".")[0] == "theano":
            inside = set(kinds_of(below))
            yield from inside
            if not inside or below.make_node is not Op.make_node:
                yield below


def test_the_page_names_what_has_no_lowering():
    for module in pkgutil.walk_packages(theano.__path__, "theano."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    expanded = {root for rule in GROUPS["expand"] for root in rule.roots}
    own = [k for k in kinds_of(Op) if k.perform is not Op.perform and not hasattr(k, "lower") and not hasattr(k, "expand")]
    called = {k.__name__ for k in own if k not in expanded}
    rows = re.findall(r"^\| (.*?) \|.*Python step", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert called == {name for row in rows for name in re.findall(r"`(\w+)`", row)}
