"""Helpers of the tests of rewriting: standard inputs, and the one property that every rewrite has."""

import numpy as np

import theano.tensor as T
from tests.evaluate import evaluate
from theano.graph import Constant, FunctionGraph, graph_inputs
from theano.rewrite import optimize

SHAPES = {
    "dmatrix": (3, 4),
    "fmatrix": (3, 4),
    "lmatrix": (3, 4),
    "drow": (1, 4),
    "dcol": (3, 1),
    "dvector": (4,),
    "fvector": (4,),
    "lvector": (4,),
    "bvector": (4,),
    "dscalar": (),
    "fscalar": (),
    "lscalar": (),
    "dtensor3": (2, 3, 4),
}


def kind_of(name):
    """``dvector`` of ``dvector1``, ``dtensor3`` of ``dtensor3_0``."""
    return name.partition("_")[0] if "_" in name else name.rstrip("0123456789")


class Inputs:
    """``inputs.dmatrix0`` is a variable of that type, made when asked for; equal sizes for equal dimensions."""

    def __init__(self):
        self.made = {}

    def __getattr__(self, name):
        if name not in self.made:
            self.made[name] = getattr(T, kind_of(name))(name)
        return self.made[name]

    def values(self, random, spread=1.0):
        found = {}
        for name, variable in self.made.items():
            shape, dtype = SHAPES[kind_of(name)], variable.dtype
            found[variable] = (
                random.integers(0, 3, shape).astype(dtype)
                if dtype.startswith("int")
                else (spread * random.normal(size=shape)).astype(dtype)
            )
        return found


def optimized(outputs, **options):
    """(graph of copies of ``outputs`` after rewriting, its report)."""
    outputs = outputs if isinstance(outputs, list) else [outputs]
    leaves = [v for v in graph_inputs(outputs) if not isinstance(v, Constant)]
    graph = FunctionGraph(leaves, outputs)
    report = optimize(graph, **options)
    graph.check_integrity()
    return graph, report, leaves


def check_rewriting(outputs, values, rtol=1e-9, **options):
    """Rewriting changes neither values nor types nor shapes; returns the graph and the report."""
    outputs = outputs if isinstance(outputs, list) else [outputs]
    graph, report, leaves = optimized(outputs, **options)
    assert [v.type for v in graph.outputs] == [v.type for v in outputs]
    assert not report.exhausted and not report.refused, report.refused
    before = evaluate(outputs, {v: values[v] for v in leaves if v in values})
    after = evaluate(list(graph.outputs), {new: values[old] for new, old in zip(graph.inputs, leaves, strict=True) if old in values})
    for old, new in zip(before, after, strict=True):
        assert old.shape == new.shape and old.dtype == new.dtype
        np.testing.assert_allclose(
            new, old, rtol=rtol if old.dtype != np.float32 else 2e-5, atol=1e-12 if old.dtype != np.float32 else 1e-6
        )
    return graph, report


def ops_of(graph):
    """The names of the ops of a graph, elementwise ones by their scalar op, in topological order."""
    return [
        getattr(getattr(node.op, "scalar_op", None), "name", None) if type(node.op).__name__ == "Elemwise" else type(node.op).__name__
        for node in graph.toposort()
    ]
