"""One process of the fuzzer: reads seeds from its input, writes what came of each as a line of JSON.

A worker may die of what it tests: the driver knows which seed it was at, and starts another.
"""

import json
import sys
import tempfile
import time
import warnings
from collections import Counter

import numpy as np

FAULT = sys.argv[2] if sys.argv[1:2] == ["--fault"] else None
LOOPS = "--loops" in sys.argv
if FAULT is not None:
    from tests.fuzz.seeded import plant

    plant(FAULT)

import theano  # noqa: E402
from tests.fuzz import loops  # noqa: E402
from tests.fuzz.check import MODES, Wrong, case_of, check  # noqa: E402
from tests.fuzz.graphs import PAIRS, STRUCTURED  # noqa: E402
from tests.fuzz.shrink import shrunk, told  # noqa: E402
from theano.graph import io_toposort  # noqa: E402
from theano.tensor.elemwise import Elemwise  # noqa: E402

COMPILED_TWICE = 11
"""Each so-manieth seed is compiled without rewriting, too (its interpreter always runs)."""


def run(seed):
    """What came of one seed: the pairs it covers, and what is wrong, in words."""
    random = np.random.default_rng(seed)
    case = case_of(seed)
    if case is None:
        return {"seed": seed, "pairs": {}, "nodes": 0}
    modes = MODES if seed % COMPILED_TWICE == 0 else ("FAST_RUN", "REFERENCE")
    nodes = io_toposort([], [k.variable for k in case.outputs] + [new.variable for _, new in case.updates])
    result = {"seed": seed, "pairs": dict(covered(nodes, case.drawn)), "nodes": len(nodes)}
    return result | checked(case, random, modes)


def checked(case, random, modes):
    try:
        check(case, random, modes)
    except Wrong as wrong:
        return {"wrong": str(wrong) if FAULT else f"{wrong}\n{told(*shrunk(case, wrong))}"}
    return {}


def run_loop(seed):
    """The same of a random loop."""
    case = loops.random_case(seed)
    result = {"seed": seed, "pairs": {}, "nodes": len(case.loop.body)}
    try:
        loops.check(case)
    except Exception as error:
        result["wrong"] = f"{type(error).__name__}: {error}\n{loops.told(case)}"
    return result


def covered(nodes, drawn):
    """How often each pair is among these nodes; draws have the numbers after those of elementwise operations."""
    numbers = {(what.name, dtype): number for number, (what, dtype) in enumerate([*PAIRS, *STRUCTURED])}
    found = [numbers.get((n.op.scalar_op.name, n.inputs[0].type.dtype)) for n in nodes if isinstance(n.op, Elemwise)]
    found += [numbers[pair] for variable, pair in drawn.items() if variable.owner in nodes]
    return Counter(number for number in found if number is not None)


def main():
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as cache, theano.config.change_flags(base_compiledir=cache):
        for line in sys.stdin:
            start = time.process_time()
            try:
                result = (run_loop if LOOPS else run)(int(line))
            except Exception as error:
                result = {"seed": int(line), "pairs": {}, "nodes": 0, "wrong": f"{type(error).__name__}: {error}"}
            result["seconds"] = time.process_time() - start
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
