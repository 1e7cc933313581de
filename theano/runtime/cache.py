"""Object code and plans kept on disk between processes, by the hash of what they were made from.

An entry is its own check: ``magic, sha256 of its name and the rest, the rest``.  It is written to a temporary file and renamed, so
there is no lock and no half entry, however many processes write it and wherever one is killed.  The folder and each entry belong to
this user alone, or they are not used: what is loaded here is run.  Nothing is pickled.

Whatever is wrong with an entry, there is none; whatever is wrong with the folder, functions are compiled as if there were none, and
a :class:`CacheWarning` says so once in a process.

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
import time
import warnings
from pathlib import Path

import llvmlite

from theano.emit.llvm.compile import compile_module
from theano.emit.llvm.target import Target
from theano.errors import message
from theano.flags import config

MAGIC = b"theano object 2\n"
LIMIT = 1 << 29
"""Bytes that a cache may come to hold before its oldest entries go."""
ABANDONED = 3600.0
"""Seconds after which a temporary file belongs to a process that was killed while it wrote."""
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


class CacheWarning(UserWarning):
    """The cache of compiled code cannot be used: each process compiles all of its functions anew."""


def key(*parts: str) -> str:
    """Of texts, the compiler's version among them."""
    digest = hashlib.sha256(llvmlite.__version__.encode())
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part.encode())
    return digest.hexdigest()


class ObjectCache:
    """A folder of entries.  Whatever is wrong with it, it is a cache: then there is just nothing in it."""

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)

    def _path(self, key: str) -> Path:
        return self.directory / f"{key}.o"

    def get(self, key: str) -> bytes | None:
        try:
            with open(os.open(self._path(key), _OPEN), "rb") as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode) or not _ours(found) or not _ours(self.directory.stat()):
                    return None
                content = file.read()
        except OSError:
            return None
        head, rest = content[: len(MAGIC) + 32], content[len(MAGIC) + 32 :]
        return rest if head == MAGIC + _digest(key, rest) else None

    def put(self, key: str, content: bytes) -> None:
        part = None
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _ours(self.directory.stat()):
                return _warn(self.directory, "it belongs to another user, or others may write to it", f"chmod go-w {self.directory}")
            import tempfile

            handle, part = tempfile.mkstemp(dir=self.directory, suffix=".part")
            with open(handle, "wb") as file:
                file.write(MAGIC + _digest(key, content) + content)
            os.replace(part, self._path(key))
        except OSError as why:
            if part is not None:
                _remove(Path(part))
            return _warn(self.directory, f"{why.strerror or why} ({type(why).__name__})")
        if key.startswith("00"):  # one in 256
            self.prune()

    def drop(self, key: str) -> None:
        """Remove an entry that turned out to be of no use."""
        _remove(self._path(key))

    def prune(self, limit: int = LIMIT) -> None:
        """Remove what killed processes left, and the entries written longest ago until at most ``limit`` bytes are left."""
        entries: list[tuple[float, int, Path]] = []
        for path in self._files():
            try:
                found = path.stat()
            except OSError:
                continue  # another process was quicker
            if path.suffix == ".o":
                entries.append((found.st_mtime, found.st_size, path))
            elif time.time() - found.st_mtime > ABANDONED:
                _remove(path)
        for _, size, path in sorted(entries, reverse=True):
            limit -= size
            if limit < 0:
                _remove(path)

    def clear(self) -> int:
        """Remove all entries; how many there were."""
        found = self._files()
        for path in found:
            _remove(path)
        return len(found)

    def _files(self) -> list[Path]:
        return [*self.directory.glob("*.o"), *self.directory.glob("*.part")]


def _digest(key: str, content: bytes) -> bytes:
    """With the name in it, an entry cannot stand in another's place."""
    return hashlib.sha256(key.encode() + b"\n" + content).digest()


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass  # a folder that may only be read


def _ours(found: os.stat_result) -> bool:
    """This user's, and nobody else may write to it.  (Windows keeps a user's cache apart by itself.)"""
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


_warned: list[Path] = []


def _warn(directory: Path, why: str, cure: str = "set base_compiledir in THEANO_FLAGS to a folder of your own that can be written") -> None:
    """Once in a process, however many functions it compiles."""
    if not _warned:
        _warned.append(directory)
        text = "compiled code cannot be kept on disk, so every process compiles its functions anew"
        warnings.warn(message(text, [("folder", str(directory)), ("reason", why)], cure), CacheWarning, stacklevel=2)


def object_cache() -> ObjectCache:
    """The one of this user, below ``config.base_compiledir``."""
    return _at(str(config.base_compiledir))


@functools.cache
def _at(base: str) -> ObjectCache:
    return ObjectCache(Path(base) / "objects")


def object_key(text: str, of: Target) -> str:
    """The name of a module's object code in the cache."""
    return key(repr(of), text)


def object_code(text: str, of: Target, anew: bool = False) -> bytes:
    """Of a module's text: the cache's if it has it (unless ``anew``), else made and put there."""
    cache, name = object_cache(), object_key(text, of)
    code = None if anew else cache.get(name)
    if code is None:
        code = compile_module(text, of)
        cache.put(name, code)
    return code
