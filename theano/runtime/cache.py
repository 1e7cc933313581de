"""Object code kept on disk between processes, by the hash of what it was made from.

An entry is its own check: ``magic, sha256 of the rest, object code``.  It is written to a temporary file and renamed, so
there is no lock and no half entry; the directory belongs to this user alone, or it is not used.  Nothing is pickled.

>>> import tempfile
>>> cache = ObjectCache(tempfile.mkdtemp() + "/objects")
>>> cache.put(key("some text", "some target"), b"code")
>>> cache.get(key("some text", "some target")), cache.get(key("other text", "some target"))
(b'code', None)
"""

from __future__ import annotations

import functools
import hashlib
import os
import stat
import tempfile
from pathlib import Path

import llvmlite

from theano.emit.llvm.compile import compile_module
from theano.emit.llvm.target import Target
from theano.flags import config

MAGIC = b"theano object 1\n"
LIMIT = 1 << 29
"""Bytes that a cache may come to hold before its oldest entries go."""


def key(*parts: str) -> str:
    """Of texts, the compiler's version among them."""
    digest = hashlib.sha256(llvmlite.__version__.encode())
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part.encode())
    return digest.hexdigest()


class ObjectCache:
    """A directory of entries.  Whatever is wrong with it, it is a cache: then there is just nothing in it."""

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)

    def _path(self, key: str) -> Path:
        return self.directory / f"{key}.o"

    def get(self, key: str) -> bytes | None:
        try:
            with open(self._path(key), "rb") as file:
                if not _ours(os.fstat(file.fileno())):
                    return None
                found = file.read()
        except OSError:
            return None
        head, code = found[: len(MAGIC) + 32], found[len(MAGIC) + 32 :]
        return code if head == MAGIC + hashlib.sha256(code).digest() else None

    def put(self, key: str, code: bytes) -> None:
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _ours(self.directory.stat()):
                return
            handle, name = tempfile.mkstemp(dir=self.directory, suffix=".part")
            with open(handle, "wb") as file:
                file.write(MAGIC + hashlib.sha256(code).digest() + code)
            os.replace(name, self._path(key))
            if key.startswith("00"):  # one in 256
                self.prune()
        except OSError:
            return

    def prune(self, limit: int = LIMIT) -> None:
        """Remove the entries that were written longest ago until at most ``limit`` bytes are left."""
        entries = sorted(((path.stat(), path) for path in self.directory.glob("*.o")), key=lambda entry: -entry[0].st_mtime)
        for found, path in entries:
            limit -= found.st_size
            if limit < 0:
                path.unlink(missing_ok=True)

    def clear(self) -> int:
        """Remove all entries; how many there were."""
        found = [*self.directory.glob("*.o"), *self.directory.glob("*.part")]
        for path in found:
            path.unlink(missing_ok=True)
        return len(found)


def _ours(found: os.stat_result) -> bool:
    """This user's, and nobody else may write to it.  (Windows keeps a user's cache apart by itself.)"""
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def object_cache() -> ObjectCache:
    """The one of this user, below ``config.base_compiledir``."""
    return _at(str(config.base_compiledir))


@functools.cache
def _at(base: str) -> ObjectCache:
    return ObjectCache(Path(base) / "objects")


def object_key(text: str, of: Target) -> str:
    """The name of a module's object code in the cache."""
    return key(repr(of), text)


def object_code(text: str, of: Target) -> bytes:
    """Of a module's text: the cache's if it has it, else made and put there."""
    cache, name = object_cache(), object_key(text, of)
    code = cache.get(name)
    if code is None:
        code = compile_module(text, of)
        cache.put(name, code)
    return code
