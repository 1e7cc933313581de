"""Archives whose arrays NumPy reads, stripped pickles, old pickles, and the arguments of function in a file."""

import io
import pickle
import zipfile
from functools import partial

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.errors import LoadError
from theano.misc.pkl_utils import CompatUnpickler, PersistentNdarrayID, PersistentSharedVariableID, StripPickler, dump, load


def archived(thing, **options):
    file = io.BytesIO()
    dump(thing, file, **options)
    file.seek(0)
    return file


def test_arrays_are_entries_named_after_their_shared_variables():
    w, v, unnamed = theano.shared(np.ones((2, 2)), name="w"), theano.shared(5.0, name="w"), theano.shared(np.arange(3))
    file = archived((w, v, unnamed, np.array(2), [w, np.array(["text"]), np.array([None])]))
    with np.load(file) as arrays:
        assert sorted(arrays) == ["array_0", "array_1", "array_2", "pkl", "w", "w_2"]
        assert arrays["w"].shape == (2, 2) and arrays["w_2"] == 5.0 and arrays["array_0"].tolist() == [0, 1, 2]
    w2, v2, unnamed2, two, (again, text, nothing) = load(file)
    assert again is w2 and (w2.name, v2.name, unnamed2.name) == ("w", "w", None)
    np.testing.assert_array_equal(w2.get_value(), w.get_value())
    assert float(v2.get_value()) == 5.0 and unnamed2.get_value().tolist() == [0, 1, 2] and two == 2
    assert text.tolist() == ["text"] and nothing.tolist() == [None]


def test_one_array_is_one_entry():
    array = np.arange(3.0)
    a, b = load(archived((array, array)))
    assert a is b
    s = theano.shared(1.0, name="s")
    t, u = load(archived((s, s.clone())))
    t.set_value(2.0)
    assert float(u.get_value()) == 2.0


def test_functions_and_graphs():
    x, w = T.dvector("x"), theano.shared(np.ones(2), name="w")
    f = theano.function([x], x * w, updates=[(w, w + 1)])
    file = archived((f, w))
    assert "w" in np.load(file)
    new, v = load(file)
    assert new([1.0, 2.0]).tolist() == [1.0, 2.0] and v.get_value().tolist() == [2.0, 2.0] and w.get_value().tolist() == [1.0, 1.0]


@pytest.mark.parametrize("protocol", [0, 2, pickle.HIGHEST_PROTOCOL])
def test_every_protocol(protocol):
    assert load(archived([np.arange(3), "x"], protocol=protocol))[0].tolist() == [0, 1, 2]


def test_names_may_be_demanded():
    strict = partial(PersistentSharedVariableID, allow_unnamed=False, allow_duplicates=False)
    a, b = theano.shared(1.0, name="a"), theano.shared(2.0, name="b")
    assert float(load(archived([a, b], persistent_id=strict))[1].get_value()) == 2.0
    with pytest.raises(ValueError, match="has no name; name it"):
        archived([theano.shared(1.0)], persistent_id=strict)
    with pytest.raises(ValueError, match="two shared variables are named 'a'; rename one"):
        archived([a, theano.shared(2.0, name="a")], persistent_id=strict)
    for name in ("pkl", "array_0"):
        with pytest.raises(ValueError, match=f"no shared variable can be named '{name}' here"):
            archived([theano.shared(1.0, name=name)])
    assert sorted(np.load(archived([a], persistent_id=PersistentNdarrayID))) == ["array_0", "pkl"]


def test_what_is_no_archive_is_told():
    with pytest.raises(LoadError, match=r"(?s)no zip archive.*pickle\.load"):
        load(io.BytesIO(pickle.dumps(3)))
    empty = io.BytesIO()
    np.savez(empty, a=np.ones(2))
    empty.seek(0)
    with pytest.raises(LoadError, match=r"(?s)no entry named pkl.*numpy\.load"):
        load(empty)


