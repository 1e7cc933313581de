"""What the fuzzer draws: every word of structure, in Theano's and in NumPy's spelling, and each draw gives something."""

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest

import theano.tensor as T
from tests.fuzz.draws import DRAWS
from tests.fuzz.graphs import GRADIENTS, PAIRS, SMOOTH, SMOOTH_STRUCTURED, STRUCTURED, Graph, asked
from theano.tensor.numpy_doors import DOORS

ROOMS = [
    "subtensor",
    "shapes",
    "reshaping",
    "joining",
    "repeating",
    "padding",
    "permuting",
    "nonzero",
    "sorting",
    "counting",
    "cumulative",
    "diagonals",
    "create",
    "products",
    "statistics",
    "forms",
    "quantiles",
    "positions",
    "einstein",
    "reduce",
]
TEXT = "".join((Path(__file__).parent / f"{name}.py").read_text() for name in ("structure", "indexing", "doors", "graphs"))
WORDS = {name.removeprefix("numpy.").removesuffix("()") for name in DRAWS} | set(re.findall(r"\b(?:np|T)\.((?:linalg\.)?\w+)", TEXT))
NO_GRAPH = {"get_idx_list", "iscomplexobj", "isrealobj", "ndim"}
"""They tell of a variable or of a node, and make none."""


def test_every_word_of_numpy_is_drawn():
    assert {name for name, door in DOORS.items() if not {name, door.ours} & WORDS} <= NO_GRAPH


@pytest.mark.parametrize("room", ROOMS)
def test_every_function_of_a_room_is_drawn(room):
    module = import_module(f"theano.tensor.{room}")
    made = {name for name, value in vars(module).items() if callable(value) and getattr(value, "__module__", "") == module.__name__}
    public = {name for name in made if name[0].islower() and hasattr(T, name)}
    assert public - WORDS <= NO_GRAPH


@pytest.mark.parametrize("smooth, pairs", [(False, [*PAIRS, *STRUCTURED]), (True, [*SMOOTH, *SMOOTH_STRUCTURED])])
def test_pairs_are_dealt_alike(smooth, pairs):
    """In 20,000 graphs each is asked for 23 times at least, and 8 times as a gradient."""
    seeds = [seed for seed in range(1234, 21234) if (seed % GRADIENTS == 0) == smooth]
    times = Counter((what.name, dtype) for seed in seeds for what, dtype in asked(seed, smooth))
    assert min(times[what.name, dtype] for what, dtype in pairs) >= (8 if smooth else 23)


@pytest.mark.parametrize("name", DRAWS)
def test_each_draw_gives_something(name):
    draw = DRAWS[name]
    for seed in range(40):
        graph = Graph(seed)
        if graph.attempt(lambda: graph.structured(draw, draw.dtypes[seed % len(draw.dtypes)], fresh=True)):
            assert graph.drawn
            return
    raise AssertionError("all is rejected")
