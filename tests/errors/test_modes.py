"""Misuse of modes, linkers, profiles, test values and flags: each error names the argument, what is wrong with it, and a cure."""

from io import StringIO

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.errors.telling import told
from theano.compile import DebugMode, MonitorMode, NanGuardMode, ProfileStats, register_linker, register_mode, register_optimizer
from theano.compile.profiling import register_profiler_printer
from theano.configparser import AddConfigVar, BoolParam, change_flags
from theano.gof import PerformLinker, Query, VM_Linker, WrapLinker, local_optimizer
from theano.gof.op import get_debug_values, get_test_value

Mode, config = theano.Mode, theano.config
x, m = T.dvector("x"), T.dmatrix("m")
FAST = Mode("cvm", "fast_run")


@local_optimizer([T.exp])
def rule(node):
    return None


class Nothing:
    """An optimizer that does nothing."""

    def optimize(self, fgraph):
        pass

    def __repr__(self):
        return "Nothing"


def compiled(**options):
    return theano.function([x], x * 2, **options)


def assign(**values):
    for name, value in values.items():
        setattr(config, name, value)


def under(policy, expression):
    with change_flags(compute_test_value=policy):
        return expression()


def valued(variable, value):
    variable.tag.test_value = value
    return variable


MODES = {
    "a linker's name": (lambda: Mode("cvn"), ValueError, "no linker is named 'cvn'", "the linker of a mode is one of", "did you mean cvm?"),
    "a linker that is none": (lambda: Mode(5), TypeError, "Mode: linker is 5, which is none", "an object such as PerformLinker()"),
    "a linker's class": (lambda: Mode(PerformLinker), TypeError, "linker is the class PerformLinker", "give an object, PerformLinker()"),
    "an optimizer's name": (
        lambda: Mode("py", "fast_rnu"), ValueError, "no optimizer is named 'fast_rnu'", "the optimizer of a mode is one of",
        "did you mean fast_run",
    ),
    "an optimizer that is none": (
        lambda: Mode("py", 7), TypeError, "Mode: optimizer is 7, which is none", "give a name, a Query, or an object with optimize(fgraph)",
    ),
    "a rule as an optimizer": (
        lambda: Mode("py", rule), TypeError, "Mode: optimizer is rule", "a rule for single nodes is no optimizer", "Mode.register",
    ),
    "an optimizer's class": (lambda: Mode("py", Nothing), TypeError, "optimizer is the class Nothing", "give an object, Nothing(...)"),
    "a tag that is none": (lambda: FAST.including(5), TypeError, "Mode.including takes names and tags", "not 5", "mode.including('name'"),
    "tags in a list": (lambda: FAST.excluding(["blas"]), TypeError, "Mode.excluding takes names and tags", "mode.excluding(*tags)"),
    "no tag": (lambda: FAST.requiring(None), TypeError, "Mode.requiring takes names and tags of rewrites as strings, not None"),
    "tags of an optimizer that is an object": (
        lambda: Mode("py", Nothing()).excluding("blas"), TypeError,
        "Mode.excluding: the optimizer of the mode is Nothing, which has no tags",
        "make the mode with a name or a Query",
    ),
    "an optimizer registered that is none": (
        lambda: FAST.register(3), TypeError, "Mode.register: 3 rewrites nothing", "give a rule, an optimizer, or a pair",
    ),
    "a position": (
        lambda: FAST.register((rule, "early")), TypeError,
        "Mode.register: the position of rule is 'early', no number", "(optimizer, position)",
    ),
    "an argument of clone": (lambda: FAST.clone(linkr="py"), TypeError, "Mode.clone takes no argument linkr", "link_kwargs", "optimizer"),
    "an argument of the linker": (
        lambda: FAST.clone(link_kwargs={"gc": True}), TypeError, "Mode.clone: link_kwargs is {'gc': True}", "{'allow_gc': False}",
    ),
    "a mode's name": (
        lambda: compiled(mode="FAST_RNU"), ValueError, "no mode is named 'FAST_RNU' (mode)", "there are FAST_RUN", "did you mean FAST_RUN",
    ),
    "a mode that is none": (lambda: compiled(mode=5), TypeError, "mode is 5, which is none", "a name such as 'FAST_RUN'"),
    "a mode's class": (lambda: compiled(mode=DebugMode), TypeError, "mode is the class DebugMode", "give an object, DebugMode()"),
    "a mode's name that is taken": (
        lambda: register_mode("FAST_RUN", FAST), ValueError,
        "register_mode: there is a mode named 'FAST_RUN' already", "choose another name",
    ),
    "a mode's name that is reserved": (lambda: register_mode("DebugMode", FAST), ValueError, "there is a mode named 'DebugMode' already"),
    "a mode registered that is none": (
        lambda: register_mode("QUICK", "FAST_RUN"), TypeError, "register_mode: 'FAST_RUN' is no mode", "give a Mode(linker, optimizer)",
    ),
    "a linker's name that is empty": (
        lambda: register_linker("", PerformLinker()), TypeError,
        "register_linker: the name of the linker is ''", "a string that is not empty",
    ),
    "a linker's name that is taken": (lambda: register_linker("py", PerformLinker()), ValueError, "there is a linker named 'py' already"),
    "an optimizer registered by a wrong type": (lambda: register_optimizer("new", 5), TypeError, "optimizer is 5, which is none"),
    "a callback": (lambda: VM_Linker(callback=5), TypeError, "VM_Linker: callback is 5, which cannot be called", "give a function"),
    "no linkers": (lambda: WrapLinker([], print), ValueError, "WrapLinker needs at least one linker, in a list, not []"),
    "a linker that is no list": (lambda: WrapLinker(PerformLinker(), print), ValueError, "WrapLinker needs at least one linker, in a list"),
    "a wrapper": (lambda: WrapLinker([PerformLinker()], 5), TypeError, "WrapLinker: wrapper is 5", "def wrapper(i, node, *thunks)"),
    "a query's tag": (lambda: Query("fast_run"), TypeError, "Query: include is a list of names and tags", "write include=['fast_run']"),
}  # fmt: skip

