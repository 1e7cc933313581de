"""Expressions on one line."""

import re

from hypothesis import given

from tests.graph.ops import Scale, add, chain, divmod_, neg, number
from tests.graph.random_graphs import graphs
from theano.gof.graph import as_string, op_as_string
from theano.graph import io_toposort


def test_what_is_used_again_is_written_once():
    x, y = number("x"), number("y")
    a = neg(x)
    quotient, rest = divmod_(a, y)
    assert as_string([x, y], [add(a, quotient), rest, a]) == ["Add(*1 -> Neg(x), *2 -> DivMod(*1, y)::0)", "*2::1", "*1"]
    assert as_string([a], [add(a, y)]) == ["Add(Neg.0, y)"]
    assert op_as_string([x], add(a, a).owner) == "Add(*1 -> Neg(x), *1)"


def test_formatters():
    x = number("x")
    text = as_string([x], [Scale(2)(neg(x))], lambda leaf: leaf.name.upper(), lambda node, args: f"[{type(node.op).__name__} {args[0]}]")
    assert text == ["[Scale [Neg X]]"]


def test_deep_graphs():
    x, end = chain(3000)
    assert as_string([x], [end])[0].count("(") == 3000


@given(graphs())
def test_each_node_is_written_once(graph):
    inputs, pool = graph
    texts = as_string(inputs, pool)
    assert len(texts) == len(pool)
    assert sum(text.count("(") for text in texts) == len(io_toposort(inputs, pool))
    defined = re.findall(r"\*(\d+) ->", " ".join(texts))
    assert sorted(map(int, defined)) == list(range(1, len(defined) + 1)), "each mark is explained once"
    assert set(re.findall(r"\*(\d+)", " ".join(texts))) == set(defined)
