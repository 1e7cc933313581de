"""The makers of variables come from one table: every form, every letter, every plural."""

import json
from pathlib import Path

import numpy as np
import pytest

import theano.tensor as T
from theano.flags import config
from theano.tensor.constructors import FORMS, LETTERS

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.mark.parametrize("form", FORMS)
def test_forms_read_floatx_when_called(form):
    make = getattr(T, form)
    for dtype in ("float64", "float32"):
        with config.change_flags(floatX=dtype):
            x = make("x")
            assert (x.name, x.dtype, x.broadcastable) == ("x", dtype, FORMS[form])
    assert make(dtype="int16").dtype == "int16"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("letter", LETTERS)
def test_letters_are_types(form, letter):
    type_ = getattr(T, letter + form)
    assert type_ == T.TensorType(LETTERS[letter], FORMS[form])
    assert type_("x").type == type_ and type_().name is None


def test_plurals():
    assert [x.name for x in T.dmatrices("x", "y")] == ["x", "y"]
    assert [x.name for x in T.vectors("xyz")] == ["x", "y", "z"]
    assert [x.name for x in T.scalars(["a", "b"])] == ["a", "b"]
    assert [x.name for x in T.frows(3)] == [None] * 3
    assert [x.dtype for x in T.tensor3s(2, dtype="int8")] == ["int8"] * 2


def test_tensor():
    x = T.tensor("float32", (True, False), name="x")
    assert (x.name, x.type) == ("x", T.frow)
    assert T.tensor(dtype="int8", broadcastable=()).type == T.bscalar


def test_lists_of_types():
    assert T.float_types == [T.fscalar, T.dscalar]
    assert T.int_matrix_types == [T.bmatrix, T.wmatrix, T.imatrix, T.lmatrix]
    assert T.complex_vector_types == [T.cvector, T.zvector]


def _expressions():
    m, r, c, v, s, x = T.matrix(), T.row(), T.col(), T.vector(), T.scalar(), T.matrix()
    return {
        "m+r": lambda: m + r, "m+c": lambda: m + c, "m+s": lambda: m + s, "r+c": lambda: r + c, "v+c": lambda: v + c,
        "r.T": lambda: r.T, "r.sum(0)": lambda: r.sum(0), "r.sum(0,keepdims)": lambda: r.sum(0, keepdims=True),
        "m.sum(1,keepdims)": lambda: m.sum(1, keepdims=True), "max(m,0,keepdims)": lambda: T.max(m, 0, keepdims=True),
        "mean(r,1,keepdims)": lambda: T.mean(r, 1, keepdims=True), "argmax(r,0,keepdims)": lambda: T.argmax(r, 0, keepdims=True),
        "switch(c,m,r)": lambda: T.switch(c, m, r), "constant((1,3))": lambda: T.constant(np.ones((1, 3))),
        "shared((1,3))": lambda: T.shared(np.ones((1, 3))), "dimshuffle(x,0)": lambda: v.dimshuffle("x", 0),
        "zeros_like(r)": lambda: T.zeros_like(r), "m[None,:,:]": lambda: m[None, :, :], "x[0:1]": lambda: x[0:1],
        "r[0:1]": lambda: r[0:1], "r[0:]": lambda: r[0:], "r[:1]": lambda: r[:1], "r[::-1]": lambda: r[::-1], "r[:]": lambda: r[:],
        "m[0]": lambda: m[0], "squeeze(r)": lambda: T.squeeze(r), "r.flatten(1)": lambda: r.flatten(1),
        "r.flatten(2)": lambda: r.flatten(2),
        "m.reshape((1,-1))": lambda: m.reshape((1, -1)), "m.reshape((2,1,3))": lambda: m.reshape((2, 1, 3)),
        "zeros((1,3))": lambda: T.zeros((1, 3)), "arange(1)": lambda: T.arange(1), "eye(1)": lambda: T.eye(1),
        "join0(r,m)": lambda: T.join(0, r, m), "join1(c,m)": lambda: T.join(1, c, m), "join1(r,r)": lambda: T.join(1, r, r),
        "stack(v)": lambda: T.stack([v]), "stack(v,v)": lambda: T.stack([v, v]),
        "set_subtensor(m[0],v)": lambda: T.set_subtensor(m[0], v),
        "repeat(r,2,0)": lambda: T.repeat(r, 2, 0), "tile(v,(1,2))": lambda: T.tile(v, (1, 2)), "diag(v)": lambda: T.diag(v),
    }  # fmt: skip


@pytest.mark.parametrize("floatx", ["float64", "float32"])
@pytest.mark.parametrize("name", _expressions())
def test_patterns_and_dtypes_are_the_classic_ones(floatx, name):
    file = "broadcast.json" if floatx == "float64" else "broadcast.float32.json"
    pattern, dtype = json.loads((DATA / file).read_text())[name]
    with config.change_flags(floatX=floatx):
        result = _expressions()[name]()
    assert [list(result.broadcastable), result.dtype] == [pattern, dtype]
