"""The file of a saved function: an index, which is JSON, and blobs of bytes beside it, under one checksum.

    magic (16 bytes)  sha256 of all that follows (32)  length of the index (8)  index  blobs, each at a multiple of 64

The checksum tells a damaged file; it does not tell who wrote it.  Reading executes nothing.

>>> import tempfile
>>> path = tempfile.mkdtemp() + "/example"
>>> write_archive(path, {"number": 3}, {"name": b"some bytes"})
>>> index, blobs = read_archive(path)
>>> index["number"], bytes(blobs["name"])
(3, b'some bytes')
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

from theano.errors import LoadError, message

MAGIC = b"theano function\n"
_HEAD = len(MAGIC) + 32 + 8
_ALIGNMENT = 64


def write_archive(path: str | os.PathLike[str], index: Mapping[str, Any], blobs: Mapping[str, bytes | memoryview]) -> None:
    """Written aside and renamed: a reader sees the old file or the new one, whole."""
    target = _checked("save", path)
    if os.path.isdir(target):
        raise IsADirectoryError(errno.EISDIR, "save: the path is that of a folder; add the name of a file", target)
    if not os.path.isdir(os.path.dirname(target) or "."):
        raise FileNotFoundError(errno.ENOENT, "save: there is no such folder; make it first", os.path.dirname(target))
    places: dict[str, tuple[int, int]] = {}
    end = 0
    for name, blob in blobs.items():
        start = -(-end // _ALIGNMENT) * _ALIGNMENT
        end = start + len(blob)
        places[name] = (start, len(blob))
    text = json.dumps({**index, "blobs": places}, separators=(",", ":")).encode()
    text += b" " * (-(_HEAD + len(text)) % _ALIGNMENT)
    parts: list[bytes | memoryview] = [len(text).to_bytes(8, "little"), text]
    written = 0
    for name, blob in blobs.items():
        parts += [bytes(places[name][0] - written), blob]
        written = sum(places[name])
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    aside = f"{target}.{os.urandom(8).hex()}.part"
    try:
        with open(aside, "xb") as file:
            file.writelines([MAGIC, digest.digest(), *parts])
        os.replace(aside, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside)
        raise


def read_archive(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, memoryview]]:
    """The index, and views of the blobs; LoadError if the file is none of ours or damaged."""
    with open(_checked("load", path), "rb") as file:
        content = file.read()
    if not content.startswith(MAGIC):
        what = "it is empty" if not content else f"it begins with {content[: len(MAGIC)]!r}"
        raise LoadError(message(f"load: {os.fspath(path)} is no saved function: {what}", cure=_hint(content)))
    if len(content) < _HEAD or hashlib.sha256(content[len(MAGIC) + 32 :]).digest() != content[len(MAGIC) : len(MAGIC) + 32]:
        headline = f"load: {os.fspath(path)} is damaged: it was cut off or altered after it was saved"
        raise LoadError(message(headline, cure="copy it again from where it was saved, or save the function again"))
    size = int.from_bytes(content[_HEAD - 8 : _HEAD], "little")
    index = json.loads(content[_HEAD : _HEAD + size])
    body = memoryview(content)[_HEAD + size :]
    return index, {name: body[start : start + length] for name, (start, length) in index.pop("blobs").items()}


def _checked(who: str, path: Any) -> str:
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"{who}: a path is needed, a str or a pathlib.Path, not {str(path)[:60]} ({type(path).__name__})")
    return os.fspath(path)


def _hint(content: bytes) -> str:
    if content[:1] == b"\x80":
        return "it looks like a pickle: read it with pickle.load"
    if content[:2] == b"PK":
        return "it looks like a zip archive: read it with theano.misc.pkl_utils.load"
    return "theano.load reads what f.save(path) wrote"
