"""Flags: sources and their order, checks, change_flags, the classic way to declare."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from theano import flags
from theano.errors import FlagError, UnknownFlagError
from theano.flags import change_flags, config, registry

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def declared():
    """Declare flags for one test."""
    before = dict(registry._FLAGS), list(registry._config_var_list)
    yield flags.flag
    for name in set(registry._FLAGS) - set(before[0]):
        section, last = registry._section(name)
        section.__dict__.pop(last, None)
    registry._FLAGS.clear()
    registry._FLAGS.update(before[0])
    registry._config_var_list[:] = before[1]


ROOMS_ALONE = f"""
import sys, types
package = sys.modules["theano"] = types.ModuleType("theano")
package.__path__ = [{str(ROOT / "theano")!r}]
"""
"""Makes ``theano`` a package without its ``__init__``, so that only the rooms asked for are loaded."""


def python(code, tmp_path, **environment):
    """What a fresh interpreter prints; its warnings are on stderr."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "THEANORC": str(tmp_path / "theanorc"), "THEANO_FLAGS": "", **environment}
    return subprocess.run([sys.executable, "-c", ROOMS_ALONE + code], env=env, capture_output=True, text=True, cwd=tmp_path)


def test_sources_in_their_order(tmp_path):
    (tmp_path / "theanorc").write_text(
        textwrap.dedent("""
            [global]
            floatX = float32
            on_unused_input = ignore
            [profiling]
            n_ops = 7
            [dnn.conv]
            algo_fwd = large
            [DebugMode]
            patience = 2
            """)
    )
    code = (
        "from theano.flags import config as c; c.optimizer = 'o1';"
        "print(c.floatX, c.on_unused_input, c.profiling.n_ops, c.profiling.n_apply, c.optimizer, c.dnn.conv.algo_fwd, c.DebugMode.patience)"
    )
    run = python(code, tmp_path, THEANO_FLAGS="floatX=float16, profiling.n_apply=3,optimizer=None")
    assert (run.stdout, run.stderr) == ("float16 ignore 7 3 o1 large 2\n", "")


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("floatx=float32", "THEANO_FLAGS: there is no flag floatx; did you mean floatX?"),
        ("floatX", "'floatX' is not of the form name=value"),
        ("device=cuda0", "device=cuda0: functions do not run on GPUs yet, the CPU stands in"),
    ],
)
def test_what_is_not_understood_is_warned_of(tmp_path, text, warning):
    run = python("from theano.flags import config; print(config.floatX)", tmp_path, THEANO_FLAGS=text)
    assert run.stdout == "float64\n"
    assert warning in run.stderr


def test_a_bad_value_in_the_environment_is_an_error_at_import(tmp_path):
    run = python("import theano.flags", tmp_path, THEANO_FLAGS="floatX=float31")
    assert run.returncode == 1
    assert "config.floatX = 'float31': it takes one of float64, float32, float16; did you mean float32 or float16 or float64?" in run.stderr


def test_a_device_that_is_forced_must_be_there(tmp_path):
    run = python("import theano.flags", tmp_path, THEANO_FLAGS="device=cuda,force_device=True")
    assert run.returncode == 1
    assert "device=cuda: functions do not run on GPUs yet; with force_device=False they run on the CPU" in run.stderr


def test_a_broken_file_is_warned_of(tmp_path):
    (tmp_path / "theanorc").write_text("floatX = float32\n")
    run = python("from theano.flags import config; print(config.floatX)", tmp_path)
    assert run.stdout == "float64\n"
    assert "is ignored" in run.stderr


def test_values_are_checked_and_typed():
    with change_flags({"profiling.n_ops": 20}):
        config.profiling.n_ops = "5"
        assert config.profiling.n_ops == 5
        with pytest.raises(FlagError, match=r"config.profiling.n_ops = 'many': it takes an integer"):
            config.profiling.n_ops = "many"
        with pytest.raises(ValueError, match="one of raise, warn, ignore"):
            config.on_unused_input = "warm"


@pytest.mark.parametrize(("text", "value"), [("True", True), ("1", True), ("yes", True), ("false", False), (0, False)])
def test_bools(text, value):
    with change_flags(openmp=text):
        assert config.openmp is value


@pytest.mark.parametrize("wrong", ["2", 2, None, "si"])
def test_no_bools(wrong):
    with pytest.raises(FlagError, match="True or False"):
        config.openmp = wrong


@pytest.mark.parametrize("name", ["floatx", "profiling.n_op", "no.such"])
def test_unknown_flags(name):
    with pytest.raises(UnknownFlagError, match="there is no flag"):
        flags.get(name)
    with pytest.raises(AttributeError):
        flags.put(name, 1)
    with pytest.raises(AttributeError):
        change_flags({name: 1})


def test_flags_of_the_start_cannot_be_set():
    with pytest.raises(FlagError, match="THEANO_FLAGS"):
        config.device = "cuda"
    assert not hasattr(config, "qqq")


