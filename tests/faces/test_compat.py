"""The module paths of the classic system still lead to the names that were there."""

import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

import theano
import theano.rewrite.substitution
import theano.tensor as T
from theano.compat import TABLE, Moved, places
from theano.rewrite import traces

PACKAGE = Path(theano.__file__).parent


def is_file(path):
    file = PACKAGE.joinpath(*path.split(".")[1:])
    return file.with_suffix(".py").exists() or (file / "__init__.py").exists()


@pytest.mark.parametrize("path", TABLE)
def test_each_line_of_the_table_holds(path):
    module = import_module(path)
    assert isinstance(module, Moved) != is_file(path), "a path is a module of today or a moved one"
    above = path.rpartition(".")[0]
    assert not above or import_module(above)
    for place, names in places(path):
        for old, new in (names or {}).items():
            assert getattr(module, old) is getattr(import_module(place), new)


def test_the_table_is_sorted_so_that_packages_come_before_what_is_in_them():
    assert list(TABLE) == sorted(TABLE)


@pytest.mark.parametrize(
    ("statement", "today"),
    [
        ("from theano.scalar.basic import Identity as it", theano.scalar.Identity),
        ("from theano.scalar.basic_scipy import gammaln as it", theano.scalar.gammaln),
        ("from theano.tensor.basic import TensorType as it", T.TensorType),
        ("from theano.tensor.elemwise import CAReduce as it", T.CAReduce),
        ("from theano.tensor.nnet.nnet import softmax as it", T.nnet.softmax),
        ("from theano.tensor.nnet.sigm import sigmoid as it", T.nnet.sigmoid),
        ("from theano.tensor.opt import register_specialize as it", theano.rewrite.stages.register_specialize),
        ("from theano.tensor.opt import copy_stack_trace as it", traces.copy_stack_trace),
        ("from theano.compile import optdb as it", theano.rewrite.optdb),
        ("from theano.compile.mode import local_useless as it", theano.rewrite.optdb["useless"]),
        ("from theano.tensor.var import TensorVariable as it", T.TensorVariable),
        ("from theano.tensor.var import _tensor_py_operators as it", T.variable.TensorOperators),
        ("from theano.gof import Op, local_optimizer as it", theano.rewrite.local_optimizer),
        ("from theano.gof.graph import inputs as it", theano.graph.graph_inputs),
        ("from theano.gof.opt import PatternSub as it", theano.rewrite.substitution.PatternSub),
        ("import theano.gof.utils; it = theano.gof.utils.MethodNotDefined", theano.errors.MethodNotDefined),
        ("import theano.gof.toolbox as toolbox; it = toolbox.Feature", theano.graph.Feature),
        ("from theano.compile.function_module import Function as it", theano.compile.Function),
        ("from theano.compile.pfunc import Param as it", theano.compile.Param),
        ("from theano.compile.sharedvalue import SharedVariable as it", theano.compile.SharedVariable),
        ("from theano.compile.ops import shape_i as it", T.shape_i),
        ("from theano.configparser import change_flags as it", theano.flags.change_flags),
        ("from theano.sandbox.softsign import softsign as it", T.nnet.softsign),
        ("from theano import gof; it = gof.Apply", theano.graph.Apply),
        ("import theano.tensor as t; it = t.basic.as_tensor_variable", T.as_tensor_variable),
        ("from theano.scalar import Apply as it", theano.graph.Apply),
    ],
)
def test_classic_programs_import(statement, today):
    namespace = {}
    exec(statement, namespace)
    assert namespace["it"] is today


def test_everything_can_be_imported_at_once():
    namespace = {}
    exec("from theano.tensor.basic import *\nfrom theano.scalar.basic import *", namespace)
    assert namespace["dot"] is T.dot and namespace["Identity"] is theano.scalar.Identity


def test_a_function_keeps_its_name_where_a_module_had_the_same():
    """``theano.tensor.var`` and ``theano.compile.function`` were modules, hidden by functions."""
    program = (
        "from theano.tensor.var import TensorVariable\nfrom theano.compile.function import function\n"
        "import theano, theano.tensor.var, theano.compile.function\n"
        "assert callable(theano.tensor.var) and theano.compile.function is function is theano.function"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=PACKAGE.parent).returncode == 0


def test_what_does_not_exist_is_told():
    with pytest.raises(ImportError, match=r"no_such_name.*theano\.gof\.graph"):
        exec("from theano.gof.graph import no_such_name")
    with pytest.raises(AttributeError, match=r"'theano\.tensor\.basic' has no attribute 'no_such_name'"):
        theano.tensor.basic.no_such_name  # noqa: B018
    with pytest.raises(AttributeError, match=r"'theano\.tensor' has no attribute 'no_such_name'"):
        T.no_such_name  # noqa: B018
    with pytest.raises(ModuleNotFoundError, match=r"theano\.gof\.no_such_module"):
        import_module("theano.gof.no_such_module")
    assert not hasattr(theano.gof, "__file__")


def test_old_pickles_find_their_classes():
    old = b"ctheano.gof.graph\nApply\n."
    assert pickle.loads(old) is theano.graph.Apply


def test_a_moved_module_shows_its_names():
    assert {"Apply", "inputs"} <= set(dir(theano.gof.graph))
    assert "theano.graph" in theano.gof.graph.__doc__ and isinstance(theano.gof.graph, ModuleType)
