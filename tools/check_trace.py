#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check that a traced kernel tells of every way to user mode.

Follows all ways through weft's entry and exit code in the disassembly of the
linked kernel: between an entry and an ERET to EL0 stands the trace point of the
exit, once. Tests see only the ways that programs take.
"""

import argparse
import re
import sys
from typing import Optional

import check_sequence
import tap
from check_sequence import Code, Insn

# Where ways begin: entries from EL0, and what a switch or a client enters by.
STARTS = re.compile(r"^weft_(entry_user_\w+|enter_user|leaf_simd|"
                    r"leaf_work(_pauth)?|return_user(_pauth)?|"
                    r"resume_(frame|leaf))$")
# ERETs that lead elsewhere.
OTHERS = ("weft_descend", "weft_return_kernel")
EXIT = re.compile(r"^mov x0, #0x3\b")       # WEFT_TRACE_EXIT
POINT = re.compile(r"^bl \w+ <weft_(trace_point|hook_trace)>")


def step(state: str, insn: Insn) -> Optional[str]:
    if EXIT.match(insn.text):
        return "!is told twice" if state == "told" else "about to"
    if state == "about to" and POINT.match(insn.text):
        return "told"
    if insn.mnemonic() == "eret":
        return None if state == "told" else "!is not told"
    return state


def problems(code: Code, start: int) -> list[str]:
    return [f"{code.at(insn)}: {what}" for insn, what in
            check_sequence.walk(code, start, "silent", step)
            if code.owner[insn.address] not in OTHERS]


def points(code: Code) -> list[int]:
    """Addresses of the calls that tell of an exit."""
    found = []
    for _, insns in code.weft():
        last = 0
        for insn in insns:
            if EXIT.match(insn.text):
                last = insn.address
            elif POINT.match(insn.text) and last:
                found.append(insn.address)
                last = 0
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("elf", help="the linked kernel, of a traced build")
    parser.add_argument("library", help="libweft.a of the same build")
    args = parser.parse_args()
    code = Code(args.elf, args.library)
    # A label in the other one, which goes on there.
    for insn in code.functions["weft_restore_user"]:
        code.owner[insn.address] = "weft_return_user"
    starts = {name: insns[0].address for name, insns in code.weft()
              if STARTS.match(name)}
    report = tap.Writer()
    report.result("there are ways to follow", [] if len(starts) > 10 else
                  [f"only {sorted(starts)}"])
    for name, start in sorted(starts.items()):
        report.result(f"{name}: the exit is told", problems(code, start))
    blind = [f"without {code.owner[point]} at {point:#x} nothing is missed"
             for point in points(code) if not any(
                 problems(code.without(point), start)
                 for start in starts.values())]
    report.result("each of these trace points would be missed", blind)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
