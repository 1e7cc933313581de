"""The page of elementwise operations says what the declarations say."""

import doctest
import pydoc
import re
from pathlib import Path

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import dtypes
from theano.printing.pages import anchor, elementwise_page, section
from theano.scalar import OPS, elementwise
from theano.scalar.describe import describe, example, signature

PAGE = Path(__file__).resolve().parents[2] / "docs" / "elementwise.md"


def test_the_page_is_current():
    assert PAGE.read_text(encoding="utf-8") == elementwise_page(), "run `python -m theano docs docs/elementwise.md`"


def test_the_page_does_not_depend_on_settings():
    with theano.config.change_flags(floatX="float32", cast_policy="numpy+floatX"):
        assert elementwise_page() == PAGE.read_text(encoding="utf-8")


def test_every_operation_has_a_section_and_links_find_theirs():
    page = elementwise_page()
    titles = re.findall(r"^### `(.*)`$", page, re.MULTILINE)
    assert sorted(titles) == sorted(map(signature, OPS.values()))
    links = re.findall(r"\]\(#([\w-]+)\)[,\n]", page)
    assert sorted(links) == sorted(map(anchor, OPS.values())) and len(set(links)) == len(links)


def test_what_a_declaration_says():
    @elementwise(
        dtype=dtypes.upcast_out,
        partials=lambda x, y, out: (y, None),
        reference=np.add,
        commutative=True,
        identity=0.0,
        kinks=[((1.0, 2.0), (2.0, 0.0))],
        source="a book",
        complex=True,
        register=False,
    )
    def strange(x, y):
        """Something."""
        return x + y

    assert section(strange).splitlines() == [
        "### `strange(x, y)`",
        "",
        "Something.",
        "",
        "- derivatives: `y`, not connected",
        "- at (1, 2) the derivatives are taken to be 2, 0",
        "- dtypes: all kept; int32 with float32 → float64",
        "- commutative, identity 0",
        "- native code, correctly rounded; reference `numpy.add`",
        "- formula: a book",
        "",
        "```pycon",
        ">>> theano.tensor.strange([-1.5, 0.5, 2.5], [0.5, 2.5, -1.5]).eval()",
        "array([-1.,  3.,  1.])",
        "```",
    ]


@pytest.mark.parametrize("name", sorted(OPS))
def test_examples_do_what_they_say(name):
    parsed = doctest.DocTestParser().get_doctest(example(OPS[name]), {"theano": theano, "array": np.array}, name, None, 0)
    assert len(parsed.examples) == 1
    results = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE).run(parsed)
    assert results.failed == 0


def test_help_says_the_same_as_the_page():
    text = pydoc.plain(pydoc.render_doc(T.erfcx))
    page = section(OPS["erfcx"])
    assert all(line in text for line in page.splitlines() if line and not line.startswith(("#", "`")))
    assert T.erfcx.__doc__ == describe(OPS["erfcx"])
    assert type(T.erfcx).__doc__.startswith("Applies ``scalar_op``")


FUNCTIONS = {"sqr": np.square, "inv": np.reciprocal, "neg": np.negative, "switch": np.where, "eq": np.equal}


@pytest.mark.parametrize("name", ["exp", "log1p", "tanh", "sigmoid", "sqrt", "arctan2", "pow", "erf", "arcsin", "true_div", "clip"])
def test_printed_derivatives_are_derivatives(name):
    """The formulas, read as Python, give what the gradient gives: no bracket is missing."""
    op, given = OPS[name], [0.25, 0.5, 0.75]
    text = re.search(r"derivatives?: (.*)", section(op)).group(1)
    names = re.search(r"\((.*)\)", signature(op)).group(1).split(", ")
    arguments = T.dscalars(*names) if len(names) > 1 else [T.dscalar(names[0])]
    values = dict(zip(names, given))
    scope = {n: getattr(np, n) for n in ("exp", "sqrt", "log", "sin", "cos")} | FUNCTIONS | values
    scope["out"] = float(op(*values.values()))
    found = [float(eval(formula, scope)) for formula in re.findall("`(.*?)`", text)]
    gradients = T.grad(op(*arguments), list(arguments), disconnected_inputs="ignore")
    expected = theano.function(list(arguments), gradients, on_unused_input="ignore")(*values.values())
    np.testing.assert_allclose(found, expected, rtol=1e-6)
