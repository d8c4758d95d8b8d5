# SPDX-License-Identifier: MIT
"""What a mutant of weft is: one small change, with a name that lasts.

A name is FILE/FUNCTION/KIND#N/HOW: the N-th instruction or construct of its
kind in the function, so that it stays when lines move. mutate_asm.py makes
them of instructions, mutate_c.py of C.
"""

import collections
import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Mutant:
    """One change. @text says it to a reader."""

    name: str
    file: str       # relative to the top folder
    line: int       # 0: not known
    text: str

    def is_asm(self) -> bool:
        return self.file.endswith(".S")


@dataclasses.dataclass(frozen=True)
class AsmMutant(Mutant):
    """A word of code that is written over in the linked kernel."""

    symbol: str
    offset: int
    old: int        # as assembled; a linker fills in some operands
    how: str

    def is_system(self) -> bool:
        """Not a load or store, not a branch: mutate_asm.SYSTEM."""
        return bool(re.match(r"(mrs|msr|isb|dsb|dmb|sb|tlbi|dc|ic)\b",
                             self.text))


@dataclasses.dataclass(frozen=True)
class CMutant(Mutant):
    """Characters of the source that are replaced."""

    start: int
    end: int
    new: str


class Namer:
    """Counts the constructs of each kind in each function."""

    def __init__(self, file: str) -> None:
        self.file = file.rpartition("/")[2]
        self.counts: collections.Counter = collections.Counter()

    def next(self, function: str, kind: str) -> str:
        self.counts[function, kind] += 1
        return f"{self.file}/{function}/{kind}#{self.counts[function, kind]}"
