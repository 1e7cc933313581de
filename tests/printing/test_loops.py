"""Printed kernels: their text, read as Python, computes what the kernel computes."""

import math
import random
import re
from types import SimpleNamespace

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.emit.reference import run_kernel
from theano.loops.ir import KernelStep, walk_steps
from theano.printing.formulas import Spelling, formula
from theano.printing.loops import kernel_text, nests_text, program_text
from theano.scalar.evaluate import evaluate
from theano.scalar.instructions import Trace, select

START = {"+=": 0.0, "*=": 1.0, "max(": -math.inf, "min(": math.inf}
NAMES = {name: getattr(np, name) for name in ("exp", "log", "sqrt", "int64", "float32", "float64", "tanh")} | {
    "min": min,
    "max": max,
    "inf": math.inf,
}


class Failed(Exception):
    pass


def fail(code, payload):
    raise Failed(code, payload)


def as_python(text):
    """The text of a kernel as a Python function ``kernel(buffers, sizes, scalars)``."""
    head, *body = text.splitlines()
    groups = re.fullmatch(r"kernel\((.*)\)", head).group(1).split("; ")
    parameters = [re.match(r"\w+", entry).group() for group in groups for entry in group.split(", ")]
    lines = [f"def kernel({', '.join(parameters)}):"]
    for number, line in enumerate(body):
        pad, rest = re.fullmatch(r"( *)(.*)", line).groups()
        if loop := re.fullmatch(r"for (i\d+) < (.*?)(?: in \w+(?:, in parallel)?)?:", rest):
            lines += [f"{pad}{name} = {START[how]!r}" for name, how in accumulations(body[number + 1 :], len(pad) + 2)]
            lines.append(f"{pad}for {loop.group(1)} in range({loop.group(2)}):")
        elif check := re.fullmatch(r"check (.*), else fail with code (\d+) and (.*)", rest):
            lines.append(f"{pad}if not ({check.group(1)}): fail({check.group(2)}, {check.group(3)})")
        else:
            lines.append(line)
    scope = NAMES | {"fail": fail}
    exec("\n".join(lines), scope)
    return scope["kernel"]


def accumulations(lines, depth):
    """(name, how) of what is accumulated directly in the block that ``lines`` start with."""
    for line in lines:
        inside = len(line) - len(line.lstrip())
        if inside < depth:
            return
        found = re.fullmatch(r"(acc\d+) (?:(\+=|\*=) .*|= (max\(|min\().*)", line.strip())
        if inside == depth and found:
            yield found.group(1), found.group(2) or found.group(3)


def function(inputs, outputs, **options):
    """Compiled to a program that is interpreted: every form is made here and now."""
    return theano.function(inputs, outputs, mode=theano.Mode("reference"), **options)


def steps_of(f):
    return [step for step in walk_steps(f.maker.compilation.program.frame) if isinstance(step, KernelStep)]


def matrices():
    x, y = T.dmatrix("x"), T.dvector("y")
    return x, y