CHECKING = {
    "patience": (lambda: DebugMode(stability_patience=0), ValueError, "DebugMode: stability_patience is 0", "1 or more"),
    "patience that is no number": (lambda: DebugMode(stability_patience="often"), ValueError, "stability_patience is 'often'", "1 or more"),
    "nothing to check": (
        lambda: DebugMode(check_c_code=False, check_py_code=False), ValueError, "DebugMode: there is nothing to check",
        "set one of check_c_code and check_py_code",
    ),
    "a kind of output": (
        lambda: DebugMode(check_preallocated_output="initial:junk"), ValueError, "check_preallocated_output has no kind 'junk'",
        "it takes initial, previous, c_contiguous",
    ),
    "a linker of DebugMode": (lambda: DebugMode(linker="py"), ValueError, "DebugMode runs functions in its own way, not by 'py'"),
    "the mode of function_maker": (
        lambda: DebugMode().function_maker([x], x, "FAST_RUN"), TypeError, "function_maker: the mode is 'FAST_RUN', no DebugMode",
        "pass the mode itself as the third argument",
    ),
    "nothing to look for": (
        lambda: NanGuardMode(False, False, False), ValueError, "NanGuardMode: there is nothing to look for", "set one of nan_is_error",
    ),
    "a linker of NanGuardMode": (lambda: NanGuardMode(linker="py"), ValueError, "NanGuardMode runs nodes by its own linker", "MonitorMode"),
    "a function before": (lambda: MonitorMode(5), TypeError, "MonitorMode: pre_func is 5", "def pre_func(i, node, fn)"),
    "a function after": (lambda: MonitorMode(post_func="f"), TypeError, "MonitorMode: post_func is 'f'", "def post_func(i, node, fn)"),
    "a function of one argument": (
        lambda: MonitorMode(post_func=lambda node: None), TypeError, "cannot be called with three arguments", "def post_func(i, node, fn)",
    ),
}  # fmt: skip

PROFILES = {
    "an attribute": (lambda: ProfileStats(False, mesage="x"), TypeError, "ProfileStats has no attribute mesage", "did you mean message?"),
    "what to measure": (lambda: compiled(profile=3.5), TypeError, "function: profile is 3.5", "give True, False, a message"),
    "the class": (lambda: compiled(profile=ProfileStats), TypeError, "function: profile is <class", "or a ProfileStats()"),
    "a file's name": (
        lambda: ProfileStats(False).summary("profile.txt"), TypeError,
        "file is 'profile.txt', which cannot be written to", "an open text file",
    ),
    "a step of another profile": (
        lambda: ProfileStats(False).fill_node_total_time(T.exp(x).owner, {}), KeyError, "is no step of this profile", "keys of apply_time",
    ),
    "a printer": (lambda: register_profiler_printer(5), TypeError, "register_profiler_printer: 5 cannot be called", "(profile, file)"),
}  # fmt: skip

