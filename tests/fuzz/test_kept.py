"""Random functions saved to a file, pickled and copied: what comes back computes the same to the bit, and fails in the same way."""

import copy
import io
import pickle

import numpy as np
import pytest

import theano
from tests.fuzz.check import gradient_case, value_case
from tests.fuzz.graphs import ENVIRONMENTS
from theano.misc.pkl_utils import StripPickler

KEPT = 6


def by_file(f, path):
    f.save(path)
    return theano.load(path)


WAYS = {
    "a file": by_file,
    "a file of a file": lambda f, path: by_file(by_file(f, path), path),
    "the graph in a file": lambda f, path: f.save(path) or theano.load(path, rebuild=True),
    "a pickle": lambda f, path: pickle.loads(pickle.dumps(f)),
    "a deep copy": lambda f, path: copy.deepcopy(f),
}


def outcome(f, environment, case, values):
    """Results and next values as bytes, or the kind and headline of the error."""
    by_name = {v.name: v for v in f.get_shared()}
    for known in case.shared:
        if known.variable.name in by_name:
            by_name[known.variable.name].set_value(known.values[environment])
    try:
        with np.errstate(all="ignore"):
            found = f(*values)
    except Exception as error:
        return type(error), str(error).splitlines()[0]
    arrays = [*found, *(v.get_value() for v in by_name.values())]
    return [(a.dtype, a.shape, a.tobytes()) for a in arrays], list(by_name)


@pytest.mark.parametrize("make", [value_case, gradient_case], ids=["values", "gradients"])
@pytest.mark.parametrize("seed", range(KEPT))
def test_functions_come_back(seed, make, tmp_path):
    case = make(seed)
    if case is None:
        return
    f = case.compile("FAST_RUN")
    arguments = [[k.values[environment] for k in case.inputs] for environment in range(ENVIRONMENTS)]
    longer = [np.concatenate([a, a[:1]]) if a.ndim and len(a) else a for a in arguments[0]]
    for way in WAYS.values():
        new = way(f, tmp_path / "f")
        assert len(new.get_shared()) == len(f.get_shared())
        for environment, values in [*enumerate(arguments), (0, longer[:1] + arguments[0][1:])]:
            assert outcome(new, environment, case, values) == outcome(f, environment, case, values)


@pytest.mark.parametrize("seed", range(KEPT))
def test_stripped_graphs_come_back(seed):
    case = value_case(seed)
    file = io.BytesIO()
    StripPickler(file, 4).dump(([k.variable for k in case.inputs], [k.variable for k in case.shared], [k.variable for k in case.outputs]))
    inputs, shared, outputs = pickle.loads(file.getvalue())
    options = {"on_unused_input": "ignore", "accept_inplace": True}
    new = theano.function(inputs, outputs, **options)
    old = theano.function([k.variable for k in case.inputs], [k.variable for k in case.outputs], **options)
    for known, variable in zip(case.shared, shared):
        for v in (known.variable, variable):
            v.set_value(known.values[0])
    values = [k.values[0] for k in case.inputs]
    with np.errstate(all="ignore"):
        for a, b in zip(new(*values), old(*values), strict=True):
            assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
