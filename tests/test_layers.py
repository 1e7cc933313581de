"""The rooms of the package keep their order: each imports only from rooms before it.

Calls upwards (``Variable.eval`` needs ``theano.function``) are a bare ``import theano`` inside the function that needs it.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "theano"

ROOMS = (
    ("flags", "errors", "dtypes", "deferred"),
    ("graph",),
    ("interpret",),
    ("scalar",),
    ("tensor",),
    ("sparse", "random", "lists"),
    ("gradient",),
    ("scanning",),
    ("rewrite",),
    ("loops",),
    ("printing",),
    ("emit",),
    ("runtime",),
    ("compile",),
    ("debug", "d3viz", "testing"),
    ("compat",),
    ("__main__",),
)
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    """The first part of the module's name below the package; the package's own ``__init__`` is above all rooms."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_rooms(tree, path):
    """(room, line) of every import of the package; a bare import of the package itself is given as room ``""``."""
    package = ("theano", *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            start = base + tuple((node.module or "").split(".") if node.module else ())
            names = [(*start, alias.name) for alias in node.names] if start == ("theano",) else [start]
        else:
            continue
        yield from ((name[1] if len(name) > 1 else "", node.lineno) for name in names if name[0] == "theano")


def lines_inside_functions(tree):
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {line for node in functions for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def violations(source, path):
    """What is wrong with the imports of one module, as lines of text."""
    tree = ast.parse(source)
    room, deferred = room_of(path), lines_inside_functions(tree)
    for other, line in imported_rooms(tree, path):
        if other == "":
            if line not in deferred:
                yield f"{path.name}:{line}: imports the whole package outside a function"
        elif other not in LEVEL:
            yield f"{path.name}:{line}: theano.{other} is in no room"
        elif LEVEL[other] > LEVEL[room]:
            yield f"{path.name}:{line}: {room} imports {other}, which comes after it"


def test_the_package_is_there():
    assert {room_of(path) for path in MODULES} >= {"flags", "errors", "dtypes", "graph", "scalar", "tensor", "compile"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downwards(path):
    room = room_of(path)
    if room != "__init__":
        assert room in LEVEL, f"give {room} a place in ROOMS"
        assert list(violations(path.read_text(encoding="utf-8"), path)) == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("from theano.graph import Variable", 0),
        ("from theano.compile.build import function", 1),
        ("from theano import rewrite, graph", 1),
        ("def f():\n    import theano", 0),
        ("def f():\n    import theano.compile", 1),
        ("import theano", 1),
        ("import theano.loops.ir", 1),
        ("from ..rewrite import engine", 1),
        ("from . import elemwise", 0),
        ("from .. import graph, printing", 1),
        ("from theano.utils import x", 1),
        ("import numpy", 0),
    ],
)
def test_this_test_can_fail(source, count):
    assert len(list(violations(source, PACKAGE / "tensor" / "shape.py"))) == count


def test_files_fit_in_a_head():
    sources = [*MODULES, *(ROOT / "tests").rglob("*.py"), *(ROOT / "examples").rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in sources}
    assert {name: lines for name, lines in lengths.items() if lines >= 800} == {}