VALUES = {
    "missing": (
        lambda: under("raise", lambda: valued(T.dvector("u"), [1.0]) + x), AttributeError,
        "Cannot compute test value: input 1 (x) of Elemwise{add,no_inplace}", "x has no test value", "set x.tag.test_value",
    ),
    "missing in get_test_value": (lambda: get_test_value(x), AttributeError, "x has no test value", "set x.tag.test_value"),
    "missing in get_debug_values": (
        lambda: under("raise", lambda: get_debug_values(x)), AttributeError, "get_debug_values: argument 0 (x) has no test value",
    ),
    "of another dtype": (
        lambda: under("raise", lambda: valued(T.lvector("u"), np.ones(2)) + 1), AttributeError,
        "the test value of u is not of its type TensorType(int64, vector)", "an array of float64 was given", "did you mean allow_downcast",
    ),
    "of another rank": (
        lambda: under("raise", lambda: valued(T.dvector("u"), np.ones((2, 2))) + 1), AttributeError, "a value of rank 1 is needed",
    ),
    "of shapes that do not fit": (
        lambda: under("raise", lambda: valued(T.dvector("u"), np.ones(2)) + valued(T.dvector("v"), np.ones(3))), ValueError,
        "add: sizes 2 and 3 of dimension 0 differ", "input 0  u  float64 (2,)", "input 1  v  float64 (3,)",
    ),
}  # fmt: skip

FLAGS = {
    "a flag that there is not": (lambda: change_flags(floatx="float32"), AttributeError, "there is no flag config.floatx", "floatX?"),
    "floatX": (lambda: assign(floatX="float99"), ValueError, "config.floatX = 'float99'", "one of float64, float32, float16"),
    "the linker": (lambda: assign(linker="gcc"), ValueError, "config.linker = 'gcc'", "one of cvm"),
    "the optimizer": (lambda: assign(optimizer="o9"), ValueError, "config.optimizer = 'o9'", "one of o4"),
    "verbosity": (lambda: assign(exception_verbosity="medium"), ValueError, "config.exception_verbosity = 'medium'", "one of low, high"),
    "test values": (lambda: assign(compute_test_value="maybe"), ValueError, "config.compute_test_value = 'maybe'", "off, ignore, warn"),
    "a flag of the start": (lambda: assign(device="cpu"), ValueError, "config.device is read once, at the start", "THEANO_FLAGS"),
    "a section": (lambda: assign(profiling=5), AttributeError, "there is no flag config.profiling"),
    "a number": (lambda: setattr(config.profiling, "n_ops", "many"), ValueError, "config.profiling.n_ops = 'many'", "an integer"),
    "a bool": (lambda: assign(profile="perhaps"), ValueError, "config.profile = 'perhaps'", "True or False"),
    "a flag declared twice": (lambda: AddConfigVar("profile", "", BoolParam(False)), ValueError, "config.profile is declared twice"),
    "the mode": (
        lambda: change_flags(mode="FAST_RNU")(compiled)(), ValueError, "no mode is named 'FAST_RNU' (config.mode)", "did you mean FAST_RUN",
    ),
    "cast_policy": (lambda: assign(cast_policy="numpy"), ValueError, "config.cast_policy = 'numpy'", "numpy+floatX"),
}  # fmt: skip

OTHERS = {
    "sparse_grad of a variable": (
        lambda: theano.sparse_grad(x), TypeError, "sparse_grad: x is not made by indexing with a vector", "x[indices]",
    ),
    "sparse_grad of a slice": (
        lambda: theano.sparse_grad(m[0]), TypeError, "is not made by indexing with a vector", "a vector of integers",
    ),
    "sparse_grad of a number": (lambda: theano.sparse_grad(3), TypeError, "sparse_grad: 3 is not made by indexing"),
    "dot": (lambda: theano.dot("a", None), NotImplementedError, "dot: str and NoneType cannot be multiplied", "__dot__ or __rdot__"),
    "_asarray": (lambda: theano._asarray([1], "flot32"), TypeError, "_asarray: dtype is 'flot32', which is none", "did you mean float32"),
}  # fmt: skip

CASES = {
    f"{group}: {name}": case
    for group, cases in {
        "modes": MODES, "checking": CHECKING, "profiles": PROFILES, "test values": VALUES, "flags": FLAGS, "others": OTHERS,
    }.items()
    for name, case in cases.items()
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_misuse(name):
    action, kind, *wanted = CASES[name]
    before = {flag: getattr(config, flag) for flag in ("floatX", "linker", "optimizer", "profile", "mode", "compute_test_value")}
    text, _ = told(kind, action)
    for part in wanted:
        assert part in text, text
    assert before == {flag: getattr(config, flag) for flag in before}
    assert compiled()([1.0]) == 2


def test_an_error_in_a_watcher_names_the_node():
    def fail(i, node, fn):
        raise RuntimeError("no")

    f = theano.function([x], T.exp(x), mode=MonitorMode(post_func=fail))
    _, error = told(RuntimeError, lambda: f([1.0]))
    assert any("Elemwise{exp,no_inplace}(x)" in note and "test_modes.py" in note for note in error.__notes__)


def test_a_summary_of_nothing_is_no_error():
    stream = StringIO()
    ProfileStats(atexit_print=False).summary(stream)
    assert "Time in 0 calls" in stream.getvalue()
