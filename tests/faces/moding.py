"""A call of each name of the modules of modes, profiles and flags, with what it gives; W are the helpers."""

import io

import numpy as np

import theano
import theano.tensor as T
from theano.compile import ProfileStats
from theano.compile.debugmode import BadThunkOutput

MODULES = {
    "theano.compile.debugmode", "theano.compile.mode", "theano.compile.monitormode", "theano.compile.nanguardmode",
    "theano.compile", "theano.compile.profiling", "theano.configparser",
}  # fmt: skip
DEBUG, PROFILE = "theano.compile.debugmode", "theano.compile.profiling"


class Helpers:
    """What the calls need."""

    x = T.dvector("x")
    node = T.exp(x).owner
    mode = theano.Mode("cvm", "fast_run")
    _stats = None

    def graph(self):
        return theano.graph.FunctionGraph([self.x], [T.exp(self.x)])

    def rule(self):
        return theano.gof.local_optimizer([T.exp])(lambda node: None)

    def query(self, mode):
        return mode.optimizer.query

    @property
    def stats(self):
        """A profile of one call of one function with one step."""
        if self._stats is None:
            self._stats = ProfileStats(atexit_print=False, message="one")
            theano.function([self.x], self.x * 2, profile=self._stats)(np.ones(3))
        return self._stats

    def total(self):
        found = {}
        (step,) = self.stats.apply_time
        self.stats.fill_node_total_time(step, found)
        return list(found) == [step]

    def printed(self, name):
        """The first line that a method of the profile prints."""
        stream = io.StringIO()
        getattr(self.stats, name)(file=stream)
        return stream.getvalue().partition("\n")[0]

    def reset(self):
        self.stats.reset()
        calls, self._stats = self.stats.fct_callcount, None
        return calls

    def told(self, error):
        return str(error).partition("\n")[0]

    def wrong(self):
        return BadThunkOutput(self.node.out, "perform", np.zeros(1), "machine code", np.ones(1), [np.ones(1)])

    def declared(self, make, text):
        """What a flag made by ``make(default, ...)`` reads from a text."""
        return make.read(text)

    def constructed(self, register):
        """What ``shared`` makes of a class that has a constructor of its own, while it has it."""

        class Box:
            pass

        def make(value, name=None, strict=False, allow_downcast=None):
            if not isinstance(value, Box):
                raise TypeError("not a box")
            return "a box"

        register(make)
        try:
            return theano.shared(Box())
        finally:
            register(make, remove=True)

    def watched(self, *cells):
        """A thunk with these results."""
        return type("Thunk", (), {"inputs": [], "outputs": [[cell] for cell in cells]})()


W = Helpers()

OF_MODE = {
    "AddDestroyHandler": ("theano.compile.mode.AddDestroyHandler().optimize(W.graph())", "None"),
    "AddDestroyHandler.apply": ("theano.compile.mode.AddDestroyHandler().apply(W.graph())", "None"),
    "AddDestroyHandler.add_requirements": (
        "(lambda g: (theano.compile.mode.AddDestroyHandler().add_requirements(g), hasattr(g, 'destroy_handler'))[1])(W.graph())", "True",
    ),
    "AddFeatureOptimizer": ("theano.compile.mode.AddFeatureOptimizer(theano.graph.History()).optimize(W.graph())", "None"),
    "AddFeatureOptimizer.add_requirements": (
        "(lambda g: (theano.compile.mode.AddFeatureOptimizer(theano.graph.History()).add_requirements(g), len(g.features))[1])(W.graph())",
        "1",
    ),
    "FAST_COMPILE": ("W.query(theano.compile.mode.FAST_COMPILE).include", "('fast_compile',)"),
    "FAST_RUN": ("W.query(theano.compile.mode.FAST_RUN).include", "('fast_run',)"),
    "Mode": ("str(theano.compile.mode.Mode('py', 'fast_run'))", "'Mode(linker = py, optimizer = fast_run)'"),
    "Mode.optimizer": ("len(W.mode.optimizer.optimize(W.graph()).nodes) > 0", "True"),
    "Mode.get_linker_optimizer": ("theano.Mode.get_linker_optimizer('py', 'fast_run')[1].include", "('fast_run',)"),
    "Mode.including": ("W.query(W.mode.including('more')).include", "('fast_run', 'more')"),
    "Mode.register": ("len(W.query(W.mode.register((W.rule(), 1.0))).extra_optimizations)", "1"),
    "Mode.excluding": ("W.query(W.mode.excluding('blas')).exclude", "('blas',)"),
    "Mode.requiring": ("W.query(W.mode.requiring('stable')).require", "('stable',)"),
    "Mode.clone": ("W.mode.clone(link_kwargs={'allow_gc': False}).linker.allow_gc", "False"),
    "PrintCurrentFunctionGraph": ("theano.compile.mode.PrintCurrentFunctionGraph('here').header", "'here'"),
    "PrintCurrentFunctionGraph.apply": ("theano.compile.mode.PrintCurrentFunctionGraph('here').apply(W.graph())", "None"),
    "config": ("theano.compile.mode.config is theano.config", "True"),
    "get_default_mode": ("theano.compile.mode.get_default_mode() == theano.Mode()", "True"),
}  # fmt: skip

