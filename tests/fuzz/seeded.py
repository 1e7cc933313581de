"""Faults planted on purpose, one at a time: ``python -m tests.fuzz.seeded`` says after how many graphs each is found.

A fault is a piece of the package's source that is replaced by another while it is imported, in a process of its own; the files
are not touched.  One that the fuzzer did not find would say what the fuzzer does not test.
"""

import argparse
import importlib.abc
import importlib.util
import sys
import time
from typing import NamedTuple


class Fault(NamedTuple):
    """In ``module`` the text ``right`` stands once, and is replaced by ``wrong``."""

    module: str
    right: str
    wrong: str
    meaning: str


FAULTS = {
    # rules
    "softplus_of_negative": Fault(
        "theano.rewrite.stabilize",
        "log1p(exp(x)), softplus(x)",
        "log1p(exp(x)), softplus(abs_(x))",
        "a rule that is right for positive numbers only",
    ),
    "term_lost": Fault(
        "theano.rewrite.terms",
        "        result.terms[position] = result.terms[position][0] + factor, variable",
        "        result.terms[position] = factor, variable",
        "equal terms of a sum are not added up",
    ),
    "sum_over_size": Fault(
        "theano.rewrite.lift",
        "    counts = [sizes[a] for a in axes if not x.type.broadcastable[a]]",
        "    counts = [sizes[a] for a in axes[:1] if not x.type.broadcastable[a]]",
        "the sum of a value spread over two axes counts one of them",
    ),
    # lowering and scheduler
    "backward_slice": Fault(
        "theano.tensor.slices",
        "    return ar.sub(begin, shift), gap",
        "    return (ar.sub(begin, shift) if start is None else begin), gap",
        "a slice that goes backward from a given start begins one too high",
    ),
    "unknown_direction": Fault(
        "theano.tensor.slices",
        "_steps(gap, ar.if_negative(step, ar.sub(0, step), step), ar)",
        "_steps(gap, step, ar)",
        "the elements of a slice are counted by its step, which may be negative, and not by how far that goes",
    ),
    "stretched_index": Fault(
        "theano.tensor.index_layout",
        "on_arrays[self.rank - array.type.ndim :]",
        "on_arrays[: array.type.ndim]",
        "an index array of lower rank than another stretches along the wrong axis",
    ),
    "joined_over": Fault(
        "theano.loops.making",
        "            start = self.add(start, self.shape(part)[axis])",
        "            start = self.shape(part)[axis]",
        "the third of the tensors joined is written over the second",
    ),
    "last_of_equals": Fault(
        "theano.loops.scatter",
        "Store(target, place, value, nest.combine) for place",
        "Store(target, place, value, nest.combine if len(nest.space) > 1 else None) for place",
        "what is written along one axis alone is put where it should be added",
    ),
    "one_too_far": Fault(
        "theano.loops.assemble",
        "else (wrapped >= 0) & (wrapped < extent)",
        "else (wrapped >= 0) & (wrapped <= extent)",
        "the first index behind the end is not refused",
    ),
    "reader_too_early": Fault(
        "theano.loops.fuse",
        "            stage = max(stage, producer.ready)",
        "            stage = max(stage, producer.stage)",
        "what reads a reduction is put into the loop that computes it",
    ),
    "other_points": Fault(
        "theano.loops.fuse",
        'if index.op != "index" or axes.get(index.data) != target:',
        'if index.op != "index":',
        "a transposed read of a member of the same kernel counts as one of the same element",
    ),
    "last_chunk": Fault(
        "theano.loops.assemble",
        "e.add(outermost.extent, e.const(chunk - 1)), e.const(chunk))",
        'e.emit("max", outermost.extent, e.const(chunk)), e.const(chunk))',
        "the last chunk of a long sum is left out if it is not full",
    ),
    "guard_dropped": Fault(
        "theano.loops.reading",
        '        self.guards.append(Guard(a, b, node, axes, "equal", message))\n',
        "",
        "sizes that the graph assumes to be equal are not compared",
    ),
    # planner
    "scratch_too_early": Fault(
        "theano.loops.plan",
        "for r in self._with_swapped(map(self._owner, task.reads)) if last.get(r) == k and r in arena.held]",
        "for r in self._with_swapped(map(self._owner, task.reads)) if last.get(r) in (k, k + 1) and r in arena.held]",
        "scratch is given away one step before its last reader",
    ),
    "overwritten_while_read": Fault(
        "theano.loops.plan",
        "or self._elementwise_over(task.assembled, old, new)",
        "or True",
        "a shared variable is updated in place by a kernel that reads it at other points",
    ),
    "updated_before_read": Fault(
        "theano.loops.plan",
        " or last_read.get(old, -1) > self._first_run(tasks, steps):",
        ":",
        "a shared variable is updated in place before another update has read it",
    ),
    # emitter
    "tail_mask": Fault(
        "theano.emit.llvm.kernel",
        'scope.code.let(f"sub i64 {stop}, {scope.position}"), step)',
        """scope.code.let(f"sub i64 {stop}, {scope.code.let(f'sub i64 {scope.position}, 1')}"), step)""",
        "the last round of a vector loop has one lane too many",
    ),
    "identity_of_max": Fault(
        "theano.emit.llvm.reduce",
        "return [low if combine",
        "return [0 if combine",
        "the maximum of integers starts at 0",
    ),
    "nan_in_max": Fault(
        "theano.emit.llvm.instructions",
        "return self.select(self.is_nan(a, dtype), a, chosen, dtype)",
        "return chosen",
        "maxima lose a NaN on the left",
    ),
    "floor_for_trunc": Fault(
        "theano.emit.llvm.instructions",
        '"trunc": "trunc"',
        '"trunc": "floor"',
        "negative numbers are rounded down",
    ),
    "signed_comparison": Fault(
        "theano.emit.llvm.instructions",
        'else "s" if dtype in SIGNED else "u"',
        'else "s"',
        "unsigned integers are compared as signed ones",
    ),
    "unsigned_cast": Fault(
        "theano.emit.llvm.instructions",
        'name = "fptosi" if new in SIGNED else "fptoui"',
        'name = "fptosi"',
        "floats saturate at the limits of signed integers",
    ),
}


