"""Every rule keeps value, type and shape; equations and examples are checked alike, and no rule is left without one."""

import mpmath
import numpy as np
import pytest

import theano.tensor as T
from tests.rewrite.examples import EXAMPLES
from tests.rewrite.rewriting import Inputs, check_rewriting
from theano.rewrite import GROUPS
from theano.rewrite.pattern import Call, Hole

EQUATIONS = {rule.name: rule.law for rules in GROUPS.values() for rule in rules if rule.law is not None}
OTHERS = sorted({rule.name for rules in GROUPS.values() for rule in rules if rule.law is None and rule.group not in ("custom", "unsafe")})


def test_every_rule_has_an_example():
    assert set(OTHERS) - set(EXAMPLES) == set() and set(EXAMPLES) - set(OTHERS) == set()


@pytest.mark.parametrize(("name", "number"), [(name, k) for name in OTHERS for k in range(len(EXAMPLES.get(name, [])))])
@pytest.mark.filterwarnings("ignore:divide:RuntimeWarning")
def test_examples(name, number):
    inputs = Inputs()
    output = EXAMPLES[name][number](inputs)
    for seed in range(2):
        _, report = check_rewriting(output, inputs.values(np.random.default_rng(seed)))
    assert report.hits.get(name), f"{name} did not apply: {report.hits}"


# ------------------------------------------------------------------------------------------- equations

MP = {
    "exp": mpmath.exp,
    "log": mpmath.log,
    "log1p": lambda x: mpmath.log(1 + x),
    "expm1": lambda x: mpmath.exp(x) - 1,
    "tanh": mpmath.tanh,
    "sinh": mpmath.sinh,
    "abs_": abs,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log(1 + mpmath.exp(x)),
    "erf": mpmath.erf,
    "erfc": mpmath.erfc,
    "erfcx": lambda x: mpmath.exp(x * x) * mpmath.erfc(x),
    "gaussian": lambda x: mpmath.exp(-x * x),
    "maximum": max,
    "add": lambda *a: mpmath.fsum(a),
    "mul": lambda *a: mpmath.fprod(a),
    "sub": lambda a, b: a - b,
    "true_div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "pow": lambda a, b: a**b,
    "sqr": lambda a: a * a,
    "inv": lambda a: 1 / a,
    "eq": lambda a, b: a == b,
    "lt": lambda a, b: a < b,
    "switch": lambda c, a, b: a if c else b,
}


def holes_of(expression):
    if isinstance(expression, Hole):
        return {expression.name}
    return set().union(*map(holes_of, expression.args)) if isinstance(expression, Call) else set()


def built(expression, values):
    """The graph of one side of an equation."""
    if isinstance(expression, Hole):
        return values[expression.name]
    return expression.op(*(built(a, values) for a in expression.args)) if isinstance(expression, Call) else expression


def truth(expression, values):
    if isinstance(expression, Hole):
        return values[expression.name]
    return MP[expression.op.name](*(truth(a, values) for a in expression.args)) if isinstance(expression, Call) else mpmath.mpf(expression)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", EQUATIONS)
def test_equations_apply_and_keep_types(name, dtype):
    law = EQUATIONS[name]
    inputs = {hole: T.TensorType(dtype, (False,))(hole) for hole in sorted(holes_of(law.left))}
    random = np.random.default_rng(0)
    values = {v: random.uniform(0.1, 0.7, 5).astype(dtype) for v in inputs.values()}
    _, report = check_rewriting(built(law.left, inputs), values, rtol=1e-7)
    if dtype == "float64":
        assert report.hits.get(name) or any(report.hits.get(other) for other in EQUATIONS), f"{law} did not apply: {report.hits}"


POINTS = [-700.0, -40.0, -8.0, -1.0, -1e-3, -1e-12, 1e-12, 1e-3, 0.3, 1.0, 5.0, 30.0, 300.0]


@pytest.mark.parametrize("name", EQUATIONS)
def test_equations_are_true_and_stable(name):
    """The right side computed in double precision against the left side in 400 digits, far out too."""
    law = EQUATIONS[name]
    names = sorted(holes_of(law.left))
    with mpmath.workdps(400):
        for number, first in enumerate(POINTS):
            numbers = dict(zip(names, (first, POINTS[(number * 5 + 3) % len(POINTS)])))
            try:
                exact = truth(law.left, {k: mpmath.mpf(v) for k, v in numbers.items()})
            except (ValueError, ZeroDivisionError):
                continue
            if isinstance(exact, mpmath.mpc) or abs(exact) > 1e300 or (exact != 0 and abs(exact) < 1e-300):
                continue
            with np.errstate(all="ignore"):
                found = built_value(law.right, numbers)
            assert found == pytest.approx(float(exact), rel=2e-13, abs=0 if exact else 1e-300), (law, numbers)


def built_value(expression, numbers):
    if isinstance(expression, Hole):
        return np.float64(numbers[expression.name])
    if isinstance(expression, Call):
        return expression.op(*(built_value(a, numbers) for a in expression.args))
    return expression
