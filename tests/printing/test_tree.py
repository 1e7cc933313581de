"""Graphs as trees, in the classic form."""

import io
import re

import pytest

import theano
import theano.tensor as T
from theano.graph import FunctionGraph
from theano.ifelse import ifelse
from theano.printing import debugprint

x = T.dvector("x")
KIND = "<TensorType(float64, vector)>"


def text(obj, **options):
    return debugprint(obj, file="str", **options)


def example():
    y = T.exp(x)
    y.name = "y"
    return y, y * x + y


def test_a_tree_with_a_shared_node():
    _, z = example()
    assert text(z, print_type=True).splitlines() == [
        f"Elemwise{{add,no_inplace}} [id A] {KIND} ''",
        f" |Elemwise{{mul,no_inplace}} [id B] {KIND} ''",
        f" | |Elemwise{{exp,no_inplace}} [id C] {KIND} 'y'",
        f" | | |x [id D] {KIND}",
        f" | |x [id D] {KIND}",
        f" |Elemwise{{exp,no_inplace}} [id C] {KIND} 'y'",
        " | |...",
    ]


def test_types_are_left_out_unless_asked_for():
    assert text(T.exp(x)) == "Elemwise{exp,no_inplace} [id A] ''\n |x [id B]"


@pytest.mark.parametrize(("depth", "lines"), [(-1, 7), (1, 1), (2, 3), (3, 6)])
def test_depth_limits_the_levels(depth, lines):
    assert len(text(example()[1], depth=depth).splitlines()) == lines


def test_stop_on_name_does_not_look_below_named_variables():
    y, z = example()
    assert [line.strip(" |").split(" ")[0] for line in text(z, stop_on_name=True).splitlines()] == [
        "Elemwise{add,no_inplace}", "Elemwise{mul,no_inplace}", "Elemwise{exp,no_inplace}", "x", "Elemwise{exp,no_inplace}",
    ]  # fmt: skip
    assert len(text(y, stop_on_name=True).splitlines()) == 2


def test_ids():
    z = T.exp(x)
    assert re.findall(r"\[id (\w+)\]", text(z, ids="int")) == ["0", "1"]
    assert re.findall(r"\[id (\w+)\]", text(z, ids="id")) == [hex(id(z.owner)), hex(id(x))]
    assert "[id" not in text(z, ids="")


def test_letters_go_on_after_z():
    z = x
    for _ in range(30):
        z = T.sin(z)
    assert re.findall(r"\[id (\w+)\]", text(z))[24:29] == ["Y", "Z", "BA", "BB", "BC"]


def test_ids_and_what_is_done_can_be_carried_on():
    y, z = example()
    used, done = {}, {}
    text(z, used_ids=used, done=done)
    assert text(y, used_ids=used, done=done).splitlines() == ["Elemwise{exp,no_inplace} [id C] 'y'", " |..."]


def test_several_outputs_show_which():
    lines = text(list(T.max_and_argmax(T.dmatrix("m"), axis=1))).splitlines()
    assert [line.split(" ")[0] for line in lines if not line.startswith(" ")] == ["MaxAndArgmax{axis=[1]}.0", "MaxAndArgmax{axis=[1]}.1"]


def test_whatever_holds_a_graph_can_be_printed():
    z = T.exp(x)
    assert text(z.owner) == text(FunctionGraph([x], [z], clone=False)) == text([z]) == text(z)
    f = theano.function([x], T.log(1 + x))
    assert text(f) == "Elemwise{log1p,no_inplace} [id A] ''\n |x [id B]"
    with pytest.raises(TypeError, match="not int"):
        debugprint(3)


def test_it_goes_to_the_screen_or_to_a_stream(capsys):
    stream = io.StringIO()
    debugprint(x, file=stream)
    debugprint(x)
    assert stream.getvalue() == capsys.readouterr().out == "x [id A]\n"


def test_values_that_are_kept():
    w = theano.shared(2.5, name="w")
    graph = T.exp(x) * w + T.constant(3)
    for what in (graph, theano.function([x], graph)):
        kept = re.findall(r"(\w+) \[id \w+\] \[(.*)\]$", text(what, print_storage=True), re.MULTILINE)
        assert ("w", "array(2.5)") in kept
        assert "array(" not in text(what)
    assert "TensorConstant{3} [id H] [array(3, dtype=int8)]" in text(graph, print_storage=True)


def test_uses_of_what_is_used_more_than_once():
    _, z = example()
    lines = text(FunctionGraph([x], [z], clone=True), print_clients=True).splitlines()
    used = " clients:[Elemwise{mul,no_inplace} 0, Elemwise{add,no_inplace} 1]"
    assert lines[2] == f" | |Elemwise{{exp,no_inplace}} [id C] 'y'{used}"
    uses = [line.partition(" clients:")[2] for line in lines if line.split(" clients:")[0].endswith("x [id D]")]
    assert uses == ["[Elemwise{exp,no_inplace} 0, Elemwise{mul,no_inplace} 1]"] * 2
    assert "clients" not in text(z, print_clients=True)
    both = FunctionGraph([x], [z, z], clone=True)
    assert text(both, print_clients=True).splitlines()[0].endswith(" clients:[output 0, output 1]")


def test_long_chains_need_no_recursion():
    z = x
    for _ in range(2000):
        z = T.sin(z)
    lines = text(z, ids="").splitlines()
    assert len(lines) == 2001 and lines[-1] == " |" * 2000 + "x"


def test_graphs_in_graphs():
    """What a loop or a branch holds follows the graph, and what that holds follows it; inputs say what they stand for."""
    m, n = T.dmatrix("m"), T.lscalar("n")

    def row(r, s):
        inner, _ = theano.scan(lambda e, t: t * e, r, s, name="inner")
        return ifelse(T.gt(n, 0), inner[-1], s)

    rows, _ = theano.scan(row, m, T.constant(1.0, dtype="float64"), name="outer")
    text = theano.printing.debugprint(rows, file="str")
    _, held = text.split("\n\nInner graphs:\n\n")
    outer, *inner = held.split("\n\n")
    assert outer.startswith("Scan{outer} [id B] ''\n >Branch")
    (whole,) = {line.split()[-1] for line in text.splitlines() if re.search(r"\|m \[id", line)}
    assert {line.split("-> [id ")[1] for line in outer.splitlines() if "m[t] [id" in line} == {whole}
    assert sorted(text.split("{")[0].split(" ")[0] for text in inner) == ["Branch", "Scan"]
    assert any(line.startswith(" > |") and "->" in line for line in "\n".join(inner).splitlines())
    shallow = theano.printing.debugprint(rows, depth=1, file="str")
    assert "Inner graphs" not in shallow
    assert "Inner graphs" in theano.printing.debugprint(theano.function([m, n], rows), file="str")
