"""What is measured without being asked for, and the door to profiles: :mod:`theano.compile.profiling` is loaded when one is wanted.

>>> stats_of(False, None) is None, stats_of("all of them", None).message
(True, 'all of them')
"""

from __future__ import annotations

import atexit
import sys
import time
from typing import TYPE_CHECKING, Any

from theano.flags import config

if TYPE_CHECKING:
    from theano.compile.profiling import ProfileStats

theano_imported_time = time.perf_counter()

TOTALS = {"rewrite": 0.0, "link": 0.0}
"""Seconds of rewriting and of code generation of all functions since the start."""


def count_compilation(seconds: dict[str, float]) -> None:
    """Count the passes of one more compilation."""
    TOTALS["rewrite"] += seconds.get("rewrite", 0.0)
    TOTALS["link"] += sum(t for name, t in seconds.items() if name != "rewrite")


def stats_of(given: Any, name: str | None) -> ProfileStats | None:
    """What the argument ``profile`` of ``theano.function`` stands for; None where nothing is to be measured."""
    asked = config.profile if given is None else given
    if asked is False:
        return None
    from theano.compile.profiling import chosen_stats

    return chosen_stats(asked, name)


@atexit.register
def print_profiles() -> None:
    """Print the profiles that ask for it at the end of the program, and the global ones."""
    if config.print_global_stats or "theano.compile.profiling" in sys.modules:
        from theano.compile.profiling import print_at_exit

        print_at_exit()
