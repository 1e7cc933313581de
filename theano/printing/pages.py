"""Pages of documentation made from declarations: what is said of an operation is said once, above its function.

>>> from theano.scalar import OPS
>>> print(section(OPS["log1p"]).splitlines()[0])
### `log1p(x)`
"""

from __future__ import annotations

import re

from theano import flags
from theano.scalar.declare import OPS, Declared
from theano.scalar.describe import example, facts, numbers, signature, text

_HEAD = """\
# Elementwise operations

Every operation that works element by element, as it is declared in `theano/scalar`; this page is made from the declarations by
`python -m theano docs docs/elementwise.md`. They are functions of `theano.tensor` (some under a second name there) and many are
operators and methods of variables. Arguments broadcast where their types say so.

Derivatives are with respect to each argument in turn, `out` being the result; [at kinks](#at-kinks) one is chosen. Dtypes are those of
results for arguments of one dtype. Native code is held by tests to the given number of units in the last place (ULP) of the dtype that is
computed in, which is float32 for float16. Examples are run.
"""


_KINKS = """\
## At kinks

Where a function has a corner or a jump, or its derivative is infinite, gradients take these values for the partial derivatives. Results
that do not vary (rounding, signs, comparisons) have derivative 0 everywhere.

| operation | at | derivatives |
|---|---|---|"""


def elementwise_page() -> str:
    """All of them in order of name, and the table of kinks, as Markdown."""
    with flags.change_flags(floatX="float64", cast_policy="custom"):
        names = sorted(OPS)
        links = ", ".join(f"[{name}](#{anchor(OPS[name])})" for name in names)
        return "\n".join([_HEAD, links + "\n", *(section(OPS[name]) for name in names), kinks()])


def section(op: Declared) -> str:
    """What is known of one operation."""
    return "\n".join(
        [f"### `{signature(op)}`", "", text(op), "", *(f"- {fact}" for fact in facts(op)), "", "```pycon", example(op), "```", ""]
    )


def kinks() -> str:
    """Where there is no derivative, and what is taken for it."""
    rows = [
        f"| `{signature(op)}` | {numbers(arguments)} | {numbers(values)} |"
        for _, op in sorted(OPS.items())
        for arguments, values in op.kinks
    ]
    return "\n".join([_KINKS, *rows, ""])


def anchor(op: Declared) -> str:
    """Where Markdown puts the section: letters, digits, dashes and underscores of its title."""
    return re.sub(r"[^\w-]", "", signature(op).replace(" ", "-"))