EXPRESSIONS = {
    "nested brackets": lambda x, y: (x - (y - x)) / (y / (x * (y + 2.5))) - (x - y - 3.0),
    "softmax": lambda x, y: T.nnet.softmax(x),
    "log of softmax": lambda x, y: -T.log(T.nnet.softmax(x)),
    "sum of all": lambda x, y: (T.exp(x) * y).sum() * 2.0,
    "columns": lambda x, y: (x * x).sum(axis=0) + y,
    "product": lambda x, y: (x + 1.5).prod(axis=1),
    "switch": lambda x, y: T.switch(T.gt(x, 0.5) & T.lt(y, 0.8), x - y, -(x + y)),
    "shared": lambda x, y: (T.exp(x) + 1.0) ** 2 + T.exp(x),
    "scaled rows": lambda x, y: x[::2, ::-1].T * 3.0,
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_text_means_what_the_kernel_does(name):
    x, y = matrices()
    f = function([x, y], EXPRESSIONS[name](x, y), on_unused_input="ignore")
    rng = np.random.default_rng(0)
    for step in steps_of(f):
        kernel = step.kernel
        sizes = [int(s.data) if s.op == "const" else 3 for s in step.sizes]
        scalars = [v.data for v in step.scalars]
        given = [rng.uniform(0.1, 1.0, 200).astype(b.dtype) for b in kernel.buffers]
        expected, found = [b.copy() for b in given], [b.copy() for b in given]
        assert run_kernel(kernel, expected, sizes, scalars) == (0, 0)
        as_python(kernel_text(kernel))(*found, *sizes, *scalars)
        for a, b in zip(expected, found, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_checks_stop_at_the_first_index_out_of_range():
    v, i = T.dvector("v"), T.lvector("i")
    f = function([v, i], v[i] * 2.0)
    (step,) = steps_of(f)
    run = as_python(kernel_text(step.kernel))
    buffers = {b.name: k for k, b in enumerate(step.buffers)}
    given = [np.zeros(4, b.dtype) for b in step.kernel.buffers]
    given[buffers["v"]][:] = [1, 2, 3, 4]
    given[buffers["i"]][:] = [0, -1, 2, 1]
    run(*given, *[4] * step.kernel.sizes, *[v.data for v in step.scalars])
    (out,) = (g for k, g in enumerate(given) if step.kernel.buffers[k].written)
    assert list(out) == [2, 8, 6, 4]
    given[buffers["i"]][2] = 4
    with pytest.raises(Failed) as caught:
        run(*given, *[4] * step.kernel.sizes, *[v.data for v in step.scalars])
    assert caught.value.args == (1, 4)


def random_value(rng, trace, depth):
    """A random float64 value, and now and then a choice by a comparison."""
    if depth == 0:
        return trace.leaf("scalar", "float64", rng.randrange(3)) if rng.random() < 0.8 else trace.const(rng.randrange(1, 4), "float64")
    a, b = (random_value(rng, trace, rng.randrange(depth)) for _ in range(2))
    kind = rng.choice(["add", "sub", "sub", "mul", "div", "neg", "select", "min"])
    if kind == "neg":
        return -a
    if kind == "select":
        return select((a < b) & (b <= 2.0) | ~(a < 1.0), a - b, b)
    return trace.emit(kind, (a, b), "float64")


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("width", [20, 90])
def test_formulas_keep_the_order_of_evaluation(seed, width):
    rng, trace = random.Random(seed), Trace()
    value = random_value(rng, trace, 6)
    numbers = [np.float64(rng.uniform(0.5, 2.0)) for _ in range(3)]
    definitions, (text,) = Spelling(width=width).lines([value])
    scope = {f"s{k}": n for k, n in enumerate(numbers)} | NAMES
    with np.errstate(all="ignore"):
        for line in definitions:
            exec(line, scope)
        found = eval(text, scope)
        (expected,) = evaluate([value], lambda leaf: numbers[leaf.data])
    np.testing.assert_equal(float(found), float(expected))


def test_long_formulas_are_cut_and_deep_ones_do_not_recurse():
    trace = Trace()
    value = x = trace.leaf("scalar", "float64", 0)
    for number in range(5000):
        value = value / x - trace.const(number, "float64")
    definitions, (text,) = Spelling().lines([value])
    assert max(map(len, definitions)) < 120 and len(definitions) > 100
    assert text.endswith("- 4999.0")


def test_only_what_is_shared_is_named():
    trace = Trace()
    x, y = (trace.leaf("scalar", "float64", k) for k in range(2))
    assert formula((x + y) * (x + y)) == "v0 * v0 where v0 = s0 + s1"
    assert formula(x * x) == "s0 * s0"
    i, n = trace.leaf("index", "int64", 0), trace.leaf("size", "int64", 0)
    assert formula(trace.load(0, i * n + 1, "float64") - trace.load(1, i * n + 1, "float64")) == "b0[i0*n0 + 1] - b1[i0*n0 + 1]"


def test_names_end_with_their_block():
    trace = Trace()
    x, y = (trace.leaf("scalar", "float64", k) for k in range(2))
    outer = Spelling()
    outer.lines([(x + y) * (x + y)])
    inner = outer.inside()
    assert inner.lines([(x + y) - (x * y) * (x * y)]) == (["v1 = s0 * s1"], ["v0 - v1 * v1"])
    assert outer.lines([(x * y) * (x * y)]) == (["v2 = s0 * s1"], ["v2 * v2"])


def test_rows_divided_by_their_sums():
    x = T.dmatrix("x")
    f = function([x], T.sqrt(x) / T.sqrt(x).sum(axis=1, keepdims=True))
    assert program_text(f.maker.compilation.program).splitlines() == [
        "input x: float64[x.shape[0], x.shape[1]]",
        "output output0: float64[x.shape[0], x.shape[1]]",
        "k0(x, output0; x.shape[1], x.shape[0])",
        "return output0",
        "",
        "k0(b0: float64, b1: float64 out; n0, n1)",
        "  for i0 < n1 in parallel:",
        "    for i1 < n0 in lanes:",
        "      acc0 += sqrt(b0[i0*n0 + i1])",
        "    for i2 < n0 in lanes:",
        "      b1[i0*n0 + i2] = sqrt(b0[i0*n0 + i2]) / acc0",
    ]


def test_nests_of_a_gradient_step():
    x = T.dmatrix("x")
    w = theano.shared(np.zeros((3, 2)), "w")
    f = function([x], T.dot(x, w).sum(axis=1), updates=[(w, w * 0.5)])
    assert nests_text(f.maker.compilation.lowering).splitlines()[:2] == [
        "r2 = gemm(x, w; i0 < x.shape[0], i1 < w.shape[1], i2 < x.shape[1])",
        "r3[i0 < x.shape[0]] = sum(r2[i0, i1] for i1 < w.shape[1])",
    ]
    text = program_text(f.maker.compilation.program)
    assert "guard x.shape[1] == w.shape[0]" in text and text.count("kernel(") == 0 and "k0(b0: float64" in text


class Doubling(theano.Op):
    __props__ = ()

    def make_node(self, x):
        return theano.Apply(self, [x], [x.type()])

    def perform(self, node, inputs, output_storage):
        output_storage[0][0] = inputs[0] * 2


def test_python_steps_and_sizes_found_on_the_way():
    x = T.dvector("x")
    f = function([x], Doubling()(x) + 1.0)
    text = program_text(f.maker.compilation.program)
    assert "= Doubling.perform(x)" in text
    assert "with sizes found so far:" in text
    assert "= Doubling.perform(x)" in nests_text(f.maker.compilation.lowering)
    assert list(f([1.0, 2.0])) == [3, 5]


def test_scatter_of_values():
    v, i = T.dvector("v"), T.lvector("i")
    f = function([v, i], T.inc_subtensor(v[i], 1.0))
    assert nests_text(f.maker.compilation.lowering).splitlines() == [
        "r3 = v",
        "r3[checked(i[i0], v.shape[0])] += 1.0 for i0 < i.shape[0]",
    ]


def test_positions_of_argmax_have_a_name_of_their_own():
    trace = Trace()
    leaf = SimpleNamespace(value=trace.leaf("acc", "int64", (3, 1)), position=trace.leaf("acc", "float64", (3, 0)))
    assert (formula(leaf.value), formula(leaf.position)) == ("at3", "acc3")
    x = T.dmatrix("x")
    *_, step = steps_of(function([x], T.argmax(x, axis=1)))
    assert "acc0, at0 = argmax(acc0, at0, b0[" in kernel_text(step.kernel)
