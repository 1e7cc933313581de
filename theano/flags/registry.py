"""How flags work: their declaration, where their values come from, the tree that holds them."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
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


def given(name: str) -> bool:
    """Whether the environment or a file gives a value to a flag."""
    return name in THEANO_FLAGS_DICT or name.lower() in theano_cfg


def warn_of_unknown_flags() -> None:
    known = {name.lower() for name in _FLAGS}
    for source, names, case in (("THEANO_FLAGS", THEANO_FLAGS_DICT, False), (".theanorc", theano_cfg, True)):
        for name in names:
            if name not in _FLAGS and not (case and name in known):
                hint = did_you_mean(name, _FLAGS)
                TheanoConfigWarning.warn(f"{source}: there is no flag {name}" + (f"; {hint}" if hint else ""))


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
