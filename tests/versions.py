"""The oldest and the newest NumPy and SciPy that the package says it works with, each in an environment of its own.

    python -m tests.versions                    a part of the suite with both, and a table of what ran
    python -m tests.versions oldest -k dtype    one of them; further arguments go to pytest
    python -m tests.versions --whole            the whole suite

The bounds are those of ``pyproject.toml``.  Environments are made in ``.venv/versions`` and used again.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".venv" / "versions"
TOOLS = ("pytest>=8", "hypothesis", "mpmath")
PART = (
    "tests/test_dtypes.py", "tests/runtime/test_native_function.py", "tests/runtime/test_allocator.py", "tests/runtime/test_cache.py",
    "tests/runtime/test_pool.py", "tests/runtime/test_sharing.py", "tests/compile/test_function.py", "tests/compile/test_inputs.py",
    "tests/compile/test_python_ops.py", "tests/errors", "tests/graph", "tests/tensor/test_type.py", "tests/tensor/test_sharedvar.py",
)  # fmt: skip


def requirements(kind: str) -> list[str]:
    """What to install for ``"oldest"`` or ``"newest"``.

    >>> requirements("oldest")[:2], requirements("newest")[:2]
    (['numpy==1.23.*', 'scipy==1.9.*'], ['numpy>=1.23,<3', 'scipy>=1.9,<2'])
    """
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    if kind == "newest":
        return stated
    return [re.sub(r"^(numpy|scipy)>=([\d.]+),.*", r"\1==\2.*", text) for text in stated]


def environment(kind: str) -> Path:
    """The interpreter of an environment with these versions."""
    place = HOME / kind
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    note, wanted = place / "installed", "\n".join([*requirements(kind), *TOOLS])
    if not (note.exists() and note.read_text() == wanted):
        venv.create(place, clear=True, symlinks=sys.platform != "win32", with_pip=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--prefer-binary"]
        subprocess.run([*pip, *requirements(kind), *TOOLS], check=True)
        note.write_text(wanted)
    return python


def main(arguments: list[str]) -> int:
    kinds = [a for a in arguments if a in ("oldest", "newest")] or ["oldest", "newest"]
    rest = [a for a in arguments if a not in ("oldest", "newest", "--whole")]
    part = [] if "--whole" in arguments else [p for p in PART if (ROOT / p).exists()]
    failed, table = 0, []
    for kind in kinds:
        python = environment(kind)
        about = "import sys, numpy, scipy; print(sys.version.split()[0], numpy.__version__, scipy.__version__)"
        versions = subprocess.run([python, "-c", about], capture_output=True, text=True, check=True).stdout.split()
        command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *part, *rest]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        print(done.stdout)
        failed |= done.returncode
        table.append((kind, *versions, (done.stdout.strip().splitlines() or ["nothing ran"])[-1].strip("= ")))
    for row in [("", "Python", "NumPy", "SciPy", "tests"), *table]:
        print("{:8} {:8} {:8} {:8} {}".format(*row))
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
