# SPDX-License-Identifier: MIT
"""Mutants of weft's assembly files: instructions, one at a time.

They are made of the assembled objects, so each expansion of a macro has its
own, and are written into the linked kernel: nothing is assembled again. An
instruction is dropped (a NOP in its place), the registers of a pair change
places, a condition becomes its opposite.
"""

import functools
import os
import re
import struct
import subprocess
from typing import Iterator

from mutate import AsmMutant, Namer

NOP = 0xd503201f
PREFIX = "aarch64-linux-gnu-"
HEADING = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t([0-9a-f]{8}) \t(\S+)\s*(.*)$")
LINE = re.compile(r"^\S*/(\S+):(\d+)(?: \(discriminator \d+\))?$")

PAIR = re.compile(r"^(ldn?p|stn?p|ldpsw|[ls]d?t?[xa]+p)$")
MEMORY = re.compile(r"^(ld|st|cas|swp)")
SYSTEM = re.compile(r"^(mrs|msr|isb|dsb|dmb|sb|tlbi|dc|ic)$")
BRANCH = re.compile(r"^(b\.\w+|cbn?z|tbn?z|csel|cset|csinc|csinv|csneg)$")


class AsmError(Exception):
    """The objects are not what this program understands."""


def disassemble(path: str, *options: str) -> list[str]:
    return subprocess.run([PREFIX + "objdump", "-d", *options, path],
                          check=True, capture_output=True,
                          text=True).stdout.splitlines()


def ways(mnemonic: str, word: int) -> list[str]:
    """How to change this instruction; empty if it is of no interest."""
    if BRANCH.match(mnemonic):
        return ["invert"]
    if SYSTEM.match(mnemonic):
        return ["drop"]
    if not MEMORY.match(mnemonic):
        return []
    if PAIR.match(mnemonic) and word & 31 != word >> 10 & 31:
        return ["drop", "swap"]
    return ["drop"]


def changed(word: int, how: str) -> int:
    """The instruction after the change (encodings: Arm ARM C4.1)."""
    if how == "drop":
        return NOP
    if how == "swap":
        return word & ~0x7c1f | (word & 31) << 10 | word >> 10 & 31
    if word >> 24 == 0x54:          # B.cond: bit 0 inverts the condition
        return word ^ 1
    if word >> 25 & 0x3e == 0x1a:   # CBZ, CBNZ, TBZ, TBNZ: op
        return word ^ 1 << 24
    if word >> 21 & 0xff == 0xd4:   # conditional select: cond is bits 15:12
        return word ^ 1 << 12
    raise AsmError(f"{word:#010x} has no condition")


def mutants(path: str, obj: str) -> Iterator[AsmMutant]:
    """Those of the source @path, assembled as @obj."""
    namer = Namer(path)
    symbol, base, line = "", 0, 0
    for text in disassemble(obj, "-z", "-l", "-w"):
        heading = HEADING.match(text)
        if heading:
            symbol, base = heading[2], int(heading[1], 16)
            continue
        place = LINE.match(text)
        if place:
            if place[1] == os.path.basename(path):
                line = int(place[2])
            continue
        match = INSTRUCTION.match(text)
        if not match:
            continue
        word = int(match[2], 16)
        chosen = ways(match[3], word)
        if not chosen:
            continue
        name = namer.next(symbol, match[3])
        shown = re.sub(r"\s*(//|<).*", "", f"{match[3]} {match[4]}").strip()
        for how in chosen:
            yield AsmMutant(f"{name}/{how}", path, line, f"{shown}: {how}",
                            symbol, int(match[1], 16) - base, word, how)


# ---- the linked kernel ------------------------------------------------

@functools.lru_cache(maxsize=32)
def symbols(elf: str) -> dict[str, list[int]]:
    text = subprocess.run([PREFIX + "nm", "--defined-only", elf], check=True,
                          capture_output=True, text=True).stdout
    found: dict[str, list[int]] = {}
    for line in text.splitlines():
        address, _, name = line.split(maxsplit=2)
        found.setdefault(name, []).append(int(address, 16))
    return found


def file_offset(data: bytes, address: int) -> int:
    """Where a virtual address is in an ELF file (64 bits, little endian)."""
    start, = struct.unpack_from("<Q", data, 0x20)
    size, count = struct.unpack_from("<HH", data, 0x36)
    for i in range(count):
        kind, _, offset, vaddr, _, filesz = struct.unpack_from(
            "<IIQQQQ", data, start + i * size)
        if kind == 1 and vaddr <= address < vaddr + filesz:
            return offset + address - vaddr
    raise AsmError(f"no segment holds {address:#x}")


def address(mutant: AsmMutant, elf: str) -> int:
    """Of the instruction in the linked @elf; 0 if it has no such code."""
    places = symbols(elf).get(mutant.symbol, [])
    if len(places) > 1:
        raise AsmError(f"{elf}: more than one {mutant.symbol}")
    return places[0] + mutant.offset if places else 0


def apply(mutant: AsmMutant, elf: str, output: str) -> bool:
    """Write @elf with the change to @output; False if it has no such code."""
    place = address(mutant, elf)
    if not place:
        return False
    with open(elf, "rb") as file:
        data = bytearray(file.read())
    where = file_offset(data, place)
    word, = struct.unpack_from("<I", data, where)
    # Below are operands that the linker fills in: of branches it is more.
    fixed = 24 if BRANCH.match(mutant.text.split()[0].rstrip(":")) else 22
    if word >> fixed != mutant.old >> fixed:
        raise AsmError(f"{elf}: {word:#010x} is not {mutant.text}")
    struct.pack_into("<I", data, where, changed(word, mutant.how))
    with open(output, "wb") as file:
        file.write(data)
    return True
