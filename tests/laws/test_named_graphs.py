"""What holds for the graph of each public name: its shape is known without its arrays, and done for many it is done for each."""

import warnings

import numpy as np
import pytest

import theano
from tests.evaluate import evaluate
from tests.faces.test_names import CALLS, NAMES, VALUES, VARIABLES, graphs_in
from theano.graph.traversal import io_toposort
from theano.tensor.type import TensorType


def graphs():
    """The results of the calls of names of tensors, by name; those that are variables."""
    found = {}
    for name, (text, _) in CALLS.items():
        if name.startswith("theano.tensor.") and not name.startswith("theano.tensor.io."):
            with warnings.catch_warnings(action="ignore"):
                try:
                    built = graphs_in(eval(text, dict(NAMES)))
                except (TypeError, ValueError, AttributeError):
                    continue  # what is refused
            found[name] = [g for g in built if isinstance(g.type, TensorType)]
    return {name: several for name, several in found.items() if several}


GRAPHS = graphs()
VALUE_SIZED = {"Nonzero", "Unique", "Default"}
"""Operations of which only the values tell the size."""
SIZES_DIFFER = {
    "nonzero", "flatnonzero", "nonzero_values", "compress", "bincount", "confusion_matrix", "default",
}  # fmt: skip


def kinds(outputs):
    return {type(node.op).__name__ for node in io_toposort([], outputs)}


def test_no_array_is_computed_for_its_shape():
    known = {name: gs for name, gs in GRAPHS.items() if not kinds(gs) & VALUE_SIZED and name != "theano.tensor.bincount"}
    shapes = [g.shape for gs in known.values() for g in gs]
    f = theano.function(list(VARIABLES.values()), shapes, on_unused_input="ignore")
    with_arrays = [node for node in f.maker.fgraph.toposort() if any(out.type.ndim for out in node.outputs)]
    assert {type(node.op).__name__ for node in with_arrays} <= {"MakeVector", "Rebroadcast", "DeepCopyOp"}
    assert len(shapes) > 300


@pytest.mark.parametrize("name", GRAPHS)
def test_of_many_rows_each_is_as_alone(name):
    outputs = GRAPHS[name]
    leaves = [v for v in theano.gof.graph.inputs(outputs) if v in VARIABLES.values()]
    rows = {v: v.type.clone(broadcastable=(False, *v.type.broadcastable))() for v in leaves}
    if not leaves or name.rpartition(".")[2] in SIZES_DIFFER:
        return
    many = theano.vectorize(outputs, rows, fallback="raise")
    found = evaluate(many, {rows[v]: np.stack([VALUES[v.name], VALUES[v.name][..., ::-1] if v.ndim else VALUES[v.name]]) for v in leaves})
    for k, turned in enumerate((slice(None), slice(None, None, -1))):
        alone = evaluate(outputs, {v: VALUES[v.name][..., turned] if v.ndim else VALUES[v.name] for v in leaves})
        for one, all_rows in zip(alone, found):
            np.testing.assert_allclose(all_rows[k], one, rtol=1e-9, atol=1e-12)
