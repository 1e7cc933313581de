"""The flags that there are, each with its default, what it takes and what it does."""

from __future__ import annotations

import sys
from pathlib import Path

from theano.errors import FlagError
from theano.flags.registry import TheanoConfigWarning, config, flag, get, given, read_device, read_folder, read_int

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


def set_numpy_errors() -> None:
    """``numpy.seterr`` as the flags ``numpy.seterr_*`` say, if one of them is given."""
    kinds = [kind for kind in ("all", "divide", "over", "under", "invalid") if given(f"numpy.seterr_{kind}")]
    chosen = {kind: get(f"numpy.seterr_{kind}") for kind in (("all", *kinds) if kinds else ())}
    if any(value != "None" for value in chosen.values()):
        import numpy

        numpy.seterr(**{kind: value for kind, value in chosen.items() if value != "None"})


def tell_of_device() -> None:
    """``force_device`` says whether it is an error that the CPU stands in."""
    if config.device == "cpu":
        return
    text = f"device={config.device}: functions do not run on GPUs yet"
    if config.force_device:
        raise FlagError(f"{text}; with force_device=False they run on the CPU")
    TheanoConfigWarning.warn(f"{text}, the CPU stands in")
