# SPDX-License-Identifier: MIT
"""What bits of the architecture mean, in words: ESR, PSTATE, descriptors.

Only the architecture is here (Arm ARM, DDI 0487: D19 for registers, D8 for
tables), nothing that a kernel decides, and nothing of gdb: loom.py calls this
inside gdb, the tests call it without.
"""

from typing import NamedTuple

CLASSES = {
    0x00: "unknown reason (undefined instruction)",
    0x01: "trapped WFI or WFE",
    0x07: "trapped FP, SIMD or SVE access",
    0x09: "trapped pointer authentication",
    0x0a: "trapped LD64B or ST64B",
    0x0d: "branch target exception (BTI)",
    0x0e: "illegal execution state",
    0x15: "SVC",
    0x16: "HVC",
    0x17: "SMC",
    0x18: "trapped MSR, MRS or system instruction",
    0x19: "trapped SVE access",
    0x1c: "failed pointer authentication",
    0x1d: "trapped SME access",
    0x20: "instruction abort from EL0",
    0x21: "instruction abort from EL1",
    0x22: "misaligned pc",
    0x24: "data abort from EL0",
    0x25: "data abort from EL1",
    0x26: "misaligned sp",
    0x27: "memory operation (CPY, SET)",
    0x2c: "trapped FP exception",
    0x2f: "SError",
    0x30: "breakpoint from EL0",
    0x31: "breakpoint from EL1",
    0x32: "software step from EL0",
    0x33: "software step from EL1",
    0x34: "watchpoint from EL0",
    0x35: "watchpoint from EL1",
    0x3c: "BRK",
}
IABORT = (0x20, 0x21)
DABORT = (0x24, 0x25)
WATCH = (0x34, 0x35)

# Fault status codes that have a level in their low two bits
LEVELED = {
    0x00: "address size fault",
    0x04: "translation fault",
    0x08: "access flag fault",
    0x0c: "permission fault",
    0x14: "external abort on a table walk",
    0x1c: "parity or ECC error on a table walk",
}
# and those that have none
STATUS = {
    0x10: "external abort, not on a table walk",
    0x11: "tag check fault",
    0x18: "parity or ECC error",
    0x21: "alignment fault",
    0x22: "debug exception",
    0x30: "TLB conflict abort",
    0x31: "unsupported atomic hardware update",
    0x34: "lockdown abort",
    0x35: "unsupported exclusive or atomic access",
}

MODES = {0: "EL0t", 4: "EL1t", 5: "EL1h", 8: "EL2t", 9: "EL2h", 12: "EL3t",
         13: "EL3h"}
STATE_BITS = ((26, "?26"), (25, "TCO"), (24, "DIT"), (23, "UAO"), (22, "PAN"),
              (21, "SS"), (20, "IL"), (13, "ALLINT"), (12, "SSBS"))
DEVICES = {0x00: "Device-nGnRnE", 0x04: "Device-nGnRE", 0x08: "Device-nGRE",
           0x0c: "Device-GRE"}
SHARED = ("non-shareable", "?", "outer shareable", "inner shareable")


def bits(value: int, low: int, count: int) -> int:
    return value >> low & (1 << count) - 1


def fault_status(code: int) -> str:
    if code in STATUS:
        return STATUS[code]
    level = code & 3
    if code & ~3 in LEVELED:
        return f"{LEVELED[code & ~3]}, level {level}"
    return "reserved"


def esr(value: int) -> "list[str]":
    """ESR_EL1, one fact a line."""
    kind, iss = bits(value, 26, 6), bits(value, 0, 25)
    length = "32-bit" if value >> 25 & 1 else "16-bit"
    lines = [f"EC  {kind:#04x}  {CLASSES.get(kind, 'reserved')}",
             f"IL  {value >> 25 & 1}     {length} instruction",
             f"ISS {iss:#09x}"]
    return lines + syndrome(kind, iss)


def syndrome(kind: int, iss: int) -> "list[str]":
    """The fields of ISS that the class @kind has."""
    if kind in IABORT:
        return abort(iss, "IFSC")
    if kind in DABORT:
        return data_abort(iss)
    if kind in WATCH:
        return abort(iss, "DFSC") + [write(iss)]
    if kind in (0x15, 0x16, 0x17, 0x3c):
        return [f"  imm16 {bits(iss, 0, 16):#x}"]
    if kind == 0x18:
        return system_access(iss)
    if kind == 0x01:
        names = ("WFI", "WFE", "WFIT", "WFET")
        return [f"  TI    {iss & 3}  {names[iss & 3]}"]
    if kind == 0x2c:
        return fp_exception(iss)
    if kind == 0x0d:
        return [f"  BTYPE {iss & 3}"]
    if kind == 0x1c:
        return ["  " + ("a data" if iss & 2 else "an instruction") +
                " address, key " + ("B" if iss & 1 else "A")]
    return []


