# SPDX-License-Identifier: MIT
"""What kind of program a file is, as far as loom cares.

Used by run.py for a user's program and by debian.py for what it fetched.
"""

import struct

EM_AARCH64 = 183
ET_EXEC, ET_DYN = 2, 3
PT_INTERP = 3
MACHINES = {3: "32-bit x86", 40: "32-bit Arm", 62: "x86-64", 243: "RISC-V",
            EM_AARCH64: "arm64"}


def is_elf(data: bytes) -> bool:
    return data.startswith(b"\x7fELF")


def complaint(data: bytes) -> str:
    """Why loom cannot run the ELF file @data, to follow its name; else ''.

    What is not an ELF file, or damaged, is left to the kernel to judge.
    """
    if not is_elf(data) or len(data) < 64:
        return ""
    if data[5] != 1:
        return "is for a big-endian machine, not for arm64"
    kind, machine = struct.unpack_from("<HH", data, 16)
    if machine != EM_AARCH64 or data[4] != 2:
        return f"is for {MACHINES.get(machine, 'another machine')}, not for " \
            "arm64: compile it with aarch64-linux-gnu-gcc -static"
    if kind not in (ET_EXEC, ET_DYN):
        return "is not a linked program: link it with " \
            "aarch64-linux-gnu-gcc -static"
    if PT_INTERP in segments(data):
        return "is dynamically linked: link it with -static"
    return ""


def segments(data: bytes) -> list[int]:
    """The types of its program headers."""
    start, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    places = (start + index * size for index in range(count))
    return [struct.unpack_from("<I", data, place)[0] for place in places
            if place + 4 <= len(data)]
