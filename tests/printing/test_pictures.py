"""Pictures of graphs: what is drawn as what, by the text that Graphviz is given."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph import FunctionGraph
from theano.printing import pydotprint
from theano.printing.pictures import dot_text

x, y = T.dvectors("x", "y")
w = theano.shared(np.ones(2), name="w")


def text(what, **options):
    return pydotprint(what, format="dot", return_image=True, **options).decode()


def boxes(drawn):
    """Label -> (name, shape, colour)."""
    found = re.findall(r'^  (\w+) \[label="(.*)", shape=(\w+), (?:style=filled, fill)?color="?(.*?)"?\];$', drawn, re.MULTILINE)
    return {label: (name, shape, color) for name, label, shape, color in found}


def arrows(drawn):
    """(from, to, label), by the labels of the boxes."""
    labels = {name: label for label, (name, *_) in boxes(drawn).items()}
    found = re.findall(r'^  (\w+) -> (\w+)(?: \[label="(.*)"\])?;$', drawn, re.MULTILINE)
    return [(labels[start], labels[end], label) for start, end, label in found]


def test_operations_variables_and_what_they_are():
    drawn = text(T.dot(T.exp(x) * w, T.constant([1.0, 2.0], name="c")), var_with_name_simple=True)
    kinds = {label: (shape, color) for label, (_, shape, color) in boxes(drawn).items()}
    assert kinds == {
        "x": ("box", "green"), "w": ("box", "cyan"), "c": ("box", "pink"), "TensorType(float64, scalar)": ("box", "lightblue"),
        "Elemwise{exp,no_inplace}": ("ellipse", "#FFAABB"), "Elemwise{mul,no_inplace}": ("ellipse", "#FFAABB"), "dot": ("ellipse", "white"),
    }  # fmt: skip
    vector = "TensorType(float64, vector)"
    assert arrows(drawn) == [
        ("x", "Elemwise{exp,no_inplace}", ""),
        ("Elemwise{exp,no_inplace}", "Elemwise{mul,no_inplace}", f"0 {vector}"),
        ("w", "Elemwise{mul,no_inplace}", "1"),
        ("Elemwise{mul,no_inplace}", "dot", f"0 {vector}"),
        ("c", "dot", "1"),
        ("dot", "TensorType(float64, scalar)", ""),
    ]


def test_named_variables_have_boxes_and_others_if_asked_for():
    middle = T.exp(x)
    assert "TensorType(float64, vector)" not in boxes(text((middle * 2).sum()))
    assert boxes(text((middle * 2).sum(), compact=False))["TensorType(float64, vector)"][1:] == ("box", "white")
    middle.name = "middle"
    drawn = text((middle * 2).sum())
    assert ("Elemwise{exp,no_inplace}", "middle TensorType(float64, vector)", "") in arrows(drawn)
    assert ("middle TensorType(float64, vector)", "Elemwise{mul,no_inplace}", "0") in arrows(drawn)


def test_numbers_contrast_colours_and_lengths():
    drawn = text(T.exp(x), with_ids=True, colorCodes={"Elem": "red"}, max_label_size=8)
    assert boxes(drawn)["0 Ele..."][1:] == ("ellipse", "red") and all(len(label) <= 8 for label in boxes(drawn))
    assert "filled" in drawn and "filled" not in text(T.exp(x), high_contrast=False)
    assert boxes(text(T.exp(x), high_contrast=False))["Elemwise{exp,no_inplace}"][2] == "#FFAABB"


def test_whatever_has_a_graph_is_drawn():
    z = x * 2 + y
    f = theano.function([x, y], z, updates={w: w + z})
    assert text(f) == dot_text(f.maker.fgraph.outputs)
    assert text([z, z + 1]) == dot_text([z, z + 1])
    assert text(FunctionGraph([x, y], [z])).count("shape=ellipse") == 3 and text(x).count("shape=box") == 1
    assert text(z.owner) == text(z)


def test_labels_are_quoted():
    odd = T.dvector('a "quoted"\nname\\')
    assert r'label="a \"quoted\"\nname\\ TensorType' in text(odd + 1)


def test_deep_graphs():
    z = x
    for _ in range(3000):
        z = T.exp(z)
    assert text(z).count("ellipse") == 3000


def test_files(tmp_path, capsys):
    pydotprint(T.exp(x), tmp_path / "graph.dot", format="dot")
    assert (tmp_path / "graph.dot").read_text() == text(T.exp(x))
    assert capsys.readouterr().out == f"The output file is available at {tmp_path / 'graph.dot'}\n"
    total, _ = theano.scan(lambda row, sum: sum + T.tanh(row), x, T.constant(np.float64(0)))
    pydotprint(total, tmp_path / "loop", format="dot", scan_graphs=True, print_output_file=False)
    assert "tanh" in (tmp_path / "loop_scan_0.dot").read_text() and (tmp_path / "loop.dot").exists()
    assert capsys.readouterr().out == ""


def test_without_a_name_the_file_is_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pydotprint(x + 1, format="dot", print_output_file=False)
    assert (tmp_path / "theano.dot").read_text() == text(x + 1)


def test_graphviz_draws_all_other_formats(tmp_path, monkeypatch):
    def run(command, input, **options):
        assert command == ["/bin/dot", "-Tsvg"] and input.decode() == text(x + 1)
        return subprocess.CompletedProcess(command, 0, b"<svg>", b"")

    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(subprocess, "run", run)
    assert pydotprint(x + 1, format="svg", return_image=True) == b"<svg>"
    pydotprint(x + 1, tmp_path / "graph", format="svg", print_output_file=False)
    assert (tmp_path / "graph.svg").read_bytes() == b"<svg>"


def test_misuse(monkeypatch):
    with pytest.raises(TypeError, match="pydotprint takes variables, apply nodes, graphs and compiled functions, not int"):
        pydotprint(3)
    with pytest.raises(ValueError, match="max_label_size is 3"):
        text(x, max_label_size=3)
    with pytest.raises(NotImplementedError, match=r"(?s)sides of a branch.*colorCodes"):
        pydotprint(x, cond_highlight=True)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(RuntimeError, match=r"(?s)Graphviz, which draws graphs as png, is not installed.*format='dot'"):
        pydotprint(x)
    monkeypatch.setattr(shutil, "which", lambda name: sys.executable)
    with pytest.raises(ValueError, match=r"(?s)Graphviz cannot draw this as -odd.*nknown option"):
        pydotprint(x, format="-odd")