def test_an_archive_that_lacks_an_array_is_told():
    file, less = archived([np.ones(2), theano.shared(1.0, name="w")]), io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(less, "w") as new:
        new.writestr("pkl", old.read("pkl"))
    with pytest.raises(LoadError, match="asks for the array 'array_0', which the archive lacks"):
        load(less)
    with zipfile.ZipFile(other := io.BytesIO(), "w") as new:
        new.writestr("pkl", b"Psomething.else\n.")
    with pytest.raises(LoadError, match=r"asks for 'something\.else'"):
        load(other)


# ------------------------------------------------------------------------------------------------ stripped


def stripped(thing, *arguments):
    file = io.BytesIO()
    StripPickler(file, *arguments).dump(thing)
    return file.getvalue()


def graph():
    x = T.dvector("x")
    x.tag.note, x.tag.trace = "kept", "gone"
    return T.exp(x) + 1


def test_the_same_graph_from_other_lines_is_the_same_pickle():
    one = graph()
    two = graph()
    x = T.dvector("x")
    x.tag.note = "kept"
    three = T.exp(x) + 1
    assert stripped(one) == stripped(two) == stripped(three)
    assert stripped(one) != stripped(graph() * 2)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_stripped_graph_is_whole(protocol):
    y = graph()
    new = pickle.loads(stripped([y, y.owner.inputs[0]], protocol))
    assert new[0].owner.inputs[0] is new[1] and new[0].origin.lines() == []
    (x,) = theano.gof.graph.inputs([new[1]])
    assert vars(x.tag) == {"note": "kept"}
    np.testing.assert_allclose(new[0].eval({x: [0.0]}), [2.0])
    (x,) = theano.gof.graph.inputs([pickle.loads(stripped(y, protocol, ["note"]))])[:1]
    assert vars(x.tag) == {}
    assert vars(y.owner.inputs[0].owner.inputs[0].tag) == {"note": "kept", "trace": "gone"}


# ------------------------------------------------------------------------------------------------ old ones


OLD = {
    "Python 2, NumPy 1": (
        b"cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\nndarray\np1\n(I0\ntp2\nS'b'\np3\ntp4\nRp5\n(I1\n(I3\ntp6\n"
        b"cnumpy\ndtype\np7\n(S'u1'\np8\nI0\nI1\ntp9\nRp10\n(I3\nS'|'\np11\nNNNI-1\nI-1\nI0\ntp12\nbI00\nS'\\x01\\x02\\xff'\np13\ntp14\nb."
    ),
}  # fmt: skip
OLD["NumPy 2"] = OLD["Python 2, NumPy 1"].replace(b"numpy.core", b"numpy._core")


@pytest.mark.parametrize("name", OLD)
def test_old_arrays(name):
    assert CompatUnpickler(io.BytesIO(OLD[name])).load().tolist() == [1, 2, 255]


def test_old_module_paths():
    old = CompatUnpickler(io.BytesIO(b"(ctheano.tensor.var\nTensorVariable\nctheano.gof.graph\nApply\nt.")).load()
    assert old == (T.TensorVariable, theano.Apply)


# ------------------------------------------------------------------------------------------------ arguments of function


def test_the_arguments_of_a_function_in_a_file(tmp_path):
    x, s = T.dvector("x"), theano.shared(2.0, name="s")
    x.tag.secret = 1
    path = tmp_path / "arguments.pkl"
    theano.function_dump(
        path, [theano.In(x, value=[1.0])], {"y": x * s}, updates=[(s, s + 1)], mode="FAST_COMPILE", name="f", on_unused_input="ignore",
        extra_tag_to_remove="secret",
    )  # fmt: skip
    with open(path, "rb") as file:
        arguments = pickle.load(file)
    assert set(arguments) == {
        "inputs", "outputs", "mode", "updates", "givens", "no_default_updates", "accept_inplace", "name", "rebuild_strict",
        "allow_input_downcast", "profile", "on_unused_input",
    }  # fmt: skip
    assert vars(arguments["inputs"][0].variable.tag) == {}
    f = theano.function(**arguments)
    assert (f.name, [f()["y"].tolist() for _ in range(2)], float(s.get_value())) == ("f", [[2.0], [3.0]], 2.0)
    assert theano.function_dump is theano.compile.function_dump
