"""Typed flags: ``config.floatX``, ``config.profiling.n_ops``, ...

A flag is declared once, by :func:`flag`: name, default, what it accepts, help.  Its value is the first found of

1. an assignment: ``config.floatX = "float32"``, or :class:`change_flags`;
2. the environment: ``THEANO_FLAGS="floatX=float32,profiling.n_ops=5"``;
3. the files named by ``THEANORC`` (default ``~/.theanorc``), in ini form: the section ``[global]``, and ``[profiling]`` for dotted names;
4. the default, computed at the first look if it is a function.

This room stands first: it assumes nothing but :mod:`theano.errors`.

>>> with change_flags(floatX="float32"):
...     config.floatX
'float32'
"""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from theano.errors import FlagError, UnknownFlagError, did_you_mean

Function = TypeVar("Function", bound=Callable[..., Any])


class TheanoConfigWarning(UserWarning):
    """Something in ``THEANO_FLAGS`` or a ``.theanorc`` was not understood."""

    @classmethod
    def warn(cls, message: str, stacklevel: int = 0) -> None:
        warnings.warn(message, cls, stacklevel=stacklevel + 3)


# --- one flag


@dataclass(frozen=True)
class Flag:
    """The declaration of one flag.  ``parse`` turns a text or a value into a valid value, or raises ValueError."""

    name: str
    default: Any
    parse: Callable[[Any], Any]
    choices: tuple[Any, ...] = ()
    help: str = ""
    settable: bool = True
    affects_code: bool = True

    def read(self, value: Any) -> Any:
        """``value`` as this flag keeps it."""
        try:
            return self.parse(value)
        except (ValueError, TypeError) as error:
            takes = f"one of {', '.join(map(str, self.choices))}" if self.choices else str(error)
            hint = did_you_mean(str(value), map(str, self.choices))
            raise FlagError(f"config.{self.name} = {value!r}: it takes {takes}" + (f"; {hint}" if hint else "")) from None


def read_bool(value: Any) -> bool:
    """True, False, and their usual spellings."""
    if isinstance(value, (bool, int)) and value in (0, 1):
        return bool(value)
    known = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    try:
        return known[value.strip().lower()]
    except (KeyError, AttributeError):
        raise ValueError("True or False") from None


def read_int(value: Any) -> int:
    try:
        return int(value)
    except (ValueError, TypeError):
        raise ValueError("an integer") from None


def read_float(value: Any) -> float:
    try:
        return float(value)
    except (ValueError, TypeError):
        raise ValueError("a number") from None


def read_text(value: Any) -> str:
    return str(value)


