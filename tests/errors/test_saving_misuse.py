"""Misuse of saving, loading and pickling: what is refused, how it is told, and that nothing is left behind or changed."""

import io
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.importable import Count, Shifted, Triple
from theano.compile import archive
from theano.errors import LoadError, SaveError
from theano.misc.pkl_utils import CompatUnpickler, PersistentSharedVariableID, StripPickler, dump, load
from theano.updates import OrderedUpdates

x = T.dvector("x")
s, t = theano.shared(1.0, name="s"), theano.shared(2.0, name="t")


class Local(Triple):
    """As an operation in a script."""


Local.__module__ = "__main__"


def tripled(value):
    return 3 * value


tripled.__module__, tripled.__qualname__ = "__main__", "tripled"
in_script = theano.compile.ops.as_op(itypes=[T.dvector], otypes=[T.dvector])(tripled)
sys.modules["__main__"].tripled = in_script


def function(**options):
    return theano.function([x], T.exp(x) * s, **options)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The bytes of a saved function."""
    path = tmp_path_factory.mktemp("saved") / "function"
    function().save(path)
    return path.read_bytes()


def written(folder, content):
    path = folder / "file"
    path.write_bytes(content)
    return path


def altered(folder, content, change):
    """The function in ``content`` with another index, and a checksum that is right."""
    path = written(folder, content)
    index, blobs = archive.read_archive(path)
    change(index, blobs)
    archive.write_archive(path, index, blobs)
    return path


def needs(**changes):
    return lambda index, blobs: index["needs"].update(changes)


def processor(**changes):
    return lambda index, blobs: index["needs"]["processor"].update(changes)


def without(name):
    return lambda index, blobs: blobs.pop(name)


def lost_graph(index, blobs):
    del blobs["graph"]
    index["needs"]["theano"] = "9"
    index["no_graph"] = "it was lost"


def unpicklable(op):
    op.note = (n for n in ())
    return op


LOADING = {
    "no file": (lambda d, b: theano.load(d / "none"), FileNotFoundError, "No such file", "none"),
    "a folder": (lambda d, b: theano.load(d), OSError, "", ""),
    "a number": (lambda d, b: theano.load(3), TypeError, "load: a path is needed, a str or a pathlib.Path, not 3 (int)", ""),
    "None": (lambda d, b: theano.load(None), TypeError, "load: a path is needed", "NoneType"),
    "an open file": (lambda d, b: theano.load(io.BytesIO(b)), TypeError, "load: a path is needed", "BytesIO"),
    "an empty file": (lambda d, b: theano.load(written(d, b"")), LoadError, "is no saved function: it is empty", "f.save(path)"),
    "a text": (lambda d, b: theano.load(written(d, b"hello")), LoadError, "is no saved function: it begins with b'hello'", "f.save(path)"),
    "a pickle": (lambda d, b: theano.load(written(d, pickle.dumps(3))), LoadError, "is no saved function", "pickle.load"),
    "a zip archive": (lambda d, b: theano.load(written(d, b"PK\3\4")), LoadError, "is no saved function", "pkl_utils.load"),
    "only the beginning": (
        lambda d, b: theano.load(written(d, b[:20])), LoadError, "is damaged: it was cut off or altered", "copy it again",
    ),
    "a file cut off": (
        lambda d, b: theano.load(written(d, b[:-1])), LoadError, "is damaged: it was cut off or altered", "save the function",
    ),
    "a file that goes on": (lambda d, b: theano.load(written(d, b + b"x")), LoadError, "is damaged", "copy it again"),
    "a file with a changed byte": (
        lambda d, b: theano.load(written(d, b[:99] + bytes([b[99] ^ 4]) + b[100:])), LoadError, "is damaged", "copy it again",
    ),
    "another version": (lambda d, b: theano.load(altered(d, b, needs(theano="9"))), LoadError, "theano  saved: 9", "rebuild=True"),
    "other sources": (lambda d, b: theano.load(altered(d, b, needs(sources="0"))), LoadError, "does not fit", "rebuild=True"),
    "another Python": (lambda d, b: theano.load(altered(d, b, needs(Python="pypy"))), LoadError, "Python  saved: pypy", "rebuild=True"),
    "another processor": (
        lambda d, b: theano.load(altered(d, b, processor(features="+avx1024"))), LoadError, "with avx1024", "rebuild=True",
    ),
    "another architecture": (
        lambda d, b: theano.load(altered(d, b, processor(triple="sparc-sun-solaris"))), LoadError, "with sparc-sun-solaris", "rebuild=True",
    ),
    "another version, without a graph": (
        lambda d, b: theano.load(altered(d, b, lost_graph)),
        LoadError, "does not fit", "compile and save it here (the file holds no graph: it was lost)",
    ),
    "a graph that is not there": (
        lambda d, b: theano.load(altered(d, b, without("graph")), rebuild=True), LoadError, "cannot be rebuilt: it holds no graph", "",
    ),
    "a graph of a class that is gone": (
        lambda d, b: theano.load(altered(d, b, lambda i, p: p.update(graph=b"cno.such\nthing\n.")), rebuild=True),
        LoadError, "needs a class that cannot be imported: No module named 'no'", "make the module importable",
    ),
    "no archive": (lambda d, b: load(io.BytesIO(b)), LoadError, "load: this is no zip archive", "pickle.load"),
    "an archive of arrays": (lambda d, b: load(saved_arrays()), LoadError, "has no entry named pkl", "numpy.load"),
    "half a pickle": (lambda d, b: CompatUnpickler(io.BytesIO(pickle.dumps([x] * 9)[:50])).load(), Exception, "", ""),
}  # fmt: skip


def saved_arrays():
    file = io.BytesIO()
    np.savez(file, a=np.ones(2))
    file.seek(0)
    return file


@pytest.mark.parametrize("name", LOADING)
def test_loading(name, saved, tmp_path):
    misuse, kind, cause, cure = LOADING[name]
    with pytest.raises(kind) as caught:
        misuse(tmp_path, saved)
    assert cause in str(caught.value) and cure in str(caught.value)


SAVING = {
    "to nowhere": (lambda p: function().save(None), TypeError, "save: a path is needed", "NoneType"),
    "to a folder": (lambda p: function().save(p), IsADirectoryError, "save: the path is that of a folder", "add the name of a file"),
    "to a folder that is not there": (lambda p: function().save(p / "no" / "f"), FileNotFoundError, "save: there is no such folder", "no"),
    "what is interpreted": (lambda p: function(mode="REFERENCE").save(p / "f"), SaveError, "makes no native code", "FAST_RUN"),
    "an operation of a script": (
        lambda p: theano.function([x], Local()(x)).save(p / "f"), SaveError, "is defined in the script that runs", "into a module",
    ),
    "a function of a script as an operation": (
        lambda p: theano.function([x], in_script(x)).save(p / "f"), SaveError, "refers to what the script that runs defines", "a module",
    ),
    "an operation with what cannot be pickled": (
        lambda p: theano.function([x], unpicklable(Shifted(1.0))(x)).save(p / "f"),
        SaveError, "cannot pickle 'generator' object", "plain data",
    ),
    "a shared value that cannot be pickled": (
        lambda p: pickle.dumps(theano.function([], Count()(held(n for n in ())))), TypeError, "cannot pickle 'generator' object", "",
    ),
    "arguments to a folder that is not there": (
        lambda p: theano.function_dump(p / "no" / "f", [x], x), FileNotFoundError, "No such file", "",
    ),
    "arguments that cannot be pickled": (lambda p: theano.function_dump(p / "f", [x], lambda: x), Exception, "pickle", "<lambda>"),
    "a stripped pickle of what cannot be pickled": (
        lambda p: StripPickler(io.BytesIO()).dump(n for n in ()), TypeError, "cannot pickle", "",
    ),
    "an archive without a name": (
        lambda p: dump([theano.shared(1.0)], io.BytesIO(), persistent_id=lambda z: PersistentSharedVariableID(z, allow_unnamed=False)),
        ValueError, "has no name", "name it",
    ),
    "an archive with a name twice": (
        lambda p: dump([s, theano.shared(1.0, "s")], io.BytesIO(), persistent_id=lambda z: PersistentSharedVariableID(z, True, False)),
        ValueError, "two shared variables are named 's'", "rename one",
    ),
    "an archive with a name of ours": (
        lambda p: dump([theano.shared(1.0, "pkl")], io.BytesIO()), ValueError, "no shared variable can be named 'pkl'", "rename it",
    ),
}  # fmt: skip


def held(value):
    """A shared variable of a value that is not copied."""
    variable = theano.shared(["nothing"])
    variable.container.storage[0] = value
    return variable


@pytest.mark.parametrize("name", SAVING)
def test_saving(name, tmp_path):
    misuse, kind, cause, cure = SAVING[name]
    with pytest.raises(kind) as caught:
        misuse(tmp_path)
    assert cause in str(caught.value) and cure in str(caught.value)
    assert list(Path(tmp_path).iterdir()) == [], "nothing is left behind"


UPDATES = {
    "of a variable": (
        lambda: OrderedUpdates([(x, 1)]),
        TypeError,
        "updates are of shared variables; x is a variable of type",
        "theano.shared",
    ),
    "of a name": (lambda: OrderedUpdates(s=1), TypeError, "updates are of shared variables; s is a str", "theano.shared"),
    "by assignment": (lambda: OrderedUpdates().__setitem__(3, 1), TypeError, "3 is an int", "givens"),
    "that contradict": (
        lambda: OrderedUpdates({s: s + 1}) + {s: s + 2},
        KeyError,
        "two updates of the shared variable s",
        "one expression",
    ),
    "that contradict from the left": (lambda: {s: 1} + OrderedUpdates({s: 2}), KeyError, "two updates of the shared variable s", ""),
    "that are no pairs": (lambda: OrderedUpdates([s]), TypeError, "", ""),
    "that are no updates": (lambda: OrderedUpdates().update(3), TypeError, "'int' object is not iterable", ""),
}


@pytest.mark.parametrize("name", UPDATES)
def test_updates(name):
    misuse, kind, cause, cure = UPDATES[name]
    with pytest.raises(kind) as caught:
        misuse()
    assert cause in str(caught.value) and cure in str(caught.value)
