"""Measure worst errors and record them in `docs/accuracy.md`.

python -m tests.accuracy [OPERATION ...]     of these, or of all
    --dtype float32|float64                  of one dtype
    --missing                                only what is not recorded yet: goes on where it was stopped

All of it takes about an hour of one core: every float32 number, in a kernel for machines with FMA and one for those without.
"""

from __future__ import annotations

import argparse
import time

from tests.accuracy.measure import can_be_searched, measure, suspects, sweep
from tests.accuracy.table import DTYPES, Row, read, write
from tests.accuracy.truth import FUNCTIONS, points

CHUNK, CHUNKS = 1 << 26, 1 << 6
COUNT, SEARCHED, SEEDS = 100_000, 1 << 19, 8


def measured(name: str, dtype: str) -> Row:
    function = FUNCTIONS[name]
    if dtype == "float32" and function.arity == 1 and function.everywhere:
        return Row(name, dtype, *map(max, zip(*(sweep(name, k * CHUNK, CHUNK) for k in range(CHUNKS)))), "all")
    count = COUNT if function.everywhere else COUNT // 8
    worst, on = measure(name, points(name, count, dtype=dtype)), f"{count:,}"
    if dtype == "float64" and can_be_searched(name):
        on += f" and the worst of {SEEDS * SEARCHED:,}"
        for seed in range(1, SEEDS + 1):
            for has_fma in (True, False):
                found = measure(name, suspects(name, SEARCHED, seed, has_fma))
                worst = [max(pair) for pair in zip(worst, found)]
    return Row(name, dtype, *worst, on)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description="Measure worst errors and record them.")
    parser.add_argument("operations", nargs="*", metavar="OPERATION")
    parser.add_argument("--dtype", choices=DTYPES)
    parser.add_argument("--missing", action="store_true")
    given = parser.parse_args()
    for name in given.operations or FUNCTIONS:
        for dtype in [given.dtype] if given.dtype else DTYPES:
            if given.missing and (name, dtype) in read():
                continue
            start = time.perf_counter()
            row = measured(name, dtype)
            write(read() | {(name, dtype): row})
            print(f"{name:10} {dtype}  {row.fused.error:.4f}  {row.separate.error:.4f}  {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
