# SPDX-License-Identifier: MIT
"""What the instructions of a program are: their kinds, their functions."""

import bisect
import collections
import re
import subprocess
from typing import Iterable

TOOLS = "aarch64-linux-gnu-"
LINE = re.compile(r"^ *([0-9a-f]+):\s+(\S+)\s*(.*)$")

# In the order in which they are printed.
KINDS = ("load", "store", "read system register", "write system register",
         "mask or unmask", "dsb", "isb", "dmb", "tlbi", "cache", "eret")

MASKS = ("daifset", "daifclr", "daif", "pan", "#")


def kind(mnemonic: str, operands: str) -> str:
    """Of one instruction; "" for what only computes or branches."""
    first = operands.split(",")[0].split()[0].lower() if operands else ""
    if mnemonic.startswith(("ld", "prfm")):
        return "load" if mnemonic != "prfm" else ""
    if mnemonic.startswith("st"):
        return "store"
    if mnemonic == "mrs":
        return "read system register"
    if mnemonic == "msr":
        return "mask or unmask" if first in MASKS else \
            "write system register"
    if mnemonic in ("dsb", "isb", "dmb", "tlbi", "eret"):
        return mnemonic
    if mnemonic in ("dc", "ic"):
        return "cache"
    return ""


def run(tool: str, *arguments: str) -> list[str]:
    done = subprocess.run([TOOLS + tool, *arguments], text=True, check=True,
                          capture_output=True)
    return done.stdout.splitlines()


class Code:
    """The code of a linked program."""

    def __init__(self, path: str) -> None:
        self.kinds: dict[int, str] = {}
        self.text: dict[int, str] = {}
        for line in run("objdump", "-d", "--no-show-raw-insn", path):
            match = LINE.match(line)
            if match:
                address, mnemonic, operands = match.groups()
                operands = operands.split("//")[0].strip()
                self.kinds[int(address, 16)] = kind(mnemonic, operands)
                self.text[int(address, 16)] = f"{mnemonic} {operands}".strip()
        self.symbols = {}
        starts = {}
        for line in run("nm", path):
            words = line.split()
            if len(words) == 3:
                self.symbols[words[2]] = int(words[0], 16)
            if len(words) == 3 and words[1] in "tTwW" and \
                    words[2][0] != "$":
                starts[int(words[0], 16)] = words[2]
        self.starts = sorted(starts)
        self.names = [starts[each] for each in self.starts]

    def function(self, pc: int) -> str:
        at = bisect.bisect_right(self.starts, pc)
        return self.names[at - 1] if at else "?"

    def by_kind(self, pcs: Iterable[int]) -> "collections.Counter[str]":
        """@pcs: addresses, or how often each of them was executed."""
        found: "collections.Counter[str]" = collections.Counter()
        for pc, count in collections.Counter(pcs).items():
            if self.kinds.get(pc):
                found[self.kinds[pc]] += count
        return found

    def by_function(self, pcs: Iterable[int]) -> "collections.Counter[str]":
        found: "collections.Counter[str]" = collections.Counter()
        for pc, count in collections.Counter(pcs).items():
            found[self.function(pc)] += count
        return found
