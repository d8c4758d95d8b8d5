#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Make the table of function names that loom/lib/ksyms.h describes.

Reads the symbols of a linked kernel with nm and writes an assembly file.
The build links three times: with an empty table, with one of the right
size, and with the right one. The third check, --verify, fails the build
if the last link moved a function after all.
"""

import argparse
import re
import subprocess
import sys
from typing import NamedTuple

WINDOW = 1 << 32    # offsets are 32 bits wide


class Symbol(NamedTuple):
    address: int
    size: int
    name: str
    public: bool


def read_symbols(nm: str, elf: str) -> list[Symbol]:
    """The functions of @elf, sorted, one for each address."""
    command = [nm, "--defined-only", "--print-size", elf]
    text = subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout
    pattern = re.compile(r"^([0-9a-f]+)(?: ([0-9a-f]+))? ([tTwW]) (\S+)$")
    best: dict[int, Symbol] = {}
    for line in text.splitlines():
        match = pattern.match(line)
        if not match or match[4].startswith(("$", ".L")):
            continue
        symbol = Symbol(int(match[1], 16), int(match[2] or "0", 16),
                        match[4], match[3].isupper())
        best[symbol.address] = preferred(best.get(symbol.address), symbol)
    return in_window(sorted(best.values()))


def preferred(old: "Symbol | None", new: Symbol) -> Symbol:
    """Of two names for one address: sized, then public, then the first."""
    if old is None:
        return new
    return min(old, new, key=lambda s: (s.size == 0, not s.public, s.name))


def in_window(symbols: list[Symbol]) -> list[Symbol]:
    """Leave out what is linked far below the kernel proper (boot code)."""
    if not symbols:
        return []
    top = symbols[-1].address
    return [s for s in symbols if top - s.address < WINDOW]


def table(symbols: list[Symbol]) -> str:
    """The assembly source of the table."""
    base = symbols[0].address if symbols else 0
    limit = max((s.address + max(s.size, 4) for s in symbols), default=0)
    lines = ["// SPDX-License-Identifier: MIT",
             "// Made by tools/mksyms.py; the format is in loom/lib/ksyms.h.",
             '\t.section .ksyms, "a", %progbits']

    def datum(name: str, align: int, values: list[str]) -> None:
        lines.extend([f"\t.balign {align}", f"\t.globl {name}",
                      f"\t.type {name}, %object", f"{name}:"])
        lines.extend("\t" + value for value in values)
        lines.append(f"\t.size {name}, . - {name}")

    datum("ksyms_base", 8, [f".quad {base:#x}"])
    datum("ksyms_limit", 8, [f".quad {limit:#x}"])
    datum("ksyms_count", 4, [f".word {len(symbols)}"])
    datum("ksyms_offsets", 4,
          [f".word {s.address - base:#x}" for s in symbols])
    starts, position = [], 0
    for symbol in symbols:
        starts.append(f".word {position}")
        position += len(symbol.name) + 1
    datum("ksyms_names", 4, starts)
    datum("ksyms_text", 1, [f'.asciz "{s.name}"' for s in symbols])
    lines.append('\t.section .note.GNU-stack, "", %progbits')
    return "\n".join(lines) + "\n"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nm", default="aarch64-linux-gnu-nm",
                        help="the nm to use")
    parser.add_argument("--output", required=True,
                        help="the file to write")
    parser.add_argument("--verify", metavar="TABLE",
                        help="write a stamp if TABLE is right for ELF, "
                        "fail if not")
    parser.add_argument("elf", nargs="?",
                        help="a linked kernel; without it the table is "
                        "empty")
    return parser.parse_args()


def main() -> int:
    args = arguments()
    text = table(read_symbols(args.nm, args.elf) if args.elf else [])
    if args.verify:
        with open(args.verify, encoding="ascii") as file:
            if file.read() != text:
                print(f"mksyms: {args.elf}: the table of names changed the "
                      "addresses of functions", file=sys.stderr)
                return 1
        text = "the table of names is right\n"
    with open(args.output, "w", encoding="ascii") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
