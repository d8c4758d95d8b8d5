#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check that only the files named for it touch vector registers.

Reads the disassembly of the linked kernel: what the compiler or an inline
assembly statement put there counts, not what the sources look like.
"""

import argparse
import os
import re
import subprocess
import sys

import tap

# Members of the library's archive that may: their functions are exempt.
EXEMPT_OBJECTS = re.compile(r"^(fp|sve)(_[a-z0-9]+)?\.S\.o:$")
# Its start-up code may set the vector length, and touches no other of these.
STARTUP_OBJECT = re.compile(r"^el\.S\.o:$")
STARTUP_USE = re.compile(r"\bmsr\s+zcr_el\d,")
FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\t(?:[0-9a-f]{8} \t)?(\S+)\t?(.*)$")
REGISTER = re.compile(
    r"(?<![\w.#])(?:[vzqdshb](?:[12]?[0-9]|3[01])(?:\.\w+)?"
    r"|p(?:[0-9]|1[0-5])(?:\.[bhsd]|/[mz])?)(?!\w)")
CONTROL = re.compile(r"(?<!\w)(?:fpcr|fpsr|zcr_el\d|smcr_el\d|svcr)(?!\w)",
                     re.I)


def is_vector(operands: str) -> bool:
    operands = re.sub(r"<[^>]*>|//.*|#-?\w+", "", operands)
    return bool(REGISTER.search(operands) or CONTROL.search(operands))


def vector_uses(elf: str, objdump: str) -> dict[str, list[str]]:
    """Function name: its instructions that use a vector register."""
    command = [objdump, "-d", "--no-show-raw-insn", elf]
    text = subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout
    uses: dict[str, list[str]] = {}
    function = "?"
    for line in text.splitlines():
        start = FUNCTION.match(line)
        if start:
            function = start[1]
            continue
        match = INSTRUCTION.match(line)
        if match and not match[1].startswith(".") and is_vector(match[2]):
            uses.setdefault(function, []).append(line.strip())
    return uses


def functions_of(objects: "re.Pattern[str]", library: str,
                 nm: str) -> set[str]:
    """The functions of those members of the library."""
    text = subprocess.run([nm, "--defined-only", library], check=True,
                          capture_output=True, text=True).stdout
    functions: set[str] = set()
    exempt = False
    for line in text.splitlines():
        words = line.split()
        if line.endswith(":"):
            exempt = bool(objects.match(os.path.basename(line)))
        elif exempt and len(words) == 3 and words[1] in "tT":
            functions.add(words[2])
    return functions


def self_test() -> list[str]:
    yes = ("v0.16b, v1.16b", "q0, q1, [x0]", "d8, d9, [sp, #16]",
           "s0, #1.0", "z3.d, p0/m, z1.d", "x0, fpcr", "{v0.4s}, [x1]")
    no = ("x0, x1, [sp, #-16]!", "ffff00d0 <b1+0x4>", "w0, #0xd0",
          "x0, x1, ls", "x0, tpidr_el1", "x2, d_name")
    return [f"'{text}' should be {expected}"
            for texts, expected in ((yes, True), (no, False))
            for text in texts if is_vector(text) != expected]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("elf", help="the linked kernel")
    parser.add_argument("library", help="libweft.a of the same build")
    parser.add_argument("--objdump", default="aarch64-linux-gnu-objdump")
    parser.add_argument("--nm", default="aarch64-linux-gnu-nm")
    args = parser.parse_args()

    report = tap.Writer()
    report.result("vector operands are told from others", self_test())
    exempt = functions_of(EXEMPT_OBJECTS, args.library, args.nm)
    startup = functions_of(STARTUP_OBJECT, args.library, args.nm)
    uses = vector_uses(args.elf, args.objdump)
    found = sum(len(uses.get(function, [])) for function in exempt)
    report.result("vector instructions are seen where they belong",
                  [] if found >= 32 else [f"only {found} of them in "
                                          f"{sorted(exempt)}"])
    problems = [f"{function}: {line}" for function in sorted(uses)
                if function not in exempt for line in uses[function][:3]
                if function not in startup or not STARTUP_USE.search(line)]
    report.result("and nowhere else", problems)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
