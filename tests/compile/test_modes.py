"""All modes agree: fully rewritten machine code, machine code of the graph as written, and its interpretation."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.compile.ops import resized
from theano.compile import DebugMode
from theano.compile import mode as mode_module
from theano.compile.mode import Mode, get_default_mode, get_mode
from theano.errors import BoundsError, ShapeError
from theano.rewrite.query import Query
from theano.rewrite.stages import optdb
from theano.scanning import branch, repeat

x, y, m = T.dvector("x"), T.dvector("y"), T.dmatrix("m")
a, n, i, k = T.dscalar("a"), T.lscalar("n"), T.lvector("i"), T.lmatrix("k")
VALUES = {
    x: np.linspace(-2, 3, 7), y: np.linspace(0.5, 4, 7), m: np.arange(21.0).reshape(3, 7) / 5 - 2, a: 0.75, n: 3,
    i: np.array([2, 0, -1, 2]), k: np.arange(6).reshape(2, 3) - 2,
}  # fmt: skip


def momentum():
    weights, speed = theano.shared(np.ones((7, 2))), theano.shared(np.zeros((7, 2)))
    cost = T.nnet.softmax(T.dot(m, weights))[:, 0].sum()
    new = 0.9 * speed - 0.1 * T.grad(cost, weights)
    return [cost], [(speed, new), (weights, weights + new)]


PROGRAMS = {
    "elementwise": lambda: [T.exp(-(x**2)) * T.tanh(y) + a, T.log1p(T.exp(x)), x / (1 + abs(x))],
    "comparisons": lambda: [T.switch(x > y, x, y), T.eq(i, 2), (x > 0) & (y > 1), T.clip(x, -1, 1)],
    "integers": lambda: [k // 2, k % 3, k * 2 - n, -k, T.cast(k, "int8") + 100, k**2],
    "reductions": lambda: [m.sum(), m.mean(axis=0), m.max(axis=1), m.var(), T.argmax(m, axis=1), k.prod(axis=1), (x > 0).any()],
    "products": lambda: [T.dot(m, x), T.dot(m, m.T), T.dot(x, y), T.outer(x, y), a * T.dot(m.T, m) + x],
    "shapes": lambda: [m.T.reshape((3, -1)), m[::-1, ::2], m.dimshuffle(1, "x", 0), m.flatten(), T.concatenate([m, m], axis=1), m.shape],
    "indexing": lambda: [x[i], x[n], m[:, i], m[i[:2], i[1:3]], x[-1], x[1:n], T.arange(n) * 2],
    "writing": lambda: [T.set_subtensor(x[i], 1.5), T.inc_subtensor(x[i], y[:4]), T.inc_subtensor(m[1:, ::3], 1.0)],
    "losses": lambda: [
        T.nnet.categorical_crossentropy(T.nnet.softmax(m[:, :3]), T.arange(3)).mean(),
        T.nnet.sigmoid(x),
        T.nnet.softplus(x),
    ],
    "gradients": lambda: T.grad((T.tanh(T.dot(m, x * y)) ** 2).sum() + T.log(y).sum(), [x, y, m]),
    "updates": momentum,
    "views of views": lambda: [m.T[::2].T[:, ::-1] + 1, (m + 1).reshape((21,))[3:9].reshape((2, 3)).T],
    "sizes found late": lambda: [resized(x, n) * 2, T.arange(i.max() + n), resized(resized(x, n + 1), i.max()).sum()],
    "loops": lambda: repeat(lambda step, s, t: [t * 0.5 + s, s + x[step]], n, [x, y]),
    "branches": lambda: branch(T.gt(x.sum(), 0), [x * 2, y.sum()], [x[::-1], y[0]]),
    "narrow": lambda: [T.cast(x, "float32") * T.cast(y, "float32"), T.cast(x, "float16") + 1, T.cast(x * 100, "int8")],
}


def results(name, mode):
    """Outputs of two calls in a row, and the shared variables after them."""
    made = PROGRAMS[name]()
    outputs, updates = made if isinstance(made, tuple) else (list(made), [])
    inputs = [v for v in VALUES if v in theano.graph.ancestors([*outputs, *(new for _, new in updates)])]
    f = theano.function(inputs, outputs, updates=updates, mode=mode)
    arguments = [VALUES[v] for v in inputs]
    return [*f(*arguments), *f(*arguments), *(store.get_value() for store, _ in updates)]


CHECKED = {
    "FAST_RUN": "FAST_RUN", "FAST_COMPILE": "FAST_COMPILE", "perform": Mode("py"),
    "DebugMode": DebugMode(stability_patience=2, check_isfinite=False),
}  # fmt: skip


@pytest.mark.parametrize("mode", CHECKED)
@pytest.mark.parametrize("name", PROGRAMS)
def test_agree(name, mode):
    for value, expected in zip(results(name, CHECKED[mode]), results(name, "REFERENCE"), strict=True):
        assert (type(value), value.dtype, value.shape) == (np.ndarray, expected.dtype, expected.shape)
        tolerance = {"float32": 1e-6, "float16": 1e-3}.get(str(value.dtype), 1e-13)
        np.testing.assert_allclose(value, expected, rtol=tolerance, atol=tolerance)


def test_the_reference_names_arguments_and_outputs():
    f = theano.function([x, theano.In(a, value=2.0)], {"scaled": x * a}, mode="REFERENCE")
    np.testing.assert_array_equal(f(x=[1.0])["scaled"], [2.0])
    np.testing.assert_array_equal(f([1.0], a=3)["scaled"], [3.0])
    with pytest.raises(TypeError, match="argument 0 for the input x"):
        f(1.0)


@pytest.mark.parametrize("mode", ["FAST_RUN", "REFERENCE"])
def test_the_reference_has_the_same_errors(mode):
    f = theano.function([x, i, y], x[i] + y, mode=mode)
    with pytest.raises(BoundsError, match=r"index 3 is out of bounds(.|\n)*array  x  float64 \(2,\)"):
        f([1.0, 2.0], [0, 3], [1.0, 2.0])
    with pytest.raises(ShapeError, match=r"2 and 3(.|\n)*right  y +float64 \(3,\)"):
        f([1.0, 2.0], [0, 1], [1.0, 2.0, 3.0])


def test_a_mode_by_name_by_flag_and_by_hand():
    assert get_mode("FAST_COMPILE").optimizer.query.include == ("fast_compile",)
    assert get_mode(Mode("reference", "o1")) == get_mode("REFERENCE")
    with theano.config.change_flags(mode="FAST_COMPILE"):
        assert theano.function([x], x * 1).maker.mode == get_mode("FAST_COMPILE")
    assert theano.function([x], x * 2, mode=Mode("cvm", "fast_run")).maker.mode == get_mode("FAST_RUN")


def test_stages_left_out():
    def operations(mode):
        f = theano.function([m, x], 0.5 * T.dot(m, x) + m[:, 0], mode=mode)
        np.testing.assert_allclose(f(VALUES[m], VALUES[x]), 0.5 * VALUES[m] @ VALUES[x] + VALUES[m][:, 0])
        return {type(node.op).__name__ for node in f.maker.fgraph.apply_nodes}

    assert "Gemv" in operations(None)
    assert "Gemv" not in operations(get_mode("FAST_RUN").excluding("blas"))


# --- modes as objects, as classic programs make them


class Recorded:
    """An optimizer that only notes which graphs it is given."""

    def __init__(self):
        self.graphs = []

    def __repr__(self):
        return "Recorded()"

    def optimize(self, fgraph):
        self.graphs.append(fgraph)


OPTIMIZERS = ["fast_run", "fast_compile", "o1", "o4", "merge", "None", None, Query(["fast_run"], exclude=["blas"]), Recorded()]
LINKERS = ["cvm", "vm", "c", "c|py", "py", "cvm_nogc", "vm_nogc", "c|py_nogc", "native", "reference"]


@pytest.mark.parametrize("linker", LINKERS)
def test_every_linker_with_every_optimizer(linker):
    for optimizer in OPTIMIZERS:
        mode = Mode(linker=linker, optimizer=optimizer)
        assert mode.provided_linker == linker and mode.provided_optimizer is optimizer
        assert mode.engine == {"py": "nodewise", "reference": "reference"}.get(linker, "native")
        assert str(mode) == f"Mode(linker = {linker}, optimizer = {optimizer})"


@pytest.mark.parametrize("optimizer", ["fast_run", None, *OPTIMIZERS[-2:]], ids=str)
@pytest.mark.parametrize("linker", ["cvm", "py"])
def test_functions_of_modes_by_name_and_object(linker, optimizer):
    f = theano.function([m], T.dot(m, m.T) * 2 + 1, mode=Mode(linker, optimizer))
    np.testing.assert_allclose(f(VALUES[m]), VALUES[m] @ VALUES[m].T * 2 + 1)
    if isinstance(optimizer, Recorded):
        assert optimizer.graphs[-1] is f.maker.fgraph
        assert linker == "py" or "is an object" in f.maker.compilation.kept


def test_a_linker_that_differs_says_so_once(caplog):
    mode_module._told.discard("c|py")
    Mode("c|py"), Mode("c|py"), Mode("cvm")
    assert [record.getMessage() for record in caplog.records] == [
        "the linker 'c|py': one program of machine code runs, not one function of C for each node"
    ]


def nodes_of(mode, expression):
    return [node.op for node in theano.function([x], expression, mode=mode).maker.fgraph.toposort()]


def test_what_is_included_and_required():
    fast = nodes_of("FAST_RUN", (x + x) * 2)
    assert nodes_of("FAST_COMPILE", (x + x) * 2) != fast
    assert nodes_of(get_mode("FAST_COMPILE").including("canonicalize"), (x + x) * 2) == fast
    assert len(nodes_of(get_mode("FAST_RUN").requiring("no such tag"), x * 1 * 1)) == 3
    assert nodes_of(get_mode("FAST_RUN").excluding("stabilize"), T.log(1 + x))[-1] == T.log
    assert nodes_of(get_mode("FAST_RUN").excluding("stabilize").including("stabilize"), T.log(1 + x)) == [T.log1p]


def test_position_cutoff():
    late, early = Query(["fast_run"]), mode_module.OPT_STABILIZE
    s = theano.shared(np.ones((2, 3)))
    kinds = [{type(op).__name__ for op in nodes_of(Mode("cvm", query), 0.5 * T.dot(s, x) + s[:, 0])} for query in (late, early)]
    assert "Gemv" in kinds[0] and "Gemv" not in kinds[1]


def exp_to_expm1(node):
    return [T.expm1(node.inputs[0]) + 1]


def test_register_on_a_mode():
    rule = theano.gof.local_optimizer([T.exp])(exp_to_expm1)
    for given in (rule, (rule, 1.5), (theano.gof.opt.in2out(rule), 49)):
        f = theano.function([x], T.exp(x) * 2, mode=Mode("cvm", "fast_run").register(given))
        assert T.expm1 in [node.op for node in f.maker.fgraph.toposort()]
        assert f.maker.compilation.kept.startswith("rewrites were registered: exp_to_expm1")
        np.testing.assert_allclose(f([0.0, 1.0]), 2 * np.exp([0, 1]))
    assert T.expm1 not in nodes_of("FAST_RUN", T.exp(x) * 2)


def test_clone():
    mode = Mode("vm", "fast_run").excluding("blas")
    other = mode.clone(link_kwargs={"allow_gc": False}, optimizer="fast_compile")
    assert (mode.linker.allow_gc, other.linker.allow_gc) == (True, False)
    assert (mode.optimizer.query.include, other.optimizer.query.include) == (("fast_run",), ("fast_compile",))
    assert mode.clone() == mode and mode.clone().linker is mode.linker


def test_get_linker_optimizer():
    linker, query = Mode.get_linker_optimizer("py", "o4")
    assert type(linker).__name__ == "PerformLinker" and query == Query(["fast_run"])


def test_the_default_mode_follows_the_flags():
    with theano.config.change_flags(linker="py", optimizer="o1"):
        assert (get_default_mode().engine, get_default_mode().optimizer.query.include) == ("nodewise", ("fast_compile",))
    with theano.config.change_flags(mode="DebugMode"):
        assert isinstance(get_default_mode(), DebugMode)
    assert get_mode(None) == Mode(theano.config.linker, theano.config.optimizer)


def test_flags_that_name_rewrites():
    program = (
        "import theano; print(theano.compile.get_default_mode().optimizer.query); "
        "print(theano.compile.get_mode('FAST_RUN').optimizer.query)"
    )
    flags = "optimizer_excluding=blas:lift,optimizer_including=unsafe,optimizer_requiring=stable"
    environment = {**os.environ, "THEANO_FLAGS": flags}
    ran = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    changed = "Query(include=fast_run:unsafe, require=stable, exclude=blas:lift)"
    assert ran.stdout.splitlines() == [changed, "Query(include=fast_run)"]


def test_registered_names(monkeypatch):
    for table in ("predefined_modes", "predefined_linkers", "predefined_optimizers"):
        monkeypatch.setattr(mode_module, table, dict(getattr(mode_module, table)))
    mode_module.register_linker("slow", theano.gof.PerformLinker())
    mode_module.register_optimizer("few", Query(["merge"]))
    mode_module.register_mode("SLOW", Mode("slow", "few"))
    assert get_mode("SLOW").engine == "nodewise" and get_mode("SLOW").optimizer.query.include == ("merge",)
    assert theano.function([x], x * 2, mode="SLOW")([1.0]) == 2


def test_named_queries():
    names = ("NONE", "MERGE", "FAST_COMPILE", "FAST_RUN", "FAST_RUN_STABLE", "O2", "O3", "STABILIZE", "UNSAFE")
    for name in names:
        query = getattr(mode_module, f"OPT_{name}")
        assert isinstance(query, Query)
        full = name not in ("NONE", "MERGE", "FAST_COMPILE", "FAST_RUN_STABLE")
        rules = {o.name: len(getattr(o, "local_optimizers", ())) for o in optdb.made(query)}
        assert (rules.get("canonicalize", 0) > 0) is full


def test_modes_compare_hash_and_pickle():
    one, two = Mode("cvm", "fast_run"), Mode("vm", "fast_run")
    assert one == two and len({one, two, get_mode("FAST_RUN")}) == 1
    assert one != one.excluding("blas") and one != "FAST_RUN"
    assert pickle.loads(pickle.dumps(one.excluding("blas"))) == one.excluding("blas")


def test_rewrites_are_printed_if_asked_for(capsys):
    for asked in (True, True, False):
        with theano.config.change_flags(optimizer_verbose=asked):
            theano.function([x], T.log(1 + x))
        lines = capsys.readouterr().out.splitlines()
        assert any("Elemwise{log,no_inplace}.0 -> Elemwise{log1p,no_inplace}.0" in line for line in lines) == asked
