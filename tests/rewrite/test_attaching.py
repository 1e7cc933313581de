"""Optimizers that attach features or print: what follows them finds the features, the graph stays as it is."""

import pytest

import theano
import theano.tensor as T
from theano.compile.mode import AddDestroyHandler, AddFeatureOptimizer, PrintCurrentFunctionGraph
from theano.graph import FunctionGraph, History

x = T.dvector("x")


def graph():
    return FunctionGraph([x], [T.exp(x) * 2])


def test_a_feature_is_there_for_what_follows():
    fgraph, history = graph(), History()
    optimizer = AddFeatureOptimizer(history)
    optimizer.add_requirements(fgraph)
    assert history in fgraph.features
    optimizer.optimize(fgraph)
    assert fgraph.features.count(history) == 1 and optimizer.apply(fgraph) is None


@pytest.mark.parametrize("wrong", [History, 5, None])
def test_what_is_no_feature(wrong):
    with pytest.raises(TypeError, match=r"is no feature of a graph(.|\n)*give an object with on_attach"):
        AddFeatureOptimizer(wrong)


def test_the_destroy_handler_is_attached_once():
    fgraph = graph()
    for _ in range(2):
        AddDestroyHandler().add_requirements(fgraph)
    assert AddDestroyHandler().apply(fgraph) is None and fgraph.destroy_handler in fgraph.features


def test_printed(capsys):
    fgraph = graph()
    PrintCurrentFunctionGraph("as written").apply(fgraph)
    out = capsys.readouterr().out
    assert out.startswith("PrintCurrentFunctionGraph: as written\nElemwise{mul,no_inplace} [id A]")


def test_in_a_mode(capsys):
    mode = theano.Mode("cvm", "fast_run").register((PrintCurrentFunctionGraph("first"), 0.5), (PrintCurrentFunctionGraph("last"), 48))
    f = theano.function([x], T.log(1 + T.exp(x)), mode=mode)
    first, last = capsys.readouterr().out.split("PrintCurrentFunctionGraph: last")
    assert "Elemwise{log" in first and "softplus" in last and f([1000.0]) == 1000