def read_folder(value: Any) -> str:
    """The path of a folder, which need not exist."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise ValueError("the path of a folder")
    return os.path.expanduser(value)


def read_choice(choices: Iterable[str]) -> Callable[[Any], str]:
    """A parser for one of ``choices``."""
    allowed = tuple(choices)

    def read(value: Any) -> str:
        if str(value) not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}")
        return str(value)

    return read


def read_device(value: Any) -> str:
    """``cpu``, or a device of one of the two GPU languages; '' where no device is a choice."""
    text = str(value)
    if text in ("", "cpu") or text.startswith(("cuda", "opencl")):
        return text
    cure = "; 'gpu' was the name of a back end that is gone, use cuda" if text.startswith("gpu") else ""
    raise ValueError(f"cpu, cuda, cuda<number>, opencl or opencl<platform>:<device>{cure}")


# --- where values come from


def parse_config_string(config_string: str, issue_warnings: bool = True) -> dict[str, str]:
    """``"a=1,b.c=2"`` as a dictionary; later entries win.

    >>> parse_config_string("floatX=float32, blas.ldflags=-lblas")
    {'floatX': 'float32', 'blas.ldflags': '-lblas'}
    """
    found: dict[str, str] = {}
    for entry in config_string.split(","):
        key, equals, value = entry.strip().partition("=")
        if equals:
            found[key.strip()] = value.strip()
        elif key and issue_warnings:
            TheanoConfigWarning.warn(f"THEANO_FLAGS: {key!r} is not of the form name=value and is ignored")
    return found


def config_files_from_theanorc() -> list[str]:
    """The ini files to read: those of ``THEANORC``, else ``~/.theanorc`` (and ``~/.theanorc.txt`` on Windows)."""
    default = os.pathsep.join(["~/.theanorc"] + (["~/.theanorc.txt"] if sys.platform == "win32" else []))
    return [os.path.expanduser(path) for path in os.environ.get("THEANORC", default).split(os.pathsep) if path]


def read_config_files(paths: Iterable[str]) -> dict[str, str]:
    """The settings of ini files as ``{"section.name": text}``, names in lower case; ``[global]`` has no prefix."""
    present = [path for path in paths if os.path.exists(path)]
    if not present:
        return {}
    import configparser  # few have such a file

    parser = configparser.RawConfigParser(strict=False)
    for path in present:
        try:
            parser.read(path, encoding="utf-8")
        except (configparser.Error, UnicodeError) as error:
            TheanoConfigWarning.warn(f"{path} is ignored: {error}")
    return {
        (option if section == "global" else f"{section}.{option}").lower(): value
        for section in parser.sections()
        for option, value in parser.items(section)
    }


THEANO_FLAGS = os.environ.get("THEANO_FLAGS", "")
THEANO_FLAGS_DICT = parse_config_string(THEANO_FLAGS)
config_files = config_files_from_theanorc()
theano_cfg = theano_raw_cfg = read_config_files(config_files)


def fetch_val_for_key(key: str, delete_key: bool = False) -> str:
    """The text that the environment or a file gives for a flag; KeyError if none does."""
    if key in THEANO_FLAGS_DICT:
        return THEANO_FLAGS_DICT.pop(key) if delete_key else THEANO_FLAGS_DICT[key]
    return theano_cfg[key.lower()]


# --- the tree of values

_FLAGS: dict[str, Flag] = {}
_config_var_list: list[Flag] = []


class TheanoConfigParser:
    """A section of flags.  Values are plain attributes once looked at, so a look costs one attribute access."""

    def __init__(self, prefix: str = "") -> None:
        object.__setattr__(self, "_prefix", prefix)

    def __getattr__(self, name: str) -> Any:
        flag = _FLAGS.get(self._prefix + name)
        if flag is None:
            raise self._unknown(name)
        try:
            value: Any = fetch_val_for_key(flag.name)
        except KeyError:
            value = flag.default() if callable(flag.default) else flag.default
        if value is not None:
            value = flag.read(value)
        object.__setattr__(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        flag = _FLAGS.get(self._prefix + name)
        if flag is None:
            raise self._unknown(name)
        if not flag.settable:
            raise FlagError(f"config.{flag.name} is read once, at the start; set it in THEANO_FLAGS or .theanorc")
        object.__setattr__(self, name, flag.read(value))

    def __delattr__(self, name: str) -> None:
        """Forget an assignment: the next look reads the environment again."""
        if self._prefix + name not in _FLAGS:
            raise self._unknown(name)
        self.__dict__.pop(name, None)

    def _unknown(self, name: str) -> UnknownFlagError:
        full = self._prefix + name
        hint = did_you_mean(full, _FLAGS) if not name.startswith("_") else ""
        return UnknownFlagError(f"there is no flag config.{full}" + (f"; {hint}" if hint else ""))

    def __iter__(self) -> Iterator[str]:
        """The full names of the flags of this section."""
        return (name for name in _FLAGS if name.startswith(self._prefix))

    def __str__(self) -> str:
        return "\n".join(_describe(_FLAGS[name]) for name in self)

    def change_flags(self, args: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), **kwargs: Any) -> change_flags:
        """As :class:`theano.flags.change_flags`."""
        return change_flags(args, **kwargs)


config = TheanoConfigParser()
"""The flags.  ``print(config)`` lists them all with their help and values."""


def _describe(flag: Flag) -> str:
    accepts = f"one of {', '.join(map(str, flag.choices))}" if flag.choices else flag.parse.__name__.removeprefix("read_")
    return f"{flag.name} ({accepts})\n    {flag.help}\n    value: {get(flag.name)!r}\n"


def _section(name: str) -> tuple[TheanoConfigParser, str]:
    """The section that holds the flag ``name``, and the rest of the name."""
    *path, last = name.split(".")
    section = config
    for part in path:
        if not isinstance(section.__dict__.get(part), TheanoConfigParser):
            raise UnknownFlagError(f"there is no flag config.{name}; {did_you_mean(name, _FLAGS)}".rstrip("; "))
        section = section.__dict__[part]
    return section, last


def get(name: str) -> Any:
    """The value of a flag by its dotted name."""
    section, last = _section(name)
    return getattr(section, last)


def put(name: str, value: Any) -> None:
    """Assign a flag by its dotted name."""
    section, last = _section(name)
    setattr(section, last, value)


def declare(flag: Flag) -> Flag:
    """Add a flag.  A value that the environment gives it is checked now."""
    if flag.name in _FLAGS:
        raise FlagError(f"config.{flag.name} is declared twice")
    *path, last = flag.name.split(".")
    section = config
    for part in path:
        if part not in section.__dict__:
            object.__setattr__(section, part, TheanoConfigParser(f"{section._prefix}{part}."))
        section = section.__dict__[part]
    _FLAGS[flag.name] = flag
    _config_var_list.append(flag)
    if flag.name in THEANO_FLAGS_DICT or flag.name.lower() in theano_cfg:
        getattr(section, last)
    return flag


def flag(
    name: str,
    default: Any,
    help: str,
    *,
    choices: Iterable[str] = (),
    parse: Callable[[Any], Any] | None = None,
    settable: bool = True,
    affects_code: bool = True,
) -> Flag:
    """Declare a flag.  What it accepts follows from ``choices``, else from ``parse``, else from the type of its default."""
    choices = tuple(choices)
    by_type: dict[type, Callable[[Any], Any]] = {bool: read_bool, int: read_int, float: read_float}
    if choices:
        parse = read_choice(choices)
    elif parse is None:
        parse = by_type.get(type(default), read_text)
    return declare(Flag(name, default, parse, choices, help, settable, affects_code))


class change_flags:
    """Other values for some flags, within a ``with`` block or a decorated function.

    >>> with change_flags({"profiling.n_ops": 3}, floatX="float32"):
    ...     config.profiling.n_ops, config.floatX
    (3, 'float32')
    >>> @change_flags(floatX="float16")
    ... def narrow():
    ...     return config.floatX
    >>> narrow()
    'float16'
    """

    def __init__(self, args: Mapping[str, Any] | Iterable[tuple[str, Any]] = (), **kwargs: Any) -> None:
        self.confs: dict[str, Any] = {**dict(args), **kwargs}
        for name in self.confs:
            get(name)
        self._saved: list[list[tuple[str, Any]]] = []

    def __call__(self, f: Function) -> Function:
        @functools.wraps(f)
        def changed(*args: Any, **kwargs: Any) -> Any:
            with self:
                return f(*args, **kwargs)

        return changed  # type: ignore[return-value]

    def __enter__(self) -> change_flags:
        saved: list[tuple[str, Any]] = []
        self._saved.append(saved)
        try:
            for name, value in self.confs.items():
                before = get(name)
                put(name, value)
                saved.append((name, before))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for name, before in reversed(self._saved.pop()):
            section, last = _section(name)
            object.__setattr__(section, last, before)


@functools.lru_cache(maxsize=1)
def _of_code(count: int) -> list[tuple[str, TheanoConfigParser, str]]:
    """The flags on which code may depend, with their sections and their names there; ``count``: how many flags are declared."""
    return [(flag.name, *_section(flag.name)) for flag in sorted(_config_var_list, key=lambda flag: flag.name) if flag.affects_code]


def get_config_hash() -> str:
    """A digest of the flags on which generated code may depend."""
    values = [f"{name}={getattr(section, last)}" for name, section, last in _of_code(len(_config_var_list))]
    return hashlib.sha256("\n".join(values).encode()).hexdigest()


# --- the classic way to declare flags, for libraries that add their own


def ConfigParam(default: Any, filter: Callable[[Any], Any] | None = None, allow_override: bool = True) -> Flag:
    """A flag whose values are what ``filter`` makes of texts and values."""
    return Flag("", default, filter or (lambda value: value), settable=allow_override)


def TypedParam(
    default: Any, mytype: Callable[[Any], Any], is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True
) -> Flag:
    """A flag whose values ``mytype`` makes of texts, and which ``is_valid`` accepts."""
    return _classic(default, mytype, is_valid, allow_override)


def EnumStr(default: str, *options: str, **kwargs: Any) -> Flag:
    """A flag that takes ``default`` or one of ``options``."""
    choices = (default, *options)
    return Flag("", default, read_choice(choices), choices, settable=kwargs.get("allow_override", True))


def _classic(default: Any, read: Callable[[Any], Any], is_valid: Callable[[Any], bool] | None, allow_override: bool) -> Flag:
    def parse(value: Any) -> Any:
        result = read(value)
        if is_valid is not None and not is_valid(result):
            raise ValueError(f"a value that {getattr(is_valid, '__name__', is_valid)} accepts")
        return result

    return Flag("", default, parse, settable=allow_override)


def BoolParam(default: Any, is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True) -> Flag:
    return _classic(default, read_bool, is_valid, allow_override)


def IntParam(default: Any, is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True) -> Flag:
    return _classic(default, read_int, is_valid, allow_override)


def FloatParam(default: Any, is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True) -> Flag:
    return _classic(default, read_float, is_valid, allow_override)


def StrParam(default: Any, is_valid: Callable[[Any], bool] | None = None, allow_override: bool = True) -> Flag:
    return _classic(default, read_text, is_valid, allow_override)


def AddConfigVar(name: str, doc: str, configparam: Flag, root: TheanoConfigParser = config, in_c_key: bool = True) -> None:
    """Declare the flag ``name``, made by :func:`EnumStr` or one of the ``...Param`` functions."""
    declare(replace(configparam, name=root._prefix + name, help=doc, affects_code=in_c_key))


# --- computed defaults


def _user_cache_directory() -> str:
    from platformdirs import user_cache_path

    return str(user_cache_path("theano"))


def _compiledir_format() -> str:
    return "compiled-{platform}-{python}"


def _compiledir() -> str:
    import platform

    fields = {"platform": platform.machine() + "-" + sys.platform, "python": platform.python_version(), "hostname": platform.node()}
    return str(Path(config.base_compiledir) / config.compiledir_format.format_map(_Verbatim(fields)))


class _Verbatim(dict[str, str]):
    """Format fields; one that is not known stands for itself."""

    def __missing__(self, key: str) -> str:
        return key


def _compile_timeout() -> int:
    return int(config.compile.wait) * 24


# --- the flags: computation

flag("floatX", "float64", "The default dtype of floating-point variables and constants.", choices=("float64", "float32", "float16"))
flag(
    "cast_policy",
    "custom",
    "How dtypes of constants and mixed arguments promote: the classic rules; NumPy's with floatX; or 'weak', under "
    "which Python numbers never widen.",
    choices=("custom", "numpy+floatX", "weak"),
)
flag("int_division", "int", "What x / y of two integers meant in Python 2; kept for old settings.", choices=("int", "raise", "floatX"))
flag("warn_float64", "ignore", "What to do when a float64 variable is made.", choices=("ignore", "warn", "raise", "pdb"))
flag(
    "deterministic",
    "default",
    "'more' asks for reproducible gradients on a GPU too; on the CPU they always are.",
    choices=("default", "more"),
)
flag(
    "device", "cpu", "Where functions run: cpu, cuda, cuda<number>, opencl or opencl<platform>:<device>.", parse=read_device, settable=False
)
flag(
    "cpu",
    "native",
    "What code for the CPU may use: all that this one has, or only the features of x86-64 (baseline), with AVX2 and FMA, with AVX-512.",
    choices=("native", "baseline", "avx2", "avx512"),
)
flag("init_gpu_device", "", "A device to make ready at import, while 'device' stays cpu.", parse=read_device, settable=False)
flag("force_device", False, "Whether it is an error if the device cannot be used; otherwise the CPU stands in.", settable=False)
flag("contexts", None, "Devices for several contexts: name->device;name->device.")
flag("print_active_device", True, "Whether to print which GPU is in use.", settable=False, affects_code=False)
flag("assert_no_cpu_op", "ignore", "What to do if a GPU function keeps a CPU step.", choices=("ignore", "warn", "raise", "pdb"))
flag("openmp", True, "Whether long loops run on several threads.")
flag("openmp_elemwise_minsize", 200_000, "Kept for old settings: what a loop costs decides whether threads pay.")
flag(
    "numpy.seterr_all",
    "ignore",
    "numpy.seterr(all=...) at import, if it is given or another of these is; 'None' leaves NumPy alone.",
    choices=("ignore", "warn", "raise", "call", "print", "log", "None"),
    settable=False,
    affects_code=False,
)
for _kind in ("divide", "over", "under", "invalid"):
    flag(
        f"numpy.seterr_{_kind}",
        "None",
        f"numpy.seterr({_kind}=...) at import; 'None' follows numpy.seterr_all.",
        choices=("None", "ignore", "warn", "raise", "call", "print", "log"),
        settable=False,
        affects_code=False,
    )

# --- building functions

flag("mode", "Mode", "The default compilation mode: Mode, FAST_RUN, FAST_COMPILE, DebugMode, NanGuardMode ...", affects_code=False)
flag(
    "linker",
    "cvm",
    "The default linker; 'py' interprets with NumPy, all others generate native code.",
    choices=("cvm", "c|py", "py", "c", "c|py_nogc", "vm", "vm_nogc", "cvm_nogc"),
    affects_code=False,
)
flag(
    "optimizer",
    "o4",
    "How far graphs are rewritten; o4, o3, o2, fast_run are all rules, o1, fast_compile the fast ones.",
    choices=("o4", "o3", "o2", "o1", "unsafe", "fast_run", "fast_compile", "merge", "None"),
    affects_code=False,
)
for _tags in ("excluding", "including", "requiring"):
    flag(
        f"optimizer_{_tags}",
        "",
        f"Names and tags of rewrites, separated by ':', as Mode.{_tags} takes them.",
        settable=False,
        affects_code=False,
    )
flag("optimizer_verbose", False, "Whether to print each rewrite applied.", affects_code=False)
flag("on_opt_error", "warn", "What to do when a rewrite fails.", choices=("warn", "raise", "pdb", "ignore"), affects_code=False)
flag("on_shape_error", "warn", "Kept for old settings.", choices=("warn", "raise"), affects_code=False)
flag(
    "on_unused_input",
    "raise",
    "What to do with an input that a function does not use.",
    choices=("raise", "warn", "ignore"),
    affects_code=False,
)
flag("allow_gc", True, "Whether temporaries go back to the allocator after a call.")
flag("check_input", True, "Kept for old settings: types are always checked, but for f.trust_input.")
flag("cycle_detection", "regular", "Kept for old settings: no rewrite makes cycles.", choices=("regular", "fast"), affects_code=False)
flag(
    "check_stack_trace",
    "off",
    "What to do when a rewrite loses the user's lines.",
    choices=("off", "log", "warn", "raise"),
    affects_code=False,
)
flag("reoptimize_unpickled_function", False, "Whether an unpickled function is rewritten again.", affects_code=False)
flag("unpickle_function", True, "Whether functions are rebuilt when unpickled; otherwise None stands for them.", affects_code=False)
flag("cache_optimizations", False, "Kept for old settings: plans of functions are always cached.", affects_code=False)
flag("optdb.position_cutoff", float("inf"), "Rewrites registered behind this position do not run.")
flag("optdb.max_use_ratio", 8.0, "A budget: rule applications per node of the graph.")
flag("metaopt.optimizer_excluding", "", "Kept for old settings.", affects_code=False)
flag("metaopt.optimizer_including", "", "Kept for old settings.", affects_code=False)
flag("metaopt.verbose", 0, "Kept for old settings.", affects_code=False)
flag("scan.allow_gc", False, "Whether a scan gives its temporaries back between steps.")
flag("scan.allow_output_prealloc", True, "Kept for old settings: outputs of a scan are always written in place.")
flag("scan.debug", False, "Whether scan prints what it does.", affects_code=False)
flag("conv.assert_shape", False, "Whether hints like input_shape are checked at run time.")
flag("experimental.local_alloc_elemwise", True, "Kept for old settings.")
flag("experimental.local_alloc_elemwise_assert", True, "Kept for old settings.")
flag("experimental.unpickle_gpu_on_cpu", False, "Kept for old settings: values unpickle on any device.")
flag("tensor.local_elemwise_fusion", True, "Kept for old settings: kernels are fused after rewriting.")
flag("gpu.local_elemwise_fusion", True, "Whether elementwise operations fuse on a GPU.")
flag("tensor.cmp_sloppy", 0, "How much looser approximate comparisons are (0, 1, 2).", affects_code=False, settable=False)
flag("tensor.insert_inplace_optimizer_validate_nb", -1, "Kept for old settings.", affects_code=False)
flag("lib.amdlibm", False, "Kept for old settings: the vector mathematics are Theano's own.")
flag("vm.lazy", "None", "Kept for old settings: branches are always lazy.", affects_code=False)

# --- the cache of compiled code

flag("base_compiledir", _user_cache_directory, "The directory above all compilation directories.", parse=read_folder, affects_code=False)
flag(
    "compiledir_format",
    _compiledir_format,
    "The name of the compilation directory; fields in braces: platform, python, hostname.",
    affects_code=False,
)
flag("compiledir", _compiledir, "Where compiled code is kept.", affects_code=False)
flag("compile.wait", 5, "Kept for old settings: the cache needs no lock.", settable=False, affects_code=False)
flag(
    "compile.timeout",
    _compile_timeout,
    "Kept for old settings: the cache needs no lock.",
    settable=False,
    affects_code=False,
    parse=read_int,
)
flag("nocleanup", False, "Kept for old settings: nothing is compiled in files.", affects_code=False)
flag("cmodule.age_thresh_use", 2_073_600, "Kept for old settings: python -m theano cache.", settable=False, affects_code=False)
flag("cmodule.debug", False, "Kept for old settings.", affects_code=False)
flag("cmodule.preload_cache", False, "Kept for old settings.", settable=False, affects_code=False)
flag("cmodule.remove_gxx_opt", False, "Kept for old settings.", affects_code=False)
flag("cmodule.warn_no_version", False, "Kept for old settings.", affects_code=False)
flag("cmodule.compilation_warning", False, "Kept for old settings.", affects_code=False)
flag("cxx", "", "Kept for old settings: no C++ compiler is used.", affects_code=False)
flag("gcc.cxxflags", "", "Kept for old settings: no C++ compiler is used.", affects_code=False)
flag("blas.ldflags", "", "Kept for old settings: BLAS comes with SciPy.", affects_code=False)
flag("blas.check_openmp", True, "Kept for old settings.", affects_code=False)

# --- errors, tests, profiles

flag("exception_verbosity", "low", "'high' adds the graph and all storage to run-time errors.", choices=("low", "high"), affects_code=False)
flag(
    "compute_test_value",
    "off",
    "Whether expressions are computed from tag.test_value while they are built.",
    choices=("off", "ignore", "warn", "raise", "pdb"),
    affects_code=False,
)
flag(
    "compute_test_value_opt",
    "off",
    "The same for expressions that rewrites build.",
    choices=("off", "ignore", "warn", "raise", "pdb"),
    affects_code=False,
)
flag("print_test_value", False, "Whether the repr of a variable shows its test value.", affects_code=False)
flag("pickle_test_value", True, "Whether test values are pickled.", affects_code=False)
flag("traceback.limit", 8, "How many of the user's lines an error shows.", affects_code=False)
flag("traceback.compile_limit", 0, "Kept for old settings: lines of rewrites follow traceback.limit.", affects_code=False)
flag("profile", False, "Whether functions are profiled.")
flag("profile_optimizer", False, "Whether compilation is profiled.", affects_code=False)
flag("profile_memory", False, "Whether profiles report memory.")
flag("print_global_stats", False, "Whether totals are printed at exit.", affects_code=False)
flag("profiling.n_apply", 20, "How many nodes a profile lists.", affects_code=False)
flag("profiling.n_ops", 20, "How many operations a profile lists.", affects_code=False)
flag("profiling.output_line_width", 512, "Lines of a profile are cut here.", affects_code=False)
flag("profiling.min_memory_size", 1024, "Kept for old settings: profiles report memory by function.", affects_code=False)
flag("profiling.min_peak_memory", False, "Kept for old settings: programs are planned for little memory.", affects_code=False)
flag("profiling.destination", "stderr", "Where profiles go: stderr, stdout or a file name.", affects_code=False)
flag("profiling.debugprint", False, "Whether a profile prints the graph.", affects_code=False)
flag("profiling.ignore_first_call", False, "Whether the first call counts.", affects_code=False)
flag("profiling.time_thunks", True, "Whether steps are timed one by one.")
flag("DebugMode.patience", 10, "How often DebugMode rewrites to see whether the result is stable.", affects_code=False)
flag("DebugMode.check_c", True, "Whether DebugMode checks the native code.", affects_code=False)
flag("DebugMode.check_py", True, "Whether DebugMode checks perform.", affects_code=False)
flag("DebugMode.check_finite", True, "Whether DebugMode refuses NaN and inf.", affects_code=False)
flag("DebugMode.check_strides", 0, "Kept for old settings.", affects_code=False)
flag("DebugMode.warn_input_not_reused", True, "Whether to warn if a destroy_map is not used.", affects_code=False)
flag(
    "DebugMode.check_preallocated_output",
    "",
    "Which kinds of preallocated outputs perform is tried with, separated by ':'.",
    affects_code=False,
)
flag("DebugMode.check_preallocated_output_ndim", 4, "Up to which rank preallocated outputs are strided.", affects_code=False)
flag("NanGuardMode.nan_is_error", True, "Whether NanGuardMode refuses NaN.", affects_code=False)
flag("NanGuardMode.inf_is_error", True, "Whether NanGuardMode refuses inf.", affects_code=False)
flag("NanGuardMode.big_is_error", True, "Whether NanGuardMode refuses numbers above 1e10.", affects_code=False)
flag("NanGuardMode.action", "raise", "What NanGuardMode does then.", choices=("raise", "warn", "pdb"), affects_code=False)
flag("unittests.rseed", "666", "The seed of the testing helpers, or 'random'.", affects_code=False)
flag(
    "warn.ignore_bug_before",
    "0.9",
    "Kept for old settings: no warnings about results of old versions.",
    choices=(
        "0.9",
        "None",
        "all",
        "0.3",
        "0.4",
        "0.4.1",
        "0.5",
        "0.6",
        "0.7",
        "0.8",
        "0.8.1",
        "0.8.2",
        "0.10",
        "1.0",
        "1.0.1",
        "1.0.2",
        "1.0.3",
        "1.0.4",
        "1.0.5",
    ),
    settable=False,
    affects_code=False,
)
flag("warn.round", False, "Whether T.round warns about its default mode.", affects_code=False)
flag("warn.inc_subtensor1_opt", True, "Kept for old settings.", affects_code=False)
for _bug in (
    "argmax_pushdown_bug",
    "gpu_set_subtensor1",
    "gpusum_01_011_0111_bug",
    "identify_1pexp_bug",
    "inc_set_subtensor1",
    "reduce_join",
    "signal_conv2d_interface",
    "subtensor_merge_bug",
    "sum_div_dimshuffle_bug",
    "sum_sum_bug",
    "vm_gc_bug",
):
    flag(f"warn.{_bug}", False, "Kept for old settings.", affects_code=False)

# --- GPU libraries

flag("cuda.root", "", "Where CUDA is installed; empty: found by the loader.", affects_code=False)
flag("cuda.include_path", "", "Kept for old settings.", affects_code=False)
flag(
    "gpuarray.preallocate", 0.0, "GPU memory kept from the start: a share of all if at most 1, else MB; negative: no pool.", settable=False
)
flag("gpuarray.sched", "default", "How the host waits for the GPU.", choices=("default", "multi", "single"), settable=False)
flag("gpuarray.single_stream", True, "Kept for old settings.", settable=False)
flag("gpuarray.cache_path", "", "Kept for old settings: GPU kernels share the cache of compiled code.", settable=False, affects_code=False)
flag("gpuarray.sync", False, "Whether calls wait for the GPU.", settable=False)
flag("gpuelemwise.sync", True, "Kept for old settings.")
flag("ctc.root", "", "Kept for old settings.", settable=False, affects_code=False)
flag("magma.enabled", False, "Kept for old settings.")
flag("magma.include_path", "", "Kept for old settings.", affects_code=False)
flag("magma.library_path", "", "Kept for old settings.", affects_code=False)
flag("dnn.enabled", "auto", "Whether cuDNN is used.", choices=("auto", "True", "False", "no_check"))
for _path in ("base_path", "bin_path", "include_path", "library_path"):
    flag(f"dnn.{_path}", "", "Where cuDNN is installed; empty: found by the loader.", affects_code=False)
flag("dnn.conv.workmem", "", "An old name of dnn.conv.algo_fwd.", settable=False)
flag("dnn.conv.workmem_bwd", "", "An old name of dnn.conv.algo_bwd_filter and dnn.conv.algo_bwd_data.", settable=False)
flag("dnn.conv.algo_bwd", "", "An old name of dnn.conv.algo_bwd_filter and dnn.conv.algo_bwd_data.", settable=False)
_CHOSEN_AT_RUN_TIME = ("guess_once", "guess_on_shape_change", "time_once", "time_on_shape_change")
flag(
    "dnn.conv.algo_fwd",
    "small",
    "The forward convolution of cuDNN.",
    choices=("small", "none", "large", "fft", "fft_tiling", "winograd", "winograd_non_fused", *_CHOSEN_AT_RUN_TIME),
)
flag(
    "dnn.conv.algo_bwd_data",
    "none",
    "The gradient of cuDNN's convolution by its input.",
    choices=("none", "deterministic", "fft", "fft_tiling", "winograd", "winograd_non_fused", *_CHOSEN_AT_RUN_TIME),
)
flag(
    "dnn.conv.algo_bwd_filter",
    "none",
    "The gradient of cuDNN's convolution by its filters.",
    choices=("none", "deterministic", "fft", "small", "winograd_non_fused", "fft_tiling", *_CHOSEN_AT_RUN_TIME),
)
flag(
    "dnn.conv.precision",
    "as_input_f32",
    "The precision in which cuDNN convolves.",
    choices=("as_input_f32", "as_input", "float16", "float32", "float64"),
)


def given(name: str) -> bool:
    """Whether the environment or a file gives a value to a flag."""
    return name in THEANO_FLAGS_DICT or name.lower() in theano_cfg


def set_numpy_errors() -> None:
    """``numpy.seterr`` as the flags ``numpy.seterr_*`` say, if one of them is given."""
    kinds = [kind for kind in ("all", "divide", "over", "under", "invalid") if given(f"numpy.seterr_{kind}")]
    chosen = {kind: get(f"numpy.seterr_{kind}") for kind in (("all", *kinds) if kinds else ())}
    if any(value != "None" for value in chosen.values()):
        import numpy

        numpy.seterr(**{kind: value for kind, value in chosen.items() if value != "None"})


def _warn_of_unknown_flags() -> None:
    known = {name.lower() for name in _FLAGS}
    for source, names, case in (("THEANO_FLAGS", THEANO_FLAGS_DICT, False), (".theanorc", theano_cfg, True)):
        for name in names:
            if name not in _FLAGS and not (case and name in known):
                hint = did_you_mean(name, _FLAGS)
                TheanoConfigWarning.warn(f"{source}: there is no flag {name}" + (f"; {hint}" if hint else ""))


def _tell_of_device() -> None:
    """``force_device`` says whether it is an error that the CPU stands in."""
    if config.device == "cpu":
        return
    text = f"device={config.device}: functions do not run on GPUs yet"
    if config.force_device:
        raise FlagError(f"{text}; with force_device=False they run on the CPU")
    TheanoConfigWarning.warn(f"{text}, the CPU stands in")


_warn_of_unknown_flags()
_tell_of_device()
