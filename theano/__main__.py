"""``python -m theano``: what there is on this machine, and what is kept on it.

python -m theano doctor             versions, processor, BLAS, threads, cache: put this into a bug report
python -m theano flags [WORD]       every setting whose name holds WORD: what it takes, and its value
python -m theano cache [--clear]    the compiled code kept on disk
python -m theano docs [FILE]        the page of elementwise operations, to FILE or to the screen; classic_api.md: of classic names
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path

from theano import flags
from theano.compat.absent import classic_page
from theano.emit.llvm.target import target
from theano.printing.pages import elementwise_page
from theano.runtime import libraries, pool
from theano.runtime.cache import object_cache

PACKAGES = ("numpy", "scipy", "llvmlite", "pyopencl", "nvidia-cuda-nvrtc", "cupy-cuda12x")
TELLING = ("avx", "avx2", "fma", "f16c", "avx512f", "avx512bf16", "neon", "sve")


def doctor() -> Iterator[str]:
    """Facts about this machine, one a line."""
    import theano

    machine = target()
    yield from _rows("theano", theano.__version__)
    yield from _rows("python", f"{platform.python_version()} ({platform.python_implementation()}), {platform.platform()}")
    for package in PACKAGES:
        yield from _rows(package, _version(package))
    present = {feature[1:] for feature in machine.features.split(",") if feature.startswith("+")}
    yield from _rows("processor", f"{machine.cpu}, {os.cpu_count()} logical cores")
    yield from _rows("features", ", ".join(feature for feature in TELLING if feature in present) or "none that matter")
    yield from _rows("target", f"{machine.triple}, vectors of {machine.vector_bytes} bytes{', masked' if machine.masks else ''}")
    yield from _rows("BLAS", ", ".join(f"OpenBLAS with kernels for {kind}" for kind in libraries.core_types()) or "SciPy's, not OpenBLAS")
    yield from _rows("threads", str(pool.threads()))
    yield from cache()


def show_flags(word: str = "") -> Iterator[str]:
    """The settings whose name holds ``word``, as ``print(theano.config)`` shows them."""
    for entry in re.split(r"\n(?=\S)", str(flags.config)):
        if word.lower() in entry.split(" ")[0].lower():
            yield entry.rstrip("\n")


def cache(clear: bool = False) -> Iterator[str]:
    """Where compiled code is kept, and how much."""
    kept = object_cache()
    files = [path for path in kept.directory.glob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    yield from _rows("cache", f"{kept.directory}: {len(files)} entries, {size / 1e6:.1f} MB")
    if clear:
        yield from _rows("", f"{kept.clear()} entries removed")


def docs(file: str | None = None) -> Iterator[str]:
    """The page, or that it has been written."""
    if file is None:
        yield elementwise_page().rstrip("\n")
    else:
        page = classic_page if Path(file).name == "classic_api.md" else elementwise_page
        Path(file).write_text(page(), encoding="utf-8")
        yield f"wrote {file}"


def _rows(label: str, text: str) -> Iterator[str]:
    yield f"{label:<18} {text}"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 if it did its work."""
    parser = argparse.ArgumentParser(prog="python -m theano", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor").set_defaults(run=lambda given: doctor())
    commands.add_parser("flags").set_defaults(run=lambda given: show_flags(given.word))
    commands.choices["flags"].add_argument("word", nargs="?", default="")
    commands.add_parser("cache").set_defaults(run=lambda given: cache(given.clear))
    commands.choices["cache"].add_argument("--clear", action="store_true")
    commands.add_parser("docs").set_defaults(run=lambda given: docs(given.file))
    commands.choices["docs"].add_argument("file", nargs="?")
    given = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], Iterator[str]] = given.run
    try:
        for line in run(given):
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough; what is still buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