OF_DEBUG = {
    "BadDestroyMap": (
        f"W.told({DEBUG}.BadDestroyMap(W.node, 0, V, U, 'perform'))",
        "'DebugMode: Elemwise{exp,no_inplace} overwrites its input 0, which is not in its destroy_map'",
    ),
    "BadOptimization": (
        f"W.told({DEBUG}.BadOptimization(W.node.out, W.x, V, U, 'a_rule'))", "'DebugMode: the rewrite a_rule changes the value of exp(x)'",
    ),
    "BadThunkOutput": (f"isinstance(W.wrong(), {DEBUG}.BadThunkOutput)", "True"),
    "BadThunkOutput.offending_op": ("W.wrong().offending_op().__name__", "'Elemwise'"),
    "BadThunkOutput.str_diagnostic": (
        "W.wrong().str_diagnostic().partition('\\n')[0]", "'DebugMode: perform and machine code give different results of exp'",
    ),
    "BadViewMap": (
        f"W.told({DEBUG}.BadViewMap(W.node, 0, V, [0]))", "'DebugMode: result 0 of Elemwise{exp,no_inplace} shares memory with an input'",
    ),
    "DebugMode": (f"theano.function([W.x], W.x * 2, mode={DEBUG}.DebugMode(stability_patience=1))(V)", "2 * V"),
    "DebugMode.function_maker": (
        f"(lambda mode: mode.function_maker([W.x], [W.x * 2], mode).create()(V)[0])({DEBUG}.DebugMode(stability_patience=1))", "2 * V",
    ),
    "DebugModeError": (f"issubclass({DEBUG}.BadViewMap, {DEBUG}.DebugModeError)", "True"),
    "InvalidValueError": (
        f"W.told({DEBUG}.InvalidValueError(W.x, 'text'))",
        "'DebugMode: the input x is not a valid value of TensorType(float64, vector)'",
    ),
    "StochasticOrder": (f"issubclass({DEBUG}.StochasticOrder, {DEBUG}.DebugModeError)", "True"),
    "config": (f"{DEBUG}.config is theano.config", "True"),
}  # fmt: skip

OF_PROFILE = {
    "ProfileStats": (f"isinstance(W.stats, {PROFILE}.ProfileStats) and W.stats.message", "'one'"),
    "ProfileStats.reset": ("W.reset()", "0"),
    **{
        f"ProfileStats.{group}_{what}": (f"list(W.stats.{group}_{what}().values())", f"[{value}]")
        for group in ("class", "op")
        for what, value in {"callcount": "1", "nodes": "1", "impl": "'C'"}.items()
    },
    "ProfileStats.class_time": ("[0 < t < 1 for t in W.stats.class_time().values()]", "[True]"),
    "ProfileStats.op_time": ("[0 < t < 1 for t in W.stats.op_time().values()]", "[True]"),
    "ProfileStats.fill_node_total_time": ("W.total() and bool(W.stats.fill_node_total_time)", "True"),
    "ProfileStats.compute_total_times": ("W.stats.compute_total_times() == W.stats.apply_time", "True"),
    **{
        f"ProfileStats.{name}": (f"W.printed('{name}')", repr(first))
        for name, first in {
            "summary_class": "Class", "summary_ops": "Ops", "summary_nodes": "Apply", "summary_function": "Function profiling",
            "summary_memory": "Memory Profile", "summary": "Function profiling", "print_tips": "Tips", "print_extra": "",
        }.items()
    },
    "ProfileStats.summary_globals": ("W.printed('summary_globals').partition(' import')[0]", "'Time since theano'"),
}  # fmt: skip

