#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check landing pads, and where the key IA is written, in the linked kernel.

Compilers put a pad at the start of whatever they let be called through a
pointer; assembly files have to by themselves. What is checked:

- functions of weft's assembly files start with BTI C or PACIASP, unless
  listed as never called through a pointer; resume addresses with BTI J
- every pointer to code in the kernel's data leads to a pad
- the key is written by the entries from EL0, on the way out and at the start,
  and by no function that has a caller
- the two vector tables agree, but for the entries that change keys
"""

import argparse
import os
import re
import struct
import subprocess
import sys

import tap

PADS = {0xd503245f: "c", 0xd503249f: "j", 0xd50324df: "jc",
        0xd503233f: "sign"}
# Reached by direct branches only, from the vectors (with PSTATE.BTYPE = 0)
# and from one another.
DIRECT = re.compile(r"^weft_(entry|leaf|return|restore|event_entry)")
RESUMED = re.compile(r"^weft_resume_")
KEY_WRITERS = re.compile(r"^(weft_entry_user_\w+_pauth|weft_enter_user|"
                         r"weft_leaf_switch_pauth|weft_return_user_pauth|"
                         r"weft_event_entry|weft_pauth_start)$")
# Bounds of the text, not pointers to functions: tools/mksyms.py.
BOUNDS = ("ksyms_base", "ksyms_limit")
FUNCTION = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
KEY = re.compile(r"\tmsr\t(?:apiakey\w+|s3_0_c2_c1_[01]),", re.I)
BRANCH = re.compile(r"^\s*([0-9a-f]+):\tb\t[0-9a-f]+ <([^>+]+)>")
SLOT = 0x80
FROM_EL0 = 8    # of 16 slots, the first


class Kernel:
    """The parts of an ELF file that are looked at."""

    def __init__(self, path: str, nm: str) -> None:
        with open(path, "rb") as file:
            self.data = file.read()
        self.sections: dict[str, tuple[int, bytes]] = {}
        self.read_sections()
        self.symbols: dict[str, int] = {}
        text = run([nm, "--defined-only", path])
        for line in text.splitlines():
            address, _, name = line.split()
            self.symbols[name] = int(address, 16)

    def read_sections(self) -> None:
        start, = struct.unpack_from("<Q", self.data, 0x28)
        size, count, names = struct.unpack_from("<HHH", self.data, 0x3a)
        heads = [struct.unpack_from("<IIQQQQ", self.data, start + i * size)
                 for i in range(count)]
        table = heads[names][4]
        for name, kind, _, address, offset, length in heads:
            end = self.data.index(b"\0", table + name)
            text = self.data[table + name:end].decode()
            if kind == 1 and address:   # SHT_PROGBITS that is loaded
                self.sections[text] = (address,
                                       self.data[offset:offset + length])

    def pad(self, address: int) -> str:
        """What kind of landing pad is there, or ''."""
        start, data = self.sections[".text"]
        return PADS.get(struct.unpack_from("<I", data, address - start)[0],
                        "")

    def pointers(self) -> dict[int, int]:
        """Where in the data, and to where in the text."""
        text, code = self.sections[".text"]
        bounds = [self.symbols[name] for name in BOUNDS]
        found = {}
        for name, (start, data) in self.sections.items():
            if name not in (".rodata", ".data", ".ksyms", ".boot_tests"):
                continue
            for at in range(-start % 8, len(data) - 7, 8):
                value, = struct.unpack_from("<Q", data, at)
                if text <= value < text + len(code) and \
                        start + at not in bounds:
                    found[start + at] = value
        return found

    def nearest(self, address: int) -> str:
        before = [(at, name) for name, at in self.symbols.items()
                  if at <= address and not name.startswith("$")]
        at, name = max(before)
        return f"{name}+{address - at:#x}"


def run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def assembly_functions(library: str, nm: str) -> list[str]:
    """Global functions of the library's .S files."""
    functions = []
    assembly = False
    for line in run([nm, "--defined-only", library]).splitlines():
        words = line.split()
        if line.endswith(":"):
            assembly = os.path.basename(line).endswith(".S.o:")
        elif assembly and len(words) == 3 and words[1] == "T":
            functions.append(words[2])
    return functions


