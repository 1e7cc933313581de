"""Graphs as pictures, drawn by Graphviz.

>>> import theano.tensor as T
>>> x = T.dvector("x")
>>> print(dot_text([T.exp(x) + x]))
digraph graph_of_expressions {
  v0 [label="x TensorType(float64, vector)", shape=box, style=filled, fillcolor=green];
  n0 [label="Elemwise{exp,no_inplace}", shape=ellipse, style=filled, fillcolor="#FFAABB"];
  v0 -> n0;
  n1 [label="Elemwise{add,no_inplace}", shape=ellipse, style=filled, fillcolor="#FFAABB"];
  n0 -> n1 [label="0 TensorType(float64, vector)"];
  v0 -> n1 [label="1"];
  v1 [label="TensorType(float64, vector)", shape=box, style=filled, fillcolor=lightblue];
  n1 -> v1;
}
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from theano.errors import MethodNotDefined, message
from theano.graph import Constant, Variable, io_toposort
from theano.printing.tree import roots_of
from theano.scanning import Scan

COLORS = {"Scan": "yellow", "Shape": "brown", "Branch": "magenta", "Elemwise": "#FFAABB", "Subtensor": "#FFAAFF", "Alloc": "#FFAA22"}
"""Of operations, by a part of the name of their class."""
INPUT, CONSTANT, SHARED, OUTPUT, OTHER = "green", "pink", "cyan", "lightblue", "white"


class _Picture:
    """The statements of one graph."""

    def __init__(
        self, compact: bool, with_ids: bool, high_contrast: bool, colors: Mapping[str, str], longest: int, names_alone: bool
    ) -> None:
        self.compact, self.with_ids, self.high_contrast = compact, with_ids, high_contrast
        self.colors, self.longest, self.names_alone = colors, longest, names_alone
        self.places: dict[Any, str] = {}  # node or variable -> name of its box
        self.names = (f"v{number}" for number in count())

    def statements(self, outputs: Sequence[Variable]) -> Iterator[str]:
        wanted = set(outputs)
        for number, node in enumerate(io_toposort([], outputs)):
            for variable in node.inputs:
                if variable.owner is None and variable not in self.places:
                    yield self._variable(variable, _color_of(variable))
            self.places[node] = f"n{number}"
            yield self._box(f"n{number}", f"{number} {node.op}" if self.with_ids else str(node.op), "ellipse", self._color(node))
            for position, variable in enumerate(node.inputs):
                words = [str(position)] if len(node.inputs) > 1 else []
                if variable not in self.places and variable.owner is not None:
                    words += ([f"output {variable.index}"] if len(variable.owner.outputs) > 1 else []) + [str(variable.type)]
                yield self._edge(self.places.get(variable) or self.places[variable.owner], f"n{number}", " ".join(words))
            for variable in node.outputs:
                if variable in wanted or not self.compact or variable.name:
                    yield self._variable(variable, OUTPUT if variable in wanted else OTHER)
                    yield self._edge(f"n{number}", self.places[variable], str(variable.index) if len(node.outputs) > 1 else "")
        for variable in outputs:
            if variable not in self.places:
                yield self._variable(variable, _color_of(variable))

    def _variable(self, variable: Variable, color: str) -> str:
        name = str(variable) if variable.owner is None and (variable.name or isinstance(variable, Constant)) else variable.name or ""
        place = self.places[variable] = next(self.names)
        label = name if self.names_alone and variable.name else f"{name} {variable.type}".strip()
        return self._box(place, label, "box", color)

    def _box(self, place: str, label: str, shape: str, color: str) -> str:
        style = f"style=filled, fillcolor={_quoted(color)}" if self.high_contrast else f"color={_quoted(color)}"
        return f"  {place} [label={json.dumps(self._cut(label), ensure_ascii=False)}, shape={shape}, {style}];"

    def _edge(self, start: str, end: str, label: str) -> str:
        return f"  {start} -> {end}" + (f" [label={json.dumps(self._cut(label), ensure_ascii=False)}]" if label else "") + ";"

    def _cut(self, label: str) -> str:
        return label if len(label) <= self.longest else label[: self.longest - 3] + "..."

    def _color(self, node: Any) -> str:
        name = type(node.op).__name__
        return next((color for part, color in self.colors.items() if part in name), OTHER)


def _color_of(leaf: Variable) -> str:
    return CONSTANT if isinstance(leaf, Constant) else SHARED if hasattr(leaf, "get_value") else INPUT


def _quoted(color: str) -> str:
    return color if color.isalpha() else f'"{color}"'


def dot_text(
    outputs: Sequence[Variable],
    compact: bool = True,
    with_ids: bool = False,
    high_contrast: bool = True,
    colorCodes: Mapping[str, str] | None = None,
    max_label_size: int = 70,
    var_with_name_simple: bool = False,
) -> str:
    """The graph that computes ``outputs``, in Graphviz's language; the arguments are those of :func:`pydotprint`."""
    if max_label_size < 4:
        raise ValueError(f"pydotprint: max_label_size is {max_label_size}; a label that is cut has 4 characters or more")
    picture = _Picture(compact, with_ids, high_contrast, COLORS if colorCodes is None else colorCodes, max_label_size, var_with_name_simple)
    return "\n".join(["digraph graph_of_expressions {", *picture.statements(outputs), "}"])


