"""What few programs need is loaded when it is asked for, and is there as if it had been loaded before."""

import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import theano
from theano.deferred import deferred

PACKAGES = ("theano", "theano.compat", "theano.compile", "theano.graph", "theano.interpret", "theano.printing", "theano.scanning")
RARE = (
    "theano.compile.copying", "theano.compile.debug_function", "theano.compile.debugmode", "theano.printing.explain",
    "theano.compile.nanguardmode", "theano.compile.profiling", "theano.compile.saving", "theano.emit.reference", "theano.graph.enums",
    "theano.graph.params", "theano.interpret.machines", "theano.loops.regions", "theano.printing.loops", "theano.scanning.scanner",
    "configparser", "difflib", "logging",
)  # fmt: skip


def run(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]).stdout


def test_what_few_programs_need_is_not_loaded_by_all():
    loaded = run("import sys, numpy, llvmlite.binding\nbefore = set(sys.modules)\nimport theano\nprint(*set(sys.modules) - before)").split()
    assert set(RARE).isdisjoint(loaded)
    assert {import_module(name).__name__ for name in RARE} == set(RARE)


@pytest.mark.parametrize("package", PACKAGES)
def test_names_are_there(package):
    module = import_module(package)
    assert set(module.__all__) <= set(dir(module))
    namespace = {}
    exec(f"from {package} import *", namespace)
    assert set(module.__all__) <= namespace.keys()
    assert not [name for name in dir(module) if not hasattr(module, name)]


def test_in_a_new_process_they_are_found_in_every_way():
    run(
        "import theano, pickle, inspect\n"
        "assert 'debugmode' in dir(theano.compile) and 'ParamsType' in dir(theano.graph)\n"
        "assert theano.compile.debugmode.DebugMode is theano.compile.DebugMode\n"
        "assert not isinstance(theano.compile.get_default_mode(), theano.compile.NanGuardMode)\n"
        "assert pickle.loads(b'ctheano.compile.profiling\\nProfileStats\\n.') is theano.ProfileStats\n"
        "assert theano.load is theano.compile.load is theano.compile.saving.load\n"
        "from theano import *\n"
        "assert scan is theano.scanning.scanner.scan and pp is theano.printing.pretty.pp\n"
    )


def test_a_class_has_the_name_of_its_module():
    assert pickle.loads(pickle.dumps(theano.compile.MonitorMode)) is theano.compile.MonitorMode
    assert theano.gof.ParamsType.__module__ == "theano.graph.params"


def test_what_there_is_not_is_told():
    load, _ = deferred("theano", errors="ShapeError")
    with pytest.raises(AttributeError, match="module 'theano' has no attribute 'DTypeError'"):
        load("DTypeError")
    with pytest.raises(AttributeError, match=r"'theano\.printing' has no attribute 'no_such_name'"):
        theano.printing.no_such_name  # noqa: B018
