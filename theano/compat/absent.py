"""Names of the classic system that are not there, and why; what asks for one is told.

Each line is (why, where): the places are written as in :mod:`theano.compat.table`, a module alone meaning all of it, a class standing for
its methods, too.  A test compares this with the list of the classic names, so it names nothing that is there and misses nothing.

>>> why_absent("theano.gof.cc", "CLinker.code_gen")
'No C code is written or compiled: functions are compiled to machine code at once.'
>>> why_absent("theano.gof", "Op") is None
True
"""

from __future__ import annotations

from collections.abc import Iterator

ABSENT: dict[str, tuple[str, ...]] = {
    "No C code is written or compiled: functions are compiled to machine code at once.": (
        "theano: CLinker DualLinker OpWiseCLinker",
        "theano.gof.cc",
        "theano.gof: CLinker DualLinker HideC OpWiseCLinker",
        "theano.gof.utils: c_cpp_keywords",
    ),
    "Graphs are not moved to a GPU by rules.": ("theano.gof.opt: GraphToGPULocalOptGroup",),
    "Which form is fastest is not found out by running all of them while a function is compiled.": (
        "theano.gof.opt: LocalMetaOptimizer LocalMetaOptimizerSkipAssertionError",
    ),
    "Assertions are merged like other operations.": ("theano.gof.opt: MergeFeature.get_merged_assert_input",),
    "Constants are not cached, so nothing raises it.": ("theano.gof: CachedConstantError", "theano.gof.fg: CachedConstantError"),
    "A graph does this itself: use change_input, replace, add_input.": (
        "theano.gof.fg: FunctionGraph.__setup_r__ FunctionGraph.__setup_node__ FunctionGraph.__import_r__ FunctionGraph.__import__",
        "theano.gof.fg: FunctionGraph.__add_client__ FunctionGraph.__remove_client__",
    ),
    "Graphs are pickled without their features; attach them again.": (
        "theano.gof.destroyhandler: DestroyHandler.unpickle",
        "theano.gof.toolbox: History.unpickle ReplaceValidate.unpickle Validator.unpickle",
    ),
    "The handler looks at the graph when it is asked, and keeps no more than the answer.": (
        "theano.gof.destroyhandler: DestroyHandler.refresh_droot_impact DestroyHandler.fast_destroy",
    ),
    "An attribute called value does it.": ("theano.gof.link: Container.__get__ Container.__set__",),
    "Memory is planned when a function is compiled, for all of it at once.": ("theano.gof.vm: calculate_reallocate_info",),
    "A function does not exchange arrays with other processes; mpi4py sends what it returns.": (
        "theano.tensor.io: MPIRecv MPIRecvWait MPISend MPISendWait",
    ),
    "Nothing is logged.": ("theano.gof.vm: logger",),
    "__props__ needs no metaclass: see Op and Type.": ("theano.gof.utils: MetaObject",),
    "Functions are not chosen by the types of two arguments; functools.singledispatch chooses by one.": (
        "theano.gof.utils: ANY_TYPE FALL_THROUGH comm_guard type_guard",
    ),
}

UNBUILT: dict[str, tuple[str, ...]] = {
    "random numbers are not there yet": ("theano.sandbox.rng_mrg", "theano.tensor.raw_random", "theano.tensor.shared_randomstreams"),
    "convolution and pooling are not there yet": (
        "theano.tensor.nnet.abstract_conv", "theano.tensor.nnet.conv", "theano.tensor.nnet.conv2d", "theano.tensor.nnet.conv3d2d",
        "theano.tensor.nnet.corr", "theano.tensor.nnet.corr3d", "theano.tensor.nnet.neighbours", "theano.tensor.signal",
    ),
    "sparse matrices are not there yet": ("theano.sparse", "theano.tensor.nnet.blocksparse"),
    "linear algebra beyond products is not there yet": ("theano.sandbox.linalg", "theano.tensor.nlinalg", "theano.tensor.slinalg"),
    "Fourier transforms are not there yet": ("theano.tensor.fft", "theano.tensor.fourier"),
    "functions do not run on GPUs yet": ("theano.gpuarray", "theano.sandbox.cuda", "theano.sandbox.gpuarray"),
    "drawings of graphs are not there yet": ("theano.d3viz",),
}  # fmt: skip
"""What is still missing as a whole, by the classic modules and functions that lead to it; a path stands for all that is below it."""


def why_unbuilt(path: str) -> str | None:
    """What of the classic system ``path`` would lead to and is not there, None if nothing is said of it.

    >>> why_unbuilt("theano.sparse.basic")
    'sparse matrices are not there yet'
    """
    return next((why for why, paths in UNBUILT.items() if any(f"{path}.".startswith(f"{listed}.") for listed in paths)), None)


def absent() -> Iterator[tuple[str, str | None, str]]:
    """(module, name or None for all of it, why)."""
    for why, places in ABSENT.items():
        for place in places:
            module, _, names = place.partition(":")
            for name in names.split() or (None,):
                yield module, name, why


def why_absent(module: str, name: str) -> str | None:
    """Why there is no such name, None if nothing is said of it."""
    for place, listed, why in absent():
        if place == module and (listed is None or name == listed or name.startswith(listed + ".")):
            return why
    return None


def classic_page() -> str:
    """The table as a page."""
    lines = [
        "# Names of the classic system that are not there",
        "",
        "What programs of the classic Theano import is at its old place, except what stands here. The page is made from",
        "`theano/compat/absent.py` by `python -m theano docs docs/classic_api.md`; a test compares that with the classic names.",
        "",
        "| name | why not |",
        "|---|---|",
        *(f"| {'all of ' * (name is None)}`{module}{'.' * (name is not None)}{name or ''}` | {why} |" for module, name, why in absent()),
    ]
    return "\n".join(lines) + "\n"