def pydotprint(
    fct: Any,
    outfile: Any = None,
    compact: bool = True,
    format: str = "png",
    with_ids: bool = False,
    high_contrast: bool = True,
    cond_highlight: Any = None,
    colorCodes: Mapping[str, str] | None = None,
    max_label_size: int = 70,
    scan_graphs: bool = False,
    var_with_name_simple: bool = False,
    print_output_file: bool = True,
    return_image: bool = False,
) -> bytes | None:
    """Draw ``fct`` (a variable, a graph, a compiled function, or a list of these) into ``outfile``, by default ``theano.<format>`` here.

    Operations are ellipses, variables are boxes: inputs green, shared variables cyan, constants pink, results blue.  With ``compact`` a
    variable between two operations is an arrow if it has no name.  ``with_ids`` numbers the operations; ``high_contrast`` fills shapes;
    ``colorCodes`` gives colours by a part of the names of operations' classes; ``max_label_size`` cuts labels; ``var_with_name_simple``
    leaves the types of named variables out; ``scan_graphs`` draws the steps of loops, too, each into a file of its own;
    ``return_image`` gives the picture instead of writing it.  The format ``dot`` is Graphviz's own language; for all others its
    program ``dot`` must be there.
    """
    if cond_highlight is not None:
        cure = "leave cond_highlight out; colorCodes={'Branch': 'red'} marks the branches themselves"
        raise MethodNotDefined(
            message("pydotprint: the sides of a branch are graphs of their own, which cannot be marked in this one", cure=cure)
        )
    options = (compact, with_ids, high_contrast, colorCodes, max_label_size, var_with_name_simple)
    outputs = list(roots_of(fct, "pydotprint"))
    picture = _drawn(dot_text(outputs, *options), format)
    if return_image:
        return picture
    path = os.fspath(outfile) if outfile is not None else f"theano.{format}"
    path = path if path.endswith(f".{format}") else f"{path}.{format}"
    _write(path, picture, print_output_file)
    if scan_graphs:
        loops = [node.op for node in io_toposort([], outputs) if isinstance(node.op, Scan)]
        for number, loop in enumerate(loops):
            inner = _drawn(dot_text(loop.graph.outputs, *options), format)
            _write(f"{path[: -len(format) - 1]}_scan_{number}.{format}", inner, print_output_file)
    return None


def _drawn(text: str, format: str) -> bytes:
    if format == "dot":
        return text.encode()
    program = shutil.which("dot")
    if program is None:
        cure = "install Graphviz (https://graphviz.org), or write its own language: format='dot'"
        raise RuntimeError(message(f"pydotprint: Graphviz, which draws graphs as {format}, is not installed", cure=cure))
    done = subprocess.run([program, f"-T{format}"], input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        raise ValueError(message(f"pydotprint: Graphviz cannot draw this as {format}", cure=done.stderr.decode(errors="replace").strip()))
    return done.stdout


def _write(path: str, picture: bytes, tell: bool) -> None:
    with open(path, "wb") as file:
        file.write(picture)
    if tell:
        print("The output file is available at", path)


__all__ = ["dot_text", "pydotprint"]
