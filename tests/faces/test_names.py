"""The public names of the classic system: each is called here and gives what it must, or stands among those that are missing.

``pytest -v tests/faces/test_names.py`` shows them one by one.
"""

import io
import json
import math
import pickle
import tempfile
import warnings
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import scipy.special as sp
from scipy import stats

import theano
import theano.tensor as T
from tests.faces import extending, graph_samples, listing, moding, rewriting, samples, watching
from tests.faces.calls import CALLS, mentions
from theano.compat.absent import why_absent

INVENTORY = json.loads((Path(__file__).resolve().parents[1] / "data" / "names.json").read_text())
"""Module -> name -> [tier, kind], of the names that most programs use."""

VALUES = {
    "u": np.array([0.1, 0.5, 0.9]), "v": np.array([0.5, 3, 2]), "m": np.array([[1.0, -2, 3], [0.5, 4, -1]]), "s": np.array(2.5),
    "i": np.array([5, 0, 3]), "b": np.array([True, False, True]),
}  # fmt: skip
NOTHING = object()
"""What matters is that the call works."""

MISSING = {
    "theano.tensor.nnet": {
        "abstract_conv2d", "conv2d", "conv2d_grad_wrt_inputs", "conv2d_transpose", "conv3d", "separable_conv2d",
    },
}  # fmt: skip
"""Names that there are not, in modules of which others are there."""

COMPLETE = {
    "theano.compile.builders", "theano.compile.function_module", "theano.compile.io", "theano.compile.sharedvalue",
    "theano.gof.graph", "theano.gradient", "theano.ifelse", "theano.misc.pkl_utils", "theano.scalar",
    "theano.scalar.basic",
    "theano.scan_module", "theano.scan_module.scan_op", "theano.scan_module.scan_utils", "theano.tensor.basic", "theano.tensor.extra_ops",
    "theano.tensor.nnet.bn", "theano.tensor.nnet.nnet", "theano.tensor.sharedvar", "theano.tensor.subtensor", "theano.tensor.utils",
    "theano.tensor", "theano.tensor.xlogx", "theano.updates",
}  # fmt: skip
COMPLETE |= extending.MODULES | listing.MODULES | watching.MODULES | moding.MODULES | rewriting.MODULES
"""Modules of which all names are there.  Of others that are not named above there are all names but those of theano/compat/absent.py, or,
where that says nothing, none."""


def quietly(f, *args):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return f(*args)


def refusal(f, *args):
    """The class of the exception that the call raises."""
    try:
        f(*args)
    except Exception as error:
        return type(error)
    return None


def archived(dump, load, thing):
    """``thing`` dumped and loaded."""
    file = io.BytesIO()
    dump(thing, file)
    return load(file)


def dumped(dump, *args):
    """What ``dump`` writes of its arguments to a file."""
    with tempfile.TemporaryDirectory() as folder:
        dump(folder + "/arguments", *args)
        arguments = pickle.loads(Path(folder, "arguments").read_bytes())
    (found,) = theano.gof.graph.inputs([arguments["outputs"]])[:1]
    arguments["outputs"] = arguments["outputs"].eval({found: VALUES["u"]})
    return arguments


VARIABLES = {name: T.TensorType(value.dtype.name, (False,) * value.ndim)(name) for name, value in VALUES.items()}
TOOLS = {"T": T, "theano": theano, "np": np, "sp": sp, "stats": stats, "math": math, "partial": partial, "quietly": quietly}
TOOLS |= {"refusal": refusal, "archived": archived, "dumped": dumped, "io": io, "pickle": pickle, "w": theano.shared(1.0, name="w")}
TOOLS |= {"ADD": theano.function([VARIABLES["v"], theano.In(VARIABLES["s"], value=2.0)], VARIABLES["v"] + VARIABLES["s"])}
TOOLS |= {"E": samples, "G": graph_samples, "W": moding.W, "L": listing.L, "P": watching.P, "R": rewriting.R}
NAMES = {**VARIABLES, **{name.upper(): value for name, value in VALUES.items()}, **TOOLS, "NOTHING": NOTHING}


def graphs_in(result):
    """The variables in what a call gave, if that is one or a list of them."""
    if isinstance(result, theano.Variable):
        return [result]
    return list(result) if isinstance(result, (list, tuple)) and any(isinstance(entry, theano.Variable) for entry in result) else []


@pytest.fixture(scope="module")
def results():
    """What each call gives: the call itself, or the exception that it raised; of graphs the values, by one function of them all."""
    found, graphs = {}, {}
    for name, (text, _) in CALLS.items():
        try:
            found[name] = eval(text, dict(NAMES))
        except Exception as error:
            found[name] = error
        graphs[name] = graphs_in(found[name])
    f = theano.function(list(VARIABLES.values()), [graph for several in graphs.values() for graph in several])
    values = iter(f(*VALUES.values()))
    for name, several in graphs.items():
        arrays = [next(values) for _ in several]
        found[name] = found[name] if not several else arrays[0] if isinstance(found[name], theano.Variable) else arrays
    return found


def lookup(path):
    """The object of a dotted name, None if there is none."""
    parts = path.split(".")
    for split in range(len(parts) - 1, 0, -1):
        try:
            found = import_module(".".join(parts[:split]))
        except ModuleNotFoundError:
            continue
        for part in parts[split:]:
            found = getattr(found, part, None)
        return found
    return None


CALLED = {id(lookup(path)): path for path in CALLS}


def is_called(module, name):
    """Whether ``name`` of ``module`` is called, there or where else the same object is."""
    path = f"{module}.{name}"
    return path in CALLS or (lookup(path) is not None and id(lookup(path)) in CALLED)


@pytest.mark.parametrize("name", CALLS)
def test_call(name, results):
    assert mentions(name), "the call is of something else"
    found, text = results[name], CALLS[name][1]
    if isinstance(found, Exception):
        raise found
    with np.errstate(all="ignore"):
        wanted = eval(text, dict(NAMES))
    if wanted is not NOTHING:
        agree(found, wanted)


def agree(found, wanted):
    if isinstance(found, list) and found and not isinstance(found[0], str):
        for got, want in zip(found, wanted, strict=True):
            agree(got, want)
    elif isinstance(found, (np.ndarray, float)):
        assert np.shape(found) == np.shape(wanted)
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-12)
    else:
        assert found == wanted


@pytest.mark.parametrize("module", INVENTORY)
def test_every_name_is_called_or_known_to_be_missing(module):
    missing = {name for name in INVENTORY[module] if not is_called(module, name)}
    explained = {name for name in INVENTORY[module] if why_absent(module, name)}
    assert missing == (set() if module in COMPLETE else MISSING.get(module, explained or set(INVENTORY[module])))
