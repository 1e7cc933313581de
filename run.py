#!/usr/bin/env python3
"""The two commands of a newcomer: each makes all that it needs, then does its job.

    python3 run.py demo        train a network on handwritten digits and draw what it learned
    python3 run.py test ...    run the tests; further arguments go to pytest

All that is installed goes to the folder .venv beside this file; delete it to start anew.  No C compiler is needed.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
HOME = ROOT / ".venv"
PYTHON = HOME / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def prepare(extra):
    """Make the environment, and install this checkout and ``extra`` into it, unless that was done for the same pyproject.toml."""
    done = HOME / ("installed-" + extra)
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()
    if done.exists() and done.read_text() == wanted:
        return
    print("preparing", HOME, "...", flush=True)
    venv.create(HOME, clear=not PYTHON.exists(), symlinks=os.name != "nt", with_pip=True)
    subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", f"{ROOT}[{extra}]"], check=True)
    done.write_text(wanted)


def demo(arguments):
    prepare("demo")
    return subprocess.run([PYTHON, ROOT / "examples" / "digits.py", *arguments]).returncode


def test(arguments):
    prepare("test")
    return subprocess.run([PYTHON, "-m", "pytest", "--numprocesses", "auto", *arguments], cwd=ROOT).returncode


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit("theano needs Python 3.11 or newer; this is " + sys.version.split()[0])
    jobs = {"demo": demo, "test": test}
    if len(sys.argv) < 2 or sys.argv[1] not in jobs:
        sys.exit(__doc__)
    try:
        sys.exit(jobs[sys.argv[1]](sys.argv[2:]))
    except subprocess.CalledProcessError as error:
        sys.exit(f"could not install what is needed (exit status {error.returncode}); see the messages above")