@pytest.mark.parametrize("value", ["cpu", "cuda", "cuda1", "opencl0:1"])
def test_devices(value):
    assert registry.read_device(value) == value


def test_the_old_gpu_back_end_has_a_cure():
    with pytest.raises(ValueError, match="use cuda"):
        registry.read_device("gpu0")


def test_change_flags_restores_even_after_errors():
    with pytest.raises(ZeroDivisionError), change_flags([("floatX", "float32")], **{"profiling.n_ops": 1}):
        assert (config.floatX, config.profiling.n_ops) == ("float32", 1)
        raise ZeroDivisionError
    assert (config.floatX, config.profiling.n_ops) == ("float64", 20)


def test_change_flags_undoes_a_half_made_change():
    with pytest.raises(FlagError), change_flags(floatX="float32", optimizer="o9"):
        pass
    assert config.floatX == "float64"


def test_change_flags_nests_and_recurses():
    @config.change_flags(floatX="float32")
    def deep(n):
        assert config.floatX == "float32"
        return deep(n - 1) if n else n

    change = change_flags(floatX="float16")
    with change:
        deep(2)
        with change:
            pass
        assert config.floatX == "float16"
    assert config.floatX == "float64"


def test_deleting_an_assignment_goes_back_to_the_sources():
    config.optimizer = "o1"
    del config.optimizer
    assert config.optimizer == "o4"


def test_computed_defaults_are_lazy(declared):
    calls = []
    declared("lazy.one", lambda: calls.append(1) or 3, "A test.", parse=registry.read_int)
    assert calls == []
    assert config.lazy.one == config.lazy.one == 3
    assert calls == [1]


def test_compiledir_lies_below_its_base():
    assert Path(config.compiledir).parent == Path(config.base_compiledir)
    assert "{" not in config.compiledir


def test_every_flag_has_help_and_a_valid_default():
    for flag in registry._config_var_list:
        assert flag.help, flag.name
        value = flags.get(flag.name)
        assert value is None or flag.read(value) == value
    text = str(config)
    assert "floatX (one of float64, float32, float16)" in text
    assert all(name in text for name in config)
    assert list(config.profiling) == [name for name in config if name.startswith("profiling.")]


def test_hash_depends_on_what_affects_code():
    before = flags.get_config_hash()
    with change_flags(floatX="float32"):
        assert flags.get_config_hash() != before
    with change_flags({"profiling.n_ops": 3}):
        assert flags.get_config_hash() == before


def test_classic_declarations(declared):
    flags.AddConfigVar("old.enum", "An enumeration.", flags.EnumStr("a", "b"))
    flags.AddConfigVar("old.number", "A number.", flags.IntParam(3, is_valid=lambda n: n > 0))
    flags.AddConfigVar("rate", "A rate.", flags.FloatParam(0.5, allow_override=False), root=config.old, in_c_key=False)
    flags.AddConfigVar("old.on", "A switch.", flags.BoolParam(True))
    flags.AddConfigVar("old.text", "A text.", flags.StrParam(lambda: "computed"))
    old = config.old
    assert (old.enum, old.number, old.rate, old.on, old.text) == ("a", 3, 0.5, True, "computed")
    with pytest.raises(ValueError):
        old.enum = "c"
    with pytest.raises(ValueError):
        old.number = -1
    with pytest.raises(ValueError):
        old.rate = 1.0
    with pytest.raises(FlagError, match="declared twice"):
        flags.AddConfigVar("old.enum", "Again.", flags.EnumStr("a"))


def test_import_is_light(tmp_path):
    code = "import theano.dtypes, theano.graph; print([m for m in ('scipy', 'llvmlite', 'platformdirs', 'rich') if m in sys.modules])"
    run = python(code, tmp_path)
    assert run.stdout == "[]\n", run.stderr


CLASSIC = json.loads((ROOT / "tests" / "data" / "flags.json").read_text())
"""The flags of the classic system with their defaults and choices."""


@pytest.mark.parametrize("name", CLASSIC)
def test_every_classic_flag_is_taken(name):
    wanted, declared = CLASSIC[name], registry._FLAGS[name]
    if wanted["default"] not in ("<computed>", None):
        assert flags.get(name) == declared.read(wanted["default"])
    for choice in wanted.get("choices", ()):
        assert declared.read(choice.replace("*", "0")) is not None


def test_numpy_errors_as_the_flags_say():
    program = "import numpy; before = numpy.geterr(); import theano; print(before == numpy.geterr(), numpy.geterr())"
    for given, wanted in {
        "": "True ",
        "numpy.seterr_all=raise": "False {'divide': 'raise', 'over': 'raise', 'under': 'raise', 'invalid': 'raise'}",
        "numpy.seterr_divide=raise": "False {'divide': 'raise', 'over': 'ignore', 'under': 'ignore', 'invalid': 'ignore'}",
        "numpy.seterr_all=None": "True ",
    }.items():
        environment = {**os.environ, "THEANO_FLAGS": given}
        ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
        assert ran.stdout.startswith(wanted), given