def check_functions(kernel: Kernel, functions: list[str]) -> list[str]:
    problems = []
    for name in functions:
        # The linker may have dropped it; vectors are no functions.
        if name not in kernel.symbols or DIRECT.match(name) or \
                name.startswith("weft_vectors"):
            continue
        want = {"j"} if RESUMED.match(name) else {"c", "sign"}
        found = kernel.pad(kernel.symbols[name])
        if found not in want:
            problems.append(f"{name}: begins with pad '{found}'")
    return problems


def check_pointers(kernel: Kernel) -> list[str]:
    return [f"{kernel.nearest(at)} points to {kernel.nearest(to)}, no pad"
            for at, to in kernel.pointers().items()
            if not kernel.pad(to) and not is_vectors(kernel, to)]


def is_vectors(kernel: Kernel, address: int) -> bool:
    return address in (kernel.symbols["weft_vectors"],
                       kernel.symbols.get("weft_vectors_pauth"))


def key_writers(listing: str) -> set[str]:
    writers = set()
    function = "?"
    for line in listing.splitlines():
        start = FUNCTION.match(line)
        if start:
            function = start[2]
        elif KEY.search(line):
            writers.add(function)
    return writers


def targets(listing: str, table: int) -> list[set[str]]:
    """Of each slot of the table, where it branches to by name."""
    slots: list[set[str]] = [set() for _ in range(16)]
    for line in listing.splitlines():
        match = BRANCH.match(line)
        at = int(match[1], 16) - table if match else -1
        if match and 0 <= at < 16 * SLOT:
            slots[at // SLOT].add(match[2])
    return slots


def check_vectors(kernel: Kernel, listing: str) -> list[str]:
    plain = targets(listing, kernel.symbols["weft_vectors"])
    keyed = targets(listing, kernel.symbols["weft_vectors_pauth"])
    problems = []
    for number, (a, b) in enumerate(zip(plain, keyed)):
        want = {name if number < FROM_EL0 or "unexpected" in name
                else name + "_pauth" for name in a}
        if b != want or not a:
            problems.append(f"slot {number}: {sorted(b)}, not "
                            f"{sorted(want)}")
    return problems


def self_test() -> list[str]:
    listing = ("0000000000001000 <f>:\n"
               "    1000:\tmsr\tapiakeylo_el1, x0\n"
               "0000000000002080 <t>:\n"
               "    2080:\tb\t3000 <g>\n    2084:\tb.eq\t3000 <h>\n")
    problems = []
    if key_writers(listing) != {"f"}:
        problems.append("a write of the key is not seen")
    if targets(listing, 0x2000)[:3] != [set(), {"g"}, set()]:
        problems.append("a slot's branch is not seen")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("elf", help="the linked kernel")
    parser.add_argument("library", help="libweft.a of the same build")
    parser.add_argument("--objdump", default="aarch64-linux-gnu-objdump")
    parser.add_argument("--nm", default="aarch64-linux-gnu-nm")
    args = parser.parse_args()

    report = tap.Writer()
    report.result("writes of keys and branches are seen", self_test())
    kernel = Kernel(args.elf, args.nm)
    functions = assembly_functions(args.library, args.nm)
    problems = check_functions(kernel, functions)
    if len(functions) < 10:
        problems.append(f"only {functions} are assembly")
    report.result("functions in assembly begin with a landing pad", problems)
    problems = check_pointers(kernel)
    if len(kernel.pointers()) < 50:
        problems.append("too few pointers to code were found")
    report.result("pointers to code lead to one", problems)
    listing = run([args.objdump, "-d", "--no-show-raw-insn", args.elf])
    writers = key_writers(listing)
    problems = [f"{name} writes it" for name in sorted(writers)
                if not KEY_WRITERS.match(name)]
    if len(writers) < 4:
        problems.append(f"only {sorted(writers)} write it")
    report.result("the key IA is written where nothing returns", problems)
    report.result("both vector tables lead to the same entries",
                  check_vectors(kernel, listing))
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
