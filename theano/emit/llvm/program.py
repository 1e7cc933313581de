"""A whole :class:`~theano.loops.ir.Program` as one LLVM module.

A call works on a *frame*: an array of 8-byte slots that holds the pointers, array objects and extents of all buffers.
Code is cut into functions of bounded size that share nothing but the frame ``%f`` and the table ``%t`` (see
:mod:`theano.emit.llvm.writer`), so that compile time stays linear in the number of steps.  Each returns a status
(:mod:`theano.emit.llvm.status`).  A failure returns straight to :mod:`theano.emit.llvm.entry`, which releases all that the frame owns:
references and leases, whose slots are empty at first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from theano.emit.llvm.entry import Signature, emit_entry
from theano.emit.llvm.frame import ProgramText, Shared
from theano.emit.llvm.objects import Abi
from theano.emit.llvm.steps import EMIT
from theano.emit.llvm.target import Target
from theano.emit.llvm.writer import Slot
from theano.loops.ir import Guard, Program, PythonStep, Step


@dataclass(frozen=True, slots=True)
class Emitted:
    """The text of a module, the external symbols it needs, and how to fill its table and read its failures."""

    text: str
    symbols: tuple[str, ...]
    table: tuple[Slot, ...]
    constants: tuple[Any, ...]
    guards: tuple[Guard, ...]
    steps: tuple[Step, ...]  # by the number used in statuses and in the profile
    python_steps: tuple[PythonStep, ...]


def emit_program(program: Program, signature: Signature, target: Target, abi: Abi, *, profile: bool = False) -> Emitted:
    """One module that defines ``@entry`` (a vectorcall function) and ``@direct`` (arrays already checked)."""
    shared = Shared(target, abi, profile, EMIT, signature.result == "list")
    text = ProgramText(shared, program)
    emit_entry(text, signature)
    module = shared.module
    return Emitted(
        module.text(),
        tuple(sorted(module.declarations)),
        tuple(module.slots),
        tuple(shared.constants),
        tuple(shared.guards),
        tuple(shared.steps),
        tuple(shared.python_steps),
    )