class _Planting(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Imports the one module with its fault."""

    def __init__(self, fault):
        self.fault = fault

    def find_spec(self, name, path, target=None):
        if name != self.fault.module:
            return None
        sys.meta_path.remove(self)
        self.path = importlib.util.find_spec(name).origin
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def get_filename(self, name):
        return self.path

    def get_data(self, path):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        assert text.count(self.fault.right) == 1, f"{self.fault.right!r} stands {text.count(self.fault.right)} times in {path}"
        return text.replace(self.fault.right, self.fault.wrong).encode()

    def path_stats(self, path):
        raise OSError  # nothing is kept of it


def plant(name):
    """From now on the fault's module is imported with it."""
    fault = FAULTS[name]
    assert fault.module not in sys.modules
    sys.meta_path.insert(0, _Planting(fault))


def found_after(name, graphs, seconds):
    """(seed, what was wrong) of the first of so many graphs that shows the fault; None if none does."""
    from tests.fuzz.__main__ import Worker

    stop = time.monotonic() + seconds
    worker = Worker("--fault", name)
    try:
        for seed in range(graphs):
            worker.give(seed)
            result = worker.take()
            if "wrong" in result:
                return seed, result["wrong"]
            if time.monotonic() > stop:
                return None
    finally:
        worker.process.kill()
        worker.process.wait()
    return None


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.seeded", description=__doc__.splitlines()[0])
    parser.add_argument("--graphs", type=int, default=3000, help="give up after so many")
    parser.add_argument("--seconds", type=float, default=600.0, help="or after so long")
    parser.add_argument("--told", action="store_true", help="print what was found")
    parser.add_argument("names", nargs="*", help="by default all: " + ", ".join(FAULTS))
    options = parser.parse_args()
    missed = 0
    for name in options.names or FAULTS:
        found = found_after(name, options.graphs, options.seconds)
        missed += found is None
        first = "" if found is None else found[1].splitlines()[0][:110]
        print(f"{name:24} {'NOT FOUND' if found is None else f'{found[0] + 1:5} graphs'}  {first}", flush=True)
        if options.told and found is not None:
            print(found[1])
    return missed


if __name__ == "__main__":
    sys.exit(main())