def abort(iss: int, status: str) -> "list[str]":
    """What aborts of instructions and of data have in common."""
    code = bits(iss, 0, 6)
    lines = [f"  {status}  {code:#04x}  {fault_status(code)}"]
    if iss >> 7 & 1:
        lines.append("  S1PTW 1  on a walk of stage 2 for a table of stage 1")
    if iss >> 9 & 1:
        lines.append("  EA    1  external abort type")
    if code == 0x10:
        lines.append("  FnV   1  FAR is not valid" if iss >> 10 & 1 else
                     "  FnV   0  FAR is valid")
    return lines


def write(iss: int) -> str:
    return "  WnR   1  a write" if iss >> 6 & 1 else "  WnR   0  a read"


def data_abort(iss: int) -> "list[str]":
    lines = abort(iss, "DFSC") + [write(iss)]
    if iss >> 8 & 1:
        lines.append("  CM    1  cache maintenance")
    if iss >> 24 & 1:
        size = 1 << bits(iss, 22, 2)
        signed = ", sign-extended" if iss >> 21 & 1 else ""
        wide = "x" if iss >> 15 & 1 else "w"
        order = ", acquire or release" if iss >> 14 & 1 else ""
        lines.append(f"  ISV   1  {size} bytes{signed}, register "
                     f"{wide}{bits(iss, 16, 5)}{order}")
    return lines


def system_access(iss: int) -> "list[str]":
    name = f"s{bits(iss, 20, 2)}_{bits(iss, 14, 3)}_c{bits(iss, 10, 4)}" \
        f"_c{bits(iss, 1, 4)}_{bits(iss, 17, 3)}"
    way = "read" if iss & 1 else "write"
    return [f"  {way} of {name}, register x{bits(iss, 5, 5)}"]


def fp_exception(iss: int) -> "list[str]":
    if not iss >> 23 & 1:
        return ["  TFV   0  which exception is not known"]
    names = ("invalid operation", "divide by zero", "overflow", "underflow",
             "inexact")
    found = [name for bit, name in enumerate(names) if iss >> bit & 1]
    found += ["input denormal"] if iss >> 7 & 1 else []
    return ["  TFV   1  " + (", ".join(found) or "no flag")]


def pstate(value: int) -> str:
    """SPSR_EL1 or PSTATE of AArch64 in a line."""
    if value >> 4 & 1:
        return "AArch32"
    flags = "".join(letter if value >> bit & 1 else letter.lower()
                    for letter, bit in zip("NZCV", (31, 30, 29, 28)))
    masks = "".join(letter if value >> bit & 1 else letter.lower()
                    for letter, bit in zip("DAIF", (9, 8, 7, 6)))
    words = [MODES.get(value & 15, f"mode {value & 15}?"), flags, masks]
    words += [name for bit, name in STATE_BITS if value >> bit & 1]
    if bits(value, 10, 2):
        words.append(f"BTYPE={bits(value, 10, 2)}")
    return " ".join(words)


def memory(mair: int, index: int) -> str:
    """What AttrIndx of a descriptor says, by MAIR_EL1."""
    attr = bits(mair, 8 * index, 8)
    if attr in DEVICES:
        return DEVICES[attr]
    if attr == 0xff:
        return "normal, write-back"
    if attr == 0x44:
        return "normal, non-cacheable"
    return f"memory type {attr:#04x}"


class Entry(NamedTuple):
    """A descriptor of the 4 KiB granule, of addresses up to 48 bits."""

    kind: str       # "invalid", "table", "block" or "page"
    address: int    # of the next table, or of the memory
    words: str      # attributes


def entry(value: int, level: int, mair: int) -> Entry:
    if not value & 1:
        return Entry("invalid", 0, "")
    if level < 3 and value & 2:
        return Entry("table", value & 0xfffffffff000, limits(value))
    if (level == 3) != bool(value & 2) or level == 0:
        return Entry("invalid", 0, "reserved")
    size = 1 << 12 + 9 * (3 - level)
    return Entry("page" if level == 3 else "block",
                 value & 0xfffffffff000 & ~(size - 1), leaf(value, mair))


def limits(value: int) -> str:
    """What the entry for a table takes away from all below it."""
    words = ["NSTable"] if value >> 63 & 1 else []
    words += [("", "APTable: no EL0", "APTable: read-only",
               "APTable: no EL0, read-only")[bits(value, 61, 2)]]
    words += ["UXNTable"] if value >> 60 & 1 else []
    words += ["PXNTable"] if value >> 59 & 1 else []
    return ", ".join(word for word in words if word)


def leaf(value: int, mair: int) -> str:
    user, readonly = value >> 6 & 1, value >> 7 & 1
    access = "r-" if readonly else "rw"
    words = [f"EL1 {access}{'-' if value >> 53 & 1 else 'x'}"]
    el0 = (access if user else "--") + ("-" if value >> 54 & 1 else "x")
    words.append(f"EL0 {el0}")
    words.append(memory(mair, bits(value, 2, 3)))
    words.append(SHARED[bits(value, 8, 2)])
    words.append("nG" if value >> 11 & 1 else "global")
    words += [] if value >> 10 & 1 else ["AF=0"]
    words += ["GP"] if value >> 50 & 1 else []
    words += ["contiguous"] if value >> 52 & 1 else []
    return ", ".join(words)
