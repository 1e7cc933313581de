"""The path of one expression from Python to machine code, with every form on the way.

    python examples/walkthrough.py            print the forms
    python examples/walkthrough.py --write    put them into docs/architecture.md

The expression is the surprise at each class of a softmax classifier, -log softmax(scores).
"""

import platform
import re
import sys
from pathlib import Path

import numpy as np

import theano
import theano.tensor as T
from theano.emit.llvm.compile import assembly
from theano.emit.llvm.kernel import emit_kernel
from theano.emit.llvm.target import target
from theano.loops.ir import walk_steps
from theano.printing import debugprint, nests_text, program_text

PAGE = Path(__file__).resolve().parents[1] / "docs" / "architecture.md"
VARYING = frozenset({"assembly"})
"""Forms that depend on the machine or on LLVM's version."""


def expression():
    scores = T.dmatrix("scores")
    surprise = -T.log(T.nnet.softmax(scores))
    return scores, surprise


def forms():
    """Every form of the expression by name, in order."""
    scores, surprise = expression()
    # the linker "reference" interprets the program: nothing comes from the cache, so every form is at hand
    f, judge = theano.function([scores], surprise), theano.function([scores], surprise, mode=theano.Mode("reference"))
    compilation = judge.maker.compilation
    (step,) = walk_steps(compilation.program.frame)
    # for one kind of machine, so that the text is the same everywhere; what runs is made for this one
    machine = target("avx2") if platform.machine().lower() in ("x86_64", "amd64") else target()
    code = emit_kernel(step.kernel, "surprise", machine, linkage="")
    return {
        "graph": debugprint(surprise, print_type=True, file="str"),
        "rules": "\n".join(f"{name}: {count}" for name, count in compilation.rewrites.hits.items()),
        "rewritten": debugprint(judge, file="str"),
        "nests": nests_text(compilation.lowering),
        "program": program_text(compilation.program),
        "explain": f.explain(),
        "llvm": first_loop(code, r"L\d+:", "br i1"),
        "assembly": first_loop(assembly(code, machine), r"\.?LBB\w+:", "j"),
        "call": session(f, judge, [[[1, 2, 3]], np.zeros((2, 4)), [[1000, 0, -1000]]]),
    }


def first_loop(text, label, jump):
    """The first block of a listing that jumps back to its own label."""
    blocks = re.split(rf"^(?={label})", text, flags=re.MULTILINE)
    for block in blocks[1:]:
        lines = block.rstrip().splitlines()
        name = lines[0].split(":")[0]
        for number, line in enumerate(lines):
            if line.split()[:1] and line.strip().startswith(jump) and re.search(rf"{re.escape(name)}\b", line):
                return "\n".join(line.expandtabs(4) for line in lines[: number + 1])
    return ""


def session(f, judge, arguments):
    """Calls and their results, on which machine code and interpreter agree."""
    lines = []
    for argument in arguments:
        shown = repr(argument) if isinstance(argument, list) else f"np.zeros({argument.shape})"
        with np.printoptions(precision=4, suppress=True):
            lines += [f">>> f({shown})", repr(f(argument))]
        np.testing.assert_allclose(f(argument), judge(argument), rtol=1e-14)
    return "\n".join(lines)


def written(page, values):
    """The page with each form in the block below its marker."""

    def block(match):
        return f"{match.group(1)}{values[match.group(2)]}\n```"

    return re.sub(r"(<!-- form: (\w+) -->\n```\w*\n).*?^```", block, page, flags=re.DOTALL | re.MULTILINE)


if __name__ == "__main__":
    found = forms()
    if "--write" in sys.argv[1:]:
        PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), found), encoding="utf-8")
    else:
        print("\n\n".join(f"--- {name} ---\n{text}" for name, text in found.items()))
