#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Check the order of system instructions that no emulator can test.

QEMU needs no barrier, starts with an empty TLB and with control registers
at zero, and never speculates: code that forgets any of that passes every
test there. So the rules of RULES below are checked over the disassembly of
the linked kernel, what the compiler made of it: each says why, and where the
Arm ARM (DDI 0487) has it.

A rule looks at all ways through a function, into the functions that it
calls where they are the library's. To add one: an entry in a table.
"""

import argparse
import collections
import copy
import os
import re
import subprocess
import sys
from typing import Callable, Iterator, NamedTuple, Optional

import tap

PREFIX = "aarch64-linux-gnu-"
HEADING = re.compile(r"^([0-9a-f]+) <([^>]+)>:$")
INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t(\S+)\t?(.*)$")
TARGET = re.compile(r"\b([0-9a-f]+) <([^+>]+)")
BRANCH = re.compile(r"^(b|b\.\w+|cbn?z|tbn?z)$")
ENDS = re.compile(r"^(b|br|ret|eret|braa\w*|brab\w*|reta\w|ereta\w|brk|udf)$")
INDIRECT = re.compile(r"^(br|braa\w*|brab\w*)$")
MAX_DEPTH = 4
STOPS = ("weft_assert_failed",)    # what follows a call is another function


class Insn(NamedTuple):
    address: int
    text: str           # mnemonic and operands, one blank between
    target: int         # of a direct branch or call, else 0

    def mnemonic(self) -> str:
        return self.text.partition(" ")[0]


class Code:
    """The instructions of a program, and which functions are whose."""

    def __init__(self, elf: str, library: str) -> None:
        self.insns: dict[int, Insn] = {}
        self.functions: dict[str, list[Insn]] = {}
        self.owner: dict[int, str] = {}
        self.start: dict[int, int] = {}     # of its function: names repeat
        self.members, self.public = members(library)
        self.callers: dict[int, list[Insn]] = {}
        self.parse(run(PREFIX + "objdump", "-d", "-z", "--no-show-raw-insn",
                       elf))

    def without(self, address: int) -> "Code":
        """The same with a NOP there."""
        changed = copy.copy(self)
        name = self.owner[address]
        nop = Insn(address, "nop", 0)
        changed.insns = {**self.insns, address: nop}
        changed.functions = {**self.functions, name: [
            nop if insn.address == address else insn
            for insn in self.functions[name]]}
        return changed

    def parse(self, text: str) -> None:
        name, start = "", 0
        for line in text.splitlines():
            match = INSTRUCTION.match(line)
            if not match:
                heading = HEADING.match(line)
                if heading:
                    name, start = heading[2], int(heading[1], 16)
                continue
            operands = match[3].partition("//")[0].strip()
            target = TARGET.search(operands)
            direct = BRANCH.match(match[2]) or match[2] == "bl"
            insn = Insn(int(match[1], 16), f"{match[2]} {operands}".strip(),
                        int(target[1], 16) if target and direct else 0)
            self.insns[insn.address] = insn
            self.owner[insn.address] = name
            self.start[insn.address] = start
            self.functions.setdefault(name, []).append(insn)
            if direct:
                self.callers.setdefault(insn.target, []).append(insn)

    def returns(self, address: int, seen: frozenset = frozenset()
                ) -> Iterator[int]:
        """Where the function that holds @address returns to.

        0 for one that others call. For one of a single file: behind each
        call of it, or where a function returns that ends in a jump to it.
        """
        name = self.owner[address]
        start = self.start[address]
        local = self.is_weft(name) and name not in self.public
        if not local or start in seen or not self.callers.get(start):
            yield 0
            return
        for caller in self.callers[start]:
            if caller.mnemonic() == "bl":
                yield caller.address + 4
            elif self.start[caller.address] != start:
                yield from self.returns(caller.address, seen | {start})

    def landings(self, address: int) -> Iterator[int]:
        """Where a jump table may lead: what nothing falls into."""
        start = self.start[address]
        at = start + 4
        while self.start.get(at) == start:
            if ENDS.match(self.insns[at - 4].mnemonic()):
                yield at
            at += 4

    def is_weft(self, name: str) -> bool:
        return name.partition(".")[0] in self.members

    def weft(self) -> Iterator[tuple[str, list[Insn]]]:
        for name, insns in self.functions.items():
            if self.is_weft(name):
                yield name, insns

    def member(self, name: str) -> str:
        """The file of the library that has this function."""
        return self.members.get(name.partition(".")[0], "")

    def at(self, insn: Insn) -> str:
        return f"{self.owner[insn.address]} at {insn.address:#x}"


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True,
                          text=True).stdout


def members(library: str) -> tuple[dict[str, str], set[str]]:
    """Of an archive: the source file of each function, and the public ones."""
    found: dict[str, str] = {}
    public = set()
    member = ""
    for line in run(PREFIX + "nm", "--defined-only", library).splitlines():
        words = line.split()
        if line.endswith(":"):
            member = os.path.basename(line[:-1]).removesuffix(".o")
        elif len(words) == 3 and words[1] in "tT":
            found[words[2].partition(".")[0]] = member
            if words[1] == "T":
                public.add(words[2])
    return found, public


# ---- ways through the code --------------------------------------------

class Way(NamedTuple):
    """A place in the code, with the calls that lead there."""

    address: int
    stack: tuple[int, ...]
    state: str


# Given the state and an instruction: the next state, None to end this way,
# or a text that starts with "!" for a violation.
Step = Callable[[str, Insn], Optional[str]]
LEAVES = Insn(0, "leaves", 0)


def walk(code: Code, start: int, state: str,
         step: Step) -> Iterator[tuple[Insn, str]]:
    """Follow all ways from @start; yields the violations.

    Returns from public functions, and branches that leave the library, are
    shown to @step as the instruction "leaves". Calls into the library are
    followed, others are passed over.
    """
    todo = [Way(start, (), state)]
    seen = set(todo)
    while todo:
        way = todo.pop()
        insn = code.insns.get(way.address)
        if insn is None:
            continue
        new = step(way.state, insn)
        if new is None:
            continue
        if new.startswith("!"):
            yield insn, new[1:]
            continue
        for address, stack in following(code, insn, way.stack):
            if not address:
                last = step(new, LEAVES)
                if last and last.startswith("!"):
                    yield insn, last[1:]
                continue
            each = Way(address, stack, new)
            if each not in seen:
                seen.add(each)
                todo.append(each)


def following(code: Code, insn: Insn,
              stack: tuple[int, ...]) -> Iterator[tuple[int,
                                                        tuple[int, ...]]]:
    """Where it goes on; address 0: out of what is looked at."""
    mnemonic = insn.mnemonic()
    here = code.owner[insn.address]
    after = insn.address + 4
    if mnemonic == "bl":
        called = code.owner.get(insn.target, "")
        if called in STOPS:
            return
        known = code.is_weft(called)
        if known and len(stack) < MAX_DEPTH:
            yield insn.target, stack + (after,)
        else:
            yield after, stack
    elif mnemonic.startswith("ret"):
        yield from leaving(code, insn, stack)
    elif is_jump_table(code, insn):
        for address in code.landings(insn.address):
            yield address, stack
    elif mnemonic in ("eret", "brk", "udf") or INDIRECT.match(mnemonic):
        yield 0, ()
    elif BRANCH.match(mnemonic):
        if code.is_weft(code.owner.get(insn.target, "")):
            yield insn.target, stack
        else:
            yield from leaving(code, insn, stack)
        if mnemonic != "b" and code.owner.get(after) == here:
            yield after, stack
    elif code.owner.get(after) == here:
        yield after, stack


def is_jump_table(code: Code, insn: Insn) -> bool:
    """A switch in C: its target is a sum; that of a tail call is loaded."""
    before = code.insns.get(insn.address - 4, LEAVES)
    return insn.mnemonic() == "br" and before.mnemonic() == "add" and \
        code.member(code.owner[insn.address]).endswith(".c")


def leaving(code: Code, insn: Insn,
            stack: tuple[int, ...]) -> Iterator[tuple[int,
                                                      tuple[int, ...]]]:
    if stack:
        yield stack[-1], stack[:-1]
        return
    for address in code.returns(insn.address):
        yield address, ()


# ---- the tables -------------------------------------------------------

DSB_LOCAL = r"dsb (nsh|ish|osh|sy)"
DSB_ALL = r"dsb (ish|osh|sy)"
DSB_STORES = r"dsb (nsh|ish|osh)(st)?|dsb sy|dsb st"
ISB = r"isb( sy)?"
TLBI = r"tlbi .*"


class Between(NamedTuple):
    """On each way from @first to @then (or out) stands @between."""

    first: str
    between: tuple[str, ...]    # in this order
    then: str                   # "leaves": out of the library
    why: str
    only: str = ""              # in these functions; all of weft's if empty


RETURN = "leaves"
BETWEEN = (
    # How far the DSB must reach depends on a flag at run time, of which a way
    # through the code knows nothing: that is for the native tests.
    Between(TLBI, (DSB_LOCAL, ISB), RETURN,
            "a TLBI is complete only after DSB, and for what was fetched "
            "after ISB (D8.14.5)"),
    Between(r"dc cva[uc],.*", (DSB_ALL, ), r"leaves|ic .*",
            "lines are clean for other observers only after DSB ISH "
            "(B2.7.4)"),
    Between(r"ic .*", (DSB_LOCAL, ISB), RETURN,
            "old instructions are gone only after DSB, and from the "
            "pipeline after ISB (B2.7.4)"),
    Between(r"ic (ialluis|ivau).*", (DSB_ALL, ), RETURN,
            "old instructions are gone on other CPUs only after DSB ISH "
            "(B2.7.4)"),
    Between(r"msr scr_el3, .*", (ISB, ), r"eret|msr icc_sre_el3, .*",
            "SCR_EL3.NS selects the copy of ICC_SRE that is written "
            "(GIC IHI 0069, 12.2)", "weft_descend"),
    Between(r"msr icc_sre_el3, .*", (ISB, ), r"eret|.*icc_sre_el2.*",
            "ICC_SRE_EL3.Enable must be in force before EL2 uses it "
            "(GIC IHI 0069, 12.2)", "weft_descend"),
    Between(r"msr hcr_el2, .*", (ISB, ), r"msr cptr_el2, .*",
            "HCR_EL2.E2H decides the format of CPTR_EL2 (D19.2.30)",
            "weft_descend"),
    Between(r"msr icc_sre_el2, .*", (ISB, ), r".*ich_hcr_el2.*",
            "ICH registers trap until ICC_SRE_EL2.SRE is in force "
            "(GIC IHI 0069, 12.4)", "weft_descend"),
    Between(r"msr sctlr_el1, .*", (ISB + "|eret", ), RETURN,
            "SCTLR_EL1 is in force only after a context synchronization "
            "event (D19.1.2)", "weft_descend weft_mmu_on"),
    Between(r"tlbi .*", (DSB_LOCAL, ISB), r"msr sctlr_el1, .*",
            "nothing stale may be there when translation starts (D8.14)",
            "weft_mmu_on"),
    Between(r"ic iallu.*", (DSB_LOCAL, ISB), r"msr sctlr_el1, .*",
            "nothing stale may be there when the cache is turned on",
            "weft_mmu_on"),
    Between(r"msr (mair|tcr|ttbr0|ttbr1|cpacr)_el1, .*", (ISB, ),
            r"msr sctlr_el1, .*",
            "walks may start at once: what they use is in force before M is "
            "set (D8.2)", "weft_mmu_on"),
    Between(r"msr sctlr_el1, .*", (ISB, ), RETURN,
            "the next instruction is fetched through the MMU only after ISB",
            "weft_mmu_on"),
    Between(r"msr apiakeyhi_el1, .*", (ISB + "|eret", ),
            r"leaves|blr? .*|pac.*|aut.*|reta.*",
            "a key is in force only after a context synchronization event "
            "(D19.1.2)"),
    Between(r"msr zcr_el1, .*", (ISB, ), r"leaves|rdvl .*",
            "the vector length changes only at a context synchronization "
            "event (D19.1.2)"),
    Between(r"msr ttbr0_el1, .*", (ISB, ), r"tlbi .*",
            "until the ISB a walk may use the old root and leave its result "
            "behind the TLBI (D8.14.4)", "install_shared install_flushed "
            "weft_space_install"),
)


class Passes(NamedTuple):
    """After the call of @first, each way out of @function passes @what."""

    function: str
    first: str      # a call of it, or an instruction
    what: str
    out: str
    why: str


PASSES = (
    Passes("weft_switch_to", r"bl \w+ <weft_switch>", ISB, RETURN,
           "TTBR0 was written; the kernel may touch user memory next "
           "(D19.1.2)"),
    Passes("weft_task_set_space", r"bl \w+ <weft_space_install>", ISB,
           RETURN, "TTBR0 was written; the caller may touch user memory "
           "next (D19.1.2)"),
    Passes("weft_resume_first", r"ldp .*", ISB, r"blra?\w* .*",
           "TTBR0 was written; the thread may touch user memory at once "
           "(D19.1.2)"),
    Passes("weft_tlb_publish", r"dsb ishst", ISB, RETURN,
           "a walk by the very next instruction may use the invalid entry "
           "(D8.2.6)"),
    Passes("weft_cache_sync_code", r"mrs .*ctr_el0", DSB_ALL,
           r"(ic|isb) ?.*", "data is clean before it is fetched as code, "
           "also where the CPU needs no DC (B2.7.4)"),
)


class Writes(NamedTuple):
    """Each way from @start to @end writes all of these registers."""

    function: str
    start: str          # the instruction that proves which way it is
    end: str
    registers: tuple[str, ...]
    why: str


UNKNOWN = "its value at reset is UNKNOWN, or the firmware's (D19)"
WRITES = (
    Writes("weft_descend", r"msr scr_el3, .*", "eret",
           ("cptr_el3", "mdcr_el3", "elr_el3", "spsr_el3"), UNKNOWN),
    Writes("weft_descend", r"msr elr_el3, x30", "eret",
           ("spsr_el3", ), UNKNOWN),
    Writes("weft_descend", r"msr hcr_el2, .*", "eret",
           ("cptr_el2", "hstr_el2", "vttbr_el2", "cnthctl_el2",
            "cntvoff_el2", "vpidr_el2", "vmpidr_el2", "mdcr_el2",
            "sctlr_el1", "elr_el2", "spsr_el2"), UNKNOWN),
    Writes("weft_descend", r"msr (icc_sre_el2|s3_4_c12_c9_5), .*", "eret",
           ("ich_hcr_el2", ), UNKNOWN),
    Writes("weft_descend", r"msr hfgrtr_el2, .*", "eret",
           ("hfgwtr_el2", "hfgitr_el2", "hdfgrtr_el2", "hdfgwtr_el2"),
           UNKNOWN),
    Writes("weft_descend", r"msr hdfgwtr_el2, .*", "eret",
           ("elr_el2", ), UNKNOWN),
    Writes("weft_mmu_on", r"ic iallu.*", r"br .*",
           ("mair_el1", "tcr_el1", "cpacr_el1", "cntkctl_el1", "mdscr_el1",
            "oslar_el1", "contextidr_el1", "tpidr_el0", "tpidrro_el0",
            "tpidr_el1", "ttbr0_el1", "ttbr1_el1", "sctlr_el1"), UNKNOWN),
)

class Requires(NamedTuple):
    """Each way from the start of @function passes @what before @then."""

    function: str
    what: str
    then: str
    why: str


REQUIRES = (
    Requires("weft_descend", r"msr daifset, #0xf", r"mrs .*",
             "no exception may come without vectors"),
    Requires("weft_descend", r"msr spsel, #0x1", r"mrs .*",
             "EL1 runs on SP_EL1, whatever the firmware chose"),
    Requires("weft_descend", r"msr sctlr_el1, .*",
             r"ret|msr elr_el3, x30|msr elr_el2, .*",
             "EL1 starts with its MMU off, also after a warm reset (D19)"),
    Requires("weft_mmu_on", r"tlbi vmalle1", r"msr sctlr_el1, .*",
             "the TLB holds UNKNOWN contents after reset (D8.14)"),
    Requires("weft_mmu_on", r"ic iallu", r"msr sctlr_el1, .*",
             "the instruction cache holds UNKNOWN contents after reset"),
    Requires("weft_mmu_on", r"mrs x\d+, id_aa64pfr1_el1",
             r"msr sctlr_el1, .*",
             "SCTLR_EL1.BT1 is RES0 without FEAT_BTI (D19.2.118)"),
    Requires("weft_mmu_on", r"mrs x\d+, id_aa64mmfr1_el1",
             r"msr sctlr_el1, .*",
             "SCTLR_EL1.SPAN is RES1 without FEAT_PAN (D19.2.118)"),
    Requires("weft_descend", r"mrs x\d+, id_aa64mmfr0_el1",
             r"msr scr_el3, .*",
             "SCR_EL3.FGTEn is RES0 without FEAT_FGT (D19.2.117)"),
    Requires("weft_return_kernel", r"msr daifset, #0xf",
             r"msr (elr|spsr)_el1, .*",
             "an exception between this and ERET would overwrite it"),
)

# A register that is a copy of another: read right before it is written.
COPIES = (
    ("vpidr_el2", "midr_el1"),
    ("vmpidr_el2", "mpidr_el1"),
)

# Where some instructions may stand at all: the library's source files.
WHERE = (
    (TLBI, r"(tlb\.c|el\.S)", "one layer issues TLBIs"),
    (r"msr ttbr0_el1, .*", r"(space\.c|entry\.S|fp_leaf\.S|el\.S)",
     "one file installs spaces, and the leaf switch"),
    (r"msr ttbr1_el1, .*", r"el\.S", "the kernel's tables are set once"),
    (r"msr (sctlr|tcr|mair)_el1, .*", r"(el|pauth)\.S", "written whole"),
    (r"msr tpidr_el1, .*",
     r"(switch\.S|task\.c|el\.S|entry\.S|fp_leaf\.S)",
     "the running thread changes in the switch"),
    (r"msr \w+_el[23], .*", r"el\.S", "weft runs at EL1"),
    (r"eret\w*", r"(entry\.S|el\.S|vectors\.S|switch\.S|fp_leaf\.S)",
     "the ways out are few"),
    (r"(dc|ic) .*", r"(cache\.c|el\.S)", "one file maintains caches"),
    (r"(hvc|smc|svc|wfi|wfe)\b.*", r"(?!)", "those are the client's"),
)

class Has(NamedTuple):
    """Each function with @first in it has @what in it, too: loom's, which
    are inlined as the compiler likes, and some of it under conditions.
    """

    first: str
    what: str
    why: str
    but: str = ""       # not this one


HAS = (
    Has(r"bl \w+ <weft_switch_to>", r"dsb ish|bl \w+ <pick_next\S*>",
        "a program that leaves this CPU may have left DC and IC behind"),
    Has(r"msr icc_sgi1r_el1, .*|msr s3_0_c12_c11_5, .*", DSB_STORES,
        "what the sender of an interrupt did is seen by its receiver"),
    Has(r"mrs x\d+, (icc_iar1_el1|s3_0_c12_c12_0)", r"dsb sy",
        "what the sender of an interrupt did is seen by its receiver",
        "weft_hook_leaf_irq"),      # acts on the CPU's own timer only
    Has(r"ldaxrh .*", r"ldarh .*|ldaxrh .*",
        "what is done under a lock is seen by its next holder"),
)

# Functions of loom that must have an instruction.
MUST = (
    ("spin_unlock", r"stlrh .*", "the lock's release"),
    ("irq_dispatch", r"dsb sy", "it handles what weft_hook_leaf_irq took"),
    ("pick_next", r"dsb ish", "what a program left behind on this CPU"),
    ("sched_finish_switch", r"stlrh .*|bl \w+ <spin_unlock_masked>",
     "the lock's release"),
    ("cpu_set_online", r"stlrb .*", "who sees it online sees its block"),
    ("cpu_stop", r"stlrb .*", "who sees it stopped sees its frame"),
)

# A function that breaks a rule on purpose, and the reason.
EXCEPTIONS = {
    ("before", "weft_mmu_on"):
        "nothing was translated yet; the DSB after it orders the tables' "
        "stores as well",
}


# ---- the rules --------------------------------------------------------

def chosen(code: Code, only: str) -> Iterator[tuple[str, list[Insn]]]:
    for name, insns in code.weft():
        if not only or name.partition(".")[0] in only.split():
            yield name, insns


def between_step(rule: Between) -> Step:
    """The state is the number of barriers that were seen, in order."""
    def step(state: str, insn: Insn) -> Optional[str]:
        count = int(state)
        if re.fullmatch(rule.between[count], insn.text):
            return None if count + 1 == len(rule.between) else str(count + 1)
        if re.fullmatch(rule.then, insn.text):
            missing = rule.between[count]
            return f"!no {missing} before {insn.text}"
        return state
    return step


def check_between(code: Code, rule: Between) -> Iterator[str]:
    for _, insns in chosen(code, rule.only):
        for insn in insns:
            if not re.fullmatch(rule.first, insn.text):
                continue
            for _, problem in walk(code, insn.address + 4, "0",
                                   between_step(rule)):
                yield f"{code.at(insn)}: {insn.text}: {problem}: {rule.why}"


def check_before(code: Code) -> Iterator[str]:
    """Each TLBI comes after a DSB in its function."""
    def step(state: str, insn: Insn) -> Optional[str]:
        if re.fullmatch(DSB_STORES, insn.text):
            return None
        if re.fullmatch(TLBI, insn.text):
            return "!no DSB before it"
        return state
    for name, insns in code.weft():
        if ("before", name) in EXCEPTIONS or name not in code.public:
            continue
        for insn, problem in walk(code, insns[0].address, "", step):
            yield (f"{code.at(insn)}: {insn.text}: {problem}: page-table "
                   "writes must be visible to walks first (D8.14.5)")


def check_passes(code: Code, rule: Passes) -> Iterator[str]:
    def step(state: str, insn: Insn) -> Optional[str]:
        if re.fullmatch(rule.what, insn.text):
            return None
        if re.fullmatch(rule.out, insn.text):
            return f"!no {rule.what} before {insn.text}"
        return state
    found = 0
    for insn in code.functions.get(rule.function, []):
        if not re.fullmatch(rule.first, insn.text):
            continue
        found += 1
        for _, problem in walk(code, insn.address + 4, "", step):
            yield f"{code.at(insn)}: {insn.text}: {problem}: {rule.why}"
    if not found:
        yield f"{rule.function}: no {rule.first} there"


def check_writes(code: Code, rule: Writes) -> Iterator[str]:
    """The state is the registers that are still to be written."""
    def step(state: str, insn: Insn) -> Optional[str]:
        left = state.split()
        match = re.fullmatch(r"msr (\w+), .*", insn.text)
        if match and match[1] in left:
            left.remove(match[1])
        if not left:
            return None
        if re.fullmatch(rule.end, insn.text):
            return f"!{', '.join(left)} not written before {insn.text}"
        return " ".join(left)
    starts = [insn for insn in code.functions.get(rule.function, [])
              if re.fullmatch(rule.start, insn.text)]
    if not starts:
        yield f"{rule.function}: no {rule.start} there"
    for insn in starts:
        for _, problem in walk(code, insn.address + 4,
                               " ".join(rule.registers), step):
            yield f"{code.at(insn)}: {problem}: {rule.why}"


def check_requires(code: Code, rule: Requires) -> Iterator[str]:
    def step(state: str, insn: Insn) -> Optional[str]:
        if re.fullmatch(rule.what, insn.text):
            return None
        if re.fullmatch(rule.then, insn.text):
            return f"!no {rule.what} before {insn.text}"
        return state
    insns = code.functions.get(rule.function)
    if not insns:
        yield f"there is no {rule.function}"
        return
    for insn, problem in walk(code, insns[0].address, "", step):
        yield f"{code.at(insn)}: {problem}: {rule.why}"


def check_copies(code: Code) -> Iterator[str]:
    for _, insns in code.weft():
        for before, insn in zip(insns, insns[1:]):
            for copy, original in COPIES:
                match = re.fullmatch(rf"msr {copy}, (x\d+)", insn.text)
                if match and before.text != f"mrs {match[1]}, {original}":
                    yield (f"{code.at(insn)}: {insn.text} after "
                           f"{before.text}: it is a copy of {original}")


def check_eret(code: Code) -> Iterator[str]:
    """In the whole kernel, not only in the library."""
    for insn in code.insns.values():
        if not insn.mnemonic().startswith("eret"):
            continue
        after = [code.insns.get(insn.address + 4 * i) for i in (1, 2)]
        texts = [each.text if each else "" for each in after]
        if texts[0] == "sb" or (re.fullmatch("dsb (nsh|sy)", texts[0]) and
                                re.fullmatch(ISB, texts[1])):
            continue
        yield (f"{code.at(insn)}: after eret: {texts[0]}; {texts[1]}: a CPU "
               "may speculate past it; dsb nsh and isb, or sb, stop that")


def check_has(code: Code) -> Iterator[str]:
    """In the whole kernel, not only in the library."""
    for rule in HAS:
        found = 0
        for name, insns in code.functions.items():
            texts = [insn.text for insn in insns]
            if name == rule.but or \
                    not any(re.fullmatch(rule.first, text) for text in texts):
                continue
            found += 1
            if not any(re.fullmatch(rule.what, text) for text in texts):
                yield f"{name}: {rule.first} without {rule.what}: {rule.why}"
        if not found:
            yield f"no function has {rule.first}"
    for name, what, why in MUST:
        if not any(re.fullmatch(what, insn.text)
                   for insn in code.functions.get(name, [])):
            yield f"{name}: no {what}: {why}"


def check_where(code: Code) -> Iterator[str]:
    for name, insns in code.weft():
        member = code.member(name)
        for insn in insns:
            for what, files, why in WHERE:
                if re.fullmatch(what, insn.text) and \
                        not re.fullmatch(files, member):
                    yield (f"{code.at(insn)}: {insn.text}: not in {member}: "
                           f"{why}")


RULES: tuple[tuple[str, Callable[[Code], Iterator[str]]], ...] = (
    ("speculation stops at each ERET", check_eret),
    ("a DSB comes before each TLBI", check_before),
    ("barriers stand between what they order",
     lambda code: (p for r in BETWEEN for p in check_between(code, r))),
    ("and on every way out",
     lambda code: (p for r in PASSES for p in check_passes(code, r))),
    ("what comes first is there",
     lambda code: (p for r in REQUIRES for p in check_requires(code, r))),
    ("many CPUs see what they must", check_has),
    ("copies of registers are copies", check_copies),
    ("control registers are all written",
     lambda code: (p for r in WRITES for p in check_writes(code, r))),
    ("system instructions stand in the files named for them", check_where),
)


def problems(code: Code) -> dict[str, list[str]]:
    """Rule: what breaks it."""
    found: dict[str, list[str]] = collections.OrderedDict()
    for name, check in RULES:
        found[name] = list(dict.fromkeys(check(code)))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("elf", help="the linked kernel")
    parser.add_argument("library", help="libweft.a of the same build")
    args = parser.parse_args()
    report = tap.Writer()
    for name, found in problems(Code(args.elf, args.library)).items():
        report.result(name, found)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
