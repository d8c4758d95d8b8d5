# SPDX-License-Identifier: MIT
"""The stopped machine: registers of its CPUs, its memory, walks of its tables.

Memory is read at physical addresses, with what the page tables say worked out
here. QEMU's stub translates as the CPU would at that moment: from EL0 the
kernel's half cannot be read, and of the other half only what is in TTBR0.
"""

import struct
from typing import Dict, Iterator, List, NamedTuple, Optional

import gdb

from . import arm

KERNEL_HALF = 1 << 55       # this bit of an address chooses TTBR1
PAGE = 4096
WORDS = (1 << 64) - 1
# 1 on, 0 off. (connection.send_packet drops the frames that gdb works on.)
PHYSICAL = "maintenance packet Qqemu.PhyMemMode:"


class Problem(Exception):
    """What the user can do something about, in a line or two."""


class Unmapped(Exception):
    """There is no translation for an address."""


def integer(value: gdb.Value) -> int:
    """A pointer or an integer, as the 64 bits that it is."""
    return int(value) & WORDS


class Cpu(NamedTuple):
    """One CPU of the machine, which gdb calls a thread."""

    thread: gdb.InferiorThread
    pc: int
    pstate: int
    task: int           # TPIDR_EL1: the running task
    ttbr: "tuple[int, int]"
    tcr: int
    mair: int

    def level(self) -> int:
        """The exception level."""
        return self.pstate >> 2 & 3

    def asid(self) -> int:
        return self.ttbr[0] >> 48

    def is_mapped(self) -> bool:
        """Has the kernel turned its MMU on? As good as that."""
        return bool(self.tcr)


def register(name: str, frame=None) -> int:
    """Of the selected CPU; in an unwinder, of the pending frame."""
    try:
        return integer((frame or gdb.newest_frame()).read_register(name))
    except ValueError:
        raise Problem(f"the target has no register {name}: these commands "
                      "need QEMU's stub (./run --gdb)") from None


def this_cpu() -> Cpu:
    """The CPU that is selected."""
    thread = gdb.selected_thread()
    if thread is None:
        raise Problem("nothing to look at: attach with the command that "
                      "./run --gdb prints")
    if thread.is_running():
        raise Problem("the machine runs: stop it first (^C, or `interrupt')")
    return cpu_of(thread)


def cpu_of(thread: gdb.InferiorThread, frame=None) -> Cpu:
    pc, pstate, task, root0, root1, tcr, mair = (
        register(name, frame) for name in
        ("pc", "cpsr", "TPIDR_EL1", "TTBR0_EL1", "TTBR1_EL1", "TCR_EL1",
         "MAIR_EL1"))
    return Cpu(thread, pc, pstate, task, (root0, root1), tcr, mair)


class Selected:
    """Come back to the selected CPU and frame."""

    def __enter__(self) -> None:
        self.thread = gdb.selected_thread()
        self.frame = gdb.selected_frame()

    def __exit__(self, *_exception: object) -> None:
        if gdb.selected_thread() != self.thread:
            self.thread.switch()
        if self.frame.is_valid():
            self.frame.select()


def all_cpus() -> "List[Cpu]":
    this_cpu()
    threads = sorted(gdb.selected_inferior().threads(), key=lambda t: t.num)
    found = []
    with Selected():
        for thread in threads:
            if thread != gdb.selected_thread():
                thread.switch()
            found.append(this_cpu())
    return found


# ---- memory -----------------------------------------------------------

class Step(NamedTuple):
    """One level of a walk."""

    level: int
    index: int
    at: int             # physical address of the entry
    value: int
    entry: arm.Entry


class Translation(NamedTuple):
    steps: "List[Step]"
    physical: int
    size: int           # of the page or block


def physical(address: int, length: int) -> bytes:
    """Memory at a physical address."""
    if '"OK"' not in gdb.execute(PHYSICAL + "1", to_string=True):
        raise Problem("the target does not read physical memory: these "
                      "commands need QEMU's stub (./run --gdb)")
    try:
        return bytes(gdb.selected_inferior().read_memory(address, length))
    finally:
        gdb.execute(PHYSICAL + "0", to_string=True)


def is_kernel(address: int) -> bool:
    return bool(address & KERNEL_HALF)


def address_bits(cpu: Cpu, address: int) -> int:
    """How many bits of @address are translated, by TCR_EL1."""
    return 64 - arm.bits(cpu.tcr, 16 if is_kernel(address) else 0, 6)


def strip(cpu: Cpu, address: int) -> int:
    """@address without a signature of pointer authentication."""
    low = address & (1 << address_bits(cpu, address)) - 1
    return low - (1 << address_bits(cpu, address)) & WORDS \
        if is_kernel(address) else low


def translate(cpu: Cpu, address: int,
              root: "Optional[int]" = None) -> Translation:
    """Walk the tables for @address by hand, from @root or a TTBR.

    Without a translation: Unmapped, with the steps as its argument.
    """
    if not cpu.is_mapped():
        raise Problem("the MMU is not set up yet: TCR_EL1 is 0\n(`break "
                      "sched_idle' and `continue' first)")
    width = address_bits(cpu, address)
    if strip(cpu, address) != address & \
            (WORDS if is_kernel(address) else WORDS >> 8):
        raise Problem(f"{address:#x} is between the two halves of the address "
                      "space: no table translates it")
    if root is None:
        root = cpu.ttbr[is_kernel(address)]
    table = root & 0xfffffffffffe
    steps: List[Step] = []
    for level in range(4 - (width - 12 + 8) // 9, 4):
        shift = 12 + 9 * (3 - level)
        index = address >> shift & 511
        if 4 - (width - 12 + 8) // 9 == level:
            index &= (1 << width - shift) - 1
        value, = struct.unpack("<Q", physical(table + 8 * index, 8))
        entry = arm.entry(value, level, cpu.mair)
        steps.append(Step(level, index, table + 8 * index, value, entry))
        if entry.kind == "invalid":
            raise Unmapped(steps)
        if entry.kind != "table":
            inside = address & (1 << shift) - 1
            return Translation(steps, entry.address + inside, 1 << shift)
        table = entry.address
    raise Unmapped(steps)


class Memory:
    """The kernel's half, through its tables, which are looked at once."""

    def __init__(self, cpu: Cpu) -> None:
        self.cpu = cpu
        self.known: Dict[int, int] = {}     # page: where it is

    def read(self, address: int, length: int) -> bytes:
        return b"".join(self.pieces(address, length))

    def pieces(self, address: int, length: int) -> Iterator[bytes]:
        while length:
            count = min(length, PAGE - address % PAGE)
            yield physical(self.place(address), count)
            address += count
            length -= count

    def place(self, address: int) -> int:
        page = address & -PAGE
        if page not in self.known:
            try:
                self.known[page] = translate(self.cpu, page).physical
            except Unmapped:
                raise Problem("the kernel has no memory at "
                              f"{address:#x}") from None
        return self.known[page] + address % PAGE

    def word(self, address: int) -> int:
        return struct.unpack("<Q", self.read(address, 8))[0]

    def string(self, address: int, longest: int = 64) -> str:
        data = b""
        while b"\0" not in data and len(data) < longest:
            data += self.read(address + len(data),
                              min(16, PAGE - (address + len(data)) % PAGE))
        return data.split(b"\0")[0].decode("ascii", "replace")