OF_FLAGS = {
    "_config_var_list": ("'floatX' in [flag.name for flag in theano.configparser._config_var_list]", "True"),
    "AddConfigVar": (
        "refusal(theano.configparser.AddConfigVar, 'floatX', '', theano.configparser.BoolParam(True)).__name__", "'FlagError'",
    ),
    "BoolParam": ("W.declared(theano.configparser.BoolParam(True), 'False')", "False"),
    "EnumStr": ("W.declared(theano.configparser.EnumStr('a', 'b'), 'b')", "'b'"),
    "FloatParam": ("W.declared(theano.configparser.FloatParam(1.0), '2.5')", "2.5"),
    "IntParam": ("W.declared(theano.configparser.IntParam(1), '2')", "2"),
    "StrParam": ("W.declared(theano.configparser.StrParam('a'), 'b')", "'b'"),
    "change_flags": ("theano.configparser.change_flags(floatX='float32').confs", "{'floatX': 'float32'}"),
    "change_flags.__call__": ("theano.change_flags(floatX='float32').__call__(lambda: theano.config.floatX)()", "'float32'"),
    "change_flags.__enter__": (
        "(lambda c: (c.__enter__(), theano.config.floatX, c.__exit__(None, None, None))[1])(theano.change_flags(floatX='float32'))",
        "'float32'",
    ),
    "change_flags.__exit__": (
        "(lambda c: (c.__enter__(), c.__exit__(None, None, None), theano.config.floatX)[2])(theano.change_flags(floatX='float32'))",
        "'float64'",
    ),
    "config": ("theano.configparser.config.floatX", "'float64'"),
}  # fmt: skip

OF_PACKAGE = {
    "theano": ("theano.theano is theano", "True"),
    "In": ("theano.In(W.x, value=V).name", "'x'"),
    "Out": ("theano.Out(W.x, borrow=True).borrow", "True"),
    "_asarray": ("theano._asarray([1, 2], 'floatX')", "np.array([1.0, 2.0])"),
    "dot": ("theano.dot(m, v)", "M @ V"),
    "function": ("theano.function([W.x], W.x * 2)(V)", "2 * V"),
    "pp": ("theano.pp(W.x * W.x)", "'(x * x)'"),
    "pprint": ("theano.pprint(W.x + W.x)", "'(x + x)'"),
    "shared": ("theano.shared(V).get_value()", "V"),
    "sparse_grad": ("T.grad(theano.sparse_grad(v[i * 0]).sum(), v)", "[3, 0, 0]"),
}
OF_COMPILE = {
    "Function": ("isinstance(theano.function([W.x], W.x), theano.compile.Function)", "True"),
    "MonitorMode": ("theano.function([W.x], W.x * 2, mode=theano.compile.MonitorMode())(V)", "2 * V"),
    "UnusedInputError": ("refusal(theano.function, [W.x], []) is theano.compile.UnusedInputError", "True"),
    "exclude": ("theano.compile.exclude", "[]"),
    "shared_constructor": ("W.constructed(theano.compile.shared_constructor)", "'a box'"),
}

CALLS = {
    **{f"theano.{name}": call for name, call in OF_PACKAGE.items()},
    **{f"theano.compile.{name}": call for name, call in OF_COMPILE.items()},
    **{f"theano.compile.mode.{name}": call for name, call in OF_MODE.items()},
    **{f"{DEBUG}.{name}": call for name, call in OF_DEBUG.items()},
    **{f"{PROFILE}.{name}": call for name, call in OF_PROFILE.items()},
    **{f"theano.configparser.{name}": call for name, call in OF_FLAGS.items()},
    "theano.compile.monitormode.detect_nan": ("theano.compile.monitormode.detect_nan(0, W.node, W.watched(V))", "None"),
    "theano.compile.nanguardmode.NanGuardMode": (
        "theano.function([W.x], W.x * 2, mode=theano.compile.nanguardmode.NanGuardMode())(V)", "2 * V",
    ),
}  # fmt: skip
