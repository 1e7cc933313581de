"""Pickles of the classic system: stripped ones, a zip archive whose arrays NumPy reads, and old ones.

:func:`dump` writes a zip archive: the pickle itself, named ``pkl``, without the arrays, and each array as an entry that ``numpy.load``
finds by name: that of its shared variable, else ``array_0`` and so on.  :func:`load` reads it.

>>> import tempfile, numpy, theano
>>> path = tempfile.mkdtemp() + "/model.zip"
>>> with open(path, "wb") as file:
...     dump([theano.shared(3.0, name="w"), theano.shared(4.0, name="w"), numpy.ones(2)], file)
>>> sorted(numpy.load(path)), numpy.load(path)["w_2"]
(['array_0', 'pkl', 'w', 'w_2'], array(4.))
>>> with open(path, "rb") as file:
...     w, v, ones = load(file)
>>> float(v.get_value()), ones
(4.0, array([1., 1.]))
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

import numpy

from theano.errors import LoadError, message
from theano.graph import NOWHERE, Origin, Scratch
from theano.graph.portable import PortableArray
from theano.tensor.sharedvar import SharedVariable

DEFAULT_PROTOCOL = pickle.DEFAULT_PROTOCOL
BREAKING_NAMES = {"pkl"}
"""Names of entries that are no arrays."""


class StripPickler(pickle._Pickler):
    """Leaves out where graphs were written, and the tags' entries of the names ``extra_tag_to_remove``.

    Two programs that build the same graph on different lines have the same stripped pickle."""

    def __init__(self, file: Any, protocol: int = 0, extra_tag_to_remove: Iterable[str] | str | None = None) -> None:
        super().__init__(file, protocol)
        extra = [extra_tag_to_remove] if isinstance(extra_tag_to_remove, str) else extra_tag_to_remove or ()
        self.tag_to_remove = {"trace", *extra}
        self._stripped: dict[int, tuple[Any, Any]] = {}

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, Origin):
            obj = NOWHERE
        elif isinstance(obj, Scratch) and not self.tag_to_remove.isdisjoint(obj.__dict__):
            obj = self._without(obj)
        super().save(obj, save_persistent_id)  # type: ignore[misc]  # typeshed leaves it out

    def _without(self, tag: Scratch) -> Scratch:
        """The same stripped copy for the same tag."""
        if id(tag) not in self._stripped:
            entries = {name: value for name, value in tag.__dict__.items() if name not in self.tag_to_remove}
            self._stripped[id(tag)] = (tag, Scratch(**entries))
        stripped: Scratch = self._stripped[id(tag)][1]
        return stripped


class CompatUnpickler(pickle.Unpickler):
    """Reads pickles of Python 2, whose texts are bytes, and of any NumPy, whatever module it kept its arrays in.

    >>> import io
    >>> CompatUnpickler(io.BytesIO(b"S'caf\\\\xe9'\\n.")).load()
    'café'
    """

    def __init__(self, file: Any) -> None:
        super().__init__(file, encoding="latin1")

    def find_class(self, module: str, name: str) -> Any:
        here = "numpy._core" if hasattr(numpy, "_core") else "numpy.core"
        for there in ("numpy.core", "numpy._core"):
            if module == there or module.startswith(there + "."):
                module = here + module[len(there) :]
        return super().find_class(module, name)


# ------------------------------------------------------------------------------------------------ the archive


class PersistentNdarrayID:
    """Puts each array that a pickler meets into ``zip_file`` and gives the pickle its name, ``ndarray.NAME``."""

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.count = 0
        self.seen: dict[int, tuple[Any, str]] = {}

    def _resolve_name(self, obj: Any) -> str:
        name = f"array_{self.count}"
        self.count += 1
        return name

    def __call__(self, obj: Any) -> str | None:
        array = obj.array if isinstance(obj, PortableArray) else obj
        if type(array) is not numpy.ndarray or array.dtype.hasobject:
            return None
        if id(array) not in self.seen:
            name = self._resolve_name(array)
            with self.zip_file.open(name, "w", force_zip64=True) as entry:
                numpy.lib.format.write_array(entry, array, allow_pickle=False)
            self.seen[id(array)] = array, f"ndarray.{name}"
        return self.seen[id(array)][1]


class PersistentSharedVariableID(PersistentNdarrayID):
    """Names arrays after their shared variables; a name that is taken gets ``_2``, ``_3`` ...

    ``allow_unnamed=False`` and ``allow_duplicates=False`` refuse shared variables without a name, or with the name of another."""

    def __init__(self, zip_file: zipfile.ZipFile, allow_unnamed: bool = True, allow_duplicates: bool = True) -> None:
        super().__init__(zip_file)
        self.allow_unnamed, self.allow_duplicates = allow_unnamed, allow_duplicates
        self.name_counter: dict[str, int] = {}
        self.names: dict[int, str] = {}

    def _resolve_name(self, obj: Any) -> str:
        return self.names.get(id(obj)) or super()._resolve_name(obj)

    def __call__(self, obj: Any) -> str | None:
        if isinstance(obj, SharedVariable):
            value = obj.container.storage[0]
            if type(value) is numpy.ndarray and id(value) not in self.names and id(value) not in self.seen:
                name = self._name_of(obj)
                if name is not None:
                    self.names[id(value)] = name
        return super().__call__(obj)

    def _name_of(self, variable: SharedVariable) -> str | None:
        name = variable.name
        if not name:
            if not self.allow_unnamed:
                raise ValueError(f"dump: a shared variable of type {variable.type} has no name; name it, or pass allow_unnamed=True")
            return None
        if name in BREAKING_NAMES or name.startswith("array_"):
            raise ValueError(f"dump: no shared variable can be named {name!r} here: entries of the archive have such names; rename it")
        count = self.name_counter[name] = self.name_counter.get(name, 0) + 1
        if count > 1 and not self.allow_duplicates:
            raise ValueError(f"dump: two shared variables are named {name!r}; rename one, or pass allow_duplicates=True")
        return name if count == 1 else f"{name}_{count}"


class PersistentNdarrayLoad:
    """Finds the arrays that a pickle names, in ``zip_file``."""

    def __init__(self, zip_file: zipfile.ZipFile) -> None:
        self.zip_file = zip_file
        self.cache: dict[str, Any] = {}

    def __call__(self, persid: str) -> Any:
        kind, _, name = persid.partition(".")
        if kind not in ("ndarray", "gpuarray"):
            raise LoadError(f"load: the pickle asks for {persid!r}; an archive holds arrays, named ndarray.NAME")
        if name not in self.cache:
            if name not in self.zip_file.namelist():
                raise LoadError(f"load: the pickle asks for the array {name!r}, which the archive lacks")
            with self.zip_file.open(name) as entry:
                self.cache[name] = numpy.lib.format.read_array(entry, allow_pickle=False)
        return self.cache[name]


def dump(
    obj: Any,
    file_handler: Any,
    protocol: int = DEFAULT_PROTOCOL,
    persistent_id: Callable[[zipfile.ZipFile], Callable[[Any], Any]] = PersistentSharedVariableID,
) -> None:
    """Pickle ``obj`` into a zip archive, its arrays as entries of their own.

    ``persistent_id`` is called with the archive and gives what decides, for each object, on its name in the archive or None."""
    with zipfile.ZipFile(file_handler, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        text = io.BytesIO()
        pickler = pickle.Pickler(text, protocol)
        pickler.persistent_id = persistent_id(archive)  # type: ignore[method-assign]  # pickle asks the instance
        pickler.dump(obj)
        archive.writestr("pkl", text.getvalue())


def load(f: Any, persistent_load: Callable[[zipfile.ZipFile], Callable[[Any], Any]] = PersistentNdarrayLoad) -> Any:
    """What :func:`dump` wrote to the file ``f``.  It unpickles: load only what you trust."""
    try:
        archive = zipfile.ZipFile(f)
    except zipfile.BadZipFile as why:
        raise LoadError(message(f"load: this is no zip archive: {why}", cure="read a plain pickle with pickle.load")) from why
    with archive:
        if "pkl" not in archive.namelist():
            text = "load: the archive has no entry named pkl, so dump did not write it"
            raise LoadError(message(text, cure="numpy.load reads archives of arrays"))
        unpickler = CompatUnpickler(io.BytesIO(archive.read("pkl")))
        unpickler.persistent_load = persistent_load(archive)  # type: ignore[method-assign]  # the same
        return unpickler.load()


# ------------------------------------------------------------------------------------------------ arguments of function


def function_dump(
    filename: Any,
    inputs: Any,
    outputs: Any = None,
    mode: Any = None,
    updates: Any = None,
    givens: Any = None,
    no_default_updates: Any = False,
    accept_inplace: bool = False,
    name: str | None = None,
    rebuild_strict: bool = True,
    allow_input_downcast: bool | None = None,
    profile: Any = None,
    on_unused_input: str | None = None,
    extra_tag_to_remove: Any = None,
) -> None:
    """Pickle the arguments of a call of ``theano.function`` to the file ``filename``, to look at them elsewhere.

    The file holds a dictionary: ``theano.function(**pickle.load(open(filename, "rb")))`` compiles it.  Shared variables come with their
    values.  Tags named in ``extra_tag_to_remove`` are left out."""
    arguments = {key: value for key, value in locals().items() if key not in ("filename", "extra_tag_to_remove")}
    text = io.BytesIO()
    StripPickler(text, pickle.HIGHEST_PROTOCOL, extra_tag_to_remove).dump(arguments)
    with open(filename, "wb") as file:
        file.write(text.getvalue())


__all__ = [
    "DEFAULT_PROTOCOL", "CompatUnpickler", "PersistentNdarrayID", "PersistentNdarrayLoad", "PersistentSharedVariableID", "StripPickler",
    "dump", "function_dump", "load",
]  # fmt: skip
