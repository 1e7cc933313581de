"""Fuzz: ``python -m tests.fuzz --graphs 20000`` compiles random graphs and compares every result with its bounds.

Each graph is called with four sets of shapes: typical; with empty arrays; with sizes of 1; large enough for chunks and
threads.  Arguments are strided, reversed, Fortran-ordered, unaligned or byte-swapped; a third of the graphs have NaN,
infinities, subnormals and the ends of integers among their numbers.  Programs run in worker processes: one that crashes or
hangs is a failure of its seed.  Failing graphs are shrunk and printed.  With ``--state FILE`` a run that was stopped goes on where it was.

``--loops``: random loops instead, each against its unrolled graph and NumPy, in value, gradient and second gradient.
"""

import argparse
import json
import os
import selectors
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

LONGEST = 120.0
"""Seconds after which a graph counts as hanging."""


class Worker:
    """A process, and the seed it is at."""

    def __init__(self, *options):
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONFAULTHANDLER": "1"}
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        command = [sys.executable, "-m", "tests.fuzz.worker", *options]
        self.process = subprocess.Popen(command, env=environment, cwd=Path(__file__).parents[2], **pipes)
        os.set_blocking(self.process.stderr.fileno(), False)
        self.seed, self.since = None, 0.0

    def give(self, seed):
        self.seed, self.since = seed, time.monotonic()
        self.process.stdin.write(b"%d\n" % seed)
        self.process.stdin.flush()

    def take(self):
        """The result of its seed; if the process died, that."""
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        status = self.process.wait()
        return self._failed(f"the process ended with status {status}")

    def overdue(self):
        return time.monotonic() - self.since > LONGEST

    def stop(self):
        self.process.kill()
        self.process.wait()
        return self._failed(f"no result after {LONGEST:.0f} seconds")

    def _failed(self, text):
        told = (self.process.stderr.read() or b"").decode(errors="replace")[-3000:]
        return {"seed": self.seed, "pairs": {}, "nodes": 0, "seconds": 0.0, "wrong": f"{text}\n{told}"}


class Tally:
    """What is known so far; kept in a file between runs."""

    def __init__(self, path):
        self.path = path
        self.done, self.pairs, self.failures = set(), Counter(), []
        self.nodes = 0
        if path is not None and path.exists():
            for line in path.read_text().splitlines():
                self.note(json.loads(line), keep=False)

    def note(self, result, keep=True):
        self.done.add(result["seed"])
        self.pairs.update({int(k): v for k, v in result["pairs"].items()})
        self.nodes += result["nodes"]
        if "wrong" in result:
            self.failures.append(result)
            if keep:
                print(f"--- seed {result['seed']}: {result['wrong']}", flush=True)
        if keep and self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps(result) + "\n")

    def report(self, table):
        from tests.fuzz.graphs import PAIRS, STRUCTURED

        pairs = [(what.name, dtype) for what, dtype in (*PAIRS, *STRUCTURED)]
        counts = [self.pairs[k] for k in range(len(pairs))]
        least = sorted(range(len(pairs)), key=counts.__getitem__)[:8]
        print(f"{len(self.done)} graphs, {self.nodes} nodes, {len(self.failures)} failures: seeds {[f['seed'] for f in self.failures]}")
        if not any(counts):
            return
        print(f"{len(pairs)} pairs of operation and dtype; fewest: " + ", ".join(f"{pairs[k][0]} {pairs[k][1]} {counts[k]}" for k in least))
        if table:
            for (name, dtype), count in zip(pairs, counts):
                print(f"{name:28} {dtype:12} {count}")


def fuzz(seeds, processes, tally, seconds, *options):
    """Run ``seeds``; stop early after ``seconds``."""
    waiting = iter([s for s in seeds if s not in tally.done])
    ready = selectors.DefaultSelector()
    stop = time.monotonic() + seconds

    def feed(worker):
        seed = next(waiting, None) if time.monotonic() < stop else None
        if seed is None:
            worker.process.stdin.close()
            worker.process.kill()
            worker.process.wait()
            return
        worker.give(seed)
        ready.register(worker.process.stdout, selectors.EVENT_READ, worker)

    for _ in range(processes):
        feed(Worker(*options))
    while ready.get_map():
        for key, _ in ready.select(timeout=5):
            ready.unregister(key.fileobj)
            tally.note(key.data.take())
            feed(key.data if key.data.process.poll() is None else Worker(*options))
        for key in list(ready.get_map().values()):
            if key.data.overdue():
                ready.unregister(key.fileobj)
                tally.note(key.data.stop())
                feed(Worker(*options))


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--graphs", type=int, default=1000, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--state", type=Path, help="a file of results, to go on from")
    parser.add_argument("--loops", action="store_true", help="random loops instead of graphs")
    parser.add_argument("--table", action="store_true", help="print how often each pair was covered")
    options = parser.parse_args()
    tally = Tally(options.state)
    start = time.monotonic()
    fuzz(range(options.first, options.first + options.graphs), options.processes, tally, options.seconds, *["--loops"] * options.loops)
    print(f"{time.monotonic() - start:.0f} seconds")
    tally.report(options.table)
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
