"""The same graph gives the same machine text in every process: nothing depends on hashes of strings or on addresses."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import hashlib
import sys

ballast = [object() for _ in range(int(sys.argv[1]))]  # other addresses

import theano
import theano.emit.llvm.program as emitting
import theano.tensor as T
from tests.fuzz.graphs import WIDE, Graph

emit = emitting.emit_program

def shown(*args, **options):
    emitted = emit(*args, **options)
    print(hashlib.sha256(emitted.text.encode()).hexdigest())
    return emitted

emitting.emit_program = shown
for seed in range(5):
    graph = Graph(seed, smooth=True)
    graph.grow(25)
    inputs = [k.variable for k in graph.inputs]
    theano.function(inputs, [k.variable for k in graph.known], on_unused_input="ignore")
    cost = sum(T.cast(k.variable.sum(), "float64") for k in graph.known[-3:])
    wrt = [k.variable for k in graph.leaves() if k.dtype in WIDE]
    theano.function(inputs, T.grad(cost, wrt, disconnected_inputs="ignore"), on_unused_input="ignore")
"""


def test_two_processes_write_the_same_programs(tmp_path):
    found = []
    for number in (1, 2):
        environment = os.environ | {"PYTHONHASHSEED": str(number), "THEANO_FLAGS": f"base_compiledir={tmp_path / str(number)}"}
        command = [sys.executable, "-c", PROGRAM, str(7919 * number)]
        root = Path(__file__).parents[2]
        found.append(subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=root).stdout.split())
    assert len(found[0]) == 10
    assert found[0] == found[1]
